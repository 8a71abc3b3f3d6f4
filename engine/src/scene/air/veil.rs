// SPDX-License-Identifier: MIT OR Apache-2.0
//! Veils: fog that lies between things, smoke and steam that rise.

use crate::scene::{
    filter::box_mean,
    light::{Lamp, Noise, Shine, Spot, Tint},
    moment::Moment,
    raster::{Map, lerp, smoothstep},
    scenery::Scenery,
};

/// Which way a veil drifts and how fast, as the prompt says.
#[derive(Debug, Clone, Copy)]
pub(in crate::scene) struct Draught {
    pub flow: Option<[f64; 2]>,
    /// 1 for a plain prompt.
    pub speed: f64,
}

/// The colour of a veil in the light of `from`: pale, but no brighter than the still allows.
fn pale(from: [f32; 3], brightness: f32) -> [f32; 3] {
    let grey = (from[0] + from[1] + from[2]) / 3.0;
    let level = lerp(grey, 1.0, 0.35).min(0.30 + 1.1 * brightness).clamp(0.10, 0.88);
    let scale = level / grey.max(0.05);
    from.map(|v| lerp(level, (v * scale).min(1.0), 0.35))
}

/// Fog in sheets: thick in the distance, thin before what is near.
pub(in crate::scene) struct Fog {
    /// How much fog lies before each place where it is as thick as can be, 0..1.
    depth: Map,
    colour: [f32; 3],
    noise: Noise,
    draught: Draught,
}

impl Fog {
    pub fn new(scenery: &Scenery<'_>, draught: Draught) -> Self {
        let far = scenery.nearness.map(|nearness| (1.0 - nearness).powi(3));
        let (horizon, rows) = (scenery.horizon(), scenery.nearness.height as f32);
        let sky = &scenery.masks.sky;
        let depth = Map::from_fn(far.width, far.height, |x, y| {
            let away = 1.0 - scenery.nearness.at(x, y);
            // Light goes on falling through each layer of it (Beer and Lambert).
            let thick = 1.0 - (-2.4 * away * away).exp();
            // It lies low: there is less of it before the high sky.
            let up = (horizon - y as f32 / rows).max(0.0);
            let high = sky.at(x, y) * smoothstep(0.0, 0.6, up);
            (0.16 + 0.84 * thick) * (1.0 - 0.75 * high)
        });
        let colour = pale(scenery.colour(&far), scenery.luma.mean());
        Self { depth, colour, noise: Noise::new(scenery.seed ^ 0xF0), draught }
    }
}

impl Lamp for Fog {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let rolled = strength.min(1.3) * (0.65 + 0.35 * moment.progress() as f32);
        let [side, up] = self.draught.flow.map_or([0.8, 0.0], |flow| flow.map(|v| v as f32));
        let gone = (moment.seconds * self.draught.speed) as f32;
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let [x, y] = spot.place;
            // Two sheets at different paces, so that neither is seen to slide.
            let near = self
                .noise
                .billows(2.2 * x - 0.16 * side * gone, 5.5 * y - 0.3 * up * gone + 0.03 * gone);
            let far = self.noise.billows(
                3.9 * x - 0.10 * side * gone + 21.0,
                9.0 * y - 0.2 * up * gone - 0.05 * gone,
            );
            let sheets = 0.45 + 1.1 * smoothstep(0.25, 0.75, 0.5 * (near + far));
            let thick = (0.74 * rolled * sheets * spot.of(&self.depth)).min(0.94);
            tint.veil(self.colour, thick);
        })
    }
}

/// Smoke or steam that rises from a place.
pub(in crate::scene) struct Plume {
    /// Where it rises from, in picture widths from the top left corner.
    source: [f32; 2],
    /// How wide it is there, in picture widths.
    width: f32,
    colour: [f32; 3],
    thick: f32,
    /// What hides it: nearness of the still, and of the plume.
    nearness: Map,
    at: f32,
    noise: Noise,
    draught: Draught,
}

impl Plume {
    /// Steam is white and thin.
    pub fn new(scenery: &Scenery<'_>, steam: bool, draught: Draught) -> Self {
        let sky = &scenery.masks.sky;
        let aspect = sky.height as f32 / sky.width as f32;
        let [right, up] = scenery.aim.subject.map(|v| v as f32);
        let subject = 0.5 * aspect - up;
        // A cup steams from its middle; what smokes stands on the ground.
        let from = if steam { subject } else { subject.max(0.72 * aspect) };
        let on_subject = ([0.5 + right, from], 0.10);
        let flames = scenery.enough(&scenery.masks.flame).filter(|_| !steam);
        let (source, width) = flames.map_or(on_subject, middle);
        let grey = scenery.colour(&sky.map(|_| 1.0));
        let light = pale(grey, scenery.luma.mean());
        let shade = if steam { 1.35 } else { 0.72 };
        let nearness = box_mean(&scenery.nearness, 1);
        Self {
            source,
            width,
            colour: light.map(|v| (v * shade).min(0.95)),
            thick: if steam { 0.6 } else { 0.68 },
            at: scenery.aim.nearness as f32,
            nearness,
            noise: Noise::new(scenery.seed ^ 0x5E),
            draught,
        }
    }

    /// How thick it is at a place, 0..1, `gone` seconds after the start.
    fn smoke(&self, [x, y]: [f32; 2], gone: f32, side: f32) -> f32 {
        let up = self.source[1] - y;
        if up < -0.06 {
            return 0.0;
        }
        let lift = up.max(0.0);
        // The higher the wider, and bent by what wind there is.
        let width = self.width + 0.45 * lift;
        let bend = side * (0.25 * lift + 0.9 * lift * lift);
        let sway = 0.5 * width * (self.noise.at(3.0 * lift - 0.35 * gone, 0.2 * gone) - 0.5);
        let across = (x - self.source[0] - bend - sway) / width;
        let body = (1.0 - across * across).max(0.0);
        let rise = smoothstep(-0.06, 0.03, up) * smoothstep(0.75, 0.08, lift);
        // Billows grow as they rise: their lattice is drawn out with the height.
        let high = (1.0 + 5.0 * lift).ln();
        let warp = self.noise.at(2.1 * across + 9.0, 4.0 * high - 0.8 * gone) - 0.5;
        let billows = self.noise.billows(
            1.5 * across + 1.1 * warp + 0.05 * gone,
            3.2 * high - 0.62 * gone + 0.8 * warp,
        );
        body * rise * smoothstep(0.28, 0.66, billows)
    }
}

impl Lamp for Plume {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.3) * self.thick;
        let gone = (moment.seconds * self.draught.speed) as f32;
        let side = self.draught.flow.map_or(0.0, |flow| flow[0] as f32);
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let smoke = self.smoke(spot.place, gone, side);
            if smoke <= 0.0 {
                return;
            }
            let hidden = smoothstep(0.12, 0.3, spot.of(&self.nearness) - self.at);
            tint.veil(self.colour, (strength * smoke * (1.0 - hidden)).min(0.9));
        })
    }
}

/// The middle of a mask and a quarter of its width, in picture widths.
fn middle(mask: &Map) -> ([f32; 2], f32) {
    let (mut sum, mut total) = ([0.0_f32; 2], 1e-6_f32);
    let mut squares = 0.0_f32;
    for y in 0..mask.height {
        for (x, v) in mask.row(y).iter().enumerate() {
            let [x, y] = [x, y].map(|v| v as f32 / mask.width as f32);
            total += v;
            sum = [sum[0] + v * x, sum[1] + v * y];
            squares += v * x * x;
        }
    }
    let at = sum.map(|sum| sum / total);
    (at, (squares / total - at[0] * at[0]).max(0.0).sqrt().clamp(0.03, 0.3))
}
