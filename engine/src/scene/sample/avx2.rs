// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sampler with AVX2: sixteen samples of one channel at a time, or four of several channels.
//!
//! A gather instruction costs more than all the arithmetic. But a warp of a picture moves
//! neighbours alike: four of them nearly always come from within sixteen bytes of one row, so
//! one load and a shuffle serve all four.

use std::arch::x86_64::*;

use super::{FRACTION_BITS, Line, Texture, scalar};
use crate::scene::texture::BIAS;

/// Places in a vector.
const LANES: usize = 8;

/// See [`scalar::sample_row`].
#[inline]
#[target_feature(enable = "avx2")]
pub(in crate::scene) fn sample_row(texture: &Texture, line: &Line<'_>, dst: &mut [u8]) {
    match texture.channels {
        1 => one_channel(texture, line, dst),
        2 => channels::<2>(texture, line, dst),
        3 => channels::<3>(texture, line, dst),
        _ => channels::<4>(texture, line, dst),
    }
}

/// The places of eight samples, from the grid points around them.
struct Between {
    /// Which points lie before and behind each sample.
    before: __m256i,
    behind: __m256i,
    /// How many quarters of the way each sample has come.
    quarters: __m256i,
    /// Bits to shift out: one for halved chroma.
    halve: __m128i,
    /// Grid points from eight samples to the next eight.
    step: usize,
}

impl Between {
    #[target_feature(enable = "avx2")]
    fn new(subsampling: usize) -> Self {
        let (before, quarters) = if subsampling == 1 {
            ([0, 0, 0, 0, 1, 1, 1, 1], [0, 1, 2, 3, 0, 1, 2, 3])
        } else {
            ([0, 0, 1, 1, 2, 2, 3, 3], [0, 2, 0, 2, 0, 2, 0, 2])
        };
        let before = load_eight(&before);
        Self {
            before,
            behind: _mm256_add_epi32(before, _mm256_set1_epi32(1)),
            quarters: load_eight(&quarters),
            halve: _mm_cvtsi32_si128(i32::from(subsampling == 2)),
            step: 2 * subsampling,
        }
    }

    /// Eight places behind grid point `at`. There are eight points from there on.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn places(&self, points: &[i32], at: usize) -> __m256i {
        let near = points[at..].first_chunk().map_or(_mm256_setzero_si256(), |p| load_eight(p));
        let a = _mm256_permutevar8x32_epi32(near, self.before);
        let b = _mm256_permutevar8x32_epi32(near, self.behind);
        let way = _mm256_mullo_epi32(_mm256_sub_epi32(b, a), self.quarters);
        _mm256_sra_epi32(_mm256_add_epi32(a, _mm256_srai_epi32::<2>(way)), self.halve)
    }
}

#[target_feature(enable = "avx2")]
fn one_channel(texture: &Texture, line: &Line<'_>, dst: &mut [u8]) {
    let between = Between::new(line.subsampling);
    let origin = texture.origin();
    let stride = _mm256_set1_epi32(texture.stride as i32);
    let last = texture.data.len().saturating_sub(texture.stride + 16);
    let (blocks, rest) = dst.as_chunks_mut::<{ 2 * LANES }>();
    let done = blocks.len() * 2 * LANES;
    for (i, dst) in blocks.iter_mut().enumerate() {
        let points = 2 * i * between.step;
        // Each of the two vectors holds two groups of four.
        let x_low = between.places(line.xs, points);
        let y_low = between.places(line.ys, points);
        let x_high = between.places(line.xs, points + between.step);
        let y_high = between.places(line.ys, points + between.step);
        let weights = Weights::new([x_low, x_high], [y_low, y_high]);

        let (at_low, at_high) = (index(x_low, y_low, stride), index(x_high, y_high, stride));
        let (offset_low, low_is_wide) = behind_first(at_low);
        let (offset_high, high_is_wide) = behind_first(at_high);
        let starts = [
            _mm256_extract_epi32::<0>(at_low),
            _mm256_extract_epi32::<4>(at_low),
            _mm256_extract_epi32::<0>(at_high),
            _mm256_extract_epi32::<4>(at_high),
        ]
        .map(|at| origin.wrapping_add(at as usize));
        let wide = _mm256_castsi256_ps(_mm256_or_si256(low_is_wide, high_is_wide));
        if _mm256_movemask_ps(wide) != 0 || starts.iter().any(|start| *start > last) {
            *dst = one_by_one(texture, [at_low, at_high], &weights);
            continue;
        }
        // The first eight use the low halves of the lanes, the second eight the high halves.
        let twice = |offset| _mm256_or_si256(offset, _mm256_slli_epi32::<8>(offset));
        let pick_low =
            _mm256_add_epi32(twice(offset_low), _mm256_set1_epi32(0x8080_0100_u32 as i32));
        let high = _mm256_slli_epi32::<16>(twice(offset_high));
        let pick_high = _mm256_add_epi32(high, _mm256_set1_epi32(0x0100_8080));
        let mut rows = [weights.across; 2];
        for (sums, down) in rows.iter_mut().zip([0, texture.stride]) {
            // SAFETY: no start lies behind `last`, so these bytes lie in the texture.
            let (low, high) = unsafe {
                (
                    load_pair(texture, starts[0] + down, starts[1] + down),
                    load_pair(texture, starts[2] + down, starts[3] + down),
                )
            };
            let low = _mm256_shuffle_epi8(low, pick_low);
            let high = _mm256_shuffle_epi8(high, pick_high);
            *sums = _mm256_maddubs_epi16(weights.across, _mm256_or_si256(low, high));
        }
        *dst = in_order(blend(rows, weights.down));
    }
    scalar::sample_from(texture, line, done, rest);
}

/// The weights of sixteen places, the first eight in the low halves of the lanes.
struct Weights {
    /// Of the samples to the left and right, a byte each.
    across: __m256i,
    /// Of the row below, 0..32768.
    down: __m256i,
}

impl Weights {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(x: [__m256i; 2], y: [__m256i; 2]) -> Self {
        let low = _mm256_and_si256(_mm256_srli_epi32::<8>(x[0]), _mm256_set1_epi32(0x7f));
        let high = _mm256_and_si256(_mm256_slli_epi32::<8>(x[1]), _mm256_set1_epi32(0x7f_0000));
        let right = _mm256_or_si256(low, high);
        let pair = _mm256_sub_epi16(_mm256_slli_epi16::<8>(right), right);
        let below = _mm256_and_si256(y[0], _mm256_set1_epi32(0x7fff));
        let high = _mm256_and_si256(_mm256_slli_epi32::<16>(y[1]), _mm256_set1_epi32(0x7fff_0000));
        Self {
            across: _mm256_add_epi16(pair, _mm256_set1_epi16(128)),
            down: _mm256_or_si256(below, high),
        }
    }
}

/// Where in the plane each place lies, in samples behind the first.
#[inline]
#[target_feature(enable = "avx2")]
fn index(x: __m256i, y: __m256i, stride: __m256i) -> __m256i {
    let column = _mm256_srai_epi32::<{ FRACTION_BITS as i32 - 1 }>(x);
    let row = _mm256_srai_epi32::<{ FRACTION_BITS as i32 - 1 }>(y);
    _mm256_add_epi32(_mm256_mullo_epi32(row, stride), column)
}

/// How far each index lies behind the first of its four, and a sign bit where that is before it
/// or more than 14: in another row, say.
#[inline]
#[target_feature(enable = "avx2")]
fn behind_first(at: __m256i) -> (__m256i, __m256i) {
    let offset = _mm256_sub_epi32(at, _mm256_shuffle_epi32::<0>(at));
    let too_far = _mm256_sub_epi32(_mm256_set1_epi32(14), offset);
    (offset, _mm256_or_si256(offset, too_far))
}

/// Sixteen samples that lie too far apart to be loaded together.
#[inline]
#[target_feature(enable = "avx2")]
fn one_by_one(texture: &Texture, at: [__m256i; 2], weights: &Weights) -> [u8; 2 * LANES] {
    let at = at.map(|at| store_eight(at));
    let origin = texture.origin();
    let mut rows = [weights.across; 2];
    for (sums, down) in rows.iter_mut().zip([0, texture.stride]) {
        let mut pairs = [0; LANES];
        for (k, pair) in pairs.iter_mut().enumerate() {
            let two = |at: i32| {
                let at = origin.wrapping_add(at as usize).wrapping_add(down);
                let two = texture.data.get(at..).and_then(|bytes| bytes.first_chunk());
                u32::from(u16::from_le_bytes(two.copied().unwrap_or_default()))
            };
            *pair = (two(at[0][k]) | two(at[1][k]) << 16) as i32;
        }
        *sums = _mm256_maddubs_epi16(weights.across, load_eight(&pairs));
    }
    in_order(blend(rows, weights.down))
}

/// Samples of 16 bits, the first eight in the low halves of the lanes, as bytes in order.
#[inline]
#[target_feature(enable = "avx2")]
fn in_order(samples: __m256i) -> [u8; 2 * LANES] {
    let order = _mm256_setr_epi8(
        0, 4, 8, 12, 2, 6, 10, 14, -1, -1, -1, -1, -1, -1, -1, -1, //
        0, 4, 8, 12, 2, 6, 10, 14, -1, -1, -1, -1, -1, -1, -1, -1,
    );
    let lanes = _mm256_shuffle_epi8(samples, order);
    let packed = _mm256_permutevar8x32_epi32(lanes, _mm256_setr_epi32(0, 4, 1, 5, 2, 3, 6, 7));
    let mut out = [0; 2 * LANES];
    // SAFETY: the array holds the 16 bytes that are written.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), _mm256_castsi256_si128(packed)) };
    out
}

/// Samples of a plane with `C` interleaved channels, four at a time.
#[target_feature(enable = "avx2")]
fn channels<const C: usize>(texture: &Texture, line: &Line<'_>, dst: &mut [u8]) {
    let between = Between::new(line.subsampling);
    let origin = texture.origin();
    let pick = pick_pairs::<C>();
    let spread = _mm256_setr_epi8(
        0, 1, 0, 1, 0, 1, 0, 1, 4, 5, 4, 5, 4, 5, 4, 5, //
        8, 9, 8, 9, 8, 9, 8, 9, 12, 13, 12, 13, 12, 13, 12, 13,
    );
    let blocks = dst.len() / (LANES * C);
    let (dst, rest) = dst.split_at_mut(blocks * LANES * C);
    for (i, dst) in dst.chunks_exact_mut(LANES * C).enumerate() {
        let x = between.places(line.xs, i * between.step);
        let y = between.places(line.ys, i * between.step);
        let right = _mm256_and_si256(_mm256_srli_epi32::<8>(x), _mm256_set1_epi32(0x7f));
        let pair = _mm256_sub_epi32(_mm256_slli_epi32::<8>(right), right);
        let weights = _mm256_add_epi32(pair, _mm256_set1_epi32(128));
        let down = _mm256_and_si256(y, _mm256_set1_epi32(0x7fff));
        let columns = store_eight(_mm256_srai_epi32::<{ FRACTION_BITS as i32 - 1 }>(x));
        let rows = store_eight(_mm256_srai_epi32::<{ FRACTION_BITS as i32 - 1 }>(y));
        for (half, dst) in dst.chunks_exact_mut(4 * C).enumerate() {
            let mut at = [0; 4];
            for (k, at) in at.iter_mut().enumerate() {
                let (column, row) = (columns[4 * half + k] as usize, rows[4 * half + k] as usize);
                *at = origin + row * texture.stride + column * C;
            }
            let four = |of: __m256i| {
                let four = if half == 0 {
                    _mm256_castsi256_si128(of)
                } else {
                    _mm256_extracti128_si256::<1>(of)
                };
                _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(four), spread)
            };
            let (weights, down) = (four(weights), four(down));
            let mut sums = [weights; 2];
            for sums in &mut sums {
                let eight = |k: usize| {
                    let bytes = texture.data[at[k]..].first_chunk().copied().unwrap_or_default();
                    i64::from_le_bytes(bytes)
                };
                let texels = _mm256_setr_epi64x(eight(0), eight(1), eight(2), eight(3));
                *sums = _mm256_maddubs_epi16(weights, _mm256_shuffle_epi8(texels, pick));
                at = at.map(|at| at + texture.stride);
            }
            let samples = blend(sums, down);
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
    }
    scalar::sample_from(texture, line, blocks * LANES, rest);
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
fn store_eight(vector: __m256i) -> [i32; LANES] {
    let mut out = [0; LANES];
    // SAFETY: the array holds the 32 bytes that are written.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), vector) };
    out
}

/// Sixteen bytes of the texture from each of two indices on.
///
/// # Safety
/// These bytes must lie in the texture.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_pair(texture: &Texture, low: usize, high: usize) -> __m256i {
    debug_assert!(low.max(high) + 16 <= texture.data.len());
    let data = texture.data.as_ptr();
    // SAFETY: the caller has seen to it.
    let (low, high) =
        unsafe { (_mm_loadu_si128(data.add(low).cast()), _mm_loadu_si128(data.add(high).cast())) };
    _mm256_set_m128i(high, low)
}
