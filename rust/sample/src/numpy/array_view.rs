//! A borrowed array of any real type and layout, as numpy hands it over, read in whatever order is fastest.

use std::marker::PhantomData;

/// Elements gathered at a time from an array that is not contiguous: small enough for the first-level cache.
const GATHER: usize = 1_024;
/// Dimensions of an array; numpy 2 allows as many.
pub const MAX_DIMENSIONS: usize = 64;

/// An array of one of numpy's real types in native byte order.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    /// `float64`
    F64(Elements<'a, f64>),
    /// `float32`
    F32(Elements<'a, f32>),
    /// `float16`, as bits
    F16(Elements<'a, u16>),
    /// `int64`
    I64(Elements<'a, i64>),
    /// `int32`
    I32(Elements<'a, i32>),
    /// `int16`
    I16(Elements<'a, i16>),
    /// `int8`
    I8(Elements<'a, i8>),
    /// `uint64`
    U64(Elements<'a, u64>),
    /// `uint32`
    U32(Elements<'a, u32>),
    /// `uint16`
    U16(Elements<'a, u16>),
    /// `uint8`
    U8(Elements<'a, u8>),
    /// `bool`, as bytes: any but zero is true
    Bool(Elements<'a, u8>),
}

/// The elements of a view, in no promised order.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::large_enum_variant, reason = "made once per array and passed by reference; a box would cost an allocation and Copy")]
pub enum Elements<'a, T> {
    /// Contiguous and aligned.
    Slice(&'a [T]),
    /// Anything else.
    Strided(Strided<'a, T>),
}

/// An array with byte strides, its axes ordered from the shortest stride to the longest.
#[derive(Debug, Clone, Copy)]
pub struct Strided<'a, T> {
    data: *const T,
    axes: [(usize, isize); MAX_DIMENSIONS],
    dimensions: usize,
    lifetime: PhantomData<&'a [T]>,
}

// SAFETY: a `Strided` only reads what it points to, as a `&[T]` would.
unsafe impl<T: Sync> Send for Strided<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Strided<'_, T> {}

impl<'a, T> From<&'a [T]> for Elements<'a, T> {
    fn from(values: &'a [T]) -> Self {
        Self::Slice(values)
    }
}

impl<'a, T: Copy> Elements<'a, T> {
    /// The elements at `data` with this shape and these strides in bytes (negative and zero ones included),
    /// aligned or not. An array that covers its memory without gaps becomes a slice, whatever the order of
    /// its axes.
    ///
    /// Returns `None` if shape and strides differ in length or are longer than [`MAX_DIMENSIONS`].
    ///
    /// # Safety
    /// Every element that shape and strides reach from `data` lies in memory that is initialised and that
    /// nothing writes to for `'a`.
    pub unsafe fn strided(data: *const T, shape: &[usize], strides: &[isize]) -> Option<Self> {
        if shape.len() != strides.len() || shape.len() > MAX_DIMENSIONS {
            return None;
        }
        if shape.contains(&0) {
            return Some(Self::Slice(&[]));
        }
        let mut data = data;
        let mut axes = [(1, 0); MAX_DIMENSIONS];
        let mut dimensions = 0;
        for (&length, &stride) in shape.iter().zip(strides).filter(|&(&length, _)| length > 1) {
            if stride < 0 {
                // SAFETY: this is the last element of the axis, which the caller vouches for.
                data = unsafe { data.byte_offset(stride * (length as isize - 1)) };
            }
            axes[dimensions] = (length, stride.abs());
            dimensions += 1;
        }
        axes[..dimensions].sort_unstable_by_key(|&(_, stride)| stride);
        let mut kept = 0;
        for i in 0..dimensions {
            let (length, stride) = axes[i];
            if kept > 0 && stride == axes[kept - 1].1 * axes[kept - 1].0 as isize {
                axes[kept - 1].0 *= length;
            } else {
                axes[kept] = (length, stride);
                kept += 1;
            }
        }
        let contiguous = kept == 0 || kept == 1 && axes[0].1 == size_of::<T>() as isize;
        if contiguous && data.is_aligned() {
            let length = if kept == 0 { 1 } else { axes[0].0 };
            // SAFETY: aligned, without gaps, and readable for 'a as the caller vouches.
            return Some(Self::Slice(unsafe { std::slice::from_raw_parts(data, length) }));
        }
        Some(Self::Strided(Strided { data, axes, dimensions: kept, lifetime: PhantomData }))
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Slice(values) => values.len(),
            Self::Strided(strided) => strided.axes[..strided.dimensions].iter().map(|&(length, _)| length).product(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Hands all elements to `visit`, in pieces.
    pub(crate) fn for_each_slice(&self, mut visit: impl FnMut(&[T])) {
        match self {
            Self::Slice(values) => visit(values),
            Self::Strided(strided) => strided.gather(visit),
        }
    }
}

impl<T: Copy> Strided<'_, T> {
    fn gather(&self, mut visit: impl FnMut(&[T])) {
        let (inner, outer) = match self.axes[..self.dimensions].split_first() {
            Some((&inner, outer)) => (inner, outer),
            None => ((1, 0), &[][..]),
        };
        let mut buffer = Vec::with_capacity(GATHER);
        let mut position = [0usize; MAX_DIMENSIONS];
        let mut row = self.data;
        loop {
            let mut element = row;
            for i in 0..inner.0 {
                // SAFETY: `element` is one of the elements that the caller of `strided` vouched for.
                buffer.push(unsafe { element.read_unaligned() });
                if i + 1 < inner.0 {
                    element = element.wrapping_byte_offset(inner.1);
                }
                if buffer.len() == GATHER {
                    visit(&buffer);
                    buffer.clear();
                }
            }
            let mut axis = 0;
            loop {
                let Some(&(length, stride)) = outer.get(axis) else {
                    if !buffer.is_empty() {
                        visit(&buffer);
                    }
                    return;
                };
                position[axis] += 1;
                if position[axis] < length {
                    row = row.wrapping_byte_offset(stride);
                    break;
                }
                row = row.wrapping_byte_offset(-stride * (length as isize - 1));
                position[axis] = 0;
                axis += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<T: Copy + Ord>(elements: &Elements<'_, T>) -> Vec<T> {
        let mut all = Vec::new();
        elements.for_each_slice(|values| all.extend_from_slice(values));
        all.sort_unstable();
        all
    }

    #[test]
    fn a_transposed_or_reversed_array_is_still_a_slice() {
        let data: Vec<i32> = (0..24).collect();
        // SAFETY: shape and strides stay within `data`.
        let transposed = unsafe { Elements::strided(data.as_ptr(), &[2, 1, 3, 4], &[4, 999, 8, 24]) }.unwrap();
        assert!(matches!(transposed, Elements::Slice(values) if values == data));
        // SAFETY: starts at the last element and walks back to the first.
        let reversed = unsafe { Elements::strided(data.as_ptr().add(23), &[4, 6], &[-24, -4]) }.unwrap();
        assert!(matches!(reversed, Elements::Slice(values) if values == data));
    }

    #[test]
    fn gaps_repeats_and_odd_addresses_are_read_element_by_element() {
        let data: Vec<i32> = (0..3000).collect();
        // SAFETY: every other element of `data`.
        let every_other = unsafe { Elements::strided(data.as_ptr(), &[1500], &[8]) }.unwrap();
        assert_eq!(every_other.len(), 1500);
        assert_eq!(all(&every_other), (0..3000).step_by(2).collect::<Vec<_>>());
        // SAFETY: rows of 3 out of 5, backwards, each seen twice.
        let broadcast = unsafe { Elements::strided(data.as_ptr().add(20), &[2, 5, 3], &[0, -20, 4]) }.unwrap();
        let mut expected: Vec<i32> = (0..5).flat_map(|row| (0..3).map(move |column| row * 5 + column)).flat_map(|v| [v, v]).collect();
        expected.sort_unstable();
        assert_eq!(all(&broadcast), expected);
        let bytes: Vec<u8> = std::iter::once(0).chain(data.iter().flat_map(|value| value.to_ne_bytes())).collect();
        // SAFETY: the numbers start at the second byte.
        let odd = unsafe { Elements::strided(bytes.as_ptr().add(1).cast::<i32>(), &[3000], &[4]) }.unwrap();
        assert_eq!(all(&odd), data);
    }

    #[test]
    fn empty_and_scalar_arrays_have_none_and_one() {
        static SEVEN: i64 = 7;
        // SAFETY: nothing is read from an array without elements.
        let empty = unsafe { Elements::<f64>::strided(std::ptr::dangling(), &[3, 0], &[8, 8]) }.unwrap();
        assert!(empty.is_empty());
        // SAFETY: one element.
        let scalar = unsafe { Elements::strided(&raw const SEVEN, &[], &[]) }.unwrap();
        assert_eq!(all(&scalar), [7]);
        // SAFETY: refused before anything is read.
        assert!(unsafe { Elements::<f64>::strided(std::ptr::dangling(), &[3], &[]) }.is_none());
    }
}
