//! Checks that every store makes before it takes in a stream or a frame.

use crate::api::{AppendOutcome, StoreError};
use stepwell_codec::FrameHeader;
use stepwell_model::{EntryNumber, NameRule, Opening, RunPath, StreamId};

/// The names in an opening can be used.
pub fn check_opening(opening: &Opening) -> Result<(), StoreError> {
    let checked = NameRule::Label.check_stored(&opening.label);
    checked.and_then(|()| opening.path.check()).map_err(|error| StoreError::Invalid(error.to_string()))
}

/// A stream never changes its run: opened again, it must name the same one. Everything else of a second
/// opening is ignored.
pub fn check_same_run(stream: StreamId, known: &Opening, path: &RunPath) -> Result<(), StoreError> {
    if known.path == *path {
        return Ok(());
    }
    Err(StoreError::Invalid(format!("stream {stream} belongs to run {}, not to {path}", known.path)))
}

/// A frame may only be appended to a stream that was opened.
pub fn check_known(known: bool, stream: StreamId) -> Result<(), StoreError> {
    if known { Ok(()) } else { Err(StoreError::Invalid(format!("stream {stream} was never opened"))) }
}

/// Fate of a frame that does not begin at `durable + 1` (invariant 2 of [`crate::Store`], A2).
pub fn outcome_of_another(header: &FrameHeader, durable: EntryNumber) -> AppendOutcome {
    if header.last() <= durable { AppendOutcome::Durable(durable) } else { AppendOutcome::Expected(durable + 1) }
}
