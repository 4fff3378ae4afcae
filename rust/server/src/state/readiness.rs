//! Readiness to store rows and contents, looked at once a second at most.

use crate::error::ServiceError;
use std::time::{Duration, Instant};
use stepwell_blob::BlobDirectory;
use stepwell_lock::Mutex;
use stepwell_store::Store;

/// Time that a look holds: it costs a write, and anybody may ask.
const READY_FOR: Duration = Duration::from_secs(1);

/// The last look at the store, and when that was.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), ServiceError>)>>);

impl Readiness {
    /// Whether rows and contents can be stored just now.
    pub(crate) fn look(&self, store: &dyn Store, blobs: &BlobDirectory) -> Result<(), ServiceError> {
        // Whoever comes meanwhile waits for this look instead of having one of his own.
        let mut last = self.0.lock();
        if let Some((when, found)) = &*last
            && when.elapsed() < READY_FOR
        {
            return found.clone();
        }
        let found = store.check_writable().map_err(ServiceError::from).and_then(|()| {
            let draft = blobs.draft().and_then(|mut draft| draft.write(b"ready?"));
            draft.map_err(|error| ServiceError::unavailable(format!("files cannot be stored: {error}")))
        });
        *last = Some((Instant::now(), found.clone()));
        found
    }
}
