import type { TaskInfo } from '@fovea/contracts';
import { Link } from 'react-router';
import styles from './task-nav.module.css';

/** The tasks that this server serves. */
export function TaskNav({ tasks, current }: { tasks: readonly TaskInfo[]; current: string }) {
  return (
    <nav aria-label="Tasks" className={styles['tasks']}>
      {tasks.map(({ task, title }) => (
        <Link key={task} to={`/studio/${task}`} aria-current={task === current ? 'page' : undefined}>
          {title}
        </Link>
      ))}
    </nav>
  );
}
