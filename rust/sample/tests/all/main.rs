//! Tests of sample from outside, in one binary: linking one for each file takes longer than running them.

#![allow(clippy::unwrap_used, reason = "everything here is a test")]

mod buckets;
mod golden_histograms;
mod grids;
mod histogram_model;
mod reservoirs;
