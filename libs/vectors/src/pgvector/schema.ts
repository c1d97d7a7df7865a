// Tables and functions of their own, in a schema that the catalog's migrations and its drift test leave alone.
// A pool runs one statement at a time, each a transaction: what must happen at once is a function here.

/** Numbers of the advisory lock under which replicas that start together create the schema one after the other. */
const LOCK = '71839255, 1';

/** Reads of a STABLE function all see one moment, that of the statement which calls it. */
const FIRST = `
CREATE TABLE fovea_vectors.indexes (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection_id uuid    NOT NULL,
    space_id      uuid    NOT NULL,
    dimension     integer NOT NULL,
    -- Null until everything was read once. What is not complete lacks changes up to it, and answers nobody.
    table_name    text,
    revision      bigint,
    complete      boolean NOT NULL DEFAULT false,
    hnsw          boolean NOT NULL DEFAULT false,
    items         integer NOT NULL DEFAULT 0,
    bytes         bigint  NOT NULL DEFAULT 0,
    built_at      timestamptz,
    UNIQUE (collection_id, space_id)
);

-- Tables that are being filled to take the place of an index's; what a crash leaves goes a day later.
CREATE TABLE fovea_vectors.loads (
    table_name text        PRIMARY KEY,
    index_id   integer     NOT NULL REFERENCES fovea_vectors.indexes ON DELETE CASCADE,
    begun_at   timestamptz NOT NULL DEFAULT now()
);
CREATE SEQUENCE fovea_vectors.table_numbers;

CREATE FUNCTION fovea_vectors.state(collection uuid, space uuid) RETURNS jsonb LANGUAGE sql STABLE AS $f$
    SELECT jsonb_build_object('id', id, 'table', table_name, 'revision', revision, 'complete', complete, 'hnsw', hnsw,
        'items', items, 'bytes', bytes,
        'builtAt', to_char(built_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    FROM fovea_vectors.indexes
    WHERE collection_id = collection AND space_id = space AND table_name IS NOT NULL
$f$;

-- Moves an index from a revision to another; false where it is not at that revision (any more).
CREATE FUNCTION fovea_vectors.apply(
    index_id integer, from_revision bigint, to_revision bigint, is_complete boolean,
    removed integer[], ordinals integer[], vectors text[]
) RETURNS boolean LANGUAGE plpgsql AS $f$
DECLARE
    it   fovea_vectors.indexes;
    gone integer;
    came integer;
BEGIN
    SELECT * INTO it FROM fovea_vectors.indexes WHERE id = index_id FOR UPDATE;
    IF NOT FOUND OR it.revision IS DISTINCT FROM from_revision THEN RETURN false; END IF;
    EXECUTE format('DELETE FROM fovea_vectors.%I WHERE ordinal = ANY ($1)', it.table_name) USING removed || ordinals;
    GET DIAGNOSTICS gone = ROW_COUNT;
    EXECUTE format('INSERT INTO fovea_vectors.%I SELECT o, v::vector FROM unnest($1, $2) AS u (o, v)', it.table_name)
        USING ordinals, vectors;
    GET DIAGNOSTICS came = ROW_COUNT;
    UPDATE fovea_vectors.indexes
    SET revision = to_revision, complete = is_complete, items = it.items + came - gone,
        bytes = pg_total_relation_size(format('fovea_vectors.%I', it.table_name))
    WHERE id = index_id;
    RETURN true;
END $f$;

CREATE FUNCTION fovea_vectors.begin_load(collection uuid, space uuid, size integer) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE
    owner integer;
    old   text;
    fresh text := 'vectors_' || nextval('fovea_vectors.table_numbers');
BEGIN
    INSERT INTO fovea_vectors.indexes (collection_id, space_id, dimension) VALUES (collection, space, size)
    ON CONFLICT (collection_id, space_id) DO UPDATE SET dimension = size
    RETURNING id INTO owner;
    FOR old IN DELETE FROM fovea_vectors.loads WHERE begun_at < now() - interval '1 day' RETURNING table_name LOOP
        EXECUTE format('DROP TABLE IF EXISTS fovea_vectors.%I', old);
    END LOOP;
    EXECUTE format('CREATE TABLE fovea_vectors.%I (ordinal integer PRIMARY KEY, vector vector(%s) NOT NULL)', fresh, size);
    INSERT INTO fovea_vectors.loads (table_name, index_id) VALUES (fresh, owner);
    RETURN fresh;
END $f$;

CREATE FUNCTION fovea_vectors.load(target text, ordinals integer[], vectors text[]) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
    EXECUTE format('INSERT INTO fovea_vectors.%I SELECT o, v::vector FROM unnest($1, $2) AS u (o, v)', target)
        USING ordinals, vectors;
END $f$;

-- HNSW builds fast while the graph fits into maintenance_work_mem.
CREATE FUNCTION fovea_vectors.build(target text, memory_kb integer) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    statement text := format(
        'CREATE INDEX IF NOT EXISTS %I ON fovea_vectors.%I USING hnsw (vector vector_ip_ops)', target || '_hnsw', target);
BEGIN
    IF memory_kb > (SELECT setting::integer FROM pg_settings WHERE name = 'maintenance_work_mem') THEN
        PERFORM set_config('maintenance_work_mem', memory_kb || 'kB', true);
    END IF;
    BEGIN
        EXECUTE statement;
    EXCEPTION WHEN disk_full OR out_of_memory THEN
        -- Workers share memory below /dev/shm, of which containers have little: alone it goes without.
        PERFORM set_config('max_parallel_maintenance_workers', '0', true);
        EXECUTE statement;
    END;
    UPDATE fovea_vectors.indexes
    SET hnsw = true, built_at = now(), bytes = pg_total_relation_size(format('fovea_vectors.%I', target))
    WHERE table_name = target;
END $f$;

-- The filled table answers from now on; false where it is gone meanwhile.
CREATE FUNCTION fovea_vectors.finish_load(target text, at_revision bigint, is_built boolean) RETURNS boolean
LANGUAGE plpgsql AS $f$
DECLARE
    owner integer;
    old   text;
    held  integer;
BEGIN
    DELETE FROM fovea_vectors.loads WHERE table_name = target RETURNING index_id INTO owner;
    IF owner IS NULL THEN RETURN false; END IF;
    SELECT table_name INTO old FROM fovea_vectors.indexes WHERE id = owner FOR UPDATE;
    EXECUTE format('SELECT count(*) FROM fovea_vectors.%I', target) INTO held;
    UPDATE fovea_vectors.indexes
    SET table_name = target, revision = at_revision, complete = true, hnsw = is_built, items = held, built_at = now(),
        bytes = pg_total_relation_size(format('fovea_vectors.%I', target))
    WHERE id = owner;
    IF old IS NOT NULL THEN EXECUTE format('DROP TABLE fovea_vectors.%I', old); END IF;
    RETURN true;
END $f$;

CREATE FUNCTION fovea_vectors.discard_load(target text) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
    DELETE FROM fovea_vectors.loads WHERE table_name = target;
    IF FOUND THEN EXECUTE format('DROP TABLE IF EXISTS fovea_vectors.%I', target); END IF;
END $f$;

CREATE FUNCTION fovea_vectors.forget(collection uuid) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    old text;
BEGIN
    FOR old IN
        SELECT table_name FROM fovea_vectors.indexes WHERE collection_id = collection AND table_name IS NOT NULL
        UNION ALL
        SELECT l.table_name FROM fovea_vectors.loads l JOIN fovea_vectors.indexes i ON i.id = l.index_id
        WHERE i.collection_id = collection
    LOOP
        EXECUTE format('DROP TABLE IF EXISTS fovea_vectors.%I', old);
    END LOOP;
    DELETE FROM fovea_vectors.indexes WHERE collection_id = collection;
END $f$;

-- Settings for the statement that calls: the graph, or nothing, is what the planner may choose.
CREATE FUNCTION fovea_vectors.by_graph(width integer, iterative boolean) RETURNS void LANGUAGE plpgsql STABLE AS $f$
BEGIN
    PERFORM set_config('hnsw.ef_search', width::text, true), set_config('enable_seqscan', 'off', true),
        set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true);
    IF iterative THEN PERFORM set_config('hnsw.iterative_scan', 'strict_order', true); END IF;
END $f$;

CREATE FUNCTION fovea_vectors.search(
    collection uuid, space uuid, query text, most integer, only_these integer[], is_exact boolean, width integer,
    iterative boolean
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $f$
DECLARE
    state  jsonb := fovea_vectors.state(collection, space);
    source text;
    hits   jsonb;
    wanted integer;
    exact  boolean;
BEGIN
    IF state IS NULL THEN RETURN NULL; END IF;
    source := format('SELECT ordinal, LEAST(1, GREATEST(-1, -(vector <#> $1))) AS score FROM fovea_vectors.%I',
        state ->> 'table');
    wanted := LEAST(most, (state ->> 'items')::integer);
    IF only_these IS NOT NULL THEN
        source := source || ' WHERE ordinal = ANY ($3)';
        wanted := LEAST(wanted, cardinality(only_these));
    END IF;
    exact := is_exact OR NOT (state ->> 'hnsw')::boolean;
    IF NOT exact THEN
        PERFORM fovea_vectors.by_graph(width, iterative);
        EXECUTE 'SELECT jsonb_agg(jsonb_build_array(ordinal, score) ORDER BY score DESC, ordinal) FROM ('
            || source || ' ORDER BY vector <#> $1 LIMIT $2) best'
            INTO hits USING query::vector, most, only_these;
        -- The graph gave up early: among many dead or filtered ones.
        exact := COALESCE(jsonb_array_length(hits), 0) < wanted;
    END IF;
    IF exact THEN
        EXECUTE 'SELECT jsonb_agg(jsonb_build_array(ordinal, score) ORDER BY score DESC, ordinal) FROM ('
            || source || ' ORDER BY 2 DESC, 1 LIMIT $2) best'
            INTO hits USING query::vector, most, only_these;
    END IF;
    RETURN state || jsonb_build_object('hits', COALESCE(hits, '[]'), 'exact', exact);
END $f$;

-- Of the next items after an ordinal their nearest others, and the last of these items.
CREATE FUNCTION fovea_vectors.neighbours(
    collection uuid, space uuid, after integer, next integer, most integer, floor float8, width integer, iterative boolean
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $f$
DECLARE
    state  jsonb := fovea_vectors.state(collection, space);
    best   text := '2 DESC, 1';
    answer jsonb;
BEGIN
    IF state IS NULL THEN RETURN NULL; END IF;
    IF (state ->> 'hnsw')::boolean THEN
        PERFORM fovea_vectors.by_graph(width, iterative);
        best := 'other.vector <#> one.vector';
    END IF;
    EXECUTE format('
        WITH batch AS MATERIALIZED (
            SELECT ordinal, vector FROM fovea_vectors.%1$I WHERE ordinal > $1 ORDER BY ordinal LIMIT $2
        )
        SELECT jsonb_build_object(''last'', (SELECT max(ordinal) FROM batch), ''pairs'', COALESCE((
            SELECT jsonb_agg(jsonb_build_array(one.ordinal, near.ordinal, near.score))
            FROM batch one CROSS JOIN LATERAL (
                SELECT other.ordinal, LEAST(1, GREATEST(-1, -(other.vector <#> one.vector))) AS score
                FROM fovea_vectors.%1$I other WHERE other.ordinal <> one.ordinal
                ORDER BY %2$s LIMIT $3
            ) near
            WHERE near.score >= $4
        ), ''[]''))', state ->> 'table', best)
        INTO answer USING after, next, most, floor;
    RETURN answer;
END $f$;
`;

const MIGRATIONS = [FIRST];

/** One statement that brings the schema to this version, whatever it finds. */
export const migration = `DO $migrate$
DECLARE
    at integer;
BEGIN
    PERFORM pg_advisory_xact_lock(${LOCK});
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE SCHEMA IF NOT EXISTS fovea_vectors;
    CREATE TABLE IF NOT EXISTS fovea_vectors.versions (version integer PRIMARY KEY);
    SELECT COALESCE(max(version), 0) INTO at FROM fovea_vectors.versions;
${MIGRATIONS.map(
  (text, index) => `    IF at < ${index + 1} THEN
        EXECUTE $step$${text}$step$;
        INSERT INTO fovea_vectors.versions VALUES (${index + 1});
    END IF;`,
).join('\n')}
END $migrate$`;
