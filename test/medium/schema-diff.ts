import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';

const require = createRequire(import.meta.url);
const SCHEMA = 'prisma/schema.prisma';
/** Type "char" of Postgres' own tables, which the adapter does not know, though the engine asks for it. */
const CHAR_OID = 18;

export const prismaSchema = (): string => readFileSync(SCHEMA, 'utf8');

/**
 * What `prisma migrate diff` says: the SQL that turns a database into a schema, empty where they agree.
 * It is Prisma's own engine, as WebAssembly; the native one would have to be downloaded.
 */
export async function schemaDiff(databaseUrl: string, schema: string): Promise<string> {
  const { SchemaEngine } = await loadEngine();
  const files = [{ path: SCHEMA, content: schema }];
  const pool = new pg.Pool({ connectionString: databaseUrl });
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(new CharacterAdapter(pool));
    const engine = await SchemaEngine.new({ datamodels: [[SCHEMA, schema]] }, () => {}, adapter);
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: ['public._prisma_migrations'], externalEnums: [] },
    });
    engine.free();
    return (stdout ?? '').replace('-- This is an empty migration.', '').trim();
  } finally {
    await pool.end();
  }
}

type Engine = typeof import('@prisma/schema-engine-wasm');
let engine: Promise<Engine> | undefined;

/** Node does not import .wasm files without a flag: instantiate it by hand. */
function loadEngine(): Promise<Engine> {
  engine ??= (async () => {
    const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as Engine & {
      __wbg_set_wasm(exports: WebAssembly.Exports): void;
    };
    const file = join(dirname(require.resolve('@prisma/schema-engine-wasm')), 'schema_engine_bg.wasm');
    const imports = { './schema_engine_bg.js': glue as unknown as WebAssembly.ModuleImports };
    const { instance } = await WebAssembly.instantiate(readFileSync(file), imports);
    glue.__wbg_set_wasm(instance.exports);
    (instance.exports as { __wbindgen_start(): void }).__wbindgen_start();
    return glue;
  })();
  return engine;
}

/** The adapter, taught what "char" is: told that it is text, and then what the engine expects. */
class CharacterAdapter extends PrismaPg {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    super(pool);
    this.#pool = pool;
  }

  override async connect() {
    const adapter = await super.connect();
    const characterColumns = new Set<string>();
    const query = this.#pool.query.bind(this.#pool) as unknown as (
      ...args: unknown[]
    ) => Promise<pg.QueryArrayResult>;
    Object.assign(this.#pool, {
      query: async (...args: unknown[]) => {
        const result = await query(...args);
        for (const field of result.fields.filter(({ dataTypeID }) => dataTypeID === CHAR_OID)) {
          characterColumns.add(field.name);
          field.dataTypeID = pg.types.builtins.TEXT;
        }
        return result;
      },
    });
    const ask = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (sql) => {
      const result = await ask(sql);
      result.columnNames.forEach((column, index) => {
        if (characterColumns.has(column)) result.columnTypes[index] = ColumnTypeEnum.Character;
      });
      return result;
    };
    return adapter;
  }
}
