//! Wall time.

use std::time::{SystemTime, UNIX_EPOCH};
use stepwell_model::TimeMicros;

/// Microseconds since 1970, by the clock on the wall.
pub(crate) fn wall_time() -> TimeMicros {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as TimeMicros)
}
