//! Locks that a fork leaves alone: those of the standard library, which keep all they know in themselves.
//!
//! Locks that park their threads in one table of the process (`parking_lot`) are no use here. In a forked
//! child the table still names the threads that waited in the parent; their memory belongs to somebody else
//! by then, and the next one who waits writes into it. A thread that panics while it holds a lock leaves it
//! to the others as it is.

use std::ops::{Deref, DerefMut};
use std::sync::{self, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Pause between two tries to take a lock within a time.
const TRY_AGAIN: Duration = Duration::from_millis(1);

/// Mutual exclusion.
#[derive(Debug, Default)]
pub struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    /// A lock of `value`, free.
    pub const fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    /// Waits until it is free, and takes it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The same, if it is free within a time.
    pub fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        let deadline = Instant::now() + timeout;
        loop {
            match self.0.try_lock() {
                Ok(guard) => return Some(MutexGuard(Some(guard))),
                Err(TryLockError::Poisoned(poisoned)) => return Some(MutexGuard(Some(poisoned.into_inner()))),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return None,
                Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_AGAIN),
            }
        }
    }

    /// The value; who has the lock to himself needs no waiting.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds a [`Mutex`]. There is none inside only while a [`Condvar`] waits with it.
#[derive(Debug)]
pub struct MutexGuard<'a, T>(Option<sync::MutexGuard<'a, T>>);

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(guard) => guard,
            None => unreachable!("the guard is away only within a wait"),
        }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Some(guard) => guard,
            None => unreachable!("the guard is away only within a wait"),
        }
    }
}

/// A change of the value of a [`Mutex`], to wait for.
#[derive(Debug, Default)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    /// One that nobody waits for.
    pub const fn new() -> Self {
        Self(sync::Condvar::new())
    }

    /// Wakes one that waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits until it is notified, or for no reason.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.0 = guard.0.take().map(|held| self.0.wait(held).unwrap_or_else(PoisonError::into_inner));
    }

    /// The same, at most for a time.
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> Waited {
        let mut waited = Waited { timed_out: false };
        guard.0 = guard.0.take().map(|held| {
            let (held, result) = self.0.wait_timeout(held, timeout).unwrap_or_else(PoisonError::into_inner);
            waited.timed_out = result.timed_out();
            held
        });
        waited
    }

    /// The same, at most until a moment.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> Waited {
        self.wait_for(guard, deadline.saturating_duration_since(Instant::now()))
    }
}

/// The end of a wait.
#[derive(Debug, Clone, Copy)]
pub struct Waited {
    timed_out: bool,
}

impl Waited {
    /// True if the time was over.
    pub fn timed_out(&self) -> bool {
        self.timed_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const NOT_LONG: Duration = Duration::from_millis(5);
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_change_is_told_to_the_one_that_waits_for_it() {
        let (value, changed) = (Mutex::new(0), Condvar::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..3 {
                    *value.lock() += 1;
                    changed.notify_all();
                }
            });
            let mut guard = value.lock();
            while *guard < 3 {
                assert!(!changed.wait_for(&mut guard, LONG).timed_out());
            }
        });
        assert_eq!(value.into_inner(), 3);
    }

    #[test]
    fn a_wait_ends_when_its_time_is_over_and_holds_the_lock_again() {
        let (mut value, changed) = (Mutex::new(0), Condvar::new());
        let mut guard = value.lock();
        while !changed.wait_until(&mut guard, Instant::now() + NOT_LONG).timed_out() {}
        assert!(value.try_lock_for(NOT_LONG).is_none());
        *guard = 1;
        drop(guard);
        assert_eq!(value.try_lock_for(NOT_LONG).as_deref(), Some(&1));
        assert_eq!(*value.get_mut(), 1);
    }

    #[test]
    fn a_thread_that_panics_leaves_the_lock_to_the_others() {
        let mut value = Mutex::new(0);
        thread::scope(|scope| {
            let panicked = scope.spawn(|| {
                *value.lock() = 1;
                let _guard = value.lock();
                panic!("with the lock held");
            });
            assert!(panicked.join().is_err());
        });
        assert_eq!(*value.lock(), 1);
        assert_eq!(value.try_lock_for(NOT_LONG).as_deref(), Some(&1));
        assert_eq!(*value.get_mut(), 1);
        assert_eq!(value.into_inner(), 1);
    }
}
