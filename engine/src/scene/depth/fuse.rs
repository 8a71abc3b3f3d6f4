// SPDX-License-Identifier: MIT OR Apache-2.0
//! Weighs the cues against each other: each counts as far as it can be trusted in this picture.

use super::{
    filter::{Guide, box_mean},
    ground::Ground,
    network::Seen,
    raster::{Map, lerp, smoothstep},
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
    pub light: Map,
    /// See [`super::features::focus_band`].
    pub band: f32,
    /// See [`super::features::shallow_focus`]; 0 where `band` explains the blur.
    pub blur: f32,
    /// Mean strength of detail: where there is none there is nothing to judge by.
    pub detail: f32,
}

/// A fused estimate before smoothing.
pub(super) struct Fused {
    pub nearness: Map,
    pub confidence: f32,
}

pub(super) fn fuse(cues: &Cues, guide: &Guide) -> Fused {
    let Cues { sky, ground, subject, focus, clearness, light, band, blur, detail } = cues;
    let (w, h) = (focus.width, focus.height);
    // A blurred background is no ground, and sharpness says more than the place in the frame.
    let w_ground = ground.certainty.max(0.7 * band) * (1.0 - 0.8 * blur);
    let w_focus = (0.05 + 1.2 * blur) * (1.0 - 0.8 * band);
    let w_haze = 0.15 * sky.certainty;
    let w_light = 0.2 * (1.0 - sky.certainty) * (1.0 - w_ground);
    let w_prior = 0.4;
    let total = w_ground + w_focus + w_haze + w_light + w_prior;
    let mut nearness = Map::from_fn(w, h, |x, y| {
        let i = y * w + x;
        w_ground * ground.nearness.values[i]
            + w_focus * focus.values[i]
            + w_haze * clearness.values[i]
            + w_light * light.values[i]
            + w_prior * prior(x, y, w, h)
    });
    nearness.values.iter_mut().for_each(|v| *v /= total);
    // The weak cues are patchy; subject and sky below have clean edges of their own.
    let nearness = guide.smooth(&nearness, 4e-3);
    // The subject pops out of what surrounds it; least where the ground already places it.
    let pop = subject.certainty * lerp(0.75, 0.45, w_ground.min(1.0));
    let nearness = nearness.zip(&subject.probability, |v, s| v + pop * s * (1.05 - v));
    let nearness = stand_upright(&nearness, subject);
    let nearness = nearness.zip(&sky.probability, |v, sky| v * (1.0 - sky));
    let evidence = [0.9 * sky.certainty, 0.6 * w_ground, 0.8 * blur, 0.7 * subject.certainty];
    let doubt: f32 = evidence.iter().map(|e| 1.0 - e.clamp(0.0, 1.0)).product();
    Fused { nearness, confidence: (1.0 - doubt) * smoothstep(0.0, 0.002, *detail) }
}

/// Nearness by the cues, drawn towards what the network sees as far as it trusts itself. The
/// marked pairs to tune on come out alike for any share from 0.4 to 1.2 of that trust; the cues were
/// tuned on the same pairs, so the network is given all of it.
pub(super) fn mix(cues: &Map, seen: &Seen) -> Map {
    let apart = cues.zip(&seen.nearness, |cues, seen| seen - cues);
    let off = apart.zip(&seen.confidence, |apart, trust| apart * trust);
    cues.zip(&off, |cues, off| cues + off)
}

/// Gives the subject one depth from head to foot: it stands, it does not lie on the ground.
fn stand_upright(nearness: &Map, subject: &Subject) -> Map {
    let inside = &subject.probability;
    let radius = nearness.long_side() / 6;
    let sum = box_mean(&nearness.zip(inside, |v, s| v * s), radius);
    let level = sum.zip(&box_mean(inside, radius), |sum, weight| sum / (weight + 1e-4));
    let share = inside.map(|s| 0.75 * subject.certainty * s);
    let flat = nearness.zip(&level, |v, level| level - v).zip(&share, |off, share| off * share);
    nearness.zip(&flat, |v, off| v + off)
}

/// Without any evidence the lower part and the middle are a little nearer.
fn prior(x: usize, y: usize, w: usize, h: usize) -> f32 {
    let dx = (x as f32 + 0.5) / w as f32 - 0.5;
    let down = (y as f32 + 0.5) / h as f32;
    let dy = down - 0.55;
    let bulge = (1.0 - 3.0 * (dx * dx + dy * dy)).max(0.0);
    0.6 * down + 0.4 * bulge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_counts_as_far_as_it_trusts_itself() {
        let map = |f: fn(f32) -> f32| Map::from_fn(5, 1, |x, _| f(x as f32 / 4.0));
        let (cues, none) = (map(|v| v), map(|_| 0.0));
        let seen = Seen {
            nearness: map(|v| 1.0 - v),
            confidence: map(|v| f32::from(v >= 0.5)),
            sky: none.clone(),
            cloud: none.clone(),
            water: none.clone(),
            foliage: none.clone(),
            grass: none.clone(),
            glow: none,
        };
        assert_eq!(mix(&cues, &seen).values, [0.0, 0.25, 0.5, 0.25, 0.0]);
    }
}
