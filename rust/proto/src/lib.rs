//! stepwell-proto
