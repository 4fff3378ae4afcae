//! Config, hand-set summary, attributes, metrics and losses: the statements of a run's streams, added up in
//! any order.

use crate::merge::Stamp;
use crate::query::{FileInfo, LossTotals};
use std::collections::BTreeMap;
use stepwell_model::{Entry, MetricDefinition, Metrics, RunInfoUpdate, Value};
use stepwell_sample::run_summary::HandSet;

/// Keys with the value that was set last, or `None` where the last word was to delete it.
pub type Settings = BTreeMap<String, (Stamp, Option<Value>)>;

/// Kind of a setting of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SettingKind {
    /// Configuration.
    Config,
    /// Summary values set by hand.
    Summary,
    /// Name, notes, tags, group and job type, under these names.
    Info,
}

/// One change of a setting: what a store keeps of config, summary and info statements.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Kind.
    pub kind: SettingKind,
    /// Key.
    pub key: String,
    /// The new value, or `None` if it is deleted.
    pub value: Option<Value>,
    /// Whether what is logged later takes its place; only of the summary.
    pub until_logged: bool,
}

/// The changes that a config, summary or info statement makes; none for any other entry. Where a statement
/// sets and deletes one key, the deletion wins.
pub fn settings_of(entry: &Entry) -> Vec<Setting> {
    let changes = |kind, set: &[(String, Value)], deleted: &[String], until_logged| {
        let mut changes: BTreeMap<String, Option<Value>> = set.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        changes.extend(deleted.iter().map(|key| (key.clone(), None)));
        changes.into_iter().map(|(key, value)| Setting { kind, key, value, until_logged }).collect()
    };
    match entry {
        Entry::Config { set, deleted, .. } => changes(SettingKind::Config, set, deleted, false),
        Entry::Summary { set, deleted, until_logged, .. } => changes(SettingKind::Summary, set, deleted, *until_logged),
        Entry::Info { info, .. } => changes(SettingKind::Info, &info_values(info), &[], false),
        _ => Vec::new(),
    }
}

fn info_values(info: &RunInfoUpdate) -> Vec<(String, Value)> {
    let text = |name: &str, text: &Option<String>| text.clone().map(|text| (name.to_owned(), Value::Str(text)));
    let tags = info.tags.clone().map(|tags| ("tags".to_owned(), Value::List(tags.into_iter().map(Value::Str).collect())));
    [text("name", &info.name), text("notes", &info.notes), text("group", &info.group), text("job_type", &info.job_type), tags]
        .into_iter()
        .flatten()
        .collect()
}

/// When an entry that is not a row was said.
pub fn statement_time(entry: &Entry) -> i64 {
    match entry {
        Entry::Open(opening) => opening.time,
        Entry::Row(row) => row.time,
        Entry::Config { time, .. }
        | Entry::Summary { time, .. }
        | Entry::Metric { time, .. }
        | Entry::Info { time, .. }
        | Entry::File { time, .. }
        | Entry::Lost { time, .. }
        | Entry::Exit { time, .. } => *time,
    }
}

/// The sum of a run's statements. Exits belong to streams and are not part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statements {
    /// Configuration.
    pub config: Settings,
    /// Summary values set by hand.
    pub summary: BTreeMap<String, HandSet<Stamp>>,
    /// Attributes.
    pub info: Settings,
    /// Definitions of `define_metric`.
    pub metrics: BTreeMap<Stamp, MetricDefinition>,
    /// Files, by path.
    pub files: BTreeMap<String, (Stamp, FileInfo)>,
    /// Rows without room.
    pub loss: LossTotals,
}

impl Statements {
    /// Takes in one entry. Each entry may be applied once only: losses add up.
    pub fn apply(&mut self, stamp: Stamp, entry: &Entry) {
        for setting in settings_of(entry) {
            self.set(stamp, setting);
        }
        match entry {
            Entry::Metric { definition, .. } => {
                self.metrics.insert(stamp, definition.clone());
            }
            Entry::File { time, file } if self.files.get(&file.path).is_none_or(|(newer, _)| *newer <= stamp) => {
                self.files.insert(file.path.clone(), (stamp, FileInfo { file: file.clone(), time: *time }));
            }
            Entry::Lost { report, .. } => self.loss.add(report.rows, report.kept),
            _ => {}
        }
    }

    /// Takes in one change of a setting.
    pub fn set(&mut self, stamp: Stamp, setting: Setting) {
        let Setting { kind, key, value, until_logged } = setting;
        let settings = match kind {
            SettingKind::Config => &mut self.config,
            SettingKind::Info => &mut self.info,
            SettingKind::Summary => {
                if self.summary.get(&key).is_none_or(|known| known.said <= stamp) {
                    self.summary.insert(key, HandSet { said: stamp, value, until_logged });
                }
                return;
            }
        };
        if settings.get(&key).is_none_or(|(known, _)| *known <= stamp) {
            settings.insert(key, (stamp, value));
        }
    }

    /// The text of an attribute, if one was given.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.info.get(attribute)?.1.as_ref()?.as_str()
    }

    /// The tags.
    pub fn tags(&self) -> Vec<String> {
        match self.info.get("tags") {
            Some((_, Some(Value::List(tags)))) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// One definition per metric, in the order they were first named: what is said later is added, or
    /// replaces all if it says `overwrite`.
    pub fn definitions(&self) -> Metrics {
        let mut metrics = Metrics::default();
        self.metrics.values().for_each(|said| metrics.define(said));
        metrics
    }
}

impl LossTotals {
    /// Adds a report: of `rows` rows without room, `kept` came as sampled rows. The sums stay within 63 bits,
    /// which every store can hold.
    pub fn add(&mut self, rows: u64, kept: u64) {
        let sum = |total: u64, more: u64| total.saturating_add(more).min(i64::MAX as u64);
        self.sampled_rows = sum(self.sampled_rows, kept);
        self.lost_rows = sum(self.lost_rows, rows.saturating_sub(kept));
    }
}

/// The settings that are there, by key.
pub fn present(settings: &Settings) -> Vec<(String, Value)> {
    settings.iter().filter_map(|(key, (_, value))| Some((key.clone(), value.clone()?))).collect()
}
