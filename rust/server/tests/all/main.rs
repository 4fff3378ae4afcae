//! Tests of the server from outside, in one binary: linking one for each file takes longer than running them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "these are tests, their shared parts and threads too")]

mod blobs;
mod both_ways;
mod connections;
mod http;
mod ingest;
mod live;
mod local;
mod query;
mod rig;
mod runs;
