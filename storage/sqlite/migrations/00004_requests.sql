-- +goose Up
-- Requests that are carried out after they were answered (RFC 9967 section 2.5).
CREATE TABLE requests (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      BLOB    NOT NULL UNIQUE,
    tenant  INTEGER NOT NULL,
    client  INTEGER NOT NULL,
    created INTEGER NOT NULL,
    pending INTEGER,          -- 1 until it is done, then NULL
    done    INTEGER NOT NULL,
    expires INTEGER NOT NULL, -- 0 while it is pending
    payload TEXT,             -- NULL once it is done
    result  TEXT
);
CREATE INDEX requests_pending ON requests (pending, seq);
CREATE INDEX requests_of_client ON requests (client, pending);
CREATE INDEX requests_expiry ON requests (expires);

-- +goose Down
DROP TABLE requests;
