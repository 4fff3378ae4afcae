//! Local mode: spools that writers leave, followed live, with and without damage.

use crate::rig::moody::{Mood, Moody};
use crate::rig::{Rig, eventually, frame, id, opening, row};
use std::path::Path;
use std::sync::Arc;
use stepwell_codec::FrameHeader;
use stepwell_codec::payload::statement::opening_to_bytes;
use stepwell_model::{Entry, Opening, Value};
use stepwell_spool::{OsDisk, SpoolOptions, SpoolWriter};
use stepwell_store::MemoryStore;

fn loss(step: i64) -> Entry {
    row(step, &[("loss", Value::Float(step as f64))])
}

/// A writer of one frame after another.
struct Writer {
    spool: SpoolWriter,
    next: u64,
}

impl Writer {
    fn new(root: &Path, stream: u8, opening: &Opening, segment_bytes: u64) -> Self {
        let meta = opening_to_bytes(opening);
        let options = SpoolOptions { segment_bytes };
        let spool = SpoolWriter::create(Arc::new(OsDisk), root, id(stream), &meta, options).unwrap();
        let mut writer = Self { spool, next: 1 };
        writer.write(&[Entry::Open(opening.clone())]);
        writer
    }

    fn write(&mut self, entries: &[Entry]) {
        let bytes = frame(self.next, entries);
        self.spool.append(&FrameHeader::decode(&bytes).unwrap(), &bytes).unwrap();
        self.next += entries.len() as u64;
    }
}

fn run(rig: &Rig, name: &str) -> serde_json::Value {
    rig.get(&format!("/api/v1/run?entity=local&project=digits&run={name}")).json()
}

#[test]
fn a_spool_that_grows_is_shown_as_it_grows() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("spool");
    let rig = Rig::local(Arc::new(MemoryStore::default()), &root);
    assert_eq!(rig.get("/api/v1/status").json()["mode"], "local");
    std::fs::create_dir_all(&root).unwrap();
    let mut writer = Writer::new(&root, 1, &opening("r"), 1 << 20);
    for step in 0..5 {
        writer.write(&[loss(step)]);
        eventually("the step is shown", || run(&rig, "r")["last_step"] == step);
    }
    writer.spool.stream_directory().heartbeat().unwrap();
    eventually("it lives", || run(&rig, "r")["state"] == "running");
    writer.write(&[Entry::Exit { time: 1, code: 3 }]);
    writer.spool.close().unwrap();
    eventually("it failed", || run(&rig, "r")["state"] == "failed");
    assert_eq!(run(&rig, "r")["rows"], 5);
}

#[test]
fn a_backlog_is_read_once_and_a_second_server_goes_on_where_the_store_is() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(MemoryStore::default());
    for stream in 1..=3 {
        let mut writer = Writer::new(directory.path(), stream, &opening(&format!("r{stream}")), 4 << 10);
        for step in 0..2_000 {
            writer.write(&[loss(step)]);
        }
    }
    let rig = Rig::local(store.clone(), directory.path());
    let backlog = |rig: &Rig| rig.get("/api/v1/status").json()["backlog"].clone();
    eventually("all of the backlog is read", || {
        let now = backlog(&rig);
        now["left_bytes"] == 0 && now["read_bytes"].as_u64() > Some(3 * 2_000 * 40)
    });
    eventually("all rows are there", || (1..=3).all(|stream| run(&rig, &format!("r{stream}"))["rows"] == 2_000));
    drop(rig);
    let rig = Rig::local(store, directory.path());
    std::thread::sleep(std::time::Duration::from_millis(500));
    let second = backlog(&rig);
    assert!(
        second["left_bytes"] == 0 && second["read_bytes"].as_u64() <= Some(3 * (4 << 10)),
        "only the last segments are read again: {second}"
    );
    let info = run(&rig, "r2");
    assert_eq!((info["rows"].clone(), info["loss"]["lost_rows"].clone()), (2_000.into(), 0.into()));
}

#[test]
fn a_damaged_frame_costs_its_entries_and_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(directory.path(), 1, &opening("r"), 1 << 20);
    let place = || std::fs::read(segment(directory.path(), 1)).unwrap().len();
    writer.write(&[loss(0)]);
    let damaged_at = place();
    writer.write(&[loss(1), loss(2), loss(3)]);
    writer.write(&[loss(4)]);
    let mut bytes = std::fs::read(segment(directory.path(), 1)).unwrap();
    bytes[damaged_at + 45] ^= 0xff;
    std::fs::write(segment(directory.path(), 1), &bytes).unwrap();
    let rig = Rig::local(Arc::new(MemoryStore::default()), directory.path());
    eventually("what is behind the damage is shown", || run(&rig, "r")["last_step"] == 4);
    let info = run(&rig, "r");
    assert_eq!((info["rows"].clone(), info["loss"]["lost_rows"].clone()), (2.into(), 3.into()));
    writer.write(&[loss(5)]);
    eventually("it goes on", || run(&rig, "r")["last_step"] == 5);
}

#[test]
fn a_spool_without_its_first_segment_still_has_its_run() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(directory.path(), 1, &opening("r"), 600);
    for step in 0..20 {
        writer.write(&[loss(step)]);
    }
    std::fs::remove_file(segment(directory.path(), 1)).unwrap();
    let rig = Rig::local(Arc::new(MemoryStore::default()), directory.path());
    eventually("the rest is shown", || run(&rig, "r")["last_step"] == 19);
    assert!(run(&rig, "r")["loss"]["lost_rows"].as_u64().unwrap() > 0);
}

#[test]
fn a_stream_for_another_server_is_shown_only_while_it_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    for (stream, name) in [(1, "whole"), (2, "trimmed")] {
        let opening = Opening { destination: "http://elsewhere:7117".into(), ..opening(name) };
        let mut writer = Writer::new(directory.path(), stream, &opening, 200);
        for step in 0..20 {
            writer.write(&[loss(step)]);
        }
    }
    std::fs::remove_file(segment(directory.path(), 2)).unwrap();
    let rig = Rig::local(Arc::new(MemoryStore::default()), directory.path());
    eventually("the whole one is shown", || run(&rig, "whole")["rows"] == 20);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(run(&rig, "trimmed")["error"]["code"], "not_found");
}

#[test]
fn the_follower_waits_for_a_store_that_is_away_and_passes_over_a_stream_that_breaks_it() {
    let directory = tempfile::tempdir().unwrap();
    for (stream, name) in [(1, "bad"), (2, "good")] {
        let mut writer = Writer::new(directory.path(), stream, &opening(name), 1 << 20);
        (0..5).for_each(|step| writer.write(&[loss(step)]));
    }
    let store = Arc::new(Moody::default());
    store.be(Mood::Full);
    let rig = Rig::local(store.clone(), directory.path());
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_ne!(run(&rig, "good")["rows"], 5);
    store.be(Mood::BrokenBy(id(1)));
    eventually("the sound stream is shown", || run(&rig, "good")["rows"] == 5);
}

#[test]
fn rubbish_in_the_spool_is_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let rubbish = directory.path().join(id(9).to_string());
    std::fs::create_dir(&rubbish).unwrap();
    std::fs::write(rubbish.join("00000001.seg"), b"SWS1 and nothing sensible after that, for more than a header's length").unwrap();
    std::fs::create_dir(directory.path().join("not a stream")).unwrap();
    Writer::new(directory.path(), 1, &opening("r"), 200).write(&[loss(0)]);
    let rig = Rig::local(Arc::new(MemoryStore::default()), directory.path());
    eventually("the sound one is shown", || run(&rig, "r")["rows"] == 1);
}

fn segment(root: &Path, stream: u8) -> std::path::PathBuf {
    root.join(id(stream).to_string()).join("00000001.seg")
}
