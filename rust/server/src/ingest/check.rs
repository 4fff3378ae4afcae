//! Checks that turn the bytes of a frame into one that a store may take: every number bounded, every entry
//! read once, and its rows decoded on the way.

use std::sync::Arc;
use stepwell_codec::msgpack::{self, ValueRef};
use stepwell_codec::payload::{EntryRef, RowForm};
use stepwell_codec::{FrameDecoder, FrameError, FrameHeader, FrameView, PayloadError, PayloadReader};
use stepwell_lock::Mutex;
use stepwell_model::{Entry, Opening, StreamId};
use stepwell_store::StreamFrame;
use stepwell_store::decode::RowsDecoder;

/// Decoders that are kept for the next frames: checks run side by side, but on no more processors than this.
const IDLE_DECODERS: usize = 4;
/// Bytes that one of them may keep: those of a usual frame under load.
const IDLE_DECODER_BYTES: usize = 2 << 20;
static DECODERS: Mutex<Vec<FrameDecoder>> = Mutex::new(Vec::new());

/// Bytes that the smallest frame may take.
const MEMORY_BYTES: usize = 4 << 10;
/// Bytes that the keys of a frame may take besides, each in a column of its own: much beside a single row.
const KEYS_BYTES: usize = 1 << 20;

/// Reason why a frame is not taken, as a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CheckError {
    /// The frame is not whole and intact.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// There is something behind the frame.
    #[error("{0} bytes stand behind the frame")]
    Trailing(usize),
    /// Content that cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// It can be read, but not be true.
    #[error("entry {number} {problem}")]
    Entry {
        /// Number of the entry.
        number: u64,
        /// Problem, as the end of a sentence.
        problem: String,
    },
}

impl CheckError {
    /// Whether a newer version may take the frame: nothing of it is to be given up.
    pub(crate) fn is_later(&self) -> bool {
        matches!(self, Self::Frame(FrameError::Later(_)) | Self::Payload(PayloadError::Later(_)))
    }
}

/// Checks the frame that fills `bytes`, and decodes its rows in the same pass. Takes time and memory in
/// proportion to its payload (at most 16 MiB, and [`memory_bytes`]); run it off the threads that serve sockets
/// unless the frame is small.
pub(crate) fn check(stream: StreamId, opening: &Opening, bytes: &[u8]) -> Result<StreamFrame, CheckError> {
    let view = FrameView::parse(bytes)?;
    if view.bytes.len() != bytes.len() {
        return Err(CheckError::Trailing(bytes.len() - view.bytes.len()));
    }
    let idle = DECODERS.lock().pop();
    let mut decoder = idle.map_or_else(FrameDecoder::new, Ok)?;
    let checked = check_payload(stream, opening, &view, decoder.payload(&view)?);
    let mut decoders = DECODERS.lock();
    if decoders.len() < IDLE_DECODERS && decoder.kept_bytes() <= IDLE_DECODER_BYTES {
        decoders.push(decoder);
    }
    checked
}

fn check_payload(stream: StreamId, opening: &Opening, view: &FrameView<'_>, payload: &[u8]) -> Result<StreamFrame, CheckError> {
    let header = view.header;
    let mut reader = PayloadReader::new(payload, header.count)?;
    let names = reader.keys.clone();
    let mut rows = RowsDecoder::new(&names, &reader.shapes, header.count, memory_bytes(&header));
    let (mut number, mut has_statements) = (header.first, false);
    let wrong = |number, problem: &str| CheckError::Entry { number, problem: problem.to_owned() };
    while let Some(entry) = reader.next_entry()? {
        match entry {
            EntryRef::Row(_) if number == 1 => return Err(wrong(number, "is not the opening, which must come first")),
            EntryRef::Row(row) => {
                if row.form == RowForm::Any {
                    for (_, value) in row.cells() {
                        if let ValueRef::Other(bytes) = value {
                            msgpack::check_well_formed(bytes).map_err(PayloadError::from)?;
                        }
                    }
                }
                rows.row(&row, number)?;
            }
            EntryRef::Statement(Entry::Open(found)) if number == 1 => {
                if let Some(field) = difference(&found, opening) {
                    return Err(wrong(number, &format!("has another {field} than the stream was opened with")));
                }
                has_statements = true;
            }
            EntryRef::Statement(Entry::Open(_)) => return Err(wrong(number, "is an opening, which only the first may be")),
            EntryRef::Statement(_) if number == 1 => return Err(wrong(number, "is not the opening, which must come first")),
            EntryRef::Statement(_) => has_statements = true,
        }
        number += 1;
    }
    let rows = rows.finish().map(Arc::new);
    let statements = has_statements.then(|| Arc::from(payload));
    Ok(StreamFrame { stream, header, bytes: view.bytes.into(), statements, rows })
}

/// Bytes that the decoded rows of a frame may take while it waits: rows of numbers take hardly more than their
/// payload; of others, a store decodes them when it needs them.
pub(crate) fn memory_bytes(header: &FrameHeader) -> usize {
    let raw_bytes = header.raw_bytes as usize;
    MEMORY_BYTES + 2 * raw_bytes + (8 * raw_bytes).min(KEYS_BYTES)
}

/// The first field in which two openings differ. The destination does not travel on the wire.
fn difference(found: &Opening, opened: &Opening) -> Option<&'static str> {
    [
        ("entity", found.path.entity == opened.path.entity),
        ("project", found.path.project == opened.path.project),
        ("run", found.path.run == opened.path.run),
        ("label", found.label == opened.label),
        ("rank", found.rank == opened.rank),
        ("primary flag", found.primary == opened.primary),
        ("attempt", found.attempt == opened.attempt),
        ("start time", found.time == opened.time),
        ("runtime offset", found.runtime_offset == opened.runtime_offset),
    ]
    .into_iter()
    .find_map(|(field, same)| (!same).then_some(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_codec::payload::KeyTable;
    use stepwell_codec::{FrameEncoder, PayloadBuilder, msgpack};
    use stepwell_model::{RunPath, Value};

    fn opening() -> Opening {
        Opening { path: RunPath::new("local", "p", "r").unwrap(), ..Opening::default() }
    }

    fn frame(first: u64, build: impl FnOnce(&KeyTable, &mut PayloadBuilder)) -> Vec<u8> {
        let table = KeyTable { keys: vec!["loss".into()], shapes: vec![Box::new([0])] };
        let (mut builder, mut payload, mut out) = (PayloadBuilder::new(), Vec::new(), Vec::new());
        build(&table, &mut builder);
        let count = builder.finish(&table, &mut payload);
        FrameEncoder::new().unwrap().encode(first, count, &payload, &mut out).unwrap();
        out
    }

    fn refused(bytes: &[u8]) -> String {
        check(StreamId([1; 16]), &opening(), bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_sound_frame_is_taken_with_its_payload() {
        let bytes = frame(1, |table, builder| {
            builder.statement(&Entry::Open(Opening { destination: "http://x".into(), host: "h".into(), ..opening() }));
            builder.row(table, 0, 0, 1, false, &msgpack::to_bytes(&Value::Float(0.5)));
        });
        let checked = check(StreamId([1; 16]), &opening(), &bytes).unwrap();
        assert!(checked.statements.is_some());
        assert_eq!(checked.rows.unwrap().groups[0].steps, [0]);
        assert_eq!((checked.header.first, checked.header.last()), (1, 2));
        assert_eq!(&checked.bytes[..], &bytes[..]);
    }

    #[test]
    fn the_first_entry_must_be_the_opening_that_was_announced() {
        let row = |table: &KeyTable, builder: &mut PayloadBuilder| builder.row(table, 0, 0, 1, false, &[1]);
        assert!(refused(&frame(1, row)).contains("must come first"));
        assert!(refused(&frame(1, |_, builder| builder.statement(&Entry::Exit { time: 1, code: 0 }))).contains("must come first"));
        let other = Entry::Open(Opening { path: RunPath::new("local", "p", "other").unwrap(), ..opening() });
        assert_eq!(refused(&frame(1, |_, builder| builder.statement(&other))), "entry 1 has another run than the stream was opened with");
        assert!(refused(&frame(2, |_, builder| builder.statement(&Entry::Open(opening())))).contains("only the first"));
    }

    #[test]
    fn values_that_could_not_be_decoded_later_are_refused_now() {
        let deep = [vec![0x91; 100], vec![0xc0]].concat();
        let key_is_a_number = vec![0x81, 0x01, 0x01];
        let not_utf8 = vec![0xa1, 0xff];
        for value in [deep, key_is_a_number, not_utf8] {
            let bytes = frame(2, |table, builder| builder.row(table, 0, 0, 1, false, &value));
            assert!(!refused(&bytes).is_empty(), "{value:x?}");
        }
    }

    #[test]
    fn rows_that_become_much_larger_are_left_to_be_decoded_later() {
        let nothing = vec![0xdc, 0x27, 0x10].into_iter().chain([0xc0; 10_000]).collect::<Vec<u8>>();
        let large = frame(2, |table, builder| builder.row(table, 0, 0, 1, false, &nothing));
        assert!(check(StreamId([1; 16]), &opening(), &large).unwrap().rows.is_none());
        let doubles = msgpack::to_bytes(&Value::Float(0.5));
        let usual = frame(2, |table, builder| (0..1_000).for_each(|step| builder.row(table, 0, step, 1 << 50, false, &doubles)));
        assert!(check(StreamId([1; 16]), &opening(), &usual).unwrap().rows.is_some());
    }

    #[test]
    fn bytes_behind_the_frame_are_refused() {
        let mut bytes = frame(2, |table, builder| builder.row(table, 0, 0, 1, false, &[1]));
        bytes.push(0);
        assert_eq!(refused(&bytes), "1 bytes stand behind the frame");
    }
}
