//! The version of each run: a number that rises whenever a query could answer differently.

use crate::error::ServiceError;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_lock::Mutex;
use stepwell_store::Store;

/// The versions of a project's runs at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct ProjectVersions {
    known: u64,
    runs: FxHashMap<String, u64>,
}

impl ProjectVersions {
    /// The version of a run; 0 for one that nobody has heard of.
    pub(super) fn of(&self, run: &str) -> u64 {
        self.runs.get(run).copied().unwrap_or(0)
    }
}

/// The versions of all projects that were asked for.
#[derive(Default)]
pub(super) struct Versions {
    projects: Mutex<FxHashMap<(String, String), Arc<ProjectVersions>>>,
}

impl Versions {
    /// Asks the store what changed. The versions are those from before anything is read, so a line that is
    /// read under one is never older than it says.
    pub(super) fn refresh(&self, store: &dyn Store, entity: &str, project: &str) -> Result<Arc<ProjectVersions>, ServiceError> {
        let name = (entity.to_owned(), project.to_owned());
        let before = self.projects.lock().get(&name).cloned().unwrap_or_default();
        let changed = store.changed(entity, project, before.known)?;
        if changed.runs.is_empty() && changed.version == before.known {
            return Ok(before);
        }
        let mut projects = self.projects.lock();
        let current = Arc::make_mut(projects.entry(name).or_default());
        current.known = current.known.max(changed.version);
        for run in changed.runs {
            let version = current.runs.entry(run).or_default();
            *version = changed.version.max(*version);
        }
        let current = current.clone();
        Ok(Arc::new(current))
    }
}
