//! Blobs and links: what is there after each step, alone and with others at work.

#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};
use stepwell_blob::{BlobDirectory, hash, hash_reader, links};
use stepwell_model::BlobId;

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn content(blobs: &BlobDirectory, id: BlobId) -> Vec<u8> {
    let mut bytes = Vec::new();
    blobs.open(id).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn linked(blobs: &BlobDirectory, id: BlobId, folder: &Path) -> Vec<u8> {
    let (mut file, size) = blobs.open_link(id, folder).unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, size);
    bytes
}

fn put_linked(blobs: &BlobDirectory, bytes: &[u8], folder: &Path) -> bool {
    blobs.put_linked(hash(bytes), bytes.len() as u64, folder, |draft| draft.write(bytes)).unwrap()
}

#[test]
fn the_same_bytes_are_one_blob_however_they_come() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path().join("blobs"));
    let bytes = vec![7; 3_000_000];
    let id = blobs.put(&bytes).unwrap();
    assert_eq!(id.to_string(), hash_reader(&mut &bytes[..]).unwrap().0.to_string());
    let mut draft = blobs.draft().unwrap();
    bytes.chunks(999_999).for_each(|chunk| draft.write(chunk).unwrap());
    draft.keep_as(id, true).unwrap();
    assert_eq!(content(&blobs, id), bytes);
    assert_eq!(names(&blobs.root().join(&id.to_string()[..2])), [id.to_string()]);
    assert!(names(&blobs.root().join("tmp")).is_empty(), "nothing is left half-written");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&blobs.path(id)), mode(blobs.root())), (0o600, 0o700), "nobody else may read it");
}

#[test]
fn what_is_dropped_before_its_end_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path());
    let mut draft = blobs.draft().unwrap();
    draft.write(b"half").unwrap();
    assert_eq!(names(&home.path().join("tmp")).len(), 1);
    drop(draft);
    assert_eq!(names(home.path()), ["tmp"]);
    assert!(names(&home.path().join("tmp")).is_empty());
}

#[test]
fn a_draft_of_another_process_with_our_number_is_not_touched() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path());
    let tmp = home.path().join("tmp");
    fs::create_dir(&tmp).unwrap();
    for number in 0..200 {
        fs::write(tmp.join(format!("{}-{number}", std::process::id())), b"theirs").unwrap();
    }
    blobs.put(b"ours").unwrap();
    assert!(names(&tmp).iter().all(|name| fs::read(tmp.join(name)).unwrap() == b"theirs"));
    assert_eq!(names(&tmp).len(), 200);
}

#[test]
fn a_blob_that_a_power_loss_cut_is_written_again() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path().join("blobs"));
    let id = blobs.put(b"whole").unwrap();
    fs::write(blobs.path(id), b"").unwrap();
    blobs.put(b"whole").unwrap();
    assert_eq!(content(&blobs, id), b"whole");
    fs::write(blobs.path(id), b"who").unwrap();
    put_linked(&blobs, b"whole", &home.path().join("links"));
    assert_eq!(content(&blobs, id), b"whole");
}

#[test]
fn a_link_is_made_once_and_counted_by_the_file_system() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path().join("blobs"));
    let (a, b) = (home.path().join("a/blobs"), home.path().join("b/blobs"));
    assert!(links(&a).unwrap().is_empty(), "no folder, no links");
    let id = hash(b"content");
    assert_eq!(blobs.link(id, &a).unwrap_err().kind(), ErrorKind::NotFound, "there is no such blob");
    assert!(put_linked(&blobs, b"content", &a));
    assert!(!put_linked(&blobs, b"content", &a), "it was there before");
    assert!(put_linked(&blobs, b"content", &b));
    assert_eq!((links(&a).unwrap(), fs::metadata(blobs.path(id)).unwrap().nlink()), (vec![id], 3));

    blobs.release(id, &a).unwrap();
    assert!(links(&a).unwrap().is_empty());
    assert_eq!(content(&blobs, id), b"content", "the other stream needs it");
    blobs.release(id, &b).unwrap();
    assert!(!blobs.contains(id), "nobody needs it");
    blobs.release(id, &b).unwrap();
}

#[test]
fn a_link_gives_its_blob_even_without_the_name() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path().join("blobs"));
    let folder = home.path().join("links");
    put_linked(&blobs, b"content", &folder);
    blobs.remove(hash(b"content")).unwrap();
    assert_eq!(linked(&blobs, hash(b"content"), &folder), b"content");
    blobs.release(hash(b"content"), &folder).unwrap();
    assert_eq!(blobs.open_link(hash(b"content"), &folder).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn where_a_link_is_an_empty_file_the_blob_stays() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path().join("blobs"));
    let folder = home.path().join("links");
    let id = blobs.put(b"content").unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(id.to_string()), b"").unwrap();
    assert!(!put_linked(&blobs, b"content", &folder));
    assert_eq!(linked(&blobs, id, &folder), b"content");
    blobs.release(id, &folder).unwrap();
    assert_eq!((links(&folder).unwrap(), blobs.contains(id)), (vec![], true));
}

#[test]
fn another_file_system_gets_an_empty_file_for_a_link() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
    let blobs = BlobDirectory::new(home.path());
    assert!(put_linked(&blobs, b"content", other.path()));
    assert!(!put_linked(&blobs, b"content", other.path()));
    assert_eq!(links(other.path()).unwrap(), [hash(b"content")]);
}

#[test]
fn streams_that_come_and_go_never_lose_a_blob_that_is_linked() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path().join("blobs"));
    let stop = AtomicBool::new(false);
    let contents: Vec<Vec<u8>> = (0..3_u8).map(|at| vec![at; 1_000]).collect();
    thread::scope(|scope| {
        for stream in 0..4 {
            let (blobs, contents, stop, folder) = (&blobs, &contents, &stop, home.path().join(format!("stream{stream}")));
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    for bytes in contents {
                        let id = hash(bytes);
                        put_linked(blobs, bytes, &folder);
                        assert_eq!(&linked(blobs, id, &folder), bytes);
                        blobs.release(id, &folder).unwrap();
                    }
                }
            });
        }
        thread::sleep(Duration::from_millis(500));
        stop.store(true, Ordering::Relaxed);
    });
    let left: Vec<BlobId> = contents.iter().map(|bytes| hash(bytes)).filter(|&id| blobs.contains(id)).collect();
    assert!(left.iter().all(|&id| fs::metadata(blobs.path(id)).unwrap().nlink() == 1), "no link is left");
}

#[test]
fn only_old_drafts_are_swept() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path());
    blobs.sweep().unwrap();
    let tmp = home.path().join("tmp");
    fs::create_dir(&tmp).unwrap();
    for (name, days) in [("1-1", 3), ("1-2", 0)] {
        let file = fs::File::create(tmp.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(days * 86_400)).unwrap();
    }
    blobs.sweep().unwrap();
    assert_eq!(names(&tmp), ["1-2"]);
}

#[test]
fn every_blob_is_seen_and_one_that_is_relied_on_is_young_again() {
    let home = tempfile::tempdir().unwrap();
    let blobs = BlobDirectory::new(home.path().join("blobs"));
    let seen = || {
        let mut seen = Vec::new();
        let see = &mut |id| {
            seen.push(id);
            Ok(())
        };
        blobs.each(see).unwrap();
        seen.sort();
        seen
    };
    assert_eq!(seen(), []);
    let mut ids = vec![blobs.put(b"a").unwrap(), blobs.put(b"b").unwrap()];
    ids.sort();
    let _unfinished = blobs.draft().unwrap();
    assert_eq!(seen(), ids);
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(1_000);
    blobs.open(ids[0]).unwrap().set_modified(old).unwrap();
    blobs.touch(ids[0]).unwrap();
    assert!(blobs.path(ids[0]).metadata().unwrap().modified().unwrap() > old + std::time::Duration::from_secs(900));
    blobs.remove(ids[0]).unwrap();
    assert_eq!(blobs.touch(ids[0]).unwrap_err().kind(), std::io::ErrorKind::NotFound);
}
