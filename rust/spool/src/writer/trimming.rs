//! Removing the segments that the destination has, as a task that runs without the writer's lock.

use super::SpoolWriter;
use crate::disk::Disk;
use crate::error::SpoolError;
use crate::mark::Mark;
use crate::segment::file_name;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_model::{EntryNumber, StreamId};

/// The work of a trim, apart from the writer.
pub struct TrimTask {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    stream: StreamId,
    acked: EntryNumber,
    /// True if the cursor is not there yet.
    moves_cursor: bool,
    segments: Vec<u32>,
}

impl TrimTask {
    /// Writes the cursor, waits until it is durable, then unlinks (A6). An error says that some segments may
    /// still be there.
    pub fn run(&self) -> io::Result<()> {
        if self.moves_cursor {
            Mark::Cursor.write(&*self.disk, &self.directory, self.stream, self.acked)?;
        }
        for &number in &self.segments {
            match self.disk.remove(&self.directory.join(file_name(number))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl SpoolWriter {
    /// Moves the cursor and unlinks the segments that hold nothing beyond it.
    pub fn trim(&mut self, acked: EntryNumber) -> Result<(), SpoolError> {
        match self.begin_trim(acked) {
            Some(task) => {
                task.run().map_err(SpoolError::io("trim", &self.directory))?;
                self.finish_trim(&task);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The work now that the destination has everything up to `acked`; `None` if there is none.
    pub fn begin_trim(&self, acked: EntryNumber) -> Option<TrimTask> {
        let acked = acked.min(self.last).max(self.cursor);
        // A segment in which a write failed goes as well, though none follows it: on a full disk its room is
        // what the next one needs. But while blobs wait, the last one says whose they are.
        let current = self.segments.last().filter(|_| self.appending || self.has_blobs()).map(|segment| segment.number);
        let done = self.segments.iter().filter(|segment| segment.last <= acked && Some(segment.number) != current);
        let segments: Vec<u32> = done.map(|segment| segment.number).collect();
        let moves_cursor = acked > self.cursor;
        (moves_cursor || !segments.is_empty()).then(|| TrimTask {
            disk: Arc::clone(&self.disk),
            directory: self.directory.clone(),
            stream: self.stream,
            acked,
            moves_cursor,
            segments,
        })
    }

    fn has_blobs(&self) -> bool {
        self.disk.list(&self.directory.join("blobs")).is_ok_and(|names| !names.is_empty())
    }

    /// Takes note of a trim that was done.
    pub fn finish_trim(&mut self, task: &TrimTask) {
        self.cursor = self.cursor.max(task.acked);
        self.segments.retain(|segment| !task.segments.contains(&segment.number));
        if self.lost_from.is_some() && self.cursor >= self.last {
            self.lost_from = None;
        }
    }
}
