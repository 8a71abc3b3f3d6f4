// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a fused estimate to one that can be warped by: a fixed range, shallow where it is unsure.

use super::{
    filter::box_mean,
    raster::{Map, lerp, quantile},
};

/// Stretches the range so that the near end (98th percentile) is 1 and the far end of what is
/// not sky (5th) is `far`.
pub(super) fn normalise(nearness: &Map, sky: &Map, far: f32) -> Map {
    let solid = nearness.outside(sky);
    let (low, high) = (quantile(solid.clone(), 0.05), quantile(solid, 0.98));
    let gain = (1.0 - far) / (high - low).max(0.05);
    nearness.map(|v| (1.0 - (high - v) * gain).clamp(0.0, 1.0))
}

/// Pulls each pixel towards the mean of its surroundings: `share` 1 keeps it, 0 leaves the mean.
pub(super) fn compress(nearness: &Map, share: f32) -> Map {
    let surroundings = box_mean(nearness, nearness.long_side() / 4);
    nearness.zip(&surroundings, |v, mean| lerp(mean, v, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalising_fixes_both_ends_and_leaves_sky_aside() {
        let map = Map::from_fn(100, 1, |x, _| if x < 30 { 0.0 } else { 0.3 + x as f32 / 500.0 });
        let sky = Map::from_fn(100, 1, |x, _| f32::from(x < 30));
        let out = normalise(&map, &sky, 0.15);
        assert!(out.at(99, 0) > 0.97, "near end {}", out.at(99, 0));
        assert!((out.at(33, 0) - 0.15).abs() < 0.05, "far end {}", out.at(33, 0));
    }

    #[test]
    fn compressing_keeps_the_order_and_lowers_what_stands_out() {
        let map = Map::from_fn(40, 40, |x, _| if (18..22).contains(&x) { 0.9 } else { 0.2 });
        let step = |map: &Map| map.at(20, 20) - map.at(10, 20);
        let out = compress(&map, 0.3);
        assert!(step(&out) > 0.0 && step(&out) < 0.5 * step(&map));
        assert_eq!(compress(&map, 1.0), map);
    }
}
