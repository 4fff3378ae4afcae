//! Files of a stream that somebody removes while it is written: what can be read is written again under its
//! numbers, the rest is lost and told (A1).

use std::path::Path;
use std::sync::Arc;
use stepwell_codec::FrameEncoder;
use stepwell_model::StreamId;
use stepwell_spool::simulation::SimulatedDisk;
use stepwell_spool::{Absence, Disk, ReadOutcome, SpoolOptions, SpoolReader, SpoolWriter};

const STREAM: StreamId = StreamId([7; 16]);

fn root() -> &'static Path {
    Path::new("/spool")
}

fn writer(disk: &SimulatedDisk, segment_bytes: u64) -> SpoolWriter {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    SpoolWriter::create(shared, root(), STREAM, b"whose", SpoolOptions { segment_bytes }).unwrap()
}

fn append(spool: &mut SpoolWriter, first: u64) -> bool {
    let mut bytes = Vec::new();
    let header = FrameEncoder::new().unwrap().encode(first, 1, &[first as u8; 100], &mut bytes).unwrap();
    spool.append(&header, &bytes).is_ok()
}

/// Numbers of the entries that a reader finds.
fn found(disk: &SimulatedDisk) -> Vec<u64> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let (mut reader, mut found) = (SpoolReader::open(shared, root(), STREAM).unwrap(), Vec::new());
    loop {
        match reader.next().unwrap() {
            ReadOutcome::Frame { header, .. } => found.push(header.first),
            ReadOutcome::Gap { .. } | ReadOutcome::Damaged(_) => {}
            ReadOutcome::End => return found,
        }
    }
}

#[test]
fn the_open_segment_is_written_again_and_goes_on() {
    let disk = SimulatedDisk::new();
    let mut spool = writer(&disk, 1 << 20);
    assert!((1..=5).all(|first| append(&mut spool, first)));
    assert_eq!(spool.look(0).unwrap(), None);
    disk.remove_all(root());
    assert_eq!(found(&disk), [0; 0]);
    // Two of them are at the destination.
    assert_eq!(spool.look(2).unwrap(), Some(Absence { lost: vec![], rescued: vec![(3, 5)] }));
    assert_eq!(spool.look(2).unwrap(), None, "it is told once");
    assert!(append(&mut spool, 6));
    spool.close().unwrap();
    assert_eq!(found(&disk), [3, 4, 5, 6]);
}

#[test]
fn older_segments_are_lost_and_told() {
    let disk = SimulatedDisk::new();
    let mut spool = writer(&disk, 1);
    assert!((1..=5).all(|first| append(&mut spool, first)));
    spool.sync().unwrap();
    disk.remove_all(root());
    assert_eq!(spool.look(1).unwrap(), Some(Absence { lost: vec![(2, 2), (3, 3), (4, 4)], rescued: vec![(5, 5)] }));
    assert!(append(&mut spool, 6));
    assert_eq!(found(&disk), [5, 6]);
}

#[test]
fn a_single_file_that_is_gone_costs_itself() {
    let disk = SimulatedDisk::new();
    let mut spool = writer(&disk, 1);
    assert!((1..=4).all(|first| append(&mut spool, first)));
    spool.sync().unwrap();
    disk.remove(&root().join(STREAM.to_string()).join("00000002.seg")).unwrap();
    assert_eq!(spool.look(0).unwrap(), Some(Absence { lost: vec![(2, 2)], rescued: vec![] }));
    assert!(append(&mut spool, 5));
    assert_eq!(found(&disk), [1, 3, 4, 5]);
}

#[test]
fn what_finds_no_room_is_rescued_before_anything_later_is_written() {
    let disk = SimulatedDisk::new();
    let mut spool = writer(&disk, 1 << 20);
    assert!((1..=3).all(|first| append(&mut spool, first)));
    disk.remove_all(root());
    disk.set_capacity(Some(0));
    assert!(spool.look(0).unwrap().is_some());
    assert!(spool.look(0).is_err() && !append(&mut spool, 4));
    disk.set_capacity(None);
    assert!(append(&mut spool, 4));
    assert_eq!(found(&disk), [1, 2, 3, 4]);
}

#[test]
fn a_directory_that_holds_nothing_yet_is_made_again() {
    let disk = SimulatedDisk::new();
    let mut spool = writer(&disk, 1 << 20);
    disk.remove_all(root());
    assert_eq!(spool.look(0).unwrap(), Some(Absence::default()));
    spool.close().unwrap();
    assert_eq!(spool.look(0).unwrap(), None);
}
