//! stepwell-model
