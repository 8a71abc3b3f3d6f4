// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a pixel of the edge may be a mix of (after Gastal and Oliveira, "Shared Sampling for
//! Real-Time Alpha Matting", 2010).

use super::{
    super::raster::{Pixel, Raster},
    linear::Model,
};
use crate::scene::filter::{maximum, minimum};

/// What is sure of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it is the near thing.
    Near,
    /// All of it is background.
    Behind,
    /// It may be a mix.
    Edge,
}

/// How much of a place is the near thing, and how sure that is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guess {
    /// 0..=1.
    pub alpha: f32,
    /// More than 0, at most 1.
    pub weight: f32,
}

/// Noise in a picture, as a squared difference over three channels.
const NOISE: f32 = 60.0;
/// Squared difference of two colours above which they are told apart well.
const APART: f32 = 900.0;
/// What the rough matte counts at its edge, and what it counts more where it is as far from its
/// edge as that may be off.
const ROUGH_WEIGHT: [f32; 2] = [0.02, 0.3];

/// Which places are surely near or behind: those farther than `radius` from the edge of `near`.
pub(super) fn parts(near: &Raster<f32>, radius: usize) -> Raster<Part> {
    let most = maximum(near, radius);
    let least = minimum(near, radius);
    Raster::from_fn(near.width, near.height, |x, y| {
        if least.at(x, y) > 0.6 {
            Part::Near
        } else if most.at(x, y) < 0.4 {
            Part::Behind
        } else {
            Part::Edge
        }
    })
}

/// A guess for every place.
pub(super) fn guesses(
    picture: &Raster<Pixel>,
    parts: &Raster<Part>,
    near: &Raster<f32>,
    radius: usize,
) -> Raster<Guess> {
    let closest = [Part::Near, Part::Behind].map(|part| closest(parts, part));
    let spread = near.smoothed(radius);
    let rough = |x: usize, y: usize| {
        let far = (2.0 * spread.at(x, y) - 1.0).abs();
        let weight = ROUGH_WEIGHT[0] + ROUGH_WEIGHT[1] * far * far * far;
        Guess { alpha: near.at(x, y), weight }
    };
    Raster::from_fn(parts.width, parts.height, |x, y| match parts.at(x, y) {
        Part::Near => Guess { alpha: 1.0, weight: 1.0 },
        Part::Behind => Guess { alpha: 0.0, weight: 1.0 },
        Part::Edge => {
            let [fronts, backs] =
                [0, 1].map(|i| candidates(picture, &closest[i], (x, y), 2 * radius));
            let own = picture.at(x, y);
            let rough = rough(x, y);
            best_mix(own, &fronts, &backs).map_or(rough, |mix| {
                let weight = mix.weight + rough.weight;
                let alpha = mix.alpha * mix.weight + rough.alpha * rough.weight;
                Guess { alpha: alpha / weight, weight: weight.min(0.99) }
            })
        }
    })
}

/// The guesses again, with what a first fit made of the unsure ones.
pub(super) fn kept(
    picture: &Raster<Pixel>,
    guesses: &Raster<Guess>,
    models: &Raster<Model>,
) -> Raster<Guess> {
    Raster::from_fn(picture.width, picture.height, |x, y| {
        let (guess, model) = (guesses.at(x, y), models.at(x, y));
        if guess.weight == 1.0 {
            return guess;
        }
        let [a, b, c, _] = picture.at(x, y);
        let fit = model.alpha([a, b, c]).clamp(0.0, 1.0);
        let weight = guess.weight + 0.3;
        Guess { alpha: (guess.alpha * guess.weight + fit * 0.3) / weight, weight }
    })
}

/// The place of the closest that is `part`, for every place (two passes over the neighbours:
/// Danielsson 1980); [`NOWHERE`] where there is none.
fn closest(parts: &Raster<Part>, part: Part) -> Raster<[u16; 2]> {
    let (w, h) = (parts.width, parts.height);
    let mut out =
        Raster::from_fn(
            w,
            h,
            |x, y| {
                if parts.at(x, y) == part { [x as u16, y as u16] } else { NOWHERE }
            },
        );
    for backward in [false, true] {
        let turn = |i: usize, length: usize| if backward { length - 1 - i } else { i };
        for j in 0..h {
            for i in (0..w).chain((0..w).rev()) {
                let (x, y) = (turn(i, w), turn(j, h));
                let mut best = out.at(x, y);
                if best == [x as u16, y as u16] {
                    continue;
                }
                let left = x.checked_sub(1).map(|x| out.at(x, y));
                let right = (x + 1 < w).then(|| out.at(x + 1, y));
                let above = (j > 0).then(|| out.at(x, turn(j - 1, h)));
                for other in [left, right, above].into_iter().flatten() {
                    if way(other, x, y) < way(best, x, y) {
                        best = other;
                    }
                }
                out.values[y * w + x] = best;
            }
        }
    }
    out
}

/// No place.
const NOWHERE: [u16; 2] = [u16::MAX; 2];

/// The square of the way to a place.
fn way(place: [u16; 2], x: usize, y: usize) -> u32 {
    if place == NOWHERE {
        return u32::MAX;
    }
    let square = |a: u16, b: usize| usize::from(a).abs_diff(b).pow(2) as u32;
    square(place[0], x) + square(place[1], y)
}

/// Colours that the near thing (or the background) has close by: those closest to the place and to
/// four others around it.
fn candidates(
    picture: &Raster<Pixel>,
    closest: &Raster<[u16; 2]>,
    (x, y): (usize, usize),
    step: usize,
) -> [Option<Pixel>; 5] {
    let (right, low) = (picture.width - 1, picture.height - 1);
    let around = [
        (x, y),
        (x.saturating_sub(step), y),
        ((x + step).min(right), y),
        (x, y.saturating_sub(step)),
        (x, (y + step).min(low)),
    ];
    around.map(|(x, y)| {
        let place = closest.at(x, y);
        (place != NOWHERE).then(|| picture.at(place[0].into(), place[1].into()))
    })
}

/// The mix of a front and a back colour that comes closest to `own`.
fn best_mix(own: Pixel, fronts: &[Option<Pixel>; 5], backs: &[Option<Pixel>; 5]) -> Option<Guess> {
    let mut best: Option<(f32, Guess)> = None;
    for front in fronts.iter().flatten() {
        for back in backs.iter().flatten() {
            let along: f32 = (0..3).map(|c| (own[c] - back[c]) * (front[c] - back[c])).sum();
            let length: f32 = (0..3).map(|c| front[c] - back[c]).map(|way| way * way).sum();
            let alpha = (along / length.max(1.0)).clamp(0.0, 1.0);
            let off: f32 = (0..3)
                .map(|c| own[c] - back[c] - alpha * (front[c] - back[c]))
                .map(|d| d * d)
                .sum();
            // Two colours that are alike explain everything and tell nothing.
            let cost = (off + NOISE) / (length / (length + APART)).max(0.01);
            if best.is_none_or(|(least, _)| cost < least) {
                let weight = (-off / (4.0 * NOISE)).exp() * length / (length + APART);
                best = Some((cost, Guess { alpha, weight: weight * 0.9 }));
            }
        }
    }
    best.map(|(_, guess)| guess)
}
