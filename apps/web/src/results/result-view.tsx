import { assertUnreachable, type Result } from '@fovea/contracts';
import { Bars } from './bars.tsx';
import { BlobResult, MapsView } from './blobs.tsx';
import { BoxList, KeypointList, MaskList, MatchList, TrackList } from './lists.tsx';
import { TextView, VectorView } from './texts.tsx';

/** The numbers of a result, by its kind; what lies on the picture is drawn by Picture. */
export function ResultView({ result }: { result: Result }) {
  switch (result.kind) {
    case 'labels':
    case 'audio-labels':
      return <Bars rows={result.labels} empty="No label reached the minimum score." />;
    case 'boxes':
      return <BoxList items={result.items} />;
    case 'masks':
      return <MaskList classes={result.classes} />;
    case 'keypoints':
      return <KeypointList result={result} />;
    case 'image':
      return <BlobResult blob={result.blob} caption={`${result.width} × ${result.height}, ${result.mime}`} />;
    case 'text':
      return <TextView result={result} />;
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
