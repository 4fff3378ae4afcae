//! Tests of the client from outside, in one binary: linking one for each file takes longer than running them.

#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod blobs;
mod damage;
mod files;
mod local;
mod rig;
mod upload;
