//! Rows of the store's tables, taken from single pages: whichever table and tree a page belonged to, a row
//! says what it is by its checksum.

use super::pages::Pages;
use crate::db::pages::{PAGE_BYTES, Page, SEAL_BYTES};
use crate::db::row_crc::row_crc;
use rusqlite::types::{Value, ValueRef};
use std::io;

/// Bytes of a page that SQLite uses.
const USABLE: usize = PAGE_BYTES - SEAL_BYTES;
/// Bytes of a row that are believed: a frame has 4 MiB, a value 8 MiB.
const MOST_BYTES: u64 = 64 << 20;
/// First bytes of pages that hold rows: leaves of tables, and pages of tables without rowid (which look like
/// those of indices).
const TABLE_LEAF: u8 = 0x0d;
const INDEX_LEAF: u8 = 0x0a;
const INDEX_INTERIOR: u8 = 0x02;

/// A table of `schema.sql`, and its copy in `copies.sql`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) tag: i64,
    pub(crate) name: &'static str,
    /// All but `crc`. Those of the primary key come first, so that they are stored in this order.
    pub(crate) columns: &'static [&'static str],
    /// Whether the first column is the rowid.
    has_rowid: bool,
    /// Columns of type REAL, which SQLite may store as integers.
    reals: &'static [usize],
}

macro_rules! tables {
    ($($constant:ident = $tag:literal $name:literal $rowid:literal [$($column:literal)*] $reals:expr;)*) => {
        $(pub(crate) const $constant: Table =
            Table { tag: $tag, name: $name, columns: &[$($column),*], has_rowid: $rowid, reals: &$reals };)*
        /// All tables that are salvaged; what is in `series`, `parts` and `digests` is made anew.
        pub(crate) const TABLES: &[&Table] = &[$(&$constant),*];
    };
}

tables! {
    COUNTERS = 1 "counters" false ["name" "value"] [];
    PROJECTS = 2 "projects" true ["id" "entity" "name" "next_slot"] [];
    RUNS = 3 "runs" true ["id" "project" "name" "slot" "deleted" "version" "rows_version" "sampled_rows" "lost_rows" "statements"] [];
    STREAMS = 4 "streams" true ["id" "uuid" "run" "label" "attempt" "opening" "durable" "heartbeat" "exit_code" "row_count" "first_step"
        "last_step" "last_entry" "last_time" "latest_time" "compacted" "stored_rows" "stored_others"] [];
    SETTINGS = 5 "settings" false ["run" "kind" "key" "time" "stream" "entry" "value" "until_logged"] [];
    METRICS = 6 "metrics" false ["run" "time" "stream" "entry" "statement"] [];
    FILES = 7 "files" false ["run" "path" "time" "stream" "entry" "blob" "size"] [];
    JOURNAL = 8 "journal" true ["id" "stream" "first" "last" "bytes" "frame" "row_count"] [];
    DAMAGED_FRAMES = 9 "damaged_frames" true ["id" "stream" "first" "last" "lost_rows" "reason" "frame"] [];
    KEYS = 10 "keys" true ["id" "run" "name" "has_others"] [];
    BLOCKS = 11 "blocks" true ["id" "stream" "shape" "row_count" "key_count" "first_step" "last_step" "steps" "entries" "times" "sampled"] [];
    COLUMNS = 12 "columns" true ["id" "key" "stream" "first_step" "last_step" "count" "min" "max" "sum" "first" "last" "numbers"] [6, 7, 8];
    OTHERS = 15 "others" true ["id" "key" "stream" "step" "entry" "kind" "value"] [];
    RECOVERIES = 16 "recoveries" true ["id" "time" "kept_as" "lost_rows" "report"] [];
}

/// A row whose checksum matches.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) table: &'static Table,
    /// In the order of the table's columns.
    pub(crate) fields: Vec<Value>,
    pub(crate) place: Place,
    /// Whether its page lists it. Else it may be an older state, which a damaged page still holds in its free
    /// room.
    pub(crate) listed: bool,
}

/// Place of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    page: u32,
    offset: u16,
    form: u8,
}

impl Row {
    /// The integer in a column; 0 if it holds something else.
    pub(crate) fn integer(&self, column: usize) -> i64 {
        match self.fields.get(column) {
            Some(Value::Integer(value)) => *value,
            _ => 0,
        }
    }

    /// The bytes in a column, `None` if it holds none.
    pub(crate) fn blob(&self, column: usize) -> Option<&[u8]> {
        match self.fields.get(column) {
            Some(Value::Blob(bytes)) => Some(bytes),
            _ => None,
        }
    }
}

/// The rows of a page that is sound, or whatever looks like a row in one that is not.
pub(crate) fn rows_of(pages: &mut Pages, number: u32, page: &Page, sound: bool) -> io::Result<Vec<Row>> {
    let header = if number == 1 { 100 } else { 0 };
    let form = page[header];
    let cells_at = header + if form == INDEX_INTERIOR { 12 } else { 8 };
    let cell_count = usize::from(u16::from_be_bytes([page[header + 3], page[header + 4]]));
    let listed = page[cells_at..USABLE].as_chunks::<2>().0.iter().take(cell_count).map(|pointer| u16::from_be_bytes(*pointer));
    let listed = listed.map(|offset| Place { page: number, offset, form });
    let mut places: Vec<Place> = listed.filter(|_| matches!(form, TABLE_LEAF | INDEX_LEAF | INDEX_INTERIOR)).collect();
    let listed = places.len();
    if !sound {
        // The list of cells, or what says what the page is, may be what is damaged.
        let anywhere = (header + 8)..USABLE;
        places.extend(anywhere.flat_map(|at| [TABLE_LEAF, INDEX_LEAF].map(|form| Place { page: number, offset: at as u16, form })));
    }
    let mut rows = Vec::new();
    for (at, place) in places.into_iter().enumerate() {
        rows.extend(row_at(pages, page, place)?.map(|row| Row { listed: at < listed, ..row }));
    }
    Ok(rows)
}

/// Reads a row again.
pub(crate) fn reread(pages: &mut Pages, place: Place) -> io::Result<Option<Row>> {
    let (page, _) = pages.read(place.page)?;
    row_at(pages, &page, place)
}

fn row_at(pages: &mut Pages, page: &Page, place: Place) -> io::Result<Option<Row>> {
    let mut rest = page.get(usize::from(place.offset)..USABLE).unwrap_or_default();
    if place.form == INDEX_INTERIOR {
        rest = rest.get(4..).unwrap_or_default();
    }
    let Some(length) = varint(&mut rest).filter(|length| (4..=MOST_BYTES).contains(length)) else { return Ok(None) };
    let rowid = if place.form == TABLE_LEAF { varint(&mut rest).map(|rowid| rowid as i64) } else { None };
    // Before the chain of a large row is read: its head must be that of a row of ours.
    let Some(tables) = head(rest).map(|columns| candidates(columns, place.form == TABLE_LEAF)).filter(|tables| !tables.is_empty()) else {
        return Ok(None);
    };
    let Some(payload) = payload(pages, rest, length as usize, place.form)? else { return Ok(None) };
    let Some(mut fields) = fields(&payload) else { return Ok(None) };
    let Some(Value::Integer(crc)) = fields.pop() else { return Ok(None) };
    if let (Some(rowid), Some(Value::Null)) = (rowid, fields.first()) {
        fields[0] = Value::Integer(rowid);
    }
    for table in tables {
        let typed = |(at, field): (usize, &Value)| match field {
            Value::Integer(value) if table.reals.contains(&at) => Value::Real(*value as f64),
            _ => field.clone(),
        };
        let matches = if table.reals.is_empty() {
            row_crc(std::iter::once(ValueRef::Integer(table.tag)).chain(fields.iter().map(ValueRef::from))) == crc
        } else {
            let typed: Vec<Value> = fields.iter().enumerate().map(typed).collect();
            row_crc(std::iter::once(ValueRef::Integer(table.tag)).chain(typed.iter().map(ValueRef::from))) == crc
        };
        if matches {
            return Ok(Some(Row { table, fields, place, listed: true }));
        }
    }
    Ok(None)
}

/// Tables with so many columns, the checksum included.
fn candidates(columns: usize, has_rowid: bool) -> Vec<&'static Table> {
    TABLES.iter().copied().filter(|table| table.has_rowid == has_rowid && table.columns.len() + 1 == columns).collect()
}

/// Number of columns of the record that begins here. Ours have heads that fit into what is in the page of a
/// row.
fn head(record: &[u8]) -> Option<usize> {
    let mut rest = record;
    let length = varint(&mut rest).filter(|length| (2..=200).contains(length))? as usize;
    let mut types = record.get(record.len() - rest.len()..length)?;
    let mut columns = 0;
    while !types.is_empty() {
        varint(&mut types)?;
        columns += 1;
    }
    Some(columns)
}

/// The bytes of a row, those in other pages included.
fn payload(pages: &mut Pages, local: &[u8], length: usize, form: u8) -> io::Result<Option<Vec<u8>>> {
    let most = if form == TABLE_LEAF { USABLE - 35 } else { (USABLE - 12) * 64 / 255 - 23 };
    if length <= most {
        return Ok(local.get(..length).map(<[u8]>::to_vec));
    }
    let least = (USABLE - 12) * 32 / 255 - 23;
    let fitting = least + (length - least) % (USABLE - 4);
    let here = if fitting <= most { fitting } else { least };
    let (Some(bytes), Some(next)) = (local.get(..here), local.get(here..here + 4)) else { return Ok(None) };
    let mut bytes = bytes.to_vec();
    let mut next = u32::from_be_bytes([next[0], next[1], next[2], next[3]]);
    while bytes.len() < length {
        if next == 0 || next > pages.count {
            return Ok(None);
        }
        let (page, _) = pages.read(next)?;
        let more = (length - bytes.len()).min(USABLE - 4);
        bytes.extend_from_slice(&page[4..4 + more]);
        next = u32::from_be_bytes([page[0], page[1], page[2], page[3]]);
    }
    Ok(Some(bytes))
}

/// The fields of a record.
fn fields(record: &[u8]) -> Option<Vec<Value>> {
    let mut rest = record;
    let length = varint(&mut rest)? as usize;
    let mut types = record.get(record.len() - rest.len()..length)?;
    let mut body = record.get(length..)?;
    let mut fields = Vec::new();
    while !types.is_empty() {
        let kind = varint(&mut types)?;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => ((kind - 12) / 2) as usize,
        };
        let (bytes, after) = body.split_at_checked(size)?;
        body = after;
        fields.push(match kind {
            0 => Value::Null,
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            1..=6 => {
                let sign = if bytes[0] & 0x80 != 0 { -1 } else { 0 };
                Value::Integer(bytes.iter().fold(sign, |value: i64, byte| value << 8 | i64::from(*byte)))
            }
            7 => Value::Real(f64::from_bits(u64::from_be_bytes(bytes.try_into().ok()?))),
            _ if kind % 2 == 0 => Value::Blob(bytes.to_vec()),
            _ => Value::Text(String::from_utf8(bytes.to_vec()).ok()?),
        });
    }
    Some(fields)
}

/// SQLite's integer of 1 to 9 bytes.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..9 {
        let byte = *bytes.get(at)?;
        if at == 8 {
            value = value << 8 | u64::from(byte);
        } else {
            value = value << 7 | u64::from(byte & 0x7f);
        }
        if byte < 0x80 || at == 8 {
            *bytes = &bytes[at + 1..];
            return Some(value);
        }
    }
    None
}
