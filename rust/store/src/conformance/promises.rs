//! Promises about what comes in: exactly once, all or nothing, statements, runs.

use super::stream::{TestStream, frame_at, path, row};
use super::{Subject, compact_all};
use crate::query::CRASHED_AFTER_MICROS;
use crate::{AppendOutcome, FileInfo, LabelChoice, LossTotals, Page, RunState, StepRange, StoreError};
use stepwell_model::{BlobId, Entry, FileVersion, Goal, LossReport, MetricDefinition, RunInfoUpdate, RunPath, SummaryKind, Value};

fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn pairs(pairs: &[(&str, Value)]) -> Vec<(String, Value)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

/// Invariant 2, A2: a stream takes the frame at `durable + 1` and nothing else, also after the store was
/// closed.
pub fn a_frame_is_stored_exactly_once(subject: &Subject<'_>) {
    let mut store = (subject.create)();
    let mut stream = TestStream::new(1);
    assert_eq!(store.open_stream(stream.id, &stream.opening), Ok(0));
    let first = stream.numbers("a", &[(0, 0.0), (1, 1.0)]);
    let second = stream.numbers("a", &[(2, 2.0)]);
    assert_eq!(store.append(std::slice::from_ref(&second)), Ok(vec![AppendOutcome::Expected(1)]));
    let outcomes = store.append(&[first.clone(), first.clone(), second.clone(), first.clone()]);
    assert_eq!(
        outcomes,
        Ok(vec![AppendOutcome::Durable(2), AppendOutcome::Durable(2), AppendOutcome::Durable(3), AppendOutcome::Durable(3)])
    );
    store = (subject.reopen)(store);
    assert_eq!(store.open_stream(stream.id, &stream.opening), Ok(3));
    assert_eq!(store.append(&[second, first]), Ok(vec![AppendOutcome::Durable(3), AppendOutcome::Durable(3)]));
    // One that begins before the next number and ends after it is none that a client makes: it is told where
    // to go on.
    let straddling = frame_at(stream.id, 3, &[row(2, &[]), row(3, &[])]);
    assert_eq!(store.append(&[straddling]), Ok(vec![AppendOutcome::Expected(4)]));
    for _ in 0..2 {
        let info = store.run(&path(), 0).unwrap();
        assert_eq!((info.rows, info.last_step), (3, Some(2)));
        assert_eq!(store.points(&path(), "a", &LabelChoice::Primary, StepRange::ALL).unwrap()[0].1.steps, [0, 1, 2]);
        compact_all(&*store);
    }
}

/// Invariant 1: one frame that cannot be taken, and none of the call is.
pub fn an_append_is_all_or_nothing(subject: &Subject<'_>) {
    let store = (subject.create)();
    let (mut known, mut unknown) = (TestStream::new(1), TestStream::new(2));
    store.open_stream(known.id, &known.opening).unwrap();
    let (good, bad) = (known.numbers("a", &[(0, 0.0)]), unknown.numbers("a", &[(0, 0.0)]));
    assert!(matches!(store.append(&[good.clone(), bad]), Err(StoreError::Invalid(_))));
    assert_eq!(store.open_stream(known.id, &known.opening), Ok(0));
    assert_eq!(store.run(&path(), 0).unwrap().rows, 0);
    assert_eq!(store.append(&[good]), Ok(vec![AppendOutcome::Durable(1)]));
    assert_eq!(store.append(&[]), Ok(vec![]));
}

/// E1: names are checked before anything is created.
pub fn names_that_cannot_be_used_are_refused(subject: &Subject<'_>) {
    let store = (subject.create)();
    for stream in [
        TestStream::new(1).with(|opening| opening.path.project = "a/b".into()),
        TestStream::new(2).with(|opening| opening.path.run = String::new()),
        TestStream::new(3).with(|opening| opening.path.entity = "x".repeat(1000)),
        TestStream::new(4).with(|opening| opening.label = "x".repeat(1000)),
    ] {
        assert!(matches!(store.open_stream(stream.id, &stream.opening), Err(StoreError::Invalid(_))), "{stream:?}");
    }
    assert_eq!(store.projects(0), Ok(vec![]));
    assert!(matches!(store.run(&path(), 0), Err(StoreError::NotFound(_))));
    assert_eq!(store.points(&path(), "a", &LabelChoice::All, StepRange::ALL), Ok(vec![]));
    assert_eq!(store.runs("local", "p", Page { limit: 1, offset: 0 }, 0).map(|(_, total)| total), Ok(0));
}

/// A stream that is opened again keeps its run and its first opening.
pub fn a_stream_never_changes_its_run(subject: &Subject<'_>) {
    let store = (subject.create)();
    let stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let elsewhere = stream.clone().with(|opening| opening.path.run = "other".into());
    assert!(matches!(store.open_stream(elsewhere.id, &elsewhere.opening), Err(StoreError::Invalid(_))));
    let relabelled = stream.with(|opening| opening.label = "7".into());
    store.open_stream(relabelled.id, &relabelled.opening).unwrap();
    assert_eq!(store.run(&path(), 0).unwrap().labels[0].label, "");
}

/// D1: of config, attributes and losses it matters what was said when, not what came first.
pub fn the_last_setting_by_time_wins(subject: &Subject<'_>) {
    let store = (subject.create)();
    let (mut one, mut two) = (TestStream::new(1), TestStream::new(2));
    store.open_stream(one.id, &one.opening).unwrap();
    store.open_stream(two.id, &two.opening).unwrap();
    let config = |time, set: &[(&str, Value)], deleted: &[&str]| Entry::Config {
        time,
        set: pairs(set),
        deleted: deleted.iter().map(|key| (*key).to_owned()).collect(),
    };
    let info = |time, info| Entry::Info { time, info };
    let later = two.frame(&[
        config(20, &[("lr", Value::Float(0.2)), ("gone", Value::Int(1))], &[]),
        config(30, &[("back", Value::Nil)], &["gone"]),
        info(20, RunInfoUpdate { name: Some("two".into()), tags: Some(vec!["x".into()]), ..RunInfoUpdate::default() }),
    ]);
    let earlier = one.frame(&[
        config(10, &[("lr", Value::Float(0.1)), ("only", text("here"))], &["back"]),
        config(30, &[("tie", Value::Int(1))], &[]),
        config(30, &[("tie", Value::Int(2))], &[]),
        info(10, RunInfoUpdate { name: Some("one".into()), notes: Some("n".into()), ..RunInfoUpdate::default() }),
        Entry::Lost { time: 0, report: LossReport { rows: 10, kept: 3, reason: "disk full".into() } },
        Entry::Lost { time: 0, report: LossReport { rows: 1, kept: 0, reason: "queue full".into() } },
    ]);
    store.append(&[later, earlier]).unwrap();
    compact_all(&*store);
    let info = store.run(&path(), 0).unwrap();
    let expected = [("back", Value::Nil), ("lr", Value::Float(0.2)), ("only", text("here")), ("tie", Value::Int(2))];
    assert_eq!(info.config, pairs(&expected));
    assert_eq!((info.name.as_str(), info.notes.as_str(), info.tags), ("two", "n", vec!["x".to_owned()]));
    assert_eq!(info.loss, LossTotals { sampled_rows: 3, lost_rows: 8 });
}

/// A path has the content that was said last, whatever came first; a deleted run has no files.
pub fn the_last_content_of_a_file_wins(subject: &Subject<'_>) {
    let mut store = (subject.create)();
    let (mut one, mut two) = (TestStream::new(1), TestStream::new(2));
    store.open_stream(one.id, &one.opening).unwrap();
    store.open_stream(two.id, &two.opening).unwrap();
    let version = |path: &str, blob: u8, size| FileVersion { path: path.into(), blob: BlobId([blob; 32]), size };
    let file = |time, path: &str, blob, size| Entry::File { time, file: version(path, blob, size) };
    let later = two.frame(&[file(20, "media/images/x.png", 2, 200), file(5, "tie", 7, 7)]);
    let earlier = one.frame(&[
        file(10, "media/images/x.png", 1, u64::MAX >> 1),
        file(5, "tie", 1, 1),
        file(5, "a", 1, 0),
        file(5, "a", 3, u64::MAX >> 1),
    ]);
    store.append(&[later, earlier.clone()]).unwrap();
    store.append(&[earlier]).unwrap();
    compact_all(&*store);
    store = (subject.reopen)(store);
    let info = |time, file| FileInfo { file, time };
    let expected =
        [info(5, version("a", 3, u64::MAX >> 1)), info(20, version("media/images/x.png", 2, 200)), info(5, version("tie", 7, 7))];
    assert_eq!(store.files(&path()).unwrap(), expected);
    assert_eq!(store.file(&path(), "tie").unwrap().as_ref(), Some(&expected[2]));
    assert_eq!(store.file(&path(), "media"), Ok(None));
    assert_eq!(store.named_blobs(), Ok([2, 3, 7].map(|blob| BlobId([blob; 32])).to_vec()));
    let unknown = RunPath { run: "unknown".into(), ..path() };
    assert_eq!((store.files(&unknown), store.file(&unknown, "a")), (Ok(vec![]), Ok(None)));
    store.delete_run(&path()).unwrap();
    assert_eq!(store.named_blobs(), Ok(vec![]));
    let again = TestStream::new(3);
    store.open_stream(again.id, &again.opening).unwrap();
    compact_all(&*store);
    assert_eq!((store.files(&path()), store.file(&path(), "a")), (Ok(vec![]), Ok(None)));
}

/// Rows don't overwrite what was set by hand; a deleted value is gone until it is set again.
pub fn a_summary_value_set_by_hand_stays(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let summary = |time, set: &[(&str, Value)], deleted: &[&str]| Entry::Summary {
        time,
        set: pairs(set),
        deleted: deleted.iter().map(|key| (*key).to_owned()).collect(),
        until_logged: false,
    };
    let value = |key: &str| store.run(&path(), 0).unwrap().summary.into_iter().find(|(name, _)| name == key).map(|(_, value)| value);
    let frame = stream.frame(&[
        row(1, &[("loss", Value::Float(0.5)), ("acc", Value::Int(1))]),
        summary(1, &[("loss", text("by hand")), ("best", Value::Float(f64::NAN))], &["acc"]),
        row(2, &[("loss", Value::Float(0.4)), ("acc", Value::Int(2)), ("nested", Value::Map(pairs(&[("a", Value::Int(3))])))]),
    ]);
    store.append(&[frame]).unwrap();
    assert_eq!((value("loss"), value("acc"), value("nested.a")), (Some(text("by hand")), None, Some(Value::Int(3))));
    assert!(matches!(value("best"), Some(Value::Float(best)) if best.is_nan()));
    let frame = stream.frame(&[summary(2, &[("acc", Value::Int(9))], &["best"])]);
    store.append(&[frame]).unwrap();
    compact_all(&*store);
    assert_eq!((value("acc"), value("best"), value("_step")), (Some(Value::Int(9)), None, Some(Value::Int(2))));
}

/// What is said of a metric later is added to what was said before.
pub fn metric_definitions_add_up(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let metric = |time, definition| Entry::Metric { time, definition };
    let said = |name: &str| MetricDefinition { name: name.into(), ..MetricDefinition::default() };
    let frame = stream.frame(&[
        metric(2, MetricDefinition { hidden: Some(true), ..said("b") }),
        metric(1, MetricDefinition { step_metric: Some("epoch".into()), summary: vec![SummaryKind::Max], ..said("b") }),
        metric(3, said("a")),
        metric(4, MetricDefinition { goal: Some(Goal::Minimize), ..said("a") }),
        metric(5, MetricDefinition { overwrite: true, ..said("a") }),
    ]);
    store.append(&[frame]).unwrap();
    let metrics = store.run(&path(), 0).unwrap().metrics;
    let b = MetricDefinition { hidden: Some(true), step_metric: Some("epoch".into()), summary: vec![SummaryKind::Max], ..said("b") };
    assert_eq!(metrics, [b, MetricDefinition { overwrite: true, ..said("a") }]);
}

/// Only a primary writer's exit ends the run, and a newer attempt brings it back to life.
pub fn the_primary_decides_the_state(subject: &Subject<'_>) {
    let store = (subject.create)();
    let state = |now| store.run(&path(), now).map(|info| (info.state, info.exit_code)).unwrap();
    let mut helper = TestStream::new(9).with(|opening| (opening.primary, opening.label) = (false, "1".into()));
    let mut primary = TestStream::new(1);
    store.open_stream(primary.id, &primary.opening).unwrap();
    store.open_stream(helper.id, &helper.opening).unwrap();
    let frame = helper.frame(&[Entry::Exit { time: 0, code: 1 }]);
    store.append(&[frame]).unwrap();
    assert_eq!(state(0), (RunState::Running, None));
    assert_eq!(state(CRASHED_AFTER_MICROS + 1), (RunState::Crashed, None));
    store.heartbeat(&[(primary.id, CRASHED_AFTER_MICROS), (TestStream::new(77).id, 5)]).unwrap();
    assert_eq!(state(CRASHED_AFTER_MICROS + 1), (RunState::Running, None));
    store.heartbeat(&[(primary.id, 3)]).unwrap();
    assert_eq!(store.run(&path(), 0).unwrap().heartbeat, CRASHED_AFTER_MICROS);
    let frame = primary.frame(&[Entry::Exit { time: 0, code: 3 }]);
    store.append(&[frame]).unwrap();
    assert_eq!(state(CRASHED_AFTER_MICROS), (RunState::Failed, Some(3)));
    let mut again = TestStream::new(0).with(|opening| (opening.attempt, opening.time) = (1, 5));
    store.open_stream(again.id, &again.opening).unwrap();
    assert_eq!(state(5), (RunState::Running, None));
    let frame = again.frame(&[Entry::Exit { time: 0, code: 0 }]);
    store.append(&[frame]).unwrap();
    assert_eq!(state(i64::MAX), (RunState::Finished, Some(0)));
}

/// A colour slot belongs to one run for ever, deleted or not.
pub fn slots_are_never_given_twice(subject: &Subject<'_>) {
    let mut store = (subject.create)();
    let open = |store: &dyn crate::Store, id: u8, run: &str| {
        let stream = TestStream::new(id).with(|opening| opening.path.run = run.into());
        store.open_stream(stream.id, &stream.opening).unwrap();
        store.run(&stream.opening.path, 0).unwrap().slot
    };
    assert_eq!([open(&*store, 1, "a"), open(&*store, 2, "r"), open(&*store, 3, "a")], [0, 1, 0]);
    store.delete_run(&path()).unwrap();
    compact_all(&*store);
    store = (subject.reopen)(store);
    assert_eq!([open(&*store, 4, "r"), open(&*store, 5, "z")], [2, 3]);
}

/// By the time of the first stream, page by page.
pub fn runs_are_listed_newest_first(subject: &Subject<'_>) {
    let store = (subject.create)();
    for (id, run, time) in [(1, "middle", 20), (2, "old", 10), (3, "new", 30), (4, "old", 40), (5, "tie", 30)] {
        let stream = TestStream::new(id).with(|opening| (opening.path.run, opening.time) = (run.into(), time));
        store.open_stream(stream.id, &stream.opening).unwrap();
    }
    let other = TestStream::new(6).with(|opening| (opening.path.project, opening.time) = ("q".into(), 35));
    store.open_stream(other.id, &other.opening).unwrap();
    let page = |limit, offset| {
        let (runs, total) = store.runs("local", "p", Page { limit, offset }, 0).unwrap();
        (runs.into_iter().map(|run| run.path.run).collect::<Vec<_>>(), total)
    };
    assert_eq!(page(9, 0), (["tie", "new", "middle", "old"].map(str::to_owned).to_vec(), 4));
    assert_eq!(page(1, 2), (vec!["middle".to_owned()], 4));
    assert_eq!(page(5, 9), (vec![], 4));
    let projects = store.projects(CRASHED_AFTER_MICROS + 35).unwrap();
    let projects: Vec<_> = projects.iter().map(|p| (p.name.as_str(), p.runs, p.running, p.last_activity)).collect();
    assert_eq!(projects, [("p", 4, 1, 40), ("q", 1, 1, 35)]);
}

/// Whoever asks what changed learns of every change once, deletion included.
pub fn changes_are_named(subject: &Subject<'_>) {
    let store = (subject.create)();
    let (mut one, mut two) = (TestStream::new(1), TestStream::new(2).with(|opening| opening.path.run = "s".into()));
    let changed = |since| store.changed("local", "p", since).unwrap();
    assert_eq!(changed(0).runs, [""; 0]);
    store.open_stream(one.id, &one.opening).unwrap();
    store.open_stream(two.id, &two.opening).unwrap();
    let all = changed(0);
    assert_eq!(all.runs, ["r", "s"]);
    assert_eq!(changed(all.version).runs, [""; 0]);
    let (first, second) = (one.numbers("a", &[(0, 0.0)]), two.frame(&[Entry::Exit { time: 0, code: 0 }]));
    store.append(std::slice::from_ref(&first)).unwrap();
    let next = changed(all.version);
    assert_eq!(next.runs, ["r"]);
    store.append(&[first]).unwrap();
    compact_all(&*store);
    assert_eq!(changed(next.version), crate::Changed { version: next.version, runs: vec![] });
    store.append(&[second]).unwrap();
    store.heartbeat(&[(one.id, 10)]).unwrap();
    assert_eq!(changed(next.version).runs, ["r", "s"]);
    let before = changed(0).version;
    store.delete_run(&path()).unwrap();
    assert_eq!(changed(before).runs, ["r"]);
    assert_eq!(changed(0).runs, ["s"]);
    assert_eq!(store.changed("local", "unknown", 0).unwrap().runs, [""; 0]);
}

/// A late writer of a deleted run is refused, so that what it has stays with it, and brings nothing back; a
/// new stream begins a new run. Whoever appends together with it loses nothing.
pub fn a_deleted_run_does_not_come_back(subject: &Subject<'_>) {
    let mut store = (subject.create)();
    let mut late = TestStream::new(1);
    store.open_stream(late.id, &late.opening).unwrap();
    let frame = late.numbers("a", &[(0, 0.0), (1, 1.0)]);
    store.append(&[frame]).unwrap();
    compact_all(&*store);
    let frame = late.numbers("a", &[(2, 0.0)]);
    store.append(&[frame]).unwrap();
    store.delete_run(&path()).unwrap();
    assert!(matches!(store.delete_run(&path()), Err(StoreError::NotFound(_))));
    let deleted = Err(StoreError::Deleted(path().to_string()));
    assert_eq!(store.open_stream(late.id, &late.opening), deleted);
    let repeated = late.numbers("a", &[(2, 0.0)]);
    let frame = late.frame(&[row(3, &[("a", Value::Int(1))]), Entry::Exit { time: 0, code: 0 }]);
    for frame in [repeated, frame] {
        assert_eq!(store.append(&[frame]).map(drop), deleted.clone().map(|_: u64| ()));
    }
    compact_all(&*store);
    store = (subject.reopen)(store);
    assert_eq!(store.open_stream(late.id, &late.opening), deleted);
    assert!(matches!(store.run(&path(), 0), Err(StoreError::NotFound(_))));
    assert_eq!(store.projects(0), Ok(vec![]));
    let mut new = TestStream::new(2);
    assert_eq!(store.open_stream(new.id, &new.opening), Ok(0));
    let frame = new.numbers("b", &[(7, 0.0)]);
    store.append(&[frame]).unwrap();
    let info = store.run(&path(), 0).unwrap();
    assert_eq!((info.rows, info.last_step), (1, Some(7)));
    let keys: Vec<String> = store.keys("local", "p", &[]).unwrap().into_iter().map(|key| key.key).collect();
    assert_eq!(keys, ["b"]);
}
