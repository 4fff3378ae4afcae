//! At most 256 colours for one frame: exactly its own where these are enough, else those of a median cut.
//!
//! The cut is made over bins of 5 bits per channel (Heckbert, "Color image quantization for frame buffer
//! display", 1982): the box of most pixels times its longest side is cut at the median of that side until
//! there are enough boxes; a box's colour is the mean of its pixels. So a frame costs a few nanoseconds per
//! pixel and some milliseconds at most, where a learning quantizer takes a hundred.

/// Colours that a frame may have.
const MOST: usize = 256;
/// Places of the table of exact colours; four per colour keep it sparse.
const PLACES: usize = 4 * MOST;
/// Bits of a bin per channel.
const BITS: u32 = 5;
const BINS: usize = 1 << (3 * BITS);
/// No colour: what has alpha 0, and an empty place.
const NONE: u32 = u32::MAX;

/// A frame of indices into its colours.
pub(crate) struct Indexed {
    pub(crate) indices: Vec<u8>,
    /// Three bytes per colour.
    pub(crate) colors: Vec<u8>,
    /// The index that shows what was there before.
    pub(crate) transparent: Option<u8>,
}

/// Brings RGB (3 bytes a pixel) or RGBA (4) down to at most 256 colours; alpha 0 is transparent, all else
/// opaque.
pub(crate) fn indexed(pixels: &[u8], channels: usize) -> Indexed {
    let keys: Vec<u32> = pixels.chunks_exact(channels).map(key).collect();
    exact(&keys).unwrap_or_else(|| cut(&keys))
}

fn key(pixel: &[u8]) -> u32 {
    if pixel.get(3) == Some(&0) { NONE } else { u32::from_be_bytes([0, pixel[0], pixel[1], pixel[2]]) }
}

fn channel(key: u32, axis: usize) -> u32 {
    key >> (16 - 8 * axis) & 0xff
}

/// The frame in its own colours, if they are no more than 256.
fn exact(keys: &[u32]) -> Option<Indexed> {
    let mut colors: Vec<u32> = Vec::new();
    let mut places = [0_u16; PLACES];
    let mut indices = Vec::with_capacity(keys.len());
    let mut last = (keys.first()?.wrapping_add(1), 0);
    for &key in keys {
        if key != last.0 {
            let mut place = (key.wrapping_mul(0x9e37_79b1) >> 22) as usize % PLACES;
            // A place holds the index plus one.
            while places[place] != 0 && colors[usize::from(places[place]) - 1] != key {
                place = (place + 1) % PLACES;
            }
            if places[place] == 0 {
                if colors.len() == MOST {
                    return None;
                }
                colors.push(key);
                places[place] = colors.len() as u16;
            }
            last = (key, (places[place] - 1) as u8);
        }
        indices.push(last.1);
    }
    let transparent = colors.iter().position(|&color| color == NONE).map(|at| at as u8);
    let colors = colors.iter().flat_map(|color| color.to_be_bytes().into_iter().skip(1)).collect();
    Some(Indexed { indices, colors, transparent })
}

/// Pixels whose colours have the same leading bits.
struct Bin {
    /// The leading bits, as a colour.
    key: u32,
    pixels: u64,
    sums: [u64; 3],
}

/// Bins `from..to`, and what tells whether to cut them.
struct Box {
    from: usize,
    to: usize,
    /// The side to cut, and its length times the pixels.
    axis: usize,
    weight: u64,
}

fn bin_of(key: u32) -> usize {
    (0..3).fold(0, |bin, axis| bin << BITS | (channel(key, axis) >> (8 - BITS)) as usize)
}

fn cut(keys: &[u32]) -> Indexed {
    let mut slots = vec![NONE; BINS];
    let mut bins: Vec<Bin> = Vec::new();
    for &key in keys.iter().filter(|&&key| key != NONE) {
        let slot = &mut slots[bin_of(key)];
        if *slot == NONE {
            *slot = bins.len() as u32;
            bins.push(Bin { key: key >> (8 - BITS) & 0x1f_1f1f, pixels: 0, sums: [0; 3] });
        }
        let bin = &mut bins[*slot as usize];
        bin.pixels += 1;
        bin.sums.iter_mut().enumerate().for_each(|(axis, sum)| *sum += u64::from(channel(key, axis)));
    }
    let transparent = keys.contains(&NONE).then_some((MOST - 1) as u8);
    let boxes = boxes(&mut bins, MOST - usize::from(transparent.is_some()));

    let mut colors = vec![0; 3 * MOST];
    let mut index_of = vec![0; BINS];
    for (index, each) in boxes.iter().enumerate() {
        let (mut sums, mut pixels) = ([0; 3], 0);
        for bin in &bins[each.from..each.to] {
            pixels += bin.pixels;
            sums.iter_mut().zip(bin.sums).for_each(|(sum, more)| *sum += more);
            index_of[bin_of(bin.key << (8 - BITS))] = index as u8;
        }
        colors[3 * index..3 * index + 3].iter_mut().zip(sums).for_each(|(color, sum)| *color = ((sum + pixels / 2) / pixels) as u8);
    }
    let indices = keys.iter().map(|&key| if key == NONE { (MOST - 1) as u8 } else { index_of[bin_of(key)] }).collect();
    Indexed { indices, colors, transparent }
}

/// Cuts the bins into at most `most` boxes; they are put into the boxes' order.
fn boxes(bins: &mut [Bin], most: usize) -> Vec<Box> {
    let mut boxes = vec![measured(bins, 0, bins.len())];
    while boxes.len() < most {
        let Some(heaviest) = (0..boxes.len()).max_by_key(|&at| boxes[at].weight).filter(|&at| boxes[at].weight > 0) else { break };
        let Box { from, to, axis, .. } = boxes[heaviest];
        bins[from..to].sort_unstable_by_key(|bin| channel(bin.key, axis));
        let pixels: u64 = bins[from..to].iter().map(|bin| bin.pixels).sum();
        let mut before = 0;
        let median = bins[from..to].iter().position(|bin| {
            before += bin.pixels;
            2 * before >= pixels
        });
        // Neither half is empty.
        let middle = (from + median.unwrap_or(0) + 1).min(to - 1);
        boxes[heaviest] = measured(bins, from, middle);
        boxes.push(measured(bins, middle, to));
    }
    boxes
}

fn measured(bins: &[Bin], from: usize, to: usize) -> Box {
    let bins = &bins[from..to];
    let side = |axis: usize| {
        let values = || bins.iter().map(|bin| channel(bin.key, axis));
        values().max().unwrap_or(0) - values().min().unwrap_or(0)
    };
    let (side, axis) = [(side(0), 0), (side(1), 1), (side(2), 2)].into_iter().max().unwrap_or((0, 0));
    Box { from, to, axis, weight: u64::from(side) * bins.iter().map(|bin| bin.pixels).sum::<u64>() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(frame: &Indexed) -> Vec<[u8; 3]> {
        frame.indices.iter().map(|&at| [0, 1, 2].map(|axis| frame.colors[3 * usize::from(at) + axis])).collect()
    }

    fn noise(count: u32) -> Vec<u8> {
        (0..count).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    #[test]
    fn few_colours_are_exact() {
        let pixels: Vec<u8> = (0..=255_u8).rev().chain(0..=255).flat_map(|at| [at, at ^ 0x55, 255 - at]).collect();
        let frame = indexed(&pixels, 3);
        assert_eq!(shown(&frame).concat(), pixels);
        assert_eq!((frame.colors.len(), frame.transparent), (768, None));
    }

    #[test]
    fn many_colours_are_near() {
        let gradient: Vec<u8> = (0..128_u32 * 128).flat_map(|at| [(at % 128 * 2) as u8, (at / 128 * 2) as u8, 80]).collect();
        for (pixels, most) in [(gradient, 8.0), (noise(3 * 20_000), 16.0)] {
            let frame = indexed(&pixels, 3);
            assert_eq!(frame.colors.len(), 768);
            let far: u64 = shown(&frame).concat().iter().zip(&pixels).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let mean = far as f64 / pixels.len() as f64;
            assert!(mean < most, "{mean} levels off");
        }
    }

    #[test]
    fn what_is_transparent_stays_so() {
        for opaque in [10, 5_000] {
            let mut pixels: Vec<u8> = noise(3 * opaque).chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 1]).collect();
            pixels.extend([9, 9, 9, 0]);
            let frame = indexed(&pixels, 4);
            let hole = frame.transparent.unwrap();
            assert_eq!(frame.indices.iter().filter(|&&at| at == hole).count(), 1);
            assert_eq!(frame.indices.last(), Some(&hole));
        }
        let nothing = indexed(&[1, 2, 3, 0].repeat(9), 4);
        assert_eq!((nothing.transparent, nothing.indices), (Some(0), vec![0; 9]));
    }
}
