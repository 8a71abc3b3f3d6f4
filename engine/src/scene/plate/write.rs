// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes the fill into the planes of the still, at full resolution.

use super::{
    super::{raster::Raster, reduced::subsampling},
    blend::Origin,
};
use crate::image::{Image, Plane};

/// The planes of `still` with what `origins` say, for cells of `cell` by `cell` pixels.
pub(super) fn written(still: &Image, origins: &Raster<Origin>, cell: usize) -> Vec<Vec<u8>> {
    let mut first = 0;
    let write = |plane: &Plane| {
        let step = subsampling(plane, still.width() as usize);
        let out = Writer { plane, step, first, origins, cell }.write();
        first += plane.channels;
        out
    };
    still.planes().iter().map(write).collect()
}

/// One plane on its way.
struct Writer<'a> {
    plane: &'a Plane,
    /// Pixels of the picture per sample.
    step: usize,
    /// Which of the values of a colour is the plane's first channel.
    first: usize,
    origins: &'a Raster<Origin>,
    cell: usize,
}

/// The two cells whose middles a sample lies between, and how far towards the second.
type Taps = (usize, usize, f32);

/// The way to the source, if it is that of all four.
fn of_one_piece(corners: &[Origin; 4]) -> Option<[i16; 2]> {
    let Origin::Copy { by, .. } = corners[0] else { return None };
    let same = |origin: &Origin| matches!(origin, Origin::Copy { by: other, .. } if *other == by);
    corners[1..].iter().all(same).then_some(by)
}

impl Writer<'_> {
    fn write(&self) -> Vec<u8> {
        let Plane { width, channels, ref data, .. } = *self.plane;
        let mut out = data.clone();
        let columns: Vec<Taps> = (0..width).map(|x| self.taps(x, self.origins.width)).collect();
        for (y, line) in out.chunks_exact_mut(width * channels).enumerate() {
            let (above, below, down) = self.taps(y, self.origins.height);
            let rows = [self.origins.row(above), self.origins.row(below)];
            if rows.iter().all(|row| row.iter().all(|origin| *origin == Origin::Still)) {
                continue;
            }
            let mut x = 0;
            // Samples between the same cells.
            for columns in columns.chunk_by(|a, b| a.0 == b.0) {
                let (left, right, _) = columns[0];
                let corners = [rows[0][left], rows[0][right], rows[1][left], rows[1][right]];
                let samples = &mut line[x * channels..(x + columns.len()) * channels];
                if corners.iter().any(|origin| *origin != Origin::Still) {
                    match of_one_piece(&corners) {
                        Some(by) => self.copy((x, y), by, &corners, (columns, down), samples),
                        None => self.mix((x, y), corners, (columns, down), samples),
                    }
                }
                x += columns.len();
            }
        }
        out
    }

    fn taps(&self, i: usize, cells: usize) -> Taps {
        let middle = (i * self.step) as f32 + self.step as f32 / 2.0;
        let place = (middle / self.cell as f32 - 0.5).clamp(0.0, (cells - 1) as f32);
        let low = place as usize;
        (low, (low + 1).min(cells - 1), place - low as f32)
    }

    /// What four cells of one piece give for the samples from `(x, y)` on.
    fn copy(
        &self,
        (x, y): (usize, usize),
        by: [i16; 2],
        corners: &[Origin; 4],
        (columns, down): (&[Taps], f32),
        out: &mut [u8],
    ) {
        let change = |i: usize| match corners[i] {
            Origin::Copy { change, .. } => change,
            _ => [0.0; 4],
        };
        let between = |above: [f32; 4], below: [f32; 4]| -> [f32; 4] {
            std::array::from_fn(|c| above[c] + (below[c] - above[c]) * down)
        };
        let (left, right) = (between(change(0), change(2)), between(change(1), change(3)));
        let channels = self.plane.channels;
        let samples = out.chunks_exact_mut(channels).zip(columns);
        for (i, (out, &(_, _, across))) in samples.enumerate() {
            let changes = left[self.first..].iter().zip(&right[self.first..]);
            let values = out.iter_mut().zip(self.source(x + i, y, by));
            for ((out, value), (left, right)) in values.zip(changes) {
                *out = (f32::from(*value) + left + (right - left) * across + 0.5) as u8;
            }
        }
    }

    /// The means of what four cells give for the samples from `(x, y)` on.
    fn mix(
        &self,
        (x, y): (usize, usize),
        corners: [Origin; 4],
        (columns, down): (&[Taps], f32),
        out: &mut [u8],
    ) {
        let samples = out.chunks_exact_mut(self.plane.channels).zip(columns);
        for (i, (out, &(_, _, across))) in samples.enumerate() {
            let mut sums = [0.5_f32; 4];
            let shares = [
                (1.0 - across) * (1.0 - down),
                across * (1.0 - down),
                (1.0 - across) * down,
                across * down,
            ];
            for (origin, share) in corners.into_iter().zip(shares) {
                self.add(origin, (x + i, y), share, &mut sums);
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = sum as u8;
            }
        }
    }

    /// Adds what a cell gives for one sample.
    fn add(&self, origin: Origin, (x, y): (usize, usize), share: f32, sums: &mut [f32; 4]) {
        let (by, change) = match origin {
            Origin::Still => ([0; 2], [0.0; 4]),
            Origin::Copy { by, change } => (by, change),
            Origin::Colour(colour) => {
                for (sum, value) in sums.iter_mut().zip(&colour[self.first..]) {
                    *sum += share * value;
                }
                return;
            }
        };
        let from = self.source(x, y, by);
        for ((sum, value), change) in sums.iter_mut().zip(from).zip(&change[self.first..]) {
            *sum += share * (f32::from(*value) + change);
        }
    }

    /// The sample that lies `by` cells from a sample.
    fn source(&self, x: usize, y: usize, by: [i16; 2]) -> &[u8] {
        let Plane { width, height, channels, ref data } = *self.plane;
        let moved = |i: usize, by: i16, length: usize| {
            let way = (isize::from(by) * self.cell as isize).div_euclid(self.step as isize);
            (i as isize + way).clamp(0, length as isize - 1) as usize
        };
        let at = moved(y, by[1], height) * width + moved(x, by[0], width);
        &data[at * channels..(at + 1) * channels]
    }
}
