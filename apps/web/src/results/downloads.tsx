import type { RunEnvelope } from '@fovea/contracts';
import { fetchBlob } from '../api/blob-image.tsx';
import { DownloadButton, type DownloadSource } from '../api/download-button.tsx';
import { useSession } from '../api/session.tsx';
import { cocoFile, pngFile, svgFile } from './drawn.ts';
import styles from './downloads.module.css';
import type { Explorer } from './use-explorer.ts';

interface DownloadsProps {
  envelope: RunEnvelope;
  explorer: Explorer | undefined;
  /** Where the input can be read: what the page shows. */
  picture: string | undefined;
}

/** A result as files: its JSON; the overlay as pixels and as shapes; what is shown as a COCO document. */
export function Downloads({ envelope, explorer, picture }: DownloadsProps) {
  const { apiKey } = useSession();
  const { run, links, inputs } = envelope;
  const input = Object.values(inputs)[0];
  const size = input?.width && input.height ? { width: input.width, height: input.height } : undefined;
  const fileName = (extension: string): string => `${run.task}-${run.id}.${extension}`;

  const drawnBy = (extension: 'png' | 'svg', make: () => Promise<Blob>): DownloadSource | undefined => {
    const link = links.overlay?.replace(/\.png$/, `.${extension}`);
    if (!explorer || !size) return link === undefined ? undefined : { url: link };
    // A picture that the browser cannot read is drawn by the server, with everything in it.
    return {
      make: () =>
        make().catch((error: unknown) => {
          if (link === undefined) throw error;
          return fetchBlob(link, apiKey);
        }),
    };
  };
  const png = drawnBy('png', async () => {
    if (!explorer || !size || picture === undefined) throw new Error('there is no picture to draw on');
    return pngFile(
      explorer,
      size,
      await fetchBlob(picture, picture.startsWith('blob:') ? undefined : apiKey),
    );
  });
  const svg = drawnBy('svg', async () => {
    if (!explorer || !size) throw new Error('there is nothing to draw');
    return svgFile(explorer, size);
  });

  return (
    <div role="group" aria-label="Downloads" className={styles['downloads']}>
      <DownloadButton label="JSON" fileName={fileName('json')} source={{ json: envelope }} />
      {png && <DownloadButton label="PNG" fileName={fileName('png')} source={png} />}
      {svg && <DownloadButton label="SVG" fileName={fileName('svg')} source={svg} />}
      {explorer && explorer.result.kind !== 'masks' && (
        <DownloadButton
          label="COCO"
          fileName={fileName('coco.json')}
          source={{ make: () => cocoFile(explorer, envelope) }}
        />
      )}
    </div>
  );
}
