import { assertUnreachable, type ModelInfo } from '@fovea/contracts';
import { toShownProblem } from '../api/problem.ts';
import { useModelAction, type ModelAction } from '../api/queries.ts';
import { formatMs } from '../format.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './model-state.module.css';

const STATES: Record<ModelInfo['state'], [tone: Tone, name: string]> = {
  loaded: ['good', 'Loaded'],
  loading: ['accent', 'Loading'],
  available: ['neutral', 'Not loaded'],
  missing: ['warn', 'Not downloaded'],
  disabled: ['warn', 'Disabled'],
  failed: ['bad', 'Failed'],
};

export function StateBadge({ model }: { model: ModelInfo }) {
  const [tone, name] = STATES[model.state];
  return (
    <span role="status">
      <Badge tone={tone}>{name}</Badge>
    </span>
  );
}

/** What can be done with a model as it stands, and what went wrong with it. */
export function ModelActions({ model }: { model: ModelInfo }) {
  const action = useModelAction(model.id);
  const wanted = actionOf(model);
  const names: Record<ModelAction, [name: string, doing: string]> = {
    load: ['Load', 'Loading'],
    unload: ['Unload', 'Unloading'],
    pull: ['Download', 'Downloading'],
  };
  return (
    <div className={styles['actions']}>
      {wanted && (
        <Button
          disabled={action.isPending || model.state === 'loading'}
          aria-label={`${names[wanted][0]} ${model.id}`}
          onClick={() => action.mutate(wanted)}
        >
          {action.isPending ? names[action.variables][1] : names[wanted][0]}
        </Button>
      )}
      {model.state === 'loaded' && model.loadMs !== undefined && (
        <span className={styles['note']}>Loaded in {formatMs(model.loadMs)}</span>
      )}
      {model.reason && <p className={styles['note']}>{model.reason}</p>}
      {action.isError && <ProblemCard problem={toShownProblem(action.error)} />}
    </div>
  );
}

function actionOf({ state }: ModelInfo): ModelAction | undefined {
  switch (state) {
    case 'available':
    case 'failed':
    case 'loading':
      return 'load';
    case 'loaded':
      return 'unload';
    case 'missing':
      return 'pull';
    case 'disabled':
      return undefined;
    default:
      return assertUnreachable(state);
  }
}
