// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the motion brush moves.

use super::{Motions, distance::distance, noise};
use crate::{
    brush::{Brush, Stroke},
    scene::raster::{Map, smoothstep},
};

/// How far a region goes at 10 in a plain clip, in widths of the picture.
const WAY: f32 = 0.08;
/// Natural logarithm of how much a region grows at 10 in a plain clip.
const GROWTH: f32 = 0.22;
/// How far things stir at 10 at motion 5, in widths of the picture.
const STIR: f32 = 0.01;
/// Waves that the stirring is made of, in hertz, each with its share.
const STIRS: [(f64, f32); 3] = [(0.4, 0.5), (0.9, 0.3), (1.7, 0.2)];
/// The way over which movement fades out around a region, in widths of the picture and in ways
/// that the region goes: less would fold the picture over.
const MARGIN: [f32; 2] = [0.02, 2.0];

/// One region of a brush on a still.
pub(in crate::scene) struct Region {
    pub area: Map,
    pub stroke: Stroke,
}

/// The regions of `brush` on a map of `width` x `height` pixels, without those that are empty.
pub(in crate::scene) fn regions(brush: &Brush, width: usize, height: usize) -> Vec<Region> {
    let region = |(i, stroke): (usize, &Stroke)| {
        let area = Map { width, height, values: brush.coverage(i, width, height) };
        area.values.iter().any(|v| *v > 0.5).then_some(Region { area, stroke: *stroke })
    };
    brush.strokes().0.iter().enumerate().filter_map(region).collect()
}

/// Moves one region. `strongest` is the root of the gain at the strongest motion.
pub(super) fn paint(motions: &mut Motions, region: &Region, strongest: f32, seed: u64) {
    let Region { area, stroke } = region;
    let width = area.width as f32;
    let [right, down, closer] =
        [stroke.horizontal, -stroke.vertical, stroke.proximity].map(|value| value as f32 / 10.0);
    let (middle, reach) = extent(area);
    let farthest = WAY * right.hypot(down) + GROWTH * closer.abs() * reach / width;
    let margin = (MARGIN[0] + MARGIN[1] * farthest * strongest) * width;
    let outside = distance(area, |inside| inside > 0.5);
    let share = outside.map(|away| smoothstep(margin, 0.0, away));
    if farthest > 0.0 {
        let way = |x: usize, y: usize| {
            let from_middle = [x as f32 - middle[0], y as f32 - middle[1]].map(|d| d / width);
            let grown = from_middle.map(|d| d * GROWTH * closer);
            [WAY * right + grown[0], WAY * down + grown[1]].map(|way| way * share.at(x, y))
        };
        let ways = (0..area.values.len()).map(|i| way(i % area.width, i / area.width)).collect();
        (motions.width, motions.height) = (area.width, area.height);
        motions.journeys.push(ways);
    }
    let restless = stroke.ambient as f32 / 10.0;
    for (i, (hertz, part)) in STIRS.into_iter().enumerate().filter(|_| restless > 0.0) {
        for (axis, direction) in [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
            let seed = seed.wrapping_add((2 * i + axis) as u64);
            let phase = noise::smooth(area, [0.06 * width; 2], seed);
            let phase = phase.map(|turn| 2.0 * std::f32::consts::TAU * turn);
            let amplitude = share.map(|share| share * restless * part * STIR);
            motions.add_wave(hertz * (1.0 + 0.1 * axis as f64), direction, 0.0, &amplitude, &phase);
        }
    }
}

/// The middle of `area`, and the longest way from there to a part of it, in pixels.
fn extent(area: &Map) -> ([f32; 2], f32) {
    let inside = || (0..area.values.len()).filter(|i| area.values[*i] > 0.5);
    let place = |i: usize| [(i % area.width) as f32, (i / area.width) as f32];
    let count = inside().count().max(1) as f32;
    let sum = inside().map(place).fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
    let middle = sum.map(|s| s / count);
    let away = |p: [f32; 2]| (p[0] - middle[0]).hypot(p[1] - middle[1]);
    (middle, inside().map(place).map(away).fold(0.0, f32::max))
}
