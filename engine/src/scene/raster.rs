// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values over a picture: what a caller hands in, and what is worked with.

use thiserror::Error;

use crate::image::{Image, PixelFormat, Plane};

/// Values over a still, on a grid of any size that covers it.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Width in values.
    pub width: usize,
    /// Height in values.
    pub height: usize,
    /// `[height, width] f32 in 0..1`. What is not a number counts as 0.
    pub values: &'a [f32],
}

/// Why a [`Field`] or a matte was refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// There are more or fewer values than the size says.
    #[error(
        "the {name} is {width}x{height} and holds {got} values: it must hold width * height, at least one"
    )]
    Values {
        /// What the field says.
        name: &'static str,
        /// Width in values.
        width: usize,
        /// Height in values.
        height: usize,
        /// Values that it holds.
        got: usize,
    },
    /// It must have the size of the still.
    #[error(
        "the {name} is {width}x{height}: it must be as large as the still, {want_width}x{want_height}"
    )]
    Size {
        /// What has the wrong size.
        name: &'static str,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Width of the still in pixels.
        want_width: usize,
        /// Height of the still in pixels.
        want_height: usize,
    },
    /// A plate must have the format of the still.
    #[error("the plate is {got}: it must have the format of the still, {want}")]
    Format {
        /// The format of the plate.
        got: PixelFormat,
        /// The format of the still.
        want: PixelFormat,
    },
}

impl FieldError {
    /// Compares a size with that of the still.
    pub(super) fn unless_as_large(
        name: &'static str,
        (width, height): (usize, usize),
        still: &Image,
    ) -> Result<(), Self> {
        let (want_width, want_height) = (still.width() as usize, still.height() as usize);
        if (width, height) == (want_width, want_height) {
            return Ok(());
        }
        Err(Self::Size { name, width, height, want_width, want_height })
    }
}

impl Field<'_> {
    /// A copy, with every value in 0..1.
    pub(super) fn checked(&self, name: &'static str) -> Result<Raster<f32>, FieldError> {
        let Self { width, height, values } = *self;
        let got = values.len();
        if got == 0 || width.checked_mul(height) != Some(got) {
            return Err(FieldError::Values { name, width, height, got });
        }
        let clean = |&v: &f32| if v.is_nan() { 0.0 } else { v.clamp(0.0, 1.0) };
        Ok(Raster { width, height, values: values.iter().map(clean).collect() })
    }
}

/// The samples of a pixel, 0..=255, in the order of the format; unused ones are 0.
pub(super) type Pixel = [f32; 4];

/// A `[height, width]` field of anything.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raster<T> {
    pub width: usize,
    pub height: usize,
    pub values: Vec<T>,
}

impl<T: Copy> Raster<T> {
    pub fn constant(width: usize, height: usize, value: T) -> Self {
        Self { width, height, values: vec![value; width * height] }
    }

    /// Calls `f(x, y)` for every place.
    pub fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            values.extend((0..width).map(|x| f(x, y)));
        }
        Self { width, height, values }
    }

    pub fn at(&self, x: usize, y: usize) -> T {
        self.values[y * self.width + x]
    }

    pub fn map<U: Copy>(&self, f: impl Fn(T) -> U) -> Raster<U> {
        let values = self.values.iter().map(|&v| f(v)).collect();
        Raster { width: self.width, height: self.height, values }
    }

    pub fn row(&self, y: usize) -> &[T] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// Half the size; `f` makes one of the four that lie under it, some of which are the same at
    /// an odd border.
    pub fn halved(&self, f: impl Fn([T; 4]) -> T) -> Self {
        let (w, h) = (self.width.div_ceil(2), self.height.div_ceil(2));
        Self::from_fn(w, h, |x, y| {
            let (x0, y0) = (2 * x, 2 * y);
            let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
            f([self.at(x0, y0), self.at(x1, y0), self.at(x0, y1), self.at(x1, y1)])
        })
    }
}

impl Raster<f32> {
    /// Bilinear change of size.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        let columns: Vec<_> = (0..width).map(|x| taps(x, width, self.width)).collect();
        let rows: Vec<_> = (0..height).map(|y| taps(y, height, self.height)).collect();
        Self::from_fn(width, height, |x, y| {
            let ((x0, x1, fx), (y0, y1, fy)) = (columns[x], rows[y]);
            let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
            let top = mix(self.at(x0, y0), self.at(x1, y0), fx);
            mix(top, mix(self.at(x0, y1), self.at(x1, y1), fx), fy)
        })
    }

    /// Mean over a square of `2 * radius + 1` places a side, with the border repeated.
    pub fn mean(&self, radius: usize) -> Self {
        let (w, h) = (self.width, self.height);
        let share = 1.0 / (2 * radius + 1) as f32;
        let around = |i: usize, length: usize| {
            (0..=2 * radius).map(move |step| (i + step).saturating_sub(radius).min(length - 1))
        };
        let across =
            Self::from_fn(w, h, |x, y| around(x, w).map(|x| self.at(x, y)).sum::<f32>() * share);
        Self::from_fn(w, h, |x, y| around(y, h).map(|y| across.at(x, y)).sum::<f32>() * share)
    }

    /// The largest value within `radius` places in each direction (a square).
    pub fn dilated(&self, radius: usize) -> Self {
        let (w, h) = (self.width, self.height);
        let raise = |out: &mut [f32], by: &[f32]| {
            for (out, &v) in out.iter_mut().zip(by) {
                *out = if v > *out { v } else { *out };
            }
        };
        let mut across = self.clone();
        for (out, row) in across.values.chunks_mut(w.max(1)).zip(self.values.chunks(w.max(1))) {
            for shift in 1..=radius.min(w.saturating_sub(1)) {
                raise(out, &row[shift..]);
                raise(&mut out[shift..], row);
            }
        }
        let mut out = across.clone();
        for (y, out) in out.values.chunks_mut(w.max(1)).enumerate() {
            for from in y.saturating_sub(radius)..(y + radius + 1).min(h) {
                raise(out, across.row(from));
            }
        }
        out
    }
}

/// The two of `from` values that value `i` of `to` lies between, and how far towards the second.
fn taps(i: usize, to: usize, from: usize) -> (usize, usize, f32) {
    let place = (i as f32 + 0.5) * from as f32 / to as f32 - 0.5;
    let place = place.clamp(0.0, (from - 1) as f32);
    let low = place as usize;
    (low, (low + 1).min(from - 1), place - low as f32)
}

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
