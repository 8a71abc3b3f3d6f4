// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where everything in a layer has gone at a moment, ready to be looked up.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::Drift;
use crate::scene::sample::FRACTION_BITS;

/// Parts of a pixel that a shift is good to: two of them fit into 32 bits.
const PARTS: f32 = 32.0;
/// One pixel as a fixed-point number.
const ONE: f32 = (1 << FRACTION_BITS) as f32;
/// Places that are looked up together.
#[cfg(target_arch = "x86_64")]
const LANES: usize = 8;

/// How far each part of a layer has moved.
pub(in crate::scene) struct Displacement {
    /// For each copy of the picture the shift of each pixel of the map, in parts of a pixel of the
    /// picture: down in the upper half, right in the lower. A row is one longer than the map, and
    /// there is one more row.
    shifts: Vec<Vec<i32>>,
    /// Pixels in a row of `shifts`.
    stride: usize,
    /// Pixels of the map per pixel of the picture.
    scale: [f32; 2],
    /// The last place on the map.
    last: [f32; 2],
    /// The last place in the picture, with its fraction bits.
    end: [i32; 2],
    /// See [`Drift::bounds`].
    bounds: [[f32; 2]; 2],
    /// How much of the second copy is seen, of 255; with 0 there is none.
    pub second: u8,
}

impl Displacement {
    /// The pixels of `drift` have moved by `moved`, in widths of the map: one list for each copy.
    pub(super) fn new(drift: &Drift, moved: &[&[[f32; 2]]], second: u8, size: [u32; 2]) -> Self {
        let (width, height) = (drift.motions.width, drift.motions.height);
        let stride = width + 1;
        let parts = size[0] as f32 * PARTS;
        let copies = if second > 0 { moved.len() } else { 1 };
        let shifts = moved[..copies].iter().map(|moved| {
            let mut shifts = vec![0; stride * (height + 1)];
            for (pixel, moved) in drift.pixels.iter().zip(*moved) {
                let (x, y) = (*pixel as usize % width, *pixel as usize / width);
                let [right, down] = [rounded(moved[0] * parts), rounded(moved[1] * parts)];
                shifts[y * stride + x] = i32::from(down) << 16 | i32::from(right as u16);
            }
            shifts
        });
        Self {
            shifts: shifts.collect(),
            stride,
            scale: [width as f32 / size[0] as f32, height as f32 / size[1] as f32],
            last: [width as f32 - 1.0, height as f32 - 1.0],
            end: size.map(|side| ((side - 1) << FRACTION_BITS) as i32),
            bounds: drift.bounds,
            second,
        }
    }

    /// Whether a second copy of the picture is seen.
    pub fn flows(&self) -> bool {
        self.second > 0
    }

    /// A place that has moved along an axis (0 across, 1 down) from where it was, but not out of
    /// the picture. Places of the grid beside the last pixel may be outside before.
    #[inline(always)]
    pub fn shifted(&self, axis: usize, place: i32, by: i32) -> i32 {
        (place + by).clamp(0, self.end[axis].max(place))
    }

    /// Moves places of the picture by the shift of copy `copy`: what has moved to the right is
    /// found on the left.
    pub fn apply(&self, copy: usize, xs: &mut [i32], ys: &mut [i32]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            unsafe { self.apply_avx2(copy, xs, ys) };
            return;
        }
        self.apply_scalar(copy, xs, ys);
    }

    fn apply_scalar(&self, copy: usize, xs: &mut [i32], ys: &mut [i32]) {
        let shifts = &self.shifts[copy];
        for (x, y) in xs.iter_mut().zip(ys) {
            let on_map = |place: i32, axis: usize| {
                let place = place as f32 * (1.0 / ONE);
                let place = (place + 0.5) * self.scale[axis] - 0.5;
                place.max(0.0).min(self.last[axis])
            };
            let (u, v) = (on_map(*x, 0), on_map(*y, 1));
            let (left, top) = (u as usize, v as usize);
            let (across, down) = (u - left as f32, v - top as f32);
            let at = top * self.stride + left;
            let corners = [at, at + 1, at + self.stride, at + self.stride + 1].map(|i| shifts[i]);
            let between = |parts: fn(i32) -> i32| {
                let [a, b, c, d] = corners.map(|corner| parts(corner) as f32);
                let (above, below) = (a + (b - a) * across, c + (d - c) * across);
                ((above + (below - above) * down) * (ONE / PARTS)) as i32
            };
            *x = self.shifted(0, *x, -between(|v| v << 16 >> 16));
            *y = self.shifted(1, *y, -between(|v| v >> 16));
        }
    }

    /// [`Displacement::apply_scalar`], the same to the bit.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn apply_avx2(&self, copy: usize, xs: &mut [i32], ys: &mut [i32]) {
        let (xs, xs_rest) = xs.as_chunks_mut::<LANES>();
        let (ys, ys_rest) = ys.as_chunks_mut::<LANES>();
        for (x, y) in xs.iter_mut().zip(ys) {
            let (place_x, place_y) = (load(x), load(y));
            let (u, v) = (self.on_map(place_x, 0), self.on_map(place_y, 1));
            let moves = _mm256_and_ps(inside(u, self.bounds[0]), inside(v, self.bounds[1]));
            if _mm256_movemask_ps(moves) == 0 {
                continue;
            }
            let [right, down] = self.shift_avx2(copy, u, v);
            store(x, moved(place_x, right, self.end[0]));
            store(y, moved(place_y, down, self.end[1]));
        }
        self.apply_scalar(copy, xs_rest, ys_rest);
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[target_feature(enable = "avx2")]
    fn on_map(&self, place: __m256i, axis: usize) -> __m256 {
        let place = _mm256_mul_ps(_mm256_cvtepi32_ps(place), _mm256_set1_ps(1.0 / ONE));
        let half = _mm256_set1_ps(0.5);
        let scaled = _mm256_mul_ps(_mm256_add_ps(place, half), _mm256_set1_ps(self.scale[axis]));
        let place = _mm256_max_ps(_mm256_sub_ps(scaled, half), _mm256_setzero_ps());
        _mm256_min_ps(place, _mm256_set1_ps(self.last[axis]))
    }

    /// The shift right and down, with fraction bits, at places on the map.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[target_feature(enable = "avx2")]
    fn shift_avx2(&self, copy: usize, u: __m256, v: __m256) -> [__m256i; 2] {
        let (left, top) = (_mm256_cvttps_epi32(u), _mm256_cvttps_epi32(v));
        let across = _mm256_sub_ps(u, _mm256_cvtepi32_ps(left));
        let down = _mm256_sub_ps(v, _mm256_cvtepi32_ps(top));
        let stride = _mm256_set1_epi32(self.stride as i32);
        let at = _mm256_add_epi32(_mm256_mullo_epi32(top, stride), left);
        let shifts = &self.shifts[copy];
        debug_assert!(shifts.len() >= self.stride + 2);
        // SAFETY: `on_map` keeps places within the map, whose rows and columns are one more than
        // it has, so the corners to the right and below are there too.
        let [a, b, c, d] = unsafe {
            let above = shifts.as_ptr();
            let below = above.add(self.stride);
            [
                _mm256_i32gather_epi32::<4>(above, at),
                _mm256_i32gather_epi32::<4>(above.add(1), at),
                _mm256_i32gather_epi32::<4>(below, at),
                _mm256_i32gather_epi32::<4>(below.add(1), at),
            ]
        };
        let upper = [lower_half(a), lower_half(b), lower_half(c), lower_half(d)];
        let lower = [upper_half(a), upper_half(b), upper_half(c), upper_half(d)];
        [between(upper, across, down), between(lower, across, down)]
    }
}

/// The nearest whole number. `round` is a call.
fn rounded(value: f32) -> i16 {
    (value + 0.5f32.copysign(value)) as i16
}

/// The lower halves of numbers, as signed ones.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn lower_half(v: __m256i) -> __m256 {
    _mm256_cvtepi32_ps(_mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(v)))
}

/// The upper halves.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn upper_half(v: __m256i) -> __m256 {
    _mm256_cvtepi32_ps(_mm256_srai_epi32::<16>(v))
}

/// Bilinear between four corners, in parts of a pixel, as places have them.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn between([a, b, c, d]: [__m256; 4], across: __m256, down: __m256) -> __m256i {
    let shift = lerp(lerp(a, b, across), lerp(c, d, across), down);
    _mm256_cvttps_epi32(_mm256_mul_ps(shift, _mm256_set1_ps(ONE / PARTS)))
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn lerp(a: __m256, b: __m256, t: __m256) -> __m256 {
    _mm256_add_ps(a, _mm256_mul_ps(_mm256_sub_ps(b, a), t))
}

/// Where `v` lies from `low` to `high`, all bits set.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn inside(v: __m256, [low, high]: [f32; 2]) -> __m256 {
    let above = _mm256_cmp_ps::<_CMP_GE_OQ>(v, _mm256_set1_ps(low));
    _mm256_and_ps(above, _mm256_cmp_ps::<_CMP_LE_OQ>(v, _mm256_set1_ps(high)))
}

/// [`Displacement::shifted`] of places that move back by `shift`.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn moved(place: __m256i, shift: __m256i, end: i32) -> __m256i {
    let end = _mm256_max_epi32(_mm256_set1_epi32(end), place);
    let moved = _mm256_max_epi32(_mm256_sub_epi32(place, shift), _mm256_setzero_si256());
    _mm256_min_epi32(moved, end)
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn load(values: &[i32; LANES]) -> __m256i {
    // SAFETY: the array holds the 32 bytes that are read.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn store(values: &mut [i32; LANES], vector: __m256i) {
    // SAFETY: the array holds the 32 bytes that are written.
    unsafe { _mm256_storeu_si256(values.as_mut_ptr().cast(), vector) };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scene::{drift::Motions, moment::Moment, raster::Map};

    const SIZE: [u32; 2] = [320, 200];

    /// Something that swings in the middle of the picture.
    fn drift() -> Drift {
        let mut motions = Motions::new(1.0);
        let near = |x: usize, y: usize| (x as f32 - 32.0).hypot(y as f32 - 20.0) < 12.0;
        let amplitude = Map::from_fn(64, 40, |x, y| if near(x, y) { 0.03 } else { 0.0 });
        let phase = Map::from_fn(64, 40, |x, y| (x + 2 * y) as f32 * 0.2);
        motions.add_wave(1.0, [1.0, 0.6], 0.4, &amplitude, &phase);
        Drift::new(motions)
    }

    fn at(seconds: f64) -> Option<Displacement> {
        let (offset_seconds, clip_seconds, gain) = (0.0, 4.0, 1.0);
        let moment =
            Moment { seconds, offset_seconds, clip_seconds, gain, loops: false, lands: false };
        drift().at(&moment, SIZE)
    }

    #[test]
    fn nothing_has_moved_at_the_start_nor_far_from_what_moves() {
        assert!(at(0.0).is_none());
        let displacement = at(0.3).unwrap();
        let (mut xs, mut ys) = ([5 << 16, 160 << 16], [190 << 16, 100 << 16]);
        displacement.apply(0, &mut xs, &mut ys);
        assert_eq!((xs[0], ys[0]), (5 << 16, 190 << 16));
        assert!(xs[1] != 160 << 16 && ys[1] != 100 << 16);
        assert!((xs[1] - (160 << 16)).abs() < 24 << 16);
    }

    proptest! {
        #[test]
        fn vectors_and_scalars_give_the_same_places(
            places in prop::collection::vec((0_i32..=319 << 16, 0_i32..=199 << 16), 1..40),
            seconds in 0.01_f64..4.0,
        ) {
            let displacement = at(seconds).unwrap();
            let (mut xs, mut ys): (Vec<i32>, Vec<i32>) = places.into_iter().unzip();
            let (mut fast_xs, mut fast_ys) = (xs.clone(), ys.clone());
            displacement.apply(0, &mut fast_xs, &mut fast_ys);
            displacement.apply_scalar(0, &mut xs, &mut ys);
            prop_assert_eq!((fast_xs, fast_ys), (xs, ys));
        }
    }
}
