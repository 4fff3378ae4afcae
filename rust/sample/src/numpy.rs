//! Histograms and statistics of arrays, equal to numpy's to the last bit.

pub mod array_view;
mod count;
mod edges;
mod finite_range;
mod half;
pub mod histogram;
pub mod statistics;
mod vector;
