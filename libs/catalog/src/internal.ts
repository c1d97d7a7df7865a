// The inside of the catalog, for the tests in test/medium and nobody else.
export { itemsStatement, matchingStatement } from './collections/item-reader.ts';
export { ALL as ALL_VECTORS, CHANGES as VECTOR_CHANGES } from './collections/vector-source.ts';
export { migrateDatabase } from './database.ts';
export { silentLog } from './log.ts';
export { applyMigrations, migrationsFolder, readMigrations } from './migrations.ts';
export { findBinaries } from './postgres/binaries.ts';
export { readPostmaster } from './postgres/postmaster.ts';
export { EmbeddedPostgres } from './postgres/server.ts';
export { isAlive } from './processes.ts';
export { byInputsStatement, listStatement } from './run-query.ts';
