//! Threads of the library: named, deaf to signals that other threads of the process may wait for, and behind
//! those that log where both want one CPU.

use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::thread;

/// Signals that a fault of the thread itself raises; blocking these would hide where it was.
const FAULTS: [libc::c_int; 7] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT, libc::SIGTRAP, libc::SIGSYS];

/// Starts a thread. It inherits a mask that blocks all signals but faults, and so do the threads that it
/// starts. Nobody joins it: whoever waits for its work does so with a deadline. Linux shows at most 15 bytes
/// of its name.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    debug_assert!(name.len() <= 15, "{name} would be cut");
    let (mut blocked, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: both sets are initialised by the calls that get them first.
    unsafe {
        libc::sigfillset(blocked.as_mut_ptr());
        for fault in FAULTS {
            libc::sigdelset(blocked.as_mut_ptr(), fault);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, blocked.as_ptr(), before.as_mut_ptr());
    }
    let spawned = thread::Builder::new().name(name.into()).spawn(move || {
        stay_behind();
        run();
    });
    // SAFETY: `before` is what the call above left there.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut()) };
    spawned.map(drop)
}

/// Lets this thread get its share of the CPU, but not by taking the CPU from one that runs: a thread that logs
/// would be away for up to a tick of the scheduler, 4 ms, each time it has woken this one.
#[cfg(target_os = "linux")]
fn stay_behind() {
    // SAFETY: 0 is the calling thread, and `param` is initialised. Whoever runs the process by another policy
    // than the usual one has chosen it, and a sandbox that refuses the call costs nothing.
    unsafe {
        if libc::sched_getscheduler(0) == libc::SCHED_OTHER {
            libc::sched_setscheduler(0, libc::SCHED_BATCH, &libc::sched_param { sched_priority: 0 });
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn stay_behind() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_thread_takes_the_cpu_from_nobody() {
        let (told, policy) = mpsc::sync_channel(1);
        // SAFETY: 0 is the calling thread.
        spawn("sw-test", move || told.send(unsafe { libc::sched_getscheduler(0) }).unwrap()).unwrap();
        // SAFETY: as above.
        let mine = unsafe { libc::sched_getscheduler(0) };
        let expected = if mine == libc::SCHED_OTHER { libc::SCHED_BATCH } else { mine };
        assert_eq!(policy.recv().unwrap(), expected);
    }
}
