// The inside of the catalog, for the tests in test/medium and nobody else.
export { migrateDatabase } from './database.ts';
export { silentLog } from './log.ts';
export { applyMigrations, migrationsFolder, readMigrations } from './migrations.ts';
export { findBinaries } from './postgres/binaries.ts';
export { readPostmaster } from './postgres/postmaster.ts';
export { EmbeddedPostgres } from './postgres/server.ts';
export { isAlive } from './processes.ts';
export { listStatement } from './run-query.ts';
export { byInputsStatement } from './run-query.ts';
export { itemsStatement, matchingStatement } from './collections/item-reader.ts';
export { CHANGES } from './collections/vector-source.ts';
