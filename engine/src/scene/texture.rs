// SPDX-License-Identifier: MIT OR Apache-2.0
//! The planes of a still, luma and RGB at twice their resolution, ready to be sampled.
//!
//! A bilinear sampler is sharp at whole pixels and soft between them, so a slow move shimmers. A
//! cubic one is not, but takes four times the work for each pixel of each frame. Video codecs
//! know the way out: make the samples half-way between the pixels once, with the better filter,
//! and be bilinear between those. The filter is the one of six taps that H.264 has for that
//! (ITU-T H.264, 8.4.2.2.1). Halved chroma, whose softness nobody sees, stays as it is: what is
//! not read from memory costs no time.

use rayon::prelude::*;

use crate::image::{Image, Plane};

/// Samples repeated before each row, and rows repeated before the first and behind the last.
pub(super) const MARGIN: usize = 4;
/// Samples repeated behind each row: a sampler may load 16 bytes from any position.
const RIGHT_MARGIN: usize = 16;
/// What samples are stored less of: they are signed, for the multiply that takes one signed side.
pub(super) const BIAS: u8 = 128;

/// A plane with its outermost samples repeated around it.
#[derive(Debug)]
pub(super) struct Texture {
    /// Interleaved channels per sample.
    pub channels: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Bits by which a place in the picture is larger than one in here, in units of half a
    /// sample: 0 where the plane is doubled, 1 where it is as it was, 2 where it is halved.
    pub shift: u32,
    /// Samples less [`BIAS`], row by row.
    pub data: Vec<u8>,
}

impl Texture {
    /// Where sample (0, 0) lies in `data`.
    pub fn origin(&self) -> usize {
        MARGIN * self.stride + MARGIN * self.channels
    }

    /// The plane as it is, of a picture of `picture_height` rows.
    pub fn plain(plane: &Plane, picture_height: usize) -> Self {
        let &Plane { width, height, channels, .. } = plane;
        let stride = (MARGIN + width + RIGHT_MARGIN) * channels;
        let mut data = vec![0; (height + 2 * MARGIN) * stride];
        for (j, out) in data.chunks_exact_mut(stride).enumerate() {
            let y = j.saturating_sub(MARGIN).min(height - 1);
            let row = &plane.data[y * width * channels..(y + 1) * width * channels];
            let middle = add_margins(row, channels, out);
            for (out, value) in middle.iter_mut().zip(row) {
                *out = value ^ BIAS;
            }
        }
        let shift = if height == picture_height { 1 } else { 2 };
        Self { channels, stride, shift, data }
    }

    /// The plane twice as wide and high, less the last half step.
    fn doubled(plane: &Plane) -> Self {
        let &Plane { width, height, channels, .. } = plane;
        let stride = (MARGIN + 2 * width + RIGHT_MARGIN) * channels;
        let mut data = vec![0; (2 * height + 2 * MARGIN) * stride];
        let row = |y: isize| {
            let y = y.clamp(0, height as isize - 1) as usize;
            &plane.data[y * width * channels..(y + 1) * width * channels]
        };
        data.par_chunks_mut(stride).enumerate().for_each_init(
            || vec![0; width * channels],
            |between, (j, out)| {
                let y = (j as isize - MARGIN as isize).clamp(0, 2 * height as isize - 1);
                let here = row(y / 2);
                if y % 2 == 0 {
                    return widen(here, channels, out);
                }
                let rows = [-2, -1, 0, 1, 2, 3].map(|j| row(y / 2 + j));
                for (i, out) in between.iter_mut().enumerate() {
                    *out = half_way(rows.map(|row| row[i]));
                }
                widen(between, channels, out);
            },
        );
        Self { channels, stride, shift: 0, data }
    }
}

/// Fills the margins of `out`, with the bias, and gives what lies between them.
fn add_margins<'a>(row: &[u8], channels: usize, out: &'a mut [u8]) -> &'a mut [u8] {
    let right = out.len() - RIGHT_MARGIN * channels;
    let (rest, right) = out.split_at_mut(right);
    let (left, middle) = rest.split_at_mut(MARGIN * channels);
    let last = row.len() - channels;
    for (margin, sample) in [(left, &row[..channels]), (right, &row[last..])] {
        for out in margin.chunks_exact_mut(channels) {
            for (out, value) in out.iter_mut().zip(sample) {
                *out = value ^ BIAS;
            }
        }
    }
    middle
}

/// Doubles a row and adds the margins and the bias.
fn widen(row: &[u8], channels: usize, out: &mut [u8]) {
    let last = row.len() - channels;
    let middle = add_margins(row, channels, out);
    for (x, pair) in middle.chunks_exact_mut(2 * channels).enumerate() {
        let at = x * channels;
        let neighbours = [
            at.saturating_sub(2 * channels),
            at.saturating_sub(channels),
            at,
            (at + channels).min(last),
            (at + 2 * channels).min(last),
            (at + 3 * channels).min(last),
        ];
        for channel in 0..channels {
            let taps = neighbours.map(|at| row[at + channel]);
            pair[channel] = taps[2] ^ BIAS;
            pair[channels + channel] = half_way(taps) ^ BIAS;
        }
    }
}

/// The value in the middle between the third and the fourth of six samples.
#[inline(always)]
fn half_way(taps: [u8; 6]) -> u8 {
    let [a, b, c, d, e, f] = taps.map(i16::from);
    ((20 * (c + d) - 5 * (b + e) + a + f + 16) >> 5).clamp(0, 255) as u8
}

/// The textures of all planes of `image`.
pub(super) fn textures(image: &Image) -> Vec<Texture> {
    let height = image.height() as usize;
    let make = |(i, plane): (usize, &Plane)| {
        if i == 0 { Texture::doubled(plane) } else { Texture::plain(plane, height) }
    };
    image.planes().iter().enumerate().map(make).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane() -> Plane {
        let data = (0..24).map(|v| 10 * v).collect();
        Plane { width: 4, height: 3, channels: 2, data }
    }

    /// The first channel at a place that may lie in a margin.
    fn sample(texture: &Texture, x: isize, y: isize) -> u8 {
        let at = texture.origin() as isize + y * texture.stride as isize + x * 2;
        texture.data[at as usize] ^ BIAS
    }

    #[test]
    fn even_samples_are_the_pixels_and_margins_repeat_the_outermost() {
        let texture = Texture::doubled(&plane());
        let at = |x, y| sample(&texture, x, y);
        assert_eq!((at(0, 0), at(6, 4), at(2, 2)), (0, 220, 100));
        assert_eq!((at(-4, -4), at(-1, 2), at(8, 0), at(19, 4)), (0, 80, 60, 220));
    }

    #[test]
    fn a_plain_texture_is_the_plane_with_margins() {
        let texture = Texture::plain(&plane(), 3);
        let at = |x, y| sample(&texture, x, y);
        assert_eq!((at(0, 0), at(3, 2), at(1, 1)), (0, 220, 100));
        assert_eq!((at(-4, -4), at(-1, 1), at(4, 0), at(19, 6)), (0, 80, 60, 220));
    }

    #[test]
    fn half_way_along_a_slope_is_the_middle_and_an_edge_overshoots() {
        assert_eq!(half_way([5, 15, 25, 35, 45, 55]), 30);
        assert_eq!(half_way([7; 6]), 7);
        assert_eq!(half_way([0, 0, 255, 255, 0, 0]), 255);
        assert_eq!(half_way([100, 100, 100, 200, 200, 200]), 150);
        assert!(half_way([100, 100, 200, 200, 100, 100]) > 200);
    }
}
