//! Ingest over gRPC against a real server: order, resumption, hostile frames, and when an acknowledgement is
//! given.

use crate::rig::moody::{Mood, Moody};
use crate::rig::{PATIENCE, Rig, eventually, frame, id, opening, payload, row};
use std::sync::Arc;
use std::time::Duration;
use stepwell_codec::FrameHeader;
use stepwell_model::{Entry, Opening, RunPath, Value, limits};
use stepwell_proto::v1;
use stepwell_proto::v1::client_message::Message as Said;
use stepwell_proto::v1::server_message::Message as Answer;

fn loss(step: i64) -> Entry {
    row(step, &[("loss", Value::Float(step as f64))])
}

fn first_frame(run: &str) -> Vec<u8> {
    frame(1, &[Entry::Open(opening(run)), loss(0)])
}

#[test]
fn frames_are_acknowledged_and_a_stream_goes_on_where_it_was() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    assert_eq!(attached.open(id(1), &opening("r")), 0);
    attached.frame(id(1), &first_frame("r"));
    assert_eq!(attached.ack(), 2);
    drop(attached);
    let mut attached = rig.hello();
    assert_eq!(attached.open(id(1), &opening("r")), 2);
    attached.frame(id(1), &frame(3, &[loss(1), loss(2)]));
    assert_eq!(attached.ack(), 4);
    assert_eq!(rig.get("/api/v1/run?entity=local&project=digits&run=r").json()["rows"], 3);
}

#[test]
fn a_duplicate_is_acknowledged_again_and_stored_once() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    for _ in 0..3 {
        attached.frame(id(1), &first_frame("r"));
        assert_eq!(attached.ack(), 2);
    }
    assert_eq!(rig.get("/api/v1/run?entity=local&project=digits&run=r").json()["rows"], 1);
}

#[test]
fn a_gap_is_answered_with_one_rewind() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    attached.frame(id(1), &frame(5, &[loss(1)]));
    attached.frame(id(1), &frame(6, &[loss(2)]));
    assert!(matches!(attached.answer(), Answer::Rewind(rewind) if rewind.expected == 1));
    assert!(attached.next(Duration::from_millis(100)).is_none(), "the second frame must not be answered");
    attached.frame(id(1), &first_frame("r"));
    assert_eq!(attached.ack(), 2);
}

#[test]
fn many_streams_share_a_connection() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    for stream in 0..50 {
        let opening = Opening { label: stream.to_string(), rank: Some(stream.into()), ..opening("r") };
        attached.open(id(stream), &opening);
        attached.frame(id(stream), &frame(1, &[Entry::Open(opening), loss(0)]));
        while attached.ack() < 2 {}
    }
    assert_eq!(rig.get("/api/v1/run?entity=local&project=digits&run=r").json()["labels"].as_array().unwrap().len(), 50);
}

#[test]
fn a_first_message_other_than_hello_ends_the_call() {
    let rig = Rig::new();
    let mut attached = rig.attach();
    attached.say(Said::Status(v1::Status::default()));
    assert!(attached.next(PATIENCE).unwrap().is_err());
    let mut attached = rig.attach();
    attached.say(Said::Hello(v1::Hello { protocol: 99, version: String::new() }));
    assert!(attached.fatal().contains("protocol 1"));
}

#[test]
fn an_opening_that_cannot_be_is_refused_with_its_field() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    let opening = v1::Opening::from(Opening { path: RunPath { project: "a/b".into(), ..opening("r").path }, ..opening("r") });
    attached.say(Said::Open(v1::OpenStream { stream: vec![1; 16].into(), opening: Some(opening), first_unacked: 1 }));
    assert!(attached.fatal().contains("project"));
    attached.frame(id(1), &first_frame("r"));
    assert!(attached.fatal().contains("not open"));
}

/// Frames that no writer of ours makes, and a word of what is said about each.
fn hostile_frames() -> Vec<(&'static str, Vec<u8>)> {
    let sealed = |header: FrameHeader, payload: &[u8]| [&header.encode()[..], payload].concat();
    let honest = |payload: &[u8], count| FrameHeader {
        compressed: false,
        payload_bytes: payload.len() as u32,
        raw_bytes: payload.len() as u32,
        first: 1,
        count,
        crc: crc(payload),
    };
    let bomb = stepwell_codec::pack::pack(&vec![0; 64 << 20]).unwrap();
    let bombs = |raw_bytes| sealed(FrameHeader { compressed: true, raw_bytes, ..honest(&bomb, 1) }, &bomb);
    let mut flipped = first_frame("r");
    *flipped.last_mut().unwrap() ^= 1;
    let mut magic = first_frame("r");
    magic[0] = b'X';
    let deep = [&[0x93, 0x91, 0xa1, b'k', 0x91, 0x91, 0x00, 0x91, 0x95, 0x00, 0x01, 0x01, 0x00][..], &[0x91; 100_000], &[0xc0]].concat();
    let (whole, count) = payload(&[Entry::Open(opening("r"))]);
    let keys = [&[0x93, 0xdd, 0xff, 0xff, 0xff, 0xff][..], &[0xa0; 100]].concat();
    vec![
        ("cut off", first_frame("r")[..30].to_vec()),
        ("cut off", Vec::new()),
        ("magic", magic),
        ("checksum", flipped),
        ("limit", sealed(FrameHeader { raw_bytes: u32::MAX, ..honest(&whole, count) }, &whole)),
        ("limit", sealed(FrameHeader { payload_bytes: u32::MAX, ..honest(&whole, count) }, &whole)),
        ("cut off", sealed(FrameHeader { payload_bytes: 1 << 20, ..honest(&whole, count) }, &whole)),
        ("decompress", sealed(FrameHeader { raw_bytes: 9, ..honest(&whole, count) }, &whole)),
        ("decompress", bombs(1_000)),
        ("decompress", bombs(limits::FRAME_RAW_BYTES as u32)),
        ("entries", sealed(honest(&whole, count + 1), &whole)),
        ("deeper", sealed(honest(&deep, 1), &deep)),
        ("keys", sealed(honest(&keys, 1), &keys)),
        ("behind the frame", [first_frame("r"), vec![0]].concat()),
        ("opening", frame(1, &[loss(0)])),
        ("run", frame(1, &[Entry::Open(opening("another"))])),
    ]
}

fn crc(payload: &[u8]) -> u32 {
    // The encoder is the only one here that computes checksums; it stores small payloads as they are or packs
    // them.
    let mut table = [0u32; 256];
    for (index, entry) in table.iter_mut().enumerate() {
        *entry = (0..8).fold(index as u32, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 });
    }
    !payload.iter().fold(!0, |crc, &byte| table[((crc ^ u32::from(byte)) & 0xff) as usize] ^ crc >> 8)
}

#[test]
fn hostile_frames_end_their_stream_with_a_sentence_and_nothing_else() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    attached.open(id(200), &opening("good"));
    for (index, (word, bytes)) in hostile_frames().into_iter().enumerate() {
        let stream = id(index as u8);
        assert_eq!(attached.open(stream, &opening("r")), 0);
        attached.frame(stream, &bytes);
        let reason = attached.fatal();
        assert!(reason.contains(word), "case {index}: {reason:?} does not say {word:?}");
        attached.frame(stream, &first_frame("r"));
        assert_eq!(attached.open(stream, &opening("r")), 0, "nothing of it is stored");
    }
    attached.frame(id(200), &first_frame("good"));
    assert_eq!(attached.ack(), 2, "other streams of the connection go on");
}

#[test]
fn a_message_larger_than_any_frame_ends_the_call() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    attached.frame(id(1), &vec![0; limits::FRAME_COMPRESSED_BYTES + (1 << 20)]);
    assert!(attached.next(PATIENCE).unwrap().is_err());
    assert_eq!(rig.get("/api/v1/status").status, 200);
}

#[test]
fn nothing_is_acknowledged_before_the_append_has_returned() {
    let store = Arc::new(Moody::default());
    let rig = Rig::with_store(store.clone());
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    store.be(Mood::Blocked);
    attached.frame(id(1), &first_frame("r"));
    assert!(attached.next(Duration::from_millis(300)).is_none());
    store.be(Mood::Fine);
    assert_eq!(attached.ack(), 2);
}

#[test]
fn a_full_disk_answers_throttle_and_never_an_acknowledgement() {
    let store = Arc::new(Moody::default());
    let rig = Rig::with_store(store.clone());
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    attached.frame(id(1), &first_frame("r"));
    assert_eq!(attached.ack(), 2);
    store.be(Mood::Full);
    attached.frame(id(1), &frame(3, &[loss(1)]));
    attached.frame(id(1), &frame(4, &[loss(2)]));
    match attached.answer() {
        Answer::Throttle(throttle) => assert!(throttle.reason.contains("disk full") && throttle.retry_after_millis > 0),
        other => panic!("{other:?}"),
    }
    assert!(attached.next(Duration::from_millis(300)).is_none(), "one word is enough");
    store.be(Mood::Fine);
    // Everything after the last acknowledgement comes again.
    attached.frame(id(1), &frame(3, &[loss(1)]));
    attached.frame(id(1), &frame(4, &[loss(2)]));
    while attached.ack() < 4 {}
    assert_eq!(rig.get("/api/v1/run?entity=local&project=digits&run=r").json()["rows"], 3);
}

#[test]
fn a_stopping_server_says_drain_and_acknowledges_what_was_in_flight() {
    let store = Arc::new(Moody::default());
    let mut rig = Rig::with_store(store.clone());
    let server = rig.server.take().unwrap();
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    store.be(Mood::Blocked);
    attached.frame(id(1), &first_frame("r"));
    eventually("the frame is at the store", || store.is_waiting());
    let stopping = std::thread::spawn(move || server.stop(PATIENCE));
    assert!(matches!(attached.answer(), Answer::Drain(_)));
    store.be(Mood::Fine);
    assert_eq!(attached.ack(), 2);
    assert!(attached.next(PATIENCE).unwrap().unwrap().is_none(), "then the call ends");
    attached.hang_up();
    drop(attached);
    drop(rig);
    assert!(stopping.join().unwrap());
}

#[test]
fn a_stop_returns_in_time_even_if_the_store_hangs() {
    let store = Arc::new(Moody::default());
    let mut rig = Rig::with_store(store.clone());
    let server = rig.server.take().unwrap();
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    store.be(Mood::Blocked);
    attached.frame(id(1), &first_frame("r"));
    eventually("the frame is at the store", || store.is_waiting());
    let start = std::time::Instant::now();
    assert!(!server.stop(Duration::from_millis(500)));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    store.be(Mood::Fine);
}

#[test]
fn a_heartbeat_reaches_the_store() {
    let rig = Rig::new();
    let mut attached = rig.hello();
    attached.open(id(1), &opening("r"));
    attached.frame(id(1), &first_frame("r"));
    assert_eq!(attached.ack(), 2);
    attached.say(Said::Status(v1::Status { stream: vec![1; 16].into(), queued: 0, lost: 0 }));
    eventually("the run lives", || rig.get("/api/v1/run?entity=local&project=digits&run=r").json()["state"] == "running");
}

#[test]
fn a_frame_that_breaks_the_store_costs_its_own_stream_only() {
    let store = Arc::new(Moody::default());
    let rig = Rig::with_store(store.clone());
    let mut attached = rig.hello();
    attached.open(id(1), &opening("bad"));
    attached.open(id(2), &opening("good"));
    store.be(Mood::Blocked);
    attached.frame(id(1), &first_frame("bad"));
    attached.frame(id(2), &first_frame("good"));
    eventually("a frame is at the store", || store.is_waiting());
    store.be(Mood::BrokenBy(id(1)));
    let answers = [attached.answer(), attached.answer()];
    assert!(answers.iter().any(|answer| matches!(answer, Answer::Fatal(fatal) if fatal.stream[..] == [1; 16])), "{answers:?}");
    assert!(answers.iter().any(|answer| matches!(answer, Answer::Ack(ack) if ack.stream[..] == [2; 16])), "{answers:?}");
}
