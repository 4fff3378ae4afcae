//! The loop of attempts that rows and files, of a living writer and of a sync, go through until the server
//! has them.

use super::UploadError;
use super::backoff::Backoff;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Time that it may take to notice that it is time to stop.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// Makes attempts until one succeeds, or waiting for the next is of no use; then returns the last error.
/// `None` if `stops` says so during an attempt, which ends there. `waits` is asked after a failure, and again
/// while the next attempt is waited for.
pub(crate) async fn persist<T>(
    backoff: &Backoff,
    stops: impl Fn() -> bool,
    waits: impl Fn(&UploadError) -> bool,
    mut attempt: impl AsyncFnMut() -> Result<T, UploadError>,
) -> Result<Option<T>, UploadError> {
    loop {
        let result = tokio::select! {
            result = attempt() => result,
            () = async { while !stops() { sleep(LOOK_AROUND).await } } => return Ok(None),
        };
        let error = match result {
            Ok(done) => return Ok(Some(done)),
            Err(error) if !waits(&error) => return Err(error),
            Err(error) => error,
        };
        let until = Instant::now() + backoff.delay(error.hint());
        while Instant::now() < until {
            if !waits(&error) {
                return Err(error);
            }
            sleep(LOOK_AROUND.min(until.saturating_duration_since(Instant::now()))).await;
        }
    }
}
