// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sampler in plain Rust: the definition, and the code for processors without AVX2.

use super::{FRACTION_BITS, Line, Texture};
use crate::scene::texture::BIAS;

/// Writes one row of samples, for the places on `line`, which lie inside the plane.
pub(in crate::scene) fn sample_row(texture: &Texture, line: &Line<'_>, dst: &mut [u8]) {
    sample_from(texture, line, 0, dst);
}

/// Writes the samples from number `first` on.
pub(super) fn sample_from(texture: &Texture, line: &Line<'_>, first: usize, dst: &mut [u8]) {
    let channels = texture.channels;
    for (i, out) in dst.chunks_exact_mut(channels).enumerate() {
        let [x, y] = line.place(first + i, texture);
        // A place in samples of the texture, 7 bits of the fraction across, 15 down.
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
