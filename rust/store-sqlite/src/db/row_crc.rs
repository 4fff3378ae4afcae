//! The checksum of a row: CRC32C over the tag of its table and all its fields, as the SQL function `row_crc`
//! of the generated columns of `schema.sql` computes it, and as whoever reads the file without SQLite checks
//! it.
//!
//! ```text
//! row   := field …                          the first is the tag of the table
//! field := 0 | 1 i64 LE | 2 f64 LE | 3 length: u64 LE, text | 4 length: u64 LE, bytes      as SQLite's types
//! ```

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

/// The checksum of a row.
pub(crate) fn row_crc<'v>(fields: impl IntoIterator<Item = ValueRef<'v>>) -> i64 {
    let sized = |crc: u32, form: u8, bytes: &[u8]| {
        let head = [&[form], &(bytes.len() as u64).to_le_bytes()[..]].concat();
        crc32c::crc32c_append(crc32c::crc32c_append(crc, &head), bytes)
    };
    let word = |crc: u32, form: u8, word: [u8; 8]| {
        let mut field = [form; 9];
        field[1..].copy_from_slice(&word);
        crc32c::crc32c_append(crc, &field)
    };
    let crc = fields.into_iter().fold(0, |crc, field| match field {
        ValueRef::Null => crc32c::crc32c_append(crc, &[0]),
        ValueRef::Integer(value) => word(crc, 1, value.to_le_bytes()),
        ValueRef::Real(value) => word(crc, 2, value.to_bits().to_le_bytes()),
        ValueRef::Text(text) => sized(crc, 3, text),
        ValueRef::Blob(bytes) => sized(crc, 4, bytes),
    });
    i64::from(crc)
}

/// Makes `row_crc` known to a connection.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("row_crc", -1, flags, |context| Ok(row_crc((0..context.len()).map(|at| context.get_raw(at)))))
}
