// SPDX-License-Identifier: MIT OR Apache-2.0
//! How far each pixel is from those of a kind.

use crate::scene::raster::Map;

/// The length in pixels of a way in eight directions from each pixel to the nearest whose value
/// `is` what is looked for; longer than any way where there is none.
pub(super) fn distance(map: &Map, is: impl Fn(f32) -> bool) -> Map {
    const DIAGONAL: f32 = std::f32::consts::SQRT_2;
    let (w, h) = (map.width, map.height);
    let none = 2.0 * (w + h) as f32;
    let mut way = map.map(|v| if is(v) { 0.0 } else { none });
    let mut reach = |to: usize, from: Option<usize>, step: f32| {
        let Some(from) = from else { return };
        way.values[to] = way.values[to].min(way.values[from] + step);
    };
    for i in 0..w * h {
        let (left, above) = (i % w > 0, i >= w);
        reach(i, left.then(|| i - 1), 1.0);
        reach(i, above.then(|| i - w), 1.0);
        reach(i, (above && left).then(|| i - w - 1), DIAGONAL);
        reach(i, (above && i % w + 1 < w).then(|| i + 1 - w), DIAGONAL);
    }
    for i in (0..w * h).rev() {
        let (right, below) = (i % w + 1 < w, i + w < w * h);
        reach(i, right.then_some(i + 1), 1.0);
        reach(i, below.then_some(i + w), 1.0);
        reach(i, (below && right).then_some(i + w + 1), DIAGONAL);
        reach(i, (below && i % w > 0).then(|| i + w - 1), DIAGONAL);
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_single_pixel() {
        let map = Map::from_fn(9, 7, |x, y| f32::from((x, y) == (4, 3)));
        let way = distance(&map, |v| v > 0.5);
        assert_eq!((way.at(4, 3), way.at(8, 3), way.at(4, 0)), (0.0, 4.0, 3.0));
        assert!((way.at(6, 5) - 2.0 * std::f32::consts::SQRT_2).abs() < 1e-5);
        assert!(distance(&map, |v| v > 2.0).values.iter().all(|way| *way >= 16.0));
    }
}
