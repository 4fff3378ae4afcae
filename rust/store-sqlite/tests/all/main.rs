//! Tests of the store from outside, in one binary: linking one for each file takes longer than running them.

#![allow(clippy::unwrap_used, reason = "these are tests: a panic is how they speak")]

mod conformance;
mod damage;
mod failure;
mod upgrade;
