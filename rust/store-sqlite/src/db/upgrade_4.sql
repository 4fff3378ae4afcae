-- From version 3 to 4, in place: tables of what is derived from the others. Statistics of chunks are made anew, where they are asked for or
-- by maintenance.

DROP INDEX columns_by_key;
DROP TABLE tallies;

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
INSERT INTO parts (key, stream, id, first_step, last_step, count, complete)
    SELECT key, stream, id, first_step, last_step, count, count = 4096 FROM columns ORDER BY key, stream, id;

CREATE TABLE run_digests (                   -- what tables of runs and lists of keys need of a run that lives no more (table/digest.rs)
    run          INTEGER PRIMARY KEY,
    rows_version INTEGER NOT NULL,           -- that of the run: with another one it counts for nothing
    info         BLOB NOT NULL,
    keys         BLOB NOT NULL,
    crc          INTEGER NOT NULL AS (row_crc(18, run, rows_version, info, keys)) STORED
);
