-- Second copies of what the rows of a run hang on, kept by triggers: no one damaged page takes the name of a run, the opening of a stream, the
-- name of a key, a setting, a metric or the name of a file with it. A copy has the fields and the checksum of its row; those of runs and streams
-- are as of the last change of the fields that their triggers name, and whoever salvages takes the newer of two. Blocks have copies
-- in streams of few rows, of which one page of `blocks` may hold all.

CREATE TABLE runs_copy (
    id INTEGER PRIMARY KEY,
    project INTEGER,
    name TEXT,
    slot INTEGER,
    deleted INTEGER,
    version INTEGER,
    rows_version INTEGER,
    sampled_rows INTEGER,
    lost_rows INTEGER,
    statements INTEGER,
    crc INTEGER NOT NULL AS (row_crc(3, id, project, name, slot, deleted, version, rows_version, sampled_rows, lost_rows, statements)) STORED
);
INSERT INTO runs_copy (id, project, name, slot, deleted, version, rows_version, sampled_rows, lost_rows, statements)
    SELECT id, project, name, slot, deleted, version, rows_version, sampled_rows, lost_rows, statements FROM main.runs;
CREATE TRIGGER runs_inserted AFTER INSERT ON runs BEGIN
    INSERT INTO runs_copy (id, project, name, slot, deleted, version, rows_version, sampled_rows, lost_rows, statements)
    VALUES (NEW.id, NEW.project, NEW.name, NEW.slot, NEW.deleted, NEW.version, NEW.rows_version, NEW.sampled_rows, NEW.lost_rows, NEW.statements);
END;
CREATE TRIGGER runs_updated AFTER UPDATE OF deleted, sampled_rows, lost_rows, statements ON runs BEGIN
    UPDATE runs_copy SET project = NEW.project, name = NEW.name, slot = NEW.slot, deleted = NEW.deleted, version = NEW.version, rows_version = NEW.rows_version, sampled_rows = NEW.sampled_rows, lost_rows = NEW.lost_rows, statements = NEW.statements
    WHERE id = NEW.id;
END;

CREATE TABLE streams_copy (
    id INTEGER PRIMARY KEY,
    uuid BLOB,
    run INTEGER,
    label TEXT,
    attempt INTEGER,
    opening BLOB,
    durable INTEGER,
    heartbeat INTEGER,
    exit_code INTEGER,
    row_count INTEGER,
    first_step INTEGER,
    last_step INTEGER,
    last_entry INTEGER,
    last_time INTEGER,
    latest_time INTEGER,
    compacted INTEGER,
    stored_rows INTEGER,
    stored_others INTEGER,
    crc INTEGER NOT NULL AS (row_crc(4, id, uuid, run, label, attempt, opening, durable, heartbeat, exit_code, row_count, first_step, last_step, last_entry, last_time, latest_time, compacted, stored_rows, stored_others)) STORED
);
INSERT INTO streams_copy (id, uuid, run, label, attempt, opening, durable, heartbeat, exit_code, row_count, first_step, last_step, last_entry, last_time, latest_time, compacted, stored_rows, stored_others)
    SELECT id, uuid, run, label, attempt, opening, durable, heartbeat, exit_code, row_count, first_step, last_step, last_entry, last_time, latest_time, compacted, stored_rows, stored_others FROM main.streams;
CREATE TRIGGER streams_inserted AFTER INSERT ON streams BEGIN
    INSERT INTO streams_copy (id, uuid, run, label, attempt, opening, durable, heartbeat, exit_code, row_count, first_step, last_step, last_entry, last_time, latest_time, compacted, stored_rows, stored_others)
    VALUES (NEW.id, NEW.uuid, NEW.run, NEW.label, NEW.attempt, NEW.opening, NEW.durable, NEW.heartbeat, NEW.exit_code, NEW.row_count, NEW.first_step, NEW.last_step, NEW.last_entry, NEW.last_time, NEW.latest_time, NEW.compacted, NEW.stored_rows, NEW.stored_others);
END;
CREATE TRIGGER streams_updated AFTER UPDATE OF exit_code, compacted ON streams BEGIN
    UPDATE streams_copy SET uuid = NEW.uuid, run = NEW.run, label = NEW.label, attempt = NEW.attempt, opening = NEW.opening, durable = NEW.durable, heartbeat = NEW.heartbeat, exit_code = NEW.exit_code, row_count = NEW.row_count, first_step = NEW.first_step, last_step = NEW.last_step, last_entry = NEW.last_entry, last_time = NEW.last_time, latest_time = NEW.latest_time, compacted = NEW.compacted, stored_rows = NEW.stored_rows, stored_others = NEW.stored_others
    WHERE id = NEW.id;
END;

CREATE TABLE settings_copy (
    run INTEGER,
    kind INTEGER,
    key TEXT,
    time INTEGER,
    stream BLOB,
    entry INTEGER,
    value BLOB,
    until_logged INTEGER,
    crc INTEGER NOT NULL AS (row_crc(5, run, kind, key, time, stream, entry, value, until_logged)) STORED,
    PRIMARY KEY (run, kind, key)
) WITHOUT ROWID;
INSERT INTO settings_copy (run, kind, key, time, stream, entry, value, until_logged)
    SELECT run, kind, key, time, stream, entry, value, until_logged FROM main.settings;
CREATE TRIGGER settings_inserted AFTER INSERT ON settings BEGIN
    UPDATE runs SET statements = statements + 1 WHERE id = NEW.run;
    INSERT INTO settings_copy (run, kind, key, time, stream, entry, value, until_logged)
    VALUES (NEW.run, NEW.kind, NEW.key, NEW.time, NEW.stream, NEW.entry, NEW.value, NEW.until_logged);
END;
CREATE TRIGGER settings_updated AFTER UPDATE ON settings BEGIN
    UPDATE settings_copy SET time = NEW.time, stream = NEW.stream, entry = NEW.entry, value = NEW.value, until_logged = NEW.until_logged
    WHERE run = NEW.run AND kind = NEW.kind AND key = NEW.key;
END;
CREATE TRIGGER settings_deleted AFTER DELETE ON settings BEGIN
    DELETE FROM settings_copy WHERE run = OLD.run AND kind = OLD.kind AND key = OLD.key;
END;

CREATE TABLE metrics_copy (
    run INTEGER,
    time INTEGER,
    stream BLOB,
    entry INTEGER,
    statement BLOB,
    crc INTEGER NOT NULL AS (row_crc(6, run, time, stream, entry, statement)) STORED,
    PRIMARY KEY (run, time, stream, entry)
) WITHOUT ROWID;
INSERT INTO metrics_copy (run, time, stream, entry, statement)
    SELECT run, time, stream, entry, statement FROM main.metrics;
CREATE TRIGGER metrics_inserted AFTER INSERT ON metrics BEGIN
    UPDATE runs SET statements = statements + 1 WHERE id = NEW.run;
    INSERT INTO metrics_copy (run, time, stream, entry, statement)
    VALUES (NEW.run, NEW.time, NEW.stream, NEW.entry, NEW.statement);
END;
CREATE TRIGGER metrics_deleted AFTER DELETE ON metrics BEGIN
    DELETE FROM metrics_copy WHERE run = OLD.run AND time = OLD.time AND stream = OLD.stream AND entry = OLD.entry;
END;

CREATE TABLE files_copy (
    run INTEGER,
    path TEXT,
    time INTEGER,
    stream BLOB,
    entry INTEGER,
    blob BLOB,
    size INTEGER,
    crc INTEGER NOT NULL AS (row_crc(7, run, path, time, stream, entry, blob, size)) STORED,
    PRIMARY KEY (run, path)
) WITHOUT ROWID;
INSERT INTO files_copy (run, path, time, stream, entry, blob, size)
    SELECT run, path, time, stream, entry, blob, size FROM main.files;
CREATE TRIGGER files_inserted AFTER INSERT ON files BEGIN
    UPDATE runs SET statements = statements + 1 WHERE id = NEW.run;
    INSERT INTO files_copy (run, path, time, stream, entry, blob, size)
    VALUES (NEW.run, NEW.path, NEW.time, NEW.stream, NEW.entry, NEW.blob, NEW.size);
END;
CREATE TRIGGER files_updated AFTER UPDATE ON files BEGIN
    UPDATE files_copy SET time = NEW.time, stream = NEW.stream, entry = NEW.entry, blob = NEW.blob, size = NEW.size
    WHERE run = NEW.run AND path = NEW.path;
END;
CREATE TRIGGER files_deleted AFTER DELETE ON files BEGIN
    DELETE FROM files_copy WHERE run = OLD.run AND path = OLD.path;
END;

CREATE TABLE keys_copy (
    id INTEGER PRIMARY KEY,
    run INTEGER,
    name TEXT,
    has_others INTEGER,
    crc INTEGER NOT NULL AS (row_crc(10, id, run, name, has_others)) STORED
);
INSERT INTO keys_copy (id, run, name, has_others)
    SELECT id, run, name, has_others FROM main.keys;
CREATE TRIGGER keys_inserted AFTER INSERT ON keys BEGIN
    INSERT INTO keys_copy (id, run, name, has_others)
    VALUES (NEW.id, NEW.run, NEW.name, NEW.has_others);
END;
CREATE TRIGGER keys_deleted AFTER DELETE ON keys BEGIN
    DELETE FROM keys_copy WHERE id = OLD.id;
END;

CREATE TABLE blocks_copy (
    id INTEGER PRIMARY KEY,
    stream INTEGER,
    shape INTEGER,
    row_count INTEGER,
    key_count INTEGER,
    first_step INTEGER,
    last_step INTEGER,
    steps BLOB,
    entries BLOB,
    times BLOB,
    sampled BLOB,
    crc INTEGER NOT NULL AS (row_crc(11, id, stream, shape, row_count, key_count, first_step, last_step, steps, entries, times, sampled)) STORED
);
INSERT INTO blocks_copy (id, stream, shape, row_count, key_count, first_step, last_step, steps, entries, times, sampled)
    SELECT id, stream, shape, row_count, key_count, first_step, last_step, steps, entries, times, sampled FROM main.blocks
    WHERE (SELECT stored_rows FROM main.streams WHERE id = stream) <= 8192;
CREATE TRIGGER blocks_inserted AFTER INSERT ON blocks WHEN (SELECT stored_rows FROM streams WHERE id = NEW.stream) < 8192 BEGIN
    INSERT INTO blocks_copy (id, stream, shape, row_count, key_count, first_step, last_step, steps, entries, times, sampled)
    VALUES (NEW.id, NEW.stream, NEW.shape, NEW.row_count, NEW.key_count, NEW.first_step, NEW.last_step, NEW.steps, NEW.entries, NEW.times, NEW.sampled);
END;
CREATE TRIGGER blocks_deleted AFTER DELETE ON blocks BEGIN
    DELETE FROM blocks_copy WHERE id = OLD.id;
END;
