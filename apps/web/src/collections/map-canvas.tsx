import type { CollectionMap } from '@fovea/contracts';
import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { useSession } from '../api/session.tsx';
import { useTheme } from '../shell/theme.ts';
import { MapPainter } from './map-painter.ts';
import styles from './map-tab.module.css';
import type { Place } from './map-view.ts';
import { loadThumb } from './thumbs.ts';

const KEY_STEP_PX = 60;
const KEY_ZOOM = 1.3;
const BUTTON_ZOOM = 1.6;
/** A finger that moved less has tapped. */
const TAP_PX = 6;

interface MapCanvasProps {
  points: CollectionMap['points'];
  name: (at: number) => string;
  onOpen: (at: number) => void;
}

/** The points as dots, nearer as pictures; moved by wheel, fingers and keys. */
export function MapCanvas({ points, name, onOpen }: MapCanvasProps) {
  const { fovea, apiKey } = useSession();
  const [theme] = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<MapPainter>(null);
  const fingers = useRef(new Map<number, Place>());
  const moved = useRef(0);
  const [tip, setTip] = useState<{ at: number; place: Place }>();
  const [said, setSaid] = useState('');

  useEffect(() => {
    if (!canvas.current) return;
    const made = new MapPainter(canvas.current, points, (blob, signal) =>
      loadThumb(fovea.blobs.url(blob, { thumb: 160 }), { apiKey, signal }),
    );
    painter.current = made;
    return () => made.close();
  }, [apiKey, fovea, points]);
  useEffect(() => painter.current?.draw(), [theme]);
  const onWheel = useEffectEvent((event: WheelEvent): void => {
    event.preventDefault();
    // A pinch on a touchpad comes as a wheel with ctrlKey and small steps.
    const speed = event.ctrlKey ? 0.01 : 0.0015;
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    setTip(undefined);
    painter.current?.zoom(Math.exp(-event.deltaY * pixels * speed), { x: event.offsetX, y: event.offsetY });
  });
  useEffect(() => {
    // React listens passively to the wheel: the page would scroll along.
    const element = canvas.current;
    const listen = (event: WheelEvent): void => onWheel(event);
    element?.addEventListener('wheel', listen, { passive: false });
    return () => element?.removeEventListener('wheel', listen);
  }, []);

  const mark = (at: number, place: Place): void => {
    painter.current?.mark(at);
    if (at !== tip?.at) setTip(at < 0 ? undefined : { at, place });
  };
  const onPointerMove = (event: PointerEvent): void => {
    const at = placeOf(event);
    const before = fingers.current.get(event.pointerId);
    if (!before) return mark(painter.current?.at(at) ?? -1, at);
    setTip(undefined);
    fingers.current.set(event.pointerId, at);
    const by = { x: at.x - before.x, y: at.y - before.y };
    moved.current += Math.abs(by.x) + Math.abs(by.y);
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) return painter.current?.pan(by);
    // Each of two fingers moves what lies between them half as far.
    const length = (from: Place): number => Math.max(1, Math.hypot(from.x - other.x, from.y - other.y));
    painter.current?.pan({ x: by.x / 2, y: by.y / 2 });
    painter.current?.zoom(length(at) / length(before), { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
  };
  const onPointerEnd = (event: PointerEvent): void => {
    const wasDown = fingers.current.delete(event.pointerId);
    const tapped = wasDown && fingers.current.size === 0 && moved.current < TAP_PX;
    const at = tapped && event.type === 'pointerup' ? (painter.current?.at(placeOf(event)) ?? -1) : -1;
    if (at >= 0) onOpen(at);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const map = painter.current;
    if (!map) return;
    const inTheMiddle = (): number => map.at(map.middle, Infinity);
    const step = STEPS[event.key];
    if (step) map.pan(step);
    else if (event.key === '+' || event.key === '=') map.zoom(KEY_ZOOM);
    else if (event.key === '-') map.zoom(1 / KEY_ZOOM);
    else if (event.key === '0') map.fit();
    else if (event.key === 'Enter') onOpen(inTheMiddle());
    else return;
    event.preventDefault();
    // The picture in the middle is what Enter opens.
    const at = inTheMiddle();
    map.mark(at);
    setTip(undefined);
    setSaid(`In the middle: ${name(at)}`);
  };
  return (
    <div className={styles['map']}>
      <canvas
        ref={canvas}
        role="application"
        aria-label="Map of the collection: arrows move, plus and minus zoom, 0 shows all, Enter opens the picture in the middle"
        tabIndex={0}
        className={styles['canvas']}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          if (fingers.current.size === 0) moved.current = 0;
          fingers.current.set(event.pointerId, placeOf(event));
        }}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerEnd}
        onPointerCancel={onPointerEnd}
        onPointerLeave={() => mark(-1, { x: 0, y: 0 })}
        onKeyDown={onKeyDown}
      />
      <p className="visually-hidden" aria-live="polite">
        {said}
      </p>
      {tip && (
        <span className={styles['tip']} style={{ left: tip.place.x, top: tip.place.y }}>
          {name(tip.at)}
        </span>
      )}
      <div role="group" aria-label="Zoom" className={styles['zoom']}>
        <button type="button" aria-label="Nearer" onClick={() => painter.current?.zoom(BUTTON_ZOOM)}>
          +
        </button>
        <button type="button" aria-label="Farther" onClick={() => painter.current?.zoom(1 / BUTTON_ZOOM)}>
          −
        </button>
        <button type="button" onClick={() => painter.current?.fit()}>
          All
        </button>
      </div>
    </div>
  );
}

const STEPS: Readonly<Record<string, Place>> = {
  ArrowLeft: { x: KEY_STEP_PX, y: 0 },
  ArrowRight: { x: -KEY_STEP_PX, y: 0 },
  ArrowUp: { x: 0, y: KEY_STEP_PX },
  ArrowDown: { x: 0, y: -KEY_STEP_PX },
};

const placeOf = ({ nativeEvent: { offsetX, offsetY } }: PointerEvent): Place => ({ x: offsetX, y: offsetY });
