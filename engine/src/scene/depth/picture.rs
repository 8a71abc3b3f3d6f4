// SPDX-License-Identifier: MIT OR Apache-2.0
//! A user's own depth picture: gray, where white is near, as depth maps are everywhere.

use std::path::Path;

use super::{super::raster::Map, Depth};
use crate::{
    fit::{Fit, Lie},
    image::decode::{DecodeError, GrayPicture, Limits, load_gray},
};

/// The longest side that is kept. The grid on which geometry is solved has no more points than
/// this for a still of 4K.
const LONG_SIDE: usize = 1024;
/// How far the proportions of the two pictures may be apart: sizes are rounded on the way.
const ASPECT_TOLERANCE: f64 = 0.02;

/// Reads the depth of a still from a picture of any type and size, 8 or 16 bit: white is nearest,
/// black is infinitely far. Of colours the luma counts.
///
/// The values are taken as they are, at most 1024 pixels on the long side.
///
/// # Errors
/// [`DecodeError`] names the file and what is wrong with it.
pub fn load(path: &Path, limits: &Limits) -> Result<Depth, DecodeError> {
    Ok(depth_of(&load_gray(path, limits)?))
}

/// Whether `depth` has the proportions of a still of `still` (width, height) pixels: one that has
/// not was not made for it.
pub fn has_aspect_of(depth: &Depth, still: (u32, u32)) -> bool {
    let aspect = |width: f64, height: f64| width / height;
    let ratio = aspect(depth.width as f64, depth.height as f64)
        / aspect(f64::from(still.0), f64::from(still.1));
    ratio.max(ratio.recip()) <= 1.0 + ASPECT_TOLERANCE
}

/// The depth of a still that was fitted to `width` x `height` pixels, at the resolution of `depth`.
/// What is black beside the still is infinitely far.
pub(in crate::scene) fn fitted(depth: &Depth, [width, height]: [usize; 2], fit: Fit) -> Depth {
    let long = depth.width.max(depth.height);
    let sides = [width, height].map(|side| (side * long / width.max(height)).max(1));
    if sides == [depth.width, depth.height] {
        return depth.clone();
    }
    let map = Map { width: depth.width, height: depth.height, values: depth.nearness.clone() };
    let lie = Lie::new([map.width, map.height], sides, fit);
    let nearness = Map::from_fn(sides[0], sides[1], |x, y| {
        let middle = |axis: usize, i: usize| (lie.place(axis, i) + lie.place(axis, i + 1)) / 2.0;
        let (x, y) = (middle(0, x), middle(1, y));
        let inside =
            (0.0..=map.width as f32).contains(&x) && (0.0..=map.height as f32).contains(&y);
        if inside { map.between([x, y].map(|at| f64::from(at) - 0.5)) } else { 0.0 }
    });
    Depth { width: sides[0], height: sides[1], nearness: nearness.values, confidence: 1.0 }
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

    fn load_default(path: &Path) -> Result<Depth, DecodeError> {
        load(path, &Limits::default())
    }

    #[test]
    fn sixteen_bits_are_kept() {
        // Steps that 8 bits do not have.
        let ramp = ImageBuffer::from_fn(32, 16, |x, _| Luma([30000 + x as u16]));
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            let (_dir, path) = saved(ramp.clone(), format);
            let depth = load_default(&path).unwrap();
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
            let depth = load_default(&path).unwrap();
            assert!(depth.nearness[2] < 0.02 && depth.nearness[13] > 0.98);
        }
    }

    #[test]
    fn a_large_one_is_made_smaller_and_none_of_it_is_left_out() {
        let stripes = ImageBuffer::from_fn(2500, 1250, |x, _| Luma([(x % 2) as u8 * u8::MAX]));
        let (_dir, path) = saved(stripes, ImageFormat::Png);
        let depth = load_default(&path).unwrap();
        assert_eq!((depth.width, depth.height), (LONG_SIDE, LONG_SIDE / 2));
        assert!(depth.nearness.iter().all(|v| (v - 0.5).abs() < 0.2));
    }

    #[test]
    fn other_proportions_are_told_apart() {
        let depth = Depth { width: 100, height: 50, nearness: vec![0.5; 5000], confidence: 1.0 };
        for near_enough in [(200, 100), (1920, 970), (101, 51)] {
            assert!(has_aspect_of(&depth, near_enough), "{near_enough:?}");
        }
        for other in [(50, 100), (1920, 1080), (100, 48), (16384, 16)] {
            assert!(!has_aspect_of(&depth, other), "{other:?}");
        }
    }

    /// It must lie where the still lies that it was made for.
    #[test]
    fn depth_is_fitted_as_the_still_is() {
        let nearness = (0..64 * 48).map(|i| (i % 64) as f32 / 64.0).collect();
        let depth = Depth { width: 64, height: 48, nearness, confidence: 1.0 };
        let at = |fit, sides, share: f32| {
            let Depth { width, height, nearness, .. } = fitted(&depth, sides, fit);
            nearness[height / 2 * width + (share * width as f32) as usize]
        };
        assert_eq!(fitted(&depth, [640, 480], Fit::Contain), depth);
        for (fit, sides, left) in [
            (Fit::Cover, [1920, 1080], 0.0),
            (Fit::Cover, [480, 480], 0.125),
            (Fit::Stretch, [480, 480], 0.0),
            (Fit::Contain, [480, 480], 0.0),
        ] {
            assert!((at(fit, sides, 0.0) - left).abs() < 0.03, "{fit:?} {sides:?}");
            assert!((at(fit, sides, 0.5) - 0.5).abs() < 0.03, "{fit:?} {sides:?}");
        }
        assert_eq!(at(Fit::Contain, [1920, 1080], 0.05), 0.0);
        assert!((at(Fit::Contain, [1920, 1080], 0.25) - 0.17).abs() < 0.03);
    }

    #[test]
    fn what_is_no_picture_is_told_by_the_decoder() {
        let error = load_default(Path::new("/no/such/depth.png")).unwrap_err();
        assert_eq!(error.to_string(), "/no/such/depth.png: there is no such file");
    }
}
