//! Wall time, in microseconds since 1970.

use crate::TimeMicros;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time of day. A clock before 1970 gives 0: wrong, but no reason to lose a row.
#[inline]
pub fn wall_time() -> TimeMicros {
    micros(SystemTime::now())
}

/// A moment as the system gives it, of a file say.
#[inline]
pub fn micros(moment: SystemTime) -> TimeMicros {
    moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as TimeMicros)
}
