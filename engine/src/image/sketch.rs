// SPDX-License-Identifier: MIT OR Apache-2.0
//! A picture at a glance: enough to tell whether two frames show the same.

use super::{ImageError, PixelFormat, PlaneLayout, PlaneRef, checked_plane};

/// Cells in a row, and rows of cells.
const COLUMNS: usize = 16;
const ROWS: usize = 9;
/// Lines of samples that are read of each row of cells. Their sums fit 16 bits.
const LINES: usize = 8;

/// The mean of every channel in each cell of a grid of 16 by 9.
///
/// A mean of hundreds of samples hardly moves with noise or with the artefacts of a codec, and a
/// picture of any size costs about as much as a copy of 72 of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    means: Vec<u8>,
}

/// How far two sketches lie apart, in steps of 8 bit samples.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Difference {
    /// Over all cells.
    pub mean: f32,
    /// In the cell where it is largest.
    pub max: u8,
}

impl Sketch {
    /// Looks at a host's frame. `planes` are in the order of `format.layout(..)`.
    ///
    /// # Errors
    /// As [`super::Image::from_planes`].
    pub fn new(
        format: PixelFormat,
        width: u32,
        height: u32,
        planes: &[PlaneRef<'_>],
    ) -> Result<Self, ImageError> {
        super::check_size(width, height)?;
        let mut means = Vec::new();
        for (i, layout) in format.layout(width, height).enumerate() {
            let plane = checked_plane(format, width, height, (i, layout), planes)?;
            // What lies in the fourth byte of BGRx is anybody's guess.
            let used = if format == PixelFormat::Bgrx { 3 } else { layout.channels };
            add_means(plane, layout, used, &mut means);
        }
        Ok(Self { means })
    }

    /// How far `other`, of a frame of the same format and size, lies from this.
    pub fn difference(&self, other: &Self) -> Difference {
        let pairs = self.means.iter().zip(&other.means);
        let (mut sum, mut max) = (0_u32, 0);
        for difference in pairs.map(|(a, b)| a.abs_diff(*b)) {
            sum += u32::from(difference);
            max = max.max(difference);
        }
        Difference { mean: sum as f32 / self.means.len().max(1) as f32, max }
    }
}

/// Adds the means of the first `used` channels of `plane`, cell by cell.
fn add_means(plane: PlaneRef<'_>, layout: PlaneLayout, used: usize, means: &mut Vec<u8>) {
    let PlaneLayout { width, height, channels } = layout;
    let (columns, rows) = (COLUMNS.min(width), ROWS.min(height));
    let mut sums = vec![0_u16; layout.row_bytes()];
    for row in 0..rows {
        let (top, bottom) = (row * height / rows, (row + 1) * height / rows);
        let lines = LINES.min(bottom - top);
        sums.fill(0);
        for line in 0..lines {
            let y = top + line * (bottom - top) / lines;
            for (sum, sample) in sums.iter_mut().zip(&plane.data[y * plane.stride..]) {
                // At most LINES * 255. A checked addition would not be made with vectors.
                *sum = sum.wrapping_add(u16::from(*sample));
            }
        }
        for column in 0..columns {
            let (left, right) = (column * width / columns, (column + 1) * width / columns);
            let cell = &sums[left * channels..right * channels];
            let count = ((right - left) * lines) as u32;
            let mut of_channel = [0_u32; 4];
            for sample in cell.chunks_exact(channels) {
                for (sum, of_lines) in of_channel.iter_mut().zip(sample) {
                    *sum = sum.wrapping_add(u32::from(*of_lines));
                }
            }
            means.extend(of_channel[..used].iter().map(|sum| ((sum + count / 2) / count) as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sketch of a picture whose samples are `value(plane, byte of the row, row)`, with
    /// `padding` bytes of something else behind each row.
    fn sketch(
        format: PixelFormat,
        (width, height): (u32, u32),
        padding: usize,
        value: impl Fn(usize, usize, usize) -> u8,
    ) -> Sketch {
        let planes: Vec<(Vec<u8>, usize)> = format
            .layout(width, height)
            .enumerate()
            .map(|(plane, layout)| {
                let stride = layout.row_bytes() + padding;
                let mut data = vec![0x5A; stride * layout.height];
                for (y, row) in data.chunks_exact_mut(stride).enumerate() {
                    for (x, sample) in row[..layout.row_bytes()].iter_mut().enumerate() {
                        *sample = value(plane, x, y);
                    }
                }
                (data, stride)
            })
            .collect();
        let planes: Vec<_> =
            planes.iter().map(|(data, stride)| PlaneRef { data, stride: *stride }).collect();
        Sketch::new(format, width, height, &planes).unwrap()
    }

    #[test]
    fn a_flat_picture_is_its_colour_in_every_format_and_size() {
        for format in PixelFormat::ALL {
            for size in [(16, 16), (17, 31), (320, 180), (1919, 1079)] {
                for padding in [0, 13] {
                    let means = sketch(format, size, padding, |plane, _, _| 90 + plane as u8).means;
                    assert!(!means.is_empty());
                    assert!(means.iter().all(|mean| (90..93).contains(mean)), "{format} {size:?}");
                }
            }
        }
    }

    #[test]
    fn each_channel_and_each_cell_counts() {
        let black = sketch(PixelFormat::Rgba, (320, 180), 0, |_, _, _| 0);
        for channel in 0..4 {
            let lit = sketch(PixelFormat::Rgba, (320, 180), 0, |_, x, y| {
                if x % 4 == channel && x / 4 >= 300 && y >= 160 { 200 } else { 0 }
            });
            let difference = black.difference(&lit);
            assert_eq!(difference.max, 200, "channel {channel}");
            assert!(difference.mean < 1.0);
        }
    }

    #[test]
    fn the_unused_byte_of_bgrx_does_not_count() {
        let with = |filler: u8| {
            sketch(PixelFormat::Bgrx, (64, 48), 0, |_, x, _| if x % 4 == 3 { filler } else { 7 })
        };
        assert_eq!(with(0), with(255));
    }

    #[test]
    fn noise_hardly_moves_it() {
        let noisy = |seed: usize| {
            sketch(PixelFormat::I420, (320, 180), 0, |_, x, y| {
                let hash = (x * 7919 + y * 104_729 + seed * 1_299_709).wrapping_mul(2_654_435_761);
                118 + (hash >> 16) as u8 % 20
            })
        };
        let difference = noisy(1).difference(&noisy(2));
        assert!(difference.mean < 1.0 && difference.max <= 4, "{difference:?}");
    }

    #[test]
    fn a_plane_that_is_too_short_is_an_error() {
        let planes = [PlaneRef { data: &[0; 100], stride: 48 }];
        let sketch = Sketch::new(PixelFormat::Rgb, 16, 16, &planes);
        assert!(matches!(sketch, Err(ImageError::ShortPlane { plane: 0, .. })));
    }
}
