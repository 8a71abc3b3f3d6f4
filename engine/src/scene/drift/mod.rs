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
mod displacement;
mod distance;
mod flow;
mod noise;
mod plan;
mod sway;
mod water;

pub(super) use brush::regions;
pub(super) use plan::{Surroundings, drift};

use rayon::prelude::*;

pub(super) use displacement::Displacement;

use super::{moment::Moment, raster::Map};

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
pub(super) struct Motions {
    /// How fast everything goes, 1 for as fast as it usually does.
    pace: f64,
    width: usize,
    height: usize,
    waves: Vec<Wave>,
    /// Ways that are made once, from the start of the clip to its end, in widths of the map.
    journeys: Vec<Vec<[f32; 2]>>,
    current: Option<Current>,
}

impl Motions {
    fn new(pace: f64) -> Self {
        let (waves, journeys) = (Vec::new(), Vec::new());
        Self { pace, width: 0, height: 0, waves, journeys, current: None }
    }

    /// Adds a wave: `amplitude` in widths of the map, `direction` across and down, phases in
    /// radians. What goes across is `ahead` radians ahead of what goes down.
    fn add_wave(
        &mut self,
        hertz: f64,
        direction: [f32; 2],
        ahead: f32,
        amplitude: &Map,
        phase: &Map,
    ) {
        let term = |(amplitude, phase): (&f32, &f32)| {
            let [x, y] = direction.map(|d| d * amplitude);
            let [(xs, xc), (ys, yc)] = [phase + ahead, *phase].map(f32::sin_cos);
            [x * xc, x * xs, y * yc, y * ys]
        };
        let terms = amplitude.values.iter().zip(&phase.values).map(term).collect();
        (self.width, self.height) = (amplitude.width, amplitude.height);
        self.waves.push(Wave { hertz: hertz * self.pace, terms });
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
    /// The first and the last column and row with one of them, and one more on each side.
    bounds: [[f32; 2]; 2],
}

/// Pixels of the map that one core moves at a time.
const CHUNK: usize = 8192;

impl Drift {
    fn new(mut motions: Motions) -> Self {
        let (w, h) = (motions.width, motions.height);
        let pixels: Vec<u32> = (0..w * h).filter(|i| motions.moves(*i)).map(|i| i as u32).collect();
        let place = |i: &u32| [*i as usize % w, *i as usize / w].map(|at| at as f32);
        let none = [[f32::MAX, f32::MIN]; 2];
        let bounds = pixels.iter().map(place).fold(none, |bounds, at| {
            [0, 1].map(|axis| {
                let [low, high]: [f32; 2] = bounds[axis];
                [low.min(at[axis] - 1.0), high.max(at[axis] + 1.0)]
            })
        });
        fn keep<T: Copy>(values: &mut Vec<T>, pixels: &[u32]) {
            *values = pixels.iter().map(|i| values[*i as usize]).collect();
        }
        motions.waves.iter_mut().for_each(|wave| keep(&mut wave.terms, &pixels));
        motions.journeys.iter_mut().for_each(|ways| keep(ways, &pixels));
        motions.current.iter_mut().for_each(|current| keep(&mut current.velocity, &pixels));
        Self { motions, pixels, bounds }
    }

    /// Where everything is at `moment` in a picture of `size` pixels; nothing where it is where it
    /// was.
    pub fn at(&self, moment: &Moment, size: [u32; 2]) -> Option<Displacement> {
        if self.pixels.is_empty() || moment.seconds == 0.0 {
            return None;
        }
        let Motions { waves, journeys, current, .. } = &self.motions;
        let strength = moment.gain.sqrt();
        let mut moved = vec![[0.0_f32; 2]; self.pixels.len()];
        moved.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, moved)| {
            for wave in waves {
                let turn = std::f64::consts::TAU * moment.hertz(wave.hertz) * moment.seconds;
                // cos(turn + phase) - cos(phase), by the cosine and the sine of the phase.
                let (sin, cos) = turn.sin_cos();
                let (cos, sin) = ((strength * (cos - 1.0)) as f32, (-strength * sin) as f32);
                for (moved, [xc, xs, yc, ys]) in moved.iter_mut().zip(&wave.terms[chunk * CHUNK..])
                {
                    *moved = [moved[0] + xc * cos + xs * sin, moved[1] + yc * cos + ys * sin];
                }
            }
        });
        let go = |moved: &mut [[f32; 2]], ways: &[[f32; 2]], share: f64| {
            let share = (strength * share) as f32;
            for (moved, way) in moved.iter_mut().zip(ways) {
                *moved = [moved[0] + way[0] * share, moved[1] + way[1] * share];
            }
        };
        journeys.iter().for_each(|ways| go(&mut moved, ways, moment.progress()));
        let Some(current) = current else {
            return Some(Displacement::new(self, &[&moved], 0, size));
        };
        let carried = current.ages(moment).map(|age| {
            let mut moved = moved.clone();
            go(&mut moved, &current.velocity, age);
            moved
        });
        let second = (current.second(moment) * 255.0).round() as u8;
        Some(Displacement::new(self, &[&carried[0], &carried[1]], second, size))
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
