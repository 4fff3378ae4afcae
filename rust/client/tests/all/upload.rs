//! A writer and its server: resume, duplicates, rewind, throttle, and all the ways in which a server is away.

use crate::rig::server::{Deed, Server};
use crate::rig::{eventually, float, options, steps};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_client::{FlushLevel, SyncOptions, Writer, spooled_streams, sync};
use stepwell_model::Entry;
use stepwell_spool::OsDisk;

const LONG: Duration = Duration::from_secs(30);

/// Pushes rows for the steps, waiting for each `every` of them to be spooled, so that there are several
/// frames.
fn push(writer: &Writer, steps: std::ops::Range<i64>, every: i64) {
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("loss")]);
    for step in steps {
        queue.push_row(step, 0, true, shape, &float(step as f64)).unwrap();
        if step % every == every - 1 {
            assert!(writer.flush(FlushLevel::Spooled, LONG));
        }
    }
}

/// Whether the server has every step once and in order, between an opening and an exit.
fn assert_complete(server: &Server, rows: i64) {
    let entries = server.entries();
    assert_eq!(steps(&entries), (0..rows).collect::<Vec<_>>());
    assert!(matches!(entries.first(), Some(Entry::Open(_))) && matches!(entries.last(), Some(Entry::Exit { .. })));
}

fn run_against(script: &[Deed], rows: i64) -> (Server, tempfile::TempDir) {
    let server = Server::start(script);
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path(), &server.url());
    options.token = "secret".into();
    let writer = Writer::start(options).unwrap();
    push(&writer, 0..rows, 10);
    let report = writer.finish(0, LONG);
    assert!(report.complete, "{report:?}");
    assert_eq!((report.rows, report.unsent_rows), (rows as u64, 0));
    assert_complete(&server, rows);
    assert_eq!(server.memory.lock().closed.len(), 1);
    (server, directory)
}

#[test]
fn everything_arrives_once_and_the_spool_is_gone() {
    let (server, directory) = run_against(&[], 200);
    let memory = server.memory.lock();
    assert_eq!((memory.connections, memory.duplicates), (1, 0));
    assert_eq!(memory.authorization.as_deref(), Some("Bearer secret"));
    assert!(memory.statuses > 0);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_broken_connection_resumes_behind_what_the_server_has() {
    use Deed::{Acknowledge, Break, StoreAndBreak};
    let (server, _directory) = run_against(&[Acknowledge, StoreAndBreak, Break, Acknowledge, StoreAndBreak], 100);
    assert_eq!(server.memory.lock().connections, 4);
}

#[test]
fn a_rewind_is_followed_and_duplicates_are_harmless() {
    let (server, _directory) = run_against(&[Deed::Acknowledge, Deed::Acknowledge, Deed::Rewind(1), Deed::Rewind(0)], 100);
    let memory = server.memory.lock();
    assert!(memory.duplicates > 0, "the server must have seen duplicates");
    assert_eq!(memory.connections, 1);
}

#[test]
fn after_a_throttle_everything_behind_the_last_ack_is_sent_again() {
    let began = Instant::now();
    let (server, _directory) = run_against(&[Deed::Acknowledge, Deed::Throttle(300), Deed::Throttle(100)], 100);
    assert!(began.elapsed() >= Duration::from_millis(400));
    assert_eq!(server.memory.lock().connections, 1);
}

#[test]
fn a_draining_server_is_come_back_to() {
    let (server, _directory) = run_against(&[Deed::Acknowledge, Deed::Drain], 100);
    assert_eq!(server.memory.lock().connections, 2);
}

#[test]
fn what_the_server_rejects_is_kept() {
    let (_server, directory) = run_against(&[Deed::Acknowledge, Deed::Reject], 100);
    let mut names: Vec<String> = std::fs::read_dir(directory.path().join("rejected"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2);
    assert!(names[0].ends_with(".seg") && names[1].ends_with(".txt"), "{names:?}");
    let reason = std::fs::read_to_string(directory.path().join("rejected").join(&names[1])).unwrap();
    assert!(reason.contains("not to my taste"));
}

#[test]
fn a_fatal_word_stops_the_upload_and_keeps_the_spool() {
    let server = Server::start(&[Deed::Fatal("no such project")]);
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), &server.url())).unwrap();
    push(&writer, 0..10, 10);
    eventually("the reason is said", || writer.status().connection.contains("no such project"));
    let report = writer.finish(0, LONG);
    assert!(!report.complete && report.unsent_rows == 10 && report.lost_rows == 0);
    assert_eq!(spooled_streams(Arc::new(OsDisk), directory.path()).unwrap()[0].summary.last, 12);
    assert_eq!(server.memory.lock().connections, 1);
}

#[test]
fn a_server_that_is_started_later_is_found() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), &format!("http://{address}"))).unwrap();
    push(&writer, 0..50, 10);
    eventually("the wait is said", || {
        let connection = writer.status().connection;
        connection.contains("waiting for http://") && connection.contains("connection refused") && connection.contains("rows are kept in")
    });
    let server = Server::start_at(address, &[], Arc::default());
    assert!(writer.flush(FlushLevel::Acked, LONG));
    assert_eq!(writer.status().acked, 50);
    push(&writer, 50..60, 10);
    assert!(writer.finish(0, LONG).complete);
    assert_complete(&server, 60);
}

#[test]
fn a_server_killed_on_the_way_is_come_back_to() {
    let mut server = Server::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), &server.url())).unwrap();
    push(&writer, 0..50, 5);
    eventually("something arrived", || writer.status().acked > 0);
    server.kill();
    push(&writer, 50..100, 5);
    assert!(!writer.flush(FlushLevel::Acked, Duration::from_millis(50)));
    let (address, memory) = (server.address, Arc::clone(&server.memory));
    let server = Server::start_at(address, &[], memory);
    push(&writer, 100..150, 5);
    assert!(writer.finish(0, LONG).complete);
    assert_complete(&server, 150);
}

#[test]
fn finish_keeps_its_time_and_says_what_is_unsent() {
    let stalling = Server::start(&[Deed::Acknowledge, Deed::Stall]);
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Nobody answers there: the address is for documentation.
    for url in [stalling.url(), format!("http://{refused}"), "http://192.0.2.1:7117".into(), "http://no-such-host.invalid:1".into()] {
        let directory = tempfile::tempdir().unwrap();
        let writer = Writer::start(options(directory.path(), &url)).unwrap();
        push(&writer, 0..50, 10);
        let began = Instant::now();
        let report = writer.finish(0, Duration::from_millis(400));
        assert!(began.elapsed() < LONG, "{url}: {:?}", began.elapsed());
        assert!(!report.complete && report.rows == 50 && report.lost_rows == 0 && report.unsent_rows > 0, "{report:?}");
        assert!(writer.status().connection.contains(&url), "{}", writer.status().connection);
    }
}

fn sync_options(url: &str) -> SyncOptions {
    SyncOptions {
        url: url.to_owned(),
        streams: None,
        token: String::new(),
        timeout: Some(LONG),
        patience: Duration::from_millis(300),
        disk: Arc::new(OsDisk),
    }
}

#[test]
fn a_sync_sends_the_rest_and_sending_twice_adds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = format!("http://{refused}");
    for destination in [away.as_str(), ""] {
        let writer = Writer::start(options(directory.path(), destination)).unwrap();
        push(&writer, 0..100, 10);
        writer.finish(0, Duration::from_millis(if destination.is_empty() { 20_000 } else { 300 }));
    }
    // The first writer's threads may still be closing its spool.
    eventually("both are closed", || spooled_streams(Arc::new(OsDisk), directory.path()).unwrap().iter().all(|found| found.summary.closed));
    let failed = sync(directory.path(), &sync_options(&away), &mut |_| true).unwrap();
    assert!(failed.iter().any(|stream| stream.summary.damage.contains("connection refused")), "{failed:?}");

    let server = Server::start(&[Deed::Acknowledge, Deed::StoreAndBreak, Deed::Throttle(50)]);
    let mut last = None;
    let done = sync(directory.path(), &sync_options(&server.url()), &mut |now| {
        last = Some(now);
        true
    });
    let done = done.unwrap();
    assert!(done.len() == 2 && done.iter().all(|stream| stream.summary.acked == 102 && stream.summary.damage.is_empty()), "{done:?}");
    assert_eq!(last.map(|now| (now.sent, now.total)), Some((204, 204)));
    for entries in server.memory.lock().entries.values() {
        assert_eq!(steps(entries), (0..100).collect::<Vec<_>>());
    }
    // The stream that was meant for a server is gone, the local one stays readable.
    let left = spooled_streams(Arc::new(OsDisk), directory.path()).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].summary.first, left[0].summary.last, left[0].summary.acked), (1, 102, 102));
    sync(directory.path(), &sync_options(&server.url()), &mut |_| true).unwrap();
    assert!(server.memory.lock().entries.values().all(|entries| entries.len() == 102));
}

#[test]
fn a_damaged_frame_is_stated_and_the_rest_arrives() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), "")).unwrap();
    push(&writer, 0..100, 10);
    assert!(writer.finish(0, LONG).complete);
    let segment = directory.path().join(writer.stream().to_string()).join("00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let other = directory.path().join("f".repeat(32));
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("00000001.seg"), b"this is no segment at all, and long enough to look").unwrap();

    let server = Server::start(&[]);
    let done = sync(directory.path(), &sync_options(&server.url()), &mut |_| true).unwrap();
    assert!(done.iter().any(|stream| stream.summary.damage.contains("00000001.seg")), "{done:?}");
    assert!(done.iter().any(|stream| stream.summary.damage.contains("entries are damaged")), "{done:?}");
    let entries = server.entries();
    let lost = entries.iter().filter(|entry| matches!(entry, Entry::Lost { .. })).count();
    assert_eq!((entries.len(), steps(&entries).len() + lost), (102, 100));
    assert!(lost > 0);
}

#[test]
fn a_sync_stops_when_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), "")).unwrap();
    push(&writer, 0..10, 10);
    assert!(writer.finish(0, LONG).complete);
    let server = Server::start(&[Deed::Stall]);
    let mut calls = 0;
    sync(directory.path(), &sync_options(&server.url()), &mut |_| {
        calls += 1;
        calls < 3
    })
    .unwrap();
    assert!(calls >= 3);
    assert!(server.entries().is_empty());
}
