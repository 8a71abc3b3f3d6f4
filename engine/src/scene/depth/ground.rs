// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ground: what reaches the lower borders without a barrier, and how near each row of it is.

use super::{
    barrier::Barriers,
    filter::guided,
    map::{Map, mean, smoothstep},
    regions::Regions,
    sky::Sky,
};

/// The layout of a scene that has a ground to stand on.
pub(super) struct Ground {
    /// Nearness by place: the ground by its row, a thing by the row of its foot.
    pub nearness: Map,
    /// Nearness of a plane that falls away towards the horizon, at each row.
    pub ramp: Map,
    /// 0 (no ground to be seen) to 1.
    pub certainty: f32,
}

pub(super) fn ground(luma: &Map, barriers: &Barriers, regions: &Regions, sky: &Sky) -> Ground {
    let probability = probability(luma, barriers, sky);
    let (w, h) = (luma.width, luma.height);
    let horizon = horizon(&probability, sky);
    let certainty = certainty(&probability, sky);
    let near = |row: f32| ((row / h as f32 - horizon) / (1.0 - horizon)).clamp(0.0, 1.0);
    let ramp = Map::from_fn(w, h, |_, y| near(y as f32 + 0.5));
    let foot = feet(&probability).map(near);
    let upright = probability.map(|p| 1.0 - p + 1e-3);
    let whole = regions.means(&foot, &upright);
    let standing = foot.zip(&whole, |own, whole| 0.3 * own + 0.7 * whole);
    let nearness = standing.zip(&ramp, |s, r| s - r).zip(&probability, |rise, p| rise * (1.0 - p));
    let nearness = nearness.zip(&ramp, |above, r| (r + above).clamp(0.0, 1.0));
    Ground { nearness, ramp, certainty }
}

/// A floor is joined to the bottom and to both sides; a thing that stands on it is not.
fn probability(luma: &Map, barriers: &Barriers, sky: &Sky) -> Map {
    let Barriers { bottom, left, right, .. } = barriers;
    let sides = left.zip(right, |l, r| 0.35 * l.max(r) + 0.65 * l.min(r));
    let barrier = bottom.zip(&sides, f32::max);
    let open = barrier.map(|b| smoothstep(0.75, 0.35, b));
    let open = guided(luma, &open, (luma.long_side() / 48).max(1), 2e-3);
    let low = Map::from_fn(luma.width, luma.height, |_, y| {
        smoothstep(0.2, 0.6, (y as f32 + 0.5) / luma.height as f32)
    });
    let open = open.zip(&low, |p, low| p.clamp(0.0, 1.0) * low);
    open.zip(&sky.probability, |p, sky| p * (1.0 - sky))
}

/// Height of the horizon as a share of the picture's, from the top; above the picture for a view
/// from above.
fn horizon(probability: &Map, sky: &Sky) -> f32 {
    let h = probability.height;
    let covered = |y: &usize| mean(probability.row(*y)) > 0.4;
    let top = (0..h).find(covered).map_or(0.55, |y| y as f32 / h as f32);
    let floor = top - 0.12;
    let seen = sky.horizon.min(0.85);
    floor + (seen - floor) * sky.certainty
}

fn certainty(probability: &Map, sky: &Sky) -> f32 {
    let h = probability.height;
    let rows = |from: f32, to: f32| {
        let (a, b) = ((from * h as f32) as usize, ((to * h as f32) as usize).max(1));
        mean(&probability.values[a * probability.width..b * probability.width])
    };
    let floor = smoothstep(0.25, 0.7, rows(0.8, 1.0));
    (0.75 * floor).max(sky.certainty)
}

/// The row on which each pixel stands: the next ground below it in its column.
fn feet(probability: &Map) -> Map {
    let (w, h) = (probability.width, probability.height);
    let mut feet = Map::constant(w, h, h as f32);
    for x in 0..w {
        let mut foot = h as f32;
        for y in (0..h).rev() {
            if probability.at(x, y) > 0.5 {
                foot = y as f32 + 0.5;
            }
            feet.values[y * w + x] = foot;
        }
    }
    feet
}
