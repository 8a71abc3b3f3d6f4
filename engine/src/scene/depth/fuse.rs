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
/// marked pairs to tune on come out alike for any share from 0.4 to 1.2 of that trust; in clips a
/// larger share is seen to bend things.
///
/// It knows where things are better than what shape they have: a thing is moved as a whole, not
/// bent. So its word is taken smoothly, and for the subject once.
pub(super) fn mix(cues: &Map, seen: &Seen, subject: &Subject, guide: &Guide) -> Map {
    let apart = cues.zip(&seen.nearness, |cues, seen| seen - cues);
    let off = apart.zip(&seen.confidence, |apart, trust| SHARE * apart * trust);
    let smooth = guide.smooth(&box_mean(&off, (off.long_side() / BLUNT).max(1)), 1e-2);
    let inside = &subject.probability;
    let one = off.weighted_mean(inside);
    let certain = inside.map(|inside| inside * subject.certainty);
    let off = smooth.zip(&certain, |off, certain| lerp(off, one, certain));
    cues.zip(&off, |cues, off| cues + off)
}

/// The share of the network's trust in itself that it is given.
const SHARE: f32 = 0.5;
/// How finely the network's word is taken, as a part of the long side.
const BLUNT: usize = 24;

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
    fn the_network_counts_as_far_as_it_trusts_itself_and_bends_no_subject() {
        let map = |f: fn(usize, usize) -> f32| Map::from_fn(96, 64, f);
        let none = map(|_, _| 0.0);
        let seen = |confidence: f32| Seen {
            // Near on the right, and nearer downwards within the subject.
            nearness: map(|x, y| if x >= 48 { 0.5 + y as f32 / 128.0 } else { 0.2 }),
            confidence: none.map(|_| confidence),
            sky: none.clone(),
            cloud: none.clone(),
            water: none.clone(),
            foliage: none.clone(),
            grass: none.clone(),
            glow: none.clone(),
        };
        let probability = map(|x, _| f32::from(x >= 48));
        let subject = Subject { probability, certainty: 1.0 };
        let (cues, guide) = (none.map(|_| 0.2), Guide::new(&none, 2));
        let mixed = |confidence| mix(&cues, &seen(confidence), &subject, &guide);
        assert_eq!(mixed(0.0), cues);
        let trusted = mixed(1.0);
        assert!((trusted.at(80, 10) - 0.475).abs() < 0.02, "{}", trusted.at(80, 10));
        assert!((trusted.at(80, 10) - trusted.at(80, 55)).abs() < 1e-4);
        assert!((trusted.at(10, 30) - 0.2).abs() < 1e-3);
    }
}
