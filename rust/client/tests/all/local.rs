//! A writer without a server: queue to spool.

use crate::rig::{entries, eventually, float, options, steps};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_client::{FlushLevel, OnFull, PushError, Writer, spooled_streams};
use stepwell_model::{Entry, Value};
use stepwell_spool::simulation::SimulatedDisk;
use stepwell_spool::{Disk, OsDisk};

const LONG: Duration = Duration::from_secs(20);

fn os() -> Arc<dyn Disk> {
    Arc::new(OsDisk)
}

#[test]
fn rows_come_into_the_spool_by_themselves_and_the_exit_is_last() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), "")).unwrap();
    let queue = Arc::clone(writer.queue());
    let shape = queue.define_shape(&[queue.define_key("loss"), queue.define_key("acc")]);
    for step in 0..10 {
        queue.push_row(step, step, true, shape, &[float(0.5), float(step as f64)].concat()).unwrap();
    }
    queue.push_row(10, 10, false, shape, &[float(0.5), float(10.0)].concat()).unwrap();
    eventually("eleven rows are spooled, the collecting one too", || writer.status().spooled == 11);
    assert_eq!(steps(&entries(os(), directory.path(), writer.stream())), (0..=10).collect::<Vec<_>>());
    let found = spooled_streams(os(), directory.path()).unwrap();
    assert_eq!((found[0].summary.last, found[0].live, found[0].summary.damage.as_str()), (12, true, ""));
    let report = writer.finish(3, LONG);
    assert!(report.complete && report.message.is_empty(), "{report:?}");
    assert_eq!((report.rows, report.unsent_rows, report.lost_rows), (11, 0, 0));
    let all = entries(os(), directory.path(), writer.stream());
    assert!(matches!(all.first(), Some(Entry::Open(opening)) if opening.path.run == "r"));
    assert!(matches!(all.last(), Some(Entry::Exit { code: 3, .. })));
    assert_eq!(queue.push_row(11, 0, true, shape, &[]), Err(PushError::Closed));
    assert_eq!(writer.finish(0, LONG), report);
    assert!(spooled_streams(os(), directory.path()).unwrap()[0].summary.closed);
}

#[test]
fn a_writer_that_discards_makes_no_file_and_knows_its_summary() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("spool");
    let writer = Writer::start_discarding(&options(&root, "http://127.0.0.1:9")).unwrap();
    let queue = Arc::clone(writer.queue());
    let shape = queue.define_shape(&[queue.define_key("loss")]);
    for step in 0..100_000 {
        queue.push_row(step, step, true, shape, &float(step as f64)).unwrap();
    }
    assert_eq!(writer.summary(), [("loss".to_owned(), Value::Float(99_999.0))]);
    queue.push_entry(Entry::Summary { time: 0, set: vec![("best".into(), Value::Int(1))], deleted: vec![], until_logged: false }).unwrap();
    queue.push_row(100_000, 0, false, shape, &float(0.5)).unwrap();
    assert_eq!(writer.collected(100_000), [("loss".to_owned(), Value::Float(0.5))]);
    assert!(writer.flush(FlushLevel::Acked, Duration::ZERO));
    assert_eq!((writer.status().connection.as_str(), writer.status().accepted), ("disabled", 0));
    assert!(writer.finish(0, Duration::ZERO).complete);
    assert_eq!(queue.push_row(0, 0, true, shape, &float(1.0)), Err(PushError::Closed));
    assert_eq!(writer.summary(), [("loss".to_owned(), Value::Float(0.5)), ("best".to_owned(), Value::Int(1))]);
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_flush_is_done_when_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), "")).unwrap();
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("a")]);
    for (step, level) in [FlushLevel::Spooled, FlushLevel::Synced, FlushLevel::Acked].into_iter().enumerate() {
        queue.push_row(step as i64, 0, false, shape, &[1]).unwrap();
        assert!(writer.flush(level, LONG));
        assert_eq!(steps(&entries(os(), directory.path(), writer.stream())).len(), step + 1);
    }
}

#[test]
fn the_summary_sees_what_was_just_pushed() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), "")).unwrap();
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("loss")]);
    for step in 0..100 {
        queue.push_row(step, 0, step % 2 == 0, shape, &float(step as f64)).unwrap();
        assert_eq!(writer.summary(), [("loss".to_owned(), Value::Float(step as f64))]);
    }
}

#[test]
fn many_threads_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), "")).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let queue = writer.queue();
            scope.spawn(move || {
                let shape = queue.define_shape(&[queue.define_key(&format!("thread{thread}"))]);
                for step in 0..20_000 {
                    queue.push_row(step, 0, true, shape, &float(step as f64)).unwrap();
                }
            });
        }
    });
    let report = writer.finish(0, LONG);
    assert!(report.complete && report.rows == 80_000, "{report:?}");
    let all = entries(os(), directory.path(), writer.stream());
    for thread in 0..4 {
        let key = format!("thread{thread}");
        let of_thread: Vec<Entry> = all.iter().filter(|entry| matches!(entry, Entry::Row(row) if row.cells[0].0 == key)).cloned().collect();
        assert_eq!(steps(&of_thread), (0..20_000).collect::<Vec<_>>());
    }
}

#[test]
fn a_dropped_writer_spools_its_rows_and_says_no_exit() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(options(directory.path(), "")).unwrap();
    let (stream, shape) = (writer.stream(), writer.queue().define_shape(&[]));
    writer.queue().push_row(0, 0, false, shape, &[]).unwrap();
    drop(writer);
    let all = entries(os(), directory.path(), stream);
    assert_eq!((steps(&all), all.len()), (vec![0], 2));
}

#[test]
fn a_full_disk_raises_nothing_and_every_row_is_accounted_for() {
    let disk = SimulatedDisk::new();
    let mut options = options(std::path::Path::new("/spool"), "");
    options.disk = Arc::new(disk.clone());
    options.queue_bytes = 100_000;
    let writer = Writer::start(options).unwrap();
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("loss")]);
    let push = |from: i64, to: i64| (from..to).for_each(|step| queue.push_row(step, 0, true, shape, &float(step as f64)).unwrap());
    push(0, 1_000);
    assert!(writer.flush(FlushLevel::Synced, LONG));
    disk.set_capacity(Some(0));
    push(1_000, 50_000);
    eventually("the trouble is said", || writer.status().connection.contains("no room"));
    push(50_000, 60_000);
    assert!(writer.status().queued_bytes <= 100_000);
    assert!(!writer.flush(FlushLevel::Spooled, Duration::from_millis(10)));
    assert_eq!(writer.summary(), [("loss".to_owned(), Value::Float(59_999.0))]);
    disk.set_capacity(None);
    eventually("the trouble is over", || writer.status().connection.is_empty());
    assert!(writer.flush(FlushLevel::Synced, LONG));
    push(60_000, 61_000);
    let report = writer.finish(0, LONG);
    assert!(report.complete && report.sampled_rows > 0, "{report:?}");
    assert_eq!(report.rows + report.sampled_rows, 61_000);
    let shared: Arc<dyn Disk> = Arc::new(disk);
    let all = entries(shared, std::path::Path::new("/spool"), writer.stream());
    assert_eq!(steps(&all).len() as u64, report.rows);
    let (lost, kept) = all.iter().fold((0, 0), |(lost, kept), entry| match entry {
        Entry::Lost { report, .. } => (lost + report.rows, kept + report.kept),
        _ => (lost, kept),
    });
    assert_eq!(lost - kept, report.sampled_rows);
    let sampled: Vec<i64> =
        all.iter().filter_map(|entry| if let Entry::Row(row) = entry { row.sampled.then_some(row.step) } else { None }).collect();
    assert!(kept == sampled.len() as u64 && sampled.contains(&59_999));
}

/// A writer with one row on the disk, which is full now, and 99 rows that find no room.
fn on_a_disk_that_fills_up() -> (SimulatedDisk, Writer) {
    let disk = SimulatedDisk::new();
    let mut options = options(std::path::Path::new("/spool"), "");
    options.disk = Arc::new(disk.clone());
    let writer = Writer::start(options).unwrap();
    let shape = writer.queue().define_shape(&[]);
    writer.queue().push_row(0, 0, true, shape, &[]).unwrap();
    assert!(writer.flush(FlushLevel::Synced, LONG));
    disk.set_capacity(Some(0));
    (1..100).for_each(|step| writer.queue().push_row(step, 0, true, shape, &[]).unwrap());
    (disk, writer)
}

#[test]
fn finish_keeps_its_time_on_a_disk_that_stays_full_and_says_what_is_lost() {
    let (_disk, writer) = on_a_disk_that_fills_up();
    let began = Instant::now();
    let report = writer.finish(0, Duration::from_millis(300));
    assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
    assert_eq!((report.complete, report.rows, report.lost_rows), (false, 1, 99));
    assert!(report.message.contains("99 rows are lost: no room"), "{}", report.message);
}

#[test]
fn a_stream_whose_rows_find_no_room_is_ended_all_the_same_and_says_in_it_what_is_lost() {
    let (disk, writer) = on_a_disk_that_fills_up();
    eventually("the trouble is said", || writer.status().connection.contains("no room"));
    // Removed files keep their bytes on this disk, so the room that the ballast leaves is given by hand, to
    // whoever asks next.
    let (room, finishing) = (disk.clone(), Arc::new(writer));
    let other = Arc::clone(&finishing);
    let finish = std::thread::Builder::new().name("finish".into()).spawn(move || other.finish(3, Duration::from_secs(5))).unwrap();
    eventually("the ballast is dropped", || room.log().iter().any(|line| line == "remove ballast.tmp"));
    room.set_capacity(None);
    let report = finish.join().unwrap();
    assert_eq!((report.complete, report.rows, report.lost_rows, report.is_there), (false, 1, 99, true), "{report:?}");
    let shared: Arc<dyn Disk> = Arc::new(disk);
    let all = entries(shared, std::path::Path::new("/spool"), finishing.stream());
    let lost: u64 = all.iter().map(|entry| if let Entry::Lost { report, .. } = entry { report.rows - report.kept } else { 0 }).sum();
    assert_eq!((steps(&all), lost), (vec![0], 99), "what is said is in the stream");
    assert!(matches!(all.last(), Some(Entry::Exit { code: 3, .. })));
}

#[test]
fn block_and_raise_say_full_and_the_cap_is_lifted_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path(), "");
    (options.on_full, options.queue_bytes, options.spool_bytes) = (OnFull::Block, 50_000, 600);
    let writer = Writer::start(options).unwrap();
    let queue = writer.queue();
    let shape = queue.define_shape(&[queue.define_key("a")]);
    let (mut random, mut accepted) = (1u64, 0);
    eventually("the spool is at its cap and the queue is full", || {
        loop {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            match queue.push_row(accepted, 0, true, shape, &float(f64::from_bits(random >> 2))) {
                Ok(()) => accepted += 1,
                Err(error) => break assert_eq!(error, PushError::Full),
            }
        }
        writer.status().connection.contains("cap of 600") && !queue.wait_for_room(10, Duration::from_millis(20))
    });
    let report = writer.finish(0, LONG);
    assert!(report.complete && report.rows == accepted as u64, "{report:?}");
}

#[test]
fn a_failed_sync_is_made_good_in_a_new_segment() {
    let disk = SimulatedDisk::new();
    let mut options = options(std::path::Path::new("/spool"), "");
    options.disk = Arc::new(disk.clone());
    let writer = Writer::start(options).unwrap();
    let shape = writer.queue().define_shape(&[]);
    writer.queue().push_row(0, 0, true, shape, &[]).unwrap();
    disk.fail_syncs(1);
    assert!(writer.flush(FlushLevel::Synced, LONG));
    let after: Arc<dyn Disk> = Arc::new(disk.after_power_loss(1));
    assert_eq!(steps(&entries(after, std::path::Path::new("/spool"), writer.stream())), [0]);
}
