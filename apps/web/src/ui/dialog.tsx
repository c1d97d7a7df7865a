import { useEffect, useId, useRef, type ReactNode } from 'react';
import { classes } from '../format.ts';
import { IconButton } from './button.tsx';
import styles from './dialog.module.css';

interface DialogProps {
  title: string;
  /** Escape, the close button or a click on the backdrop. */
  onClose: () => void;
  children: ReactNode;
  actions: ReactNode;
  /** For pictures; default: as wide as text is read well. */
  wide?: boolean;
}

/** A modal dialog on the browser's own: focus stays inside and returns where it was. */
export function Dialog({ title, onClose, children, actions, wide = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      className={classes(styles['dialog'], wide && styles['wide'])}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className={styles['body']}>
        <header className={styles['head']}>
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </header>
        {children}
        <footer className={styles['actions']}>{actions}</footer>
      </div>
    </dialog>
  );
}
