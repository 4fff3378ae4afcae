//! Tests of the spool from outside, in one binary: linking one for each file takes longer than running them.

#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod absence;
mod blobs;
mod damage;
mod model;
