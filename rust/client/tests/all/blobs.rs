//! The files of a writer on their way to its server: sent once, kept until the server has them, and never in
//! the way of rows.

use crate::rig::server::{BlobDeed, Server};
use crate::rig::{eventually, float, options};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stepwell_blob::{BlobDirectory, hash};
use stepwell_client::{Content, FlushLevel, SyncOptions, SyncProgress, Writer, spooled_streams, sync};
use stepwell_spool::OsDisk;

const LONG: Duration = Duration::from_secs(30);

/// A directory as users have it: `spool` and `blobs` side by side.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn spool(&self) -> PathBuf {
        self.0.path().join("spool")
    }

    fn blobs(&self) -> BlobDirectory {
        BlobDirectory::new(self.0.path().join("blobs"))
    }

    fn start(&self, destination: &str) -> Writer {
        Writer::start(options(&self.spool(), destination)).unwrap()
    }

    /// Every file that is left, but for folders.
    fn left(&self) -> Vec<PathBuf> {
        let (mut left, mut folders) = (Vec::new(), vec![self.0.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { left.push(path.strip_prefix(self.0.path()).unwrap().to_owned()) }
            }
        }
        left.sort();
        left
    }

    fn sync(&self, url: &str) -> (Vec<stepwell_client::SyncedStream>, SyncProgress) {
        let options = SyncOptions {
            url: url.into(),
            streams: None,
            token: String::new(),
            timeout: None,
            patience: Duration::from_millis(500),
            disk: Arc::new(OsDisk),
        };
        let mut last = None;
        let synced = sync(&self.spool(), &options, &mut |progress| {
            last = Some(progress);
            true
        });
        (synced.unwrap(), last.unwrap())
    }
}

fn put(writer: &Writer, path: &str, bytes: &[u8]) {
    let content = Arc::new(Content::from_bytes(bytes.to_vec(), "bin"));
    let room = writer.files().reserve(std::iter::once(&*content)).unwrap();
    room.submit_by_hand(path.into(), content);
}

fn push(writer: &Writer, steps: std::ops::Range<i64>) {
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("loss")]);
    for step in steps {
        queue.push_row(step, 0, true, shape, &float(step as f64)).unwrap();
    }
}

fn contents() -> Vec<Vec<u8>> {
    [0, 10, 1 << 20, 5 << 19].iter().map(|&size| vec![7; size]).collect()
}

fn assert_has(server: &Server, contents: &[Vec<u8>]) {
    let memory = server.memory.lock();
    for bytes in contents {
        assert_eq!(memory.blobs.get(&hash(bytes)), Some(bytes));
    }
    assert_eq!(memory.blobs.len(), contents.len());
}

#[test]
fn files_arrive_and_nothing_of_them_is_left() {
    let (server, place) = (Server::start(&[]), Place::new());
    let writer = place.start(&server.url());
    push(&writer, 0..10);
    for (index, bytes) in contents().iter().enumerate() {
        put(&writer, &format!("{index}.bin"), bytes);
        // The same content under another path is not sent twice.
        put(&writer, &format!("{index}.again"), bytes);
    }
    let report = writer.finish(0, LONG);
    assert!(report.complete, "{report:?}");
    assert_eq!((report.files, report.unsent_files, report.lost_files), (8, 0, 0));
    assert_has(&server, &contents());
    assert_eq!(server.memory.lock().blobs_received, 4);
    assert_eq!(place.left(), [] as [PathBuf; 0]);
}

#[test]
fn a_flush_waits_until_the_server_has_the_files() {
    let (server, place) = (Server::start(&[]), Place::new());
    let writer = place.start(&server.url());
    for (index, bytes) in contents().into_iter().enumerate() {
        put(&writer, "latest.bin", &bytes);
        assert!(writer.flush(FlushLevel::Acked, LONG));
        assert_eq!(server.memory.lock().blobs.len(), index + 1);
    }
}

#[test]
fn a_server_that_breaks_or_is_full_gets_the_files_later() {
    let (server, place) = (Server::start(&[]), Place::new());
    server.memory.lock().blob_script = [BlobDeed::StoreAndBreak, BlobDeed::Full, BlobDeed::Store, BlobDeed::Full].into();
    let writer = place.start(&server.url());
    contents().iter().enumerate().for_each(|(index, bytes)| put(&writer, &format!("{index}.bin"), bytes));
    let report = writer.finish(0, LONG);
    assert!(report.complete, "{report:?}");
    assert_has(&server, &contents());
    assert_eq!(place.left(), [] as [PathBuf; 0]);
}

#[test]
fn a_refused_file_is_kept_aside_and_the_others_arrive() {
    let (server, place) = (Server::start(&[]), Place::new());
    server.memory.lock().blob_script = [BlobDeed::Refuse("not to my taste")].into();
    let writer = place.start(&server.url());
    put(&writer, "a.bin", b"a");
    assert!(writer.flush(FlushLevel::Acked, LONG));
    put(&writer, "b.bin", b"b");
    let report = writer.finish(0, LONG);
    assert!(report.complete && report.unsent_files == 0, "{report:?}");
    assert_has(&server, &[b"b".to_vec()]);
    let kept = place.spool().join("rejected").join(format!("{}-{}", writer.stream(), hash(b"a")));
    assert_eq!(std::fs::read(&kept).unwrap(), b"a");
    assert!(std::fs::read_to_string(kept.with_extension("txt")).unwrap().contains("not to my taste"));
    assert!(place.blobs().contains(hash(b"a")));
}

#[test]
fn an_older_server_gets_the_rows_and_the_files_are_kept() {
    let (server, place) = (Server::start(&[]), Place::new());
    server.memory.lock().is_old = true;
    let writer = place.start(&server.url());
    push(&writer, 0..10);
    put(&writer, "a.bin", b"a");
    assert!(!writer.flush(FlushLevel::Acked, LONG), "it is no use to wait");
    let report = writer.finish(0, LONG);
    assert_eq!((report.complete, report.unsent_rows, report.unsent_files), (false, 0, 1), "{report:?}");
    assert!(writer.status().connection.contains("older version"), "{}", writer.status().connection);
    assert_eq!(spooled_streams(Arc::new(OsDisk), &place.spool()).unwrap()[0].files, 1);
    // Once it is newer, they go.
    server.memory.lock().is_old = false;
    let (synced, progress) = place.sync(&server.url());
    assert_eq!((synced[0].files, synced[0].summary.damage.as_str()), (0, ""));
    assert_eq!((progress.files_sent, progress.files_total), (1, 1));
    assert_has(&server, &[b"a".to_vec()]);
    assert_eq!(place.left(), [] as [PathBuf; 0]);
}

#[test]
fn what_was_not_sent_is_said_and_synced_later() {
    let place = Place::new();
    let writer = place.start("http://127.0.0.1:9");
    push(&writer, 0..10);
    contents().iter().enumerate().for_each(|(index, bytes)| put(&writer, &format!("{index}.bin"), bytes));
    let report = writer.finish(0, Duration::from_millis(300));
    assert_eq!((report.complete, report.unsent_rows, report.unsent_files, report.files), (false, 10, 4, 4), "{report:?}");
    let server = Server::start(&[]);
    let (synced, progress) = place.sync(&server.url());
    assert_eq!((synced[0].files, progress.files_sent, progress.files_total), (0, 4, 4));
    assert_has(&server, &contents());
    assert_eq!(place.left(), [] as [PathBuf; 0]);
    assert_eq!(place.sync(&server.url()).0.len(), 0, "nothing is left to sync");
}

#[test]
fn a_local_run_is_synced_with_its_files_and_keeps_them() {
    let (server, place) = (Server::start(&[]), Place::new());
    let writer = place.start("");
    contents().iter().enumerate().for_each(|(index, bytes)| put(&writer, &format!("{index}.bin"), bytes));
    let report = writer.finish(0, LONG);
    assert!(report.complete && report.unsent_files == 0, "{report:?}");
    let before = place.left();
    for _ in 0..2 {
        let (synced, progress) = place.sync(&server.url());
        assert_eq!((synced[0].files, progress.files_sent, progress.files_total), (0, 4, 4));
        assert_has(&server, &contents());
    }
    assert_eq!(server.memory.lock().blobs_received, 4, "each is sent once");
    let cursor = |path: &PathBuf| !path.ends_with("cursor");
    assert_eq!(place.left().into_iter().filter(cursor).collect::<Vec<_>>(), before);
    // Without the links, the entries say which they are.
    std::fs::remove_dir_all(place.spool().join(writer.stream().to_string()).join("blobs")).unwrap();
    server.memory.lock().blobs.clear();
    assert_eq!(place.sync(&server.url()).1.files_sent, 4);
    assert_has(&server, &contents());
}

#[test]
fn a_missing_content_is_named_and_holds_up_nothing() {
    let (server, place) = (Server::start(&[]), Place::new());
    let writer = place.start("");
    put(&writer, "media/lost.bin", b"lost");
    put(&writer, "media/kept.bin", b"kept");
    assert!(writer.finish(0, LONG).complete);
    std::fs::remove_dir_all(place.spool().join(writer.stream().to_string()).join("blobs")).unwrap();
    std::fs::remove_file(place.blobs().path(hash(b"lost"))).unwrap();
    let (synced, progress) = place.sync(&server.url());
    assert!(synced[0].summary.damage.contains("media/lost.bin"), "{}", synced[0].summary.damage);
    assert_eq!((synced[0].files, progress.files_sent, progress.files_total), (1, 1, 2));
    assert_has(&server, &[b"kept".to_vec()]);
}

#[test]
fn a_blob_that_another_run_refers_to_stays_until_that_has_sent_it() {
    let (server, place) = (Server::start(&[]), Place::new());
    let (local, writer) = (place.start(""), place.start(&server.url()));
    for writer in [&local, &writer] {
        put(writer, "shared.bin", b"shared");
        assert!(writer.finish(0, LONG).complete);
    }
    assert_has(&server, &[b"shared".to_vec()]);
    assert!(place.blobs().contains(hash(b"shared")));
    assert_eq!(spooled_streams(Arc::new(OsDisk), &place.spool()).unwrap().len(), 1, "the one that was sent is gone");
}

#[test]
fn a_blob_stays_where_an_index_lists_it() {
    let (server, place) = (Server::start(&[]), Place::new());
    place.blobs().mark_indexed().unwrap();
    let writer = place.start(&server.url());
    put(&writer, "a.bin", b"a");
    assert!(writer.finish(0, LONG).complete);
    assert_has(&server, &[b"a".to_vec()]);
    assert!(place.blobs().contains(hash(b"a")));
    assert_eq!(std::fs::read_dir(place.spool()).unwrap().count(), 0);
}

#[test]
fn rows_go_on_while_files_wait_for_a_full_server() {
    let (server, place) = (Server::start(&[]), Place::new());
    server.memory.lock().blob_script = std::iter::repeat_n(BlobDeed::Full, 10_000).collect();
    let writer = place.start(&server.url());
    put(&writer, "a.bin", b"a");
    eventually("the files wait", || writer.status().connection.contains("disk is full"));
    push(&writer, 0..100);
    eventually("the rows have arrived", || writer.status().acked == 100);
    assert!(!writer.flush(FlushLevel::Acked, Duration::from_millis(50)), "a file is not there");
    server.memory.lock().blob_script.clear();
    assert!(writer.flush(FlushLevel::Acked, LONG));
    assert_has(&server, &[b"a".to_vec()]);
}

#[test]
fn a_hostile_directory_cannot_make_a_sync_read_other_files() {
    let (server, place) = (Server::start(&[]), Place::new());
    let writer = place.start("http://127.0.0.1:9");
    put(&writer, "a.bin", b"a");
    assert!(!writer.finish(0, Duration::from_millis(100)).complete);
    let secret = place.0.path().join("secret");
    std::fs::write(&secret, b"a").unwrap();
    let links = place.spool().join(writer.stream().to_string()).join("blobs");
    let replace = |path: &Path| {
        std::fs::remove_file(path).unwrap();
        std::os::unix::fs::symlink(&secret, path).unwrap();
    };
    replace(&place.blobs().path(hash(b"a")));
    replace(&links.join(hash(b"a").to_string()));
    let (synced, _) = place.sync(&server.url());
    assert!(synced[0].summary.damage.contains("a.bin"), "{}", synced[0].summary.damage);
    assert_eq!(server.memory.lock().blobs.len(), 0);
}
