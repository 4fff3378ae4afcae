//! The uniform view of a series: the same steps for all keys of a run, whatever the order of arrival.

use crate::query::SeriesPoints;
use stepwell_model::RunPath;
use stepwell_sample::reservoir::Reservoir;

/// The seed of a run's reservoirs: FNV-1a of its path.
pub fn seed(run: &RunPath) -> u64 {
    run.to_string().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The at most [`RESERVOIR_POINTS`](stepwell_model::limits::RESERVOIR_POINTS) points that [`Reservoir`] keeps of these, by step.
pub fn uniform(seed: u64, points: &SeriesPoints) -> SeriesPoints {
    let mut reservoir = Reservoir::new(seed);
    for (index, &step) in points.steps.iter().enumerate() {
        reservoir.offer(step, index);
    }
    let chosen = reservoir.points();
    SeriesPoints {
        steps: chosen.iter().map(|(step, _)| *step).collect(),
        values: chosen.iter().map(|(_, index)| points.values.get(**index)).collect(),
    }
}
