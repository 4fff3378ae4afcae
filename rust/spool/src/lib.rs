//! stepwell-spool
