//! A sync of damaged spools: nothing is removed that is not acknowledged and understood (A5, A7).

use crate::rig::server::{Deed, Server};
use crate::rig::{opening, steps};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stepwell_client::{SyncOptions, SyncedStream, greatest_attempt, spooled_streams, sync};
use stepwell_codec::payload::KeyTable;
use stepwell_codec::payload::statement::opening_to_bytes;
use stepwell_codec::{FrameEncoder, FrameHeader, PayloadBuilder, frame::checksum, msgpack};
use stepwell_model::{Entry, Opening, RunPath, StreamId, Value};
use stepwell_spool::{OsDisk, SpoolOptions, SpoolWriter};

const ROWS: i64 = 6;

/// A frame of one entry each: the opening, then rows.
fn frame(number: u64, opening: &Opening) -> Vec<u8> {
    let table = KeyTable { keys: vec!["loss".into()], shapes: vec![Box::new([0])] };
    let (mut builder, mut payload, mut bytes) = (PayloadBuilder::new(), Vec::new(), Vec::new());
    if number == 1 {
        builder.statement(&Entry::Open(opening.clone()));
    } else {
        let step = number as i64 - 2;
        builder.row(&table, 0, step, step, false, &msgpack::to_bytes(&Value::Float(step as f64)));
    }
    let count = builder.finish(&table, &mut payload);
    FrameEncoder::new().unwrap().encode(number, count, &payload, &mut bytes).unwrap();
    bytes
}

/// Writes a stream that was meant for a server, by a writer that is gone; returns its segments.
fn write(root: &Path, stream: StreamId, run: &str, destination: &str) -> Vec<PathBuf> {
    let opening = Opening { path: RunPath::new("local", "p", run).unwrap(), pid: u32::MAX, ..opening(destination) };
    let meta = opening_to_bytes(&opening);
    let mut writer = SpoolWriter::create(Arc::new(OsDisk), root, stream, &meta, SpoolOptions { segment_bytes: 450 }).unwrap();
    for number in 1..=ROWS as u64 + 1 {
        let bytes = frame(number, &opening);
        writer.append(&FrameHeader::decode(&bytes).unwrap(), &bytes).unwrap();
    }
    writer.close().unwrap();
    let mut segments: Vec<_> = fs::read_dir(writer.directory()).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
    segments.sort();
    segments
}

fn run(root: &Path, server: &Server) -> Vec<SyncedStream> {
    let (url, disk) = (server.url(), Arc::new(OsDisk));
    let timeout = Some(Duration::from_secs(30));
    let options = SyncOptions { url, streams: None, token: String::new(), timeout, patience: Duration::from_secs(5), disk };
    sync(root, &options, &mut |_| true).unwrap()
}

/// What is in `rejected/`: every file but the texts.
fn kept(root: &Path) -> Vec<Vec<u8>> {
    let files = fs::read_dir(root.join("rejected")).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn of_every_flipped_byte_the_server_hears_and_the_segment_is_kept_before_the_stream_goes() {
    let server = Server::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let sample = write(&directory.path().join("sample"), StreamId([1; 16]), "r", "http://elsewhere:1");
    assert!(sample.len() > 1, "{sample:?}");
    let mut number = 0u16;
    for (index, path) in sample.iter().enumerate() {
        for at in (0..fs::metadata(path).unwrap().len() as usize).step_by(5) {
            number += 1;
            let root = directory.path().join(number.to_string());
            let mut id = [2; 16];
            id[..2].copy_from_slice(&number.to_le_bytes());
            let segments = write(&root, StreamId(id), "r", "http://elsewhere:1");
            let mut bytes = fs::read(&segments[index]).unwrap();
            bytes[at] ^= 0x11;
            fs::write(&segments[index], &bytes).unwrap();
            let done = run(&root, &server).remove(0);
            let entries = server.memory.lock().entries.remove(&id[..]).unwrap_or_default();
            let lost = entries.iter().filter(|entry| matches!(entry, Entry::Lost { .. })).count();
            assert!(done.complete && !segments[0].exists(), "{done:?}");
            assert_eq!((entries.len(), steps(&entries).len() + lost), (7, 6), "byte {at} of segment {index}");
            assert!(lost <= 1 && done.lost <= 1 && done.kept);
            assert!(kept(&root).contains(&bytes), "byte {at} of segment {index}: the only copy is in rejected/");
            let again = run(&root, &server);
            assert!(again.is_empty() && kept(&root).contains(&bytes));
        }
    }
}

#[test]
fn a_segment_that_is_cut_or_gone_is_stated_and_what_is_left_of_it_kept() {
    let server = Server::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    for (name, id) in [("cut", 3), ("gone", 4)] {
        let root = directory.path().join(name);
        let segments = write(&root, StreamId([id; 16]), "r", "http://elsewhere:1");
        let bytes = fs::read(&segments[1]).unwrap();
        if name == "cut" {
            fs::write(&segments[1], &bytes[..bytes.len() - 30]).unwrap();
        } else {
            fs::remove_file(&segments[1]).unwrap();
        }
        let done = run(&root, &server).remove(0);
        let entries = server.memory.lock().entries.remove(&vec![id; 16]).unwrap();
        let lost = entries.iter().filter(|entry| matches!(entry, Entry::Lost { .. })).count();
        assert!(done.complete && lost > 0 && done.lost == lost as u64, "{done:?}");
        assert_eq!(entries.len(), 7);
        assert_eq!(kept(&root).len(), usize::from(name == "cut"));
        let texts = fs::read_dir(root.join("rejected")).unwrap().map(|entry| entry.unwrap().path());
        let said: String = texts.filter(|path| path.extension().unwrap() == "txt").map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(said.contains("are lost"), "{said}");
    }
}

#[test]
fn frames_of_a_later_version_stop_the_stream_and_stay() {
    let server = Server::start(&[]);
    for (at, byte, words) in [(4, 2, "kind 2"), (5, 3, "codec 3"), (3, b'9', "SWF9")] {
        let directory = tempfile::tempdir().unwrap();
        let id = StreamId([byte; 16]);
        let segments = write(directory.path(), id, "r", "http://elsewhere:1");
        let last = segments.last().unwrap();
        let mut bytes = fs::read(last).unwrap();
        let place = bytes.len() - bytes.windows(4).rev().position(|four| four == b"SWF1").unwrap() - 4;
        bytes[place + at] = byte;
        let crc = checksum(&bytes[place..place + 36]);
        bytes[place + 36..place + 40].copy_from_slice(&crc.to_le_bytes());
        fs::write(last, &bytes).unwrap();
        for _ in 0..2 {
            let done = run(directory.path(), &server).remove(0);
            assert!(!done.complete && done.lost == 0 && !done.kept, "{done:?}");
            assert!(done.summary.damage.contains(words) && done.summary.damage.contains("a newer stepwell is needed"), "{done:?}");
            assert_eq!(fs::read(last).unwrap(), bytes);
            assert_eq!(server.memory.lock().entries[&id.0.to_vec()].len(), 6, "what is before is delivered");
        }
    }
}

#[test]
fn a_sound_frame_that_nobody_can_decode_is_kept_and_the_rest_arrives() {
    let server = Server::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let id = StreamId([9; 16]);
    let segments = write(directory.path(), id, "r", "http://elsewhere:1");
    let bytes = fs::read(&segments[0]).unwrap();
    // The second frame of the first segment, with another payload of the same length.
    let place = bytes.windows(4).enumerate().filter(|(_, four)| *four == b"SWF1").nth(1).unwrap().0;
    let header = FrameHeader::decode(&bytes[place..]).unwrap();
    let payload = vec![0xc1; header.payload_bytes as usize];
    let lie = FrameHeader { compressed: false, raw_bytes: header.payload_bytes, crc: checksum(&payload), ..header };
    let bytes = [&bytes[..place], &lie.encode(), &payload, &bytes[place + header.frame_bytes()..]].concat();
    fs::write(&segments[0], &bytes).unwrap();
    let done = run(directory.path(), &server).remove(0);
    assert!(done.complete && done.kept && !segments[0].exists(), "{done:?}");
    let entries = &server.memory.lock().entries[&id.0.to_vec()];
    assert_eq!((entries.len(), steps(entries)), (7, vec![1, 2, 3, 4, 5]));
    assert!(kept(directory.path()).contains(&bytes));
}

#[test]
fn many_streams_go_over_one_connection_and_one_that_is_refused_holds_up_no_other() {
    let server = Server::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let away = "http://elsewhere:1";
    for number in 0..300u16 {
        let mut id = [5; 16];
        id[..2].copy_from_slice(&number.to_le_bytes());
        write(directory.path(), StreamId(id), &format!("r{number}"), if number % 2 == 0 { away } else { "" });
    }
    server.memory.lock().script.extend([Deed::Acknowledge, Deed::Fatal("not this one")]);
    let done = run(directory.path(), &server);
    assert_eq!(server.memory.lock().connections, 1);
    let refused: Vec<_> = done.iter().filter(|stream| !stream.complete).collect();
    assert!(refused.len() == 1 && refused[0].summary.damage.contains("not this one"), "{refused:?}");
    let left = spooled_streams(Arc::new(OsDisk), directory.path()).unwrap();
    assert!(left.len() == 150 || left.len() == 151, "local ones and the refused one stay: {}", left.len());
    assert!(left.iter().all(|stream| stream.summary.acked == 7 || stream.summary.stream == refused[0].summary.stream));
    assert!(server.memory.lock().entries.values().filter(|entries| entries.len() == 7).count() >= 299);
    let again = run(directory.path(), &server);
    assert!(again.iter().all(|stream| stream.complete) && server.memory.lock().entries.len() == 300);
    assert!(server.memory.lock().entries.values().all(|entries| entries.len() == 7), "nothing twice");
}

#[test]
fn the_index_of_openings_is_a_memory_and_never_the_truth() {
    let directory = tempfile::tempdir().unwrap();
    let (root, index) = (directory.path().join("spool"), directory.path().join("manifest").join("streams"));
    let attempt = |run: &str| greatest_attempt(Arc::new(OsDisk), &root, &index, ["local", "p", run, ""]).unwrap();
    assert_eq!(attempt("r1"), None);
    for number in 0..20u8 {
        write(&root, StreamId([number; 16]), &format!("r{}", number % 3), "");
    }
    assert_eq!((attempt("r1"), attempt("none")), (Some(0), None));
    let whole = fs::read(&index).unwrap();
    assert_eq!(whole.len(), 20 * 40);
    for damaged in [&whole[..whole.len() - 7], &[0xa5; 123], &[&whole[..40], &[1; 40], &whole[80..]].concat(), b""] {
        fs::write(&index, damaged).unwrap();
        assert_eq!((attempt("r1"), attempt("none")), (Some(0), None));
        assert_eq!(fs::read(&index).unwrap().len(), 20 * 40, "it is made anew");
    }
    // Streams that are gone do not count, whatever the index says of them.
    fs::remove_dir_all(&root).unwrap();
    assert_eq!(attempt("r1"), None);
    fs::remove_file(&index).unwrap();
    fs::create_dir(&index).unwrap();
    write(&root, StreamId([1; 16]), "r1", "");
    assert_eq!(attempt("r1"), Some(0), "without an index all openings are read");
}
