// SPDX-License-Identifier: MIT OR Apache-2.0
//! Filters on one plane: box mean, guided filter, maximum, gradient.

use super::raster::Map;

/// Mean over a square of `2 * radius + 1` pixels a side, clipped at the borders.
pub(super) fn box_mean(map: &Map, radius: usize) -> Map {
    let (w, h) = (map.width, map.height);
    if radius == 0 {
        return map.clone();
    }
    let (across, down) = (window_shares(w, radius), window_shares(h, radius));
    let mut column_sums = vec![0.0_f64; w];
    // What lies left of each column, drawn out by the radius on both sides.
    let mut sums_before = vec![0.0_f64; w + 2 * radius + 1];
    let add = |sums: &mut [f64], y: usize, sign: f64| {
        for (sum, &v) in sums.iter_mut().zip(map.row(y)) {
            *sum += sign * f64::from(v);
        }
    };
    (0..radius.min(h)).for_each(|y| add(&mut column_sums, y, 1.0));
    let mut values = Vec::with_capacity(w * h);
    for (y, share_down) in down.iter().enumerate() {
        if y + radius < h {
            add(&mut column_sums, y + radius, 1.0);
        }
        if y > radius {
            add(&mut column_sums, y - radius - 1, -1.0);
        }
        let mut sum = 0.0;
        for (before, v) in sums_before[radius + 1..].iter_mut().zip(&column_sums) {
            sum += v;
            *before = sum;
        }
        sums_before[radius + w..].fill(sum);
        let windows = sums_before[2 * radius + 1..].iter().zip(&sums_before);
        values.extend(
            windows
                .zip(&across)
                .map(|((to, from), share)| ((to - from) * share * share_down) as f32),
        );
    }
    Map { width: w, height: h, values }
}

/// One over the number of positions that a window around each of `length` positions covers.
fn window_shares(length: usize, radius: usize) -> Vec<f64> {
    let covered = |i: usize| (i + radius).min(length - 1) - i.saturating_sub(radius) + 1;
    (0..length).map(|i| 1.0 / covered(i) as f64).collect()
}

/// A picture whose edges others shall follow (guided filter: a linear model of the guide in every
/// window), with what depends on the guide alone.
pub(super) struct Guide {
    map: Map,
    mean: Map,
    variance: Map,
    radius: usize,
}

impl Guide {
    pub fn new(map: &Map, radius: usize) -> Self {
        let mean = box_mean(map, radius);
        let squares = box_mean(&map.map(|v| v * v), radius);
        let variance = squares.zip(&mean, |s, m| (s - m * m).max(0.0));
        Self { map: map.clone(), mean, variance, radius }
    }

    /// Smooths `input` where the guide is flat. `flat` is the variance of the guide below which a
    /// window counts as flat.
    pub fn smooth(&self, input: &Map, flat: f32) -> Map {
        let mean = box_mean(input, self.radius);
        let product = box_mean(&self.map.zip(input, |g, i| g * i), self.radius);
        let mut slope = product;
        let mut offset = mean;
        for i in 0..slope.values.len() {
            let (g, p) = (self.mean.values[i], offset.values[i]);
            let a = (slope.values[i] - g * p) / (self.variance.values[i] + flat);
            slope.values[i] = a;
            offset.values[i] = p - a * g;
        }
        let (slope, offset) = (box_mean(&slope, self.radius), box_mean(&offset, self.radius));
        let smooth = slope.zip(&self.map, |a, g| a * g).zip(&offset, |v, b| v + b);
        // A line fitted to one edge overshoots at a stronger one beside it.
        let low = minimum(input, self.radius);
        let high = maximum(input, self.radius);
        smooth.zip(&low, f32::max).zip(&high, f32::min)
    }
}

/// The largest value within `radius` pixels in each direction (a square).
pub(super) fn maximum(map: &Map, radius: usize) -> Map {
    let (w, h) = (map.width, map.height);
    let raise = |out: &mut [f32], by: &[f32]| {
        for (out, &v) in out.iter_mut().zip(by) {
            *out = if v > *out { v } else { *out };
        }
    };
    let mut across = map.clone();
    for (out, row) in across.values.chunks_mut(w.max(1)).zip(map.values.chunks(w.max(1))) {
        for shift in 1..=radius.min(w.saturating_sub(1)) {
            raise(out, &row[shift..]);
            raise(&mut out[shift..], row);
        }
    }
    let mut out = across.clone();
    for (y, out) in out.values.chunks_mut(w.max(1)).enumerate() {
        for from in y.saturating_sub(radius)..(y + radius + 1).min(h) {
            raise(out, across.row(from));
        }
    }
    out
}

/// The smallest value within `radius` pixels in each direction (a square).
pub(super) fn minimum(map: &Map, radius: usize) -> Map {
    maximum(&map.map(|v| -v), radius).map(|v| -v)
}

/// Square of the gradient's length, per pixel, from differences to the next neighbours.
pub(super) fn gradient_energy(map: &Map) -> Map {
    let (w, h) = (map.width, map.height);
    Map::from_fn(w, h, |x, y| {
        let dx = map.at((x + 1).min(w - 1), y) - map.at(x.saturating_sub(1), y);
        let dy = map.at(x, (y + 1).min(h - 1)) - map.at(x, y.saturating_sub(1));
        (dx * dx + dy * dy) / 4.0
    })
}

/// Bounds the step between neighbours, across and down, to `max_per_pixel` by raising the far
/// side: near things keep their depth.
///
/// With `max_per_pixel` of zero or less every pixel becomes as near as the nearest one.
pub(super) fn limit_gradient(map: &mut Map, max_per_pixel: f32) {
    let (width, nearness) = (map.width, &mut map.values);
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

    fn step(w: usize, h: usize) -> Map {
        Map::from_fn(w, h, |x, _| if x < w / 2 { 0.0 } else { 1.0 })
    }

    #[test]
    fn box_mean_keeps_a_constant_also_at_borders() {
        for (w, h, radius) in [(1, 1, 3), (5, 2, 9), (16, 9, 2)] {
            let out = box_mean(&Map::constant(w, h, 0.4), radius);
            assert!(out.values.iter().all(|v| (v - 0.4).abs() < 1e-6));
        }
    }

    #[test]
    fn box_mean_is_the_mean_of_its_window() {
        let map = Map::from_fn(7, 6, |x, y| (x * x + 3 * y) as f32);
        let mut sum = 0.0;
        for y in 2..5 {
            for x in 3..6 {
                sum += map.at(x, y);
            }
        }
        assert!((box_mean(&map, 1).at(4, 3) - sum / 9.0).abs() < 1e-4);
    }

    #[test]
    fn guided_filter_keeps_the_edge_of_its_guide() {
        let guide = step(40, 20);
        let noisy =
            Map::from_fn(40, 20, |x, y| guide.at(x, y) + ((x * 7 + y * 13) % 5) as f32 / 20.0);
        let out = Guide::new(&guide, 4).smooth(&noisy, 1e-4);
        assert!(out.at(20, 10) - out.at(19, 10) > 0.9);
        let plain = box_mean(&noisy, 4);
        assert!(plain.at(20, 10) - plain.at(19, 10) < 0.3);
    }

    #[test]
    fn maximum_and_minimum_move_the_edge_by_the_radius() {
        let map = step(20, 5);
        assert_eq!(maximum(&map, 2).row(2).iter().filter(|&&v| v == 1.0).count(), 12);
        assert_eq!(minimum(&map, 2).row(2).iter().filter(|&&v| v == 1.0).count(), 8);
    }

    #[test]
    fn gradient_of_a_ramp_is_its_slope() {
        let ramp = Map::from_fn(9, 9, |x, _| x as f32 * 0.1);
        assert!((gradient_energy(&ramp).at(4, 4) - 0.01).abs() < 1e-6);
    }

    fn steepest(map: &Map) -> f32 {
        let across = |y: usize| map.row(y).windows(2).map(|p| (p[0] - p[1]).abs());
        let down = (map.width..map.values.len())
            .map(|i| (map.values[i] - map.values[i - map.width]).abs());
        (0..map.height).flat_map(across).chain(down).fold(0.0, f32::max)
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
            limit_gradient(&mut after, step);
            prop_assert!(steepest(&after) <= step + 1e-5);
            for (b, a) in before.values.iter().zip(&after.values) {
                prop_assert!(a >= b);
            }
        }
    }
}
