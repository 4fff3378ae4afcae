//! The meta of a stream whose segment header is damaged: its first entry says the same.

use stepwell_codec::payload::statement::opening_to_value;
use stepwell_codec::payload::{EntryRef, PayloadReader};
use stepwell_codec::{FrameView, msgpack};
use stepwell_model::Entry;

/// The meta bytes that the header had, if `frame` holds the opening that every stream begins with; else none.
pub(crate) fn meta_of(frame: &[u8]) -> Vec<u8> {
    let opening = || {
        let view = FrameView::parse(frame).ok().filter(|view| view.header.first == 1)?;
        let payload = view.payload().ok()?;
        let mut entries = PayloadReader::new(&payload, view.header.count).ok()?;
        match entries.next_entry().ok()?? {
            EntryRef::Statement(Entry::Open(opening)) => Some(msgpack::to_bytes(&opening_to_value(&opening))),
            _ => None,
        }
    };
    opening().unwrap_or_default()
}
