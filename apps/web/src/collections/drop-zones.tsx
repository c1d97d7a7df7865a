import { classes } from '../format.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './drop-zones.module.css';

export type DropZone = 'search' | 'minus' | 'add';

/** While something is dragged: what dropping it here or there will do. Beside a zone it is as in the first. */
export function DropZones({ empty, minus }: { empty: boolean; minus: boolean }) {
  return (
    <div aria-hidden="true" className={styles['veil']}>
      {!empty && (
        <div data-drop="search" className={classes(styles['zone'], styles['large'])}>
          <Icon name="search" size={30} />
          {minus ? 'Search by this too' : 'Search by this picture'}
        </div>
      )}
      {minus && (
        <div data-drop="minus" className={styles['zone']}>
          <Icon name="minus" size={26} />
          But not like this
        </div>
      )}
      <div data-drop="add" className={styles['zone']}>
        <Icon name="plus" size={26} />
        Add to the collection
      </div>
    </div>
  );
}
