import { useEffect, useState } from 'react';

const TICK_MS = 100;

/** Seconds since a run began; not announced: it changes ten times a second. */
export function Elapsed({ startedAt }: { startedAt: number }) {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return <span aria-hidden="true">{(Math.max(0, now - startedAt) / 1000).toFixed(1)} s</span>;
}
