import { useId, type ReactNode } from 'react';
import { classes } from '../format.ts';
import styles from './panel.module.css';

interface PanelProps {
  title: string;
  /** Controls at the right of the title. */
  aside?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}

/** A titled surface; a region that assistive technology can jump to. */
export function Panel({ title, aside, className, children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes(styles['panel'], className)}>
      <header className={styles['head']}>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
