//! A stream whose blobs wait: it says whose they are until the last one is gone (A6).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_codec::FrameEncoder;
use stepwell_model::StreamId;
use stepwell_spool::simulation::SimulatedDisk;
use stepwell_spool::{Disk, SpoolOptions, SpoolWriter, remove_streams, summarize, trim_stream};

const STREAM: StreamId = StreamId([7; 16]);

fn root() -> &'static Path {
    Path::new("/spool")
}

fn link() -> PathBuf {
    root().join(STREAM.to_string()).join("blobs").join("ab3f")
}

/// A closed stream of three segments, and a blob of it that waits.
fn stream(disk: &SimulatedDisk) -> SpoolWriter {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let options = SpoolOptions { segment_bytes: 1 };
    let mut spool = SpoolWriter::create(shared, root(), STREAM, b"whose", options).unwrap();
    for first in 1..=3 {
        let mut bytes = Vec::new();
        let header = FrameEncoder::new().unwrap().encode(first, 1, &[7; 100], &mut bytes).unwrap();
        spool.append(&header, &bytes).unwrap();
    }
    disk.create_dir(link().parent().unwrap()).unwrap();
    disk.create(&link()).unwrap();
    spool.close().unwrap();
    spool
}

fn summary(disk: &SimulatedDisk) -> (Vec<u8>, u64, u64) {
    let summary = summarize(Arc::new(disk.clone()), root(), STREAM, &|_, _| true, &mut || false);
    (summary.meta, summary.last, summary.acked)
}

#[test]
fn the_last_segment_stays_while_a_blob_waits() {
    let disk = SimulatedDisk::new();
    let mut spool = stream(&disk);
    spool.trim(3).unwrap();
    spool.remove().unwrap();
    assert_eq!(summary(&disk), (b"whose".to_vec(), 3, 3));
    assert_eq!(summarize(Arc::new(disk.clone()), root(), STREAM, &|_, _| true, &mut || false).first, 3, "the segments before it are gone");
    disk.remove(&link()).unwrap();
    spool.remove().unwrap();
    assert!(disk.list(&root().join(STREAM.to_string())).is_err(), "nothing is left");
}

#[test]
fn at_every_crash_of_a_removal_the_stream_is_whole_or_has_no_blobs() {
    for at in 0..40 {
        let disk = SimulatedDisk::new();
        stream(&disk);
        let before = disk.operations();
        disk.crash_at(Some(before + at));
        let removed = trim_stream(&disk, root(), STREAM, 3, true)
            .and_then(|()| remove_streams(&disk, root(), &[STREAM]).remove(0).1)
            .map_err(|_| ())
            .and_then(|()| disk.remove(&link()).map_err(|_| ()))
            .and_then(|()| remove_streams(&disk, root(), &[STREAM]).remove(0).1.map_err(|_| ()));
        let after = disk.after_power_loss(at);
        if after.contents(&link()).is_some() {
            let (meta, last, _) = summary(&after);
            assert_eq!((meta, last), (b"whose".to_vec(), 3), "crash at operation {at}");
        }
        if removed.is_ok() {
            return;
        }
    }
    panic!("the removal never ended");
}
