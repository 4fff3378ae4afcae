//! Live.
pub(crate) async fn connect() -> &'static str { "" }
