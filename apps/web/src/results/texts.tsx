import type { Answer, ResultOf, RunEnvelope } from '@fovea/contracts';
import { formatScore } from '../format.ts';
import { Badge } from '../ui/badge.tsx';
import { Bars } from './bars.tsx';
import { CaptionWords } from './caption-words.tsx';
import styles from './texts.module.css';

const STATUS = { unsure: 'unsure', 'premise-false': 'not there' } as const;

export function TextView({
  result,
  attachments,
}: {
  result: ResultOf<'text'>;
  attachments?: RunEnvelope['attachments'] | undefined;
}) {
  const { score, answers = [], alternatives } = result;
  return (
    <div className={styles['text']}>
      {answers.length > 0 ? (
        <dl>
          {answers.map((answer, at) => (
            <div key={at}>
              <dt>{answer.question}</dt>
              <dd>
                {answer.text} <Standing {...answer} />
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <div>
          <CaptionWords result={result} attachments={attachments} />
          <p className={styles['standing']}>{formatScore(score)} a word, on average: the model’s own guess</p>
        </div>
      )}
      {answers.length < 2 && alternatives.length > 0 && (
        <Bars rows={alternatives.map((one) => ({ label: one.text, score: one.score }))} empty="" />
      )}
    </div>
  );
}

/** How sure an answer is, in words; that a thing is not there speaks for itself. */
export function Standing({ status, score, premise }: Answer) {
  if (status === 'premise-false')
    return <Badge tone="warn">{premise ? `${premise.thing}: ${formatScore(score)}` : STATUS[status]}</Badge>;
  const words = score >= 0.8 ? 'quite sure' : score >= 0.5 ? 'rather sure' : 'a guess';
  return (
    <Badge tone={status === 'answered' && score >= 0.5 ? 'good' : 'warn'}>
      {status === 'unsure' ? STATUS.unsure : words}, {formatScore(score)}
    </Badge>
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
