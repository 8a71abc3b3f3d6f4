// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fireworks: bursts in the sky, one after the other.

use std::f32::consts::TAU;

use super::{
    sprite::{Profile, Sprite},
    swarm::Lens,
};
use crate::{
    random::SplitMix,
    scene::{raster::smoothstep, scenery::Scenery},
};

/// Seconds from the start of one burst to that of the next.
const EVERY: f64 = 0.7;
/// How long one burns, in seconds.
const LIFE: f64 = 2.4;
/// Sparks in a burst.
const SPARKS: usize = 170;
/// Distance: behind everything but the sky.
const AWAY: f32 = 16.0;

const COLOURS: [[f32; 3]; 6] = [
    [1.0, 0.32, 0.22],
    [1.0, 0.78, 0.36],
    [0.42, 1.0, 0.52],
    [0.40, 0.62, 1.0],
    [0.92, 0.42, 1.0],
    [1.0, 0.95, 0.85],
];

/// A spark without a place and a colour.
const UNLIT: Sprite = Sprite {
    at: [0.0; 2],
    axes: [[0.0; 2]; 2],
    profile: Profile::Soft,
    colour: [1.0; 3],
    alpha: 0.0,
    nearness: 1.0 / AWAY,
    adds: true,
};

/// Bursts of sparks.
pub(in crate::scene) struct Fireworks {
    /// The lowest row of the sky, in picture widths from the top.
    ground: f32,
    seed: u64,
}

impl Fireworks {
    /// Nothing without a sky.
    pub fn new(scenery: &Scenery<'_>) -> Option<Self> {
        let sky = scenery.enough(&scenery.masks.sky)?;
        let ground = scenery.horizon() * sky.height as f32 / sky.width as f32;
        Some(Self { ground, seed: scenery.seed ^ 0xF12E })
    }

    /// Adds what is seen `seconds` after the start.
    pub fn sprites(&self, lens: &Lens, seconds: f64, strength: f32, out: &mut Vec<Sprite>) {
        let newest = (seconds / EVERY).max(0.0) as u64;
        let oldest = newest.saturating_sub((LIFE / EVERY) as u64 + 1);
        for number in oldest..=newest {
            let age = seconds - number as f64 * EVERY;
            if age < LIFE {
                self.burst(number, age as f32, lens, strength.min(1.2), out);
            }
        }
    }

    fn burst(&self, number: u64, age: f32, lens: &Lens, strength: f32, out: &mut Vec<Sprite>) {
        let mut random = SplitMix(self.seed ^ number.wrapping_mul(0x9E37_79B9));
        let mut unit = || random.next_unit() as f32;
        let [width, height] = lens.measures();
        let middle = [unit() - 0.5, self.ground * (0.15 + 0.5 * unit()) - height / 2.0];
        let size = 0.09 + 0.08 * unit();
        let colour = COLOURS[(unit() * COLOURS.len() as f32) as usize % COLOURS.len()];
        // Drag stops the sparks, then they sink.
        let drag = |age: f32| (1.0 - (-3.2 * age).exp()) * size;
        let sink = |age: f32| 0.035 * age * age;
        let left = 1.0 - age / LIFE as f32;
        let flash = smoothstep(0.0, 0.04, age);
        for _ in 0..SPARKS {
            // A ball of sparks, most of them near its skin.
            let (angle, up, pace) = (TAU * unit(), 2.0 * unit() - 1.0, 0.82 + 0.18 * unit());
            let phase = unit();
            let ring = (1.0 - up * up).sqrt();
            let way = [ring * angle.cos() * pace, up * pace];
            let place = |age: f32| {
                let place = [0, 1].map(|i| middle[i] + way[i] * drag(age) + [0.0, sink(age)][i]);
                lens.seen(place.map(|v| v * AWAY), AWAY)
            };
            let (Some((at, scale)), Some((tail, _))) = (place(age), place((age - 0.07).max(0.0)))
            else {
                continue;
            };
            let trail = [at[0] - tail[0], at[1] - tail[1]];
            let length = trail[0].hypot(trail[1]).max(1e-3);
            let glitter = 0.7 + 0.3 * (TAU * (7.0 * age * (0.6 + phase) + phase)).sin();
            let alpha = strength * flash * left.max(0.0).powf(1.1) * glitter;
            let radius = 0.0013 * AWAY * scale;
            let hot = smoothstep(0.35, 0.0, age);
            let sprite = Sprite {
                at: [0, 1].map(|i| (at[i] + tail[i]) / 2.0),
                colour: colour.map(|v| v + (1.0 - v) * hot),
                alpha: alpha.min(1.0),
                ..UNLIT
            };
            out.push(sprite.turned([0.5 * length + radius, radius], trail.map(|v| v / length)));
            let halo = Sprite { at, colour, alpha: 0.10 * alpha, ..sprite };
            out.push(halo.round(6.0 * radius));
        }
        if let Some((at, _)) = lens.seen(middle.map(|v| v * AWAY), AWAY) {
            let glow = smoothstep(0.5, 0.0, age) * strength * flash;
            let sprite = Sprite { at, colour, alpha: 0.35 * glow, ..UNLIT };
            out.push(sprite.round(1.6 * size * width));
        }
    }
}
