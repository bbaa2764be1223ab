-- A database as the program with schema 1 made it, when keys were not yet in
-- prepared form (NFD, full width, outer blanks).
BEGIN TRANSACTION;
CREATE TABLE app_state (
    seq              INTEGER PRIMARY KEY, -- of the user
    tenant           INTEGER NOT NULL,
    uniphore_id      INTEGER NOT NULL,
    syncari_id       BLOB    NOT NULL,
    mobility_user_id TEXT    NOT NULL,
    mobility_key     TEXT    NOT NULL,
    doc              TEXT    NOT NULL
);
INSERT INTO "app_state" VALUES(1,1,1,X'010000000000000000000000','plain@example.com','plain@example.com','{}');
INSERT INTO "app_state" VALUES(2,1,2,X'020000000000000000000000','André','andré','{}');
INSERT INTO "app_state" VALUES(3,1,3,X'030000000000000000000000','Ｂｏｂ','ｂｏｂ','{}');
INSERT INTO "app_state" VALUES(4,1,4,X'040000000000000000000000','bob','bob','{}');
INSERT INTO "app_state" VALUES(5,1,5,X'050000000000000000000000','René','rené','{}');
INSERT INTO "app_state" VALUES(6,1,6,X'060000000000000000000000',' René ',' rené ','{}');
INSERT INTO "app_state" VALUES(7,1,7,X'070000000000000000000000',' padded ',' padded ','{}');
INSERT INTO "app_state" VALUES(8,1,8,X'080000000000000000000000','ΑΙ','ᾳ','{}');
INSERT INTO "app_state" VALUES(9,2,1,X'090000000000000000000000','André','andré','{}');
INSERT INTO "app_state" VALUES(10,1,9,X'0A0000000000000000000000','Zoë','zoë','{}');
INSERT INTO "app_state" VALUES(11,1,10,X'0B0000000000000000000000','Zoë','zoë','{}');
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
INSERT INTO "clients" VALUES(1,1,'Okta　１','okta　１','tolerant',1767323045000,0);
CREATE TABLE counters (
    tenant INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID;
INSERT INTO "counters" VALUES(1,'groups',3);
INSERT INTO "counters" VALUES(1,'uniphore id',10);
INSERT INTO "counters" VALUES(1,'users active',9);
INSERT INTO "counters" VALUES(1,'users deleted_scim',1);
INSERT INTO "counters" VALUES(2,'uniphore id',1);
INSERT INTO "counters" VALUES(2,'users active',1);
CREATE TABLE external_ids (
    client INTEGER NOT NULL,
    kind   INTEGER NOT NULL, -- directory.MemberKind
    value  TEXT    NOT NULL,
    slot   INTEGER NOT NULL, -- 0 while the value is held, else the seq of the deleted user that had it
    seq    INTEGER NOT NULL,
    PRIMARY KEY (client, kind, value, slot)
) WITHOUT ROWID;
INSERT INTO "external_ids" VALUES(1,0,'É',0,2);
INSERT INTO "external_ids" VALUES(1,0,'Ṛ́',0,5);
INSERT INTO "external_ids" VALUES(1,0,'Ṛ́',0,6);
INSERT INTO "external_ids" VALUES(1,0,'Z̈',10,10);
INSERT INTO "external_ids" VALUES(1,0,'p-1',0,1);
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-21 23:36:00');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-21 23:36:00');
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
INSERT INTO "groups" VALUES(1,X'0193F00000007000800000000000000C',1,'équipe',1,1,1767323045000,1767323045000,0,'Équipe','','{"displayName":"Équipe"}');
INSERT INTO "groups" VALUES(2,X'0193F00000007000800000000000000D',1,'équipe',1,1,1767323045000,1767323045000,0,'Équipe','','{"displayName":"Équipe"}');
INSERT INTO "groups" VALUES(3,X'0193F00000007000800000000000000E',1,'ventes',1,1,1767323045000,1767323045000,0,'Ventes','','{"displayName":"Ventes"}');
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
CREATE TABLE members (
    grp    INTEGER NOT NULL,
    kind   INTEGER NOT NULL, -- directory.MemberKind
    member INTEGER NOT NULL, -- seq of the user or group
    id     BLOB    NOT NULL, -- its id, so that listing reads nothing else
    PRIMARY KEY (grp, kind, member)
) WITHOUT ROWID;
CREATE TABLE organizations (
    tenant   INTEGER NOT NULL,
    name_key TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (tenant, name_key)
) WITHOUT ROWID;
INSERT INTO "organizations" VALUES(1,'büro','Büro',7);
CREATE TABLE pending_deletions (
    deleted_at INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (deleted_at, seq)
) WITHOUT ROWID;
INSERT INTO "pending_deletions" VALUES(1767323045000,10);
CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE tenants (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL,
    name_key TEXT    NOT NULL UNIQUE,
    created  INTEGER NOT NULL
);
INSERT INTO "tenants" VALUES(1,'default','default',1767323045000);
INSERT INTO "tenants" VALUES(2,'Café','café',1767323045000);
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
CREATE TABLE user_values (
    tenant INTEGER NOT NULL,
    attr   INTEGER NOT NULL,
    key    TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (tenant, attr, key, seq)
) WITHOUT ROWID;
INSERT INTO "user_values" VALUES(1,1,'andré@x.io',2);
INSERT INTO "user_values" VALUES(1,2,'ångström',2);
INSERT INTO "user_values" VALUES(1,3,'andré',2);
INSERT INTO "user_values" VALUES(1,3,'plain',1);
INSERT INTO "user_values" VALUES(1,4,'１２',2);
INSERT INTO "user_values" VALUES(1,5,'Mé',2);
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
INSERT INTO "users" VALUES(1,X'0193F000000070008000000000000001',1,'plain@example.com',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','{"1":"p-1"}',NULL,'{"displayName":"Plain","userName":"plain@example.com"}');
INSERT INTO "users" VALUES(2,X'0193F000000070008000000000000002',1,'andré',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','{"1":"É"}',NULL,'{"displayName":"André","emails":[{"value":"andré@x.io"}],"name":{"familyName":"Ångström"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"１２","manager":{"value":"Mé"}},"userName":"André"}');
INSERT INTO "users" VALUES(3,X'0193F000000070008000000000000003',1,'ｂｏｂ',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','',NULL,'{"userName":"Ｂｏｂ"}');
INSERT INTO "users" VALUES(4,X'0193F000000070008000000000000004',1,'bob',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','',NULL,'{"title":"younger","userName":"bob"}');
INSERT INTO "users" VALUES(5,X'0193F000000070008000000000000005',1,'rené',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','{"1":"Ṛ́"}',NULL,'{"userName":"René"}');
INSERT INTO "users" VALUES(6,X'0193F000000070008000000000000006',1,' rené ',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','{"1":"Ṛ́"}',NULL,'{"userName":" René "}');
INSERT INTO "users" VALUES(7,X'0193F000000070008000000000000007',1,' padded ',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','',NULL,'{"userName":" padded "}');
INSERT INTO "users" VALUES(8,X'0193F000000070008000000000000008',1,'ᾳ',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','',NULL,'{"userName":"ΑΙ"}');
INSERT INTO "users" VALUES(9,X'0193F000000070008000000000000009',2,'andré',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','',NULL,'{"userName":"André"}');
INSERT INTO "users" VALUES(10,X'0193F00000007000800000000000000A',1,'zoë',NULL,2,1,1,0,1,1767323045000,1767323045000,1767323045000,1767323045000,'scim','','x','scim','{"1":"Z̈"}',NULL,'{"userName":"Zoë"}');
INSERT INTO "users" VALUES(11,X'0193F00000007000800000000000000B',1,'zoë',1,0,1,1,0,1,1767323045000,1767323045000,1767323045000,0,'scim','','','','',NULL,'{"userName":"Zoë"}');
CREATE INDEX tokens_client ON tokens (client);
CREATE UNIQUE INDEX organizations_number ON organizations (tenant, number);
CREATE UNIQUE INDEX users_name ON users (tenant, user_key, held);
CREATE INDEX users_list ON users (tenant, seq, state, active);
CREATE INDEX users_modified ON users (tenant, modified);
CREATE UNIQUE INDEX app_state_uniphore ON app_state (tenant, uniphore_id);
CREATE UNIQUE INDEX app_state_syncari ON app_state (tenant, syncari_id);
CREATE UNIQUE INDEX app_state_mobility ON app_state (tenant, mobility_key);
CREATE UNIQUE INDEX groups_name ON groups (tenant, display_key, sole);
CREATE INDEX groups_list ON groups (tenant, seq);
CREATE INDEX groups_modified ON groups (tenant, modified);
CREATE INDEX members_reverse ON members (kind, member, grp);
CREATE INDEX journal_tenant ON journal (tenant, seq);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('goose_db_version',2);
INSERT INTO "sqlite_sequence" VALUES('tenants',2);
INSERT INTO "sqlite_sequence" VALUES('clients',1);
INSERT INTO "sqlite_sequence" VALUES('users',11);
INSERT INTO "sqlite_sequence" VALUES('groups',3);
COMMIT;
