import { toShownProblem } from '../api/problem.ts';
import { useModels } from '../api/queries.ts';
import { Page } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { DevicePanel } from './device-panel.tsx';
import { ModelCard } from './model-card.tsx';
import styles from './models-page.module.css';

/** `/models`: what this server can run, and on what. */
export function ModelsPage() {
  const models = useModels();
  return (
    <Page title="Models" lead="What this server can run, under which licence, and on which device.">
      {models.isError && !models.data ? (
        <ProblemCard
          problem={toShownProblem(models.error)}
          action={
            <Button icon="replay" onClick={() => void models.refetch()}>
              Try again
            </Button>
          }
        />
      ) : models.data ? (
        <>
          <DevicePanel device={models.data.device} />
          {models.data.items.length === 0 ? (
            <Empty icon="chip" title="No model is installed">
              <p>models/manifest.json names none.</p>
            </Empty>
          ) : (
            <ul aria-label="Models" className={styles['grid']}>
              {models.data.items.map((model) => (
                <li key={model.id}>
                  <ModelCard model={model} />
                </li>
              ))}
            </ul>
          )}
        </>
      ) : (
        <div aria-busy="true" className={styles['loading']}>
          <Skeleton height="9rem" />
          <div className={styles['grid']}>
            <Skeleton height="16.5rem" />
            <Skeleton height="16.5rem" />
          </div>
        </div>
      )}
    </Page>
  );
}
