import { useParams } from 'react-router';
import { toShownProblem } from '../api/problem.ts';
import { useTasks } from '../api/queries.ts';
import { Page } from '../shell/page.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Studio } from './studio.tsx';
import styles from './studio-page.module.css';
import { TaskNav } from './task-nav.tsx';

/** `/` and `/studio/:task`. */
export function StudioPage() {
  const { task: name } = useParams();
  const tasks = useTasks();

  if (tasks.isError)
    return (
      <Page title="Studio">
        <ProblemCard
          problem={toShownProblem(tasks.error)}
          action={
            <Button icon="replay" onClick={() => void tasks.refetch()}>
              Try again
            </Button>
          }
        />
      </Page>
    );
  if (!tasks.data) return <LoadingStudio />;

  const task = name === undefined ? tasks.data[0] : tasks.data.find((candidate) => candidate.task === name);
  if (!task)
    return (
      <Page title="Studio">
        <Empty
          icon="image"
          title={name === undefined ? 'This server serves no task' : `This server does not serve “${name}”`}
        >
          {name === undefined ? (
            <p>FOVEA_APPS names the applications that it starts.</p>
          ) : (
            <ButtonLink to="/">See what it serves</ButtonLink>
          )}
        </Empty>
      </Page>
    );
  return (
    <Page
      title={task.title}
      lead={task.description}
      aside={tasks.data.length > 1 && <TaskNav tasks={tasks.data} current={task.task} />}
    >
      {/* Another task is another table: nothing is carried over. */}
      <Studio key={task.task} task={task} />
    </Page>
  );
}

function LoadingStudio() {
  return (
    <Page title="Studio" lead={<Skeleton width="22rem" height="1.3em" />}>
      <div className={styles['loading']} aria-busy="true">
        <Skeleton height="clamp(16rem, 56vh, 36rem)" />
        <Skeleton height="26rem" />
        <Skeleton height="26rem" />
      </div>
    </Page>
  );
}
