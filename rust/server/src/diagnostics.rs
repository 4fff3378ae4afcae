//! What the server says to whoever runs it: one line per event on standard error.

use std::fmt;

/// Says that something went wrong which no reply can carry.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    eprintln!("stepwell server: {message}");
}
