// SPDX-License-Identifier: MIT OR Apache-2.0
//! How parts of the still move by themselves: leaves in the wind, water, clouds.
//!
//! What moves is a displacement of each layer in the still's own plane, on the grid of its depth,
//! so the camera takes it along. There are two kinds. What swings is a sum of waves about its
//! place: a closed form of time, less its value at the start, so that the first frame is the
//! still (after Li and others, "Generative Image Dynamics", 2023, section 3: a few low
//! frequencies are all that trees, cloth and flames need). What flows goes on for ever in one
//! direction: two copies of the picture, half a period apart, each carried along and faded out
//! before it starts again (after Holynski and others, "Animating Pictures with Eulerian Motion
//! Fields", 2021, section 4.2).

mod brush;
mod distance;
mod flow;
mod noise;
mod plan;
mod sway;
mod water;

pub(super) use brush::{Region, regions};
pub(super) use plan::{Surroundings, drift};

use super::{map::Map, moment::Moment, sample::FRACTION_BITS};

/// One wave: `amplitude` pixels of the map at phase `phase` radians, per pixel and axis.
struct Wave {
    hertz: f64,
    /// Amplitude times cosine and sine of the phase, across, then down, in widths of the map.
    terms: Vec<[f32; 4]>,
}

/// A steady current.
struct Current {
    /// Widths of the map per second, across and down.
    velocity: Vec<[f32; 2]>,
    /// Seconds after which a copy starts again.
    period: f64,
}

/// How the parts of one layer move, for each pixel of the map of its depth.
#[derive(Default)]
pub(super) struct Motions {
    width: usize,
    height: usize,
    waves: Vec<Wave>,
    /// Ways that are made once, from the start of the clip to its end, in widths of the map.
    journeys: Vec<Vec<[f32; 2]>>,
    current: Option<Current>,
}

impl Motions {
    /// Adds a wave: `amplitude` in widths of the map, `direction` across and down, phases in
    /// radians.
    fn add_wave(&mut self, hertz: f64, direction: [f32; 2], amplitude: &Map, phase: &Map) {
        let term = |(amplitude, phase): (&f32, &f32)| {
            let (sin, cos) = phase.sin_cos();
            let [x, y] = direction.map(|d| d * amplitude);
            [x * cos, x * sin, y * cos, y * sin]
        };
        let terms = amplitude.values.iter().zip(&phase.values).map(term).collect();
        (self.width, self.height) = (amplitude.width, amplitude.height);
        self.waves.push(Wave { hertz, terms });
    }

    /// Whether pixel `i` of the map ever moves by as much as anybody could see.
    fn moves(&self, i: usize) -> bool {
        const LEAST: f32 = 1e-5;
        let wave = |wave: &Wave| wave.terms[i].iter().any(|term| term.abs() > LEAST);
        let way = |way: &Vec<[f32; 2]>| way[i].iter().any(|way| way.abs() > LEAST);
        self.waves.iter().any(wave)
            || self.journeys.iter().any(way)
            || self.current.as_ref().is_some_and(|current| way(&current.velocity))
    }
}

/// How the parts of one layer move, for the pixels that do.
pub(super) struct Drift {
    motions: Motions,
    /// The pixels of the map that move; `motions` holds one entry for each of these.
    pixels: Vec<u32>,
    /// Whether any pixel of a block of [`BLOCK`] pixels a side, or beside it, moves.
    blocks: Vec<bool>,
}

/// Pixels of the map along the side of a block.
const BLOCK: usize = 8;

/// Where everything in a layer has gone at a moment.
pub(super) struct Displacement<'a> {
    drift: &'a Drift,
    /// Shift of each pixel of the map for the first copy of the picture, and for the second, in
    /// widths of the map, right and down.
    shifts: [Vec<[f32; 2]>; 2],
    /// How much of the second copy is seen, of 255; with 0 there is none.
    pub second: u8,
}

impl Drift {
    fn new(mut motions: Motions) -> Self {
        let (w, h) = (motions.width, motions.height);
        let pixels: Vec<u32> = (0..w * h).filter(|i| motions.moves(*i)).map(|i| i as u32).collect();
        let across = w.div_ceil(BLOCK);
        let mut blocks = vec![false; across * h.div_ceil(BLOCK)];
        for i in &pixels {
            let (x, y) = (*i as usize % w, *i as usize / w);
            for y in y.saturating_sub(1)..(y + 2).min(h) {
                for x in x.saturating_sub(1)..(x + 2).min(w) {
                    blocks[y / BLOCK * across + x / BLOCK] = true;
                }
            }
        }
        fn keep<T: Copy>(values: &mut Vec<T>, pixels: &[u32]) {
            *values = pixels.iter().map(|i| values[*i as usize]).collect();
        }
        motions.waves.iter_mut().for_each(|wave| keep(&mut wave.terms, &pixels));
        motions.journeys.iter_mut().for_each(|ways| keep(ways, &pixels));
        motions.current.iter_mut().for_each(|current| keep(&mut current.velocity, &pixels));
        Self { motions, pixels, blocks }
    }

    /// Where everything is at `moment`; nothing where it is where it was.
    pub fn at(&self, moment: &Moment) -> Option<Displacement<'_>> {
        if self.pixels.is_empty() || moment.seconds <= 0.0 {
            return None;
        }
        let Motions { width, height, waves, journeys, current } = &self.motions;
        let strength = moment.gain.sqrt();
        let mut moved = vec![[0.0_f32; 2]; self.pixels.len()];
        for wave in waves {
            let turn = std::f64::consts::TAU * moment.hertz(wave.hertz) * moment.seconds;
            // cos(turn + phase) - cos(phase), by the cosine and the sine of the phase.
            let (sin, cos) = turn.sin_cos();
            let (cos, sin) = ((strength * (cos - 1.0)) as f32, (-strength * sin) as f32);
            for (moved, [xc, xs, yc, ys]) in moved.iter_mut().zip(&wave.terms) {
                *moved = [moved[0] + xc * cos + xs * sin, moved[1] + yc * cos + ys * sin];
            }
        }
        let go = |moved: &mut [[f32; 2]], ways: &[[f32; 2]], share: f64| {
            let share = (strength * share) as f32;
            for (moved, way) in moved.iter_mut().zip(ways) {
                *moved = [moved[0] + way[0] * share, moved[1] + way[1] * share];
            }
        };
        journeys.iter().for_each(|ways| go(&mut moved, ways, moment.progress()));
        let over_the_map = |moved: &[[f32; 2]]| {
            let mut shifts = vec![[0.0; 2]; width * height];
            for (i, moved) in self.pixels.iter().zip(moved) {
                shifts[*i as usize] = *moved;
            }
            shifts
        };
        let Some(current) = current else {
            let shifts = [over_the_map(&moved), Vec::new()];
            return Some(Displacement { drift: self, shifts, second: 0 });
        };
        let carried = |age: f64| {
            let mut moved = moved.clone();
            go(&mut moved, &current.velocity, age);
            over_the_map(&moved)
        };
        let second = (current.second(moment) * 255.0).round() as u8;
        Some(Displacement { drift: self, shifts: current.ages(moment).map(carried), second })
    }
}

impl Current {
    /// The period that a clip which ends as it began holds a whole number of times.
    fn period(&self, moment: &Moment) -> f64 {
        1.0 / moment.hertz(1.0 / self.period)
    }

    /// Seconds for which each copy has been carried: negative before it is where it was.
    fn ages(&self, moment: &Moment) -> [f64; 2] {
        let period = self.period(moment);
        let turn = moment.seconds / period;
        [turn + 0.5, turn].map(|turn| (turn.rem_euclid(1.0) - 0.5) * period)
    }

    /// How much of the second copy is seen: nothing at the start, when the first is where it was,
    /// and nothing whenever the second starts again.
    fn second(&self, moment: &Moment) -> f64 {
        let turn = (moment.seconds / self.period(moment)).rem_euclid(1.0);
        1.0 - (2.0 * turn - 1.0).abs()
    }
}

impl Displacement<'_> {
    /// Moves the places of a row of the grid of a picture of `size` pixels by the shift of copy
    /// `copy`: what has moved to the right is found on the left.
    pub fn apply(&self, copy: usize, size: [u32; 2], xs: &mut [i32], ys: &mut [i32]) {
        const ONE: f32 = (1 << FRACTION_BITS) as f32;
        let Motions { width, height, .. } = self.drift.motions;
        let (shifts, blocks) = (&self.shifts[copy], width.div_ceil(BLOCK));
        let scale = [width as f32 / size[0] as f32, height as f32 / size[1] as f32];
        let last = [width, height].map(|side| side as f32 - 1.0);
        let end = size.map(|side| ((side - 1) << FRACTION_BITS) as i32);
        let pixels = size[0] as f32 * ONE;
        for (x, y) in xs.iter_mut().zip(ys) {
            let u = ((*x as f32 / ONE + 0.5) * scale[0] - 0.5).max(0.0).min(last[0]);
            let v = ((*y as f32 / ONE + 0.5) * scale[1] - 0.5).max(0.0).min(last[1]);
            let (left, top) = (u as usize, v as usize);
            if !self.drift.blocks[top / BLOCK * blocks + left / BLOCK] {
                continue;
            }
            let (across, down) = (u - left as f32, v - top as f32);
            let (right, below) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
            let [a, b] = [left, right].map(|x| shifts[top * width + x]);
            let [c, d] = [left, right].map(|x| shifts[below * width + x]);
            let shift = |axis: usize| {
                let upper = a[axis] + (b[axis] - a[axis]) * across;
                let lower = c[axis] + (d[axis] - c[axis]) * across;
                ((upper + (lower - upper) * down) * pixels) as i32
            };
            *x = (*x - shift(0)).clamp(0, end[0]);
            *y = (*y - shift(1)).clamp(0, end[1]);
        }
    }

    /// Whether a second copy of the picture is seen.
    pub fn flows(&self) -> bool {
        self.second > 0
    }
}
