import { useEffect, useEffectEvent, useRef, useState, type FormEvent } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useTasks } from '../api/queries.ts';
import { classes, formatScore } from '../format.ts';
import { AttendedProvider } from '../results/attended.tsx';
import { CaptionWords } from '../results/caption-words.tsx';
import { Picture } from '../results/picture.tsx';
import { Standing } from '../results/texts.tsx';
import { useIncoming } from '../shell/incoming.tsx';
import { Page } from '../shell/page.tsx';
import { SampleStrip } from '../studio/sample-strip.tsx';
import { SourceBar } from '../studio/source-bar.tsx';
import stage from '../studio/stage.module.css';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import fields from '../ui/field.module.css';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/panel.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './ask-page.module.css';
import { useDialogue, type Caption, type Turn } from './use-dialogue.ts';

/** Longer ones are refused by the task. */
const QUESTION_CHARACTERS = 300;

/** `/ask?picture=<sha256>`: a dialogue about one picture. */
export function AskPage() {
  const tasks = useTasks();
  const served = tasks.data?.some(({ task }) => task === 'vqa');
  return (
    <Page
      title="Ask"
      lead="Ask short questions in English about a picture. Small models answer: what they say is a guess, with how sure they are."
    >
      {served === false ? (
        <Empty icon="question" title="Questions are not answered by this server">
          <p>It needs the application language: FOVEA_APPS names the applications.</p>
        </Empty>
      ) : (
        <AttendedProvider>
          <Dialogue />
        </AttendedProvider>
      )}
    </Page>
  );
}

function Dialogue() {
  const [search, setSearch] = useSearchParams();
  const picture = search.get('picture');
  const shown = useRef<string>(undefined);
  const { talk, turns, begin, ask, busy } = useDialogue((sha256) => {
    shown.current = sha256;
    setSearch({ picture: sha256 }, { replace: true });
  });
  const take = (sources: readonly Parameters<typeof begin>[0][]): void => {
    const [source] = sources;
    if (source) begin(source);
  };
  const dragging = useIncoming(take);
  const open = useEffectEvent((sha256: string) => {
    if (shown.current === sha256) return;
    shown.current = sha256;
    begin({ type: 'blob', sha256 });
  });
  useEffect(() => {
    if (picture && /^[0-9a-f]{64}$/.test(picture)) open(picture);
  }, [picture]);

  return (
    <div className={styles['ask']}>
      <div className={styles['subject']}>
        <div className={classes(stage['stage'], styles['stage'], dragging && stage['dragging'])}>
          {talk ? (
            <Picture
              url={talk.subject.preview}
              alt={talk.subject.name}
              missing="The browser cannot show this picture. The server may still read it."
            />
          ) : (
            <div className={stage['invitation']}>
              <Icon name="image" size={30} />
              <p>Drop a picture here, paste one, or begin with a sample below.</p>
            </div>
          )}
        </div>
        {talk && <Said caption={talk.caption} />}
      </div>
      <Panel title="Dialogue" className={styles['panel']}>
        <Turns
          turns={turns}
          empty={talk ? 'Nothing was asked about this picture yet.' : 'First, a picture.'}
        />
        {talk && (
          <ul aria-label="Suggested questions" className={styles['suggestions']}>
            {talk.suggestions
              .filter((question) => !turns.some((turn) => turn.question === question))
              .map((question) => (
                <li key={question}>
                  <button type="button" onClick={() => void ask(question)}>
                    {question}
                  </button>
                </li>
              ))}
          </ul>
        )}
        <QuestionForm disabled={!talk} busy={busy} onAsk={(question) => void ask(question)} />
      </Panel>
      <div className={styles['sources']}>
        <SourceBar media="image" onSources={take} />
        <SampleStrip task="vqa" onPick={(file) => begin({ type: 'file', file })} />
      </div>
    </div>
  );
}

/** The caption as it is written; then its words show where the model looked. */
function Said({ caption }: { caption: Caption }) {
  if (caption.status === 'failed') return <ProblemCard problem={caption.problem} />;
  if (caption.status === 'writing')
    return (
      <p className={styles['caption']} aria-busy="true">
        {caption.text || <Skeleton width="16rem" height="1.4em" />}
      </p>
    );
  const { result, attachments } = caption.envelope;
  return (
    <div className={styles['caption']} aria-label="Caption" role="group">
      <CaptionWords result={result} attachments={attachments} />
      <p className={fields['note']}>
        {formatScore(result.score)} a word, on average. Point at a word: the picture shows where the model
        looked.
      </p>
    </div>
  );
}

function Turns({ turns, empty }: { turns: readonly Turn[]; empty: string }) {
  const end = useRef<HTMLLIElement>(null);
  const last = turns.at(-1);
  useEffect(() => {
    end.current?.scrollIntoView?.({ block: 'nearest' });
  }, [last]);
  return (
    <ol aria-label="Questions and answers" aria-live="polite" className={styles['turns']}>
      {turns.length === 0 && <li className={fields['note']}>{empty}</li>}
      {turns.map((turn) => (
        <li key={turn.key} ref={turn === last ? end : undefined}>
          <p className={styles['question']}>{turn.question}</p>
          <Replied turn={turn} />
        </li>
      ))}
    </ol>
  );
}

function Replied({ turn: { answer, problem, run } }: { turn: Turn }) {
  if (problem) return <ProblemCard problem={problem} />;
  if (!answer) return <Skeleton width="8rem" height="1.5rem" />;
  const others = answer.alternatives.map(({ text, score }) => `${text} ${formatScore(score)}`).join(', ');
  return (
    <div className={styles['answer']}>
      <p>
        <strong>{answer.text}</strong> <Standing {...answer} />
      </p>
      <p className={fields['note']}>
        {others && `${answer.status === 'answered' ? 'Or' : 'Guesses'}: ${others}. `}
        {run && <Link to={`/catalog/${run}`}>Run</Link>}
      </p>
    </div>
  );
}

function QuestionForm(props: { disabled: boolean; busy: boolean; onAsk: (question: string) => void }) {
  const [question, setQuestion] = useState('');
  const text = question.trim();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text === '' || props.disabled) return;
    props.onAsk(text);
    setQuestion('');
  };
  return (
    <form className={styles['form']} onSubmit={submit}>
      <input
        className={fields['input']}
        aria-label="Question"
        placeholder="what color is the dog?"
        maxLength={QUESTION_CHARACTERS}
        disabled={props.disabled}
        value={question}
        onChange={({ target }) => setQuestion(target.value)}
      />
      <Button look="primary" type="submit" disabled={props.disabled || text === ''} aria-busy={props.busy}>
        Ask
      </Button>
    </form>
  );
}
