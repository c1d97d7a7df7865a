import { describe, expect, it } from 'vitest';
import { paint, type Canvas } from './paint.ts';
import type { Shape } from './shapes.ts';

/** A context that writes down what is drawn, with the styles it is drawn with. */
function recorder(): { canvas: Canvas; calls: string[] } {
  const calls: string[] = [];
  let dash: number[] = [];
  const note =
    (name: string) =>
    (...values: unknown[]) =>
      void calls.push([name, ...values].join(' '));
  const canvas: Canvas = {
    fillStyle: '',
    strokeStyle: '',
    textAlign: '',
    textBaseline: '',
    lineCap: '',
    lineJoin: '',
    lineWidth: 1,
    globalAlpha: 1,
    font: '',
    save: note('save'),
    restore: note('restore'),
    beginPath: () => {},
    closePath: note('close'),
    moveTo: note('move'),
    lineTo: note('line'),
    arc: note('arc'),
    arcTo: () => {},
    setLineDash: (segments) => void (dash = segments),
    fill: (rule) => void calls.push(`fill ${String(canvas.fillStyle)} ${canvas.globalAlpha} ${rule}`),
    stroke: () =>
      void calls.push(
        `stroke ${String(canvas.strokeStyle)} ${canvas.lineWidth} ${canvas.globalAlpha} [${dash.join()}]`,
      ),
    fillText: (value, x, y) =>
      void calls.push(
        `text ${value} ${x} ${y} ${String(canvas.textAlign)} ${canvas.font} ${String(canvas.fillStyle)}`,
      ),
  };
  return { canvas, calls };
}
function drawn(...shapes: Shape[]): string[] {
  const { canvas, calls } = recorder();
  paint(canvas, shapes);
  expect([calls[0], calls.at(-1)]).toEqual(['save', 'restore']);
  return calls.slice(1, -1);
}

describe('paint', () => {
  it('takes a real canvas', () => {
    const ofPage: (context: CanvasRenderingContext2D) => void = (context) => paint(context, []);
    const ofWorker: (context: OffscreenCanvasRenderingContext2D) => void = (context) => paint(context, []);
    expect([ofPage, ofWorker]).toHaveLength(2);
  });
  it('draws a halo below a dashed line', () => {
    const stroke = { color: '#ff0000', width: 2, halo: '#000000', dash: [4, 3] } as const;
    expect(drawn({ type: 'line', x1: 0, y1: 1, x2: 2, y2: 3, stroke, opacity: 0.5 })).toEqual([
      'move 0 1',
      'line 2 3',
      'stroke #000000 3.6 0.275 []',
      'stroke #ff0000 2 0.5 [4,3]',
    ]);
  });
  it('fills rings even-odd, below their line', () => {
    const rings = [
      [0, 0, 4, 0, 4, 4],
      [1, 1, 2, 1, 2, 2],
    ];
    const stroke = { color: '#ff0000', width: 1 };
    expect(
      drawn({ type: 'polygon', rings, fill: '#00ff00', fillOpacity: 0.5, opacity: 0.5, stroke }),
    ).toEqual([
      'move 0 0',
      'line 4 0',
      'line 4 4',
      'close',
      'move 1 1',
      'line 2 1',
      'line 2 2',
      'close',
      'fill #00ff00 0.25 evenodd',
      'stroke #ff0000 1 0.5 []',
    ]);
  });
  it('draws circles', () => {
    expect(drawn({ type: 'circle', x: 5, y: 6, radius: 2, fill: '#ffffff' })).toEqual([
      `arc 5 6 2 0 ${2 * Math.PI}`,
      'fill #ffffff 1 evenodd',
    ]);
  });
  it('draws text over its plate, placed as the shape says', () => {
    const plate = { x: 1, y: 1, width: 30, height: 12, color: '#ffcc00', radius: 2 };
    const calls = drawn({
      type: 'text',
      text: 'cat',
      x: 16,
      y: 9,
      width: 20,
      fontSize: 9,
      color: '#000000',
      anchor: 'middle',
      plate,
    });
    expect(calls.filter((call) => !call.startsWith('move') && call !== 'close')).toEqual([
      'fill #ffcc00 1 evenodd',
      'text cat 16 9 center 9px sans-serif #000000',
    ]);
  });
  it('leaves the text’s alignment to each text', () => {
    const text = { type: 'text', text: 'a', x: 0, y: 0, width: 5, fontSize: 9, color: '#000000' } as const;
    expect(drawn({ ...text, anchor: 'right' }, text).map((call) => call.split(' ')[4])).toEqual([
      'right',
      'left',
    ]);
  });
});
