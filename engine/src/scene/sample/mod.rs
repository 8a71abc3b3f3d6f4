// SPDX-License-Identifier: MIT OR Apache-2.0
//! Colour at any place of a plane: bilinear between the half pixels of a [`Texture`], at 1/256 of
//! a pixel across and 1/65536 down.
//!
//! There is one definition of the arithmetic, [`scalar`], in integers; the vector code gives the
//! same bytes.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
pub(super) mod scalar;

use super::texture::Texture;

/// Fraction bits of a place in a plane.
pub(super) const FRACTION_BITS: u32 = 16;

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

    #[test]
    fn whole_places_give_the_pixels_themselves() {
        for format in PixelFormat::ALL {
            let image = noise(37, 18, format);
            for (plane, texture) in image.planes().iter().zip(textures(&image)) {
                for y in 0..plane.height {
                    let xs: Vec<i32> = (0..plane.width as i32).map(|x| x << 16).collect();
                    let ys = vec![(y as i32) << 16; plane.width];
                    let mut row = vec![0; plane.width * plane.channels];
                    scalar::sample_row(&texture, &xs, &ys, &mut row);
                    assert_eq!(row, plane.data[y * row.len()..(y + 1) * row.len()], "{format}");
                }
            }
        }
    }

    #[test]
    fn a_flat_plane_stays_flat_between_pixels() {
        for value in 0..=255u8 {
            let planes = vec![vec![value; 32 * 32 * 3]];
            let image =
                Image::from_packed(PixelFormat::Rgb, 32, 32, YuvMatrix::default(), planes).unwrap();
            let xs: Vec<i32> = (0..31).map(|i| i * 65536 + i * 2047).collect();
            let ys: Vec<i32> = (0..31).map(|i| 5 * 65536 + i * 1999).collect();
            let mut row = [0; 93];
            scalar::sample_row(&textures(&image)[0], &xs, &ys, &mut row);
            assert_eq!(row, [value; 93]);
        }
    }

    #[test]
    fn a_slope_is_followed_between_pixels() {
        let bytes = (0..32 * 32).map(|i: u32| ((i % 32) * 4 + (i / 32) * 3) as u8).collect();
        let image =
            Image::from_packed(PixelFormat::Rgb, 32, 32, YuvMatrix::default(), vec![bytes; 1]);
        assert!(image.is_err(), "one channel is no RGB");
        let luma: Vec<u8> = (0..32 * 32).map(|i| ((i % 32) * 4 + (i / 32) * 3) as u8).collect();
        let chroma = vec![vec![128; 256]; 2];
        let planes = [vec![luma], chroma].concat();
        let image =
            Image::from_packed(PixelFormat::I420, 32, 32, YuvMatrix::default(), planes).unwrap();
        let (x, y) = (10.3_f64, 17.8_f64);
        let mut out = [0];
        let fixed = |v: f64| [(v * 65536.0) as i32];
        scalar::sample_row(&textures(&image)[0], &fixed(x), &fixed(y), &mut out);
        assert!((f64::from(out[0]) - (x * 4.0 + y * 3.0)).abs() < 1.0, "{}", out[0]);
    }

    #[cfg(target_arch = "x86_64")]
    proptest! {
        #[test]
        fn lines_between_grid_points_are_the_same_in_vectors(
            points in proptest::collection::vec(0i32..1 << 30, 3..40),
            subsampling in 1usize..=2,
        ) {
            if !std::arch::is_x86_feature_detected!("avx2") {
                return Ok(());
            }
            let made = (points.len() - 1) * 4 / subsampling;
            let padded = [points, vec![0; 8]].concat();
            let mut fast = vec![0; made.next_multiple_of(8)];
            let mut plain = fast.clone();
            // SAFETY: the processor has AVX2.
            unsafe { avx2::expand(&padded, subsampling, &mut fast) };
            scalar::expand(&padded, subsampling, &mut plain);
            prop_assert_eq!(&fast[..made], &plain[..made]);
        }

        #[test]
        fn vectors_and_scalars_give_the_same_bytes(
            format in proptest::sample::select(&PixelFormat::ALL[..]),
            start in (0i32..52 << 16, 0i32..28 << 16),
            step in (-150_000i32..200_000, -60_000i32..60_000),
            bend in -3000i32..3000,
            length in 1usize..70,
        ) {
            if !std::arch::is_x86_feature_detected!("avx2") {
                return Ok(());
            }
            let image = noise(53, 29, format);
            for (plane, texture) in image.planes().iter().zip(textures(&image)) {
                let inside = |v: i32, length: usize| v.clamp(0, (length as i32 - 1) << 16);
                let places = 0..length as i32;
                let xs: Vec<i32> = places.clone()
                    .map(|i| inside(start.0 + i * step.0 + i * i * bend, plane.width)).collect();
                let ys: Vec<i32> = places
                    .map(|i| inside(start.1 + i * step.1 - i * i * bend / 2, plane.height)).collect();
                let mut fast = vec![0; length * texture.channels];
                let mut plain = fast.clone();
                // SAFETY: the processor has AVX2.
                unsafe { avx2::sample_row(&texture, &xs, &ys, &mut fast) };
                scalar::sample_row(&texture, &xs, &ys, &mut plain);
                prop_assert_eq!(fast, plain);
            }
        }
    }
}
