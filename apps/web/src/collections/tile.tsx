import type { ReactNode } from 'react';
import { BlobImage } from '../api/blob-image.tsx';
import { useSession } from '../api/session.tsx';
import { classes } from '../format.ts';
import { Icon } from '../ui/icon.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './tile.module.css';

interface TileProps {
  blob: string | null;
  name: string;
  /** A caption of the picture. */
  altText?: string | null;
  onOpen: () => void;
  /** 1 is the best; highlighted where it counts as found. */
  rank?: number;
  faded?: boolean;
  /** 0..1 of the best, drawn as a bar. */
  share?: number;
  /** In words, beside the name. */
  score?: string;
  children?: ReactNode;
}

/** A picture in a square that is there before the picture is. */
export function Tile({
  blob,
  name,
  altText,
  onOpen,
  rank,
  faded = false,
  share,
  score,
  children,
}: TileProps) {
  const { fovea } = useSession();
  return (
    <div className={classes(styles['tile'], faded && styles['faded'])}>
      <button
        type="button"
        className={styles['picture']}
        aria-label={`Open ${name}${altText ? `: ${altText}` : ''}${rank === undefined ? '' : `, rank ${rank}`}`}
        onClick={onOpen}
      >
        <BlobImage
          url={blob === null ? undefined : fovea.blobs.url(blob, { thumb: 320 })}
          alt={altText ?? ''}
          lazy
          fallback={
            <span className={styles['missing']}>
              <Icon name="image" size={24} />
            </span>
          }
        />
        {rank !== undefined && <span className={styles['rank']}>{rank}</span>}
      </button>
      {share !== undefined && (
        <span aria-hidden="true" className={styles['share']}>
          <span style={{ width: `${Math.round(share * 100)}%` }} />
        </span>
      )}
      <div className={styles['line']}>
        <span className={styles['name']} title={name}>
          {name}
        </span>
        {score !== undefined && <span className={styles['score']}>{score}</span>}
        {children && <span className={styles['actions']}>{children}</span>}
      </div>
    </div>
  );
}

/** As large as a tile. */
export function TileSkeleton() {
  return (
    <div className={styles['tile']}>
      <Skeleton className={styles['picture']} height="auto" />
      <div className={styles['line']} />
    </div>
  );
}
