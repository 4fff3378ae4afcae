//! stepwell-client
