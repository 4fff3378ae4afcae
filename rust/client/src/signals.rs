//! SIGTERM and SIGHUP: rows that were accepted are spooled before the process dies of the signal.
//!
//! Launchers and `multiprocessing.Pool` end their workers with SIGTERM, whose default is to end the process
//! at once. Where that is its disposition when a writer starts, a handler of ours is put there. It calls the
//! thread `stepwell-signal`, which spools what is queued, puts the default back and raises the signal again:
//! whoever waits for the process sees it die of the same signal.
//!
//! Invariants:
//!
//! 1. A handler of somebody else is never replaced, and neither is `SIG_IGN`. Whoever sets one later replaces
//!    ours.
//! 2. The handler is async-signal-safe: it reads atomics, asks for the process id and posts a semaphore.
//!    Nothing here needs Python.
//! 3. No lock crosses a fork: the child has no [`Station`] and the default disposition, until a writer of its
//!    own starts.
//! 4. Once the signal is there, no further row is accepted: `log` waits, so that every row that was accepted
//!    is before the barrier.
//! 5. Threads of ours take no signals that other threads of the process may wait for.

use crate::blobs::FilePool;
use crate::progress::Progress;
use crate::queue::Queue;
use crate::threads;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};
use std::sync::{Arc, Once, Weak};
use std::time::{Duration, Instant};
use stepwell_lock::Mutex;

/// The signals that end a process from outside and leave it time.
const SIGNALS: [libc::c_int; 2] = [libc::SIGTERM, libc::SIGHUP];
/// Time that the process may go on for what is queued while the disk takes nothing.
const TROUBLED: Duration = Duration::from_millis(100);
/// The same on a disk that works: a few milliseconds are usual, but cores may be busy and the queue full.
const LONGEST: Duration = Duration::from_secs(1);

/// The parts of a writer that are brought to safety.
pub(crate) struct Live {
    pub(crate) queue: Arc<Queue>,
    pub(crate) files: Arc<FilePool>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) uploads: bool,
}

/// The writers of this process, and where its handler calls. Made once and never freed.
struct Station {
    process: libc::pid_t,
    called: UnsafeCell<libc::sem_t>,
    /// The signal that came; 0: none.
    signal: AtomicI32,
    live: Mutex<Vec<Weak<Live>>>,
}

// SAFETY: the semaphore is only handed to the functions of the C library, which may be called from any
// thread.
unsafe impl Sync for Station {}

static STATION: AtomicPtr<Station> = AtomicPtr::new(null_mut());

/// Spools what this writer has accepted should the process be told to end.
pub(crate) fn watch(live: &Arc<Live>) {
    let Some(station) = station() else { return };
    let mut known = station.live.lock();
    known.retain(|each| each.strong_count() > 0);
    known.push(Arc::downgrade(live));
    drop(known);
    SIGNALS.into_iter().for_each(install);
}

/// The station of this process, with its thread; `None` where it cannot have one.
fn station() -> Option<&'static Station> {
    static ONCE: Once = Once::new();
    // SAFETY: the handler only swaps an atomic and asks for dispositions, which is allowed between fork and
    // exec.
    ONCE.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    });
    let found = STATION.load(Ordering::Acquire);
    if !found.is_null() {
        // SAFETY: what is there was leaked below and is never freed.
        return Some(unsafe { &*found });
    }
    let mut semaphore = MaybeUninit::<libc::sem_t>::zeroed();
    // SAFETY: the semaphore is not shared with other processes; it is moved before anybody uses it, which no
    // C library here minds.
    if unsafe { libc::sem_init(semaphore.as_mut_ptr(), 0, 0) } != 0 {
        return None;
    }
    // SAFETY: `sem_init` succeeded.
    let called = UnsafeCell::new(unsafe { semaphore.assume_init() });
    // SAFETY: it only returns a number.
    let process = unsafe { libc::getpid() };
    let new = Box::into_raw(Box::new(Station { process, called, signal: AtomicI32::new(0), live: Mutex::default() }));
    if let Err(found) = STATION.compare_exchange(null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: `new` was made above and nobody saw it; `found` was leaked by whoever came first.
        return unsafe {
            drop(Box::from_raw(new));
            Some(&*found)
        };
    }
    // SAFETY: it is never freed from here on.
    let station: &'static Station = unsafe { &*new };
    let started = threads::spawn("stepwell-signal", || station.run());
    started.is_ok().then_some(station)
}

/// Puts our handler where the disposition is the default.
fn install(signal: libc::c_int) {
    if disposition(signal) != libc::SIG_DFL {
        return;
    }
    // SAFETY: a zeroed sigaction has an empty mask; the handler has the form that the flags ask for.
    unsafe {
        let mut ours: libc::sigaction = std::mem::zeroed();
        ours.sa_sigaction = handler();
        ours.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        let mut before: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &raw const ours, &raw mut before);
        if before.sa_sigaction != libc::SIG_DFL && before.sa_sigaction != handler() {
            // Somebody was quicker.
            libc::sigaction(signal, &raw const before, null_mut());
        }
    }
}

fn handler() -> libc::sighandler_t {
    on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t
}

fn disposition(signal: libc::c_int) -> libc::sighandler_t {
    // SAFETY: only asks.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, null(), &raw mut now);
        now.sa_sigaction
    }
}

/// In a forked child: what the signals do by default, as nothing of the parent's is ours to bring to safety.
extern "C" fn in_child() {
    if STATION.swap(null_mut(), Ordering::AcqRel).is_null() {
        return;
    }
    for signal in SIGNALS {
        if disposition(signal) == handler() {
            // SAFETY: the default is always allowed.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

extern "C" fn on_signal(signal: libc::c_int) {
    let station = STATION.load(Ordering::Acquire);
    // SAFETY: a station is never freed. A child made without the fork handlers finds its parent's, whose
    // thread it does not have.
    unsafe {
        let ours = !station.is_null() && (*station).process == libc::getpid();
        if ours {
            let _ = (*station).signal.compare_exchange(0, signal, Ordering::AcqRel, Ordering::Acquire);
        }
        // A semaphore that is posted leaves errno alone.
        if !ours || libc::sem_post((*station).called.get()) != 0 {
            die(signal);
        }
    }
}

/// Ends the process by the signal. Async-signal-safe. It returns only for the first process of a container,
/// which no signal ends by default.
fn die(signal: libc::c_int) {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is initialised by the first call that gets it.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), null_mut());
        libc::raise(signal);
    }
}

impl Station {
    fn run(&self) {
        loop {
            // SAFETY: the semaphore lives as long as the process.
            if unsafe { libc::sem_wait(self.called.get()) } != 0 {
                continue;
            }
            let signal = self.signal.swap(0, Ordering::AcqRel);
            if signal != 0 {
                let live: Vec<Arc<Live>> = self.live.lock().iter().filter_map(Weak::upgrade).collect();
                spool_all(&live);
                die(signal);
                live.iter().for_each(|live| live.queue.thaw());
                install(signal);
            }
        }
    }
}

/// Spools everything that was accepted, as far as the disk takes it in time; at a server that answers as
/// quickly it is acknowledged too.
fn spool_all(live: &[Arc<Live>]) {
    let began = Instant::now();
    live.iter().for_each(|live| {
        live.queue.freeze();
        // The cap of the spool is not what this may fail for.
        live.progress.update(|known| known.finishing = true);
    });
    for live in live {
        // Files tell of themselves in entries, which come after the rows.
        let barrier = live.queue.push_barrier(true);
        wait(live, began, |live, until| live.progress.wait_until(until, |known| known.spooled_barrier >= barrier || known.worker_done));
        wait(live, began, |live, until| live.files.wait_until_done(until));
        let barrier = live.queue.push_barrier(true);
        wait(live, began, |live, until| live.progress.wait_until(until, |known| known.spooled_barrier >= barrier || known.worker_done));
    }
    for live in live.iter().filter(|live| live.uploads) {
        live.progress.wait_until(began + TROUBLED, |known| known.acked >= known.spooled || known.fatal);
    }
}

/// Waits with `done` for as long as the disk deserves it.
fn wait(live: &Live, began: Instant, done: impl Fn(&Live, Instant) -> bool) {
    if done(live, began + TROUBLED) {
        return;
    }
    while began.elapsed() < LONGEST && live.progress.read().disk_trouble.is_empty() {
        if done(live, Instant::now() + TROUBLED) {
            return;
        }
    }
}
