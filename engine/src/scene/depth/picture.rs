// SPDX-License-Identifier: MIT OR Apache-2.0
//! A user's own depth picture: gray, where white is near, as depth maps are everywhere.

use std::path::Path;

use thiserror::Error;

use super::{super::raster::Map, Depth};
use crate::image::decode::{DecodeError, FileName, GrayPicture, Limits, load_gray};

/// The longest side that is kept. The grid on which geometry is solved has no more points than
/// this for a still of 4K.
const LONG_SIDE: usize = 1024;
/// How far the proportions of the two pictures may be apart: sizes are rounded on the way.
const ASPECT_TOLERANCE: f64 = 0.02;

/// Why a depth picture was refused.
#[derive(Debug, Error)]
pub enum DepthPictureError {
    /// The file is no picture that can be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It has other proportions than the still, so it was not made for it.
    #[error(
        "{name}: the depth picture is {width}x{height} and the still {still_width}x{still_height}: \
         the proportions may differ by 2 % at most"
    )]
    Aspect {
        /// The depth picture.
        name: FileName,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// Width of the still in pixels.
        still_width: u32,
        /// Height of the still in pixels.
        still_height: u32,
    },
}

/// Reads the depth of a still of `still` (width, height) pixels from a picture of any type and
/// size, 8 or 16 bit: white is nearest, black is infinitely far. Of colours the luma counts.
///
/// The values are taken as they are, at most 1024 pixels on the long side.
///
/// # Errors
/// [`DepthPictureError`] names the file and what is wrong with it.
pub fn load(path: &Path, still: (u32, u32), limits: &Limits) -> Result<Depth, DepthPictureError> {
    let gray = load_gray(path, limits)?;
    if !same_aspect((gray.width, gray.height), still) {
        return Err(DepthPictureError::Aspect {
            name: FileName::from(path),
            width: gray.width,
            height: gray.height,
            still_width: still.0,
            still_height: still.1,
        });
    }
    Ok(depth_of(&gray))
}

fn same_aspect(picture: (u32, u32), still: (u32, u32)) -> bool {
    let aspect = |(width, height): (u32, u32)| f64::from(width) / f64::from(height);
    let ratio = aspect(picture) / aspect(still);
    ratio.max(ratio.recip()) <= 1.0 + ASPECT_TOLERANCE
}

fn depth_of(gray: &GrayPicture) -> Depth {
    let full = [gray.width as usize, gray.height as usize];
    let long = full[0].max(full[1]);
    let [width, height] = full.map(|side| (side * LONG_SIDE.min(long)).div_ceil(long));
    // The pixels under a pixel of the result, at least one.
    let under = |i: usize, of: usize, pixels: usize| i * pixels / of..(i + 1) * pixels / of;
    let map = Map::from_fn(width, height, |x, y| {
        let (columns, rows) = (under(x, width, full[0]), under(y, height, full[1]));
        let count = columns.len() * rows.len();
        let row = |y: usize| &gray.values[y * full[0] + columns.start..y * full[0] + columns.end];
        let sum: u64 = rows.flat_map(row).map(|v| u64::from(*v)).sum();
        sum as f32 / (count as f32 * f32::from(u16::MAX))
    });
    Depth { width, height, nearness: map.values, confidence: 1.0 }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb};
    use tempfile::TempDir;

    use super::*;

    fn saved(picture: impl Into<DynamicImage>, format: ImageFormat) -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("depth");
        picture.into().save_with_format(&path, format).unwrap();
        (dir, path)
    }

    fn load_default(path: &Path, still: (u32, u32)) -> Result<Depth, DepthPictureError> {
        load(path, still, &Limits::default())
    }

    #[test]
    fn sixteen_bits_are_kept() {
        // Steps that 8 bits do not have.
        let ramp = ImageBuffer::from_fn(32, 16, |x, _| Luma([30000 + x as u16]));
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            let (_dir, path) = saved(ramp.clone(), format);
            let depth = load_default(&path, (320, 160)).unwrap();
            assert_eq!((depth.width, depth.height, depth.confidence), (32, 16, 1.0));
            for (x, value) in depth.nearness[..32].iter().enumerate() {
                let want = (30000 + x) as f32 / 65535.0;
                assert!((value - want).abs() < 1e-7, "{format:?}, {x}: {value}, not {want}");
            }
        }
    }

    #[test]
    fn white_is_near_also_in_eight_bits_and_in_colour() {
        let gray = ImageBuffer::from_fn(16, 16, |x, _| Luma([if x < 8 { 0 } else { u8::MAX }]));
        let colour =
            ImageBuffer::from_fn(
                16,
                16,
                |x, _| {
                    if x < 8 { Rgb([0; 3]) } else { Rgb([u8::MAX; 3]) }
                },
            );
        let gray = (DynamicImage::from(gray), ImageFormat::Png);
        for (picture, format) in [gray, (colour.into(), ImageFormat::Jpeg)] {
            let (_dir, path) = saved(picture, format);
            let depth = load_default(&path, (16, 16)).unwrap();
            assert!(depth.nearness[2] < 0.02 && depth.nearness[13] > 0.98);
        }
    }

    #[test]
    fn a_large_one_is_made_smaller_and_none_of_it_is_left_out() {
        let stripes = ImageBuffer::from_fn(2500, 1250, |x, _| Luma([(x % 2) as u8 * u8::MAX]));
        let (_dir, path) = saved(stripes, ImageFormat::Png);
        let depth = load_default(&path, (2500, 1250)).unwrap();
        assert_eq!((depth.width, depth.height), (LONG_SIDE, LONG_SIDE / 2));
        assert!(depth.nearness.iter().all(|v| (v - 0.5).abs() < 0.2));
    }

    #[test]
    fn other_proportions_are_refused_with_both_sizes() {
        let (_dir, path) = saved(ImageBuffer::from_pixel(100, 50, Luma([9_u8])), ImageFormat::Png);
        for near_enough in [(200, 100), (1920, 970), (101, 51)] {
            assert!(load_default(&path, near_enough).is_ok(), "{near_enough:?}");
        }
        for other in [(50, 100), (1920, 1080), (100, 48), (16384, 16)] {
            let error = load_default(&path, other).unwrap_err();
            assert!(matches!(error, DepthPictureError::Aspect { .. }), "{error:?}");
            let text = error.to_string();
            let still = format!("{}x{}", other.0, other.1);
            assert!(text.contains("100x50") && text.contains(&still), "{text}");
        }
    }

    #[test]
    fn what_is_no_picture_is_told_by_the_decoder() {
        let error = load_default(Path::new("/no/such/depth.png"), (16, 16)).unwrap_err();
        assert_eq!(error.to_string(), "/no/such/depth.png: there is no such file");
    }
}
