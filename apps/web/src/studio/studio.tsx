import type { TaskInfo } from '@fovea/contracts';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useModels } from '../api/queries.ts';
import { changedValues, readFields } from '../forms/schema.ts';
import { AttendedProvider } from '../results/attended.tsx';
import { useExplorer } from '../results/use-explorer.ts';
import { useIncoming } from '../shell/incoming.tsx';
import { ResultPanel } from './result-panel.tsx';
import { sameRequest, type RunRequest, type Source } from './run-request.ts';
import { describe, RunStrip } from './run-strip.tsx';
import { SampleStrip } from './sample-strip.tsx';
import { NO_SETTINGS, SettingsPanel, type Settings } from './settings-panel.tsx';
import { SnippetPanel } from './snippet-panel.tsx';
import { SourceBar } from './source-bar.tsx';
import { Stage } from './stage.tsx';
import styles from './studio.module.css';
import { useRuns } from './use-runs.ts';

/** Where pictures meet one task: bring them, run, look, change a setting, run again. */
export function Studio({ task }: { task: TaskInfo }) {
  return (
    <AttendedProvider>
      <Table task={task} />
    </AttendedProvider>
  );
}

function Table({ task }: { task: TaskInfo }) {
  const { items, selected, busy, place, run, cancel, select } = useRuns();
  const models = useModels().data?.items ?? [];
  const [settings, setSettings] = useState<Settings>(NO_SETTINGS);
  const fields = useMemo(() => readFields(task.params), [task.params]);
  const primary = task.inputs[0];

  const requestOf = (source: Source | undefined): RunRequest => {
    const { primary: model, ...roles } = settings.models;
    const inputs: Record<string, Source> = {};
    if (primary && source) inputs[primary.name] = source;
    for (const [name, file] of Object.entries(settings.others)) inputs[name] = { type: 'file', file };
    return { task: task.task, inputs, params: changedValues(fields, settings.values), model, models: roles };
  };
  const lacking = [
    ...task.inputs.slice(1).filter((input) => input.min > 0 && !settings.others[input.name]),
    ...fields.filter((field) => field.required && settings.values[field.name] === undefined),
  ].map(({ name }) => name);
  const canRun = lacking.length === 0 && (items.length > 0 || !primary || primary.min === 0);

  const runAll = (): void => void run(items.length > 0 ? items : place([undefined]), requestOf);
  // A picture is what people come with: it runs at once, with the settings as they are.
  const take = (sources: (Source | undefined)[]): void => {
    const placed = place(sources);
    if (lacking.length === 0) void run(placed, requestOf);
  };
  const dragging = useIncoming(take);
  useBlobOfAddress(take);
  useShortcuts({ onRun: () => canRun && runAll(), onCancel: cancel });

  const { state, request } = selected ?? {};
  const explorer = useExplorer(state?.status === 'done' ? state.envelope : undefined);
  const stale = request !== undefined && !busy && !sameRequest(request, requestOf(selected?.source));
  const note =
    lacking.length > 0
      ? `Needed first: ${lacking.join(', ')}`
      : stale
        ? 'The settings changed since this run.'
        : '';
  return (
    <div className={styles['studio']}>
      {primary && (
        <div className={styles['stage']}>
          <Stage item={selected} explorer={explorer} media={primary.media} dragging={dragging} />
          {items.length > 1 && <RunStrip items={items} selected={selected?.id} onSelect={select} />}
        </div>
      )}
      <div className={styles['result']} data-empty={!selected}>
        <ResultPanel item={selected} explorer={explorer} onCancel={cancel} onRun={runAll} />
      </div>
      {primary && (
        <div className={styles['sources']}>
          <SourceBar media={primary.media} onSources={take} />
          {primary.media === 'image' && (
            <SampleStrip task={task.task} onPick={(file) => take([{ type: 'file', file }])} />
          )}
          <p className={styles['keys']}>
            <kbd>Ctrl</kbd> <kbd>V</kbd> paste a picture or its address <kbd>Enter</kbd> run <kbd>Esc</kbd>{' '}
            cancel
          </p>
        </div>
      )}
      <div className={styles['settings']}>
        <SettingsPanel
          task={task}
          fields={fields}
          models={models}
          settings={settings}
          onChange={setSettings}
          errors={state?.status === 'failed' ? state.problem.errors : []}
          note={note}
          canRun={canRun}
          busy={busy}
          onRun={runAll}
        />
      </div>
      {request && (
        <div className={styles['snippets']}>
          <SnippetPanel request={request} />
        </div>
      )}
      <p role="status" className="visually-hidden">
        {selected && state && state.status !== 'waiting' ? `${selected.name}: ${describe(state)}` : ''}
      </p>
    </div>
  );
}

/** `?blob=<sha256>` puts a picture of the catalog on the stage, once. */
function useBlobOfAddress(take: (sources: Source[]) => void): void {
  const [search, setSearch] = useSearchParams();
  const sha256 = search.get('blob');
  const takeBlob = useEffectEvent((blob: string) => {
    setSearch({}, { replace: true });
    take([{ type: 'blob', sha256: blob }]);
  });
  useEffect(() => {
    if (sha256) takeBlob(sha256);
  }, [sha256]);
}

/** Enter runs and Escape cancels wherever no control takes the key for itself. */
function useShortcuts({ onRun, onCancel }: { onRun: () => void; onCancel: () => void }): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.defaultPrevented || target?.closest('dialog')) return;
    if (event.key === 'Escape') onCancel();
    if (
      event.key === 'Enter' &&
      !target?.closest('a, button, input, select, textarea, summary, [role=tabpanel]')
    )
      onRun();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);
}
