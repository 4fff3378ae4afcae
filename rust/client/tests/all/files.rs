//! Files of a writer without a server: content to blob, link and entry, with a disk that takes them and one
//! that does not.

use crate::rig::{entries, eventually, float, options};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_blob::{BlobDirectory, hash, links};
use stepwell_client::{Content, FlushLevel, NoRoom, Writer};
use stepwell_media::{Array, Dtype, Frames, Pixels};
use stepwell_model::{Entry, FileVersion};
use stepwell_spool::OsDisk;

const LONG: Duration = Duration::from_secs(20);
const U8: Dtype = Dtype { kind: b'u', bytes: 1 };

fn start(home: &Path) -> Writer {
    Writer::start(options(&home.join("spool"), "")).unwrap()
}

fn bytes(bytes: &[u8]) -> Arc<Content> {
    Arc::new(Content::from_bytes(bytes.to_vec(), "bin"))
}

fn submit(writer: &Writer, path: &str, content: &Arc<Content>) {
    writer.files().reserve(std::iter::once(&**content)).unwrap().submit(vec![(path.to_owned(), Arc::clone(content))]);
}

/// The files that the stream tells of, each with its blob and its link.
fn told(home: &Path, writer: &Writer) -> Vec<FileVersion> {
    let (spool, blobs) = (home.join("spool"), BlobDirectory::new(home.join("blobs")));
    let linked = links(&spool.join(writer.stream().to_string()).join("blobs")).unwrap();
    let mut files = Vec::new();
    for entry in entries(Arc::new(OsDisk), &spool, writer.stream()) {
        if let Entry::File { file, .. } = entry {
            assert!(linked.contains(&file.blob), "{} has a link", file.path);
            let content = fs::read(blobs.path(file.blob)).unwrap();
            assert_eq!((hash(&content), content.len() as u64), (file.blob, file.size));
            files.push(file);
        }
    }
    files
}

fn paths(files: &[FileVersion]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

/// A home whose disk refuses blobs until `repair`.
fn refusing() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("blobs"), b"a file where a directory should be").unwrap();
    home
}

fn repair(home: &Path) {
    fs::remove_file(home.join("blobs")).unwrap();
}

#[test]
fn files_are_told_once_they_are_stored() {
    let home = tempfile::tempdir().unwrap();
    let writer = start(home.path());
    submit(&writer, "media/a.bin", &bytes(b"a"));
    let pixels = Pixels::new(&Array { dtype: U8, shape: &[2, 3], data: &[7; 6] }, true).unwrap();
    submit(&writer, "media/b.png", &Arc::new(Content::from_pixels(pixels)));
    let frames = Frames::new(&Array { dtype: U8, shape: &[2, 2, 3, 1], data: &[7; 12] }).unwrap();
    submit(&writer, "media/c.gif", &Arc::new(Content::from_frames(frames, 4.0).unwrap()));
    assert!(writer.flush(FlushLevel::Synced, LONG));
    let mut files = told(home.path(), &writer);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(paths(&files), ["media/a.bin", "media/b.png", "media/c.gif"]);
    assert_eq!((files[0].blob, files[0].size), (hash(b"a"), 1));
    assert_eq!((writer.status().waiting_files, writer.status().lost_files), (0, 0));
    let report = writer.finish(0, LONG);
    assert!(report.complete, "{report:?}");
    assert_eq!((report.files, report.unsent_files, report.lost_files), (3, 0, 0));
    assert_eq!(writer.files().reserve(std::iter::empty()).err(), Some(NoRoom::Closed));
}

#[test]
fn an_image_does_not_wait_for_a_video() {
    let home = tempfile::tempdir().unwrap();
    let writer = start(home.path());
    // Thirty frames of noise keep the encoder busy for longer than an image takes.
    let noise: Vec<u8> = (0..30 * 256 * 256 * 3_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let frames = Frames::new(&Array { dtype: U8, shape: &[30, 256, 256, 3], data: &noise }).unwrap();
    submit(&writer, "video.gif", &Arc::new(Content::from_frames(frames, 4.0).unwrap()));
    submit(&writer, "image.bin", &bytes(b"image"));
    assert!(writer.finish(0, LONG).complete);
    assert_eq!(paths(&told(home.path(), &writer)), ["image.bin", "video.gif"]);
}

#[test]
fn a_content_keeps_its_path_in_a_stream_and_its_bytes_in_memory() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (start(home.path()), start(home.path()));
    let content = bytes(b"shared");
    submit(&first, "a", &content);
    submit(&second, "b", &content);
    assert_eq!((content.path_in(first.stream()).as_deref(), content.path_in(second.stream()).as_deref()), (Some("a"), Some("b")));
    assert!(first.finish(0, LONG).complete && second.finish(0, LONG).complete);
    fs::remove_dir_all(home.path().join("blobs")).unwrap();
    assert_eq!(content.read(<[u8]>::to_vec).unwrap(), b"shared");
}

#[test]
fn the_last_content_of_a_path_is_told_last_whatever_its_lane() {
    let home = tempfile::tempdir().unwrap();
    let writer = start(home.path());
    let (large, small) = (bytes(&vec![1; 20 << 20]), bytes(b"newest"));
    for content in [&large, &small] {
        let room = writer.files().reserve(std::iter::once(&**content)).unwrap();
        room.submit_by_hand("model.bin".into(), Arc::clone(content));
    }
    let report = writer.finish(0, LONG);
    assert_eq!((report.files, report.lost_files), (2, 0));
    assert_eq!(told(home.path(), &writer).last().unwrap().blob, hash(b"newest"));
}

#[test]
fn files_wait_for_a_disk_that_refuses_and_rows_do_not() {
    let home = refusing();
    let writer = start(home.path());
    submit(&writer, "a.bin", &bytes(b"a"));
    submit(&writer, "b.bin", &bytes(b"b"));
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("loss")]);
    queue.push_row(0, 0, true, shape, &float(0.5)).unwrap();
    eventually("the row is spooled", || writer.status().spooled == 1);
    eventually("the status says why", || writer.status().connection.contains("cannot store in"));
    assert_eq!(writer.status().waiting_files, 2);
    assert!(!writer.flush(FlushLevel::Spooled, Duration::from_millis(100)));
    repair(home.path());
    assert!(writer.flush(FlushLevel::Spooled, LONG));
    assert_eq!(paths(&told(home.path(), &writer)), ["a.bin", "b.bin"]);
    let report = writer.finish(0, LONG);
    assert!(report.complete && writer.status().connection.is_empty(), "{report:?}");
}

#[test]
fn what_the_disk_refuses_to_the_end_is_counted_and_told() {
    let home = refusing();
    let writer = start(home.path());
    let contents = [bytes(b"a"), bytes(b"b"), bytes(b"c")];
    for (index, content) in contents.iter().enumerate() {
        submit(&writer, &format!("{index}.bin"), content);
    }
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("loss")]);
    queue.push_row(0, 0, true, shape, &float(0.5)).unwrap();
    let report = writer.finish(0, Duration::from_secs(1));
    assert_eq!((report.complete, report.rows, report.lost_rows), (false, 1, 0));
    assert_eq!((report.files, report.lost_files), (0, 3));
    assert!(report.message.starts_with("3 files are lost: ") && report.message.contains("cannot store in"), "{}", report.message);
    eventually("a lost content has no path any more", || contents[0].path_in(writer.stream()).is_none());
}

#[test]
fn what_waits_is_bounded_and_a_stuck_disk_is_told_from_a_busy_one() {
    let home = refusing();
    let writer = start(home.path());
    let content = |at: u8| Arc::new(Content::from_bytes(vec![at; 5 << 20], "bin"));
    let mut taken = 0;
    let refused = loop {
        let content = content(taken);
        match writer.files().reserve(std::iter::once(&*content)) {
            Ok(room) => room.submit(vec![(taken.to_string(), content)]),
            Err(refused) => break refused,
        }
        taken += 1;
        assert!(taken < 50, "bounded");
    };
    assert_eq!((taken, refused), (12, NoRoom::Busy));
    let next = content(99);
    eventually("the disk counts as stuck", || writer.files().reserve(std::iter::once(&*next)).err() == Some(NoRoom::Stuck));
    writer.files().lose(1, "the disk took no more files");
    assert_eq!(writer.status().lost_files, 1);
    repair(home.path());
    eventually("there is room again", || writer.files().reserve(std::iter::once(&*next)).is_ok());
    assert!(writer.flush(FlushLevel::Synced, LONG));
    assert_eq!(told(home.path(), &writer).len(), 12);
    let report = writer.finish(0, LONG);
    assert_eq!((report.files, report.lost_files, report.complete), (12, 1, false));
    assert_eq!(report.message, "1 files are lost: the disk took no more files.");
}

#[test]
fn one_content_may_be_larger_than_everything_else_together() {
    let home = tempfile::tempdir().unwrap();
    let writer = start(home.path());
    submit(&writer, "large.bin", &bytes(&vec![5; 70 << 20]));
    assert!(writer.finish(0, LONG).complete);
    assert_eq!(told(home.path(), &writer)[0].size, 70 << 20);
}

#[test]
fn a_writer_that_is_dropped_stores_what_it_has() {
    let home = tempfile::tempdir().unwrap();
    let writer = start(home.path());
    for at in 0..20_u8 {
        submit(&writer, &at.to_string(), &bytes(&[at]));
    }
    let stream = writer.stream();
    drop(writer);
    let all = entries(Arc::new(OsDisk), &home.path().join("spool"), stream);
    assert_eq!(all.iter().filter(|entry| matches!(entry, Entry::File { .. })).count(), 20);
}

#[test]
fn a_large_file_is_what_it_was_when_it_was_given() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("source");
    fs::write(&source, vec![3; 9 << 20]).unwrap();
    let content = Arc::new(Content::from_file(&source, "bin").unwrap());
    fs::write(&source, b"something else").unwrap();
    let writer = start(home.path());
    submit(&writer, "a.bin", &content);
    assert!(writer.finish(0, LONG).complete);
    assert_eq!(told(home.path(), &writer)[0].blob, hash(&vec![3; 9 << 20]));
    assert_eq!(content.read(<[u8]>::len).unwrap(), 9 << 20);
    assert!(Content::from_file(home.path(), "bin").is_err(), "a directory has no content");
}
