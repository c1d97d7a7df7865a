import type { Fovea } from '@fovea/sdk';
import type { Answer, RunEnvelope, RunEnvelopeOf } from '@fovea/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { toShownProblem, type ShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { sdkInput, sourceName, type Source } from '../studio/run-request.ts';
import { questionsAbout } from './questions.ts';

/** The picture that is talked about. */
export interface Subject {
  readonly name: string;
  /** An object URL or the address of a blob; undefined while only the server knows it. */
  readonly preview: string | undefined;
  readonly source: Source;
}

export type Caption =
  | { readonly status: 'writing'; readonly text: string }
  | { readonly status: 'done'; readonly envelope: RunEnvelopeOf<'caption'> }
  | { readonly status: 'failed'; readonly problem: ShownProblem };

/** A question and what became of it. */
export interface Turn {
  readonly key: string;
  readonly question: string;
  /** The stored run that answered. */
  readonly run?: string;
  readonly answer?: Answer;
  readonly problem?: ShownProblem;
}

interface Talk {
  readonly id: number;
  readonly subject: Subject;
  /** Known once the server has seen the picture and keeps it. */
  readonly sha256: string | undefined;
  readonly caption: Caption;
  readonly suggestions: readonly string[];
  /** What was asked here; what was asked before is in the catalog. */
  readonly turns: readonly Turn[];
}

const HISTORY = 100;

/** Everything that was asked about a picture before, the oldest first. */
function useHistory(sha256: string | undefined) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['dialogue', sha256],
    queryFn: () => fovea.runs.list({ task: 'vqa', input: sha256 ?? '', limit: HISTORY }),
    select: ({ items }) => items.toReversed().flatMap(turnsOf),
    enabled: sha256 !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
}

/** The newest caption of a picture that knows where the model looked: a reload need not write it again. */
async function storedCaption(fovea: Fovea, sha256: string): Promise<RunEnvelopeOf<'caption'> | undefined> {
  const { items } = await fovea.runs.list({ task: 'caption', input: sha256, limit: 5 });
  return items.find(({ attachments = [] }) => attachments.length > 0) as RunEnvelopeOf<'caption'> | undefined;
}

const turnsOf = ({ run, result }: RunEnvelope): Turn[] =>
  result.kind === 'text'
    ? (result.answers ?? []).map((answer, at) => ({
        key: `${run.id} ${at}`,
        run: run.id,
        question: answer.question,
        answer,
      }))
    : [];

/**
 * A dialogue about one picture: its caption as it is written, questions that suit it, what was and is asked.
 * @param onKept the picture's SHA-256, once the server keeps it
 */
export function useDialogue(onKept: (sha256: string) => void) {
  const { fovea, notice } = useSession();
  const queries = useQueryClient();
  const [talk, setTalk] = useState<Talk>();
  const abort = useRef<AbortController>(undefined);
  const preview = useRef<string>(undefined);
  const count = useRef(0);
  const history = useHistory(talk?.sha256);

  const release = (): void => {
    abort.current?.abort();
    if (preview.current) URL.revokeObjectURL(preview.current);
    preview.current = undefined;
  };
  useEffect(() => release, []);

  /** Begins anew with another picture; what was running for the one before is cancelled. */
  const begin = (source: Source): void => {
    release();
    const { signal } = (abort.current = new AbortController());
    if (source.type === 'file') preview.current = URL.createObjectURL(source.file);
    const id = (count.current += 1);
    const subject: Subject = {
      name: sourceName(source),
      preview: source.type === 'blob' ? fovea.blobs.url(source.sha256) : preview.current,
      source,
    };
    const update = (change: (talk: Talk) => Partial<Talk>): void =>
      setTalk((now) => (now?.id === id ? { ...now, ...change(now) } : now));
    setTalk({
      id,
      subject,
      sha256: source.type === 'blob' ? source.sha256 : undefined,
      caption: { status: 'writing', text: '' },
      suggestions: [],
      turns: [],
    });
    const input = { image: sdkInput(source) };
    // Nobody wants this run in the catalog: it only finds out what there is to ask about.
    const seen = fovea
      .run('detection', input, {}, { signal, store: false })
      .then(({ result }) => result.items)
      .catch(() => []);
    const onPartial = ({ text = '' }: { text?: string }): void =>
      update(() => ({ caption: { status: 'writing', text } }));
    const written = async (): Promise<RunEnvelopeOf<'caption'>> =>
      (source.type === 'blob' ? await storedCaption(fovea, source.sha256) : undefined) ??
      fovea.run('caption', input, { attention: true }, { signal, onPartial });
    const said = written()
      .then((envelope) => {
        const { sha256 } = Object.values(envelope.inputs)[0] ?? {};
        const kept = envelope.links.input === undefined ? undefined : sha256;
        update(({ subject: now }) => ({
          caption: { status: 'done', envelope },
          ...(kept === undefined
            ? {}
            : { sha256: kept, subject: { ...now, preview: now.preview ?? fovea.blobs.url(kept) } }),
        }));
        if (kept !== undefined && !signal.aborted) onKept(kept);
        void queries.invalidateQueries({ queryKey: ['runs'] });
        return envelope.result.text;
      })
      .catch((error: unknown) => {
        if (signal.aborted) return '';
        notice(error);
        update(() => ({ caption: { status: 'failed', problem: toShownProblem(error) } }));
        return '';
      });
    void Promise.all([seen, said]).then(([items, text]) =>
      update(() => ({ suggestions: questionsAbout(items, text) })),
    );
  };

  /** Asks; the answer, or why there is none, comes to the turns. */
  const ask = async (question: string): Promise<void> => {
    if (!talk) return;
    const { signal } = abort.current as AbortController;
    const { id, subject, sha256 } = talk;
    const key = `asked ${(count.current += 1)}`;
    const put = (turn: Turn): void =>
      setTalk((now) =>
        now?.id === id ? { ...now, turns: [...now.turns.filter((one) => one.key !== key), turn] } : now,
      );
    put({ key, question });
    try {
      const image = sha256 === undefined ? sdkInput(subject.source) : { blob: sha256 };
      const { run, result, links } = await fovea.run('vqa', { image }, { question }, { signal });
      const answer = result.answers?.[0];
      put({ key, question, ...(links.self ? { run: run.id } : {}), ...(answer ? { answer } : {}) });
      void queries.invalidateQueries({ queryKey: ['runs'] });
    } catch (error) {
      if (signal.aborted) return;
      notice(error);
      put({ key, question, problem: toShownProblem(error) });
    }
  };

  const turns = talk?.turns ?? [];
  const here = new Set(turns.flatMap(({ run }) => run ?? []));
  const earlier = (history.data ?? []).filter(({ run }) => run === undefined || !here.has(run));
  return {
    talk,
    turns: [...earlier, ...turns],
    begin,
    ask,
    busy: turns.some(({ answer, problem }) => !answer && !problem),
  };
}
