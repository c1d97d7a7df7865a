import type { EvaluatedPicture, Result } from '@fovea/contracts';
import { useEffect, useRef, useState } from 'react';
import { BlobImage } from '../api/blob-image.tsx';
import { THUMB_PX } from '../api/queries.ts';
import { useSession } from '../api/session.tsx';
import { headline } from '../results/headline.ts';
import { Picture } from '../results/picture.tsx';
import { IconButton } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { figureText } from './figures.ts';
import styles from './worst-pictures.module.css';

/** The pictures that went worst; one of them large, what was there beside what was found. */
export function WorstPictures({ pictures }: { pictures: readonly EvaluatedPicture[] }) {
  const [open, setOpen] = useState<number>();
  const { fovea } = useSession();
  const picture = pictures.find(({ imageId }) => imageId === open);
  return (
    <Panel title="Pictures that went worst">
      {picture && <Compared key={picture.imageId} picture={picture} onClose={() => setOpen(undefined)} />}
      <ul className={styles['grid']}>
        {pictures.map((each) => (
          <li key={each.imageId}>
            <button
              type="button"
              className={styles['card']}
              aria-pressed={each.imageId === open}
              onClick={() => setOpen(each.imageId === open ? undefined : each.imageId)}
            >
              <span className={styles['thumb']}>
                <BlobImage
                  url={each.blob === null ? undefined : `${fovea.blobs.url(each.blob)}?thumb=${THUMB_PX}`}
                  alt=""
                  fallback={<span className={styles['missing']}>Picture not kept</span>}
                />
              </span>
              <span className={styles['name']}>{each.name}</span>
              <span className={styles['note']}>
                {figureText(each.score)} · {each.note}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Compared({ picture, onClose }: { picture: EvaluatedPicture; onClose: () => void }) {
  const { fovea } = useSession();
  const { name, note, blob, width, height, truth, prediction } = picture;
  const url = blob === null ? undefined : fovea.blobs.url(blob);
  const ref = useRef<HTMLElement>(null);
  // It opens above the pictures: on a small screen that is far from the one that was pressed.
  useEffect(() => ref.current?.scrollIntoView({ block: 'nearest' }), []);
  const side = (title: string, result: Result) => (
    <figure>
      <figcaption>
        {title}: {headline(result).text}
      </figcaption>
      <div className={styles['stage']} style={{ aspectRatio: `${width} / ${height}` }}>
        <Picture
          url={url}
          alt={`${name}, ${title.toLowerCase()}`}
          size={{ width, height }}
          result={result}
          missing="This picture was not kept."
        />
      </div>
    </figure>
  );
  return (
    <section ref={ref} aria-label={name} className={styles['compared']}>
      <header className={styles['head']}>
        <div>
          <h3>{name}</h3>
          <p className={styles['note']}>{note}</p>
        </div>
        <IconButton icon="close" label="Close the picture" onClick={onClose} />
      </header>
      <div className={styles['sides']}>
        {truth && side('Labelled', truth)}
        {side('Found', prediction)}
      </div>
    </section>
  );
}
