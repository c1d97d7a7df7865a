import { useEffect, useEffectEvent, useRef } from 'react';
import { Button } from './button.tsx';
import styles from './more.module.css';

interface MoreProps {
  disabled: boolean;
  failed: boolean;
  onMore: () => void;
}

/** Asks for the next page when it comes near the screen; a button for those who do not scroll, and after an error. */
export function More({ disabled, failed, onMore }: MoreProps) {
  const ref = useRef<HTMLDivElement>(null);
  const onNear = useEffectEvent(() => {
    if (!disabled && !failed) onMore();
  });
  useEffect(() => {
    if (!ref.current) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && onNear(),
      {
        rootMargin: '400px',
      },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [disabled]);
  return (
    <div ref={ref} className={styles['more']}>
      <Button disabled={disabled} onClick={onMore}>
        {disabled ? 'Loading' : 'Load more'}
      </Button>
    </div>
  );
}
