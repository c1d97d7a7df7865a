import type { Box } from '@fovea/contracts';
import { labelColour, PANELS } from './colours.ts';
import type { Shape } from './shapes.ts';
import { fitText, textWidth } from './text-width.ts';
import { emphasis, metrics, type View } from './view.ts';

export interface PanelRow {
  readonly text: string;
  /** Right-aligned beside it. */
  readonly value: string;
  /** Length of the bar, 0..1. */
  readonly part: number;
  readonly label: string;
  readonly classId?: number;
  readonly item: number;
}

/** The share of the picture that a panel may take. */
const MAX_WIDTH = 0.62;
const MAX_HEIGHT = 0.6;

/**
 * A panel of names with bars in the bottom left corner. Rows that do not fit are left out, the last first; at least
 * one is drawn. On pictures too small or too narrow for its share it takes what it needs.
 */
export function barPanel(rows: readonly PanelRow[], view: View): Shape[] {
  const { fontSize, margin } = metrics(view);
  if (rows.length === 0) return [];
  const theme = PANELS[view.theme ?? 'dark'];
  const [padding, rowHeight, barHeight] = [fontSize * 0.55, fontSize * 1.9, fontSize * 0.28];

  const room = { width: view.width - 2 * margin, height: view.height - 2 * margin };
  const fitting = (height: number) => Math.floor((height - padding) / rowHeight);
  // In a wide strip the panel takes a small part of the width, so it may have the height; a small picture gives it
  // all of its room rather than a row or two of its share.
  const share = view.width > 3 * view.height ? 1 : MAX_HEIGHT;
  const most = Math.max(fitting(room.height * share), Math.min(3, fitting(room.height)));
  const count = Math.max(1, Math.min(rows.length, most));
  const shown = rows.slice(0, count);

  const gap = fontSize * 0.9;
  const widest = Math.max(
    ...shown.map((row) => textWidth(row.text, fontSize) + gap + textWidth(row.value, fontSize)),
  );
  const narrowest = Math.min(fontSize * 16, room.width);
  const width = Math.min(
    room.width,
    Math.max(narrowest, Math.min(room.width * MAX_WIDTH, widest + 2 * padding)),
  );
  const height = Math.min(room.height, count * rowHeight + padding);
  const panel: Box = { x: margin, y: view.height - margin - height, width, height };

  const shapes: Shape[] = [
    {
      type: 'rect',
      ...panel,
      radius: Math.min(fontSize * 0.4, height / 4),
      fill: theme.plate,
      opacity: theme.opacity,
    },
  ];
  const inner = width - 2 * padding;
  const rowSpace = (height - padding) / count;
  shown.forEach((row, i) => {
    const top = panel.y + padding / 2 + i * rowSpace;
    const link = { item: row.item, label: row.label, opacity: emphasis(view, row.item) };
    const left = panel.x + padding;
    const baseline = top + Math.min(fontSize * 1.05, rowSpace * 0.7);
    const valueWidth = textWidth(row.value, fontSize);
    // Where there is no room for both, the name matters more.
    const withValue = inner - valueWidth - gap >= fontSize * 3;
    const text = fitText(row.text, fontSize, withValue ? inner - valueWidth - gap : inner);
    const textBase = { type: 'text', y: baseline, fontSize, color: theme.text, ...link } as const;
    if (text) shapes.push({ ...textBase, text, x: left, width: textWidth(text, fontSize) });
    if (withValue)
      shapes.push({ ...textBase, text: row.value, x: left + inner, anchor: 'right', width: valueWidth });
    const bar = {
      type: 'rect',
      x: left,
      y: baseline + fontSize * 0.34,
      height: barHeight,
      radius: barHeight / 2,
    } as const;
    const part = Math.max(0, Math.min(1, row.part));
    shapes.push({ ...bar, width: inner, fill: theme.track, ...link });
    // A bar shorter than it is high would be a broken circle.
    if (part > 0)
      shapes.push({
        ...bar,
        width: Math.max(barHeight, inner * part),
        fill: labelColour(row, view.theme),
        ...link,
      });
  });
  return shapes;
}

/** 0.873 as "87 %"; small ones keep a digit: "0.4 %". */
export const percent = (part: number): string => {
  const value = part * 100;
  if (value > 0 && value < 0.05) return '< 0.1 %';
  return `${value >= 10 || value === 0 ? Math.round(value) : value.toFixed(1)} %`;
};
