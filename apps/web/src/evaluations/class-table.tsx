import type { ClassFigures } from '@fovea/contracts';
import { useState } from 'react';
import { formatNumber } from '../format.ts';
import table from '../ui/table.module.css';
import { figureText, sortedBy } from './figures.ts';

/** The columns beside the figures: a figure is never called so. */
const OWN = ['label', 'truths', 'predictions'] as const;

/** The figures of every class, ordered by any column. */
export function ClassTable({ classes }: { classes: readonly ClassFigures[] }) {
  const names = [...new Set(classes.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const [column, setColumn] = useState<string>('truths');
  const [descending, setDescending] = useState(true);
  const valueOf = (row: ClassFigures): number | string | null | undefined => {
    const own = OWN.find((name) => name === column);
    if (own) return row[own];
    return row.figures.find(({ name }) => name === column)?.value;
  };
  const choose = (next: string): void => {
    setDescending(next === column ? !descending : next !== 'label');
    setColumn(next);
  };
  const head = (name: string, text: string, isNumber: boolean) => (
    <th
      key={name}
      scope="col"
      aria-sort={name === column ? (descending ? 'descending' : 'ascending') : undefined}
      className={isNumber ? table['number'] : undefined}
    >
      <button
        type="button"
        className={table['sort']}
        data-sorted={name === column}
        onClick={() => choose(name)}
      >
        {text}
        {name === column && (descending ? ' ↓' : ' ↑')}
      </button>
    </th>
  );
  return (
    <div className={table['scroll']} role="region" tabIndex={0} aria-label="Figures of every class">
      <table className={table['table']}>
        <thead>
          <tr>
            {head('label', 'Class', false)}
            {head('truths', 'Labelled', true)}
            {head('predictions', 'Found', true)}
            {names.map((name) => head(name, name, true))}
          </tr>
        </thead>
        <tbody>
          {sortedBy(classes, valueOf, descending).map((row) => (
            <tr key={row.classId}>
              <th scope="row">{row.label}</th>
              <td className={table['number']}>{formatNumber(row.truths)}</td>
              <td className={table['number']}>{formatNumber(row.predictions)}</td>
              {names.map((name) => (
                <td key={name} className={table['number']}>
                  {figureText(row.figures.find((figure) => figure.name === name)?.value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
