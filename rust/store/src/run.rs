//! A run put together from its streams, its statements and its rows; and below, choices among the runs of a
//! project.

pub mod columns;
mod compare;
pub mod field;
pub mod filter;
mod moment;
pub mod order;
pub mod table;

use crate::query::{CRASHED_AFTER_MICROS, LabelInfo, RunInfo, RunState};
use crate::statement::{Statements, present};
pub use crate::summary::RowFacts;
use crate::summary::summary_of;
use std::collections::BTreeMap;
use stepwell_model::{MetricDefinition, Opening, RunPath, StreamId, TimeMicros};

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

/// What decides the state of a run, whatever the time.
///
/// The newest primary stream decides, by (attempt, opening time, stream id): its exit ends the run; without
/// one the run goes on while any stream gives signs of life. A run without a primary stream is finished once
/// all of its streams have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Its state once it has ended, and the exit code of its primary writer.
    end: Option<(RunState, Option<i32>)>,
    /// Last sign of life of a stream that has not ended.
    last_sign: Option<TimeMicros>,
}

impl Life {
    /// That of a run with these streams.
    pub fn of(streams: &[StreamFacts]) -> Self {
        let last_sign = streams.iter().filter(|stream| stream.exit.is_none()).map(|stream| stream.heartbeat).max();
        let primary = streams
            .iter()
            .filter(|stream| stream.opening.primary)
            .max_by_key(|stream| (stream.opening.attempt, stream.opening.time, stream.id));
        let end = match primary {
            Some(StreamFacts { exit: Some(code), .. }) => {
                Some((if *code == 0 { RunState::Finished } else { RunState::Failed }, Some(*code)))
            }
            None if !streams.is_empty() && last_sign.is_none() => Some((RunState::Finished, None)),
            _ => None,
        };
        Self { end, last_sign }
    }

    /// State, and the exit code of the primary writer.
    pub fn at(self, now: TimeMicros) -> (RunState, Option<i32>) {
        let alive = self.last_sign.is_some_and(|sign| now.saturating_sub(sign) <= CRASHED_AFTER_MICROS);
        self.end.unwrap_or((if alive { RunState::Running } else { RunState::Crashed }, None))
    }
}

/// The definitions of runs with the times at which they were created, one per name: the newest run's.
pub fn newest_definitions(mut runs: Vec<(TimeMicros, Vec<MetricDefinition>)>) -> Vec<MetricDefinition> {
    runs.sort_by_key(|(created, _)| std::cmp::Reverse(*created));
    let mut metrics: Vec<MetricDefinition> = runs.into_iter().flat_map(|(_, metrics)| metrics).collect();
    // A stable sort: of each name the newest run's stands first.
    metrics.sort_by(|one, other| one.name.cmp(&other.name));
    metrics.dedup_by(|later, kept| later.name == kept.name);
    metrics
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
    let text = |attribute| statements.text(attribute).unwrap_or_default().to_owned();
    let (runtime_seconds, last_step, row_count) = (rows.runtime_seconds, rows.last_step, rows.rows);
    let summary = summary_of(rows, statements);
    let mut info = RunInfo {
        name: statements.text("name").unwrap_or(&path.run).to_owned(),
        path,
        state: RunState::Crashed,
        created: 0,
        heartbeat: 0,
        runtime_seconds,
        slot,
        tags: statements.tags(),
        notes: text("notes"),
        group: text("group"),
        job_type: text("job_type"),
        exit_code: None,
        labels: Vec::new(),
        config: present(&statements.config),
        summary_keys: summary.len() as u64,
        summary,
        metrics: statements.definitions().iter().cloned().collect(),
        last_step,
        rows: row_count,
        loss: statements.loss,
    };
    set_streams(&mut info, streams, now);
    info
}

/// Sets what a run has from its streams and the time.
pub fn set_streams(run: &mut RunInfo, streams: &[StreamFacts], now: TimeMicros) {
    (run.state, run.exit_code) = Life::of(streams).at(now);
    (run.created, run.heartbeat) = (created(streams), heartbeat(streams));
    run.labels = label_order(streams.iter().map(|stream| &stream.opening));
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
            assert_eq!(Life::of(&streams).at(now), expected, "{streams:?}");
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
