//! Summary of a stream of the spool, for listings: its numbers, its size, and what is damaged.

use crate::disk::Disk;
use crate::error::SpoolError;
use crate::reader::{Damage, ReadOutcome, SpoolReader};
use crate::segment::{SegmentHeader, file_name};
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
    /// True if it ended in order.
    pub closed: bool,
    /// The writer's last heartbeat.
    pub last_alive: Option<SystemTime>,
    /// The damage, as a sentence for the user; empty if there is none. A torn tail is no damage.
    pub damage: String,
}

/// The meta bytes of a stream, which its first segment has; nothing else is read where that one is sound.
/// Empty while there is no segment.
pub fn meta(disk: &Arc<dyn Disk>, root: &Path, stream: StreamId) -> Result<Vec<u8>, SpoolError> {
    let first = root.join(stream.to_string()).join(file_name(1));
    if let Ok(file) = disk.open(&first)
        && let Ok(header) = SegmentHeader::read(&*file)
        && header.stream == stream
    {
        return Ok(header.meta);
    }
    SpoolReader::open(Arc::clone(disk), root, stream).map(|reader| reader.meta().to_vec())
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

/// Reads all of a stream, until `stops` says so; it is asked at every frame. `lives` says of the meta and the
/// last heartbeat whether the writer may go on. What cannot be read is said in [`StreamSummary::damage`]: one
/// bad stream hides no other.
pub fn summarize(
    disk: Arc<dyn Disk>,
    root: &Path,
    stream: StreamId,
    lives: &dyn Fn(&[u8], Option<SystemTime>) -> bool,
    stops: &mut dyn FnMut() -> bool,
) -> StreamSummary {
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
    let mut problems = Problems::default();
    let result = (|| {
        let mut reader = SpoolReader::open(disk, root, stream)?;
        (summary.acked, summary.closed, summary.last_alive) = (reader.acked(), reader.is_closed(), reader.last_alive());
        summary.meta = reader.meta().to_vec();
        if !lives(&summary.meta, summary.last_alive) {
            reader.set_writer_is_gone();
        }
        loop {
            if stops() {
                problems.stopped = true;
                break;
            }
            match reader.next()? {
                ReadOutcome::Frame { header, bytes } => {
                    if summary.first == 0 {
                        summary.first = header.first;
                        // A segment goes only once the cursor says that the destination has what it held
                        // (A6).
                        if header.first > summary.acked + 1 {
                            problems.missing(summary.acked + 1, header.first - 1);
                        }
                    }
                    summary.last = header.last();
                    summary.bytes += bytes.len() as u64;
                }
                ReadOutcome::Damaged(damage) if damage.torn => {}
                ReadOutcome::Damaged(damage) => problems.damaged(&damage),
                ReadOutcome::Gap { from, to } => {
                    problems.missing(from, to);
                    // What is missing is to be stated like anything that is there.
                    summary.last = to;
                }
                ReadOutcome::End => break,
            }
        }
        if let Some(stranger) = reader.stranger() {
            problems.stranger = format!("{} is no regular file", stranger.display());
        }
        summary.meta = reader.meta().to_vec();
        Ok::<_, SpoolError>(())
    })();
    summary.damage = problems.words(result.err());
    summary
}

/// The problems of a stream.
#[derive(Default)]
struct Problems {
    missing: u64,
    first_gap: Option<(EntryNumber, EntryNumber)>,
    first_damage: Option<Damage>,
    damaged_bytes: u64,
    stranger: String,
    stopped: bool,
}

impl Problems {
    fn damaged(&mut self, damage: &Damage) {
        self.damaged_bytes += damage.to - damage.from;
        self.first_damage.get_or_insert_with(|| damage.clone());
    }

    fn missing(&mut self, from: EntryNumber, to: EntryNumber) {
        self.missing = self.missing.saturating_add((to - from).saturating_add(1));
        self.first_gap.get_or_insert((from, to));
    }

    fn words(self, error: Option<SpoolError>) -> String {
        let mut words = Vec::new();
        if let Some((from, to)) = self.first_gap {
            words.push(format!("{} entries are damaged or missing, the first are {from} to {to}", self.missing));
        }
        if let Some(Damage { segment, from, why, .. }) = self.first_damage {
            let bytes = self.damaged_bytes;
            words.push(format!("{bytes} bytes are no frames, the first at byte {from} of {}: {why}", file_name(segment)));
        }
        if !self.stranger.is_empty() {
            words.push(self.stranger);
        }
        if self.stopped {
            words.push("it was not read to its end".into());
        }
        words.extend(error.map(|error| error.to_string()));
        words.join("; ")
    }
}
