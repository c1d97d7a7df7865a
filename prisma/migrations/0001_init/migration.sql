-- The first shape of the catalog. Every table that says something about a user's data has an owner,
-- first column of every listing index. Listings are newest first, keyset over (created_at, id).

CREATE TABLE runs (
    id           uuid             NOT NULL,
    owner        text             NOT NULL,
    created_at   timestamptz(3)   NOT NULL,
    task         text             NOT NULL,
    kind         text             NOT NULL,
    device       text             NOT NULL,
    code_version text             NOT NULL,
    total_ms     double precision NOT NULL,
    envelope     json             NOT NULL,
    CONSTRAINT runs_pkey PRIMARY KEY (id)
);
CREATE INDEX runs_owner_created_at_idx ON runs (owner, created_at DESC, id DESC);
CREATE INDEX runs_owner_task_created_at_idx ON runs (owner, task, created_at DESC, id DESC);
-- Retention deletes the oldest, whoever owns them.
CREATE INDEX runs_created_at_idx ON runs (created_at);

CREATE TABLE run_models (
    run_id     uuid           NOT NULL,
    position   smallint       NOT NULL,
    owner      text           NOT NULL,
    created_at timestamptz(3) NOT NULL,
    role       text           NOT NULL,
    model_id   text           NOT NULL,
    revision   integer        NOT NULL,
    sha256     text           NOT NULL,
    CONSTRAINT run_models_pkey PRIMARY KEY (run_id, position),
    CONSTRAINT run_models_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX run_models_owner_model_id_idx ON run_models (owner, model_id, created_at DESC, run_id DESC);

CREATE TABLE run_inputs (
    run_id   uuid     NOT NULL,
    name     text     NOT NULL,
    position smallint NOT NULL,
    owner    text     NOT NULL,
    sha256   text     NOT NULL,
    mime     text     NOT NULL,
    bytes    bigint   NOT NULL,
    CONSTRAINT run_inputs_pkey PRIMARY KEY (run_id, name, position),
    CONSTRAINT run_inputs_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX run_inputs_owner_sha256_idx ON run_inputs (owner, sha256);

CREATE TABLE search_rows (
    run_id     uuid             NOT NULL,
    rank       integer          NOT NULL,
    owner      text             NOT NULL,
    created_at timestamptz(3)   NOT NULL,
    label      text             NOT NULL,
    label_key  text             NOT NULL,
    class_id   integer,
    score      double precision NOT NULL,
    rel_x      double precision,
    rel_y      double precision,
    rel_width  double precision,
    rel_height double precision,
    rel_area   double precision,
    -- The words of the core parser: no extension is needed, so every Postgres will do.
    words      tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, label_key)) STORED,
    CONSTRAINT search_rows_pkey PRIMARY KEY (run_id, rank),
    CONSTRAINT search_rows_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs (id) ON DELETE CASCADE
);
-- The score is in the index so that minScore is judged without reading the table.
CREATE INDEX search_rows_owner_label_idx ON search_rows (owner, label_key, created_at DESC, run_id DESC, score);
CREATE INDEX search_rows_words_idx ON search_rows USING gin (words);

CREATE TABLE blobs (
    sha256     text           NOT NULL,
    bytes      bigint         NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    touched_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT blobs_pkey PRIMARY KEY (sha256)
);

CREATE TABLE blob_references (
    id         bigserial      NOT NULL,
    owner      text           NOT NULL,
    sha256     text           NOT NULL,
    kind       text           NOT NULL,
    mime       text           NOT NULL,
    run_id     uuid,
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT blob_references_pkey PRIMARY KEY (id),
    -- RESTRICT is the last guard against removing a blob that somebody still needs.
    CONSTRAINT blob_references_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs (sha256) ON DELETE RESTRICT,
    CONSTRAINT blob_references_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX blob_references_owner_sha256_idx ON blob_references (owner, sha256);
CREATE INDEX blob_references_sha256_idx ON blob_references (sha256);
CREATE INDEX blob_references_run_id_idx ON blob_references (run_id);

CREATE TABLE models (
    model_id      text           NOT NULL,
    sha256        text           NOT NULL,
    revision      integer        NOT NULL,
    first_seen_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT models_pkey PRIMARY KEY (model_id, sha256)
);

CREATE TABLE idempotency_keys (
    owner          text           NOT NULL,
    key            text           NOT NULL,
    request_sha256 text           NOT NULL,
    holder         uuid,
    lease_until    timestamptz(3) NOT NULL,
    run_ids        uuid[]         NOT NULL DEFAULT '{}',
    created_at     timestamptz(3) NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (owner, key)
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
