//! Parts that the tests of the client share: a writer over a temporary directory, its spool read back, and a
//! scripted server.

#![allow(unreachable_pub, reason = "a module of tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_client::WriterOptions;
use stepwell_codec::{FrameView, PayloadReader, msgpack};
use stepwell_model::{Entry, Opening, RunPath, StreamId, Value};
use stepwell_spool::{Disk, ReadOutcome, SpoolReader};

pub mod server;

pub fn opening(destination: &str) -> Opening {
    Opening {
        path: RunPath::new("local", "p", "r").unwrap(),
        primary: true,
        host: "elsewhere".into(),
        destination: destination.into(),
        ..Opening::default()
    }
}

pub fn options(root: &Path, destination: &str) -> WriterOptions {
    WriterOptions::new(root, opening(destination)).unwrap()
}

pub fn float(value: f64) -> Vec<u8> {
    msgpack::to_bytes(&Value::Float(value))
}

/// The entries of a frame.
pub fn decode(bytes: &[u8]) -> Vec<Entry> {
    let view = FrameView::parse(bytes).unwrap();
    PayloadReader::new(&view.payload().unwrap(), view.header.count).unwrap().entries().unwrap()
}

/// Whether all entries of a frame can be read.
pub fn is_readable(bytes: &[u8]) -> bool {
    let payload = FrameView::parse(bytes).and_then(|view| Ok((view.payload()?, view.header.count)));
    payload.is_ok_and(|(payload, count)| PayloadReader::new(&payload, count).and_then(PayloadReader::entries).is_ok())
}

/// All entries of a stream that are in the spool now.
pub fn entries(disk: Arc<dyn Disk>, root: &Path, stream: StreamId) -> Vec<Entry> {
    let mut reader = SpoolReader::open(disk, root, stream).unwrap();
    let mut entries = Vec::new();
    loop {
        match reader.next().unwrap() {
            ReadOutcome::Frame { header, bytes } => {
                assert_eq!(header.first, entries.len() as u64 + 1);
                entries.extend(decode(bytes));
            }
            ReadOutcome::Damaged(damage) if damage.torn => {}
            _ => return entries,
        }
    }
}

pub fn steps(entries: &[Entry]) -> Vec<i64> {
    entries.iter().filter_map(|entry| if let Entry::Row(row) = entry { Some(row.step) } else { None }).collect()
}

/// Waits until something holds. Long, because machines are slow at times; tests that pass do not wait for it.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 60 s: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
