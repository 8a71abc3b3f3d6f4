// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a fused estimate to one that can be warped by: a fixed range, fat edges, bounded slopes.

use super::{
    filter::{box_mean, maximum},
    map::{Map, lerp, quantile},
};

/// Stretches the range so that the near end (98th percentile) is 1 and the far end of what is
/// not sky (5th) is `far`.
pub(super) fn normalise(nearness: &Map, sky: &Map, far: f32) -> Map {
    let solid: Vec<f32> = nearness
        .values
        .iter()
        .zip(&sky.values)
        .filter(|&(_, &sky)| sky < 0.5)
        .map(|(&v, _)| v)
        .collect();
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
/// `nearness` holds `width * height` values, row by row. With `max_per_pixel` of zero or less
/// every pixel becomes as near as the nearest one.
pub fn limit_gradient(nearness: &mut [f32], width: usize, height: usize, max_per_pixel: f32) {
    let step = max_per_pixel.max(0.0);
    let diagonal = step * std::f32::consts::SQRT_2;
    let n = (width * height).min(nearness.len());
    let mut raise = |i: usize, from: Option<usize>, fall: f32| {
        if let Some(from) = from {
            nearness[i] = nearness[i].max(nearness[from] - fall);
        }
    };
    for i in 0..n {
        let (x, y) = (i % width, i / width);
        raise(i, (x > 0).then(|| i - 1), step);
        raise(i, (y > 0).then(|| i - width), step);
        raise(i, (x > 0 && y > 0).then(|| i - width - 1), diagonal);
        raise(i, (x + 1 < width && y > 0).then(|| i - width + 1), diagonal);
    }
    for i in (0..n).rev() {
        let (x, y) = (i % width, i / width);
        let below = i + width < n;
        raise(i, (x + 1 < width && i + 1 < n).then_some(i + 1), step);
        raise(i, (y + 1 < height && below).then_some(i + width), step);
        raise(i, (x + 1 < width && i + width + 1 < n).then_some(i + width + 1), diagonal);
        raise(i, (x > 0 && i + width - 1 < n && y + 1 < height).then(|| i + width - 1), diagonal);
    }
}
