import type { ReactNode } from 'react';
import styles from './facts.module.css';

/** Names and values; rows without a value are left out. */
export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={styles['facts']}>
      {rows
        .filter(([, value]) => value !== undefined && value !== null && value !== '')
        .map(([name, value]) => (
          <div key={name} className={styles['row']}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A SHA-256 that wraps nowhere and can be selected whole. */
export function Hash({ value }: { value: string }) {
  return (
    <code className={styles['hash']} title={value}>
      {value}
    </code>
  );
}
