//! HTTP.
use crate::context::Context;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
#[derive(Clone)]
pub(crate) struct Guard;
impl Guard {
    pub(crate) fn new(_h: &str, _a: SocketAddr) -> Self { Self }
    pub(crate) fn protect(&self, router: axum::Router) -> axum::Router { router }
}
pub(crate) fn router(_c: Arc<Context>, _ui: Option<&Path>, _g: Guard) -> axum::Router { axum::Router::new() }
