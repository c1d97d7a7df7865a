import type { Result } from '@fovea/contracts';
import { paint, toScene } from '@fovea/overlay';
import { useEffect, useRef, useState } from 'react';
import { BlobImage } from '../api/blob-image.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './picture.module.css';

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
  /** Why there is no picture, where there is none. */
  missing?: string;
}

/** A picture as large as its frame allows, with a result drawn over it. */
export function Picture({
  url,
  alt,
  size,
  result,
  missing = 'This picture cannot be shown here.',
}: PictureProps) {
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
        {result && url !== undefined && <Overlay result={result} size={known} />}
      </div>
    </div>
  );
}

/** The result's shapes on a canvas as sharp as the screen. */
function Overlay({ result, size }: { result: Result; size: Size }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height } = size;
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const draw = (): void => {
      const context = canvas.getContext('2d');
      // Not laid out yet: the observer calls again with a size.
      if (!context || canvas.clientWidth === 0) return;
      const density = devicePixelRatio;
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * density));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * density));
      context.scale(canvas.width / width, canvas.height / height);
      paint(context, toScene(result, { width, height, scale: canvas.clientWidth / width }));
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(canvas);
    return () => observer.disconnect();
  }, [result, width, height]);
  return <canvas ref={ref} aria-hidden="true" className={styles['overlay']} />;
}
