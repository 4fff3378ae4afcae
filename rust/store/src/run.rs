//! A run put together from its streams, its statements and its rows.

use crate::merge::Stamp;
use crate::query::{CRASHED_AFTER_MICROS, LabelInfo, RunInfo, RunState};
use crate::statement::{Statements, present};
use crate::summary::summary_of;
use std::collections::BTreeMap;
use stepwell_model::{Opening, RunPath, Step, StreamId, TimeMicros, Value};
use stepwell_sample::run_summary::History;

/// Facts of a stream besides its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamFacts {
    /// Its id.
    pub id: StreamId,
    /// Its opening.
    pub opening: Opening,
    /// Last sign of life, never before the opening.
    pub heartbeat: TimeMicros,
    /// The code of its exit, once it has ended in order.
    pub exit: Option<i32>,
}

/// Facts of the rows of a run.
#[derive(Debug, Clone, Default)]
pub struct RowFacts {
    /// For each flat key, automatic ones included, the value at the greatest step of the first label that has
    /// it.
    pub last_values: BTreeMap<String, Value>,
    /// For each key of which [`Wanted`](crate::summary::Wanted) asks for it: what its values add up to, in
    /// the same label.
    pub histories: BTreeMap<String, History>,
    /// Likewise, when its last value was logged. For an automatic key, when the last row was.
    pub stamps: BTreeMap<String, Stamp>,
    /// See [`RunInfo::runtime_seconds`].
    pub runtime_seconds: f64,
    /// Highest step.
    pub last_step: Option<Step>,
    /// Rows, counted once per (label, step).
    pub rows: u64,
}

/// The labels of a run, the primary one first: lowest rank (no rank comes last), then lowest label.
pub fn label_order<'a>(openings: impl IntoIterator<Item = &'a Opening>) -> Vec<LabelInfo> {
    let mut ranks: BTreeMap<&str, Option<u32>> = BTreeMap::new();
    for opening in openings {
        let rank = ranks.entry(&opening.label).or_default();
        *rank = [*rank, opening.rank].into_iter().flatten().min();
    }
    let mut labels: Vec<_> = ranks.into_iter().map(|(label, rank)| LabelInfo { label: label.to_owned(), rank }).collect();
    labels.sort_by_key(|label| (label.rank.is_none(), label.rank));
    labels
}

/// State of a run, and the exit code of its primary writer.
///
/// The newest primary stream decides, by (attempt, opening time, stream id): its exit ends the run; without
/// one the run goes on while any stream gives signs of life. A run without a primary stream is finished once
/// all of its streams have ended.
pub fn state(streams: &[StreamFacts], now: TimeMicros) -> (RunState, Option<i32>) {
    let alive = streams.iter().any(|stream| stream.exit.is_none() && now.saturating_sub(stream.heartbeat) <= CRASHED_AFTER_MICROS);
    let living = if alive { RunState::Running } else { RunState::Crashed };
    let primary = streams
        .iter()
        .filter(|stream| stream.opening.primary)
        .max_by_key(|stream| (stream.opening.attempt, stream.opening.time, stream.id));
    match primary {
        Some(StreamFacts { exit: Some(code), .. }) => (if *code == 0 { RunState::Finished } else { RunState::Failed }, Some(*code)),
        None if !streams.is_empty() && streams.iter().all(|stream| stream.exit.is_some()) => (RunState::Finished, None),
        _ => (living, None),
    }
}

/// When the run's first stream began.
pub fn created(streams: &[StreamFacts]) -> TimeMicros {
    streams.iter().map(|stream| stream.opening.time).min().unwrap_or(0)
}

/// The last sign of life of any stream.
pub fn heartbeat(streams: &[StreamFacts]) -> TimeMicros {
    streams.iter().map(|stream| stream.heartbeat.max(stream.opening.time)).max().unwrap_or(0)
}

/// The run as a query answers it.
pub fn assemble(path: RunPath, slot: u32, streams: &[StreamFacts], statements: &Statements, rows: RowFacts, now: TimeMicros) -> RunInfo {
    let (state, exit_code) = state(streams, now);
    let text = |attribute| statements.text(attribute).unwrap_or_default().to_owned();
    let (runtime_seconds, last_step, row_count) = (rows.runtime_seconds, rows.last_step, rows.rows);
    RunInfo {
        name: statements.text("name").unwrap_or(&path.run).to_owned(),
        path,
        state,
        created: created(streams),
        heartbeat: heartbeat(streams),
        runtime_seconds,
        slot,
        tags: statements.tags(),
        notes: text("notes"),
        group: text("group"),
        job_type: text("job_type"),
        exit_code,
        labels: label_order(streams.iter().map(|stream| &stream.opening)),
        config: present(&statements.config),
        summary: summary_of(rows, statements),
        metrics: statements.definitions().iter().cloned().collect(),
        last_step,
        rows: row_count,
        loss: statements.loss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(id: u8, primary: bool, attempt: u64, exit: Option<i32>) -> StreamFacts {
        let opening = Opening { primary, attempt, ..Opening::default() };
        StreamFacts { id: StreamId([id; 16]), opening, heartbeat: 0, exit }
    }

    #[test]
    fn the_newest_primary_decides_the_state() {
        let late = CRASHED_AFTER_MICROS + 1;
        let (finished, failed) = ((RunState::Finished, Some(0)), (RunState::Failed, Some(3)));
        for (streams, now, expected) in [
            (vec![stream(1, true, 0, None)], 0, (RunState::Running, None)),
            (vec![stream(1, true, 0, None)], late, (RunState::Crashed, None)),
            (vec![stream(1, true, 0, Some(0)), stream(2, false, 0, None)], late, finished),
            (vec![stream(1, true, 0, Some(3)), stream(2, false, 0, Some(0))], 0, failed),
            (vec![stream(1, true, 0, Some(3)), stream(2, true, 1, None)], 0, (RunState::Running, None)),
            (vec![stream(1, true, 0, None), stream(2, false, 0, Some(0))], 0, (RunState::Running, None)),
            (vec![stream(1, false, 0, Some(1)), stream(2, false, 0, Some(0))], 0, (RunState::Finished, None)),
            (vec![stream(1, false, 0, Some(0)), stream(2, false, 0, None)], 0, (RunState::Running, None)),
        ] {
            assert_eq!(state(&streams, now), expected, "{streams:?}");
        }
    }

    #[test]
    fn the_lowest_rank_comes_first_and_no_rank_last() {
        let opening = |label: &str, rank| Opening { label: label.into(), rank, ..Opening::default() };
        let openings = [opening("b", None), opening("10", Some(10)), opening("9", Some(9)), opening("a", None), opening("x", Some(9))];
        let labels: Vec<_> = label_order(&openings).into_iter().map(|label| label.label).collect();
        assert_eq!(labels, ["9", "x", "10", "a", "b"]);
    }
}
