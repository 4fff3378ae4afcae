//! How long to wait before connecting again: full jitter, so that writers which lost a server together do not return together.

use std::time::Duration;

/// The least and the greatest delay.
const LEAST: Duration = Duration::from_millis(200);
const GREATEST: Duration = Duration::from_secs(60);
/// The greatest delay while the server has never answered and the writer is young: one that is started after the training
/// is found at once.
const GREATEST_WHEN_NEW: Duration = Duration::from_secs(2);
const NEW: Duration = Duration::from_secs(60);

/// The delays of one uploader.
pub(crate) struct Backoff {
    failures: u32,
    answered: bool,
    random: u64,
}

impl Backoff {
    pub(crate) fn new(seed: u64) -> Self {
        Self { failures: 0, answered: false, random: seed | 1 }
    }

    /// The server answered: the next delay is short again.
    pub(crate) fn answered(&mut self) {
        (self.failures, self.answered) = (0, true);
    }

    /// The delay after one more failure. A hint of the server wins; a little jitter keeps its clients apart.
    pub(crate) fn delay(&mut self, hint: Option<Duration>, age: Duration) -> Duration {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let fraction = (self.random >> 11) as f64 / (1u64 << 53) as f64;
        if let Some(hint) = hint {
            let hint = hint.min(GREATEST);
            return hint + hint.mul_f64(fraction / 4.0);
        }
        let greatest = if !self.answered && age < NEW { GREATEST_WHEN_NEW } else { GREATEST };
        let ceiling = LEAST.saturating_mul(1 << self.failures.min(16)).min(greatest);
        self.failures += 1;
        LEAST + ceiling.saturating_sub(LEAST).mul_f64(fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_from_a_fifth_of_a_second_to_a_minute() {
        let mut backoff = Backoff::new(7);
        backoff.answered();
        let delays: Vec<_> = (0..200).map(|_| backoff.delay(None, Duration::ZERO)).collect();
        assert_eq!(delays[0], LEAST);
        assert!(delays.iter().all(|delay| (LEAST..=GREATEST).contains(delay)));
        assert!(delays.iter().max() > Some(&Duration::from_secs(50)) && delays[50..].iter().min() < Some(&Duration::from_secs(10)));
        backoff.answered();
        assert_eq!(backoff.delay(None, Duration::ZERO), LEAST);
    }

    #[test]
    fn a_server_that_never_answered_is_tried_often_in_the_first_minute() {
        let mut backoff = Backoff::new(7);
        assert!((0..100).all(|_| backoff.delay(None, Duration::from_secs(59)) <= GREATEST_WHEN_NEW));
        assert!((0..100).any(|_| backoff.delay(None, Duration::from_secs(61)) > GREATEST_WHEN_NEW));
    }

    #[test]
    fn a_hint_wins() {
        let delay = Backoff::new(7).delay(Some(Duration::from_secs(8)), Duration::ZERO);
        assert!((Duration::from_secs(8)..=Duration::from_secs(10)).contains(&delay));
    }
}
