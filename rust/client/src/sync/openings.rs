//! Index of the streams in a directory of spools: the run of each stream, and how often a label of a run has
//! begun.
//!
//! # The index
//!
//! Finding the attempts of a label takes the opening of every stream, and a directory may hold thousands. So
//! they are noted in one file, 40 bytes a stream: magic `SWA1`, stream id, hash of what names the label,
//! attempt, CRC32C of the bytes before; integers are little-endian. Each writer adds its stream; whoever
//! begins, lists, sends or shows runs adds what is missing. The file is never the truth: a stream that it
//! does not name is opened, one that is gone does not count, and a file with anything wrong in it is made
//! anew.

use crate::writer::options::WriterOptions;
use rustc_hash::FxHashMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use stepwell_codec::frame::checksum;
use stepwell_codec::payload::statement::opening_from_bytes;
use stepwell_model::{Opening, StreamId, fnv};
use stepwell_spool::{Disk, SpoolError, meta, stream_lives, streams};

const MAGIC: [u8; 4] = *b"SWA1";
const LINE_BYTES: usize = 40;
/// A larger index is not read: two million streams.
const INDEX_BYTES: u64 = 80 << 20;
/// Openings that one thread reads before a further one is worth its start, and the most of these.
const STREAMS_PER_READER: usize = 500;
const MAX_READERS: usize = 4;

/// A stream and the run it belongs to.
#[derive(Debug, Clone)]
pub struct FoundStream {
    /// The stream.
    pub stream: StreamId,
    /// Its opening; `None` while it has no segment, or if that cannot be read.
    pub opening: Option<Opening>,
    /// True if its writer lives, as far as one can tell.
    pub live: bool,
}

fn opening_of(disk: &Arc<dyn Disk>, root: &Path, stream: StreamId) -> Option<Opening> {
    opening_from_bytes(&meta(disk, root, stream).ok()?).ok()
}

/// The streams of a directory; of each, the header of one segment is read. The index gets what it lacks.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over the disk that the readers keep")]
pub fn openings(disk: Arc<dyn Disk>, root: &Path, index: &Path) -> Result<Vec<FoundStream>, SpoolError> {
    let there = streams(&*disk, root)?;
    let look = |&stream: &StreamId| {
        let opening = opening_of(&disk, root, stream);
        let live = opening.as_ref().is_some_and(|opening| stream_lives(&*disk, root, stream, &opening.host, opening.pid));
        FoundStream { stream, opening, live }
    };
    let found: Vec<FoundStream> = there.iter().map(look).collect();
    let is_among = |streams: &[StreamId], found: &FoundStream| streams.binary_search(&found.stream).is_ok();
    let line = |found: &FoundStream| Some(IndexLine::of(found.stream, found.opening.as_ref()?));
    complete(index, &there, |unknown| found.iter().filter(|found| is_among(unknown, found)).filter_map(line).collect());
    Ok(found)
}

/// A line of the index: one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexLine {
    stream: StreamId,
    label: u64,
    attempt: u64,
}

impl IndexLine {
    fn of(stream: StreamId, opening: &Opening) -> Self {
        let label = hash([&opening.path.entity, &opening.path.project, &opening.path.run, &opening.label]);
        Self { stream, label, attempt: opening.attempt }
    }

    fn encode(self) -> [u8; LINE_BYTES] {
        let mut out = [0; LINE_BYTES];
        out[..4].copy_from_slice(&MAGIC);
        out[4..20].copy_from_slice(&self.stream.0);
        out[20..28].copy_from_slice(&self.label.to_le_bytes());
        out[28..36].copy_from_slice(&self.attempt.to_le_bytes());
        let crc = checksum(&out[..36]);
        out[36..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8; LINE_BYTES]) -> Option<Self> {
        let eight = |at: usize| bytes[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
        let mut stream = [0; 16];
        stream.copy_from_slice(&bytes[4..20]);
        let is_sound = bytes[..4] == MAGIC && checksum(&bytes[..36]).to_le_bytes() == bytes[36..];
        is_sound.then(|| Self { stream: StreamId(stream), label: eight(20), attempt: eight(28) })
    }
}

/// FNV-1a of the parts, each with its end. Two labels of one hash would count each other's attempts, which
/// does no harm.
fn hash(parts: [&str; 4]) -> u64 {
    fnv::of_bytes(parts.iter().flat_map(|part| part.bytes().chain([0xff])))
}

/// The greatest attempt of a label of a run among the streams of a directory, by its index.
pub fn greatest_attempt(disk: Arc<dyn Disk>, root: &Path, index: &Path, label: [&str; 4]) -> Result<Option<u64>, SpoolError> {
    let label = hash(label);
    Ok(complete_index(disk, root, index)?.into_iter().filter(|line| line.label == label).map(|line| line.attempt).max())
}

/// Adds to the index the streams of a directory that it lacks; returns its lines for those that are there.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over the disk that the readers keep")]
pub fn complete_index(disk: Arc<dyn Disk>, root: &Path, index: &Path) -> Result<Vec<IndexLine>, SpoolError> {
    Ok(complete(index, &streams(&*disk, root)?, |unknown| read_lines(&disk, root, unknown)))
}

/// Adds to the index what it lacks of the streams that are there, in the order of their ids. An index that
/// cannot be written costs nothing but time.
fn complete(index: &Path, there: &[StreamId], read: impl FnOnce(&[StreamId]) -> Vec<IndexLine>) -> Vec<IndexLine> {
    let (known, is_sound) = read_index(index);
    let known_by_stream: FxHashMap<StreamId, IndexLine> = known.iter().map(|line| (line.stream, *line)).collect();
    let unknown: Vec<StreamId> = there.iter().copied().filter(|stream| !known_by_stream.contains_key(stream)).collect();
    let new = if unknown.is_empty() { Vec::new() } else { read(&unknown) };
    let lines: Vec<IndexLine> = there.iter().filter_map(|stream| known_by_stream.get(stream)).chain(&new).copied().collect();
    // A file of which most is of streams that are gone is made anew as well.
    if !is_sound || known.len() > 2 * there.len() + 1_000 {
        let _ = write_anew(index, &lines);
    } else if !new.is_empty() {
        let _ = append(index, &new);
    }
    lines
}

/// Adds the stream of a writer that is about to start to the index, as far as that works.
pub fn add_to_index(index: &Path, writer: &WriterOptions) {
    let _ = append(index, &[IndexLine::of(writer.stream, &writer.opening)]);
}

/// Reads the openings of streams; those that cannot be read are left out.
fn read_lines(disk: &Arc<dyn Disk>, root: &Path, streams: &[StreamId]) -> Vec<IndexLine> {
    let read = |streams: &[StreamId]| -> Vec<IndexLine> {
        streams.iter().filter_map(|&stream| Some(IndexLine::of(stream, &opening_of(disk, root, stream)?))).collect()
    };
    let (mine, others) = streams.split_at(streams.len().min(STREAMS_PER_READER));
    thread::scope(|scope| {
        let part = others.len().div_ceil(MAX_READERS).max(STREAMS_PER_READER);
        let readers: Vec<_> = others
            .chunks(part)
            .map(|part| (part, thread::Builder::new().name("sw-openings".into()).spawn_scoped(scope, move || read(part))))
            .collect();
        let mut lines = read(mine);
        for (part, reader) in readers {
            // Where no thread can be had, this one reads.
            lines.extend(reader.ok().and_then(|reader| reader.join().ok()).unwrap_or_else(|| read(part)));
        }
        lines
    })
}

/// The lines of the index, and whether all of it is sound.
fn read_index(path: &Path) -> (Vec<IndexLine>, bool) {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        file.take(INDEX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => {
            let (lines, rest) = bytes.as_chunks::<LINE_BYTES>();
            let sound: Vec<_> = lines.iter().filter_map(IndexLine::decode).collect();
            let is_sound = sound.len() == lines.len() && rest.is_empty() && bytes.len() as u64 <= INDEX_BYTES;
            (sound, is_sound)
        }
        Err(error) => (Vec::new(), error.kind() == io::ErrorKind::NotFound),
    }
}

fn append(path: &Path, lines: &[IndexLine]) -> io::Result<()> {
    make_folder(path);
    let bytes: Vec<u8> = lines.iter().flat_map(|line| line.encode()).collect();
    // One write at the end of the file, which never waits for the reader of a pipe. Who appends at the same
    // time names streams twice, which does no harm.
    OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(libc::O_NONBLOCK).open(path)?.write_all(&bytes)
}

fn write_anew(path: &Path, lines: &[IndexLine]) -> io::Result<()> {
    make_folder(path);
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let bytes: Vec<u8> = lines.iter().flat_map(|line| line.encode()).collect();
    let _ = fs::remove_file(&beside);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?.write_all(&bytes)?;
    fs::rename(&beside, path)
}

/// Makes the folder of the index, not those above it: a directory that was removed stays away.
fn make_folder(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = DirBuilder::new().mode(0o700).create(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stepwell_codec::payload::KeyTable;
    use stepwell_codec::payload::statement::opening_to_bytes;
    use stepwell_codec::{FrameEncoder, FrameHeader, PayloadBuilder};
    use stepwell_model::Entry;
    use stepwell_spool::{OsDisk, SpoolOptions, SpoolWriter};

    const LABEL: [&str; 4] = ["local", "p", "r", ""];

    fn disk() -> Arc<dyn Disk> {
        Arc::new(OsDisk)
    }

    /// Writes a stream of one frame, which holds the opening; returns its segment.
    fn write(root: &Path, stream: u8, run: &str, attempt: u64) -> std::path::PathBuf {
        let opening = Opening { path: stepwell_model::RunPath::new("local", "p", run).unwrap(), attempt, ..Opening::default() };
        let meta = opening_to_bytes(&opening);
        let mut writer = SpoolWriter::create(disk(), root, StreamId([stream; 16]), &meta, SpoolOptions::default()).unwrap();
        let (mut builder, mut payload, mut frame) = (PayloadBuilder::new(), Vec::new(), Vec::new());
        builder.statement(&Entry::Open(opening));
        let count = builder.finish(&KeyTable::default(), &mut payload);
        FrameEncoder::new().unwrap().encode(1, count, &payload, &mut frame).unwrap();
        writer.append(&FrameHeader::decode(&frame).unwrap(), &frame).unwrap();
        writer.close().unwrap();
        writer.directory().join("00000001.seg")
    }

    fn damage(path: &Path, at: usize) {
        let mut bytes = fs::read(path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_stream_whose_header_is_damaged_counts_by_its_first_entry() {
        let directory = tempfile::tempdir().unwrap();
        let (root, index) = (directory.path().join("spool"), directory.path().join("manifest/streams"));
        write(&root, 1, "r", 1);
        damage(&write(&root, 2, "r", 2), 50);
        assert_eq!(greatest_attempt(disk(), &root, &index, LABEL).unwrap(), Some(2));
        let found = openings(disk(), &root, &index).unwrap();
        assert_eq!(found.iter().map(|found| found.opening.as_ref().map(|opening| opening.attempt)).collect::<Vec<_>>(), [Some(1), Some(2)]);
        // Now that the index has it, nothing of the stream is read.
        fs::write(root.join(StreamId([2; 16]).to_string()).join("00000001.seg"), b"").unwrap();
        assert_eq!(greatest_attempt(disk(), &root, &index, LABEL).unwrap(), Some(2));
    }

    #[test]
    fn a_stream_that_says_nothing_counts_for_no_label_and_hides_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let (root, index) = (directory.path().join("spool"), directory.path().join("streams"));
        let segment = write(&root, 1, "r", 9);
        damage(&segment, 50);
        // Behind the header lies the frame with the opening.
        let length = fs::read(&segment).unwrap().len();
        damage(&segment, length - 1);
        write(&root, 2, "r", 3);
        write(&root, 3, "another", 8);
        assert_eq!(greatest_attempt(disk(), &root, &index, LABEL).unwrap(), Some(3));
        let openings: Vec<_> = openings(disk(), &root, &index).unwrap().into_iter().map(|found| found.opening.is_some()).collect();
        assert_eq!(openings, [false, true, true]);
    }

    #[test]
    fn a_stream_that_a_writer_or_a_listing_noted_is_not_read_and_one_that_is_gone_does_not_count() {
        let directory = tempfile::tempdir().unwrap();
        let (root, index) = (directory.path().join("spool"), directory.path().join("manifest/streams"));
        let segments = [1, 2, 3].map(|stream| write(&root, stream, "r", u64::from(stream)));
        // The last one notes itself, as writers do; the listing adds the others.
        let opening = opening_from_bytes(&meta(&disk(), &root, StreamId([3; 16])).unwrap()).unwrap();
        let writer = WriterOptions { stream: StreamId([3; 16]), ..WriterOptions::new(&root, opening).unwrap() };
        add_to_index(&index, &writer);
        assert_eq!(fs::read(&index).unwrap().len(), LINE_BYTES);
        openings(disk(), &root, &index).unwrap();
        assert_eq!(fs::read(&index).unwrap().len(), 3 * LINE_BYTES);
        segments.iter().for_each(|segment| fs::write(segment, b"").unwrap());
        assert_eq!(greatest_attempt(disk(), &root, &index, LABEL).unwrap(), Some(3));
        fs::remove_dir_all(segments[2].parent().unwrap()).unwrap();
        assert_eq!(greatest_attempt(disk(), &root, &index, LABEL).unwrap(), Some(2));
    }

    #[test]
    fn an_index_that_is_damaged_cut_or_strange_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let (root, index) = (directory.path().join("spool"), directory.path().join("streams"));
        (1..=3).for_each(|stream| drop(write(&root, stream, "r", u64::from(stream))));
        greatest_attempt(disk(), &root, &index, LABEL).unwrap();
        let sound = fs::read(&index).unwrap();
        assert_eq!(sound.len(), 3 * LINE_BYTES);
        let flipped = (0..sound.len()).map(|at| sound.iter().enumerate().map(|(place, byte)| byte ^ u8::from(place == at)).collect());
        let cut = (1..LINE_BYTES).map(|cut| sound[..sound.len() - cut].to_vec());
        for (case, bytes) in flipped.chain(cut).chain([b"something else".to_vec()]).enumerate() {
            fs::write(&index, bytes).unwrap();
            assert_eq!(greatest_attempt(disk(), &root, &index, LABEL).unwrap(), Some(3), "case {case}");
            assert_eq!(read_index(&index), (read_index(&index).0, true), "case {case}");
            assert_eq!(fs::read(&index).unwrap().len(), sound.len(), "case {case}");
        }
    }

    proptest! {
        #[test]
        fn what_the_index_says_of_a_stream_is_read_back(stream in any::<[u8; 16]>(), label in any::<u64>(), attempt in any::<u64>()) {
            let line = IndexLine { stream: StreamId(stream), label, attempt };
            prop_assert_eq!(IndexLine::decode(&line.encode()), Some(line));
        }
    }
}
