//! Errors of SQLite as errors of a store.

use rusqlite::{Error, ErrorCode};
use stepwell_store::StoreError;

/// Whether SQLite, or the checksum of a page, says that the file is not what it should be.
pub(crate) fn is_damage(error: &Error) -> bool {
    let pages = matches!(error, Error::SqliteFailure(failure, _) if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_DATA);
    pages || matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The error as the server is told: damage is damage; whatever SQLite refused has changed nothing and may be
/// tried again.
#[allow(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(crate) fn store_error(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        _ if is_damage(&error) => damaged(error),
        Some(ErrorCode::DiskFull) => StoreError::Unavailable(format!("no room left ({error}); nothing of the request was stored")),
        Some(_) => StoreError::Unavailable(format!("{error}; nothing of the request was stored")),
        // Not from SQLite but from reading a column as another type than it has.
        None => damaged(error.to_string()),
    }
}

/// Error for what is stored and cannot be read.
pub(crate) fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("store.sqlite: {what}"))
}
