-- From version 1 to 2: files, values of the summary that stand until the key is logged again, room for damaged frames, and exact sums of
-- chunks. Older chunks have none and are read where theirs is asked for.

ALTER TABLE settings ADD COLUMN until_logged INTEGER NOT NULL DEFAULT 0;

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

CREATE TABLE tallies (
    id           INTEGER PRIMARY KEY,
    tally        BLOB NOT NULL
);

ALTER TABLE journal ADD COLUMN row_count INTEGER;
CREATE TABLE damaged_frames (
    id           INTEGER PRIMARY KEY,
    stream       INTEGER NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    lost_rows    INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    frame        BLOB NOT NULL
);
