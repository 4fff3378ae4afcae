//! stepwell-codec
