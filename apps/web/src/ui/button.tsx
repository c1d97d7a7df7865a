import type { ComponentProps } from 'react';
import { Link } from 'react-router';
import { classes } from '../format.ts';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.tsx';

interface Look {
  /** One primary button per view; `danger` destroys something. Default `plain`. */
  look?: 'primary' | 'plain' | 'quiet' | 'danger' | undefined;
  icon?: IconName | undefined;
}

const classOf = ({ look = 'plain' }: Look, extra?: string) => classes(styles['button'], styles[look], extra);

export function Button({ look, icon, className, children, ...rest }: Look & ComponentProps<'button'>) {
  return (
    <button type="button" {...rest} className={classOf({ look }, className)}>
      {icon && <Icon name={icon} size={17} />}
      {children}
    </button>
  );
}

/** A link that looks like a button. */
export function ButtonLink({ look, icon, className, children, ...rest }: Look & ComponentProps<typeof Link>) {
  return (
    <Link {...rest} className={classOf({ look }, className)}>
      {icon && <Icon name={icon} size={17} />}
      {children}
    </Link>
  );
}

/** A square button with only an icon; `label` is its name. */
export function IconButton({
  icon,
  label,
  className,
  ...rest
}: { icon: IconName; label: string } & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      className={classes(styles['icon'], className)}
    >
      <Icon name={icon} />
    </button>
  );
}
