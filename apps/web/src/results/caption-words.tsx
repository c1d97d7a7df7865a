import type { ResultOf, RunEnvelope } from '@fovea/contracts';
import { useEffect } from 'react';
import { useSession } from '../api/session.tsx';
import { formatScore } from '../format.ts';
import { useAttended } from './attended.tsx';
import styles from './texts.module.css';

interface CaptionWordsProps {
  result: Pick<ResultOf<'text'>, 'text' | 'tokens'>;
  attachments?: RunEnvelope['attachments'] | undefined;
}

/** A sentence; where its maps are known, pointing at a word shows on the picture where the model looked for it. */
export function CaptionWords({ result: { text, tokens = [] }, attachments = [] }: CaptionWordsProps) {
  const { fovea } = useSession();
  const { url: attended, attend } = useAttended();
  useEffect(() => () => attend(undefined), [attend]);
  const maps = new Map(
    attachments
      .filter(({ role }) => role === 'attention')
      .map(({ index, blob }) => [index, fovea.blobs.url(blob)]),
  );
  if (maps.size === 0) return <blockquote>{text}</blockquote>;
  return (
    <blockquote className={styles['words']}>
      {tokens.map((token, at) => {
        const url = maps.get(at);
        const name = `${token.text}: ${formatScore(token.score)}`;
        return (
          <button
            key={at}
            type="button"
            title={name}
            aria-label={`${name}, show where the model looked`}
            aria-pressed={url !== undefined && attended === url}
            onPointerEnter={({ pointerType }) => pointerType !== 'touch' && attend(url)}
            onPointerLeave={({ pointerType }) => pointerType !== 'touch' && attend(undefined)}
            onFocus={({ currentTarget }) => currentTarget.matches(':focus-visible') && attend(url)}
            onBlur={() => attend(undefined)}
            onClick={() => attend(url)}
          >
            {token.text}
          </button>
        );
      })}
    </blockquote>
  );
}
