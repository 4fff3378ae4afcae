//! Names of a run's keys in order; within a scan a key is known by its position among them.

use crate::db::error::store_error;
use crate::read::view::RunView;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::Arc;
use stepwell_store::StoreError;
use stepwell_store::row::{RUNTIME, TIMESTAMP, is_automatic};

/// The keys of a run, and those that are asked for.
pub(super) struct Names {
    pub(super) names: Vec<Arc<str>>,
    pub(super) by_id: FxHashMap<i64, u32>,
    /// Positions of keys that are part of what is asked for, automatic ones included; all if none is named.
    wanted: Option<FxHashSet<u32>>,
    pub(super) timestamp: Option<u32>,
    pub(super) runtime: Option<u32>,
    /// Whether a key that is wanted has cells that are no numbers.
    pub(super) any_values: bool,
}

impl Names {
    pub(super) fn new(view: &RunView<'_>, asked: &[String]) -> Result<Self, StoreError> {
        let mut stored: Vec<(i64, Arc<str>)> = Vec::new();
        let (mut names, mut with_values) = (BTreeSet::<Arc<str>>::new(), Vec::new());
        let mut select = view.connection.prepare_cached("SELECT id, name, has_others FROM keys WHERE run = ?1").map_err(store_error)?;
        let mut rows = select.query([view.run.id]).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            let name: Arc<str> = row.get(1).map_err(store_error)?;
            if row.get(2).map_err(store_error)? {
                with_values.push(Arc::clone(&name));
            }
            names.insert(Arc::clone(&name));
            stored.push((row.get(0).map_err(store_error)?, name));
        }
        for (_, frame) in &view.frames {
            for key in &frame.keys {
                if !names.contains(&**key) {
                    names.insert((**key).into());
                }
            }
        }
        let mut named = Self {
            names: names.into_iter().collect(),
            by_id: FxHashMap::default(),
            wanted: None,
            timestamp: None,
            runtime: None,
            any_values: false,
        };
        (named.timestamp, named.runtime) = (named.position(TIMESTAMP), named.position(RUNTIME));
        named.by_id = stored.iter().filter_map(|(id, name)| Some((*id, named.position(name)?))).collect();
        let mut asked = asked.iter().filter(|key| !is_automatic(key)).peekable();
        if asked.peek().is_some() {
            let asked = asked.filter_map(|key| named.position(key));
            named.wanted = Some(asked.chain(named.timestamp).chain(named.runtime).collect());
        }
        let of_frames = view.frames.iter().flat_map(|(_, frame)| frame.values.iter().map(|cell| &*frame.keys[cell.key as usize]));
        let mut with_values = with_values.iter().map(|name| &**name).chain(of_frames);
        named.any_values = with_values.any(|name| named.position(name).is_some_and(|key| named.wants(key)));
        Ok(named)
    }

    pub(super) fn position(&self, name: &str) -> Option<u32> {
        self.names.binary_search_by(|known| (**known).cmp(name)).ok().map(|at| at as u32)
    }

    pub(super) fn wants(&self, key: u32) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&key))
    }

    /// Whether only rows that have one of some keys are asked for.
    pub(super) fn are_chosen(&self) -> bool {
        self.wanted.is_some()
    }

    /// Whether the key stands for what every row has.
    pub(super) fn is_automatic(&self, key: u32) -> bool {
        Some(key) == self.timestamp || Some(key) == self.runtime
    }
}
