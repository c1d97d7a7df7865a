import type { Result } from '@fovea/contracts';
import { classMapColours, itemAt, paint, toScene, type Shape, type View } from '@fovea/overlay';
import { useEffect, useRef, useState, type MouseEvent } from 'react';
import { BlobImage } from '../api/blob-image.tsx';
import { Icon } from '../ui/icon.tsx';
import { useAttended } from './attended.tsx';
import { classAt, paintClassMap } from './class-map.ts';
import { itemAround, viewOf } from './explore.ts';
import styles from './picture.module.css';
import type { Explorer } from './use-explorer.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

interface PictureProps {
  url: string | undefined;
  alt: string;
  /** In pixels after EXIF orientation; until it is known the picture's own is used. */
  size?: Size | undefined;
  /** Drawn over the picture. */
  result?: Result | undefined;
  /** What of the result is shown and pointed at, where it has items. */
  explorer?: Explorer | undefined;
  /** Why there is no picture, where there is none. */
  missing?: string;
}

/** A picture as large as its frame allows, with a result drawn over it. */
export function Picture({
  url,
  alt,
  size,
  result,
  explorer,
  missing = 'This picture cannot be shown here.',
}: PictureProps) {
  const { url: attended } = useAttended();
  const [loaded, setLoaded] = useState<Size & { url: string }>();
  const known = size ?? (loaded?.url === url ? loaded : undefined) ?? { width: 4, height: 3 };
  return (
    <div className={styles['frame']}>
      <div
        className={styles['picture']}
        style={
          {
            '--picture-ratio': known.width / known.height,
            aspectRatio: `${known.width} / ${known.height}`,
          } as React.CSSProperties
        }
      >
        <BlobImage
          url={url}
          alt={alt}
          onSize={(natural) => url !== undefined && setLoaded({ ...natural, url })}
          fallback={
            <div className={styles['missing']}>
              <Icon name="image" size={28} />
              <p>{missing}</p>
            </div>
          }
        />
        {attended !== undefined && (
          <span className={styles['attended']}>
            <BlobImage url={attended} alt="" fallback={null} />
          </span>
        )}
        {result && url !== undefined && <Overlay result={result} size={known} explorer={explorer} />}
      </div>
    </div>
  );
}

/** How far beside a line or a joint the pointer still means it, in pixels of the screen. */
const REACH_PX = 6;

interface OverlayProps {
  result: Result;
  size: Size;
  explorer: Explorer | undefined;
}

/** The result's shapes on a canvas as sharp as the screen; pointing at one highlights it in the list as well. */
function Overlay({ result, size, explorer }: OverlayProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const hits = useRef<readonly Shape[]>([]);
  const { width, height } = size;
  const { minScore, hidden, highlighted, opacity, map } = explorer ?? {};

  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const filter = minScore !== undefined && hidden ? viewOf({ minScore, hidden }) : {};
    const draw = (): void => {
      const context = canvas.getContext('2d');
      // Not laid out yet: the observer calls again with a size.
      if (!context || canvas.clientWidth === 0) return;
      const density = devicePixelRatio;
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * density));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * density));
      context.scale(canvas.width / width, canvas.height / height);
      const plain: View = { width, height, scale: canvas.clientWidth / width, ...filter };
      const view = highlighted === undefined ? plain : { ...plain, highlighted };
      if (result.kind === 'masks' && minScore !== undefined) {
        // The list beside the picture is its legend.
        if (!map) return;
        const layer = new OffscreenCanvas(map.width, map.height);
        layer
          .getContext('2d')
          ?.putImageData(paintClassMap(map, classMapColours(result, view, opacity)), 0, 0);
        return context.drawImage(layer, 0, 0, width, height);
      }
      // What is under the pointer must not depend on what was pointed at before.
      hits.current = toScene(result, plain);
      paint(context, view === plain ? hits.current : toScene(result, view));
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(canvas);
    return () => observer.disconnect();
  }, [result, width, height, minScore, hidden, highlighted, opacity, map]);

  if (!explorer) return <canvas ref={ref} aria-hidden="true" className={styles['overlay']} />;

  const itemUnder = ({ clientX, clientY, currentTarget }: MouseEvent): number | undefined => {
    const frame = currentTarget.getBoundingClientRect();
    const point = {
      x: ((clientX - frame.left) / frame.width) * width,
      y: ((clientY - frame.top) / frame.height) * height,
    };
    if (result.kind === 'masks') {
      const id = explorer.map && classAt(explorer.map, point, size);
      return explorer.shown.find(({ classId }) => classId === id)?.index;
    }
    const reach = (REACH_PX * width) / frame.width;
    return itemAt(hits.current, point, reach) ?? itemAround(explorer.shown, point);
  };
  return (
    <canvas
      ref={ref}
      aria-hidden="true"
      className={styles['explored']}
      // A finger that scrolls the page over the picture points at nothing; a tap does.
      onPointerMove={(event) => event.pointerType !== 'touch' && explorer.hover(itemUnder(event))}
      onPointerLeave={() => explorer.hover(undefined)}
      onClick={(event) => explorer.pin(itemUnder(event))}
    />
  );
}
