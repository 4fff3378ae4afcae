//! A copy of a large file that nobody else can see or change, and that goes with this process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Bytes in the system's folder for temporary files, without a name.
#[derive(Debug)]
pub(super) struct Temporary {
    file: File,
}

impl Temporary {
    /// Copies what is left of a reader. Where the file system can share blocks, nothing is copied.
    pub(super) fn copy(source: &mut File) -> io::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "an object made before any run begins has no other directory; the file has no name and goes with us"
        )]
        let folder = std::env::temp_dir();
        loop {
            let path = folder.join(format!("stepwell-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
            let mut file = match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                opened => opened?,
            };
            // From here on the system frees it when this process ends, however it ends.
            fs::remove_file(&path)?;
            io::copy(source, &mut file)?;
            return Ok(Self { file });
        }
    }

    /// A reader from the front. It shares no position with others, so that threads and forks do not disturb
    /// each other.
    pub(super) fn reader(&self) -> impl Read {
        Front { file: &self.file, offset: 0 }
    }
}

struct Front<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for Front<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
