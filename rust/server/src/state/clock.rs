//! Time of day.

use std::time::{SystemTime, UNIX_EPOCH};
use stepwell_model::TimeMicros;

/// Microseconds since 1970; 0 on a machine whose clock is before that.
pub(crate) fn now() -> TimeMicros {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as TimeMicros)
}
