// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small copy of a still in its own format.

use super::raster::{Pixel, Raster};
use crate::image::{Image, Plane};

/// The means of all samples under cells of `cell` by `cell` pixels.
pub(super) fn reduced(image: &Image, cell: usize) -> Raster<Pixel> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (columns, rows) = (width.div_ceil(cell), height.div_ceil(cell));
    let mut out = Raster::constant(columns, rows, [0.0; 4]);
    let mut first = 0;
    for plane in image.planes() {
        let step = subsampling(plane, width);
        add_means(plane, cell, step, first, &mut out);
        first += plane.channels;
    }
    out
}

/// Pixels of a picture `width` pixels wide for each sample of `plane`: 1, or 2 for halved chroma.
pub(super) fn subsampling(plane: &Plane, width: usize) -> usize {
    if plane.width == width { 1 } else { 2 }
}

/// Adds the channels of a plane, from channel `first` of the pixels on.
fn add_means(plane: &Plane, cell: usize, step: usize, first: usize, out: &mut Raster<Pixel>) {
    let channels = plane.channels;
    let under = |i: usize, samples: usize| {
        let start = (i * cell / step).min(samples - 1);
        start..((i + 1) * cell).div_ceil(step).clamp(start + 1, samples)
    };
    let columns: Vec<_> = (0..out.width).map(|x| under(x, plane.width)).collect();
    let mut sums = vec![0_u32; plane.width * channels];
    for y in 0..out.height {
        let lines = under(y, plane.height);
        sums.fill(0);
        let count = lines.len();
        for line in plane.data.chunks_exact(plane.width * channels).skip(lines.start).take(count) {
            for (sum, sample) in sums.iter_mut().zip(line) {
                // At most 255 * 16384. A checked addition would not be made with vectors.
                *sum = sum.wrapping_add(u32::from(*sample));
            }
        }
        for (x, columns) in columns.iter().enumerate() {
            let share = 1.0 / (count * columns.len()) as f32;
            let at = y * out.width + x;
            let pixel = &mut out.values[at];
            let mut total = [0_u32; 4];
            for sample in
                sums[columns.start * channels..columns.end * channels].chunks_exact(channels)
            {
                for (total, sum) in total.iter_mut().zip(sample) {
                    *total = total.wrapping_add(*sum);
                }
            }
            for (value, total) in pixel[first..].iter_mut().zip(&total[..channels]) {
                *value = *total as f32 * share;
            }
        }
    }
}
