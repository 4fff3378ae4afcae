//! Damage, strangers and later versions in a spool: every byte is a frame or is told, and nothing goes that
//! is not understood (A5, A6).

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_codec::FrameEncoder;
use stepwell_codec::frame::checksum;
use stepwell_model::StreamId;
use stepwell_spool::simulation::SimulatedDisk;
use stepwell_spool::{
    Damage, Disk, OsDisk, ReadOutcome, SpoolError, SpoolOptions, SpoolReader, SpoolWriter, keep_damaged, keep_rejected, remove_leftovers,
    remove_streams, streams, summarize,
};

const STREAM: StreamId = StreamId([7; 16]);
/// Entries of the stream, ten in each frame, two frames in each segment.
const ENTRIES: u64 = 60;

fn root() -> &'static Path {
    Path::new("/spool")
}

fn frame(first: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let raw: Vec<u8> = (0..10).map(|i| (first as u32 * 31 + i) as u8).collect();
    FrameEncoder::new().unwrap().encode(first, 10, &raw, &mut bytes).unwrap();
    bytes
}

/// Writes the stream; `closed` in order, or left by a writer that died.
fn write(disk: Arc<dyn Disk>, root: &Path, closed: bool) -> PathBuf {
    let mut writer = SpoolWriter::create(disk, root, STREAM, b"meta", SpoolOptions { segment_bytes: 140 }).unwrap();
    for first in (1..ENTRIES).step_by(10) {
        let bytes = frame(first);
        writer.append(&stepwell_codec::FrameHeader::decode(&bytes).unwrap(), &bytes).unwrap();
    }
    if closed {
        writer.close().unwrap();
    } else {
        writer.sync().unwrap();
    }
    writer.directory().to_owned()
}

fn segment(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("{number:08}.seg"))
}

/// What a reader makes of the stream, once it knows that nobody writes it.
#[derive(Default)]
struct Read {
    frames: Vec<u64>,
    missing: Vec<u64>,
    damage: Vec<Damage>,
    error: Option<SpoolError>,
}

fn read(disk: Arc<dyn Disk>, root: &Path) -> Read {
    let mut read = Read::default();
    let mut reader = match SpoolReader::open(disk, root, STREAM) {
        Ok(reader) => reader,
        Err(error) => return Read { error: Some(error), ..read },
    };
    reader.set_writer_is_gone();
    reader.seek(1).unwrap();
    loop {
        match reader.next() {
            Ok(ReadOutcome::Frame { header, bytes }) => {
                assert_eq!(bytes, frame(header.first), "what is taken for a frame is one");
                read.frames.push(header.first);
            }
            Ok(ReadOutcome::Damaged(damage)) => read.damage.push(damage),
            Ok(ReadOutcome::Gap { from, to }) => read.missing.extend(from..=to),
            Ok(ReadOutcome::End) => return read,
            Err(error) => {
                assert_eq!(reader.next().unwrap_err().to_string(), error.to_string(), "it stays at the place that it cannot read");
                read.error = Some(error);
                return read;
            }
        }
    }
}

/// Checks that every entry is there or missing, and that every byte from `from` on that differs in a segment
/// is in a part that was told.
fn assert_all_told(read: &Read, number: u32, at: u64, header_bytes: u64, what: &str) {
    let entries: Vec<u64> = read.frames.iter().flat_map(|&first| first..first + 10).collect();
    let mut numbers: Vec<u64> = entries.iter().chain(&read.missing).copied().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=ENTRIES).collect::<Vec<_>>(), "{what}: each entry is there, or told as missing");
    assert!(read.error.is_none(), "{what}");
    assert!(read.missing.len() <= 10, "{what}: it costs one frame");
    let told = read.damage.iter().any(|part| part.segment == number && (part.from..part.to).contains(&at));
    assert!(told || at < header_bytes && !read.damage.is_empty(), "{what}: {:?}", read.damage);
}

/// Calls `check` for every byte of every segment of a closed stream, with the number of the segment, its
/// bytes, and where to write others.
fn at_every_byte(mut check: impl FnMut(u32, usize, &[u8], &dyn Fn(&[u8]) -> Read)) {
    let disk = SimulatedDisk::new();
    let directory = write(Arc::new(disk.clone()), root(), true);
    for number in 1..=3 {
        let path = segment(&directory, number);
        let whole = disk.contents(&path).unwrap();
        let read_with = |bytes: &[u8]| {
            disk.set_contents(&path, bytes);
            read(Arc::new(disk.clone()), root())
        };
        (0..whole.len()).for_each(|at| check(number, at, &whole, &read_with));
        disk.set_contents(&path, &whole);
    }
}

#[test]
fn every_flipped_byte_of_a_closed_stream_is_told_and_costs_one_frame() {
    at_every_byte(|number, at, whole, read_with| {
        for mask in [0x01, 0x80] {
            let mut damaged = whole.to_vec();
            damaged[at] ^= mask;
            assert_all_told(&read_with(&damaged), number, at as u64, 44, &format!("segment {number}, byte {at}"));
        }
    });
}

#[test]
fn every_cut_of_a_closed_stream_is_told() {
    at_every_byte(|number, at, whole, read_with| {
        let read = read_with(&whole[..at]);
        let there = read.frames.len() * 10 + read.missing.len();
        assert_eq!(there as u64, ENTRIES, "segment {number} cut at {at}: {:?}", read.missing);
        assert!(!read.missing.is_empty() && read.missing.len() <= 20);
    });
}

#[test]
fn bytes_between_and_behind_frames_are_told_though_no_entry_is_missing() {
    let disk = SimulatedDisk::new();
    let directory = write(Arc::new(disk.clone()), root(), true);
    for (number, behind) in [(1, false), (2, false), (3, false), (1, true), (2, true), (3, true)] {
        let path = segment(&directory, number);
        let whole = disk.contents(&path).unwrap();
        let at = if behind { whole.len() } else { 44 + frame(1).len() };
        let rubbish = b"SWF1 and then something else, longer than the header of a frame";
        disk.set_contents(&path, &[&whole[..at], rubbish, &whole[at..]].concat());
        let read = read(Arc::new(disk.clone()), root());
        assert_eq!((read.frames.len(), read.missing.len()), (6, 0));
        let part = &read.damage[0];
        assert_eq!((part.segment, part.from, part.to), (number, at as u64, (at + rubbish.len()) as u64));
        disk.set_contents(&path, &whole);
    }
}

#[test]
fn a_writer_that_may_live_is_waited_for_and_one_that_is_gone_is_not() {
    let disk = SimulatedDisk::new();
    let directory = write(Arc::new(disk.clone()), root(), false);
    let path = segment(&directory, 3);
    let mut bytes = disk.contents(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    disk.set_contents(&path, &bytes);
    let mut reader = SpoolReader::open(Arc::new(disk.clone()), root(), STREAM).unwrap();
    while let ReadOutcome::Frame { .. } = reader.next().unwrap() {}
    assert_eq!((reader.position(), reader.next().unwrap()), (51, ReadOutcome::End), "it may be a frame that is being written");
    let read = read(Arc::new(disk), root());
    assert_eq!((read.missing.len(), read.damage.len(), read.damage[0].torn), (10, 1, false));
}

/// Gives a header the checksum that its bytes have now.
fn seal(bytes: &mut [u8], at: usize, length: usize) {
    let crc = checksum(&bytes[at..at + length]);
    bytes[at + length..at + length + 4].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn what_a_later_version_wrote_stops_the_reader_and_keeps_the_stream() {
    let disk = SimulatedDisk::new();
    let directory = write(Arc::new(disk.clone()), root(), true);
    let whole = disk.contents(&segment(&directory, 2)).unwrap();
    let second = 44 + frame(21).len();
    // (place, byte, where the checksummed bytes begin, how many there are)
    let changes = [
        (second + 3, b'2', second, 36, "SWF2"),
        (second + 4, 2, second, 36, "kind 2"),
        (second + 5, 9, second, 36, "codec 9"),
        (second + 7, 1, second, 36, "reserved"),
        (second + 32, 1, second, 36, "reserved"),
        (second + 11, 0x7f, second, 36, "payload bytes"),
        (3, b'2', 0, 40, "SWS2"),
        (4, 2, 0, 40, "version is 2"),
    ];
    for (at, byte, begin, length, words) in changes {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        seal(&mut bytes, begin, length);
        disk.set_contents(&segment(&directory, 2), &bytes);
        let read = read(Arc::new(disk.clone()), root());
        let error = read.error.expect("it stops");
        let said = error.to_string();
        assert!(error.is_later() && said.contains(words) && said.contains("a newer stepwell is needed"), "{said}");
        assert!(said.contains(&STREAM.to_string()) && said.contains("entry"), "{said}");
        assert_eq!(read.frames, if begin == 0 { vec![1, 11] } else { vec![1, 11, 21] }, "what is before is read, nothing behind");
        assert!(read.missing.is_empty() && read.damage.is_empty());
        let summary = summarize(Arc::new(disk.clone()), root(), STREAM, &|_, _| false, &mut || false);
        assert!(summary.damage.contains("a newer stepwell"), "{}", summary.damage);
        if begin == 0 {
            let (_, result) = remove_streams(&disk, root(), &[STREAM]).remove(0);
            assert!(result.unwrap_err().to_string().contains("00000002.seg"));
            assert!(disk.contents(&segment(&directory, 1)).is_some(), "the stream stays whole");
        }
    }
}

#[test]
fn a_segment_with_damage_is_kept_once_and_never_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let stream = write(Arc::clone(&disk), directory.path(), true);
    let path = segment(&stream, 2);
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let damage = read(Arc::clone(&disk), directory.path()).damage;
    for _ in 0..3 {
        keep_damaged(&*disk, directory.path(), STREAM, &damage, Some((21, 30))).unwrap();
    }
    let kept = directory.path().join("rejected").join(format!("{STREAM}.00000002.seg"));
    let text = fs::read_to_string(kept.with_extension("txt")).unwrap();
    assert!(text.contains("entries 21 to 30") && text.contains("header") && text.lines().count() == 1, "{text}");
    // Other bytes under the same name, as of a copy of the directory that was damaged elsewhere.
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"other bytes").unwrap();
    keep_damaged(&*disk, directory.path(), STREAM, &damage, Some((21, 40))).unwrap();
    assert_eq!(fs::read(&kept).unwrap(), bytes);
    assert_eq!(fs::read(directory.path().join("rejected").join(format!("{STREAM}.00000002~2.seg"))).unwrap(), b"other bytes");
    // Frames that a server refused have names of their own, and stay as well.
    let first = keep_rejected(&disk, directory.path(), STREAM, 1, 20, "no").unwrap();
    let long = fs::read(&first).unwrap();
    let second = keep_rejected(&disk, directory.path(), STREAM, 1, 10, "no").unwrap();
    assert!(first != second && fs::read(&first).unwrap() == long);
    assert_eq!(keep_rejected(&disk, directory.path(), STREAM, 1, 20, "no").unwrap(), first);
}

#[test]
fn after_a_crash_at_any_moment_of_a_removal_a_stream_is_whole_or_gone() {
    for at in 0..60 {
        for seed in 0..8 {
            let disk = SimulatedDisk::new();
            let directory = write(Arc::new(disk.clone()), root(), true);
            disk.sync_dir(root()).unwrap();
            disk.crash_at(Some(disk.operations() + at));
            let done = remove_streams(&disk, root(), &[STREAM]).remove(0).1.is_ok();
            let after = disk.after_power_loss(seed * 1_000 + at);
            let there = (1..=3).filter(|&number| after.contents(&segment(&directory, number)).is_some()).count();
            assert!(there == 3 || there == 0, "operation {at}, seed {seed}: {there} of 3 segments: {:?}", disk.log());
            remove_leftovers(&after, root());
            assert!(after.list(&root().join(format!("{STREAM}.sent"))).is_err(), "the next sync ends it");
            if done && seed == 7 {
                return;
            }
        }
    }
    panic!("the removal never ended");
}

#[test]
fn strangers_under_the_names_of_segments_and_marks_hang_nothing_and_stay() {
    type Make = fn(&Path);
    let strange: [(&str, Make); 5] = [
        ("a FIFO", |path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success())),
        ("a directory", |path| fs::create_dir(path).unwrap()),
        ("a loop of links", |path| symlink(path, path).unwrap()),
        ("a link to a device", |path| symlink("/dev/zero", path).unwrap()),
        ("a socket", |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
    ];
    for (what, make) in strange {
        for name in ["00000004.seg", "cursor", "closed", "alive"] {
            let directory = tempfile::tempdir().unwrap();
            let disk: Arc<dyn Disk> = Arc::new(OsDisk);
            let stream = write(Arc::clone(&disk), directory.path(), true);
            let _ = fs::remove_file(stream.join(name));
            make(&stream.join(name));
            let read = read(Arc::clone(&disk), directory.path());
            assert_eq!((read.frames.len(), read.missing.len()), (6, 0), "{what} named {name}");
            let summary = summarize(Arc::clone(&disk), directory.path(), STREAM, &|_, _| false, &mut || false);
            assert_eq!(summary.damage.contains("is no regular file"), name.ends_with(".seg"), "{what} named {name}: {}", summary.damage);
            if name.ends_with(".seg") {
                assert!(remove_streams(&*disk, directory.path(), &[STREAM]).remove(0).1.is_err(), "{what} named {name} keeps the stream");
                assert!(segment(&stream, 1).exists() && fs::symlink_metadata(stream.join(name)).is_ok());
            }
        }
    }
}

#[test]
fn a_terabyte_of_nothing_and_thousands_of_strange_files_are_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let stream = write(Arc::clone(&disk), directory.path(), true);
    fs::OpenOptions::new().write(true).open(segment(&stream, 1)).unwrap().set_len(1 << 40).unwrap();
    for number in 10..1_500 {
        fs::write(segment(&stream, number), b"rubbish").unwrap();
        fs::write(stream.join(format!("file {number}")), b"").unwrap();
    }
    let read = read(Arc::clone(&disk), directory.path());
    assert_eq!((read.frames.len(), read.missing.len()), (6, 0));
    assert_eq!(read.damage[0].to, 1 << 40, "the hole is told");
    keep_damaged(&*disk, directory.path(), STREAM, &read.damage[..1], None).unwrap();
    assert!(directory.path().join("rejected").join(format!("{STREAM}.00000001.seg")).exists());
}

#[test]
fn a_segment_that_may_not_be_read_stops_the_stream_there() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let stream = write(Arc::clone(&disk), directory.path(), true);
    fs::set_permissions(segment(&stream, 2), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(segment(&stream, 2)).is_ok() {
        return; // root reads everything
    }
    let read = read(Arc::clone(&disk), directory.path());
    assert_eq!((read.frames, read.missing.len()), (vec![1, 11], 0));
    assert!(read.error.unwrap().to_string().contains("00000002.seg"));
    assert!(remove_streams(&*disk, directory.path(), &[STREAM]).remove(0).1.is_err());
    assert_eq!(streams(&*disk, directory.path()).unwrap(), [STREAM]);
}
