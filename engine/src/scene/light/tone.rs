// SPDX-License-Identifier: MIT OR Apache-2.0
//! Light that changes slowly: warm, cool, dim, and what the hours do.

use std::f64::consts::TAU;

use super::{Lamp, Noise, Shine, Spot, Tint};
use crate::scene::{
    moment::Moment,
    raster::{Map, lerp, smoothstep},
    scenery::Scenery,
};

/// A gain on the way from none to `to`.
fn toward(to: [f32; 3], share: f32) -> [f32; 3] {
    to.map(|to| lerp(1.0, to, share))
}

/// How low over the horizon each place of the sky is, 0..1; of what is far below it a little.
fn low(scenery: &Scenery<'_>) -> Map {
    let (sky, horizon) = (&scenery.masks.sky, scenery.horizon());
    let rows = sky.height as f32;
    Map::from_fn(sky.width, sky.height, |x, y| {
        let down = y as f32 / rows;
        let in_sky = sky.at(x, y) * smoothstep(0.0, horizon.max(0.1), down);
        let far = 1.0 - smoothstep(0.1, 0.5, scenery.nearness.at(x, y));
        let below = 0.4 * far * smoothstep(horizon + 0.3, horizon, down);
        in_sky.max(below)
    })
}

/// The sun is low.
pub(in crate::scene) struct Warm {
    low: Map,
}

impl Warm {
    pub fn new(scenery: &Scenery<'_>) -> Self {
        Self { low: low(scenery) }
    }
}

impl Lamp for Warm {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.3) * (0.75 + 0.25 * moment.progress() as f32);
        let gain = toward([1.06, 0.95, 0.74], strength);
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let low = spot.of(&self.low) * strength;
            tint.scale(gain);
            tint.scale([1.0, 1.0 - 0.05 * low, 1.0 - 0.18 * low]);
            tint.screen([0.20 * low, 0.08 * low, 0.0]);
        })
    }
}

/// Blue light from all sides.
pub(in crate::scene) struct Cool;

impl Lamp for Cool {
    fn at(&self, strength: f32, _moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.3);
        let (gain, colour) = (toward([0.86, 0.95, 1.03], strength), 1.0 - 0.12 * strength);
        Box::new(move |_: &Spot, tint: &mut Tint| {
            tint.scale(gain);
            tint.saturate(colour);
        })
    }
}

/// Little light. Lamps stay as they are.
pub(in crate::scene) struct Dim {
    glow: Map,
}

impl Dim {
    pub fn new(scenery: &Scenery<'_>) -> Self {
        Self { glow: scenery.spill(&scenery.masks.glow) }
    }
}

impl Lamp for Dim {
    fn at(&self, strength: f32, _moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.3);
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let here = strength * (1.0 - 0.85 * spot.of(&self.glow));
            tint.scale(toward([0.60, 0.63, 0.70], here));
            tint.saturate(1.0 - 0.1 * here);
        })
    }
}

/// Day becomes night, or the other way round.
pub(in crate::scene) struct Hours {
    sky: Map,
    low: Map,
    glow: Map,
    /// Whether it becomes day.
    to_day: bool,
    /// How dark the still is, 0..1: a bright one cannot become day.
    darkness: f32,
}

impl Hours {
    pub fn new(scenery: &Scenery<'_>, to_day: bool) -> Self {
        Self {
            sky: scenery.masks.sky.clone(),
            low: low(scenery),
            glow: scenery.spill(&scenery.masks.glow),
            to_day,
            darkness: smoothstep(0.5, 0.15, scenery.luma.mean()),
        }
    }

    fn night(&self, share: f32, spot: &Spot, tint: &mut Tint) {
        let (sky, glow) = (spot.of(&self.sky), spot.of(&self.glow));
        let night = [0, 1, 2].map(|i| {
            let ground: f32 = [0.25, 0.30, 0.43][i];
            let above = [0.12, 0.16, 0.32][i];
            let lamp = [1.0, 0.86, 0.62][i];
            lerp(lerp(ground, above, sky), lamp, 0.8 * glow)
        });
        tint.scale(toward(night, share));
        tint.saturate(1.0 - 0.4 * share * (1.0 - glow));
    }

    fn day(&self, share: f32, spot: &Spot, tint: &mut Tint) {
        let lit = share * self.darkness;
        let sky = spot.of(&self.sky) * lit;
        tint.scale(toward([1.75, 1.8, 1.7], lit));
        tint.screen([0.10, 0.11, 0.11].map(|v| v * lit));
        tint.screen([0.24 * sky, 0.36 * sky, 0.54 * sky]);
    }
}

impl Lamp for Hours {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let share = strength.min(1.0) * moment.progress().min(1.0) as f32;
        // Dusk and dawn lie in the middle.
        let red = 4.0 * share * (1.0 - share);
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            match self.to_day {
                true => self.day(share, spot, tint),
                false => self.night(share, spot, tint),
            }
            let low = spot.of(&self.low) * red;
            tint.scale(toward([1.05, 0.97, 0.86], red));
            tint.screen([0.22 * low, 0.08 * low, 0.02 * low]);
        })
    }
}

/// Hours pass: warm and cool light follow each other, and clouds that nobody sees cast shadows.
pub(in crate::scene) struct DayDrift {
    sky: Map,
    noise: Noise,
}

impl DayDrift {
    pub fn new(scenery: &Scenery<'_>) -> Self {
        Self { sky: scenery.masks.sky.clone(), noise: Noise::new(scenery.seed ^ 0xDA) }
    }
}

impl Lamp for DayDrift {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.3);
        let warm = (TAU * moment.seconds / 9.0).sin() as f32 * strength;
        let gone = (moment.seconds * 0.35) as f32;
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let sky = spot.of(&self.sky);
            let warm = warm * (0.7 + 0.3 * sky);
            tint.scale([1.0 + 0.06 * warm, 1.0, 1.0 - 0.10 * warm]);
            let [x, y] = spot.place;
            let cloud = self.noise.billows(2.4 * x - gone, 5.0 * y + 0.2 * gone);
            let shadow = smoothstep(0.45, 0.68, cloud) * (1.0 - sky) * strength;
            tint.scale([1.0 - 0.26 * shadow, 1.0 - 0.24 * shadow, 1.0 - 0.18 * shadow]);
        })
    }
}
