//! Delays before connecting again, with full jitter, so that writers which lost a server together do not
//! return together.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The least and the greatest delay.
const LEAST: Duration = Duration::from_millis(200);
const GREATEST: Duration = Duration::from_secs(60);
/// The greatest delay while the server has never answered and the writer is young: one that is started after
/// the training is found at once.
const GREATEST_WHEN_NEW: Duration = Duration::from_secs(2);
const NEW: Duration = Duration::from_secs(60);

/// The delays of one loop of attempts.
pub(crate) struct Backoff {
    failures: Cell<u32>,
    answered: Cell<bool>,
    /// From when on the writer gets old; none for one that is always young.
    began: Option<Instant>,
}

impl Backoff {
    pub(crate) fn new(began: Option<Instant>) -> Self {
        Self { failures: Cell::new(0), answered: Cell::new(false), began }
    }

    /// The server answered: the next delay is short again.
    pub(crate) fn answered(&self) {
        self.failures.set(0);
        self.answered.set(true);
    }

    /// The delay after one more failure. A hint of the server wins; a little jitter keeps its clients apart.
    pub(crate) fn delay(&self, hint: Option<Duration>) -> Duration {
        self.delay_at(self.began.map_or(Duration::ZERO, |began| began.elapsed()), hint)
    }

    fn delay_at(&self, age: Duration, hint: Option<Duration>) -> Duration {
        let fraction = fastrand::f64();
        if let Some(hint) = hint {
            let hint = hint.min(GREATEST);
            return hint + hint.mul_f64(fraction / 4.0);
        }
        let greatest = if !self.answered.get() && age < NEW { GREATEST_WHEN_NEW } else { GREATEST };
        let failures = self.failures.get();
        let ceiling = LEAST.saturating_mul(1 << failures.min(16)).min(greatest);
        self.failures.set(failures + 1);
        LEAST + ceiling.saturating_sub(LEAST).mul_f64(fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_from_a_fifth_of_a_second_to_a_minute() {
        let backoff = Backoff::new(None);
        backoff.answered();
        let delays: Vec<_> = (0..200).map(|_| backoff.delay(None)).collect();
        assert_eq!(delays[0], LEAST);
        assert!(delays.iter().all(|delay| (LEAST..=GREATEST).contains(delay)));
        assert!(delays.iter().max() > Some(&Duration::from_secs(50)) && delays[50..].iter().min() < Some(&Duration::from_secs(10)));
        backoff.answered();
        assert_eq!(backoff.delay(None), LEAST);
    }

    #[test]
    fn a_server_that_never_answered_is_tried_often_in_the_first_minute() {
        let backoff = Backoff::new(None);
        assert!((0..100).all(|_| backoff.delay_at(Duration::from_secs(59), None) <= GREATEST_WHEN_NEW));
        assert!((0..100).any(|_| backoff.delay_at(Duration::from_secs(61), None) > GREATEST_WHEN_NEW));
    }

    #[test]
    fn a_hint_wins() {
        let delay = Backoff::new(None).delay(Some(Duration::from_secs(8)));
        assert!((Duration::from_secs(8)..=Duration::from_secs(10)).contains(&delay));
    }
}
