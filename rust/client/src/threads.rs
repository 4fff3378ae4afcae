//! Threads of the library: named, and deaf to signals that other threads of the process may wait for.

use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::thread;

/// Signals that a fault of the thread itself raises; blocking these would hide where it was.
const FAULTS: [libc::c_int; 7] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT, libc::SIGTRAP, libc::SIGSYS];

/// Starts a thread. It inherits a mask that blocks all signals but faults, and so do the threads that it
/// starts. Nobody joins it: whoever waits for its work does so with a deadline.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let (mut blocked, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: both sets are initialised by the calls that get them first.
    unsafe {
        libc::sigfillset(blocked.as_mut_ptr());
        for fault in FAULTS {
            libc::sigdelset(blocked.as_mut_ptr(), fault);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, blocked.as_ptr(), before.as_mut_ptr());
    }
    let spawned = thread::Builder::new().name(name.into()).spawn(run);
    // SAFETY: `before` is what the call above left there.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut()) };
    spawned.map(drop)
}
