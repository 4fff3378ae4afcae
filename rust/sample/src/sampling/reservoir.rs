//! A uniform sample of the steps of a series: the `k` steps with the lowest hash.
//!
//! Every step has a [`priority`], a hash of the run's seed and the step. The reservoir keeps the points of
//! the `k` lowest. Since the hash is as good as random, every set of `k` steps is equally likely to have the
//! lowest: the sample is uniform and without replacement, the same law as that of Vitter's algorithm R
//! ("Random sampling with a reservoir", ACM TOMS 11, 1985) and Li's algorithm L (ACM TOMS 20, 1994). This
//! form is known as a bottom-k sketch (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC
//! 2007) or k minimum values (Bar-Yossef et al., RANDOM 2002). It is preferred here because what is kept
//! depends on the *set* of steps and on nothing else:
//!
//! - *Order-free.* A second writer that lags behind, or a restart that starts over, changes nothing.
//! - *Idempotent.* A step offered again is the same step. R and L count it as a new arrival: the older part
//!   of a run in which steps are written twice fades away.
//! - *Aligned.* With one seed per run, all keys of the run keep the same steps, so that rows can be joined.
//!
//! It costs one multiplication-based hash per point, where L skips. A point that is not kept costs that and
//! one comparison; of n distinct steps in random order of priority k (1 + ln(n / k)) are kept for a while,
//! each O(log k).

use crate::sampling::mix::priority;
use std::collections::BTreeMap;

/// The points of at most `capacity` steps, uniformly chosen among all steps ever offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservoir<T> {
    seed: u64,
    capacity: usize,
    threshold: u64,
    points: BTreeMap<u64, (i64, T)>,
}

impl<T> Reservoir<T> {
    /// An empty reservoir for `capacity` steps, at least 1.
    pub fn new(seed: u64, capacity: usize) -> Self {
        Self { seed, capacity: capacity.max(1), threshold: u64::MAX, points: BTreeMap::new() }
    }

    /// Offers a point. Returns whether it is in the sample now; a step that is already there takes the new
    /// value.
    #[inline]
    pub fn offer(&mut self, step: i64, value: T) -> bool {
        let priority = priority(self.seed, step);
        priority <= self.threshold && self.keep(priority, step, value)
    }

    /// Whether a point of this step would be in the sample now.
    #[inline]
    pub fn wants(&self, step: i64) -> bool {
        priority(self.seed, step) <= self.threshold
    }

    fn keep(&mut self, priority: u64, step: i64, value: T) -> bool {
        self.points.insert(priority, (step, value));
        if self.points.len() > self.capacity {
            self.points.pop_last();
        }
        if self.points.len() == self.capacity {
            self.threshold = self.points.last_key_value().map_or(u64::MAX, |(&priority, _)| priority);
        }
        priority <= self.threshold
    }

    /// The sampled points by rising step.
    pub fn into_points(self) -> BTreeMap<i64, T> {
        self.points.into_values().collect()
    }
}
