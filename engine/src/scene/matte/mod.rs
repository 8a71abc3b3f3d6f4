// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much of each pixel is a near thing: a soft edge that follows the one in the picture.
//!
//! What analysis says is rough: its edges are off by some pixels of a small picture. In a band
//! around them each pixel looks for a colour of the near thing and one of the background which it
//! may be a mix of (`samples`); a filter that follows the picture makes these guesses agree
//! (`linear`) and brings them to full resolution. [`separate`] takes the background's colour
//! out of the soft edge.

mod layers;
mod linear;
mod samples;

pub use layers::{Layers, separate};

use self::{
    linear::{Model, fitted},
    samples::{Part, parts},
};
use super::{
    field::{Field, FieldError},
    raster::Raster,
    reduced::{reduced, subsampling},
};
use crate::image::Image;

/// The long side of the grid that edges are found on is about this.
const LONG_SIDE: usize = 640;
/// How far an edge may be off, as a share of the long side: three pixels of 384.
const ROUGH: f32 = 0.009;

/// How much of each pixel of a still is a near thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matte {
    /// Width in pixels, that of the still.
    pub width: usize,
    /// Height in pixels, that of the still.
    pub height: usize,
    /// `[height, width]`: 0 = background, 255 = near thing. Exactly so away from edges.
    pub alpha: Vec<u8>,
}

impl Matte {
    /// Checks that it covers `still`.
    pub(super) fn check(&self, still: &Image) -> Result<(), FieldError> {
        let &Self { width, height, ref alpha } = self;
        FieldError::unless_as_large("matte", (width, height), still)?;
        let got = alpha.len();
        if width * height != got {
            return Err(FieldError::Values { name: "matte", width, height, got });
        }
        Ok(())
    }

    /// The cells of `cell` by `cell` pixels in which there is anything of the near thing.
    pub(super) fn touched(&self, cell: usize) -> Raster<bool> {
        let (columns, rows) = (self.width.div_ceil(cell), self.height.div_ceil(cell));
        let mut out = Raster::constant(columns, rows, false);
        for (y, line) in self.alpha.chunks_exact(self.width).enumerate() {
            for (touched, alpha) in
                out.values[y / cell * columns..].iter_mut().zip(line.chunks(cell))
            {
                *touched |= alpha.iter().any(|alpha| *alpha > 0);
            }
        }
        out
    }
}

/// Finds the matte of a near thing. `near` says roughly where it is (1) and where not (0), at any
/// size; its edges may be off by a hundredth of the long side.
///
/// # Errors
/// [`FieldError`] when `near` does not hold as many values as its size says.
pub fn refine(still: &Image, near: Field<'_>) -> Result<Matte, FieldError> {
    let near = near.checked("near thing")?;
    let long = still.width().max(still.height()) as usize;
    let cell = ((long + LONG_SIDE / 2) / LONG_SIDE).max(1);
    let picture = reduced(still, cell);
    let near = near.resized(picture.width, picture.height);
    let radius = (ROUGH * picture.width.max(picture.height) as f32).ceil() as usize;
    let parts = parts(&near, radius);
    let guesses = samples::guesses(&picture, &parts, &near, radius);
    // Wide windows carry what is known into the band, narrow ones find thin things.
    let wide = fitted(&picture, &guesses, &parts, radius + 1);
    let again = samples::kept(&picture, &guesses, &wide);
    let models = fitted(&picture, &again, &parts, (radius / 3).max(1));
    Ok(written(still, cell, &parts, &models))
}

/// The matte at full resolution: what the models make of the colours of the still.
fn written(still: &Image, cell: usize, parts: &Raster<Part>, models: &Raster<Model>) -> Matte {
    let (width, height) = (still.width() as usize, still.height() as usize);
    let mut alpha = Vec::with_capacity(width * height);
    let taps = |i: usize, cells: usize| {
        let place = (i as f32 + 0.5) / cell as f32 - 0.5;
        let place = place.clamp(0.0, (cells - 1) as f32);
        let low = place as usize;
        (low, (low + 1).min(cells - 1), place - low as f32)
    };
    let columns: Vec<_> = (0..width).map(|x| taps(x, parts.width)).collect();
    for y in 0..height {
        let (above, below, down) = taps(y, parts.height);
        for (x, &(left, right, across)) in columns.iter().enumerate() {
            let corners = [(left, above), (right, above), (left, below), (right, below)];
            let kinds = corners.map(|(x, y)| parts.at(x, y));
            alpha.push(match kinds {
                [Part::Near, Part::Near, Part::Near, Part::Near] => 255,
                [Part::Behind, Part::Behind, Part::Behind, Part::Behind] => 0,
                _ => {
                    let shares = [
                        (1.0 - across) * (1.0 - down),
                        across * (1.0 - down),
                        (1.0 - across) * down,
                        across * down,
                    ];
                    let colour = colour_at(still, x, y);
                    let values = corners.map(|(x, y)| match parts.at(x, y) {
                        Part::Near => 1.0,
                        Part::Behind => 0.0,
                        Part::Edge => models.at(x, y).alpha(colour),
                    });
                    let value: f32 = values.iter().zip(shares).map(|(v, share)| v * share).sum();
                    (contrast(value) * 255.0 + 0.5) as u8
                }
            });
        }
    }
    Matte { width, height, alpha }
}

/// Nearly nothing is nothing, and nearly all is all: a fit leaves a little everywhere.
fn contrast(alpha: f32) -> f32 {
    ((alpha - 0.06) / 0.88).clamp(0.0, 1.0)
}

/// The three colour samples of a pixel.
#[inline(always)]
fn colour_at(still: &Image, x: usize, y: usize) -> [f32; 3] {
    let mut colour = [0.0; 3];
    let mut first = 0;
    for plane in still.planes() {
        let step = subsampling(plane, still.width() as usize);
        let at = (y / step * plane.width + x / step) * plane.channels;
        for (value, sample) in colour[first..].iter_mut().zip(&plane.data[at..at + plane.channels])
        {
            *value = f32::from(*sample);
        }
        first += plane.channels;
    }
    colour
}
