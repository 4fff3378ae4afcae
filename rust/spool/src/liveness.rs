//! Liveness of a stream's writer, as far as one can tell.

use crate::disk::Disk;
use crate::mark::Mark;
use std::path::Path;
use std::time::{Duration, SystemTime};
use stepwell_model::StreamId;

/// A writer without a heartbeat for this long may be dead.
const DEAD_AFTER: Duration = Duration::from_secs(60);

/// A writer lives if its heart beats or its process is there. A stopped process has no heartbeat and may go
/// on all the same; taking it for dead would remove files from under it. `host` and `pid` are what the writer
/// said of itself.
pub fn writer_lives(last_alive: Option<SystemTime>, host: &str, pid: u32) -> bool {
    let beats = || last_alive.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age < DEAD_AFTER));
    if rustix::system::uname().nodename().to_str() != Ok(host) {
        return beats();
    }
    match i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).map(rustix::process::test_kill_process) {
        Some(Err(rustix::io::Errno::SRCH)) => false,
        Some(_) => true,
        None => beats(),
    }
}

/// Returns whether the writer of a stream lives: it has not closed it, and see [`writer_lives`].
pub fn stream_lives(disk: &dyn Disk, root: &Path, stream: StreamId, host: &str, pid: u32) -> bool {
    let directory = root.join(stream.to_string());
    Mark::Closed.read(disk, &directory, stream).is_none() && writer_lives(disk.modified(&directory.join("alive")).ok(), host, pid)
}
