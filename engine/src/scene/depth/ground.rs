// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ground: what reaches the lower borders without a barrier, and how near each row of it is.

use super::{
    barrier::Barriers,
    features::Colours,
    filter::Guide,
    raster::{Map, lerp, mean, smoothstep},
    regions::Regions,
    sky::Sky,
};

/// The layout of a scene that has a ground to stand on.
pub(super) struct Ground {
    /// Nearness by place: the ground by its row, a thing by the row of its foot.
    pub nearness: Map,
    /// 0 (no ground to be seen) to 1.
    pub certainty: f32,
}

pub(super) fn ground(
    colours: &Colours,
    guide: &Guide,
    barriers: &Barriers,
    regions: &Regions,
    sky: &Sky,
) -> Ground {
    let (w, h) = (sky.probability.width, sky.probability.height);
    let probability = probability(colours, guide, barriers, sky);
    let even = probability.map(|_| 1.0);
    let whole = regions.means(&probability, &even);
    let probability = probability.zip(&whole, |own, whole| 0.4 * own + 0.6 * whole);
    let lying = lying(regions, w, h);
    let open = sky.probability.map(|sky| 0.9 * (1.0 - sky));
    let probability = probability.zip(&lying.zip(&open, |l, open| l * open), f32::max);
    let horizon = horizon(&probability, sky);
    let certainty = certainty(&probability, barriers, sky);
    let near = |row: f32| ((row / h as f32 - horizon) / (1.0 - horizon)).clamp(0.0, 1.0);
    let ramp = Map::from_fn(w, h, |_, y| near(y as f32 + 0.5));
    let standing = standing(&probability, regions, &sky.probability, near);
    let nearness = standing.zip(&ramp, |s, r| s - r).zip(&probability, |rise, p| rise * (1.0 - p));
    let nearness = nearness.zip(&ramp, |above, r| (r + above).clamp(0.0, 1.0));
    Ground { nearness, certainty }
}

/// A floor is joined to the bottom and to both sides; a thing that stands on it is not.
fn probability(colours: &Colours, guide: &Guide, barriers: &Barriers, sky: &Sky) -> Map {
    let Barriers { bottom, left, right, .. } = barriers;
    let luma = &colours.luma;
    let sides = left.zip(right, |l, r| 0.35 * l.max(r) + 0.65 * l.min(r));
    let barrier = bottom.zip(&sides, f32::max);
    let open = barrier.map(|b| smoothstep(0.75, 0.35, b));
    let open = open.zip(&likeness(colours), |p, like| p * like);
    let open = guide.smooth(&open, 2e-3);
    let low = Map::from_fn(luma.width, luma.height, |_, y| {
        let y = (y as f32 + 0.5) / luma.height as f32;
        let under_sky = smoothstep(sky.horizon - 0.02, sky.horizon + 0.04, y);
        smoothstep(0.2, 0.6, y) * lerp(1.0, under_sky, sky.certainty)
    });
    let open = open.zip(&low, |p, low| p * low);
    open.zip(&sky.probability, |p, sky| p * (1.0 - sky))
}

/// 1 where a region begins at the bottom border and stays low: a shadow, a rug, a patch of grass
/// lies flat; what is cut by the border and stands reaches higher.
fn lying(regions: &Regions, w: usize, h: usize) -> Map {
    let mut low = vec![false; regions.count];
    for &label in &regions.labels[w * (h - 1)..] {
        low[label as usize] = true;
    }
    for &label in &regions.labels[..w * (h / 2)] {
        low[label as usize] = false;
    }
    Map::from_fn(w, h, |x, y| f32::from(low[regions.labels[y * w + x] as usize]))
}

/// Likeness of the colours to those along the bottom border, where ground is most likely.
fn likeness(colours: &Colours) -> Map {
    let Colours { luma, cb, cr } = colours;
    let strip = luma.width * (luma.height / 12).max(1);
    let squared = |map: &Map| {
        let middle = mean(&map.values[..][map.values.len() - strip..]);
        let off = map.map(|v| (v - middle) * (v - middle));
        let spread = mean(&off.values[off.values.len() - strip..]);
        off.map(|d| d / (spread + 0.004))
    };
    let distance = squared(luma).zip(&squared(cb), |a, b| a + b).zip(&squared(cr), |a, b| a + b);
    distance.map(|d| smoothstep(14.0, 7.0, d))
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

fn certainty(probability: &Map, barriers: &Barriers, sky: &Sky) -> f32 {
    let bottom = |map: &Map| {
        let rows = (map.height / 5).max(1);
        mean(&map.values[map.width * (map.height - rows)..])
    };
    // A floor goes on from one side to the other; a close-up has one thing here, another there.
    let across = barriers.left.zip(&barriers.right, f32::max);
    let floor =
        smoothstep(0.25, 0.7, bottom(probability)) * smoothstep(0.85, 0.55, bottom(&across));
    (0.75 * floor).max(sky.certainty)
}

/// Nearness of things by what they stand on: each region takes that of what lies along its lower
/// edge, ground counting most. What rests on nothing that is known is as far as the ground goes.
fn standing(probability: &Map, regions: &Regions, sky: &Map, near: impl Fn(f32) -> f32) -> Map {
    /// How much more the ground says than another thing, which may merely stand before.
    const GROUND: f32 = 8.0;
    /// Rounds in which a depth climbs from a region to the one above it.
    const ROUNDS: usize = 6;
    let (w, h) = (probability.width, probability.height);
    let backdrop = near((0..h).find(|&y| mean(probability.row(y)) > 0.4).unwrap_or(h) as f32);
    let mut nearness = vec![backdrop; regions.count];
    for _ in 0..ROUNDS {
        let mut sums = vec![(0.0_f32, 1e-6_f32); regions.count];
        for i in 0..w * h {
            let above = regions.labels[i] as usize;
            let below = regions.labels.get(i + w).map(|&label| label as usize);
            if probability.values[i] > 0.5 || below == Some(above) {
                continue;
            }
            let (value, weight) = match below {
                Some(below) if probability.values[i + w] <= 0.5 => {
                    (lerp(backdrop, nearness[below], 0.5), 1.0 - sky.values[i + w])
                }
                _ => (near((i / w + 1) as f32), GROUND),
            };
            // A thing stands on its lowest point; the others are gaps and overhangs.
            let weight = weight * ((i / w + 1) as f32 / h as f32).powi(8);
            sums[above].0 += value * weight;
            sums[above].1 += weight;
        }
        for (value, (sum, weight)) in nearness.iter_mut().zip(sums) {
            *value = (sum + 1e-6 * backdrop) / weight;
        }
    }
    let values = regions.labels.iter().map(|&label| nearness[label as usize]).collect();
    Map { width: w, height: h, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::depth::{barrier::barriers, regions::regions};

    /// A grey floor below 0.5 under a dark wall, with two pale posts: one stands nearer than the other.
    fn room() -> Ground {
        let luma = Map::from_fn(120, 80, |x, y| {
            let near_post = (30..42).contains(&x) && (20..70).contains(&y);
            let far_post = (80..88).contains(&x) && (20..50).contains(&y);
            match (near_post || far_post, y < 40) {
                (true, _) => 0.95,
                (false, true) => 0.15,
                (false, false) => 0.5,
            }
        });
        let none = Map::constant(120, 80, 0.0);
        let no_sky = Sky { probability: none.clone(), certainty: 0.0, horizon: 0.0 };
        let guide = Guide::new(&luma, 2);
        let colours = Colours { luma, cb: none.clone(), cr: none };
        ground(&colours, &guide, &barriers(&colours), &regions(&colours, 1.0, 20), &no_sky)
    }

    #[test]
    fn a_floor_is_found_and_comes_nearer_downwards() {
        let ground = room();
        assert!(ground.certainty > 0.5, "certainty {}", ground.certainty);
        let rows = [45, 55, 65, 75].map(|y| ground.nearness.at(10, y));
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "{rows:?}");
    }

    #[test]
    fn a_thing_has_one_depth_that_of_its_foot() {
        let nearness = room().nearness;
        let (top, foot, floor) = (nearness.at(36, 24), nearness.at(36, 64), nearness.at(10, 70));
        assert!((top - foot).abs() < 0.1, "top {top}, foot {foot}");
        assert!((foot - floor).abs() < 0.15, "foot {foot}, floor beside it {floor}");
        assert!(top > nearness.at(84, 24) + 0.2, "the farther post is at {}", nearness.at(84, 24));
        assert!(nearness.at(84, 24) > nearness.at(60, 10), "the wall is not the farthest");
    }
}
