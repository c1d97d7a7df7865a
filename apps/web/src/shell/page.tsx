import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Icon } from '../ui/icon.tsx';
import styles from './page.module.css';

interface PageProps {
  title: string;
  /** One sentence under the title. */
  lead?: ReactNode;
  /** Controls at the right of the title. */
  aside?: ReactNode;
  /** A way back, above the title. */
  above?: ReactNode;
  children: ReactNode;
}

/** From one thing to the list that it is in. */
export function BackLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={styles['back']}>
      <Icon name="back" size={16} />
      {children}
    </Link>
  );
}

/** The frame of every page: its title in the tab and on the page. */
export function Page({ title, lead, aside, above, children }: PageProps) {
  return (
    <div className={styles['page']}>
      <title>{`${title} · Fovea`}</title>
      {above}
      <div className={styles['head']}>
        <div>
          <h1>{title}</h1>
          {lead && <p className={styles['lead']}>{lead}</p>}
        </div>
        {aside && <div className={styles['aside']}>{aside}</div>}
      </div>
      {children}
    </div>
  );
}
