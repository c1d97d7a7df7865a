import type { ReactNode } from 'react';
import type { ShownProblem } from '../api/problem.ts';
import { Icon } from './icon.tsx';
import styles from './problem-card.module.css';

/** An error as the server said it: what happened, what to do, and the id to look for in its log. */
export function ProblemCard({ problem, action }: { problem: ShownProblem; action?: ReactNode }) {
  // The detail often names the wrong fields already: nothing is said twice.
  const errors = problem.errors.filter(({ message }) => !problem.detail.includes(message));
  return (
    <div role="alert" className={styles['card']}>
      <span className={styles['icon']}>
        <Icon name="alert" size={20} />
      </span>
      <div className={styles['text']}>
        <p className={styles['title']}>{problem.title}</p>
        <p>{problem.detail}</p>
        {errors.length > 0 && (
          <ul className={styles['errors']}>
            {errors.map((error) => (
              <li key={`${error.path} ${error.message}`}>
                {error.path && <code>{error.path}</code>} {error.message}
              </li>
            ))}
          </ul>
        )}
        {problem.hint && <p className={styles['hint']}>{problem.hint}</p>}
        <p className={styles['code']}>
          <code>{problem.code}</code>
          {problem.requestId && (
            <>
              {' · request '}
              <code>{problem.requestId}</code>
            </>
          )}
        </p>
        {action && <div className={styles['action']}>{action}</div>}
      </div>
    </div>
  );
}
