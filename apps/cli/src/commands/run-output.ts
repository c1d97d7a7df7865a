import { VisionError, type RunEnvelope } from '@fovea/contracts';
import { ServerError } from '@fovea/sdk';
import { explain } from '../failures.ts';
import { resultSummary, resultTable } from '../results.ts';
import type { Source } from '../sources.ts';
import { milliseconds, table } from '../table.ts';
import { cutStart, type Terminal } from '../terminal.ts';
import stringWidth from 'string-width';
import type { Outcome } from './run.ts';

const LONGEST_NAME = 40;

/** Prints runs as they end: JSON for programs, tables for people; failures to stderr. */
export class RunOutput {
  private readonly terminal: Terminal;
  private readonly json: boolean;
  private readonly several: boolean;
  private readonly nameColumns: number;

  constructor(terminal: Terminal, options: { json: boolean; sources: readonly Source[] }) {
    this.terminal = terminal;
    this.json = options.json;
    this.several = options.sources.length > 1;
    const longest = options.sources.reduce((columns, { name }) => Math.max(columns, stringWidth(name)), 0);
    this.nameColumns = Math.min(LONGEST_NAME, longest);
  }

  show(outcome: Outcome): void {
    if ('error' in outcome) this.failure(outcome);
    else if (this.json) this.object({ source: outcome.source.name, ...outcome.envelope });
    else if (this.several) this.row(outcome.source, outcome.envelope);
    else this.whole(outcome.source, outcome.envelope);
  }

  /** With --json a failure takes its line among the envelopes too, so that lines and inputs stay one to one. */
  private failure({ source, error }: { source: Source; error: unknown }): void {
    const { what, hint } = explain(error);
    this.terminal.note(`${this.terminal.noteStyle('red', shownName(source))}: ${what}`);
    if (hint && !this.several) this.terminal.note(`  ${hint}`);
    if (this.json) this.object({ source: source.name, ...problemOf(error) });
  }

  total(done: number, failed: number): void {
    if (failed > 0) this.terminal.note(`${done - failed} of ${done} done, ${failed} failed`);
  }

  private object(value: object): void {
    this.terminal.line(this.several ? JSON.stringify(value) : JSON.stringify(value, null, 2));
  }

  private row(source: Source, envelope: RunEnvelope): void {
    const name = cutStart(source.name, this.nameColumns);
    const space = ' '.repeat(this.nameColumns - stringWidth(name));
    this.terminal.line(this.terminal.fit(`${name}${space}  ${resultSummary(envelope.result)}`));
  }

  private whole(source: Source, envelope: RunEnvelope): void {
    const { terminal } = this;
    const { columns, rows, empty } = resultTable(envelope.result);
    const [picture] = Object.values(envelope.inputs);
    const size = picture?.width === undefined ? '' : `  ${picture.width} × ${picture.height} ${picture.mime}`;
    terminal.line(`${terminal.style('bold', shownName(source))}${terminal.style('dim', size)}`);
    terminal.line();
    if (rows.length === 0) terminal.line(`  ${empty}`);
    for (const line of table(columns, rows)) terminal.line(`  ${line}`);
    terminal.line();
    terminal.line(terminal.style('dim', provenance(envelope)));
  }
}

export const shownName = (source: Source): string =>
  source.kind === 'stdin' ? 'standard input' : source.name;

/** What --json prints of a failure. */
export function problemOf(error: unknown): object {
  if (error instanceof ServerError) return error.problem;
  return error instanceof VisionError ? error.toProblem('none') : { detail: explain(error).what };
}

/** `efficientnet-lite0 on cpu, 23 ms (inference 12 ms), run 0190…` */
export function provenance({ run, links }: RunEnvelope): string {
  const models = run.models.map((model) => model.id).join(' + ') || 'no model';
  const { totalMs, inferenceMs } = run.timings;
  const kept = links.self === undefined ? 'not recorded' : `run ${run.id}`;
  return `${models} on ${run.device}, ${milliseconds(totalMs)} (inference ${milliseconds(inferenceMs)}), ${kept}`;
}
