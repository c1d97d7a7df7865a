import type { RunEnvelope } from '@fovea/contracts';
import { Link } from 'react-router';
import { BlobImage } from '../api/blob-image.tsx';
import { THUMB_PX } from '../api/queries.ts';
import { formatAgo, formatDate, formatScore } from '../format.ts';
import { headline } from '../results/headline.ts';
import { Icon } from '../ui/icon.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './run-card.module.css';

/** The small picture of a run's input. */
export const thumbUrl = (input: string | undefined): string | undefined =>
  input && `${input}?thumb=${THUMB_PX}`;

/**
 * A run in the grid: the picture, what was found, when and by which model.
 * @param relevance of the picture to a text, a cosine; null where words alone found it
 * @param altText a caption of the picture
 */
export function RunCard({
  envelope,
  relevance,
  altText = '',
}: {
  envelope: RunEnvelope;
  relevance?: number | null | undefined;
  altText?: string | undefined;
}) {
  const { run, result, links } = envelope;
  const { text, score } = headline(result);
  return (
    <Link to={`/catalog/${run.id}`} className={styles['card']}>
      <span className={styles['thumb']}>
        <BlobImage
          url={thumbUrl(links.input)}
          alt={altText === text ? '' : altText}
          fallback={
            <span className={styles['missing']}>
              <Icon name="image" size={24} />
              Picture not kept
            </span>
          }
        />
      </span>
      <span className={styles['text']}>
        <span className={styles['headline']}>
          <span className={styles['label']}>{text}</span>
          {score !== undefined && <span className={styles['score']}>{formatScore(score)}</span>}
        </span>
        <span className={styles['meta']}>
          <span>{relevanceOf(relevance) ?? run.models[0]?.id ?? run.task}</span>
          <time dateTime={run.createdAt} title={formatDate(run.createdAt)}>
            {formatAgo(run.createdAt)}
          </time>
        </span>
      </span>
    </Link>
  );
}

const relevanceOf = (relevance: number | null | undefined): string | undefined =>
  relevance === null
    ? 'by its words'
    : relevance === undefined
      ? undefined
      : `relevance ${relevance.toFixed(3)}`;

/** Exactly as large as a card, so that nothing moves when the runs arrive. */
export function RunCardSkeleton() {
  return (
    <span className={styles['card']}>
      <Skeleton className={styles['thumb']} height="auto" />
      <span className={styles['text']}>
        <Skeleton width="60%" height="1.3125rem" />
        <Skeleton width="80%" height="1.125rem" />
      </span>
    </span>
  );
}
