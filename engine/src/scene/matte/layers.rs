// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes a still apart into a near thing and what is behind it.

use super::{
    super::{
        plate::membrane::push_pull,
        raster::{FieldError, Raster, reduced, subsampling},
    },
    Matte,
};
use crate::image::{Image, Plane};

/// The long side of the grid on which colours of the near thing are carried on is about this.
const LONG_SIDE: usize = 640;
/// How far from the near thing its colours go on, in pixels.
const REACH: usize = 4;

/// A still in two layers. Where `a` is the matte, `a * front + (1 - a) * plate` is the still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    /// The near thing, without background in its soft edge. Far from it this is the still.
    pub front: Image,
    /// The background. Where the matte is 0 this is the still.
    pub plate: Image,
}

/// Takes `still` apart, given the matte and a filled background (see [`super::super::plate::fill`]).
///
/// In the soft edge both layers are what is expected of them - the colours of the near thing
/// beside the edge, and the filled background - changed as little as it takes to give the still
/// again. Halved chroma goes by the mean of the matte over its pixels. The composite is off by at
/// most 1 of 255.
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
    // A sampler reaches a few pixels beyond the edge.
    let touched = matte.touched(cell).map(|is| if is { 1.0 } else { 0.0 });
    let beside = touched.dilated(REACH.div_ceil(cell));
    let mut first = 0;
    let planes = still.planes().iter().zip(plate.planes());
    let (fronts, plates): (Vec<_>, Vec<_>) = planes
        .map(|(own, behind)| {
            let step = subsampling(own, width);
            let work = Work {
                own,
                behind,
                matte,
                expected: &expected,
                beside: &beside,
                cell,
                step,
                first,
            };
            first += own.channels;
            work.layers()
        })
        .unzip();
    let image = |planes, otherwise: &Image| {
        let (format, matrix) = (still.format(), still.matrix());
        let made = Image::from_packed(format, still.width(), still.height(), matrix, planes);
        made.unwrap_or_else(|_| otherwise.clone())
    };
    Ok(Layers { front: image(fronts, still), plate: image(plates, plate) })
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
    push_pull(&picture, &weights)
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
    fn layers(&self) -> (Vec<u8>, Vec<u8>) {
        let Plane { width, height, channels, .. } = *self.own;
        let (mut front, mut back) = (self.own.data.clone(), self.own.data.clone());
        for y in 0..height {
            for x in 0..width {
                let alpha = self.alpha(x, y);
                let range = (y * width + x) * channels..(y * width + x + 1) * channels;
                let (front, back) = (&mut front[range.clone()], &mut back[range.clone()]);
                let behind = &self.behind.data[range];
                if alpha >= 1.0 {
                    back.copy_from_slice(behind);
                    continue;
                }
                // Far from the edge nobody sees the front.
                let [cx, cy] = [x, y].map(|i| i * self.step / self.cell);
                if self.beside.at(cx, cy) == 0.0 {
                    continue;
                }
                let expected = &self.expected.at(cx, cy)[self.first..];
                for (((front, back), behind), expected) in
                    front.iter_mut().zip(back).zip(behind).zip(expected)
                {
                    let own = f32::from(*front);
                    [*front, *back] = split(own, alpha, *expected, f32::from(*behind));
                }
            }
        }
        (front, back)
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

/// A front and a back sample whose mix is `own`: the expected ones, each changed in proportion to
/// its share, which is the least change in all.
fn split(own: f32, alpha: f32, front: f32, back: f32) -> [u8; 2] {
    let rest = 1.0 - alpha;
    let off = (own - alpha * front - rest * back) / (alpha * alpha + rest * rest);
    let (front, back) = (front + off * alpha, back + off * rest);
    // What rounding takes from one is made good by the one that has more to say.
    if alpha > 0.5 {
        let [back, front] = settled(own, [rest, alpha], back);
        [front, back]
    } else {
        settled(own, [alpha, rest], front)
    }
}

/// Two samples whose mix is `own`, of which the second has the larger share, given the first.
fn settled(own: f32, [less, more]: [f32; 2], first: f32) -> [u8; 2] {
    let whole = |v: f32| v.clamp(0.0, 255.0).round();
    let first = whole(first);
    let exact = (own - less * first) / more;
    let second = whole(exact);
    let is_reached = (0.0..=255.0).contains(&exact) || less == 0.0;
    let first = if is_reached { first } else { whole((own - more * second) / less) };
    [first as u8, second as u8]
}
