-- Collections of pictures and their vectors. What stands here is the truth; indexes are files made from it.

-- What vectors mean: they are compared within a space only. A space belongs to nobody: it is made of models.
CREATE TABLE embedding_spaces (
    id          uuid           NOT NULL,
    name        text           NOT NULL,
    fingerprint text           NOT NULL,
    dimension   integer        NOT NULL,
    version     integer        NOT NULL,
    models      json           NOT NULL,
    created_at  timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT embedding_spaces_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX embedding_spaces_name_fingerprint_key ON embedding_spaces (name, fingerprint);

-- Every change of a collection's items locks its row and raises `revision`: revisions rise in the order of commits.
CREATE TABLE collections (
    id           uuid           NOT NULL,
    owner        text           NOT NULL,
    kind         text           NOT NULL,
    name         text           NOT NULL,
    name_key     text           NOT NULL,
    revision     bigint         NOT NULL DEFAULT 0,
    next_ordinal integer        NOT NULL DEFAULT 0,
    items        integer        NOT NULL DEFAULT 0,
    -- Removals up to this revision are no longer listed: a reader that is behind it reads everything.
    pruned_to    bigint         NOT NULL DEFAULT 0,
    created_at   timestamptz(3) NOT NULL,
    updated_at   timestamptz(3) NOT NULL,
    CONSTRAINT collections_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX collections_owner_kind_name_key_key ON collections (owner, kind, name_key);
CREATE INDEX collections_owner_created_at_idx ON collections (owner, created_at DESC, id DESC);

-- The spaces of a collection; `next_id` is the one that takes over when all is embedded in it.
CREATE TABLE collection_spaces (
    collection_id uuid NOT NULL,
    name          text NOT NULL,
    space_id      uuid NOT NULL,
    next_id       uuid,
    next_job_id   uuid,
    CONSTRAINT collection_spaces_pkey PRIMARY KEY (collection_id, name),
    CONSTRAINT collection_spaces_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES collections (id) ON DELETE CASCADE,
    CONSTRAINT collection_spaces_space_id_fkey FOREIGN KEY (space_id) REFERENCES embedding_spaces (id) ON DELETE RESTRICT,
    CONSTRAINT collection_spaces_next_id_fkey FOREIGN KEY (next_id) REFERENCES embedding_spaces (id) ON DELETE RESTRICT
);

CREATE TABLE collection_items (
    id            uuid           NOT NULL,
    collection_id uuid           NOT NULL,
    owner         text           NOT NULL,
    -- What indexes know an item by: never used again.
    ordinal       integer        NOT NULL,
    name          text,
    sha256        text           NOT NULL,
    mime          text           NOT NULL,
    width         integer        NOT NULL,
    height        integer        NOT NULL,
    metadata      jsonb          NOT NULL,
    run_id        uuid,
    created_at    timestamptz(3) NOT NULL,
    CONSTRAINT collection_items_pkey PRIMARY KEY (id),
    CONSTRAINT collection_items_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES collections (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX collection_items_collection_id_ordinal_key ON collection_items (collection_id, ordinal);
-- The same picture is one item.
CREATE UNIQUE INDEX collection_items_collection_id_sha256_key ON collection_items (collection_id, sha256);
CREATE INDEX collection_items_metadata_idx ON collection_items USING gin (metadata jsonb_path_ops);

-- float32, little endian, unit length. `revision` is the collection's when the vector was added.
CREATE TABLE item_vectors (
    item_id       uuid    NOT NULL,
    space_id      uuid    NOT NULL,
    owner         text    NOT NULL,
    collection_id uuid    NOT NULL,
    ordinal       integer NOT NULL,
    revision      bigint  NOT NULL,
    vector        bytea   NOT NULL,
    CONSTRAINT item_vectors_pkey PRIMARY KEY (item_id, space_id),
    CONSTRAINT item_vectors_item_id_fkey FOREIGN KEY (item_id) REFERENCES collection_items (id) ON DELETE CASCADE,
    CONSTRAINT item_vectors_space_id_fkey FOREIGN KEY (space_id) REFERENCES embedding_spaces (id) ON DELETE RESTRICT
);
-- Vectors do not compress: reading them must not try.
ALTER TABLE item_vectors ALTER COLUMN vector SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX item_vectors_collection_id_space_id_ordinal_key ON item_vectors (collection_id, space_id, ordinal);
CREATE INDEX item_vectors_collection_id_space_id_revision_idx ON item_vectors (collection_id, space_id, revision);

-- What indexes must forget.
CREATE TABLE removed_items (
    collection_id uuid           NOT NULL,
    ordinal       integer        NOT NULL,
    owner         text           NOT NULL,
    revision      bigint         NOT NULL,
    removed_at    timestamptz(3) NOT NULL,
    CONSTRAINT removed_items_pkey PRIMARY KEY (collection_id, ordinal),
    CONSTRAINT removed_items_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES collections (id) ON DELETE CASCADE
);
CREATE INDEX removed_items_collection_id_revision_idx ON removed_items (collection_id, revision);

ALTER TABLE blob_references
    ADD COLUMN item_id       uuid,
    ADD COLUMN collection_id uuid,
    ADD CONSTRAINT blob_references_item_id_fkey FOREIGN KEY (item_id) REFERENCES collection_items (id) ON DELETE CASCADE,
    ADD CONSTRAINT blob_references_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES collections (id) ON DELETE CASCADE;
CREATE INDEX blob_references_item_id_idx ON blob_references (item_id);
CREATE INDEX blob_references_collection_id_idx ON blob_references (collection_id);
