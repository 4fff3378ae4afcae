//! State that requests and threads of a server share, and what they are told at the start.

pub(crate) mod appended;
pub(crate) mod catch_up;
pub(crate) mod claims;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod heartbeats;
pub(crate) mod pushing;
pub(crate) mod readiness;
pub(crate) mod thread;
pub(crate) mod writers;
