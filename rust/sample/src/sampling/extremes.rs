//! A sample for people: uniform over the steps, and always with the first, last, lowest and highest point.

use crate::sampling::mix::priority;
use crate::sampling::reservoir::Reservoir;
use std::collections::BinaryHeap;

/// The four points that a sample never misses, as `(step, value)`.
///
/// Of equal lowest or highest values the one with the lowest step counts. NaN is neither lowest nor highest unless there is
/// nothing else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The point of the lowest step.
    pub first: (i64, f64),
    /// The point of the highest step.
    pub last: (i64, f64),
    /// The point of the lowest value.
    pub min: (i64, f64),
    /// The point of the highest value.
    pub max: (i64, f64),
}

impl Extremes {
    /// The extremes of one point.
    pub fn new(step: i64, value: f64) -> Self {
        Self { first: (step, value), last: (step, value), min: (step, value), max: (step, value) }
    }

    /// The extremes of these points; `None` without points.
    pub fn of(points: impl IntoIterator<Item = (i64, f64)>) -> Option<Self> {
        let mut points = points.into_iter();
        let (step, value) = points.next()?;
        let mut extremes = Self::new(step, value);
        points.for_each(|(step, value)| extremes.add(step, value));
        Some(extremes)
    }

    /// Adds a point. Of two points at one step the later one is first or last.
    pub fn add(&mut self, step: i64, value: f64) {
        self.merge(&Self::new(step, value));
    }

    /// Adds the extremes of other points, which arrived later.
    pub fn merge(&mut self, later: &Self) {
        if later.first.0 <= self.first.0 {
            self.first = later.first;
        }
        if later.last.0 >= self.last.0 {
            self.last = later.last;
        }
        if precedes(later.min, self.min, later.min.1 < self.min.1) {
            self.min = later.min;
        }
        if precedes(later.max, self.max, later.max.1 > self.max.1) {
            self.max = later.max;
        }
    }

    /// The four, the most important first.
    fn points(&self) -> [(i64, f64); 4] {
        [self.first, self.last, self.min, self.max]
    }
}

/// Whether a point takes the place of the one that holds it: it is `beyond`, the first number, or equal and of a lower step.
fn precedes(point: (i64, f64), holder: (i64, f64), beyond: bool) -> bool {
    beyond || holder.1.is_nan() && !point.1.is_nan() || point.0 < holder.0 && (point.1 == holder.1 || point.1.is_nan() && holder.1.is_nan())
}

/// The indices, rising, of a sample of `n` points: the first, last, lowest and highest, and of the others those with the lowest
/// [`priority`]. If `n` is less than four, as many of the four in that order.
///
/// Steps rise and are distinct; the slices are of one length. Time is O(points), memory O(n).
pub fn sample(seed: u64, steps: &[i64], values: &[f64], n: usize) -> Vec<usize> {
    let len = steps.len().min(values.len());
    if n >= len {
        return (0..len).collect();
    }
    // Indices instead of steps: they rise alike, and are what is wanted.
    let Some(extremes) = Extremes::of((0..).zip(values[..len].iter().copied())) else { return Vec::new() };
    let mut chosen = Vec::with_capacity(n);
    for (index, _) in extremes.points() {
        if chosen.len() < n && !chosen.contains(&(index as usize)) {
            chosen.push(index as usize);
        }
    }
    let musts = chosen.clone();
    let more = n - chosen.len();
    let mut lowest: BinaryHeap<(u64, usize)> = BinaryHeap::with_capacity(more + 1);
    let mut threshold = u64::MAX;
    for (index, &step) in steps[..len].iter().enumerate() {
        let priority = priority(seed, step);
        if more == 0 || priority > threshold || musts.contains(&index) {
            continue;
        }
        lowest.push((priority, index));
        if lowest.len() > more {
            lowest.pop();
        }
        if lowest.len() == more {
            threshold = lowest.peek().map_or(u64::MAX, |&(priority, _)| priority);
        }
    }
    chosen.extend(lowest.into_iter().map(|(_, index)| index));
    chosen.sort_unstable();
    chosen
}

/// The same sample without the points, from what is kept of a series as it arrives: equal to [`sample`] for every `n` up to the
/// reservoir's capacity, and shorter for a larger `n` unless the reservoir has all points.
pub fn sample_of_reservoir(reservoir: &Reservoir<f64>, extremes: &Extremes, n: usize) -> Vec<(i64, f64)> {
    let mut chosen: Vec<(i64, f64)> = Vec::with_capacity(n.min(reservoir.len() + 4));
    let all_fit = n >= reservoir.len() && reservoir.len() < reservoir.capacity();
    let musts = extremes.points().into_iter().filter(|_| !all_fit);
    for point in musts.chain(reservoir.iter().map(|(step, &value)| (step, value))) {
        // Only the extremes, at the front, can come up twice.
        if chosen.len() < n && !chosen[..chosen.len().min(4)].iter().any(|&(step, _)| step == point.0) {
            chosen.push(point);
        }
    }
    chosen.sort_unstable_by_key(|&(step, _)| step);
    chosen
}
