export { COCO_CATEGORY_IDS } from './coco-categories.ts';
export {
  CocoBuilder,
  cocoText,
  toCoco,
  type CocoAnnotation,
  type CocoCategory,
  type CocoDocument,
  type CocoImage,
} from './coco.ts';
export { csvRows, csvText } from './csv.ts';
export { yoloFiles, type ExportedFile } from './yolo.ts';
