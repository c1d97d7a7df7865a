-- Long work and what it measures. A job's request names its inputs by hash: a blob reference holds their bytes.

CREATE TABLE jobs (
    id          uuid           NOT NULL,
    owner       text           NOT NULL,
    created_at  timestamptz(3) NOT NULL,
    started_at  timestamptz(3),
    finished_at timestamptz(3),
    kind        text           NOT NULL,
    task        text           NOT NULL,
    state       text           NOT NULL,
    attempts    integer        NOT NULL DEFAULT 0,
    request     json           NOT NULL,
    progress    json,
    result      json,
    error       json,
    CONSTRAINT jobs_pkey PRIMARY KEY (id)
);
CREATE INDEX jobs_owner_created_at_idx ON jobs (owner, created_at DESC, id DESC);
CREATE INDEX jobs_state_idx ON jobs (state);

CREATE TABLE job_steps (
    job_id uuid NOT NULL,
    key    text NOT NULL,
    value  json NOT NULL,
    CONSTRAINT job_steps_pkey PRIMARY KEY (job_id, key),
    CONSTRAINT job_steps_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE evaluations (
    id             uuid           NOT NULL,
    owner          text           NOT NULL,
    created_at     timestamptz(3) NOT NULL,
    task           text           NOT NULL,
    model_id       text           NOT NULL,
    model_sha256   text           NOT NULL,
    dataset_name   text           NOT NULL,
    dataset_sha256 text           NOT NULL,
    summary        json           NOT NULL,
    report         json           NOT NULL,
    CONSTRAINT evaluations_pkey PRIMARY KEY (id)
);
CREATE INDEX evaluations_owner_created_at_idx ON evaluations (owner, created_at DESC, id DESC);

ALTER TABLE blob_references
    ADD COLUMN job_id        uuid,
    ADD COLUMN evaluation_id uuid,
    ADD CONSTRAINT blob_references_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE,
    ADD CONSTRAINT blob_references_evaluation_id_fkey
        FOREIGN KEY (evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE;
CREATE INDEX blob_references_job_id_idx ON blob_references (job_id);
CREATE INDEX blob_references_evaluation_id_idx ON blob_references (evaluation_id);
