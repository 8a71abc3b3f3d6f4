// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a camera would go for in a still: the subject, and where the way leads.

use super::{
    depth::Look,
    raster::{Map, quantile, smoothstep},
};
use crate::camera::Aim;

/// How far from the middle a camera aims at most, in picture widths across and up: what lies
/// farther out it only approaches.
const FARTHEST: [f64; 2] = [0.22, 0.14];
/// Whoever looks for the way looks at the far end of what is not sky: so much of it.
const FAR_SHARE: f32 = 0.12;

impl Aim {
    /// Finds them in a still of this nearness.
    pub(super) fn of(look: &Look, nearness: &Map) -> Self {
        let (w, h) = (nearness.width, nearness.height);
        let centred = Map::from_fn(w, h, |x, y| {
            let [x, y] = from_middle(w, h, x, y);
            let away = (x / 0.35).hypot(y / 0.3) as f32;
            (1.0 - 0.7 * away).max(0.05)
        });
        let open = look.sky.map(|sky| 1.0 - sky);
        let ahead = ahead(nearness, &open, &centred);
        let certainty = look.subject_certainty;
        let subject = look.subject.zip(&centred, |subject, centred| subject * centred);
        // Where nothing stands out, the picture is about where it leads.
        let about = mixed(centre(&subject).unwrap_or(ahead), ahead, 1.0 - f64::from(certainty));
        Self {
            nearness: f64::from(focus(nearness, &look.subject, certainty)),
            subject: limited(about),
            ahead: limited(ahead),
        }
    }
}

/// A pixel from the middle of the picture, in picture widths, right and up positive.
fn from_middle(w: usize, h: usize, x: usize, y: usize) -> [f64; 2] {
    let along = |i: usize, side: usize| (i as f64 + 0.5 - side as f64 / 2.0) / w as f64;
    [along(x, w), -along(y, h)]
}

/// The centre of what has weight, if anything has.
fn centre(weights: &Map) -> Option<[f64; 2]> {
    let (w, h) = (weights.width, weights.height);
    let mut sum = [0.0; 3];
    for y in 0..h {
        for (x, weight) in weights.row(y).iter().enumerate() {
            let [across, up] = from_middle(w, h, x, y);
            let weight = f64::from(*weight);
            sum = [sum[0] + weight * across, sum[1] + weight * up, sum[2] + weight];
        }
    }
    (sum[2] > 1e-3 * (w * h) as f64).then(|| [sum[0] / sum[2], sum[1] / sum[2]])
}

/// Where the way leads: the far end of what is not sky.
fn ahead(nearness: &Map, open: &Map, centred: &Map) -> [f64; 2] {
    let sky = open.map(|open| 1.0 - open);
    let far = quantile(nearness.outside(&sky), FAR_SHARE);
    let is_far = nearness.map(|v| 1.0 - smoothstep(far, far + 0.05, v));
    let weights = is_far.zip(open, |far, open| far * open).zip(centred, |v, centred| v * centred);
    centre(&weights).unwrap_or_default()
}

/// The nearness of the subject, or of what is in the middle of the picture.
fn focus(nearness: &Map, subject: &Map, certainty: f32) -> f32 {
    let (width, height) = (nearness.width, nearness.height);
    let middle = |y: usize| &nearness.row(y)[width / 3..(2 * width).div_ceil(3)];
    let middle: Vec<f32> =
        (height / 3..(2 * height).div_ceil(3)).flat_map(middle).copied().collect();
    let pairs = nearness.values.iter().zip(&subject.values);
    let inside: Vec<f32> = pairs.filter(|(_, s)| **s > 0.5).map(|(v, _)| *v).collect();
    let middle = quantile(middle, 0.5);
    if inside.is_empty() { middle } else { middle + (quantile(inside, 0.5) - middle) * certainty }
}

fn mixed(a: [f64; 2], b: [f64; 2], share: f64) -> [f64; 2] {
    [0, 1].map(|axis| a[axis] * (1.0 - share) + b[axis] * share)
}

fn limited(place: [f64; 2]) -> [f64; 2] {
    [0, 1].map(|axis| FARTHEST[axis] * (place[axis] / FARTHEST[axis]).tanh())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(nearness: &Map, subject: Map, certainty: f32) -> Look {
        let sky = nearness.map(|_| 0.0);
        let nearness = nearness.clone();
        Look { nearness, confidence: 1.0, sky, subject, subject_certainty: certainty, seen: None }
    }

    #[test]
    fn a_clear_subject_is_aimed_at_and_is_in_focus() {
        let statue =
            Map::from_fn(96, 64, |x, y| f32::from((58..70).contains(&x) && (10..40).contains(&y)));
        let nearness = statue.map(|s| 0.2 + 0.6 * s);
        let aim = Aim::of(&look(&nearness, statue.clone(), 1.0), &nearness);
        assert!((0.1..0.2).contains(&aim.subject[0]), "{aim:?}");
        assert!((0.02..0.12).contains(&aim.subject[1]), "{aim:?}");
        assert!((aim.nearness - 0.8).abs() < 1e-6, "{aim:?}");
        let unsure = Aim::of(&look(&nearness, statue, 0.0), &nearness);
        assert!(unsure.nearness < 0.4 && unsure.subject == unsure.ahead, "{unsure:?}");
    }

    #[test]
    fn a_way_leads_to_its_far_end() {
        let corridor = Map::from_fn(96, 64, |x, y| {
            let [across, down] = [x as f32 - 30.0, y as f32 - 28.0];
            (across.abs() / 48.0).max(down.abs() / 32.0).min(1.0)
        });
        let nothing = corridor.map(|_| 0.0);
        let aim = Aim::of(&look(&corridor, nothing, 0.0), &corridor);
        assert!((-0.2..-0.1).contains(&aim.ahead[0]), "{aim:?}");
        assert!((0.0..0.08).contains(&aim.ahead[1]), "{aim:?}");
    }

    #[test]
    fn a_picture_of_nothing_is_aimed_at_in_the_middle() {
        for (width, height) in [(1, 1), (2, 40), (64, 48)] {
            let flat = Map::constant(width, height, 0.3);
            let nothing = flat.map(|_| 0.0);
            let aim = Aim::of(&look(&flat, nothing, 0.0), &flat);
            let away = aim.subject[0].hypot(aim.subject[1]);
            assert!(away < 0.01, "{width}x{height}: {aim:?}");
        }
    }
}
