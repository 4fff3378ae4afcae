//! Removal of contents of files that no run names any more: mark and sweep over the directory of blobs.
//!
//! A content may be here before a run names it: its writer has sent it, or was told that it is here already,
//! and the entry that names it is on its way. So
//!
//! 1. a content that no run names stays for [`GRACE`] after it was last sent or asked for;
//! 2. that of a run which was deleted goes at once if this process saw it come and nobody has sent it or
//!    asked for it since; then only the deleted run can have named it;
//! 3. nothing goes while the store cannot say for sure what is named, and in local mode nothing goes here:
//!    there the links of the streams say who needs a content.
//!
//! Whoever tells a writer that a content is here, and whoever removes one, holds the lock of the claims
//! meanwhile. That holds within one process only, so only the one that has the directory for itself sweeps.

use crate::state::config::Mode;
use crate::state::context::Context;
use std::time::Duration;
use stepwell_model::BlobId;
use tracing::{info, warn};

/// Time for which a content that no run names stays: a writer whose machine is off between sending it and
/// naming it has so much time.
pub(crate) const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes those contents of a deleted run that can go at once. Call it once the store no longer knows the
/// run.
pub(crate) fn of_deleted(context: &Context, contents: &[BlobId]) {
    if !sweeps(context) || contents.is_empty() {
        return;
    }
    let Ok(named) = context.store.named_blobs() else { return };
    let unnamed = contents.iter().filter(|id| named.binary_search(id).is_err());
    for id in unnamed {
        if let Err(error) = context.claims.remove_of_deleted(&context.blobs, *id) {
            warn!("the content {id} of a deleted run stays for now: {error}");
        }
    }
}

/// Removes what unfinished uploads left behind long ago, and contents that no run has named for `grace`.
pub(crate) fn sweep(context: &Context, grace: Duration) {
    if let Err(error) = context.blobs.sweep() {
        warn!("what is left of unfinished uploads cannot be removed: {error}");
    }
    if !sweeps(context) {
        return;
    }
    let named = match context.store.named_blobs() {
        Ok(named) => named,
        Err(error) => {
            warn!("contents that no run names stay for now: {error}");
            return;
        }
    };
    let mut removed = 0_u64;
    let swept = context.blobs.each(&mut |id| {
        let gone = named.binary_search(&id).is_err() && context.claims.remove_if_old(&context.blobs, id, grace)?;
        removed += u64::from(gone);
        Ok(())
    });
    if let Err(error) = swept {
        warn!("contents that no run names could not all be removed: {error}");
    }
    if removed > 0 {
        info!("{removed} contents that no run names were removed");
    }
}

fn sweeps(context: &Context) -> bool {
    context.sweeps_blobs && context.mode == Mode::Server
}
