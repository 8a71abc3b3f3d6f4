// SPDX-License-Identifier: MIT OR Apache-2.0
//! Colour at any place of a plane: bilinear between the samples of a [`Texture`], at 1/128 of
//! their distance across and 1/32768 down, which is half as much in pixels of luma and RGB.
//!
//! There is one definition of the arithmetic, [`scalar`], in integers; the vector code gives the
//! same bytes.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
pub(super) mod scalar;

use super::{relief::GRID_STEP, texture::Texture};

/// Fraction bits of a place in a plane.
pub(super) const FRACTION_BITS: u32 = 16;

/// Grid points behind the last that is needed: the vector code loads eight at a time.
pub(super) const SPARE_POINTS: usize = 8;

/// The places that a row of samples is taken from: straight lines between grid points that are
/// [`GRID_STEP`] pixels apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Across, in pixels of the picture with [`FRACTION_BITS`] fraction bits, one for each grid
    /// point, and [`SPARE_POINTS`] that nobody needs.
    pub xs: &'a [i32],
    /// Down, likewise.
    pub ys: &'a [i32],
    /// Pixels of the picture per sample: 1, or 2 for halved chroma.
    pub subsampling: usize,
}

impl Line<'_> {
    /// The place of sample `i` in `texture`, in units of half its step.
    fn place(&self, i: usize, texture: &Texture) -> [i32; 2] {
        const { assert!(GRID_STEP == 4) };
        let pixel = i * self.subsampling;
        let (cell, quarters) = (pixel / GRID_STEP, (pixel % GRID_STEP) as i32);
        // Wrapping, as vectors do; places lie below 2^30, so nothing does.
        [self.xs, self.ys].map(|points| {
            let (a, b) = (points[cell], points[cell + 1]);
            let way = b.wrapping_sub(a).wrapping_mul(quarters) >> 2;
            a.wrapping_add(way) >> texture.shift
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        image::{Image, PixelFormat, YuvMatrix},
        scene::texture::textures,
    };

    fn noise(width: u32, height: u32, format: PixelFormat) -> Image {
        let mut state = 1u32;
        let mut byte = || {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 24) as u8
        };
        let planes = format
            .layout(width, height)
            .map(|layout| (0..layout.row_bytes() * layout.height).map(|_| byte()).collect())
            .collect();
        Image::from_packed(format, width, height, YuvMatrix::default(), planes).unwrap()
    }

    /// A row of samples from places along straight lines.
    fn row(
        texture: &Texture,
        xs: &[i32],
        ys: &[i32],
        subsampling: usize,
        samples: usize,
    ) -> Vec<u8> {
        let spare = |points: &[i32]| [points, &[0; SPARE_POINTS]].concat();
        let (xs, ys) = (spare(xs), spare(ys));
        let mut out = vec![0; samples * texture.channels];
        scalar::sample_row(texture, &Line { xs: &xs, ys: &ys, subsampling }, &mut out);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            let mut fast = vec![0; out.len()];
            // SAFETY: the processor has AVX2.
            unsafe {
                avx2::sample_row(texture, &Line { xs: &xs, ys: &ys, subsampling }, &mut fast)
            };
            assert_eq!(fast, out, "the vector code gives other bytes");
        }
        out
    }

    #[test]
    fn whole_places_give_the_pixels_themselves() {
        for format in PixelFormat::ALL {
            let image = noise(85, 42, format);
            for (plane, texture) in image.planes().iter().zip(textures(&image)) {
                let subsampling = if plane.width == 85 { 1 } else { 2 };
                let xs: Vec<i32> = (0..23).map(|i| (i * 4) << 16).collect();
                for y in 0..plane.height {
                    let ys = vec![((y * subsampling) as i32) << 16; 23];
                    let out = row(&texture, &xs, &ys, subsampling, plane.width - 1);
                    let bytes = plane.width * plane.channels;
                    assert_eq!(out, plane.data[y * bytes..][..out.len()], "{format}");
                }
            }
        }
    }

    #[test]
    fn a_flat_plane_stays_flat_between_pixels() {
        for value in 0..=255u8 {
            let planes = vec![vec![value; 48 * 32 * 3]];
            let image =
                Image::from_packed(PixelFormat::Rgb, 48, 32, YuvMatrix::default(), planes).unwrap();
            let xs: Vec<i32> = (0..12).map(|i| i * 4 * 65536 + i * 2047).collect();
            let ys: Vec<i32> = (0..12).map(|i| 5 * 65536 + i * 19_991).collect();
            assert_eq!(row(&textures(&image)[0], &xs, &ys, 1, 43), [value; 129]);
        }
    }

    #[test]
    fn a_slope_is_followed_between_pixels() {
        let luma = (0..48 * 32).map(|i| ((i % 48) * 3 + (i / 48) * 3) as u8).collect();
        let planes = vec![luma, vec![128; 24 * 16], vec![128; 24 * 16]];
        let image =
            Image::from_packed(PixelFormat::I420, 48, 32, YuvMatrix::default(), planes).unwrap();
        let fixed = |v: f64| (v * 65536.0) as i32;
        let xs: Vec<i32> = (0..10).map(|i| fixed(3.3 + 3.7 * f64::from(i))).collect();
        let ys: Vec<i32> = (0..10).map(|i| fixed(17.8 - 0.9 * f64::from(i))).collect();
        for (i, value) in row(&textures(&image)[0], &xs, &ys, 1, 33).into_iter().enumerate() {
            let cells = i as f64 / 4.0;
            let wanted = (3.3 + 3.7 * cells) * 3.0 + (17.8 - 0.9 * cells) * 3.0;
            assert!((f64::from(value) - wanted).abs() < 1.5, "{i}: {value}, not {wanted}");
        }
    }

    proptest! {
        /// `row` compares the two.
        #[test]
        fn vectors_and_scalars_give_the_same_bytes(
            format in proptest::sample::select(&PixelFormat::ALL[..]),
            start in (0i32..52 << 16, 0i32..28 << 16),
            step in (-400_000i32..800_000, -240_000i32..240_000),
            bend in -30_000i32..30_000,
            samples in 1usize..90,
        ) {
            let image = noise(53, 29, format);
            for texture in textures(&image) {
                // Chroma planes are addressed in pixels of the picture.
                let subsampling = if texture.stride / texture.channels > 100 { 1 } else { 2 };
                let inside = |v: i32, length: i32| v.clamp(0, (length - 1) << 16);
                let points = 0..(samples * subsampling / GRID_STEP + 2) as i32;
                let xs: Vec<i32> = points.clone()
                    .map(|i| inside(start.0 + i * step.0 + i * i * bend, 53)).collect();
                let ys: Vec<i32> = points
                    .map(|i| inside(start.1 + i * step.1 - i * i * bend / 2, 29)).collect();
                row(&texture, &xs, &ys, subsampling, samples);
            }
        }
    }
}
