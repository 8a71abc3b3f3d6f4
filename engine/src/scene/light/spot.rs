// SPDX-License-Identifier: MIT OR Apache-2.0
//! A place of the still, as light looks it up, and numbers that look random.

use crate::{
    random::SplitMix,
    scene::{raster::Map, sample::FRACTION_BITS},
};

/// Points of the lattice of [`Noise`] along each side; a power of two.
const LATTICE: usize = 64;
/// Added before a place is cut to a whole number, which is then never negative. A multiple of
/// [`LATTICE`].
const AHEAD: f32 = 4096.0;

/// A place of the still.
#[derive(Debug, Clone, Copy)]
pub(in crate::scene) struct Spot {
    /// From the top left corner to the right and down, in picture widths.
    pub place: [f32; 2],
    /// The cell of the maps that it lies in.
    corner: usize,
    /// Where in that cell, 0..1.
    within: [f32; 2],
}

/// Finds the places of the still that a frame shows on maps of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::scene) struct Chart {
    /// Picture widths in the unit of a place.
    unit: f32,
    /// Cells of the maps in it, and where the first begins.
    cells: [f32; 2],
    start: [f32; 2],
    /// The last cell across and down.
    last: [usize; 2],
    width: usize,
}

impl Chart {
    /// For maps of `width` x `height` values of a still of `size` pixels.
    pub fn new(size: [u32; 2], [width, height]: [usize; 2]) -> Self {
        let size = size.map(|side| side as f32);
        let one = (1 << FRACTION_BITS) as f32;
        let per_pixel = [width as f32 / size[0], height as f32 / size[1]];
        Self {
            unit: 1.0 / (one * size[0]),
            cells: per_pixel.map(|cells| cells / one),
            start: per_pixel.map(|cells| 0.5 * cells - 0.5),
            // The cell behind the last value would have no other end.
            last: [width, height].map(|values| values.saturating_sub(2)),
            width,
        }
    }

    /// The place `x`, `y` in pixels with [`FRACTION_BITS`] fraction bits.
    #[inline(always)]
    pub fn spot(&self, x: i32, y: i32) -> Spot {
        let along = |v: i32, axis: usize| {
            let at = (v as f32 * self.cells[axis] + self.start[axis]).max(0.0);
            let cell = (at as usize).min(self.last[axis]);
            (cell, (at - cell as f32).min(1.0))
        };
        let ((left, across), (top, down)) = (along(x, 0), along(y, 1));
        let place = [x, y].map(|v| v as f32 * self.unit);
        Spot {
            place,
            corner: top.wrapping_mul(self.width).wrapping_add(left),
            within: [across, down],
        }
    }
}

impl Spot {
    /// The value of `map` there, bilinear.
    #[inline(always)]
    pub fn of(&self, map: &Map) -> f32 {
        let [across, down] = self.within;
        let last = map.values.len() - 1;
        let two = |at: usize| {
            let a = map.values[at.min(last)];
            a + (map.values[at.wrapping_add(1).min(last)] - a) * across
        };
        let above = two(self.corner);
        above + (two(self.corner.wrapping_add(map.width)) - above) * down
    }
}

/// Smooth noise over a plane, which repeats after [`LATTICE`].
#[derive(Debug)]
pub(in crate::scene) struct Noise(Vec<f32>);

impl Noise {
    pub fn new(seed: u64) -> Self {
        let mut random = SplitMix(seed);
        Self((0..LATTICE * LATTICE).map(|_| random.next_unit() as f32).collect())
    }

    /// 0..1 at a place, in steps of the lattice.
    #[inline]
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (wrap(x) + AHEAD, wrap(y) + AHEAD);
        let (left, top) = (x as usize, y as usize);
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (across, down) = (ease(x - left as f32), ease(y - top as f32));
        let value =
            |i: usize, j: usize| self.0[(top + j) % LATTICE * LATTICE + (left + i) % LATTICE];
        let row = |j| value(0, j) + (value(1, j) - value(0, j)) * across;
        let above = row(0);
        above + (row(1) - above) * down
    }

    /// Three octaves of it, 0..1, about 0.5 in the middle: like billows.
    pub fn billows(&self, x: f32, y: f32) -> f32 {
        // Turned, so that no octave has its lattice where another has.
        let (x2, y2) = (1.6 * x - 1.2 * y, 1.2 * x + 1.6 * y);
        let (x3, y3) = (1.6 * x2 - 1.2 * y2, 1.2 * x2 + 1.6 * y2);
        let sum = self.at(x, y) + 0.5 * self.at(x2 + 7.3, y2 + 3.1) + 0.25 * self.at(x3, y3 + 9.7);
        sum / 1.75
    }
}

/// Keeps a place so small that a fraction of it is still known.
fn wrap(v: f32) -> f32 {
    if v.abs() < 2048.0 { v } else { v % LATTICE as f32 }
}

/// A number from 0 to 1 for each `index`.
pub(in crate::scene) fn unit(index: usize, seed: u64) -> f32 {
    SplitMix(seed ^ (index as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93)).next_unit() as f32
}

/// Noise in time, 0..1, smooth; one value in `1 / hertz` seconds.
pub(in crate::scene) fn unsteady(seconds: f64, hertz: f64, seed: u64) -> f32 {
    let at = (seconds * hertz).max(0.0);
    let (before, share) = (at as usize, at.fract() as f32);
    let [a, b] = [before, before + 1].map(|i| unit(i, seed));
    a + (b - a) * share * share * (3.0 - 2.0 * share)
}
