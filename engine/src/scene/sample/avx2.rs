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
    /// See [`Texture::shift`].
    shift: __m128i,
    /// Grid points from eight samples to the next eight.
    step: usize,
}

impl Between {
    #[target_feature(enable = "avx2")]
    fn new(line: &Line<'_>, texture: &Texture) -> Self {
        let (before, quarters) = if line.subsampling == 1 {
            ([0, 0, 0, 0, 1, 1, 1, 1], [0, 1, 2, 3, 0, 1, 2, 3])
        } else {
            ([0, 0, 1, 1, 2, 2, 3, 3], [0, 2, 0, 2, 0, 2, 0, 2])
        };
        let before = load_eight(&before);
        Self {
            before,
            behind: _mm256_add_epi32(before, _mm256_set1_epi32(1)),
            quarters: load_eight(&quarters),
            shift: _mm_cvtsi32_si128(texture.shift as i32),
            step: 2 * line.subsampling,
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
        _mm256_sra_epi32(_mm256_add_epi32(a, _mm256_srai_epi32::<2>(way)), self.shift)
    }
}

#[target_feature(enable = "avx2")]
fn one_channel(texture: &Texture, line: &Line<'_>, dst: &mut [u8]) {
    let between = Between::new(line, texture);
    let window = Window::new(texture);
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
        let (at_low, at_high) = (window.index(x_low, y_low), window.index(x_high, y_high));
        window.fetch_ahead(at_low);
        let low = Group::behind_first(at_low);
        let high = Group::behind_first(at_high);
        let samples = if window.holds(&low, &high) {
            let upper = window.across(&low, &high, &weights, 0);
            let lower = window.across(&low, &high, &weights, 1);
            blend([upper, lower], weights.down)
        } else {
            // Four places in two rows of the texture need a third row below them.
            let (low, low_row) = Group::below_highest(x_low, y_low, &window);
            let (high, high_row) = Group::below_highest(x_high, y_high, &window);
            if !window.holds(&low, &high) {
                *dst = one_by_one(texture, [at_low, at_high], &weights);
                continue;
            }
            let row = _mm256_or_si256(
                _mm256_and_si256(low_row, _mm256_set1_epi32(0xffff)),
                _mm256_slli_epi32::<16>(high_row),
            );
            let rows = [
                window.across(&low, &high, &weights, 0),
                window.across(&low, &high, &weights, 1),
                window.across(&low, &high, &weights, 2),
            ];
            let upper = _mm256_blendv_epi8(rows[0], rows[1], row);
            let lower = _mm256_blendv_epi8(rows[1], rows[2], row);
            blend([upper, lower], weights.down)
        };
        *dst = in_order(samples);
    }
    scalar::sample_from(texture, line, done, rest);
}

/// The bytes of a texture, from its first sample on.
struct Window<'a> {
    bytes: &'a [u8],
    stride: usize,
    /// The last index from which sixteen bytes can be loaded in the row of that index and in the
    /// two below.
    last: __m256i,
    strides: __m256i,
}

impl<'a> Window<'a> {
    #[target_feature(enable = "avx2")]
    fn new(texture: &'a Texture) -> Self {
        let bytes = &texture.data[texture.origin()..];
        let last = bytes.len().saturating_sub(2 * texture.stride + 16);
        Self {
            bytes,
            stride: texture.stride,
            last: _mm256_set1_epi32(last as i32),
            strides: _mm256_set1_epi32(texture.stride as i32),
        }
    }

    /// Where each place lies.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn index(&self, x: __m256i, y: __m256i) -> __m256i {
        let column = _mm256_srai_epi32::<{ FRACTION_BITS as i32 - 1 }>(x);
        let row = _mm256_srai_epi32::<{ FRACTION_BITS as i32 - 1 }>(y);
        _mm256_add_epi32(_mm256_mullo_epi32(row, self.strides), column)
    }

    /// Asks for what the row of samples after this one will need: two rows further down in a
    /// texture that is twice as high. A row of a texture is about a page of memory, and processors do
    /// not look ahead from one page to the next by themselves.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn fetch_ahead(&self, at: __m256i) {
        let first = _mm_cvtsi128_si32(_mm256_castsi256_si128(at)) as usize;
        for row in [2, 3] {
            let ahead = self.bytes.as_ptr().wrapping_add(first).wrapping_add(row * self.stride);
            // A hint: any address is allowed.
            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
        }
    }

    /// Whether both groups lie within sixteen bytes that can be loaded, in three rows.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn holds(&self, low: &Group, high: &Group) -> bool {
        // A sign bit says no.
        let behind = |group: &Group| {
            let inside = _mm256_sub_epi32(self.last, group.start);
            _mm256_or_si256(group.too_far, _mm256_or_si256(inside, group.start))
        };
        let bad = _mm256_castsi256_ps(_mm256_or_si256(behind(low), behind(high)));
        _mm256_movemask_ps(bad) == 0
    }

    /// The samples of sixteen places between left and right, `row` rows below the groups' own.
    /// [`Window::holds`] must have said yes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn across(&self, low: &Group, high: &Group, weights: &Weights, row: usize) -> __m256i {
        let load = |group: &Group| {
            let start = |half: __m128i| {
                let at = _mm_cvtsi128_si32(half) as usize + row * self.stride;
                debug_assert!(at + 16 <= self.bytes.len());
                // SAFETY: `holds` has seen that these bytes are there.
                unsafe { _mm_loadu_si128(self.bytes.as_ptr().add(at).cast()) }
            };
            let first = start(_mm256_castsi256_si128(group.start));
            _mm256_set_m128i(start(_mm256_extracti128_si256::<1>(group.start)), first)
        };
        // The first eight use the low halves of the lanes, the second eight the high halves.
        let twice = |offset| _mm256_or_si256(offset, _mm256_slli_epi32::<8>(offset));
        let pick_low =
            _mm256_add_epi32(twice(low.offset), _mm256_set1_epi32(0x8080_0100_u32 as i32));
        let shifted = _mm256_slli_epi32::<16>(twice(high.offset));
        let pick_high = _mm256_add_epi32(shifted, _mm256_set1_epi32(0x0100_8080));
        let low = _mm256_shuffle_epi8(load(low), pick_low);
        let high = _mm256_shuffle_epi8(load(high), pick_high);
        _mm256_maddubs_epi16(weights.across, _mm256_or_si256(low, high))
    }
}

/// Two groups of four places, each to be taken from sixteen bytes.
struct Group {
    /// Where the sixteen bytes start, in each lane of the group.
    start: __m256i,
    /// How far each place lies behind that.
    offset: __m256i,
    /// A sign bit where that is before it, or more than 14: in another row, say.
    too_far: __m256i,
}

impl Group {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(start: __m256i, offset: __m256i) -> Self {
        let too_far = _mm256_sub_epi32(_mm256_set1_epi32(14), offset);
        Self { start, offset, too_far: _mm256_or_si256(offset, too_far) }
    }

    /// Groups that start at the first of their four places.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn behind_first(at: __m256i) -> Self {
        let start = _mm256_shuffle_epi32::<0>(at);
        Self::new(start, _mm256_sub_epi32(at, start))
    }

    /// Groups that start at the leftmost column and in the highest row of their four places, and
    /// all bits set where a place lies in the row below that one.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn below_highest(x: __m256i, y: __m256i, window: &Window<'_>) -> (Self, __m256i) {
        let least = |v: __m256i| {
            let v = _mm256_min_epi32(v, _mm256_shuffle_epi32::<0b10_11_00_01>(v));
            _mm256_min_epi32(v, _mm256_shuffle_epi32::<0b01_00_11_10>(v))
        };
        let (left, top) = (least(x), least(y));
        let whole = |v| _mm256_srai_epi32::<{ FRACTION_BITS as i32 - 1 }>(v);
        let offset = _mm256_sub_epi32(whole(x), whole(left));
        let below = _mm256_sub_epi32(whole(y), whole(top));
        let mut group = Self::new(window.index(left, top), offset);
        let two_below = _mm256_sub_epi32(_mm256_set1_epi32(1), below);
        group.too_far = _mm256_or_si256(group.too_far, two_below);
        (group, _mm256_sub_epi32(_mm256_setzero_si256(), below))
    }
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
    let between = Between::new(line, texture);
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
