// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a fused estimate to one that can be warped by: a fixed range, fat edges, bounded slopes.

use super::{
    filter::{box_mean, maximum},
    map::{Map, lerp, quantile},
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

/// Lets near things grow over their edges by `radius` pixels, so that what is stretched there
/// belongs to the background.
pub(super) fn fatten(nearness: &Map, radius: usize) -> Map {
    maximum(nearness, radius)
}

/// Bounds the step between neighbours, across and down, to `max_per_pixel` by raising the far
/// side: near things keep their depth.
///
/// `nearness` holds `width * height` values, row by row; with any other length nothing is done.
/// With `max_per_pixel` of zero or less every pixel becomes as near as the nearest one.
pub fn limit_gradient(nearness: &mut [f32], width: usize, height: usize, max_per_pixel: f32) {
    if width.checked_mul(height) != Some(nearness.len()) {
        return;
    }
    let step = max_per_pixel.max(0.0);
    let diagonal = step * std::f32::consts::SQRT_2;
    let n = nearness.len();
    let mut raise = |inside: bool, i: usize, from: usize, fall: f32| {
        if inside {
            nearness[i] = nearness[i].max(nearness[from] - fall);
        }
    };
    for i in 0..n {
        let (x, above) = (i % width, i >= width);
        raise(x > 0, i, i.wrapping_sub(1), step);
        raise(above, i, i.wrapping_sub(width), step);
        raise(above && x > 0, i, i.wrapping_sub(width + 1), diagonal);
        raise(above && x + 1 < width, i, (i + 1).wrapping_sub(width), diagonal);
    }
    for i in (0..n).rev() {
        let (x, below) = (i % width, i + width < n);
        raise(x + 1 < width, i, i + 1, step);
        raise(below, i, i + width, step);
        raise(below && x + 1 < width, i, i + width + 1, diagonal);
        raise(below && x > 0, i, i + width - 1, diagonal);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steepest(map: &Map) -> f32 {
        let across = |y: usize| map.row(y).windows(2).map(|p| (p[0] - p[1]).abs());
        let down = (map.width..map.values.len())
            .map(|i| (map.values[i] - map.values[i - map.width]).abs());
        (0..map.height).flat_map(across).chain(down).fold(0.0, f32::max)
    }

    #[test]
    fn fattening_moves_the_edge_into_the_background() {
        let map = Map::from_fn(20, 4, |x, _| if x < 10 { 0.9 } else { 0.1 });
        let out = fatten(&map, 2);
        assert_eq!((out.at(11, 2), out.at(12, 2)), (0.9, 0.1));
    }

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

    #[test]
    fn a_wrong_length_is_left_alone() {
        let mut values = vec![0.0, 1.0, 0.0];
        limit_gradient(&mut values, 2, 2, 0.1);
        limit_gradient(&mut values, usize::MAX, 2, 0.1);
        assert_eq!(values, [0.0, 1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn limited_gradients_are_bounded_and_nothing_gets_farther(
            width in 1_usize..24,
            height in 1_usize..24,
            step in 0.0_f32..0.5,
            seed in prop::collection::vec(0.0_f32..1.0, 24 * 24),
        ) {
            let before = Map { width, height, values: seed[..width * height].to_vec() };
            let mut after = before.clone();
            limit_gradient(&mut after.values, width, height, step);
            prop_assert!(steepest(&after) <= step + 1e-5);
            for (b, a) in before.values.iter().zip(&after.values) {
                prop_assert!(a >= b);
            }
        }
    }
}
