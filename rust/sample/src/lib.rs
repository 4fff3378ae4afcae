//! Pure algorithms over numbers: histograms, uniform samples, grids and buckets. No I/O, no clock, no dice.

mod count;
mod edges;
mod extent;
mod half;
pub mod histogram;
mod mix;
pub mod reservoir;
mod vector;
pub mod view;

pub use mix::priority;
