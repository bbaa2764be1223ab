-- +goose Up

-- The numbers of resource types; external_ids and resources name them. A number
-- is never given again, so that what a type left behind is nobody else's.
CREATE TABLE resource_types (
    kind INTEGER NOT NULL PRIMARY KEY, -- 0 and 1: directory.MemberKind
    name TEXT    NOT NULL UNIQUE
);
INSERT INTO resource_types (kind, name) VALUES (0, 'User'), (1, 'Group');

-- The resources of configured types.
CREATE TABLE resources (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE,
    tenant       INTEGER NOT NULL,
    kind         INTEGER NOT NULL, -- of resource_types
    version      INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    modified     INTEGER NOT NULL,
    external_ids TEXT    NOT NULL,
    doc          TEXT    NOT NULL
);
CREATE INDEX resources_id ON resources (tenant, kind, id);
CREATE INDEX resources_list ON resources (tenant, kind, seq);
CREATE INDEX resources_modified ON resources (tenant, kind, modified);
CREATE INDEX resources_created ON resources (tenant, kind, created);

-- The configured indexes. A number stands for one definition: another one for
-- the same attribute gets a new number, and none is ever given again. An index
-- is built (kept, not ready), then used (kept and ready), then removed (neither).
-- The counter 'indexes' of tenant 0 moves whenever writers have to keep others.
CREATE TABLE attributes (
    attr  INTEGER PRIMARY KEY AUTOINCREMENT,
    type  TEXT    NOT NULL, -- of resource: resource_types.name
    name  TEXT    NOT NULL,
    path  TEXT    NOT NULL, -- JSON array of member names
    fold  INTEGER NOT NULL,
    sole  INTEGER NOT NULL, -- 1: no two resources of the type in a tenant may have the same value
    form  INTEGER NOT NULL, -- how keys are made of values; see sqlstore
    kept  INTEGER NOT NULL, -- 1: writers store its values
    ready INTEGER,          -- 1: it has the values of all resources; else NULL
    built INTEGER NOT NULL  -- the seq up to which it was built
);
CREATE UNIQUE INDEX attributes_name ON attributes (type, name, ready);

-- The values of configured indexes, of resources of all types.
CREATE TABLE attribute_values (
    attr   INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    key    TEXT    NOT NULL, -- sqlstore's form of the value; '' of a resource without one
    seq    INTEGER NOT NULL,
    PRIMARY KEY (attr, tenant, key, seq)
) WITHOUT ROWID;
CREATE INDEX attribute_values_seq ON attribute_values (attr, seq);

-- Who holds a value that must be unique. A user deleted over SCIM holds none.
CREATE TABLE unique_values (
    attr   INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    key    TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (attr, tenant, key)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE unique_values;
DROP TABLE attribute_values;
DROP TABLE attributes;
DROP TABLE resources;
DROP TABLE resource_types;
DELETE FROM counters WHERE tenant = 0 AND name = 'indexes';
DELETE FROM external_ids WHERE kind > 1;
