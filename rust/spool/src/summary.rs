//! What is in a spool, for listings.

use crate::{Disk, ReadOutcome, SpoolError, SpoolReader};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use stepwell_model::{EntryNumber, StreamId};

/// One stream of a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSummary {
    /// The stream.
    pub stream: StreamId,
    /// The meta bytes of its segments.
    pub meta: Vec<u8>,
    /// Number of its first entry that is there; 0 if none is.
    pub first: EntryNumber,
    /// Number of its last entry that is there; 0 if none is.
    pub last: EntryNumber,
    /// Number of the last entry that the destination has.
    pub acked: EntryNumber,
    /// Bytes of its frames.
    pub bytes: u64,
    /// Whether it ended in order.
    pub closed: bool,
    /// The writer's last heartbeat.
    pub last_alive: Option<SystemTime>,
    /// What is damaged, as a sentence for the user; empty if nothing is. A torn tail is no damage.
    pub damage: String,
}

/// The streams of a spool, in the order of their ids; none if there is no such directory.
pub fn streams(disk: &dyn Disk, root: &Path) -> Result<Vec<StreamId>, SpoolError> {
    let names = match disk.list(root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(SpoolError::io("list", root))?,
    };
    let mut streams: Vec<StreamId> = names.iter().filter_map(|name| name.parse().ok()).collect();
    streams.sort_unstable();
    Ok(streams)
}

/// Reads all of a stream. What cannot be read is said in [`StreamSummary::damage`]: one bad stream hides no other.
pub fn summarize(disk: Arc<dyn Disk>, root: &Path, stream: StreamId) -> StreamSummary {
    let mut summary = StreamSummary {
        stream,
        meta: Vec::new(),
        first: 0,
        last: 0,
        acked: 0,
        bytes: 0,
        closed: false,
        last_alive: None,
        damage: String::new(),
    };
    let mut gaps = Vec::new();
    let result = (|| {
        let mut reader = SpoolReader::open(disk, root, stream)?;
        (summary.acked, summary.closed, summary.last_alive) = (reader.acked(), reader.is_closed(), reader.last_alive());
        loop {
            match reader.next()? {
                ReadOutcome::Frame { header, bytes } => {
                    if summary.first == 0 {
                        summary.first = header.first;
                    }
                    summary.last = header.last();
                    summary.bytes += bytes.len() as u64;
                }
                ReadOutcome::Gap { from, to } => gaps.push((from, to)),
                ReadOutcome::End => break,
            }
        }
        if let Some(last) = reader.closed().filter(|&last| last > summary.last.max(summary.acked)) {
            gaps.push((summary.last + 1, last));
        }
        summary.meta = reader.meta().to_vec();
        Ok::<_, SpoolError>(())
    })();
    if let Err(error) = result {
        summary.damage = error.to_string();
    } else if let Some(&(from, to)) = gaps.first() {
        let missing: u64 = gaps.iter().map(|(from, to)| to - from + 1).sum();
        summary.damage = format!("{missing} entries are damaged or missing, the first are {from} to {to}");
    }
    summary
}
