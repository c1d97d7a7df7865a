import { PROJECTIONS, type Collection, type Projection } from '@fovea/contracts';
import { useState } from 'react';
import { useMap } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { formatNumber, shortId } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import field from '../ui/field.module.css';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { ItemDialog } from './item-dialog.tsx';
import { MapCanvas } from './map-canvas.tsx';
import styles from './map-tab.module.css';
import { SPACE_TITLES } from './spaces.ts';

const METHODS: Readonly<Record<Projection, string>> = {
  umap: 'UMAP: groups',
  pca: 'PCA: overall spread',
};

interface MapTabProps {
  collection: Collection;
  onMoreLike: (itemId: string) => void;
  /** The same pictures as a list. */
  onList: () => void;
}

/** The collection in the plane: what is alike lies together. */
export function MapTab({ collection, onMoreLike, onList }: MapTabProps) {
  const [space, setSpace] = useState(collection.spaces[0]?.space.name ?? 'visual');
  const [method, setMethod] = useState<Projection>();
  const [opened, setOpened] = useState<string>();
  const map = useMap(collection.id, space, method);
  const points = map.data?.points ?? [];
  const name = (at: number): string => {
    const point = points[at];
    return point ? (point.name ?? `picture ${shortId(point.itemId)}`) : '';
  };
  return (
    <>
      <div className={styles['head']}>
        <label className={field['field']}>
          <span className="visually-hidden">Alike by</span>
          <select
            className={field['input']}
            value={space}
            onChange={({ target }) => setSpace(target.value as typeof space)}
          >
            {collection.spaces.map((each) => (
              <option key={each.space.id} value={each.space.name}>
                By {SPACE_TITLES[each.space.name].toLowerCase()}
              </option>
            ))}
          </select>
        </label>
        <label className={field['field']}>
          <span className="visually-hidden">Method</span>
          <select
            className={field['input']}
            value={method ?? map.data?.method ?? 'umap'}
            onChange={({ target }) => setMethod(target.value as Projection)}
          >
            {PROJECTIONS.map((each) => (
              <option key={each} value={each}>
                {METHODS[each]}
              </option>
            ))}
          </select>
        </label>
        <p className={styles['about']}>
          {map.data &&
            `${formatNumber(points.length)}${map.data.total > points.length ? ` of ${formatNumber(map.data.total)}` : ''} pictures; what is alike lies together.`}
        </p>
        <Button look="quiet" onClick={onList}>
          As a list
        </Button>
      </div>
      {map.isError && <ProblemCard problem={toShownProblem(map.error)} />}
      {map.isPending && (
        <div aria-busy="true">
          <Skeleton className={styles['map']} height="auto" />
        </div>
      )}
      {map.data && points.length === 0 && (
        <Empty icon="image" title="There is nothing to place yet">
          <p>Add pictures, and they lie here beside those that they are like.</p>
        </Empty>
      )}
      {points.length > 0 && (
        <MapCanvas
          key={`${map.data?.method} ${map.data?.space}`}
          points={points}
          name={name}
          onOpen={(at) => setOpened(points[at]?.itemId)}
        />
      )}
      {opened !== undefined && (
        <ItemDialog
          collectionId={collection.id}
          itemId={opened}
          onClose={() => setOpened(undefined)}
          onMoreLike={onMoreLike}
        />
      )}
    </>
  );
}
