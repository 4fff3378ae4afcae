-- The embedded store, version 2: one file, to be read with `sqlite3 store.sqlite`.
--
-- What comes in:     streams (durable number) + journal (frames verbatim) + settings, metrics: all in the transaction of `append`.
-- What it becomes:   blocks (rows: steps, entry numbers, times) + columns (one chunk per key of a block) + others (not numbers)
--                    + series (what the columns of a key and stream add up to): in the transaction of `compact`, which deletes the frames.
-- Every cell is in exactly one of journal, columns and others. Of several cells of one (run, key, label, step) the reader takes the one
-- with the highest (attempt, stream id, entry number), so nothing here needs to be in any order.
--
-- Times are microseconds since 1970. Columns named *_steps, entries, times and numbers are compressed with pco (see column.rs).
-- application_id 0x53575331 ("SWS1"), user_version 2; upgrade_2.sql brings version 1 here.

CREATE TABLE counters (
    name        TEXT PRIMARY KEY,
    value       INTEGER NOT NULL            -- `version`: raised by every change that a query can see
) WITHOUT ROWID;
INSERT INTO counters VALUES ('version', 0);

CREATE TABLE projects (
    id          INTEGER PRIMARY KEY,
    entity      TEXT NOT NULL,
    name        TEXT NOT NULL,
    next_slot   INTEGER NOT NULL DEFAULT 0, -- colour slots are never given twice
    UNIQUE (entity, name)
);

CREATE TABLE runs (
    id           INTEGER PRIMARY KEY,
    project      INTEGER NOT NULL REFERENCES projects,
    name         TEXT NOT NULL,
    slot         INTEGER NOT NULL,
    deleted      INTEGER NOT NULL DEFAULT 0, -- 1: to be purged by compact, 2: purged; its streams stay known
    version      INTEGER NOT NULL,           -- counters.version at the last change
    rows_version INTEGER NOT NULL,           -- counters.version at the last change of its rows
    sampled_rows INTEGER NOT NULL DEFAULT 0,
    lost_rows    INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX runs_by_name ON runs (project, name) WHERE deleted = 0;
CREATE INDEX runs_by_version ON runs (project, version);
CREATE INDEX runs_to_purge ON runs (deleted) WHERE deleted = 1;

CREATE TABLE streams (
    id           INTEGER PRIMARY KEY,
    uuid         BLOB NOT NULL UNIQUE,       -- 16 bytes
    run          INTEGER NOT NULL REFERENCES runs,
    label        TEXT NOT NULL,
    attempt      INTEGER NOT NULL,           -- as a signed number with the same bits
    opening      BLOB NOT NULL,              -- msgpack
    durable      INTEGER NOT NULL DEFAULT 0, -- number of the last entry that is stored
    heartbeat    INTEGER NOT NULL,
    exit_code    INTEGER,
    -- Of the rows in blocks, by distinct step:
    row_count    INTEGER NOT NULL DEFAULT 0,
    first_step   INTEGER,
    last_step    INTEGER,
    last_entry   INTEGER,                    -- highest entry at the last step
    last_time    INTEGER,                    -- its time
    latest_time  INTEGER                     -- of all rows
);
CREATE INDEX streams_of_run ON streams (run);

CREATE TABLE settings (
    run          INTEGER NOT NULL REFERENCES runs,
    kind         INTEGER NOT NULL,           -- 0 config, 1 summary set by hand, 2 info
    key          TEXT NOT NULL,
    time         INTEGER NOT NULL,
    stream       BLOB NOT NULL,              -- uuid
    entry        INTEGER NOT NULL,
    value        BLOB,                       -- msgpack; NULL: deleted
    until_logged INTEGER NOT NULL DEFAULT 0, -- 1: what is logged later takes its place
    PRIMARY KEY (run, kind, key)
) WITHOUT ROWID;

CREATE TABLE metrics (
    run          INTEGER NOT NULL REFERENCES runs,
    time         INTEGER NOT NULL,
    stream       BLOB NOT NULL,
    entry        INTEGER NOT NULL,
    statement    BLOB NOT NULL,              -- as in the payload of a frame
    PRIMARY KEY (run, time, stream, entry)
) WITHOUT ROWID;

CREATE TABLE files (
    run          INTEGER NOT NULL REFERENCES runs,
    path         TEXT NOT NULL,
    time         INTEGER NOT NULL,
    stream       BLOB NOT NULL,
    entry        INTEGER NOT NULL,
    blob         BLOB NOT NULL,              -- SHA-256 of its content
    size         INTEGER NOT NULL,           -- as a signed number with the same bits
    PRIMARY KEY (run, path)
) WITHOUT ROWID;

CREATE TABLE journal (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: readers cache decoded frames by it
    stream       INTEGER NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    frame        BLOB NOT NULL,                      -- header and payload, verbatim
    row_count    INTEGER                             -- entries that are rows; NULL: written by version 1, which did not count
);
CREATE INDEX journal_by_stream ON journal (stream, first, last, bytes);

CREATE TABLE damaged_frames (                        -- frames of the journal that could not be read any more, set aside as they were
    id           INTEGER PRIMARY KEY,
    stream       INTEGER NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    lost_rows    INTEGER NOT NULL,                   -- counted among those of the run
    reason       TEXT NOT NULL,
    frame        BLOB NOT NULL
);

CREATE TABLE keys (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL,
    name         TEXT NOT NULL,
    has_others   INTEGER NOT NULL DEFAULT 0, -- whether `others` has cells of it
    UNIQUE (run, name)
);

CREATE TABLE blocks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    stream       INTEGER NOT NULL,
    shape        INTEGER NOT NULL,           -- hash of the ids of its keys
    row_count    INTEGER NOT NULL,           -- at most 4,096
    key_count    INTEGER NOT NULL,
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    steps        BLOB NOT NULL,              -- rising, each once
    entries      BLOB NOT NULL,
    times        BLOB NOT NULL,
    sampled      BLOB                        -- a bit per row; NULL: none is
);
CREATE INDEX blocks_by_shape ON blocks (stream, shape, row_count);
CREATE INDEX blocks_by_step ON blocks (stream, first_step, last_step);

CREATE TABLE columns (
    id           INTEGER PRIMARY KEY,        -- block * 2^22 + ordinal
    key          INTEGER NOT NULL,
    stream       INTEGER NOT NULL,
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    min          REAL,                       -- NULL: all are NaN
    max          REAL,
    sum          REAL NOT NULL,              -- without NaN
    first,                                   -- integer, real, or (NaN and -0.0) the 8 bytes of a double
    last,
    numbers      BLOB NOT NULL
);
CREATE INDEX columns_by_key ON columns (key, stream, first_step, last_step, count);

CREATE TABLE tallies (
    id           INTEGER PRIMARY KEY,        -- that of the column, if it has 256 points or more
    tally        BLOB NOT NULL               -- what its numbers add up to, exactly (see tally.rs)
);

CREATE TABLE series (
    key          INTEGER NOT NULL,
    stream       INTEGER NOT NULL,
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    last_entry   INTEGER NOT NULL,           -- highest entry at the last step
    last,                                    -- its number, as in columns
    points       INTEGER NOT NULL,           -- distinct steps
    PRIMARY KEY (key, stream)
) WITHOUT ROWID;

CREATE TABLE others (
    id           INTEGER PRIMARY KEY,
    key          INTEGER NOT NULL,
    stream       INTEGER NOT NULL,
    step         INTEGER NOT NULL,
    entry        INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    value        BLOB NOT NULL               -- msgpack
);
CREATE UNIQUE INDEX others_by_key ON others (key, stream, step, entry, kind);
CREATE INDEX others_by_step ON others (stream, step);
