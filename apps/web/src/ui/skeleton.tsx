import { classes } from '../format.ts';
import styles from './skeleton.module.css';

/** Holds the place of what is loading; give it the size of what will come. */
export function Skeleton({
  width = '100%',
  height = '1rem',
  className,
}: {
  width?: string;
  height?: string;
  className?: string | undefined;
}) {
  return (
    <span aria-hidden="true" className={classes(styles['skeleton'], className)} style={{ width, height }} />
  );
}
