//! stepwell-server
