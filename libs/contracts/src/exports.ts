import { z } from 'zod';
import { RunQuery } from './runs.ts';

/** `GET /v1/runs/export?format=`: coco = detections, instances, keypoints; yolo = a ZIP of label files. */
export const EXPORT_FORMATS = ['coco', 'yolo', 'csv', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Query of an export: the filters of the list, all pages of it. */
export const ExportQuery = RunQuery.omit({ limit: true, cursor: true }).extend({
  format: z.enum(EXPORT_FORMATS),
});
export type ExportQuery = z.infer<typeof ExportQuery>;
