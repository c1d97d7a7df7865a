import type { RunEnvelope } from '@fovea/contracts';
import { BlobImage } from '../api/blob-image.tsx';
import { DownloadButton } from '../api/download-button.tsx';
import { useSession } from '../api/session.tsx';
import { humanize } from '../format.ts';
import styles from './attachments.module.css';

/** Pictures beside the result, such as cut-outs: on a checkerboard, so that it shows what is transparent. */
export function Attachments({ envelope }: { envelope: RunEnvelope }) {
  const { fovea } = useSession();
  const { run } = envelope;
  // Maps of words are shown by pointing at the words.
  const attachments = (envelope.attachments ?? []).filter(({ role }) => role !== 'attention');
  if (attachments.length === 0) return null;
  return (
    <ul aria-label="Attachments" className={styles['attachments']}>
      {attachments.map(({ role, blob, caption, index }, at) => {
        const name = caption ?? `${humanize(role)}${index === undefined ? '' : ` ${index + 1}`}`;
        return (
          <li key={at}>
            <figure>
              <div className={styles['board']}>
                <BlobImage
                  url={fovea.blobs.url(blob)}
                  alt={name}
                  fallback={<span className={styles['missing']}>Not kept on the server</span>}
                />
              </div>
              <figcaption>
                <span>{name}</span>
                <DownloadButton
                  label="PNG"
                  name={`Download ${name}`}
                  fileName={`${role}-${run.id}${attachments.length > 1 ? `-${at + 1}` : ''}.png`}
                  source={{ url: fovea.blobs.url(blob) }}
                />
              </figcaption>
            </figure>
          </li>
        );
      })}
    </ul>
  );
}
