// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sampler in plain Rust: the definition, and the code for processors without AVX2.

use super::{FRACTION_BITS, Texture};
use crate::scene::texture::BIAS;

/// Writes one row: `dst` holds as many samples as `xs` and `ys` hold places, each in pixels of
/// the plane with [`FRACTION_BITS`] fraction bits, inside the plane.
#[inline]
pub(in crate::scene) fn sample_row(texture: &Texture, xs: &[i32], ys: &[i32], dst: &mut [u8]) {
    let channels = texture.channels;
    for ((&x, &y), out) in xs.iter().zip(ys).zip(dst.chunks_exact_mut(channels)) {
        // A place in half pixels, 7 bits of the fraction across, 15 down.
        let (left, right) = (128 - (x >> 8 & 0x7f), x >> 8 & 0x7f);
        let down = y & 0x7fff;
        let (x, y) = (x >> (FRACTION_BITS - 1), y >> (FRACTION_BITS - 1));
        let at = texture.origin() + y as usize * texture.stride + x as usize * channels;
        for (channel, out) in out.iter_mut().enumerate() {
            let value = |at: usize| i32::from(texture.data[at + channel] as i8);
            let across = |at: usize| value(at) * left + value(at + channels) * right;
            let (upper, lower) = (across(at), across(at + texture.stride));
            let sum = upper + (((lower - upper) * down + 0x4000) >> 15);
            *out = (((sum + 64) >> 7) as u8) ^ BIAS;
        }
    }
}

/// Fills `row` with places along straight lines between `points`, which are [`GRID_STEP`] pixels
/// apart: one for each pixel, or for each sample of halved chroma. The length of `row` is a
/// multiple of 8, and 8 values that nobody needs lie behind the points.
///
/// [`GRID_STEP`]: crate::scene::relief::GRID_STEP
#[inline(always)]
pub(in crate::scene) fn expand(points: &[i32], subsampling: usize, row: &mut [i32]) {
    // `points` lie below 2^30, so nothing wraps; a check would keep this from becoming vectors.
    let part = |a: i32, b: i32, quarters: i32| {
        a.wrapping_add(b.wrapping_sub(a).wrapping_mul(quarters) >> 2)
    };
    let pairs = points.iter().zip(&points[1..]);
    if subsampling == 1 {
        for ((&a, &b), row) in pairs.zip(row.chunks_exact_mut(4)) {
            row.copy_from_slice(&[a, part(a, b, 1), part(a, b, 2), part(a, b, 3)]);
        }
    } else {
        for ((&a, &b), row) in pairs.zip(row.chunks_exact_mut(2)) {
            row.copy_from_slice(&[a >> 1, part(a, b, 2) >> 1]);
        }
    }
}
