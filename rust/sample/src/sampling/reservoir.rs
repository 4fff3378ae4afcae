//! A uniform sample of the steps of a series: the `k` steps with the lowest hash.
//!
//! Every step has a [`priority`], a hash of the run's seed and the step. The reservoir keeps the points of the `k` lowest. Since
//! the hash is as good as random, every set of `k` steps is equally likely to have the lowest: the sample is uniform and without
//! replacement, the same law as that of Vitter's algorithm R ("Random sampling with a reservoir", ACM TOMS 11, 1985) and Li's
//! algorithm L (ACM TOMS 20, 1994). This form is known as a bottom-k sketch (Cohen and Kaplan, "Summarizing data using bottom-k
//! sketches", PODC 2007) or k minimum values (Bar-Yossef et al., RANDOM 2002). It is preferred here because what is kept depends
//! on the *set* of steps and on nothing else:
//!
//! - *Order-free.* A second writer that lags behind, or a restart that starts over, changes nothing.
//! - *Idempotent.* A step offered again is the same step. R and L count it as a new arrival: the older part of a run in which
//!   steps are written twice fades away.
//! - *Mergeable.* The sample of a union comes from the samples of its parts: ranks, restarts and shards.
//! - *Aligned.* With one seed per run, all keys of the run keep the same steps, so that rows can be joined.
//!
//! It costs one multiplication-based hash per point, where L skips. A point that is not kept costs that and one comparison; of n
//! distinct steps in random order of priority k (1 + ln(n / k)) are kept for a while, each O(log k).

use crate::sampling::mix::priority;
use std::collections::BTreeMap;
use stepwell_model::limits::RESERVOIR_POINTS;

/// The points of at most `capacity` steps, uniformly chosen among all steps ever offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservoir<T> {
    seed: u64,
    capacity: usize,
    threshold: u64,
    points: BTreeMap<u64, (i64, T)>,
}

/// Why two reservoirs don't merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("reservoirs of the seeds {0} and {1} sample different steps and cannot be merged; the first one is unchanged")]
pub struct MergeError(pub u64, pub u64);

impl<T> Reservoir<T> {
    /// An empty reservoir for [`RESERVOIR_POINTS`] steps.
    pub fn new(seed: u64) -> Self {
        Self::with_capacity(seed, RESERVOIR_POINTS)
    }

    /// An empty reservoir for `capacity` steps: at least 1, at most [`RESERVOIR_POINTS`]; anything else becomes the nearer bound.
    pub fn with_capacity(seed: u64, capacity: usize) -> Self {
        Self { seed, capacity: capacity.clamp(1, RESERVOIR_POINTS), threshold: u64::MAX, points: BTreeMap::new() }
    }

    /// The reservoir that holds these points, or the sample of them if they are too many.
    pub fn from_points(seed: u64, capacity: usize, points: impl IntoIterator<Item = (i64, T)>) -> Self {
        let mut reservoir = Self::with_capacity(seed, capacity);
        for (step, value) in points {
            reservoir.offer(step, value);
        }
        reservoir
    }

    /// Offers a point. Returns whether it is in the sample now; a step that is already there takes the new value.
    #[inline]
    pub fn offer(&mut self, step: i64, value: T) -> bool {
        let priority = priority(self.seed, step);
        priority <= self.threshold && self.keep(priority, step, value)
    }

    fn keep(&mut self, priority: u64, step: i64, value: T) -> bool {
        self.points.insert(priority, (step, value));
        self.settle();
        priority <= self.threshold
    }

    /// Drops what is beyond the capacity and sets the threshold.
    fn settle(&mut self) {
        while self.points.len() > self.capacity {
            self.points.pop_last();
        }
        if self.points.len() == self.capacity {
            self.threshold = self.points.last_key_value().map_or(u64::MAX, |(&priority, _)| priority);
        }
    }

    /// Whether a point at `step` would be kept: a test to run before its value is computed.
    #[inline]
    pub fn wants(&self, step: i64) -> bool {
        priority(self.seed, step) <= self.threshold
    }

    /// Takes in the points of another reservoir, whose values win where both have a step. The capacity becomes the smaller one,
    /// as the larger sample has no more to say about the other's steps.
    ///
    /// # Errors
    /// If the seeds differ.
    pub fn merge(&mut self, other: Self) -> Result<(), MergeError> {
        if self.seed != other.seed {
            return Err(MergeError(self.seed, other.seed));
        }
        self.capacity = self.capacity.min(other.capacity);
        self.settle();
        for (priority, (step, value)) in other.points {
            if priority <= self.threshold {
                self.keep(priority, step, value);
            }
        }
        Ok(())
    }

    /// The sampled points by rising step.
    pub fn points(&self) -> Vec<(i64, &T)> {
        let mut points: Vec<_> = self.iter().collect();
        points.sort_unstable_by_key(|&(step, _)| step);
        points
    }

    /// The sampled points by rising priority, the order in which a smaller sample would drop them last.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &T)> {
        self.points.values().map(|(step, value)| (*step, value))
    }

    /// The steps of the sample of `n`, by rising step; all steps if there are no more.
    pub fn sample_steps(&self, n: usize) -> Vec<i64> {
        let mut steps: Vec<i64> = self.iter().take(n).map(|(step, _)| step).collect();
        steps.sort_unstable();
        steps
    }

    /// Steps with a higher priority than this are not kept. `u64::MAX` until the reservoir is full.
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many steps it can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many steps it holds.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}
