// SPDX-License-Identifier: MIT OR Apache-2.0
//! Light in the air and the sky: shafts of the sun, northern lights.

use super::{Lamp, Noise, Shine, Spot, Tint};
use crate::scene::{
    filter::box_mean,
    moment::Moment,
    raster::{Map, smoothstep},
    scenery::Scenery,
};

/// Shafts of light from the brightest place above.
pub(in crate::scene) struct Shafts {
    /// Where they come from, in picture widths from the top left corner.
    source: [f32; 2],
    nearness: Map,
    noise: Noise,
}

impl Shafts {
    pub fn new(scenery: &Scenery<'_>) -> Self {
        let luma = box_mean(&scenery.luma, (scenery.luma.long_side() / 40).max(1));
        let Map { width, height, .. } = luma;
        let score = |x: usize, y: usize| {
            let high = 1.0 - y as f32 / height as f32;
            luma.at(x, y) * (0.25 + high + 0.4 * scenery.masks.sky.at(x, y))
        };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let brightest = places.max_by(|a, b| score(a.0, a.1).total_cmp(&score(b.0, b.1)));
        let (x, y) = brightest.unwrap_or((width / 2, 0));
        // From far behind it: shafts are nearly parallel.
        let source = [x as f32 / width as f32, y as f32 / width as f32 - 0.2];
        Self { source, nearness: scenery.nearness.clone(), noise: Noise::new(scenery.seed ^ 0x60) }
    }
}

impl Lamp for Shafts {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.5);
        let drift = moment.seconds as f32;
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let [x, y] = [0, 1].map(|i| spot.place[i] - self.source[i]);
            let away = (x * x + y * y).sqrt();
            if y <= 0.0 {
                return;
            }
            // The slope stands for the angle; shafts never go up.
            let angle = x / (x.abs() + y);
            let wide = self.noise.at(9.0 * angle + 0.10 * drift, 0.17 * drift);
            let fine = self.noise.at(26.0 * angle - 0.14 * drift, 31.5 + 0.23 * drift);
            let shaft = smoothstep(0.30, 1.0, 0.70 * wide + 0.38 * fine);
            let reach = smoothstep(0.06, 0.28, away) * smoothstep(1.15, 0.2, away);
            let down = smoothstep(0.0, 0.35, y / away.max(1e-3));
            let before = 1.0 - 0.75 * smoothstep(0.5, 0.95, spot.of(&self.nearness));
            let light = strength * shaft * reach * down * before;
            tint.screen([0.42 * light, 0.38 * light, 0.29 * light]);
        })
    }
}

/// Curtains of light in a dark sky.
pub(in crate::scene) struct Aurora {
    sky: Map,
    /// Height of the sky, in picture widths.
    height: f32,
    noise: Noise,
}

impl Aurora {
    /// Nothing without a dark sky.
    pub fn new(scenery: &Scenery<'_>) -> Option<Self> {
        let sky = scenery.enough(&scenery.masks.sky)?;
        let dark = smoothstep(0.55, 0.3, scenery.luma.weighted_mean(sky));
        if dark <= 0.0 {
            return None;
        }
        let aspect = sky.height as f32 / sky.width as f32;
        let height = (scenery.horizon() * aspect).max(0.05);
        let noise = Noise::new(scenery.seed ^ 0xAA);
        Some(Self { sky: sky.map(|sky| sky * dark), height, noise })
    }

    /// Light of the curtain `number` at a place, `up` being how high over its lower edge, in
    /// heights of the sky.
    fn curtain(&self, number: f32, x: f32, y: f32, seconds: f32) -> [f32; 3] {
        let slow = 0.045 * seconds;
        let own = 13.0 * number;
        // The foot of a curtain meanders, and folds make it brighter where it turns.
        let bend = self.noise.at(1.7 * x + own + slow, own + 0.6 * slow);
        let fold = self.noise.at(5.2 * x + 1.6 * bend - 1.3 * slow, own + slow);
        let foot = 0.92 - 0.24 * number - 0.42 * bend - 0.10 * fold;
        let up = foot - y / self.height;
        let rays = self.noise.at(46.0 * x + 6.0 * fold + 4.0 * slow, own + 7.0 * slow);
        let length = 0.18 + 0.26 * rays;
        let lower = smoothstep(-0.035, 0.03, up);
        if lower <= 0.0 {
            return [0.0; 3];
        }
        let fading = 1.0 / (1.0 + (up.max(0.0) / length).powi(2));
        let present = smoothstep(0.25, 0.7, self.noise.at(1.1 * x - 0.8 * slow, own + 21.0));
        let light = lower * fading * fading * (0.45 + 0.75 * rays) * (0.35 + fold) * present;
        let high = smoothstep(0.08, 0.45, up);
        [light * (0.10 + 0.38 * high), light * (0.78 - 0.55 * high), light * (0.40 + 0.22 * high)]
    }
}

impl Lamp for Aurora {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.3);
        let seconds = moment.seconds as f32;
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let sky = spot.of(&self.sky) * strength;
            if sky < 0.01 {
                return;
            }
            let [x, y] = spot.place;
            for number in [0.0, 1.0, 2.0] {
                let light = self.curtain(number, x, y, seconds);
                tint.screen(light.map(|v| (0.68 * v * sky).min(0.9)));
            }
        })
    }
}
