-- +goose Up

-- Lists are sorted by columns of the resource's own row, '' where there is no
-- value, each with an index that has the order and, for users, the state, so
-- that passing over rows does not touch the documents.
ALTER TABLE users ADD COLUMN display_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN family_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN employee_key TEXT NOT NULL DEFAULT '';

-- They were attributes 3, 2 and 4 of user_values.
CREATE INDEX user_values_moving ON user_values (attr, seq);
UPDATE users SET
    display_key  = coalesce((SELECT v.key FROM user_values v WHERE v.attr = 3 AND v.seq = users.seq), ''),
    family_key   = coalesce((SELECT v.key FROM user_values v WHERE v.attr = 2 AND v.seq = users.seq), ''),
    employee_key = coalesce((SELECT v.key FROM user_values v WHERE v.attr = 4 AND v.seq = users.seq), '');
DROP INDEX user_values_moving;
DELETE FROM user_values WHERE attr IN (2, 3, 4);

CREATE INDEX users_display ON users (tenant, display_key, seq, state);
CREATE INDEX users_family ON users (tenant, family_key, seq, state);
CREATE INDEX users_employee ON users (tenant, employee_key, seq, state);
CREATE INDEX users_created ON users (tenant, created, seq, state);
CREATE INDEX users_id ON users (tenant, id, state);
DROP INDEX users_modified;
CREATE INDEX users_modified ON users (tenant, modified, seq, state);

CREATE INDEX groups_created ON groups (tenant, created);
CREATE INDEX groups_id ON groups (tenant, id);

-- +goose Down
DROP INDEX groups_id;
DROP INDEX groups_created;
DROP INDEX users_modified;
CREATE INDEX users_modified ON users (tenant, modified);
DROP INDEX users_id;
DROP INDEX users_created;
DROP INDEX users_employee;
DROP INDEX users_family;
DROP INDEX users_display;
INSERT INTO user_values (tenant, attr, key, seq) SELECT tenant, 2, family_key, seq FROM users WHERE family_key <> '';
INSERT INTO user_values (tenant, attr, key, seq) SELECT tenant, 3, display_key, seq FROM users WHERE display_key <> '';
INSERT INTO user_values (tenant, attr, key, seq) SELECT tenant, 4, employee_key, seq FROM users WHERE employee_key <> '';
ALTER TABLE users DROP COLUMN employee_key;
ALTER TABLE users DROP COLUMN family_key;
ALTER TABLE users DROP COLUMN display_key;
