-- From version 1 to 2: files.

CREATE TABLE files (
    run          INTEGER NOT NULL REFERENCES runs,
    path         TEXT NOT NULL,
    time         INTEGER NOT NULL,
    stream       BLOB NOT NULL,
    entry        INTEGER NOT NULL,
    blob         BLOB NOT NULL,
    size         INTEGER NOT NULL,
    PRIMARY KEY (run, path)
) WITHOUT ROWID;
