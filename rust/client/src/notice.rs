//! Words for the terminal from threads of ours, which know no Python: one line on standard error.

use std::io::Write;

/// Writes a warning, unless the user wants none. A terminal that is closed is no reason for anything.
pub(crate) fn warn(silent: bool, words: &str) {
    if !silent {
        let _ = std::io::stderr().write_all(format!("stepwell: WARNING {words}\n").as_bytes());
    }
}
