import { bar } from './table.ts';
import type { Terminal } from './terminal.ts';

const REDRAW_MS = 100;

/** A progress bar on stderr, where somebody watches it. */
export class Progress {
  private readonly terminal: Terminal;
  private readonly total: number;
  private readonly show: (done: number) => string;
  private readonly startedAt: number;
  private drawnAt = -Infinity;

  /** @param show how a count reads; default: the number itself */
  constructor(terminal: Terminal, total: number, show: (done: number) => string = String) {
    this.terminal = terminal;
    this.total = total;
    this.show = show;
    this.startedAt = performance.now();
  }

  /** @param always draw even if the bar was drawn a moment ago (another line has just cleared it) */
  update(done: number, always = false): void {
    const now = performance.now();
    if (!always && now - this.drawnAt < REDRAW_MS && done < this.total) return;
    this.drawnAt = now;
    this.terminal.draw(
      progressLine(done, { total: this.total, elapsedMs: now - this.startedAt, show: this.show }),
    );
  }

  end(): void {
    this.terminal.clear();
  }
}

/** `██████      412/1000  41 %  12.3/s  48 s left` */
export function progressLine(
  done: number,
  { total, elapsedMs, show }: { total: number; elapsedMs: number; show: (done: number) => string },
): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const leftS = share > 0 && elapsedMs > 1000 ? ((elapsedMs / share) * (1 - share)) / 1000 : undefined;
  const left = leftS === undefined || share === 1 ? '' : `  ${duration(leftS)} left`;
  return `${bar(share, 24).padEnd(24, '░')}  ${show(done)}/${show(total)}  ${Math.floor(share * 100)} %${left}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
