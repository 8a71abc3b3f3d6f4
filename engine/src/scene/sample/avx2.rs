// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sampler with AVX2: sixteen samples of one channel at a time, or four of several channels.
//!
//! A gather instruction costs more than all the arithmetic. But a warp of a picture moves
//! neighbours alike: four of them nearly always come from within sixteen bytes of one row, so
//! one load and a shuffle serve all four.

use std::arch::x86_64::*;

use super::{FRACTION_BITS, Texture, scalar};
use crate::scene::texture::BIAS;

/// Places in a vector.
const LANES: usize = 8;

/// See [`scalar::sample_row`].
#[inline]
#[target_feature(enable = "avx2")]
pub(in crate::scene) fn sample_row(texture: &Texture, xs: &[i32], ys: &[i32], dst: &mut [u8]) {
    match texture.channels {
        1 => one_channel(texture, xs, ys, dst),
        2 => channels::<2>(texture, xs, ys, dst),
        3 => channels::<3>(texture, xs, ys, dst),
        _ => channels::<4>(texture, xs, ys, dst),
    }
}

#[target_feature(enable = "avx2")]
fn one_channel(texture: &Texture, xs: &[i32], ys: &[i32], dst: &mut [u8]) {
    let (xs, xs_rest) = xs.as_chunks::<LANES>();
    let (ys, ys_rest) = ys.as_chunks::<LANES>();
    let origin = texture.origin();
    let mut pairs = xs.chunks_exact(2).zip(ys.chunks_exact(2));
    let (dst, dst_rest) = dst.as_chunks_mut::<{ 2 * LANES }>();
    for ((xs, ys), dst) in pairs.by_ref().zip(dst) {
        let eight = |k: usize| Eight::new(texture, origin, &xs[k], &ys[k]);
        match (eight(0), eight(1)) {
            (Some(first), Some(second)) => sixteen(texture, &first, &second, dst),
            _ => scalar::sample_row(texture, xs.as_flattened(), ys.as_flattened(), dst),
        }
    }
    let odd = xs.len() % 2 * LANES;
    let last = |all: &'_ [[i32; LANES]]| all.last().copied().unwrap_or_default();
    let (head, tail) = dst_rest.split_at_mut(odd);
    scalar::sample_row(texture, &last(xs)[..odd], &last(ys)[..odd], head);
    scalar::sample_row(texture, xs_rest, ys_rest, tail);
}

/// Eight places, of which each four lie in one row of the texture, within sixteen bytes.
struct Eight {
    /// Where the two groups of four start: sixteen bytes from there on, and as many one row
    /// further down, lie in the texture.
    starts: [usize; 2],
    /// Column of each place behind the start of its group, 0..=14.
    offset: __m256i,
    /// Weights of the samples to the left and right, in the two low bytes of each lane.
    across: __m256i,
    /// Weight of the row below, in the low half of each lane, 0..32768.
    down: __m256i,
}

impl Eight {
    /// Nothing when the places lie further apart than that.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(texture: &Texture, origin: usize, xs: &[i32; LANES], ys: &[i32; LANES]) -> Option<Self> {
        const SHIFT: u32 = FRACTION_BITS - 1;
        let (x, y) = (load_eight(xs), load_eight(ys));
        let columns = _mm256_srai_epi32::<{ SHIFT as i32 }>(x);
        let rows = _mm256_srai_epi32::<{ SHIFT as i32 }>(y);
        let offset = _mm256_sub_epi32(columns, _mm256_shuffle_epi32::<0>(columns));
        // A lane is negative when its place lies left of its group's start, or more than 14
        // right of it.
        let apart = _mm256_or_si256(offset, _mm256_sub_epi32(_mm256_set1_epi32(14), offset));
        let same_row = _mm256_cmpeq_epi32(rows, _mm256_shuffle_epi32::<0>(rows));
        let good = _mm256_castsi256_ps(_mm256_andnot_si256(apart, same_row));
        // Wrapping: a place outside the plane is caught below, whatever it comes to.
        let start = |k: usize| {
            let (column, row) = ((xs[k] >> SHIFT) as usize, (ys[k] >> SHIFT) as usize);
            origin.wrapping_add(row.wrapping_mul(texture.stride)).wrapping_add(column)
        };
        let starts = [start(0), start(LANES / 2)];
        let last = texture.data.len().saturating_sub(texture.stride + 16);
        if _mm256_movemask_ps(good) != 0xff || starts[0] > last || starts[1] > last {
            return None;
        }
        let right = _mm256_and_si256(_mm256_srli_epi32::<8>(x), _mm256_set1_epi32(0x7f));
        let pair = _mm256_sub_epi32(_mm256_slli_epi32::<8>(right), right);
        Some(Self {
            starts,
            offset,
            across: _mm256_add_epi32(pair, _mm256_set1_epi32(128)),
            down: _mm256_and_si256(y, _mm256_set1_epi32(0x7fff)),
        })
    }

    /// Sixteen bytes for each group of four, in the upper or the lower row.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(&self, texture: &Texture, lower: bool) -> __m256i {
        let load = |start: usize| {
            let at = if lower { start + texture.stride } else { start };
            debug_assert!(at + 16 <= texture.data.len());
            // SAFETY: `new` has seen that these bytes lie in the texture.
            unsafe { _mm_loadu_si128(texture.data.as_ptr().add(at).cast()) }
        };
        _mm256_set_m128i(load(self.starts[1]), load(self.starts[0]))
    }
}

/// Sixteen samples of a plane with one channel.
#[inline]
#[target_feature(enable = "avx2")]
fn sixteen(texture: &Texture, first: &Eight, second: &Eight, dst: &mut [u8; 2 * LANES]) {
    // The first eight use the low halves of the lanes, the second eight the high halves.
    let pick = |eight: &Eight| _mm256_or_si256(eight.offset, _mm256_slli_epi32::<8>(eight.offset));
    let pick_low = _mm256_add_epi32(pick(first), _mm256_set1_epi32(0x8080_0100_u32 as i32));
    let high = _mm256_slli_epi32::<16>(pick(second));
    let pick_high = _mm256_add_epi32(high, _mm256_set1_epi32(0x0100_8080));
    let both = |low, high| _mm256_or_si256(low, _mm256_slli_epi32::<16>(high));
    let weights = both(first.across, second.across);
    let down = both(first.down, second.down);

    let mut rows = [weights; 2];
    for (sums, lower) in rows.iter_mut().zip([false, true]) {
        let low = _mm256_shuffle_epi8(first.load(texture, lower), pick_low);
        let high = _mm256_shuffle_epi8(second.load(texture, lower), pick_high);
        *sums = _mm256_maddubs_epi16(weights, _mm256_or_si256(low, high));
    }
    let samples = blend(rows, down);
    // Even bytes of the even words are the first eight, of the odd words the second.
    let order = _mm256_setr_epi8(
        0, 4, 8, 12, 2, 6, 10, 14, -1, -1, -1, -1, -1, -1, -1, -1, //
        0, 4, 8, 12, 2, 6, 10, 14, -1, -1, -1, -1, -1, -1, -1, -1,
    );
    let lanes = _mm256_shuffle_epi8(samples, order);
    let packed = _mm256_permutevar8x32_epi32(lanes, _mm256_setr_epi32(0, 4, 1, 5, 2, 3, 6, 7));
    store(dst, _mm256_castsi256_si128(packed));
}

/// Straight lines between grid points four pixels apart: see [`scalar::expand`].
#[inline]
#[target_feature(enable = "avx2")]
pub(in crate::scene) fn expand(points: &[i32], subsampling: usize, row: &mut [i32]) {
    let full = subsampling == 1;
    let (from, to, quarters) = if full {
        ([0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 2, 2, 2, 2], [0, 1, 2, 3, 0, 1, 2, 3])
    } else {
        ([0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 2, 2, 3, 3, 4, 4], [0, 2, 0, 2, 0, 2, 0, 2])
    };
    let [from, to, quarters] = [load_eight(&from), load_eight(&to), load_eight(&quarters)];
    let halve = _mm_cvtsi32_si128(i32::from(!full));
    let cells = if full { 2 } else { 4 };
    let (blocks, _) = row.as_chunks_mut::<LANES>();
    let starts = (0..points.len()).step_by(cells);
    for (block, start) in blocks.iter_mut().zip(starts) {
        let Some(near) = points[start..].first_chunk() else { return };
        let near = load_eight(near);
        let a = _mm256_permutevar8x32_epi32(near, from);
        let b = _mm256_permutevar8x32_epi32(near, to);
        let way = _mm256_mullo_epi32(_mm256_sub_epi32(b, a), quarters);
        let place = _mm256_add_epi32(a, _mm256_srai_epi32::<2>(way));
        // SAFETY: the array holds the 32 bytes that are written.
        unsafe { _mm256_storeu_si256(block.as_mut_ptr().cast(), _mm256_sra_epi32(place, halve)) };
    }
}

/// Samples of a plane with `C` interleaved channels, four at a time.
#[target_feature(enable = "avx2")]
fn channels<const C: usize>(texture: &Texture, xs: &[i32], ys: &[i32], dst: &mut [u8]) {
    const SHIFT: u32 = FRACTION_BITS - 1;
    let (xs, xs_rest) = xs.as_chunks::<4>();
    let (ys, ys_rest) = ys.as_chunks::<4>();
    let (dst, dst_rest) = dst.split_at_mut(xs.len() * 4 * C);
    let origin = texture.origin();
    let pick = pick_pairs::<C>();
    let spread = _mm256_setr_epi8(
        0, 1, 0, 1, 0, 1, 0, 1, 4, 5, 4, 5, 4, 5, 4, 5, //
        8, 9, 8, 9, 8, 9, 8, 9, 12, 13, 12, 13, 12, 13, 12, 13,
    );
    for ((xs, ys), dst) in xs.iter().zip(ys).zip(dst.chunks_exact_mut(4 * C)) {
        let mut weights = [0; 4];
        let mut down = [0; 4];
        let mut at = [0; 4];
        for k in 0..4 {
            let right = xs[k] >> 8 & 0x7f;
            weights[k] = (right << 8) - right + 128;
            down[k] = ys[k] & 0x7fff;
            let (column, row) = ((xs[k] >> SHIFT) as usize, (ys[k] >> SHIFT) as usize);
            at[k] = origin + row * texture.stride + column * C;
        }
        let weights = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_four(&weights)), spread);
        let down = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_four(&down)), spread);
        let mut rows = [weights; 2];
        for sums in &mut rows {
            let eight = |k: usize| {
                let bytes = texture.data[at[k]..].first_chunk().copied().unwrap_or_default();
                i64::from_le_bytes(bytes)
            };
            let texels = _mm256_setr_epi64x(eight(0), eight(1), eight(2), eight(3));
            *sums = _mm256_maddubs_epi16(weights, _mm256_shuffle_epi8(texels, pick));
            at = at.map(|at| at + texture.stride);
        }
        let samples = blend(rows, down);
        let bytes = _mm256_packus_epi16(samples, samples);
        let quads = [
            _mm256_extract_epi32::<0>(bytes),
            _mm256_extract_epi32::<1>(bytes),
            _mm256_extract_epi32::<4>(bytes),
            _mm256_extract_epi32::<5>(bytes),
        ];
        for (quad, out) in quads.iter().zip(dst.chunks_exact_mut(C)) {
            out.copy_from_slice(&quad.to_le_bytes()[..C]);
        }
    }
    scalar::sample_row(texture, xs_rest, ys_rest, dst_rest);
}

/// The shuffle that lays each channel of a sample beside that of the next sample, for two groups
/// of eight bytes in each half.
#[inline]
#[target_feature(enable = "avx2")]
fn pick_pairs<const C: usize>() -> __m256i {
    const NOTHING: u8 = 0x80;
    let mut bytes = [NOTHING; 16];
    for (i, pair) in bytes.chunks_exact_mut(2).enumerate() {
        let (group, channel) = (i / 4 * 8, i % 4);
        if channel < C {
            pair.copy_from_slice(&[(group + channel) as u8, (group + channel + C) as u8]);
        }
    }
    // SAFETY: the array holds the 16 bytes that are read.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

/// Between two rows of sums, rounded to samples of 16 bits without the bias.
#[inline]
#[target_feature(enable = "avx2")]
fn blend(rows: [__m256i; 2], down: __m256i) -> __m256i {
    let difference = _mm256_sub_epi16(rows[1], rows[0]);
    let sum = _mm256_add_epi16(rows[0], _mm256_mulhrs_epi16(difference, down));
    let rounded = _mm256_srai_epi16::<7>(_mm256_add_epi16(sum, _mm256_set1_epi16(64)));
    _mm256_add_epi16(rounded, _mm256_set1_epi16(BIAS as i16))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_eight(values: &[i32; LANES]) -> __m256i {
    // SAFETY: the array holds the 32 bytes that are read.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_four(values: &[i32; 4]) -> __m128i {
    // SAFETY: the array holds the 16 bytes that are read.
    unsafe { _mm_loadu_si128(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(dst: &mut [u8; 2 * LANES], value: __m128i) {
    // SAFETY: the array holds the 16 bytes that are written.
    unsafe { _mm_storeu_si128(dst.as_mut_ptr().cast(), value) };
}
