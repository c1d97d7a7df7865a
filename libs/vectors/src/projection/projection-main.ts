// A worker thread of its own: placing thousands of vectors takes seconds, and is stopped by ending the thread.
import type { Projection } from '@fovea/contracts';
import { parentPort, workerData } from 'node:worker_threads';
import { place } from './place.ts';
import type { Table } from './principal.ts';

const { method, ...table } = workerData as Table & { method: Projection };
const points = place(table, method);
parentPort?.postMessage(points, [points.buffer as ArrayBuffer]);
