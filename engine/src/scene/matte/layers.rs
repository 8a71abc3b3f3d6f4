// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes the background out of the soft edge of a near thing.

use super::{
    super::{
        field::FieldError,
        fill::push_pull,
        filter::maximum,
        raster::Raster,
        reduced::{reduced, subsampling},
    },
    Matte,
};
use crate::image::{Image, Plane};

/// The long side of the grid on which colours of the near thing are carried on is about this.
const LONG_SIDE: usize = 640;
/// The colour of a near thing that is nowhere whole.
const MID_GREY: f32 = 128.0;
/// How far from the near thing its colours go on, in pixels.
const REACH: usize = 4;

/// The near thing of a still, ready to be laid over its plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    /// The near thing, without background in its soft edge. Far from it this is the still.
    pub front: Image,
    /// How much of it is seen: the matte, and a little more where the plate alone is not the
    /// still.
    pub matte: Matte,
}

/// Takes the background out of the soft edge of a near thing, given its matte and a filled
/// background (see [`super::super::plate::fill`]).
///
/// `a * front + (1 - a) * plate` is the still, to 1 of 255, where `a` is the matte of the result;
/// halved chroma goes by the mean of the matte over its pixels. Within that the colours are those
/// of the near thing beside the edge. What the plate does not explain belongs to the front, if
/// faintly: left behind in the plate it would stay as an outline of the thing when that moves.
///
/// # Errors
/// [`FieldError`] when the plate or the matte has not the size of the still, or the plate not its
/// format.
pub fn separate(still: &Image, plate: &Image, matte: &Matte) -> Result<Layers, FieldError> {
    let (width, height) = (still.width() as usize, still.height() as usize);
    matte.check(still)?;
    let plate_size = (plate.width() as usize, plate.height() as usize);
    FieldError::unless_as_large("plate", plate_size, still)?;
    let (got, want) = (plate.format(), still.format());
    if got != want {
        return Err(FieldError::Format { got, want });
    }
    let cell = (width.max(height) / LONG_SIDE).max(1);
    let expected = expected_front(still, matte, cell);
    let matte = explained(still, plate, matte);
    // A sampler reaches a few pixels beyond the edge.
    let touched = matte.touched(cell).map(|is| if is { 1.0 } else { 0.0 });
    let beside = maximum(&touched, REACH.div_ceil(cell));
    let mut first = 0;
    let planes = still.planes().iter().zip(plate.planes());
    let fronts = planes.map(|(own, behind)| {
        let step = subsampling(own, width);
        let (matte, expected, beside) = (&matte, &expected, &beside);
        let work = Work { own, behind, matte, expected, beside, cell, step, first };
        first += own.channels;
        work.front()
    });
    let (format, matrix) = (still.format(), still.matrix());
    let made = Image::from_packed(format, still.width(), still.height(), matrix, fronts.collect());
    Ok(Layers { front: made.unwrap_or_else(|_| still.clone()), matte })
}

/// The matte, raised to where some front colour gives the still over the plate.
fn explained(still: &Image, plate: &Image, matte: &Matte) -> Matte {
    let mut alpha = matte.alpha.clone();
    for (own, behind) in still.planes().iter().zip(plate.planes()) {
        let step = subsampling(own, matte.width);
        let line = own.width * own.channels;
        let lines = own.data.chunks_exact(line).zip(behind.data.chunks_exact(line));
        for (y, (own_line, behind_line)) in lines.enumerate().filter(|(_, (a, b))| a != b) {
            let samples = own_line.chunks_exact(own.channels);
            let samples = samples.zip(behind_line.chunks_exact(own.channels));
            for (x, (own, behind)) in samples.enumerate().filter(|(_, (a, b))| a != b) {
                let least = own.iter().zip(behind).map(|(a, b)| least_alpha(*a, *b));
                let least = least.max().unwrap_or(0);
                for y in y * step..((y + 1) * step).min(matte.height) {
                    let row = y * matte.width;
                    let columns = x * step..((x + 1) * step).min(matte.width);
                    for alpha in &mut alpha[row + columns.start..row + columns.end] {
                        *alpha = least.max(*alpha);
                    }
                }
            }
        }
    }
    Matte { alpha, ..*matte }
}

/// The least alpha with which a front over `behind` gives `own`, give or take 1.
fn least_alpha(own: u8, behind: u8) -> u8 {
    let off = u32::from(own.abs_diff(behind)).saturating_sub(1);
    let room = u32::from(if own > behind { 255 - behind } else { behind });
    (off * 255).div_ceil(room.max(1)) as u8
}

/// The colours of the near thing, carried on beyond its edge.
fn expected_front(still: &Image, matte: &Matte, cell: usize) -> Raster<[f32; 4]> {
    let picture = reduced(still, cell);
    let weights = Raster::from_fn(picture.width, picture.height, |x, y| {
        let rows = y * cell..((y + 1) * cell).min(matte.height);
        let columns = x * cell..((x + 1) * cell).min(matte.width);
        let lines = rows.map(|y| &matte.alpha[y * matte.width..][columns.clone()]);
        let least = lines.flatten().min().copied().unwrap_or(0);
        // A cell that is nearly all near thing says a little, if there is nothing better.
        match least {
            255 => 1.0,
            least => 0.02 * (f32::from(least) / 255.0).powi(4),
        }
    });
    push_pull(&picture, &weights, MID_GREY)
}

/// One plane on its way.
struct Work<'a> {
    own: &'a Plane,
    behind: &'a Plane,
    matte: &'a Matte,
    /// The colours of the near thing, cell by cell.
    expected: &'a Raster<[f32; 4]>,
    /// 1 in and beside cells with anything of the near thing, 0 elsewhere.
    beside: &'a Raster<f32>,
    cell: usize,
    step: usize,
    first: usize,
}

impl Work<'_> {
    fn front(&self) -> Vec<u8> {
        let Plane { width, channels, .. } = *self.own;
        let mut out = self.own.data.clone();
        for (i, front) in out.chunks_exact_mut(channels).enumerate() {
            let (x, y) = (i % width, i / width);
            let [cx, cy] = [x, y].map(|i| i * self.step / self.cell);
            // Far from the edge nobody sees the front.
            if self.beside.at(cx, cy) == 0.0 {
                continue;
            }
            let alpha = self.alpha(x, y);
            if alpha >= 1.0 {
                continue;
            }
            let behind = &self.behind.data[i * channels..(i + 1) * channels];
            let expected = &self.expected.at(cx, cy)[self.first..];
            for ((front, behind), expected) in front.iter_mut().zip(behind).zip(expected) {
                *front = unmixed((*front).into(), alpha, (*behind).into(), *expected);
            }
        }
        out
    }

    /// The mean of the matte over a sample, 0..=1.
    fn alpha(&self, x: usize, y: usize) -> f32 {
        let Matte { width, height, ref alpha } = *self.matte;
        if self.step == 1 {
            return f32::from(alpha[y * width + x]) / 255.0;
        }
        let (x0, y0) = (2 * x, 2 * y);
        let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
        let four = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)];
        four.map(|(x, y)| f32::from(alpha[y * width + x])).iter().sum::<f32>() / (4.0 * 255.0)
    }
}

/// The front sample closest to `expected` that gives `own` over `behind`, give or take a half.
fn unmixed(own: f32, alpha: f32, behind: f32, expected: f32) -> u8 {
    let exact = own - (1.0 - alpha) * behind;
    let share = 1.0 / alpha.max(1e-3);
    let front = expected.clamp((exact - 0.5) * share, (exact + 0.5) * share);
    front.clamp(0.0, 255.0).round() as u8
}
