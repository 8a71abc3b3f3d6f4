// SPDX-License-Identifier: MIT OR Apache-2.0
//! Weighs the cues against each other: each counts as far as it can be trusted in this picture.

use super::{
    ground::Ground,
    map::{Map, lerp, quantile, smoothstep},
    sky::Sky,
    subject::Subject,
};

/// All cues of one picture.
pub(super) struct Cues {
    pub sky: Sky,
    pub ground: Ground,
    pub subject: Subject,
    pub focus: Map,
    pub clearness: Map,
}

/// A fused estimate before smoothing.
pub(super) struct Fused {
    pub nearness: Map,
    pub confidence: f32,
}

pub(super) fn fuse(cues: &Cues) -> Fused {
    let Cues { sky, ground, subject, focus, clearness } = cues;
    let (w, h) = (focus.width, focus.height);
    let blur = shallow_focus(focus, &sky.probability);
    // A blurred background is no ground, and sharpness says more than the place in the frame.
    let w_ground = ground.certainty * (1.0 - 0.8 * blur);
    let w_focus = 0.1 + 1.2 * blur;
    let w_haze = 0.15 * sky.certainty;
    let w_prior = 0.25;
    let total = w_ground + w_focus + w_haze + w_prior;
    let mut nearness = Map::from_fn(w, h, |x, y| {
        let i = y * w + x;
        w_ground * ground.nearness.values[i]
            + w_focus * focus.values[i]
            + w_haze * clearness.values[i]
            + w_prior * prior(x, y, w, h)
    });
    nearness.values.iter_mut().for_each(|v| *v /= total);
    // The subject pops out of what surrounds it; least where the ground already places it.
    let pop = subject.certainty * lerp(0.75, 0.45, w_ground.min(1.0));
    let nearness = nearness.zip(&subject.probability, |v, s| v + pop * s * (1.05 - v));
    let nearness = nearness.zip(&sky.probability, |v, sky| v * (1.0 - sky));
    let evidence = [0.9 * sky.certainty, 0.6 * w_ground, 0.8 * blur, 0.7 * subject.certainty];
    let doubt: f32 = evidence.iter().map(|e| 1.0 - e.clamp(0.0, 1.0)).product();
    Fused { nearness, confidence: 1.0 - doubt }
}

/// Whether the picture has a sharp subject before a blurred rest, 0..1.
fn shallow_focus(focus: &Map, sky: &Map) -> f32 {
    let solid: Vec<f32> = focus
        .values
        .iter()
        .zip(&sky.values)
        .filter(|&(_, &sky)| sky < 0.5)
        .map(|(&v, _)| v)
        .collect();
    let blurred = solid.iter().filter(|&&v| v < 0.25).count() as f32 / solid.len().max(1) as f32;
    let sharpest = quantile(solid, 0.95);
    smoothstep(0.3, 0.7, sharpest) * smoothstep(0.25, 0.6, blurred)
}

/// Without any evidence the lower part and the middle are a little nearer.
fn prior(x: usize, y: usize, w: usize, h: usize) -> f32 {
    let dx = (x as f32 + 0.5) / w as f32 - 0.5;
    let down = (y as f32 + 0.5) / h as f32;
    let dy = down - 0.55;
    let bulge = (1.0 - 3.0 * (dx * dx + dy * dy)).max(0.0);
    0.6 * down + 0.4 * bulge
}
