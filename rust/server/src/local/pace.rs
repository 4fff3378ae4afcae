//! Pace of looks at streams: soon where something happens, ever more rarely where nothing does.

use std::time::Duration;

/// Time that a stream without news waits for the next look, at first and at most.
const LOOK_SOON: Duration = Duration::from_millis(150);
pub(super) const LOOK_LATE: Duration = Duration::from_secs(5);
/// Silence after which a stream counts as quiet and is looked at more rarely.
pub(super) const QUIET_AFTER: Duration = Duration::from_secs(10);

/// Time to wait for the next look at a stream that has been silent for this long.
pub(super) fn pause(quiet: Duration) -> Duration {
    if quiet < QUIET_AFTER { LOOK_SOON } else { (quiet / 10).min(LOOK_LATE) }
}
