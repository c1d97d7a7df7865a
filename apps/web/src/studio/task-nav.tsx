import type { TaskInfo } from '@fovea/contracts';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import styles from './task-nav.module.css';

/** The tasks that this server serves. */
export function TaskNav({ tasks, current }: { tasks: readonly TaskInfo[]; current: string }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone the tasks are one row that scrolls: the current one is in sight, and the page stays where it is.
  useEffect(() => {
    const row = nav.current;
    const link = row?.querySelector<HTMLElement>('[aria-current]');
    if (row && link) row.scrollLeft = link.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
  }, [current]);
  return (
    <nav ref={nav} aria-label="Tasks" className={styles['tasks']}>
      {tasks.map(({ task, title }) => (
        <Link key={task} to={`/studio/${task}`} aria-current={task === current ? 'page' : undefined}>
          {title}
        </Link>
      ))}
    </nav>
  );
}
