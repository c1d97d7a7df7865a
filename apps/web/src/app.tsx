import { lazy } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { SessionProvider } from './api/session.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Shell } from './shell/shell.tsx';

const StudioPage = lazy(async () => ({ default: (await import('./studio/studio-page.tsx')).StudioPage }));
const CatalogPage = lazy(async () => ({ default: (await import('./catalog/catalog-page.tsx')).CatalogPage }));
const RunPage = lazy(async () => ({ default: (await import('./catalog/run-page.tsx')).RunPage }));
const AskPage = lazy(async () => ({ default: (await import('./ask/ask-page.tsx')).AskPage }));
const ModelsPage = lazy(async () => ({ default: (await import('./models/models-page.tsx')).ModelsPage }));
const ModelPage = lazy(async () => ({ default: (await import('./models/model-page.tsx')).ModelPage }));
const JobsPage = lazy(async () => ({ default: (await import('./jobs/jobs-page.tsx')).JobsPage }));
const EvaluationsPage = lazy(async () => ({
  default: (await import('./evaluations/evaluations-page.tsx')).EvaluationsPage,
}));
const EvaluationPage = lazy(async () => ({
  default: (await import('./evaluations/evaluation-page.tsx')).EvaluationPage,
}));

const CollectionsPage = lazy(async () => ({
  default: (await import('./collections/collections-page.tsx')).CollectionsPage,
}));
const CollectionPage = lazy(async () => ({
  default: (await import('./collections/collection-page.tsx')).CollectionPage,
}));

export function App() {
  return (
    <SessionProvider>
      <BrowserRouter>
        <Routes>
          <Route element={<Shell />}>
            <Route index element={<StudioPage />} />
            <Route path="studio/:task?" element={<StudioPage />} />
            <Route path="catalog" element={<CatalogPage />} />
            <Route path="catalog/:id" element={<RunPage />} />
            <Route path="ask" element={<AskPage />} />
            <Route path="collections" element={<CollectionsPage />} />
            <Route path="collections/:id" element={<CollectionPage />} />
            <Route path="models" element={<ModelsPage />} />
            <Route path="models/:id" element={<ModelPage />} />
            <Route path="jobs" element={<JobsPage />} />
            <Route path="evaluations" element={<EvaluationsPage />} />
            <Route path="evaluations/:id" element={<EvaluationPage />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </SessionProvider>
  );
}
