import type { Task } from '@fovea/contracts';
import { sampleFile, samplesFor } from './samples.ts';
import styles from './sample-strip.module.css';

/** The samples as small buttons, and where they come from. */
export function SampleStrip({ task, onPick }: { task: Task; onPick: (file: File) => void }) {
  const samples = samplesFor(task);
  return (
    <section aria-label="Sample pictures" className={styles['samples']}>
      <ul className={styles['strip']}>
        {samples.map((sample) => (
          <li key={sample.url}>
            <button
              type="button"
              className={styles['sample']}
              title={`${sample.name} (${sample.credit})`}
              aria-label={`Sample: ${sample.name}`}
              onClick={() => void sampleFile(sample).then(onPick)}
            >
              <img src={sample.url} alt="" width={72} height={72} loading="lazy" decoding="async" />
            </button>
          </li>
        ))}
      </ul>
      <details className={styles['credits']}>
        <summary>Credits of the samples</summary>
        <ul>
          {samples.map(({ name, credit }) => (
            <li key={name}>
              {name}: {credit}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
