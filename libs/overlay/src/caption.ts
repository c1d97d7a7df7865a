import { PANELS } from './colours.ts';
import type { Shape } from './shapes.ts';
import { textWidth, wrapText } from './text-width.ts';
import { metrics, type View } from './view.ts';

/** Paragraphs of text along the lower edge, in as many lines as the lower half has room for. */
export function captionPanel(paragraphs: readonly string[], view: View): Shape[] {
  const { fontSize, margin } = metrics(view);
  const theme = PANELS[view.theme ?? 'dark'];
  const padding = fontSize * 0.55;
  const lineHeight = fontSize * 1.35;
  const room = { width: view.width - 2 * margin, height: view.height - 2 * margin };
  const maxLines = Math.max(1, Math.floor((room.height / 2 - padding) / lineHeight));
  const lines: string[] = [];
  for (const paragraph of paragraphs)
    if (lines.length < maxLines)
      lines.push(
        ...wrapText(paragraph, fontSize, {
          maxWidth: room.width - 2 * padding,
          maxLines: maxLines - lines.length,
        }),
      );
  if (lines.length === 0) return [];

  const width = Math.min(
    room.width,
    Math.max(...lines.map((line) => textWidth(line, fontSize))) + 2 * padding,
  );
  const height = Math.min(room.height, lines.length * lineHeight + padding);
  const top = view.height - margin - height;
  const panel = { x: margin, y: top, width, height, radius: Math.min(fontSize * 0.4, height / 4) };
  return [
    { type: 'rect', ...panel, fill: theme.plate, opacity: theme.opacity },
    ...lines.map((text, i): Shape => {
      const middle = top + padding / 2 + ((i + 0.5) * (height - padding)) / lines.length;
      return {
        type: 'text',
        text,
        x: margin + padding,
        y: middle + fontSize * 0.36,
        width: textWidth(text, fontSize),
        fontSize,
        color: theme.text,
      };
    }),
  ];
}
