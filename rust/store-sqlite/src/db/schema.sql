-- The embedded store, version 4: one file, to be read with `sqlite3 store.sqlite`.
--
-- Every page ends in a checksum (pages.rs), and every row in `crc`, over its table's tag and all its other fields (row_crc.rs): the first finds
-- damage when it is met, the second says which rows of a damaged file are what was written (salvage.rs). What the rows of a run hang on is
-- there twice (copies.sql), and `stored_rows`, `stored_others` and `statements` say how many rows there must be, so that a loss is counted.
--
-- What comes in:     streams (durable number) + journal (frames verbatim) + settings, metrics: all in the transaction of `append`.
-- What it becomes:   blocks (rows: steps, entry numbers, times) + columns (one chunk per key of a block) + others (not numbers)
--                    + parts, digests (where the columns of a key and stream are, and their statistics) + series (what they add up to): in the
--                    transaction of `compact`, which deletes the frames.
-- Every cell is in exactly one of journal, columns and others. Of several cells of one (run, key, label, step) the reader takes the one
-- with the highest (attempt, stream id, entry number), so nothing here needs to be in any order.
--
-- Times are microseconds since 1970. Columns named *_steps, entries, times and numbers are compressed with pco (see column.rs).
-- application_id 0x53575331 ("SWS1"), user_version 4; upgrade_2.sql brings version 1 to 2, upgrade.rs copies 2 into a new file, and upgrade_4.sql
-- brings version 3 to 4 where it is.

CREATE TABLE counters (
    name        TEXT PRIMARY KEY,
    value       INTEGER NOT NULL,           -- `version`: raised by every change that a query can see
    crc          INTEGER NOT NULL AS (row_crc(1, name, value)) STORED
) WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('version', 0);

CREATE TABLE projects (
    id          INTEGER PRIMARY KEY,
    entity      TEXT NOT NULL,
    name        TEXT NOT NULL,
    next_slot   INTEGER NOT NULL DEFAULT 0, -- colour slots are never given twice
    crc          INTEGER NOT NULL AS (row_crc(2, id, entity, name, next_slot)) STORED,
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
    lost_rows    INTEGER NOT NULL DEFAULT 0,
    statements   INTEGER NOT NULL DEFAULT 0, -- rows of it in settings, metrics and files
    crc          INTEGER NOT NULL AS (row_crc(3, id, project, name, slot, deleted, version, rows_version, sampled_rows, lost_rows, statements)) STORED
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
    latest_time  INTEGER,                    -- of all rows
    compacted     INTEGER NOT NULL DEFAULT 0, -- number of the last entry that has left the journal
    stored_rows   INTEGER NOT NULL DEFAULT 0, -- rows of its blocks
    stored_others INTEGER NOT NULL DEFAULT 0, -- rows of it in others
    crc          INTEGER NOT NULL AS (row_crc(4, id, uuid, run, label, attempt, opening, durable, heartbeat, exit_code, row_count, first_step, last_step, last_entry, last_time, latest_time, compacted, stored_rows, stored_others)) STORED
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
    crc          INTEGER NOT NULL AS (row_crc(5, run, kind, key, time, stream, entry, value, until_logged)) STORED,
    PRIMARY KEY (run, kind, key)
) WITHOUT ROWID;

CREATE TABLE metrics (
    run          INTEGER NOT NULL REFERENCES runs,
    time         INTEGER NOT NULL,
    stream       BLOB NOT NULL,
    entry        INTEGER NOT NULL,
    statement    BLOB NOT NULL,              -- as in the payload of a frame
    crc          INTEGER NOT NULL AS (row_crc(6, run, time, stream, entry, statement)) STORED,
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
    crc          INTEGER NOT NULL AS (row_crc(7, run, path, time, stream, entry, blob, size)) STORED,
    PRIMARY KEY (run, path)
) WITHOUT ROWID;

CREATE TABLE journal (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: readers cache decoded frames by it
    stream       INTEGER NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    frame        BLOB NOT NULL,                      -- header and payload, verbatim
    row_count    INTEGER,                            -- entries that are rows; NULL: written by version 1, which did not count
    crc          INTEGER NOT NULL AS (row_crc(8, id, stream, first, last, bytes, frame, row_count)) STORED
);
CREATE INDEX journal_by_stream ON journal (stream, first, last, bytes);

CREATE TABLE damaged_frames (                        -- frames of the journal that could not be read any more, set aside as they were
    id           INTEGER PRIMARY KEY,
    stream       INTEGER NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    lost_rows    INTEGER NOT NULL,                   -- counted among those of the run
    reason       TEXT NOT NULL,
    frame        BLOB NOT NULL,
    crc          INTEGER NOT NULL AS (row_crc(9, id, stream, first, last, lost_rows, reason, frame)) STORED
);

CREATE TABLE keys (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL,
    name         TEXT NOT NULL,
    has_others   INTEGER NOT NULL DEFAULT 0, -- whether `others` has cells of it
    crc          INTEGER NOT NULL AS (row_crc(10, id, run, name, has_others)) STORED,
    UNIQUE (run, name)
);

CREATE TABLE blocks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    stream       INTEGER NOT NULL,
    shape        INTEGER NOT NULL,           -- hash of the ids of its keys; its complement if later rows are not merged with these
    row_count    INTEGER NOT NULL,           -- at most 4,096
    key_count    INTEGER NOT NULL,
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    steps        BLOB NOT NULL,              -- rising, each once
    entries      BLOB NOT NULL,
    times        BLOB NOT NULL,
    sampled      BLOB,                       -- a bit per row; NULL: none is
    crc          INTEGER NOT NULL AS (row_crc(11, id, stream, shape, row_count, key_count, first_step, last_step, steps, entries, times, sampled)) STORED
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
    min          REAL,                       -- this and the next four: NULL and 0 since version 4, `parts` has what they held
    max          REAL,
    sum          REAL NOT NULL,
    first,
    last,
    numbers      BLOB NOT NULL,
    crc          INTEGER NOT NULL AS (row_crc(12, id, key, stream, first_step, last_step, count, min, max, sum, first, last, numbers)) STORED
);
CREATE TABLE parts (                         -- the columns of each series, one after the other
    key          INTEGER NOT NULL,
    stream       INTEGER NOT NULL,
    id           INTEGER NOT NULL,           -- that of the column
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    complete     INTEGER NOT NULL DEFAULT 0, -- 1: it stays as it is until it goes into `digests`
    stats        BLOB,                       -- of pieces of it, if it has 256 points or more (see stats.rs); NULL too: written before version 4
    crc          INTEGER NOT NULL AS (row_crc(13, key, stream, id, first_step, last_step, count, complete, stats)) STORED,
    PRIMARY KEY (key, stream, id)
) WITHOUT ROWID;
CREATE INDEX parts_without_stats ON parts (key) WHERE stats IS NULL AND count >= 256;

CREATE TABLE digests (                       -- complete parts of a series, up to 1,024 in one row instead of one each (see digest.rs)
    id           INTEGER PRIMARY KEY,
    key          INTEGER NOT NULL,
    stream       INTEGER NOT NULL,
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    points       INTEGER NOT NULL,
    chunks       BLOB NOT NULL,              -- where they are, and the statistics of each as a whole
    pieces       BLOB NOT NULL,              -- `stats` of each
    crc          INTEGER NOT NULL AS (row_crc(17, id, key, stream, first_step, last_step, points, chunks, pieces)) STORED
);
CREATE INDEX digests_by_key ON digests (key, stream);

CREATE TABLE series (
    key          INTEGER NOT NULL,
    stream       INTEGER NOT NULL,
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    last_entry   INTEGER NOT NULL,           -- highest entry at the last step
    last,                                    -- its number: integer, real, or (NaN and -0.0) the 8 bytes of a double
    points       INTEGER NOT NULL,           -- distinct steps
    crc          INTEGER NOT NULL AS (row_crc(14, key, stream, first_step, last_step, last_entry, last, points)) STORED,
    PRIMARY KEY (key, stream)
) WITHOUT ROWID;

CREATE TABLE others (
    id           INTEGER PRIMARY KEY,
    key          INTEGER NOT NULL,
    stream       INTEGER NOT NULL,
    step         INTEGER NOT NULL,
    entry        INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    value        BLOB NOT NULL,              -- msgpack
    crc          INTEGER NOT NULL AS (row_crc(15, id, key, stream, step, entry, kind, value)) STORED
);
CREATE UNIQUE INDEX others_by_key ON others (key, stream, step, entry, kind);
CREATE INDEX others_by_step ON others (stream, step);

CREATE TABLE recoveries (                    -- when rows were taken out of a damaged file (salvage.rs)
    id           INTEGER PRIMARY KEY,
    time         INTEGER NOT NULL,
    kept_as      TEXT NOT NULL,              -- name of the damaged file beside this one
    lost_rows    INTEGER NOT NULL,
    report       TEXT NOT NULL,
    crc          INTEGER NOT NULL AS (row_crc(16, id, time, kept_as, lost_rows, report)) STORED
);

CREATE TABLE run_digests (                   -- what tables of runs and lists of keys need of a run that lives no more (table/digest.rs)
    run          INTEGER PRIMARY KEY,
    rows_version INTEGER NOT NULL,           -- that of the run: with another one it counts for nothing
    info         BLOB NOT NULL,
    keys         BLOB NOT NULL,
    crc          INTEGER NOT NULL AS (row_crc(18, run, rows_version, info, keys)) STORED
);
