//! Buckets of equal width over a window, the same for all series of a panel and while it scrolls.
//!
//! The width is the smallest power of two at which no more than `n` buckets overlap the window, and edges are
//! multiples of the width: a window that moves a little keeps its buckets, one that zooms halves or doubles
//! them. A logarithmic grid has the same buckets over `log2 x`. Grids of steps are computed in integers and
//! hold for all of `i64`.

use stepwell_model::limits::QUERY_BUCKETS;

/// Scale that a grid divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Whole steps.
    Steps,
    /// Numbers.
    Linear,
    /// Positive numbers, by their logarithm.
    Log2,
}

/// Adjacent buckets that cover a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    scale: Scale,
    /// Log2 of the width.
    exponent: i32,
    /// The first edge, in widths.
    first: i64,
    len: usize,
}

/// Reason why a window has no grid.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum GridError {
    /// The number of buckets is out of bounds.
    #[error("a grid has 2 to {QUERY_BUCKETS} buckets, not {0}: ask for as many as the chart has pixels")]
    Buckets(usize),
    /// The window is upside down, not finite, or not positive on a logarithmic scale.
    #[error("no grid covers {from} to {to}: a window rises, is finite, and is positive on a logarithmic scale")]
    Window {
        /// Its start.
        from: f64,
        /// Its end.
        to: f64,
    },
}

/// `2^exponent` for any exponent of a double, subnormal ones included.
fn power(exponent: i32) -> f64 {
    match exponent {
        ..-1022 => f64::from_bits(1 << (exponent + 1074).max(0)),
        -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
        _ => f64::INFINITY,
    }
}

impl Grid {
    /// A grid over the steps `from..=to`. Its buckets are at least one step wide.
    ///
    /// # Errors
    /// If `n` is out of bounds or `from` is above `to`.
    pub fn steps(from: i64, to: i64, n: usize) -> Result<Self, GridError> {
        check_buckets(n)?;
        if from > to {
            return Err(GridError::Window { from: from as f64, to: to as f64 });
        }
        let len = |exponent: i32| (i128::from(to >> exponent) - i128::from(from >> exponent) + 1) as u128;
        // At 2^63 there are two buckets at most.
        let exponent = (0..63).find(|&exponent| len(exponent) <= n as u128).unwrap_or(63);
        Ok(Self { scale: Scale::Steps, exponent, first: from >> exponent, len: len(exponent) as usize })
    }

    /// A grid over the numbers from `from` to `to`. Buckets are never narrower than the distance of
    /// neighbouring numbers at the window's larger end; a window of no width has one bucket, one wide where
    /// that is possible.
    ///
    /// # Errors
    /// If `n` is out of bounds, or the window is not finite or falls.
    pub fn linear(from: f64, to: f64, n: usize) -> Result<Self, GridError> {
        check_buckets(n)?;
        // The distance of neighbours is at most 2^-52 of a number.
        let finest = exponent_of(from.abs().max(to.abs())) - 52;
        Self::over(Scale::Linear, from, to, to / 2.0 - from / 2.0, finest, n)
    }

    /// A grid over the positive numbers from `from` to `to` whose buckets are equally wide in `log2 x`.
    ///
    /// # Errors
    /// As for [`Grid::linear`], and if `from` is not positive.
    pub fn log2(from: f64, to: f64, n: usize) -> Result<Self, GridError> {
        check_buckets(n)?;
        if from.is_nan() || from <= 0.0 {
            return Err(GridError::Window { from, to });
        }
        // Closer than 2^-50 in the logarithm, edges would be the same double; the logarithm itself is as
        // coarse at 2^±4.
        Self::over(Scale::Log2, from, to, to.log2() / 2.0 - from.log2() / 2.0, -50, n)
    }

    /// A grid over a window that is twice `half` wide, with buckets of `2^finest` or wider.
    fn over(scale: Scale, from: f64, to: f64, half: f64, finest: i32, n: usize) -> Result<Self, GridError> {
        if !(from.is_finite() && to.is_finite() && from <= to) {
            return Err(GridError::Window { from, to });
        }
        // 2^-1022 keeps reciprocals finite.
        let finest = finest.max(-1022);
        let least = if from == to { finest.max(0) } else { (exponent_of(half) - exponent_of(n as f64) - 1).max(finest) };
        // No double is beyond 2^1024: there are two buckets at most.
        for exponent in least..1024 {
            let (first, last) = (position(scale, exponent, from), position(scale, exponent, to));
            if last - first < n as f64 {
                return Ok(Self { scale, exponent, first: first as i64, len: (last - first) as usize + 1 });
            }
        }
        let (first, last) = (position(scale, 1024, from), position(scale, 1024, to));
        Ok(Self { scale, exponent: 1024, first: first as i64, len: (last - first) as usize + 1 })
    }

    /// Scale that the grid divides.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The number of buckets.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none, which never happens.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Log2 of the width of a bucket (for [`Scale::Log2`], in `log2 x`).
    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The bucket of a number; `None` outside of the grid, and for NaN.
    pub fn index(&self, x: f64) -> Option<usize> {
        let position = position(self.scale, self.exponent, x);
        let index = position - self.first as f64;
        (index >= 0.0 && index < self.len as f64).then_some(index as usize)
    }

    /// The bucket of a step; exact for every step on a grid of steps.
    pub fn index_of_step(&self, step: i64) -> Option<usize> {
        if self.scale != Scale::Steps {
            return self.index(step as f64);
        }
        let index = i128::from(step >> self.exponent) - i128::from(self.first);
        usize::try_from(index).ok().filter(|&index| index < self.len)
    }

    /// The lower edge of bucket `i`; that of bucket `len()` is the end of the grid.
    pub fn edge(&self, i: usize) -> f64 {
        let edge = self.scaled(self.first as f64 + i as f64);
        if self.scale == Scale::Log2 { edge.exp2() } else { edge.clamp(-f64::MAX, f64::MAX) }
    }

    /// The middle of bucket `i`, where its mean is drawn: half way between its edges, or its first and last
    /// step.
    pub fn middle(&self, i: usize) -> f64 {
        match self.scale {
            Scale::Steps => self.scaled(self.first as f64 + i as f64) + (power(self.exponent) - 1.0) / 2.0,
            Scale::Linear => self.scaled(self.first as f64 + i as f64 + 0.5),
            Scale::Log2 => self.scaled(self.first as f64 + i as f64 + 0.5).exp2(),
        }
    }

    /// The first and last step of bucket `i` of a grid of steps.
    pub(crate) fn step_bounds(&self, i: usize) -> (i64, i64) {
        let start = (i128::from(self.first) + i as i128) << self.exponent;
        (start as i64, (start + (1i128 << self.exponent) - 1) as i64)
    }

    /// So many widths, by way of half a width so that 2^1024 is not needed as a number.
    fn scaled(&self, widths: f64) -> f64 {
        if self.exponent > 1023 { widths * 2.0 * power(self.exponent - 1) } else { widths * power(self.exponent) }
    }
}

fn check_buckets(n: usize) -> Result<(), GridError> {
    if (2..=QUERY_BUCKETS).contains(&n) { Ok(()) } else { Err(GridError::Buckets(n)) }
}

/// The width in which a number lies, counted from zero (for [`Scale::Log2`], from 1); NaN if it lies in none.
fn position(scale: Scale, exponent: i32, x: f64) -> f64 {
    // Exact, as it multiplies by a power of two.
    let floor = |x: f64| (x * power(-exponent)).floor();
    if scale != Scale::Log2 {
        return floor(x);
    }
    // Edges decide, as they do when buckets are filled: a logarithm may be off in its last bit.
    let near = floor(x.log2());
    let edge = |position: f64| (position * power(exponent)).exp2();
    if x < edge(near) { near - 1.0 } else { near + f64::from(u8::from(x >= edge(near + 1.0))) }
}

/// The exponent of a number: the integer below its log2; -1022 for zero and subnormal numbers.
fn exponent_of(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff).max(1) as i32 - 1023
}
