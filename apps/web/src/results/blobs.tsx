import type { ResultOf } from '@fovea/contracts';
import { BlobImage } from '../api/blob-image.tsx';
import { useSession } from '../api/session.tsx';
import styles from './blobs.module.css';

const MISSING = <span className={styles['missing']}>Not kept on the server</span>;

/** A picture that is the result itself. */
export function BlobResult({ blob, caption }: { blob: string; caption: string }) {
  const { fovea } = useSession();
  return (
    <figure className={styles['figure']}>
      <BlobImage url={fovea.blobs.url(blob)} alt={caption} fallback={MISSING} />
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

export function MapsView({ result }: { result: ResultOf<'maps'> }) {
  const { fovea } = useSession();
  return (
    <figure className={styles['figure']}>
      <div className={styles['tiles']}>
        {result.tiles.map(({ index, blob }) => (
          <BlobImage key={index} url={fovea.blobs.url(blob)} alt={`Map ${index}`} fallback={MISSING} />
        ))}
      </div>
      <figcaption>
        {result.layer}, {result.shape.join(' × ')}
      </figcaption>
    </figure>
  );
}
