import type { ResultOf } from '@fovea/contracts';
import { formatScore } from '../format.ts';
import { Badge } from '../ui/badge.tsx';
import { Bars } from './bars.tsx';
import styles from './texts.module.css';

const STATUS = {
  answered: 'Answered',
  unsure: 'Unsure',
  'premise-false': 'The question assumes what is not there',
} as const;

export function TextView({ result }: { result: ResultOf<'text'> }) {
  return (
    <div className={styles['text']}>
      <blockquote>{result.text}</blockquote>
      <p>
        <Badge tone={result.status === 'answered' ? 'good' : 'warn'}>{STATUS[result.status]}</Badge>{' '}
        {formatScore(result.score)}
      </p>
      {result.answers?.map((answer) => (
        <p key={answer.question}>
          <strong>{answer.question}</strong> {answer.text} ({STATUS[answer.status]},{' '}
          {formatScore(answer.score)})
        </p>
      ))}
      {result.alternatives.length > 0 && (
        <Bars rows={result.alternatives.map(({ text, score }) => ({ label: text, score }))} empty="" />
      )}
    </div>
  );
}

/** How many numbers of a vector are worth showing. */
const SHOWN_VALUES = 24;

export function VectorView({ result }: { result: ResultOf<'vector'> }) {
  const norm = Math.hypot(...result.values);
  return (
    <div className={styles['text']}>
      <p>
        {result.values.length} numbers in the space <code>{result.space}</code>, length {norm.toFixed(3)}
      </p>
      <p className={styles['values']}>
        {result.values
          .slice(0, SHOWN_VALUES)
          .map((value) => value.toFixed(3))
          .join(' ')}
        {result.values.length > SHOWN_VALUES && ' …'}
      </p>
    </div>
  );
}
