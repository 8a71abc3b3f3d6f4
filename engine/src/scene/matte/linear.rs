// SPDX-License-Identifier: MIT OR Apache-2.0
//! In a small window a matte is nearly a linear function of colour (guided filter: He, Sun and
//! Tang 2010, with weights; applied at full resolution as in He and Sun, "Fast Guided Filter",
//! 2015).

use super::{
    super::raster::{Pixel, Raster},
    samples::{Guess, Part},
};
use crate::scene::filter::maximum;

/// Variance of colour below which a window counts as flat, for samples 0..=255.
const FLAT: f32 = 9.0;

/// Alpha as a linear function of colour.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Model {
    slope: [f32; 3],
    offset: f32,
}

impl Model {
    /// What the function gives; a little outside 0..=1 at times.
    #[inline(always)]
    pub fn alpha(&self, colour: [f32; 3]) -> f32 {
        let [a, b, c] = self.slope;
        a * colour[0] + b * colour[1] + c * colour[2] + self.offset
    }
}

/// Weighted sums over a window: of one, colour, products of colours, alpha, alpha times colour.
const SUMS: usize = 14;

/// The mean, for every place of the edge, of the functions that fit best in the windows over it.
/// Places beside the edge have none.
pub(super) fn fitted(
    picture: &Raster<Pixel>,
    guesses: &Raster<Guess>,
    parts: &Raster<Part>,
    radius: usize,
) -> Raster<Model> {
    let wanted = maximum(&parts.map(|part| if part == Part::Edge { 1.0 } else { 0.0 }), radius);
    let moments = |x: usize, y: usize| {
        let (Guess { alpha, weight }, [r, g, b, _]) = (guesses.at(x, y), picture.at(x, y));
        // About the middle, so that differences of large sums keep their digits.
        let [r, g, b] = [r - 128.0, g - 128.0, b - 128.0];
        [
            1.0,
            r,
            g,
            b,
            r * r,
            r * g,
            r * b,
            g * g,
            g * b,
            b * b,
            alpha,
            alpha * r,
            alpha * g,
            alpha * b,
        ]
        .map(|v| v * weight)
    };
    let models = box_sums::<SUMS>(&wanted, radius, moments, solve);
    let edge = parts.map(|part| if part == Part::Edge { 1.0 } else { 0.0 });
    let parts_of = |x: usize, y: usize| {
        let Model { slope: [a, b, c], offset } = models.at(x, y);
        if wanted.at(x, y) > 0.0 { [a, b, c, offset, 1.0] } else { [0.0; 5] }
    };
    box_sums::<5>(&edge, radius, parts_of, |[a, b, c, offset, count]| {
        let share = 1.0 / count.max(1.0);
        Model { slope: [a * share, b * share, c * share], offset: offset * share }
    })
}

/// Sums `values` over squares of `2 * radius + 1` around each place that is `wanted`, and makes
/// something of each. Places of the rows and columns around what is wanted alone are looked at.
fn box_sums<const N: usize>(
    wanted: &Raster<f32>,
    radius: usize,
    values: impl Fn(usize, usize) -> [f32; N],
    make: impl Fn([f32; N]) -> Model,
) -> Raster<Model> {
    let (w, h) = (wanted.width, wanted.height);
    let mut out = Raster::constant(w, h, Model::default());
    let needed = maximum(wanted, radius);
    let mut rows: Vec<Vec<[f32; N]>> = vec![vec![[0.0; N]; w]; 2 * radius + 1];
    let across = |y: usize, out: &mut [[f32; N]]| {
        out.fill([0.0; N]);
        let mut x = 0;
        while x < w {
            if needed.at(x, y) == 0.0 {
                x += 1;
                continue;
            }
            let from = x;
            while x < w && needed.at(x, y) > 0.0 {
                x += 1;
            }
            for at in from..x {
                let value = values(at, y);
                let low = at.saturating_sub(radius);
                for sum in &mut out[low..(at + radius + 1).min(w)] {
                    for (sum, value) in sum.iter_mut().zip(value) {
                        *sum += value;
                    }
                }
            }
        }
    };
    for y in 0..h + radius {
        if y < h {
            let slot = y % (2 * radius + 1);
            across(y, &mut rows[slot]);
        }
        let Some(middle) = y.checked_sub(radius) else { continue };
        let span = middle.saturating_sub(radius)..=(middle + radius).min(h - 1);
        let line = &mut out.values[middle * w..(middle + 1) * w];
        let places = line.iter_mut().zip(wanted.row(middle)).enumerate();
        for (x, (out, _)) in places.filter(|(_, (_, wanted))| **wanted > 0.0) {
            let mut total = [0.0; N];
            for from in span.clone() {
                for (total, value) in total.iter_mut().zip(rows[from % (2 * radius + 1)][x]) {
                    *total += value;
                }
            }
            *out = make(total);
        }
    }
    out
}

/// The linear function that fits best (a 3 by 3 system, by Cramer's rule).
fn solve(sums: [f32; SUMS]) -> Model {
    let [count, r, g, b, rr, rg, rb, gg, gb, bb, alpha, ar, ag, ab] = sums;
    let share = 1.0 / count.max(1e-6);
    let [r, g, b, alpha] = [r, g, b, alpha].map(|v| v * share);
    let [rr, gg, bb] =
        [rr * share - r * r, gg * share - g * g, bb * share - b * b].map(|v| v + FLAT);
    let [rg, rb, gb] = [rg * share - r * g, rb * share - r * b, gb * share - g * b];
    let [ar, ag, ab] = [ar * share - alpha * r, ag * share - alpha * g, ab * share - alpha * b];
    let (m0, m1, m2) = (gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg);
    let whole = rr * m0 + rg * m1 + rb * m2;
    let share = if whole > 1e-3 { 1.0 / whole } else { 0.0 };
    let slope = [
        (m0 * ar + m1 * ag + m2 * ab) * share,
        (m1 * ar + (rr * bb - rb * rb) * ag + (rg * rb - rr * gb) * ab) * share,
        (m2 * ar + (rg * rb - rr * gb) * ag + (rr * gg - rg * rg) * ab) * share,
    ];
    let offset = alpha - slope[0] * (r + 128.0) - slope[1] * (g + 128.0) - slope[2] * (b + 128.0);
    Model { slope, offset }
}
