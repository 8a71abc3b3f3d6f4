// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small RGB copy of a still, for analysis.

use super::depth::Thumbnail;
use crate::image::{Image, PixelFormat, Plane, yuv_to_rgb};

/// The longer side of a thumbnail, in pixels.
const LONG_SIDE: usize = 384;

/// Scales `image` down to a thumbnail; smaller images keep their size.
pub(super) fn thumbnail(image: &Image) -> Thumbnail {
    thumbnail_of_side(image, LONG_SIDE)
}

/// As [`thumbnail`], with `long_side` pixels on the longer side.
pub(super) fn thumbnail_of_side(image: &Image, long_side: usize) -> Thumbnail {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let long = width.max(height);
    let small = |side: usize| (side * long_side.min(long)).div_ceil(long).max(2);
    let (width, height) = (small(width), small(height));
    let planes: Vec<Vec<f32>> =
        image.planes().iter().map(|plane| average(plane, width, height)).collect();
    let channels = |plane: usize, at: usize| {
        let count = image.planes()[plane].channels;
        &planes[plane][at * count..(at + 1) * count]
    };
    let mut rgb = Vec::with_capacity(3 * width * height);
    for at in 0..width * height {
        let first = channels(0, at);
        rgb.extend(match image.format() {
            PixelFormat::I420 => {
                yuv_to_rgb(image.matrix(), first[0], channels(1, at)[0], channels(2, at)[0])
            }
            PixelFormat::Nv12 => {
                let chroma = channels(1, at);
                yuv_to_rgb(image.matrix(), first[0], chroma[0], chroma[1])
            }
            PixelFormat::Rgba | PixelFormat::Rgb => [first[0], first[1], first[2]],
            PixelFormat::Bgra | PixelFormat::Bgrx => [first[2], first[1], first[0]],
        });
    }
    Thumbnail { width, height, rgb }
}

/// Mean of the samples under each pixel of a `width` x `height` picture, 0..1, interleaved.
fn average(plane: &Plane, width: usize, height: usize) -> Vec<f32> {
    let channels = plane.channels;
    // The samples under a pixel: at least one, also where a plane is smaller than the picture.
    let under = |i: usize, of: usize, samples: usize| {
        let start = i * samples / of;
        start..((i + 1) * samples / of).max(start + 1)
    };
    let mut out = Vec::with_capacity(width * height * channels);
    for y in 0..height {
        let rows = under(y, height, plane.height);
        for x in 0..width {
            let columns = under(x, width, plane.width);
            let mut sums = [0u32; 4];
            for row in rows.clone() {
                let start = row * plane.width;
                let bytes = &plane.data
                    [(start + columns.start) * channels..(start + columns.end) * channels];
                for sample in bytes.chunks_exact(channels) {
                    for (sum, value) in sums.iter_mut().zip(sample) {
                        *sum += u32::from(*value);
                    }
                }
            }
            let scale = 1.0 / (255 * rows.len() * columns.len()) as f32;
            out.extend(sums[..channels].iter().map(|sum| *sum as f32 * scale));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::YuvMatrix;

    fn flat(format: PixelFormat, matrix: YuvMatrix, samples: &[&[u8]]) -> [f32; 3] {
        let planes = format
            .layout(33, 17)
            .zip(samples)
            .map(|(layout, sample)| sample.repeat(layout.width * layout.height))
            .collect();
        let small = thumbnail(&Image::from_packed(format, 33, 17, matrix, planes).unwrap());
        assert_eq!((small.width, small.height, small.rgb.len()), (33, 17, 33 * 17 * 3));
        small.rgb[300..303].try_into().unwrap()
    }

    #[test]
    fn the_same_orange_comes_out_of_every_format() {
        let plain = YuvMatrix::default();
        let hd = YuvMatrix { bt709: true, full_range: false };
        let orange = [
            flat(PixelFormat::Rgb, plain, &[&[255, 128, 0]]),
            flat(PixelFormat::Rgba, plain, &[&[255, 128, 0, 9]]),
            flat(PixelFormat::Bgra, plain, &[&[0, 128, 255, 9]]),
            flat(PixelFormat::Bgrx, plain, &[&[0, 128, 255, 9]]),
            flat(PixelFormat::I420, plain, &[&[146], &[53], &[193]]),
            flat(PixelFormat::Nv12, hd, &[&[140], &[50, 193]]),
        ];
        for rgb in orange {
            for (value, wanted) in rgb.iter().zip([1.0, 0.5, 0.0]) {
                assert!((value - wanted).abs() < 0.04, "{rgb:?}");
            }
        }
    }

    #[test]
    fn the_longer_side_is_384_and_the_picture_is_averaged() {
        let bytes = (0..1920 * 1080).map(|i| (i % 2) as u8 * 200).flat_map(|v| [v; 3]);
        let planes = vec![bytes.collect()];
        let image =
            Image::from_packed(PixelFormat::Rgb, 1920, 1080, YuvMatrix::default(), planes).unwrap();
        let small = thumbnail(&image);
        assert_eq!((small.width, small.height), (384, 216));
        let mean = small.rgb.iter().sum::<f32>() / small.rgb.len() as f32;
        assert!((mean - 100.0 / 255.0).abs() < 0.01, "{mean}");
    }
}
