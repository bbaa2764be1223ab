-- +goose Up

-- Times are milliseconds since 1970 (UTC), 0 for "never". Booleans are 0 or 1.
-- Columns ending in _key hold directory.Fold of the value they index.

CREATE TABLE tenants (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL,
    name_key TEXT    NOT NULL UNIQUE,
    created  INTEGER NOT NULL
);

CREATE TABLE clients (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant                INTEGER NOT NULL REFERENCES tenants (id),
    name                  TEXT    NOT NULL,
    name_key              TEXT    NOT NULL,
    mode                  TEXT    NOT NULL,
    created               INTEGER NOT NULL,
    duplicate_group_names INTEGER NOT NULL,
    UNIQUE (tenant, name_key)
);

CREATE TABLE tokens (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    client  INTEGER NOT NULL REFERENCES clients (id),
    digest  BLOB    NOT NULL UNIQUE, -- SHA-256 of the secret
    hint    TEXT    NOT NULL,
    scope   TEXT    NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL
);
CREATE INDEX tokens_client ON tokens (client);

CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Totals that must not be counted again and again (users by state, groups),
-- and the sequences of numbers that are handed out per tenant.
CREATE TABLE counters (
    tenant INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID;

CREATE TABLE organizations (
    tenant   INTEGER NOT NULL,
    name_key TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (tenant, name_key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX organizations_number ON organizations (tenant, number);

CREATE TABLE users (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            BLOB    NOT NULL UNIQUE,
    tenant        INTEGER NOT NULL,
    user_key      TEXT    NOT NULL,
    held          INTEGER,          -- 1 while the user holds its name, NULL once the name is free for others
    state         INTEGER NOT NULL,
    active        INTEGER NOT NULL,
    asserted_active INTEGER NOT NULL,
    protected     INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    modified      INTEGER NOT NULL,
    asserted      INTEGER NOT NULL,
    deleted_at    INTEGER NOT NULL,
    origin        TEXT    NOT NULL,
    disabled_by   TEXT    NOT NULL,
    deleted_by    TEXT    NOT NULL,
    delete_origin TEXT    NOT NULL,
    external_ids  TEXT    NOT NULL, -- JSON object: client -> externalId; empty: none
    snapshot      TEXT,
    doc           TEXT    NOT NULL
);
CREATE UNIQUE INDEX users_name ON users (tenant, user_key, held);
-- Narrow, so that counting and skipping do not touch the documents.
CREATE INDEX users_list ON users (tenant, seq, state, active);
CREATE INDEX users_modified ON users (tenant, modified);

-- The other indexed values of users; attr is sqlstore's attribute number.
CREATE TABLE user_values (
    tenant INTEGER NOT NULL,
    attr   INTEGER NOT NULL,
    key    TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (tenant, attr, key, seq)
) WITHOUT ROWID;

CREATE TABLE pending_deletions (
    deleted_at INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (deleted_at, seq)
) WITHOUT ROWID;

CREATE TABLE app_state (
    seq              INTEGER PRIMARY KEY, -- of the user
    tenant           INTEGER NOT NULL,
    uniphore_id      INTEGER NOT NULL,
    syncari_id       BLOB    NOT NULL,
    mobility_user_id TEXT    NOT NULL,
    mobility_key     TEXT    NOT NULL,
    doc              TEXT    NOT NULL
);
CREATE UNIQUE INDEX app_state_uniphore ON app_state (tenant, uniphore_id);
CREATE UNIQUE INDEX app_state_syncari ON app_state (tenant, syncari_id);
CREATE UNIQUE INDEX app_state_mobility ON app_state (tenant, mobility_key);

-- What remains of a purged user.
CREATE TABLE tombstones (
    id               BLOB    NOT NULL PRIMARY KEY,
    tenant           INTEGER NOT NULL,
    seq              INTEGER NOT NULL,
    uniphore_id      INTEGER NOT NULL,
    syncari_id       BLOB    NOT NULL,
    mobility_user_id TEXT    NOT NULL,
    user_key_sha256  BLOB    NOT NULL,
    created          INTEGER NOT NULL,
    purged           INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE groups (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE,
    tenant       INTEGER NOT NULL,
    display_key  TEXT    NOT NULL,
    sole         INTEGER,          -- 1 if no other may have the name, NULL if duplicates are allowed
    version      INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    modified     INTEGER NOT NULL,
    member_count INTEGER NOT NULL,
    display_name TEXT    NOT NULL,
    external_ids TEXT    NOT NULL,
    doc          TEXT    NOT NULL
);
CREATE UNIQUE INDEX groups_name ON groups (tenant, display_key, sole);
CREATE INDEX groups_list ON groups (tenant, seq);
CREATE INDEX groups_modified ON groups (tenant, modified);

CREATE TABLE members (
    grp    INTEGER NOT NULL,
    kind   INTEGER NOT NULL, -- directory.MemberKind
    member INTEGER NOT NULL, -- seq of the user or group
    id     BLOB    NOT NULL, -- its id, so that listing reads nothing else
    PRIMARY KEY (grp, kind, member)
) WITHOUT ROWID;
CREATE INDEX members_reverse ON members (kind, member, grp);

CREATE TABLE external_ids (
    client INTEGER NOT NULL,
    kind   INTEGER NOT NULL, -- directory.MemberKind
    value  TEXT    NOT NULL,
    slot   INTEGER NOT NULL, -- 0 while the value is held, else the seq of the deleted user that had it
    seq    INTEGER NOT NULL,
    PRIMARY KEY (client, kind, value, slot)
) WITHOUT ROWID;

CREATE TABLE journal (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    tenant         INTEGER NOT NULL,
    client         INTEGER NOT NULL,
    version_before INTEGER NOT NULL,
    version_after  INTEGER NOT NULL,
    origin         TEXT    NOT NULL,
    actor          TEXT    NOT NULL,
    role           TEXT    NOT NULL,
    address        TEXT    NOT NULL,
    request_id     TEXT    NOT NULL,
    action         TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    resource       BLOB,
    forward        TEXT,
    backward       TEXT,
    note           TEXT
);
CREATE INDEX journal_tenant ON journal (tenant, seq);

-- +goose Down
DROP TABLE journal;
DROP TABLE external_ids;
DROP TABLE members;
DROP TABLE groups;
DROP TABLE tombstones;
DROP TABLE app_state;
DROP TABLE pending_deletions;
DROP TABLE user_values;
DROP TABLE users;
DROP TABLE organizations;
DROP TABLE counters;
DROP TABLE secrets;
DROP TABLE tokens;
DROP TABLE clients;
DROP TABLE tenants;
