// SPDX-License-Identifier: MIT OR Apache-2.0
//! Filters on one plane: box mean, guided filter, maximum, gradient.

use super::map::Map;

/// Mean over a square of `2 * radius + 1` pixels a side, clipped at the borders.
pub(super) fn box_mean(map: &Map, radius: usize) -> Map {
    let (w, h) = (map.width, map.height);
    if radius == 0 {
        return map.clone();
    }
    let mut across = Vec::with_capacity(w * h);
    for y in 0..h {
        let row = map.row(y);
        let mut sum: f64 = row[..radius.min(w)].iter().map(|&v| f64::from(v)).sum();
        for x in 0..w {
            if x + radius < w {
                sum += f64::from(row[x + radius]);
            }
            if x > radius {
                sum -= f64::from(row[x - radius - 1]);
            }
            let count = (x + radius).min(w - 1) - x.saturating_sub(radius) + 1;
            across.push((sum / count as f64) as f32);
        }
    }
    let mut sums = vec![0.0_f64; w];
    let add = |sums: &mut [f64], y: usize, sign: f64| {
        for (sum, &v) in sums.iter_mut().zip(&across[y * w..(y + 1) * w]) {
            *sum += sign * f64::from(v);
        }
    };
    (0..radius.min(h)).for_each(|y| add(&mut sums, y, 1.0));
    let mut values = Vec::with_capacity(w * h);
    for y in 0..h {
        if y + radius < h {
            add(&mut sums, y + radius, 1.0);
        }
        if y > radius {
            add(&mut sums, y - radius - 1, -1.0);
        }
        let count = ((y + radius).min(h - 1) - y.saturating_sub(radius) + 1) as f64;
        values.extend(sums.iter().map(|&sum| (sum / count) as f32));
    }
    Map { width: w, height: h, values }
}

/// Smooths `input` but lets its edges follow those of `guide` (a local linear model).
/// `epsilon` is the variance of the guide below which a window counts as flat.
pub(super) fn guided(guide: &Map, input: &Map, radius: usize, epsilon: f32) -> Map {
    let mean_g = box_mean(guide, radius);
    let mean_i = box_mean(input, radius);
    let mean_gg = box_mean(&guide.map(|g| g * g), radius);
    let mean_gi = box_mean(&guide.zip(input, |g, i| g * i), radius);
    let mut slope = Map::constant(guide.width, guide.height, 0.0);
    let mut offset = slope.clone();
    for i in 0..slope.values.len() {
        let (g, p) = (mean_g.values[i], mean_i.values[i]);
        let variance = (mean_gg.values[i] - g * g).max(0.0);
        let a = (mean_gi.values[i] - g * p) / (variance + epsilon);
        slope.values[i] = a;
        offset.values[i] = p - a * g;
    }
    let (slope, offset) = (box_mean(&slope, radius), box_mean(&offset, radius));
    slope.zip(guide, |a, g| a * g).zip(&offset, |v, b| v + b)
}

/// The largest value within `radius` pixels in each direction (a square).
pub(super) fn maximum(map: &Map, radius: usize) -> Map {
    let (w, h) = (map.width, map.height);
    let across = Map::from_fn(w, h, |x, y| {
        let row = &map.row(y)[x.saturating_sub(radius)..(x + radius + 1).min(w)];
        row.iter().copied().fold(f32::MIN, f32::max)
    });
    Map::from_fn(w, h, |x, y| {
        let rows = y.saturating_sub(radius)..(y + radius + 1).min(h);
        rows.map(|y| across.at(x, y)).fold(f32::MIN, f32::max)
    })
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

#[cfg(test)]
mod tests {
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
        let out = guided(&guide, &noisy, 4, 1e-4);
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
}
