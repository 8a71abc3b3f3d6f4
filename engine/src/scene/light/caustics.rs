// SPDX-License-Identifier: MIT OR Apache-2.0
//! The net of light that waves throw on what is below them.

use super::{Lamp, Noise, Shine, Spot, Tint};
use crate::scene::{moment::Moment, raster::Map, scenery::Scenery};

/// How many of the meshes lie across the picture.
const MESHES: f32 = 11.0;

/// A moving net of light on water, or on all of a picture that is under it.
pub(in crate::scene) struct Caustics {
    water: Map,
    noise: [Noise; 2],
}

impl Caustics {
    /// Nothing without water. `under_water` means that all of the picture is below it.
    pub fn new(scenery: &Scenery<'_>, under_water: bool) -> Option<Self> {
        let water = match under_water {
            // Less of it in the distance, where the water is milky.
            true => scenery.nearness.map(|nearness| 0.35 + 0.65 * nearness),
            false => scenery.enough(&scenery.masks.water)?.clone(),
        };
        let noise = [0xC0, 0xC1].map(|seed| Noise::new(scenery.seed ^ seed));
        Some(Self { water, noise })
    }

    /// 0..1, bright along the lines on which two patterns agree.
    fn net(&self, x: f32, y: f32, seconds: f32) -> f32 {
        let [a, b] = &self.noise;
        let bend = a.at(0.7 * x + 0.31 * seconds, 0.7 * y - 0.2 * seconds) - 0.5;
        let (x, y) = (x + 1.4 * bend, y - 1.1 * bend);
        let ridge = |noise: f32| 1.0 - (2.0 * noise - 1.0).abs();
        let one = ridge(a.at(x + 0.45 * seconds, y + 0.28 * seconds));
        let two = ridge(b.at(1.3 * x - 0.38 * seconds + 5.0, 1.3 * y + 0.33 * seconds));
        let sharp = |v: f32| v.powi(6);
        0.55 * (sharp(one) + sharp(two)) + 0.9 * sharp(one) * sharp(two)
    }
}

impl Lamp for Caustics {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.5);
        let seconds = moment.seconds as f32;
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let water = spot.of(&self.water) * strength;
            if water < 0.01 {
                return;
            }
            let [x, y] = spot.place;
            let net = self.net(MESHES * x, 1.9 * MESHES * y, seconds) * water;
            tint.scale([1.0 + 0.25 * (net - 0.2 * water); 3]);
            tint.screen([0.20, 0.24, 0.22].map(|v| (v * net).min(0.8)));
        })
    }
}
