import { useId, useState, type KeyboardEvent } from 'react';
import { useSession } from '../api/session.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Panel } from '../ui/panel.tsx';
import type { RunRequest } from './run-request.ts';
import { cliSnippet, curlSnippet, sdkSnippet } from './snippets.ts';
import styles from './snippet-panel.module.css';

const WAYS = [
  ['curl', curlSnippet],
  ['SDK', sdkSnippet],
  ['CLI', cliSnippet],
] as const;

/** The same run from elsewhere, to copy. */
export function SnippetPanel({ request }: { request: RunRequest }) {
  const { fovea, apiKey } = useSession();
  const [way, setWay] = useState(0);
  const id = useId();
  const text = (WAYS[way] ?? WAYS[0])[1](request, { baseUrl: fovea.baseUrl, withKey: apiKey !== undefined });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const next = (way + step + WAYS.length) % WAYS.length;
    setWay(next);
    event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <Panel title="Use it from code" aside={<CopyButton text={text} />}>
      <div role="tablist" aria-label="Interface" className={styles['tabs']} onKeyDown={onKeyDown}>
        {WAYS.map(([name], index) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${index}`}
            aria-selected={index === way}
            aria-controls={`${id}-text`}
            tabIndex={index === way ? 0 : -1}
            onClick={() => setWay(index)}
          >
            {name}
          </button>
        ))}
      </div>
      <pre
        id={`${id}-text`}
        role="tabpanel"
        aria-labelledby={`${id}-${way}`}
        tabIndex={0}
        className={styles['text']}
      >
        <code>{text}</code>
      </pre>
    </Panel>
  );
}
