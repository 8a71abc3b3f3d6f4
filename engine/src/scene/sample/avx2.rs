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
    let (xs, xs_rest) = xs.as_chunks::<{ 2 * LANES }>();
    let (ys, ys_rest) = ys.as_chunks::<{ 2 * LANES }>();
    let (dst, dst_rest) = dst.as_chunks_mut::<{ 2 * LANES }>();
    for ((xs, ys), dst) in xs.iter().zip(ys).zip(dst) {
        match (Eight::new(xs, ys, 0), Eight::new(xs, ys, LANES)) {
            (Some(first), Some(second)) => sixteen(texture, &first, &second, dst),
            _ => scalar::sample_row(texture, xs, ys, dst),
        }
    }
    scalar::sample_row(texture, xs_rest, ys_rest, dst_rest);
}

/// Eight places that lie in one row of the texture, each four within sixteen bytes.
struct Eight {
    /// The row of half pixels.
    row: usize,
    /// Columns of half pixels at which the two groups of four start.
    starts: [usize; 2],
    /// Column of each place behind the start of its group, 0..=14.
    offset: __m256i,
    /// Weights of the samples to the left and right, in the two low bytes of each lane.
    across: __m256i,
    /// Weight of the row below, in the low half of each lane, 0..32768.
    down: __m256i,
}

impl Eight {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(xs: &[i32; 2 * LANES], ys: &[i32; 2 * LANES], at: usize) -> Option<Self> {
        const SHIFT: u32 = FRACTION_BITS - 1;
        let (x, y) = (load_lanes(xs, at), load_lanes(ys, at));
        let (column, row) =
            (_mm256_srai_epi32::<{ SHIFT as i32 }>(x), _mm256_srai_epi32::<{ SHIFT as i32 }>(y));
        let offset = _mm256_sub_epi32(column, _mm256_shuffle_epi32::<0>(column));
        let first_row = ys[at] >> SHIFT;
        // A lane is negative when its place lies left of its group's start, more than 14 right
        // of it, or in a row further up or down than the first.
        let too_far = _mm256_or_si256(offset, _mm256_sub_epi32(_mm256_set1_epi32(14), offset));
        let row = _mm256_sub_epi32(row, _mm256_set1_epi32(first_row));
        let other_row = _mm256_or_si256(row, _mm256_sub_epi32(_mm256_setzero_si256(), row));
        let bad = _mm256_castsi256_ps(_mm256_or_si256(too_far, other_row));
        if _mm256_movemask_ps(bad) != 0 {
            return None;
        }
        let right = _mm256_and_si256(_mm256_srli_epi32::<8>(x), _mm256_set1_epi32(0x7f));
        let pair = _mm256_sub_epi32(_mm256_slli_epi32::<8>(right), right);
        Some(Self {
            row: first_row as usize,
            starts: [(xs[at] >> SHIFT) as usize, (xs[at + LANES / 2] >> SHIFT) as usize],
            offset,
            across: _mm256_add_epi32(pair, _mm256_set1_epi32(128)),
            down: _mm256_and_si256(y, _mm256_set1_epi32(0x7fff)),
        })
    }
}

/// Sixteen samples of a plane with one channel.
#[inline]
#[target_feature(enable = "avx2")]
fn sixteen(texture: &Texture, first: &Eight, second: &Eight, dst: &mut [u8; 2 * LANES]) {
    let origin = texture.origin();
    // The first eight use the low halves of the lanes, the second eight the high halves.
    let pick = |eight: &Eight| _mm256_or_si256(eight.offset, _mm256_slli_epi32::<8>(eight.offset));
    let pick_low = _mm256_add_epi32(pick(first), _mm256_set1_epi32(0x8080_0100_u32 as i32));
    let high = _mm256_slli_epi32::<16>(pick(second));
    let pick_high = _mm256_add_epi32(high, _mm256_set1_epi32(0x0100_8080));
    let both = |low, high| _mm256_or_si256(low, _mm256_slli_epi32::<16>(high));
    let weights = both(first.across, second.across);
    let down = both(first.down, second.down);

    let start =
        |eight: &Eight, group: usize| origin + eight.row * texture.stride + eight.starts[group];
    let mut rows = [weights; 2];
    for (j, sums) in rows.iter_mut().enumerate() {
        let lower = j * texture.stride;
        let low = load_pair(texture, start(first, 0) + lower, start(first, 1) + lower);
        let high = load_pair(texture, start(second, 0) + lower, start(second, 1) + lower);
        let low = _mm256_shuffle_epi8(low, pick_low);
        let high = _mm256_shuffle_epi8(high, pick_high);
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
fn load_lanes(values: &[i32; 2 * LANES], at: usize) -> __m256i {
    let values = &values[at..at + LANES];
    // SAFETY: the slice holds the 32 bytes that are read.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_four(values: &[i32; 4]) -> __m128i {
    // SAFETY: the array holds the 16 bytes that are read.
    unsafe { _mm_loadu_si128(values.as_ptr().cast()) }
}

/// Sixteen bytes of the texture from each of two indices on.
#[inline]
#[target_feature(enable = "avx2")]
fn load_pair(texture: &Texture, low: usize, high: usize) -> __m256i {
    let load = |at: usize| {
        let bytes = &texture.data[at..at + 16];
        // SAFETY: the slice holds the 16 bytes that are read.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    };
    _mm256_set_m128i(load(high), load(low))
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(dst: &mut [u8; 2 * LANES], value: __m128i) {
    // SAFETY: the array holds the 16 bytes that are written.
    unsafe { _mm_storeu_si128(dst.as_mut_ptr().cast(), value) };
}
