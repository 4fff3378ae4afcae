//! What one tab watches, and what of it the tab has seen.

use crate::clock;
use crate::context::Context;
use crate::error::ServiceError;
use crate::http::json;
use crate::http::series::BatchRequest;
use crate::series::{Line, Panel, encode};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json as object};
use std::collections::BTreeMap;
use std::sync::Arc;
use stepwell_model::{RunPath, TimeMicros};
use stepwell_store::{KeyInfo, Page, RunInfo, RunState, StoreError};

/// How often running runs are looked at even if nobody says that they changed: a run that falls silent becomes crashed by the clock alone.
const CLOCK_EVERY: TimeMicros = 2_000_000;
/// Runs whose changes are pushed; more than any project list shows at once.
const MOST_RUNS: usize = 100_000;

/// A message for the tab.
pub(super) enum Push {
    /// Series that changed.
    Series(Vec<u8>),
    /// Runs, keys or an error.
    Text(Value),
}

/// A subscription.
pub(super) struct Watch {
    id: u64,
    seq: u64,
    entity: String,
    project: String,
    panels: Vec<Panel>,
    /// Version of the project that was seen; `None` before the first push.
    seen: Option<u64>,
    /// Digest of each line that was sent, by (panel, series), and the width of the panel's buckets.
    sent: FxHashMap<(usize, usize), u64>,
    runs: BTreeMap<String, Arc<RunInfo>>,
    keys: Vec<KeyInfo>,
    clock_at: TimeMicros,
    /// The last error that was told, so that it is told once.
    complaint: String,
}

impl Watch {
    /// A subscription that has seen nothing, but knows the runs and keys that `previous` told of the same project.
    pub(super) fn new(id: u64, batch: BatchRequest, previous: Option<Self>) -> Result<Self, ServiceError> {
        let (entity, project) = (batch.entity.clone(), batch.project.clone());
        let panels = batch.panels()?;
        let (seq, runs, keys) = match previous {
            Some(previous) if previous.entity == entity && previous.project == project => {
                (previous.seq, previous.runs, previous.keys)
            }
            Some(previous) => (previous.seq, BTreeMap::new(), Vec::new()),
            None => (0, BTreeMap::new(), Vec::new()),
        };
        let (sent, complaint) = (FxHashMap::default(), String::new());
        Ok(Self { id, seq, entity, project, panels, seen: None, sent, runs, keys, clock_at: 0, complaint })
    }

    /// What the tab has not seen yet. Blocks.
    pub(super) fn pushes(&mut self, context: &Context) -> Vec<Push> {
        match self.changes(context) {
            Ok(pushes) => {
                self.complaint.clear();
                pushes
            }
            Err(error) if error.message == self.complaint => Vec::new(),
            Err(error) => {
                self.complaint.clone_from(&error.message);
                vec![Push::Text(object!({"op": "error", "message": error.message}))]
            }
        }
    }

    fn changes(&mut self, context: &Context) -> Result<Vec<Push>, ServiceError> {
        let now = clock::now();
        let first = self.seen.is_none();
        let changed = context.store.changed(&self.entity, &self.project, self.seen.unwrap_or(0))?;
        let news = first || changed.version != self.seen.unwrap_or(0) || !changed.runs.is_empty();
        let clock = now - self.clock_at >= CLOCK_EVERY;
        if !news && !clock {
            return Ok(Vec::new());
        }
        let mut pushes = Vec::new();
        let changed_runs: FxHashSet<&str> = changed.runs.iter().map(String::as_str).collect();
        if first || self.panels.iter().any(|panel| panel.series.iter().any(|series| changed_runs.contains(series.path.run.as_str()))) {
            pushes.extend(self.series(context, first, now)?);
        }
        pushes.extend(self.changed_runs(context, &changed.runs, first, now)?);
        if news {
            pushes.extend(self.changed_keys(context)?);
        }
        self.clock_at = now;
        // Only now: an error before this line makes the next look start from what was seen before.
        self.seen = Some(changed.version);
        Ok(pushes)
    }

    /// The lines that look different from those sent last; the first time all of them.
    fn series(&mut self, context: &Context, first: bool, now: TimeMicros) -> Result<Option<Push>, ServiceError> {
        let panels = context.series.read(&self.entity, &self.project, &self.panels)?;
        let mut differ: Vec<(&Panel, f64, Vec<(usize, &Line)>)> = Vec::new();
        for (panel_index, (panel, lines)) in self.panels.iter().zip(&panels).enumerate() {
            let mut chosen = Vec::new();
            for (index, line) in lines.lines.iter().enumerate() {
                let before = self.sent.insert((panel_index, index), line.digest);
                if first || before != Some(line.digest) {
                    chosen.push((index, &**line));
                }
            }
            if first || !chosen.is_empty() {
                differ.push((panel, lines.bucket_width, chosen));
            }
        }
        if differ.is_empty() && !first {
            return Ok(None);
        }
        self.seq += 1;
        let mut header = Map::new();
        header.insert("subscription".into(), object!(self.id));
        header.insert("seq".into(), object!(self.seq));
        header.insert("server_us".into(), object!(now));
        Ok(Some(Push::Series(encode(header, differ))))
    }

    /// Runs that are new or changed: those that the store names, and those that the clock may have changed.
    fn changed_runs(&mut self, context: &Context, named: &[String], first: bool, now: TimeMicros) -> Result<Option<Push>, ServiceError> {
        let mut changed = Vec::new();
        if first && self.runs.is_empty() {
            let page = Page { limit: MOST_RUNS, offset: 0 };
            let (runs, _) = context.store.runs(&self.entity, &self.project, page, now)?;
            self.runs = runs.into_iter().map(|run| (run.path.run.clone(), Arc::new(run))).collect();
            changed.extend(self.runs.values().cloned());
        } else {
            let by_clock = |run: &&Arc<RunInfo>| matches!(run.state, RunState::Running | RunState::Crashed);
            let mut ids: FxHashSet<String> = named.iter().cloned().collect();
            if now - self.clock_at >= CLOCK_EVERY {
                ids.extend(self.runs.values().filter(by_clock).map(|run| run.path.run.clone()));
            }
            let mut ids: Vec<String> = ids.into_iter().collect();
            ids.sort_unstable();
            for id in ids {
                let path = RunPath { entity: self.entity.clone(), project: self.project.clone(), run: id };
                match context.store.run(&path, now) {
                    Ok(run) if self.runs.get(&path.run).is_none_or(|known| **known != run) => {
                        let run = Arc::new(run);
                        self.runs.insert(path.run, Arc::clone(&run));
                        changed.push(run);
                    }
                    Ok(_) => {}
                    Err(StoreError::NotFound(_)) => drop(self.runs.remove(&path.run)),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let runs: Vec<Value> = changed.iter().map(|run| json::run(run)).collect();
        Ok((!runs.is_empty()).then(|| Push::Text(object!({"op": "runs", "runs": runs, "server_us": now}))))
    }

    /// All keys, when a key or kind appeared.
    fn changed_keys(&mut self, context: &Context) -> Result<Option<Push>, ServiceError> {
        let keys = context.store.keys(&self.entity, &self.project, &[])?;
        let names = |keys: &[KeyInfo]| keys.iter().map(|key| (key.key.clone(), key.kinds.clone())).collect::<Vec<_>>();
        let appeared = names(&keys) != names(&self.keys);
        let said: Vec<Value> = if appeared { keys.iter().map(json::key).collect() } else { Vec::new() };
        self.keys = keys;
        Ok(appeared.then(|| Push::Text(object!({"op": "keys", "keys": said}))))
    }
}
