//! Promise about lines: whatever is asked, they are those of the points, counted one by one.
//!
//! The oracle is [`MemoryStore::points`](crate::Store::points) and a loop over them. Counts, extremes, first
//! and last values are exactly the same; a sum may differ by a unit in its last place for each 2^20 points.

use super::history::Dice;
use super::reading::text;
use super::stream::TestStream;
use super::{Subject, compact_all};
use crate::line::{ExtentQuery, LabelLine, LineForm, LineQuery, LineReader, SeriesName, steps_within};
use crate::{LabelChoice, MemoryStore, StepRange, Store};
use std::collections::BTreeMap;
use stepwell_model::metric::{RUNTIME, STEP, TIMESTAMP};
use stepwell_model::{Entry, Row, RunPath, Step, Value};
use stepwell_sample::PointStats;
use stepwell_sample::bucket::Buckets;
use stepwell_sample::grid::{Grid, Scale};

/// Lines that are asked for at once: enough for a store to share them out to threads.
const QUESTIONS_AT_ONCE: usize = 24;

/// The x and y of the points of a label, in the order of steps.
type Points = (String, Vec<(f64, f64)>);

/// A series on an axis.
#[derive(Debug, Clone)]
struct OnAxis {
    series: SeriesName,
    x: String,
    log_x: bool,
}

/// Asks for random lines of these runs and keys, and compares each with what the points of `model` come to.
pub(super) fn compare_lines(dice: &mut Dice, store: &dyn Store, model: &dyn Store, paths: &[RunPath], keys: &[&str], context: &str) {
    let axes: Vec<OnAxis> = (0..QUESTIONS_AT_ONCE).map(|_| random_axis(dice, paths, keys)).collect();
    let mut extents = Vec::new();
    let asked: Vec<ExtentQuery<'_>> = axes.iter().map(|of| ExtentQuery { series: &of.series, x: &of.x, positive: of.log_x }).collect();
    let mut ask = |reader: &mut dyn LineReader| {
        extents = reader.extents(&asked)?;
        Ok(())
    };
    store.at_one_instant(&mut ask).unwrap();
    let (mut questions, mut points) = (Vec::new(), Vec::new());
    for (of, extent) in axes.iter().zip(extents) {
        let labels = joined(model, of);
        let xs: Vec<f64> = labels.iter().flat_map(|(_, points)| points).map(|(x, _)| *x).collect();
        let expected = xs.iter().copied().map(|x| (x, x)).reduce(|all, (x, _)| (all.0.min(x), all.1.max(x)));
        assert_eq!(extent, expected, "{context}: extent of {of:?}");
        if let Some(question) = random_question(dice, of, &xs) {
            questions.push(question);
            points.push(labels);
        }
    }
    let mut answers = vec![None; questions.len()];
    let mut ask = |reader: &mut dyn LineReader| reader.lines(&questions, &mut |at, lines| answers[at] = Some(lines));
    store.at_one_instant(&mut ask).unwrap();
    for ((asked, answer), labels) in questions.iter().zip(answers).zip(points) {
        assert_same_lines(&answer.unwrap(), &plainly(labels, asked), &format!("{context}: {asked:?}"));
    }
}

fn random_axis(dice: &mut Dice, paths: &[RunPath], keys: &[&str]) -> OnAxis {
    let mut path = dice.pick(paths).clone();
    if dice.once_in(20) {
        path.run.push_str(" that is not there");
    }
    let label = match dice.below(6) {
        0..3 => LabelChoice::Primary,
        3 => LabelChoice::All,
        _ => LabelChoice::Is((*dice.pick(&["", "1", "2", "none"])).into()),
    };
    let key = (*dice.pick(keys)).to_owned();
    let x = match dice.below(4) {
        0 => STEP,
        1 => dice.pick(&[TIMESTAMP, RUNTIME]),
        _ => *dice.pick(keys),
    };
    OnAxis { series: SeriesName { path, key, label }, x: x.to_owned(), log_x: dice.once_in(4) }
}

/// A window among the points, and a grid as a chart has it; none where there is no grid.
fn random_question<'q>(dice: &mut Dice, of: &'q OnAxis, xs: &[f64]) -> Option<LineQuery<'q>> {
    let mut end = || match dice.below(8) {
        0 => dice.below(200) as f64 / 4.0 - 10.0,
        _ if xs.is_empty() => dice.below(100) as f64,
        1 => (*dice.pick(xs)).next_up(),
        2 => dice.pick(xs) + 0.5,
        _ => *dice.pick(xs),
    };
    let (one, two) = (end(), end());
    let mut window = (one.min(two), one.max(two));
    if dice.once_in(3) {
        window = xs.iter().fold(window, |window, &x| (window.0.min(x), window.1.max(x)));
    }
    let buckets = *dice.pick(&[2, 3, 16, 100, 1000]);
    let grid = if of.log_x {
        Grid::log2(window.0, window.1, buckets)
    } else if of.x == STEP {
        let steps = steps_within(window);
        Grid::steps(steps.first.min(steps.last), steps.first.max(steps.last), buckets)
    } else {
        Grid::linear(window.0, window.1, buckets)
    };
    Some(LineQuery { series: &of.series, x: &of.x, grid: grid.ok()?, window, exact: *dice.pick(&[0, 5, 2 * buckets]) })
}

/// The points of a series, label by label.
fn joined(model: &dyn Store, of: &OnAxis) -> Vec<Points> {
    let OnAxis { series, x, log_x } = of;
    let mut labels = Vec::new();
    for (label, points) in model.points(&series.path, &series.key, &series.label, StepRange::ALL).unwrap() {
        let axis = model.points(&series.path, x, &LabelChoice::Is(label.clone()), StepRange::ALL).unwrap().pop();
        let axis = axis.map(|(_, axis)| axis).unwrap_or_default();
        let axis: BTreeMap<Step, f64> = axis.steps.iter().copied().zip(axis.values.to_f64()).collect();
        let points = points.steps.iter().zip(points.values.to_f64());
        let points = points.filter_map(|(step, y)| Some((*axis.get(step)?, y)));
        let points = points.filter(|(x, _)| x.is_finite() && (!log_x || *x > 0.0));
        labels.push((label, points.collect()));
    }
    labels
}

/// The answer, from one point after the other.
fn plainly(mut labels: Vec<Points>, asked: &LineQuery<'_>) -> Vec<LabelLine> {
    let (from, to) = asked.window;
    labels.iter_mut().for_each(|(_, points)| points.retain(|(x, _)| from <= *x && *x <= to));
    labels.retain(|(_, points)| !points.is_empty());
    let whole = labels.len() == 1 && labels[0].1.len() <= asked.exact;
    let line = |(label, mut points): Points| LabelLine {
        label,
        count: points.len() as u64,
        form: if whole {
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            let (x, y) = points.into_iter().unzip();
            LineForm::Points { x, y }
        } else {
            let mut buckets = Buckets::new(asked.grid);
            for (x, y) in points {
                if asked.grid.scale() == Scale::Steps { buckets.extend_steps(&[x as Step], &[y]) } else { buckets.add(x, y) }
            }
            LineForm::Buckets(buckets)
        },
    };
    labels.into_iter().map(line).collect()
}

fn assert_same_lines(seen: &[LabelLine], expected: &[LabelLine], context: &str) {
    let facts = |lines: &[LabelLine]| lines.iter().map(|line| (line.label.clone(), line.count)).collect::<Vec<_>>();
    assert_eq!(facts(seen), facts(expected), "{context}");
    for (seen, expected) in seen.iter().zip(expected) {
        match (&seen.form, &expected.form) {
            (LineForm::Points { x, y }, LineForm::Points { x: right_x, y: right_y }) => {
                let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
                assert_eq!((bits(x), bits(y)), (bits(right_x), bits(right_y)), "{context}");
            }
            (LineForm::Buckets(seen), LineForm::Buckets(expected)) => {
                assert_eq!(seen.grid(), expected.grid(), "{context}");
                for (at, (seen, expected)) in seen.stats().iter().zip(expected.stats()).enumerate() {
                    assert!(same_stats(seen, expected), "{context}: bucket {at}: {seen:?}, not {expected:?}");
                }
            }
            _ => panic!("{context}: {seen:?}, not {expected:?}"),
        }
    }
}

fn same_stats(seen: &PointStats, expected: &PointStats) -> bool {
    let same = |one: f64, other: f64| one == other || (one.is_nan() && other.is_nan());
    let bits = |stats: &PointStats| (stats.first().to_bits(), stats.last().to_bits());
    (seen.count, seen.numbers) == (expected.count, expected.numbers)
        && same(seen.min(), expected.min())
        && same(seen.max(), expected.max())
        && bits(seen) == bits(expected)
        && same_sum(seen, expected)
}

fn same_sum(seen: &PointStats, expected: &PointStats) -> bool {
    let (one, other) = (seen.total(), expected.total());
    if one == other || !(one.is_finite() && other.is_finite()) {
        return one == other || (one.is_nan() && other.is_nan());
    }
    let ulp = other.abs().next_up() - other.abs();
    let ulps = seen.count.div_ceil(1 << 20) as f64;
    // Where large numbers cancel each other, their second word is what is left.
    let second_word = expected.min().abs().max(expected.max().abs()) * seen.count as f64 * 2f64.powi(-100);
    (one - other).abs() <= ulp * ulps + second_word
}

const KEYS: [&str; 7] = ["a", "b", "eval", "epoch", "noise", STEP, "none"];

/// Random long histories of a run: several lives and labels, strides, steps that fall back, cells that are no
/// numbers, NaN and infinities, compacted at random moments. Lines are those of the points throughout.
pub fn lines_are_what_the_points_come_to(subject: &Subject<'_>, seed: u64) {
    let mut dice = Dice::new(seed);
    let (mut store, model) = ((subject.create)(), MemoryStore::new());
    let mut streams: Vec<Writer> = (0..1 + dice.below(3)).map(|id| Writer::new(&mut dice, id as u8)).collect();
    let paths = [streams[0].stream.opening.path.clone()];
    for writer in &streams {
        for store in [&*store, &model as &dyn Store] {
            store.open_stream(writer.stream.id, &writer.stream.opening).unwrap();
        }
    }
    let turns = 8 + dice.below(24);
    for turn in 0..turns {
        let writer = dice.below(streams.len());
        let rows = streams[writer].rows(&mut dice);
        let frame = streams[writer].stream.frame(&rows);
        store.append(std::slice::from_ref(&frame)).unwrap();
        model.append(&[frame]).unwrap();
        match dice.below(8) {
            0..3 => drop(store.compact().unwrap()),
            3 => compact_all(&*store),
            4 => store = (subject.reopen)(store),
            5 => compare_lines(&mut dice, &*store, &model, &paths, &KEYS, &format!("seed {seed}, turn {turn}")),
            _ => {}
        }
    }
    for stage in ["written", "compacted", "compacted again"] {
        compare_lines(&mut dice, &*store, &model, &paths, &KEYS, &format!("seed {seed}, {stage}"));
        compact_all(&*store);
    }
}

/// A stream of regular rows.
struct Writer {
    stream: TestStream,
    step: Step,
    stride: Step,
    /// Rarely, one in so many cells is no usual number.
    odd: usize,
}

impl Writer {
    fn new(dice: &mut Dice, id: u8) -> Self {
        let stream = TestStream::new(id * 97 + 1).with(|opening| {
            opening.label = (*dice.pick(&["", "", "", "1"])).into();
            opening.attempt = *dice.pick(&[0, 0, 1]);
            opening.time = dice.below(1000) as i64;
        });
        let step = *dice.pick(&[0, 0, 1, -5_000, 1 << 40]) + 1000 * dice.below(5) as Step;
        Self { stream, step, stride: *dice.pick(&[1, 1, 1, 2, 7, 10, 100]), odd: *dice.pick(&[300, 5_000, usize::MAX]) }
    }

    fn rows(&mut self, dice: &mut Dice) -> Vec<Entry> {
        match dice.below(12) {
            // As a run that resumes from a checkpoint does.
            0 => self.step -= self.stride * dice.below(3000) as Step,
            1 => self.step += dice.below(5000) as Step,
            _ => {}
        }
        let count = *dice.pick(&[10, 300, 1000, 1000, 2000]);
        (0..count).map(|_| self.row(dice)).collect()
    }

    fn row(&mut self, dice: &mut Dice) -> Entry {
        let (step, noise) = (self.step, dice.below(1_000_000) as f64 / 7.0);
        self.step += self.stride;
        let value = match dice.once_in(self.odd).then(|| dice.below(5)) {
            Some(0) => Value::Float(f64::NAN),
            Some(1) => Value::Float(f64::INFINITY),
            Some(2) => Value::Float(f64::NEG_INFINITY),
            Some(3) => text("no number"),
            Some(_) => Value::Int(i64::MAX - 1),
            None => Value::Float(noise - 70_000.0),
        };
        let large = (1 << 53) + (step & 0xffff);
        let mut cells = vec![("a", value), ("b", Value::Int(large)), ("epoch", Value::Float((step / 100) as f64))];
        if step % 10 == 0 {
            cells.push(("eval", Value::Float(noise)));
        }
        if !dice.once_in(self.odd) {
            cells.push(("noise", Value::Float(noise)));
        }
        let cells = cells.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Entry::Row(Row { step, time: step.saturating_mul(1000) + dice.below(3000) as i64, sampled: false, cells })
    }
}
