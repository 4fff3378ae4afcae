//! Series.
use std::sync::Arc;
use stepwell_store::Store;
pub(crate) struct SeriesEngine { pub(crate) store: Arc<dyn Store> }
impl SeriesEngine { pub(crate) fn new(store: Arc<dyn Store>) -> Self { Self { store } } }
