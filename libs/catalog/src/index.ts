export { openCatalog, type Catalog, type CatalogOptions, type CatalogStats } from './catalog.ts';
export type { StoredBlob } from './blobs.ts';
export type { Collected } from './collect.ts';
export { lockDataFolder, readDataLock, type DataLock, type DataLockInfo } from './data-lock.ts';
export type { KeyState } from './idempotency.ts';
export type { Log } from './log.ts';
export type { RecordedBlob, RecordedInput, RunRecord } from './record.ts';
export type { Expired, KeepOptions } from './retention.ts';
export type { RunFilter } from './run-query.ts';
