//! stepwell-store-sqlite
