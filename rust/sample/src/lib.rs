//! stepwell-sample
