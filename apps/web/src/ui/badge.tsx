import type { ReactNode } from 'react';
import { classes } from '../format.ts';
import styles from './badge.module.css';

export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad';

/** A short state or property; never by colour alone. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={classes(styles['badge'], styles[tone])}>{children}</span>;
}

/** May the weights be used commercially? */
export function LicenceBadge({ licenceId, commercialUse }: { licenceId: string; commercialUse: boolean }) {
  return (
    <>
      <Badge>{licenceId}</Badge>
      {commercialUse ? <Badge tone="good">Commercial use</Badge> : <Badge tone="warn">Research only</Badge>}
    </>
  );
}
