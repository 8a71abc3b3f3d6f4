// SPDX-License-Identifier: MIT OR Apache-2.0
//! Light that changes fast: flames, neon, lightning.
//!
//! Nothing here may flash more than three times in a second, a pair of opposing changes of more
//! than a tenth of white being a flash (WCAG 2.2, success criterion 2.3.1).

use super::{Lamp, Noise, Shine, Spot, Tint, spot::unit, unsteady};
use crate::scene::{
    moment::Moment,
    raster::{Map, smoothstep},
    scenery::Scenery,
};

/// Light of flames on what is around them.
pub(in crate::scene) struct Flicker {
    /// Where it falls; `None` where no flame is seen.
    spill: Option<Map>,
    /// How much all of the picture has of it: flames may be outside.
    everywhere: f32,
    noise: Noise,
    seed: u64,
}

impl Flicker {
    /// With a share of the flicker, 0..1, in all of the picture.
    pub fn new(scenery: &Scenery<'_>, everywhere: f32) -> Self {
        let glow = scenery.masks.glow.zip(&scenery.masks.flame, f32::max);
        Self {
            spill: scenery.enough(&glow).map(|glow| scenery.spill(glow)),
            everywhere,
            noise: Noise::new(scenery.seed ^ 0xF1),
            seed: scenery.seed,
        }
    }

    /// How bright the flames are, -1..1: octaves of noise, each half as strong as the one below.
    fn level(&self, seconds: f64, seed: u64) -> f32 {
        let octave = |(hertz, share): (f64, f32)| {
            share * (2.0 * unsteady(seconds, hertz, self.seed ^ seed ^ hertz.to_bits()) - 1.0)
        };
        [(1.1, 1.0), (2.3, 0.6), (5.1, 0.3), (9.7, 0.12)].map(octave).iter().sum::<f32>() / 1.3
    }
}

impl Lamp for Flicker {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.6);
        // Two flames, each of which lights some places more than the other does.
        let levels = [0x0A, 0x0B].map(|seed| self.level(moment.seconds, seed) * strength);
        let wander = (moment.seconds * 0.6) as f32;
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let [x, y] = spot.place;
            let other = self.noise.at(3.0 * x + wander, 3.0 * y);
            let level = levels[0] + (levels[1] - levels[0]) * other;
            let here = self.spill.as_ref().map_or(0.0, |spill| 0.30 * spot.of(spill));
            let change = level * here.max(0.10 * self.everywhere);
            tint.scale([1.0 + 0.9 * change, 1.0 + change, 1.0 + 1.15 * change]);
        })
    }
}

/// Tubes that hum, and stutter now and then.
pub(in crate::scene) struct Neon {
    tubes: Map,
    spill: Map,
    seed: u64,
}

impl Neon {
    /// Nothing where there are none.
    pub fn new(scenery: &Scenery<'_>) -> Option<Self> {
        let picture = &scenery.picture;
        let vivid = picture.rgb.chunks_exact(3).map(|p| {
            let high = p[0].max(p[1]).max(p[2]);
            let low = p[0].min(p[1]).min(p[2]);
            smoothstep(0.35, 0.6, high - low) * smoothstep(0.55, 0.8, high)
        });
        let vivid = Map { width: picture.width, height: picture.height, values: vivid.collect() };
        let glow = &scenery.masks.glow;
        let tubes = vivid.resized(glow.width, glow.height).zip(glow, f32::max);
        scenery.enough(&tubes)?;
        let spill = scenery.spill(&tubes);
        Some(Self { tubes, spill, seed: scenery.seed ^ 0x4E })
    }

    /// How much light is missing, 0..1: in some slots of time a tube goes out for a moment, twice.
    fn missing(&self, seconds: f64) -> f32 {
        const SLOT: f64 = 2.3;
        let slot = (seconds / SLOT).max(0.0) as usize;
        if unit(slot, self.seed) > 0.6 {
            return 0.0;
        }
        let start = 0.3 + 1.2 * f64::from(unit(slot, self.seed ^ 1));
        let since = seconds - slot as f64 * SLOT - start;
        let out = |at: f64, length: f64| {
            let share = ((since - at) / length) as f32;
            smoothstep(0.0, 0.2, share) * smoothstep(1.0, 0.6, share)
        };
        out(0.0, 0.12).max(0.7 * out(0.28, 0.16))
    }
}

impl Lamp for Neon {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.5);
        let hum = 2.0 * unsteady(moment.seconds, 11.0, self.seed) - 1.0;
        let missing = self.missing(moment.seconds);
        let pulse = (std::f64::consts::TAU * moment.seconds / 3.7).sin() as f32;
        let level = strength * (0.05 * hum + 0.10 * pulse - 0.5 * missing);
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let (tube, spill) = (spot.of(&self.tubes), spot.of(&self.spill));
            tint.scale([1.0 + level * (0.6 * tube + 0.5 * spill); 3]);
            tint.saturate(1.0 + 0.18 * strength * pulse * spill);
        })
    }
}

/// Seconds in which lightning strikes once.
const STRIKE_SLOT: f64 = 2.2;

/// Flashes in the sky, and on all that faces it.
pub(in crate::scene) struct Lightning {
    sky: Map,
    noise: Noise,
    width_over_height: f32,
    seed: u64,
}

impl Lightning {
    pub fn new(scenery: &Scenery<'_>) -> Self {
        let sky = scenery.masks.sky.clone();
        Self {
            width_over_height: sky.width as f32 / sky.height as f32,
            sky,
            noise: Noise::new(scenery.seed ^ 0x117),
            seed: scenery.seed ^ 0x11,
        }
    }

    /// The strike of the slot in which `seconds` lie: its number, and how bright it is, 0..1. It
    /// flashes twice, the second time weaker, and fades.
    fn strike(&self, seconds: f64) -> (usize, f32) {
        let slot = (seconds / STRIKE_SLOT).max(0.0) as usize;
        let start = 0.5 + 0.8 * f64::from(unit(slot, self.seed));
        let since = (seconds - slot as f64 * STRIKE_SLOT - start) as f32;
        let flash = |at: f32, fade: f32| {
            let age = since - at;
            smoothstep(-0.03, 0.0, age) * if age > 0.0 { (-age / fade).exp() } else { 1.0 }
        };
        let again = 0.16 + 0.1 * unit(slot, self.seed ^ 2);
        (slot, flash(0.0, 0.05).max(0.75 * flash(again, 0.16)))
    }
}

impl Lamp for Lightning {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let (slot, bright) = self.strike(moment.seconds);
        let bright = bright * strength.min(1.2);
        let from = [0.1 + 0.8 * unit(slot, self.seed ^ 3), 0.1 * unit(slot, self.seed ^ 4)];
        let shape = slot as f32 * 5.3;
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            if bright < 1e-3 {
                return;
            }
            let [x, y] = spot.place;
            let away = (x - from[0]).powi(2) + ((y - from[1]) * self.width_over_height).powi(2);
            let near = 1.0 / (1.0 + 5.0 * away);
            // Clouds are lit from within, unevenly.
            let uneven = 0.55 + 0.9 * self.noise.billows(3.5 * x + shape, 6.0 * y);
            let sky = spot.of(&self.sky) * near * uneven * bright;
            tint.scale([1.0 + 0.22 * bright, 1.0 + 0.28 * bright, 1.0 + 0.40 * bright]);
            tint.screen([0.62, 0.66, 0.78].map(|v| (v * sky).min(0.9)));
        })
    }
}
