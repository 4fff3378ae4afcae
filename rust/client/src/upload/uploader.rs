//! The thread `stepwell-upload`: brings the rows and the files of a living writer to its server, for ever if
//! need be.

use super::files::FileUploader;
use super::rows::RowUploader;
use std::io;
use tokio::runtime::{Builder, Runtime};

/// A runtime for one thread. Name lookups block a thread of its own; one that hangs must not hold whoever
/// shuts it down.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().thread_name("stepwell-dns").max_blocking_threads(1).build()
}

/// Runs until the server has everything, refuses for good, or everyone is to stop. Rows and files have
/// connections of their own, so that a video on its way holds up no number.
pub(crate) fn run(mut rows: RowUploader, files: &FileUploader) {
    match runtime() {
        Ok(runtime) => {
            runtime.block_on(async { tokio::join!(rows.run(), files.run()) });
            runtime.shutdown_background();
        }
        Err(error) => {
            rows.give_up(&format!("cannot start: {error}"));
            files.end(Some(format!("cannot start: {error}")));
        }
    }
}
