import { assertUnreachable, type Result, type RunEnvelope } from '@fovea/contracts';
import { Bars } from './bars.tsx';
import { BlobResult, MapsView } from './blobs.tsx';
import { ExplorerView } from './explorer-view.tsx';
import { MatchList, TrackList } from './lists.tsx';
import { TextView, VectorView } from './texts.tsx';
import type { Explorer } from './use-explorer.ts';

/** The numbers of a result, by its kind; what lies on the picture is drawn by Picture. */
export function ResultView({
  result,
  explorer,
  attachments,
}: {
  result: Result;
  explorer: Explorer | undefined;
  attachments?: RunEnvelope['attachments'] | undefined;
}) {
  switch (result.kind) {
    case 'labels':
    case 'audio-labels':
      return <Bars rows={result.labels} empty="No label reached the minimum score." />;
    case 'boxes':
    case 'masks':
    case 'keypoints':
      return explorer && <ExplorerView explorer={explorer} />;
    case 'image':
      return <BlobResult blob={result.blob} caption={`${result.width} × ${result.height}, ${result.mime}`} />;
    case 'text':
      return <TextView result={result} attachments={attachments} />;
    case 'matches':
      return <MatchList items={result.items} />;
    case 'tracks':
      return <TrackList result={result} />;
    case 'heatmap':
      return <BlobResult blob={result.blob} caption={`${result.method} for ${result.target.label}`} />;
    case 'vector':
      return <VectorView result={result} />;
    case 'maps':
      return <MapsView result={result} />;
    default:
      return assertUnreachable(result);
  }
}
