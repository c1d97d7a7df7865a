import { SAMPLES, sampleFile } from './samples.ts';
import styles from './sample-strip.module.css';

/** The samples as small buttons, and where they come from. */
export function SampleStrip({ onPick }: { onPick: (file: File) => void }) {
  return (
    <section aria-label="Sample pictures" className={styles['samples']}>
      <ul className={styles['strip']}>
        {SAMPLES.map((sample) => (
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
          {SAMPLES.map(({ name, credit }) => (
            <li key={name}>
              {name}: {credit}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
