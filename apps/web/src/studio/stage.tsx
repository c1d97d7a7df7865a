import type { Media } from '@fovea/contracts';
import { useState } from 'react';
import { classes } from '../format.ts';
import { Picture } from '../results/picture.tsx';
import type { Explorer } from '../results/use-explorer.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './stage.module.css';
import type { StudioItem } from './use-runs.ts';

interface StageProps {
  item: StudioItem | undefined;
  explorer: Explorer | undefined;
  media: Media;
  dragging: boolean;
}

/** The place of the picture: an invitation while empty, then the picture with the result over it. */
export function Stage({ item, explorer, media, dragging }: StageProps) {
  const [overlay, setOverlay] = useState(true);
  const envelope = item?.state.status === 'done' ? item.state.envelope : undefined;
  const input = Object.values(envelope?.inputs ?? {})[0];
  // A run may have done without the picture, with a text in its place.
  const picture = item?.source && item;
  const size = input?.width && input.height ? { width: input.width, height: input.height } : undefined;
  return (
    <div className={classes(styles['stage'], dragging && styles['dragging'], !picture && styles['empty'])}>
      {picture ? (
        <Picture
          url={picture.preview ?? envelope?.links.input}
          alt={picture.name}
          size={size}
          result={overlay ? envelope?.result : undefined}
          explorer={explorer}
          missing={missing(picture, media)}
        />
      ) : (
        <div className={styles['invitation']}>
          <span className={styles['icon']}>
            <Icon name="image" size={30} />
          </span>
          <p className={styles['headline']}>Drop {media === 'image' ? 'a picture' : `${media} files`} here</p>
          <p>or paste one, choose files, or start with a sample below. Several at once are fine.</p>
        </div>
      )}
      {picture && envelope && (
        <label className={styles['toggle']}>
          <input type="checkbox" checked={overlay} onChange={(event) => setOverlay(event.target.checked)} />
          Overlay
        </label>
      )}
      {dragging && (
        <div aria-hidden="true" className={styles['veil']}>
          Drop to run
        </div>
      )}
    </div>
  );
}

function missing({ source, state }: StudioItem, media: Media): string {
  if (media !== 'image') return 'This kind of file has no preview here.';
  if (source?.type === 'url')
    return state.status === 'done'
      ? 'The server did not keep this picture.'
      : 'The server fetches this picture when it runs.';
  if (state.status === 'failed') return 'The browser cannot show this file either.';
  return 'The browser cannot show this file. The server may still read it.';
}
