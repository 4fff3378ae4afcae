//! The meta of a stream whose segment header is damaged: its first entry says the same.

use stepwell_codec::FrameView;
use stepwell_codec::payload::statement::opening_to_bytes;
use stepwell_codec::payload::{EntryRef, PayloadReader};
use stepwell_model::Entry;

/// The meta bytes that the header had, if `frame` holds the opening that every stream begins with; else none.
pub(crate) fn meta_of(frame: &[u8]) -> Vec<u8> {
    let opening = || {
        let view = FrameView::parse(frame).ok().filter(|view| view.header.first == 1)?;
        let payload = view.payload().ok()?;
        let mut entries = PayloadReader::new(&payload, view.header.count).ok()?;
        match entries.next_entry().ok()?? {
            EntryRef::Statement(Entry::Open(opening)) => Some(opening_to_bytes(&opening)),
            _ => None,
        }
    };
    opening().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_codec::payload::KeyTable;
    use stepwell_codec::{FrameEncoder, PayloadBuilder};
    use stepwell_model::Opening;

    fn opening() -> Opening {
        Opening { path: stepwell_model::RunPath::new("e", "p", "r").unwrap(), label: "rank3".into(), attempt: 7, ..Opening::default() }
    }

    /// A frame of these entries, the first of which has the number `first`.
    fn frame(first: u64, entries: &[Entry]) -> Vec<u8> {
        let (mut builder, mut payload, mut bytes) = (PayloadBuilder::new(), Vec::new(), Vec::new());
        entries.iter().for_each(|entry| builder.statement(entry));
        let count = builder.finish(&KeyTable::default(), &mut payload);
        FrameEncoder::new().unwrap().encode(first, count, &payload, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_first_entry_says_what_the_header_said() {
        let meta = opening_to_bytes(&opening());
        let alone = [Entry::Open(opening())];
        let followed = [Entry::Open(opening()), Entry::Exit { time: 1, code: 0 }];
        assert_eq!(meta_of(&frame(1, &alone)), meta);
        assert_eq!(meta_of(&frame(1, &followed)), meta, "nothing behind it is looked at");
    }

    #[test]
    fn a_frame_without_the_opening_says_nothing() {
        assert!(meta_of(&frame(2, &[Entry::Open(opening())])).is_empty(), "an opening is entry 1");
        assert!(meta_of(&frame(1, &[Entry::Exit { time: 1, code: 0 }])).is_empty());
        assert!(meta_of(b"").is_empty());
    }

    #[test]
    fn damage_anywhere_says_nothing_and_nothing_wrong() {
        let whole = frame(1, &[Entry::Open(opening())]);
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            assert!(meta_of(&damaged).is_empty(), "byte {at}");
            assert!(meta_of(&whole[..at]).is_empty(), "cut at {at}");
        }
    }

    #[test]
    fn a_frame_that_is_no_payload_says_nothing() {
        let mut bytes = Vec::new();
        FrameEncoder::new().unwrap().encode(1, 1, b"no payload", &mut bytes).unwrap();
        assert!(meta_of(&bytes).is_empty());
    }
}
