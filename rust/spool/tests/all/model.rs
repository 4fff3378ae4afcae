//! The spool against a simple model of it: what was synced is found after a power loss at any moment, and
//! nothing else is ever taken for a frame.

use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use stepwell_codec::FrameEncoder;
use stepwell_codec::frame::FrameHeader;
use stepwell_model::StreamId;
use stepwell_spool::simulation::SimulatedDisk;
use stepwell_spool::{Disk, ReadOutcome, SpoolOptions, SpoolReader, SpoolWriter, summarize};

const STREAM: StreamId = StreamId([7; 16]);
const META: &[u8] = b"meta";

fn root() -> &'static Path {
    Path::new("/spool")
}

/// A frame of `count` entries whose payload depends on its first number only.
fn frame(first: u64, count: u32) -> (FrameHeader, Vec<u8>) {
    let mut bytes = Vec::new();
    let raw: Vec<u8> = (0..count).map(|i| (first as u32 * 31 + i) as u8).collect();
    let header = FrameEncoder::new().unwrap().encode(first, count, &raw, &mut bytes).unwrap();
    (header, bytes)
}

#[derive(Debug, Clone)]
enum Step {
    Append(u32),
    Sync,
    Trim(u64),
    Heartbeat,
    FailSync,
    Capacity(Option<usize>),
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1u32..20).prop_map(Step::Append),
        3 => Just(Step::Sync),
        2 => (0u64..100).prop_map(Step::Trim),
        1 => Just(Step::Heartbeat),
        1 => Just(Step::FailSync),
        1 => proptest::option::of(0usize..2_000).prop_map(Step::Capacity),
        1 => Just(Step::Close),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What the model knows: everything is a number.
#[derive(Default, Debug)]
struct Model {
    last: u64,
    synced: u64,
    /// The greatest number ever given to `trim`, whether or not that succeeded.
    acked: u64,
    acked_surely: u64,
}

fn run(disk: &SimulatedDisk, steps: &[Step]) -> Option<(SpoolWriter, Model)> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut model = Model::default();
    let mut writer = SpoolWriter::create(shared, root(), STREAM, META, SpoolOptions { segment_bytes: 300 }).ok()?;
    for step in steps {
        match step {
            Step::Append(count) => {
                let (header, bytes) = frame(model.last + 1, *count);
                if writer.append(&header, &bytes).is_ok() {
                    model.last += u64::from(*count);
                }
                assert_eq!(writer.last(), model.last);
            }
            Step::Sync => model.synced = writer.sync().map_or(model.synced, |synced| synced.max(model.synced)),
            Step::Trim(acked) => {
                // Only what is durable somewhere is ever acknowledged.
                let acked = (*acked).min(model.last);
                model.acked = model.acked.max(acked);
                if writer.trim(acked).is_ok() {
                    model.acked_surely = model.acked_surely.max(acked);
                }
            }
            Step::Heartbeat => drop(writer.stream_directory().heartbeat()),
            Step::FailSync => disk.fail_syncs(1),
            Step::Capacity(bytes) => disk.set_capacity(bytes.map(|bytes| bytes + 200)),
            Step::Close => {
                if writer.close().is_ok() {
                    model.synced = model.last.min(writer.synced()).max(model.synced);
                }
            }
        }
    }
    Some((writer, model))
}

/// The entries that a reader finds, checked to be what was written.
fn read(disk: &SimulatedDisk) -> (Vec<u64>, u64) {
    let mut reader = SpoolReader::open(Arc::new(disk.clone()), root(), STREAM).unwrap();
    let mut found = Vec::new();
    loop {
        match reader.next().unwrap() {
            ReadOutcome::Frame { header, bytes } => {
                assert_eq!(frame(header.first, header.count).1, bytes, "a frame is found as it was written");
                assert!(found.last().is_none_or(|last| header.first == last + 1));
                found.extend(header.first..=header.last());
            }
            ReadOutcome::Damaged(_) => {}
            ReadOutcome::Gap { from, to } => {
                assert!(from <= to);
                found.push(to);
            }
            ReadOutcome::End => break,
        }
    }
    (found, reader.acked())
}

fn check_after_power_loss(disk: &SimulatedDisk, model: &Model, seed: u64) {
    let after = disk.after_power_loss(seed);
    let (found, cursor) = read(&after);
    assert!((model.acked_surely..=model.acked).contains(&cursor) || cursor <= model.acked, "the cursor is an ack");
    assert!(cursor >= model.acked_surely, "an ack that was written down is found: {cursor} {model:?}");
    for number in cursor + 1..=model.synced {
        assert!(found.contains(&number), "entry {number} was synced and is lost: {found:?} {model:?} {:?}", disk.log());
    }
    assert!(found.iter().all(|&number| number <= model.last.max(1) + 20));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_synced_is_found_whenever_the_power_fails(steps in steps(), seed: u64) {
        let calm = SimulatedDisk::new();
        let (writer, model) = run(&calm, &steps).unwrap();
        let (found, _) = read(&calm);
        prop_assert_eq!(found.last().copied().unwrap_or(0).max(model.acked), model.last, "without a power loss nothing is missing");
        drop(writer);
        check_after_power_loss(&calm, &model, seed);
        for operation in 0..calm.operations() {
            let disk = SimulatedDisk::new();
            disk.crash_at(Some(operation));
            if let Some((_, model)) = run(&disk, &steps) {
                check_after_power_loss(&disk, &model, seed ^ operation);
            }
        }
    }
}

#[test]
fn the_cursor_is_durable_before_a_segment_is_unlinked() {
    let disk = SimulatedDisk::new();
    let (mut writer, model) =
        run(&disk, &[Step::Append(100), Step::Append(100), Step::Append(100), Step::Append(100), Step::Sync]).unwrap();
    writer.trim(model.last - 100).unwrap();
    let log = disk.log();
    let removed = log.iter().position(|line| line == "remove 00000001.seg").expect("a segment is removed");
    let renamed = log.iter().rposition(|line| line == "rename cursor").unwrap();
    let synced = log[..removed].iter().rposition(|line| line.starts_with("syncdir")).unwrap();
    let written = log[..renamed].iter().rposition(|line| line.starts_with("sync cursor")).unwrap();
    assert!(written < renamed && renamed < synced && synced < removed, "{log:?}");
}

/// A spool of one segment, and what is in it.
fn small_spool() -> (SimulatedDisk, std::path::PathBuf, Vec<u8>) {
    let disk = SimulatedDisk::new();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut writer = SpoolWriter::create(shared, root(), STREAM, META, SpoolOptions::default()).unwrap();
    for first in [1, 11, 21, 31] {
        let (header, bytes) = frame(first, 10);
        writer.append(&header, &bytes).unwrap();
    }
    writer.sync().unwrap();
    let path = writer.directory().join("00000001.seg");
    let bytes = disk.contents(&path).unwrap();
    (disk, path, bytes)
}

#[test]
fn a_flipped_bit_costs_one_frame_at_most() {
    let (disk, path, bytes) = small_spool();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        disk.set_contents(&path, &damaged);
        let mut reader = SpoolReader::open(Arc::new(disk.clone()), root(), STREAM).unwrap();
        let (mut frames, mut missing) = (0, 0);
        loop {
            match reader.next().unwrap() {
                ReadOutcome::Frame { header, bytes } => {
                    assert_eq!(frame(header.first, 10).1, bytes);
                    frames += 1;
                }
                ReadOutcome::Damaged(_) => {}
                ReadOutcome::Gap { from, to } => missing += to - from + 1,
                ReadOutcome::End => break,
            }
        }
        // Damage of the last frame cannot be told from a torn tail; damage of the first shows by its number.
        assert!(frames >= 3 && missing <= 10, "bit {bit}: {frames} frames, {missing} missing");
    }
}

#[test]
fn a_torn_tail_is_not_an_error() {
    let (disk, path, bytes) = small_spool();
    for length in 0..=bytes.len() {
        disk.set_contents(&path, &bytes[..length]);
        let mut reader = SpoolReader::open(Arc::new(disk.clone()), root(), STREAM).unwrap();
        let mut last = 0;
        while let ReadOutcome::Frame { header, .. } = reader.next().unwrap() {
            assert_eq!(header.first, last + 1);
            last = header.last();
        }
        assert!(last <= 40 && reader.next().unwrap() == ReadOutcome::End);
        let summary = summarize(Arc::new(disk.clone()), root(), STREAM, &|_, _| true, &mut || false);
        assert_eq!((summary.last, summary.damage), (last, String::new()), "cut at {length}");
    }
}

#[test]
fn another_version_is_refused_by_name() {
    let (disk, path, mut bytes) = small_spool();
    bytes[4] = 2;
    let meta_end = 36 + META.len();
    let crc = crc32c::crc32c(&bytes[..meta_end]);
    bytes[meta_end..meta_end + 4].copy_from_slice(&crc.to_le_bytes());
    disk.set_contents(&path, &bytes);
    let error = SpoolReader::open(Arc::new(disk.clone()), root(), STREAM).err().unwrap().to_string();
    assert!(error.contains("00000001.seg") && error.contains("version is 2"), "{error}");
    disk.set_contents(&path, b"something else entirely, and long enough to be a header");
    let error = SpoolReader::open(Arc::new(disk), root(), STREAM).err().unwrap().to_string();
    assert!(error.contains("00000001.seg") && error.contains("SWS1"), "{error}");
}

#[test]
fn a_full_disk_leaves_no_half_frames_and_writing_resumes_in_a_new_segment() {
    let disk = SimulatedDisk::new();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut writer = SpoolWriter::create(shared, root(), STREAM, META, SpoolOptions::default()).unwrap();
    let (header, bytes) = frame(1, 10);
    writer.append(&header, &bytes).unwrap();
    let (header, bytes) = frame(11, 10);
    for room in [0, 10, 45, 60] {
        disk.set_capacity(Some(disk.contents(&writer.directory().join("00000001.seg")).unwrap().len() + room));
        let error = writer.append(&header, &bytes).unwrap_err();
        assert!(matches!(error, stepwell_spool::AppendError::NoRoom { .. }), "{error}");
    }
    let names = disk.list(writer.directory()).unwrap();
    assert_eq!(names.iter().filter(|name| name.ends_with(".seg")).count(), 1, "retries leave no files: {names:?}");
    disk.set_capacity(None);
    writer.append(&header, &bytes).unwrap();
    assert_eq!(read(&disk).0, (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_reader_follows_a_writer_and_goes_back_where_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(stepwell_spool::OsDisk);
    let options = SpoolOptions { segment_bytes: 500 };
    let mut writer = SpoolWriter::create(Arc::clone(&disk), directory.path(), STREAM, META, options).unwrap();
    let mut reader = SpoolReader::open(Arc::clone(&disk), directory.path(), STREAM).unwrap();
    assert_eq!(reader.next().unwrap(), ReadOutcome::End);
    for first in (1..500).step_by(10) {
        let (header, bytes) = frame(first, 10);
        writer.append(&header, &bytes).unwrap();
        assert_eq!(reader.next().unwrap(), ReadOutcome::Frame { header, bytes: &bytes });
        assert_eq!(reader.next().unwrap(), ReadOutcome::End);
    }
    for number in [255, 1, 500, 12] {
        reader.seek(number).unwrap();
        assert!(matches!(reader.next().unwrap(), ReadOutcome::Frame { header, .. } if (header.first..=header.last()).contains(&number)));
    }
    writer.sync().unwrap();
    writer.trim(250).unwrap();
    reader.seek(1).unwrap();
    assert!(matches!(reader.next().unwrap(), ReadOutcome::Gap { from: 1, to } if to <= 250));
    assert_eq!((reader.acked(), reader.meta(), reader.is_closed()), (250, META, false));
    assert!(reader.last_alive().is_some());
    writer.close().unwrap();
    assert!(reader.is_closed() && reader.last_alive().is_none());
    writer.trim(500).unwrap();
    writer.remove().unwrap();
    assert!(!writer.directory().exists());
}

#[test]
fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("stepwell");
    let mut writer = SpoolWriter::create(Arc::new(stepwell_spool::OsDisk), &root, STREAM, META, SpoolOptions::default()).unwrap();
    let (header, bytes) = frame(1, 1);
    writer.append(&header, &bytes).unwrap();
    writer.close().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(writer.directory()), 0o700);
    for entry in std::fs::read_dir(writer.directory()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}
