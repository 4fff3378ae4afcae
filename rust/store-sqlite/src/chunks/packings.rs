//! Packings of the columns of the series that were written to last: how a column is packed is found out for
//! one in eight of its series.
//!
//! They are of no importance for what is read: where the file was replaced, and its ids mean other series, a
//! column is searched for anew, or packed a little worse.

use stepwell_codec::Packing;
use stepwell_store::ByteLru;

/// Bytes of all packings: some 100,000 columns.
const BUDGET_BYTES: usize = 8 << 20;
/// Bytes that one takes, about.
const PACKING_BYTES: usize = 80;

/// Whose packing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    /// The numbers of a key.
    Key(i64),
    /// The steps of the rows of a shape.
    Steps(i64),
    /// Their entry numbers.
    Entries(i64),
    /// Their times.
    Times(i64),
}

/// Packings by stream and column.
#[derive(Debug)]
pub(crate) struct Packings(ByteLru<(i64, Column), Packing>);

impl Default for Packings {
    fn default() -> Self {
        Self(ByteLru::new(BUDGET_BYTES))
    }
}

impl Packings {
    /// Calls `pack` with the packing of the column, which it may change.
    pub(crate) fn with<T>(&self, stream: i64, column: Column, pack: impl FnOnce(&mut Packing) -> T) -> T {
        let mut packing = self.0.get(&(stream, column)).unwrap_or_default();
        let packed = pack(&mut packing);
        self.0.put((stream, column), packing, PACKING_BYTES);
        packed
    }
}
