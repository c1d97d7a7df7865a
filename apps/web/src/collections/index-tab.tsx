import type { Collection, CollectionSpace, IndexReport } from '@fovea/contracts';
import type { z } from 'zod';
import { useChangeCollection, useCollectionJobs, useStartJob, useVerify } from '../api/collection-queries.ts';
import { isUnfinished } from '../api/job-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useTasks } from '../api/queries.ts';
import { useSession } from '../api/session.tsx';
import { formatBytes, formatDate, formatNumber } from '../format.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Facts } from '../ui/facts.tsx';
import field from '../ui/field.module.css';
import { Panel } from '../ui/panel.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import forms from './forms.module.css';
import styles from './index-tab.module.css';
import { SPACE_ABOUT, SPACE_TITLES } from './spaces.ts';

/** How the collection is indexed, whether the index is right, and by which encoder. */
export function IndexTab({ collection }: { collection: Collection }) {
  const { fovea } = useSession();
  const { id, spaces } = collection;
  const verify = useVerify(id);
  const rebuild = useStartJob<void>(id, () => fovea.collections.rebuild(id));
  const jobs = useCollectionJobs(id).data ?? [];
  const rebuilt = jobs.find(({ kind, state }) => kind === 'rebuild' && state === 'completed')?.result;
  const reports = verify.data?.indexes ?? (rebuilt && 'indexes' in rebuilt ? rebuilt.indexes : []);
  const rebuilding = jobs.some((job) => job.kind === 'rebuild' && isUnfinished(job));
  return (
    <>
      <div className={forms['actions']}>
        <Button icon="check" disabled={verify.isPending || rebuilding} onClick={() => verify.mutate()}>
          {verify.isPending ? 'Verifying' : 'Verify'}
        </Button>
        <Button
          icon="replay"
          disabled={rebuild.isPending || rebuilding}
          onClick={() => {
            verify.reset();
            rebuild.mutate();
          }}
        >
          {rebuilding ? 'Rebuilding' : 'Rebuild'}
        </Button>
      </div>
      {verify.isError && <ProblemCard problem={toShownProblem(verify.error)} />}
      {rebuild.isError && <ProblemCard problem={toShownProblem(rebuild.error)} />}
      <div className={styles['spaces']}>
        {spaces.map((each) => (
          <SpacePanel
            key={each.space.id}
            collectionId={id}
            state={each}
            report={reports.find(({ space }) => space === each.space.key || space === each.space.name)}
          />
        ))}
      </div>
    </>
  );
}

interface SpacePanelProps {
  collectionId: string;
  state: z.infer<typeof CollectionSpace>;
  report: IndexReport | undefined;
}

function SpacePanel({ collectionId, state: { space, vectors, index, next }, report }: SpacePanelProps) {
  return (
    <Panel title={SPACE_TITLES[space.name]} aside={<Badge>{space.name}</Badge>}>
      <p className={field['note']}>{SPACE_ABOUT[space.name]}</p>
      <Facts
        rows={[
          ['Space', <code key="key">{space.key}</code>],
          ['Vectors', `${formatNumber(vectors)}, each of ${formatNumber(space.dimension)} numbers`],
          ['Index', index ? `${index.kind} (${index.backend})` : 'Made by the first search'],
          ['In it', index && formatNumber(index.items)],
          [
            'Pending',
            (index?.pending ?? 0) > 0
              ? `${formatNumber(index?.pending ?? 0)}, searched one by one`
              : undefined,
          ],
          [
            'Deleted',
            (index?.deleted ?? 0) > 0
              ? `${formatNumber(index?.deleted ?? 0)}, gone after the next build`
              : undefined,
          ],
          ['Memory', index && formatBytes(index.bytes)],
          ['Built', index?.builtAt && formatDate(index.builtAt)],
          ['Models', space.models.map(({ id }) => id).join(', ')],
        ]}
      />
      {report && <Report report={report} />}
      {next ? (
        <div className={forms['rows']} role="status">
          <p>
            Embedding again with {next.space.models[0]?.id}: {formatNumber(next.vectors)} of{' '}
            {formatNumber(vectors)}. Until then the vectors there are answer.
          </p>
          <progress
            aria-label="Pictures embedded again"
            className={styles['bar']}
            value={next.vectors}
            max={Math.max(1, vectors)}
          />
        </div>
      ) : (
        <EncoderChoice collectionId={collectionId} space={space} />
      )}
    </Panel>
  );
}

function Report({ report }: { report: IndexReport }) {
  const { ok, items, missing, surplus, different } = report;
  return (
    <p role="status" className={styles['report']}>
      <Badge tone={ok ? 'good' : 'bad'}>{ok ? 'Equal to the database' : 'Differs'}</Badge>
      <span>
        {formatNumber(items)} vectors compared
        {!ok &&
          `: ${formatNumber(missing)} missing, ${formatNumber(surplus)} too many, ${formatNumber(different)} different. Rebuild it.`}
      </span>
    </p>
  );
}

/** Another encoder is another space: every picture is embedded again, in the background. */
function EncoderChoice({
  collectionId,
  space,
}: {
  collectionId: string;
  space: z.infer<typeof CollectionSpace>['space'];
}) {
  const change = useChangeCollection(collectionId);
  const used = space.models[0]?.id;
  const embedding = useTasks().data?.find(({ task }) => task === 'embedding');
  const encoders = embedding?.models[0]?.choices ?? [];
  // The projection into the joint space was trained on one encoder's features.
  if (space.name !== 'visual' || encoders.length < 2) return null;
  return (
    <>
      <label className={field['field']}>
        Encoder
        <select
          className={field['input']}
          value={used}
          disabled={change.isPending}
          onChange={({ target }) => change.mutate({ models: { [space.name]: target.value } })}
        >
          {encoders.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </select>
        <span className={field['note']}>
          Another one embeds every picture again, in the background; searches go on meanwhile.
        </span>
      </label>
      {change.isError && <ProblemCard problem={toShownProblem(change.error)} />}
    </>
  );
}
