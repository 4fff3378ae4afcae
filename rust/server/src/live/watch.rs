//! Subscription of one tab, and what of it the tab has seen.

use crate::api::keys::LISTED_KEYS;
use crate::api::runs::first_values;
use crate::api::series::SeriesQuery;
use crate::error::ServiceError;
use crate::http::json;
use crate::http::typed_arrays::{Shown, encode};
use crate::series::Panel;
use crate::state::context::Context;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use serde_json::{Map, Value, json as object};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::ops::ControlFlow;
use stepwell_model::{Kind, RunPath, TimeMicros, wall_time};
use stepwell_store::{KeyInfo, KeyQuery, Page, RunInfo, RunQuery, RunState, StoreError};

/// Interval at which running runs are looked at even if nobody says that they changed: a run that falls
/// silent becomes crashed by the clock alone.
const CLOCK_EVERY: TimeMicros = 2_000_000;
/// Runs whose changes are pushed; twice as many as the dashboard lists.
const MOST_RUNS: usize = 10_000;
/// About how large a push is; only a single series or run that is larger goes beyond. The socket keeps a
/// buffer of the size of the largest.
const PUSH_BYTES: usize = 256 << 10;
/// Bytes of a bucket in a push.
const BUCKET_BYTES: usize = 6 * 8 + 4;

/// A message for the tab.
pub(super) enum Push {
    /// Series that changed.
    Series(Vec<u8>),
    /// Runs, keys or an error, as JSON.
    Text(String),
}

impl Push {
    /// Its bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Series(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }
}

/// Memory of a run that was sent.
struct SeenRun {
    /// Equal for runs that look the same in JSON (where NaN equals itself).
    digest: u64,
    /// Whether time alone may change its state.
    by_clock: bool,
}

/// A subscription.
pub(super) struct Watch {
    id: u64,
    seq: u64,
    entity: String,
    project: String,
    panels: Vec<Panel>,
    /// Nothing of these panels was sent yet.
    fresh: bool,
    /// Version of the project that was seen; `None` before the first look.
    seen: Option<u64>,
    /// Digest of each line that was sent, by (panel, series).
    sent: FxHashMap<(usize, usize), u64>,
    runs: BTreeMap<String, SeenRun>,
    /// Kinds of the keys that were sent.
    keys: FxHashMap<String, Vec<Kind>>,
    clock_at: TimeMicros,
    /// The last error that was told, so that it is told once.
    complaint: String,
}

impl Watch {
    /// A subscription that has seen nothing, but knows the runs and keys that `previous` told of the same
    /// project.
    pub(super) fn new(id: u64, batch: SeriesQuery, previous: Option<Self>) -> Result<Self, ServiceError> {
        let (entity, project) = (batch.entity.clone(), batch.project.clone());
        let panels = batch.panels()?;
        let mut watch = Self {
            id,
            seq: 0,
            entity,
            project,
            panels,
            fresh: true,
            seen: None,
            sent: FxHashMap::default(),
            runs: BTreeMap::new(),
            keys: FxHashMap::default(),
            clock_at: 0,
            complaint: String::new(),
        };
        if let Some(previous) = previous {
            watch.seq = previous.seq;
            if previous.entity == watch.entity && previous.project == watch.project {
                (watch.seen, watch.runs, watch.keys, watch.clock_at) = (previous.seen, previous.runs, previous.keys, previous.clock_at);
            }
        }
        Ok(watch)
    }

    /// News for the tab. Blocks.
    pub(super) fn pushes(&mut self, context: &Context) -> Vec<Push> {
        match self.changes(context) {
            Ok(pushes) => {
                self.complaint.clear();
                pushes
            }
            Err(error) => {
                // What was read is not sent now.
                self.forget();
                let known = std::mem::replace(&mut self.complaint, error.message.clone()) == error.message;
                let complaint = Push::Text(object!({"op": "error", "message": error.message}).to_string());
                if known { Vec::new() } else { vec![complaint] }
            }
        }
    }

    /// All that was sent counts as never sent.
    pub(super) fn forget(&mut self) {
        self.sent.clear();
        self.runs.clear();
        self.keys.clear();
        (self.seen, self.fresh) = (None, true);
    }

    fn changes(&mut self, context: &Context) -> Result<Vec<Push>, ServiceError> {
        let now = wall_time();
        let changed = context.store.changed(&self.entity, &self.project, self.seen.unwrap_or(0))?;
        let news = self.seen.is_none() || changed.version != self.seen.unwrap_or(0) || !changed.runs.is_empty();
        let clock = now - self.clock_at >= CLOCK_EVERY;
        if !news && !clock && !self.fresh {
            return Ok(Vec::new());
        }
        let mut pushes = Vec::new();
        let changed_runs: FxHashSet<&str> = changed.runs.iter().map(String::as_str).collect();
        let mut watched = self.panels.iter().flat_map(|panel| &panel.series);
        if self.fresh || !self.sent_all() || watched.any(|series| changed_runs.contains(series.path.run.as_str())) {
            pushes.extend(self.series(context, now)?);
        }
        pushes.extend(self.changed_runs(context, &changed.runs, now)?);
        if news {
            pushes.extend(self.changed_keys(context, &changed.runs)?);
        }
        self.clock_at = now;
        // Only now: an error before this line makes the next look start from what was seen before.
        (self.seen, self.fresh) = (Some(changed.version), false);
        Ok(pushes)
    }

    /// Whether every line was sent once.
    fn sent_all(&self) -> bool {
        self.sent.len() == self.panels.iter().map(|panel| panel.series.len()).sum::<usize>()
    }

    /// The lines that look different from those sent last; the first time all of them.
    fn series(&mut self, context: &Context, now: TimeMicros) -> Result<Vec<Push>, ServiceError> {
        let panels = context.series.read(&self.entity, &self.project, &self.panels)?;
        let (mut parts, mut differ, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (panel_index, (panel, lines)) in self.panels.iter().zip(&panels).enumerate() {
            let mut chosen = Vec::new();
            for (index, line) in lines.lines.iter().enumerate() {
                let before = self.sent.insert((panel_index, index), line.digest);
                if !self.fresh && before == Some(line.digest) {
                    continue;
                }
                if bytes > 0 && bytes + line.len() * BUCKET_BYTES > PUSH_BYTES {
                    differ.push(Shown { panel, bucket_width: lines.bucket_width, lines: std::mem::take(&mut chosen) });
                    parts.push(std::mem::take(&mut differ));
                    bytes = 0;
                }
                bytes += line.len() * BUCKET_BYTES;
                chosen.push((index, &**line));
            }
            if self.fresh || !chosen.is_empty() {
                differ.push(Shown { panel, bucket_width: lines.bucket_width, lines: chosen });
            }
        }
        if !differ.is_empty() || self.fresh && parts.is_empty() {
            parts.push(differ);
        }
        let mut pushes = Vec::new();
        for part in parts {
            self.seq += 1;
            let mut header = Map::new();
            header.insert("subscription".into(), object!(self.id));
            header.insert("seq".into(), object!(self.seq));
            header.insert("server_us".into(), object!(now));
            pushes.push(Push::Series(encode(header, part)));
        }
        Ok(pushes)
    }

    /// Runs that are new or changed: those that the store names, and those that the clock may have changed.
    fn changed_runs(&mut self, context: &Context, named: &[String], now: TimeMicros) -> Result<Vec<Push>, ServiceError> {
        let mut changed = RunPushes::new(now);
        if self.seen.is_none() {
            let newest = RunQuery::newest(Page { limit: MOST_RUNS, offset: 0 });
            let (entity, project) = (self.entity.clone(), self.project.clone());
            context.store.each_run(&entity, &project, &newest, now, &mut |run| {
                changed.add(self.news_of(run));
                ControlFlow::Continue(())
            })?;
        } else {
            let mut ids: BTreeSet<String> = named.iter().cloned().collect();
            if now - self.clock_at >= CLOCK_EVERY {
                ids.extend(self.runs.iter().filter(|(_, seen)| seen.by_clock).map(|(id, _)| id.clone()));
            }
            for id in ids {
                let path = RunPath { entity: self.entity.clone(), project: self.project.clone(), run: id };
                match context.store.run(&path, now) {
                    Ok(run) => changed.add(self.news_of(run)),
                    Err(StoreError::NotFound(_)) => drop(self.runs.remove(&path.run)),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(changed.done())
    }

    /// The run, if it looks different from what was sent.
    fn news_of(&mut self, run: RunInfo) -> Option<String> {
        let run = first_values(None).cut(run);
        let encoded = json::run(&run).to_string();
        let digest = FxBuildHasher.hash_one(&encoded);
        let by_clock = matches!(run.state, RunState::Running | RunState::Crashed);
        let before = self.runs.insert(run.path.run, SeenRun { digest, by_clock });
        before.is_none_or(|before| before.digest != digest).then_some(encoded)
    }

    fn key_page(&self, context: &Context, runs: &[String]) -> Result<(Vec<KeyInfo>, u64), ServiceError> {
        let page = Page { limit: LISTED_KEYS, offset: 0 };
        Ok(context.store.keys_page(&self.entity, &self.project, &KeyQuery { runs: runs.to_vec(), search: String::new(), page })?)
    }

    /// The first keys, when a key or kind appeared among them. Of a large project only the changed runs are
    /// asked for theirs, until one has something new.
    fn changed_keys(&mut self, context: &Context, named: &[String]) -> Result<Option<Push>, ServiceError> {
        let known = |key: &KeyInfo| self.keys.get(&key.key).is_some_and(|kinds| key.kinds.iter().all(|kind| kinds.contains(kind)));
        if self.seen.is_some() && (named.is_empty() || self.key_page(context, named)?.0.iter().all(known)) {
            return Ok(None);
        }
        let (keys, total) = self.key_page(context, &[])?;
        if self.seen.is_some() && keys.len() == self.keys.len() && keys.iter().all(known) {
            // What is new lies behind the keys that are pushed.
            return Ok(None);
        }
        let encoded: Vec<Value> = keys.iter().map(json::key).collect();
        self.keys = keys.into_iter().map(|key| (key.key, key.kinds)).collect();
        Ok((!encoded.is_empty()).then(|| Push::Text(object!({"op": "keys", "keys": encoded, "total": total}).to_string())))
    }
}

/// Pushes of runs, none much larger than [`PUSH_BYTES`].
struct RunPushes {
    now: TimeMicros,
    runs: String,
    pushes: Vec<Push>,
}

impl RunPushes {
    fn new(now: TimeMicros) -> Self {
        Self { now, runs: String::new(), pushes: Vec::new() }
    }

    fn add(&mut self, run: Option<String>) {
        let Some(run) = run else { return };
        if !self.runs.is_empty() {
            if self.runs.len() + run.len() > PUSH_BYTES {
                self.push();
            } else {
                self.runs.push(',');
            }
        }
        self.runs.push_str(&run);
    }

    fn push(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        self.pushes.push(Push::Text(format!(r#"{{"op":"runs","runs":[{runs}],"server_us":{}}}"#, self.now)));
    }

    fn done(mut self) -> Vec<Push> {
        if !self.runs.is_empty() {
            self.push();
        }
        self.pushes
    }
}
