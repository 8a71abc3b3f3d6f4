// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values over a picture, and the few operations that every analysis needs.

/// The samples of a pixel, 0..=255, in the order of the format; unused ones are 0.
pub(super) type Pixel = [f32; 4];

/// A `[height, width]` field of anything.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raster<T> {
    pub width: usize,
    pub height: usize,
    pub values: Vec<T>,
}

impl<T: Copy> Raster<T> {
    pub fn constant(width: usize, height: usize, value: T) -> Self {
        Self { width, height, values: vec![value; width * height] }
    }

    /// Calls `f(x, y)` for every place.
    pub fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            values.extend((0..width).map(|x| f(x, y)));
        }
        Self { width, height, values }
    }

    pub fn at(&self, x: usize, y: usize) -> T {
        self.values[y * self.width + x]
    }

    pub fn map<U: Copy>(&self, f: impl Fn(T) -> U) -> Raster<U> {
        let values = self.values.iter().map(|&v| f(v)).collect();
        Raster { width: self.width, height: self.height, values }
    }

    pub fn row(&self, y: usize) -> &[T] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// Half the size; `f` makes one of the four that lie under it, some of which are the same at
    /// an odd border.
    pub fn halved(&self, f: impl Fn([T; 4]) -> T) -> Self {
        let (w, h) = (self.width.div_ceil(2), self.height.div_ceil(2));
        Self::from_fn(w, h, |x, y| {
            let (x0, y0) = (2 * x, 2 * y);
            let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
            f([self.at(x0, y0), self.at(x1, y0), self.at(x0, y1), self.at(x1, y1)])
        })
    }
}

/// One number per pixel.
pub(super) type Map = Raster<f32>;

impl Map {
    /// The values where `sky` says that there is none.
    pub fn outside(&self, sky: &Self) -> Vec<f32> {
        let pairs = self.values.iter().zip(&sky.values);
        pairs.filter(|&(_, &sky)| sky < 0.5).map(|(&v, _)| v).collect()
    }

    /// Combines two maps of the same size.
    pub fn zip(&self, other: &Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(&a, &b)| f(a, b)).collect();
        Self { values, ..*self }
    }

    pub fn long_side(&self) -> usize {
        self.width.max(self.height)
    }

    pub fn mean(&self) -> f32 {
        mean(&self.values)
    }

    /// Mean of the values, each counted `weights` times; 0 where nothing counts.
    pub fn weighted_mean(&self, weights: &Self) -> f32 {
        let (mut sum, mut total) = (0.0_f64, 0.0_f64);
        for (&v, &w) in self.values.iter().zip(&weights.values) {
            sum += f64::from(v) * f64::from(w);
            total += f64::from(w);
        }
        if total > 1e-6 { (sum / total) as f32 } else { 0.0 }
    }

    /// The bilinear value between the middles of pixels, which lie on whole numbers; outside the
    /// nearest one.
    pub fn between(&self, [x, y]: [f64; 2]) -> f32 {
        let inside = |at: f64, side: usize| at.clamp(0.0, side as f64 - 1.0);
        let (x, y) = (inside(x, self.width), inside(y, self.height));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (across, down) = ((x - left as f64) as f32, (y - top as f64) as f32);
        let row = |y: usize| lerp(self.at(left, y), self.at(right, y), across);
        lerp(row(top), row(bottom), down)
    }

    /// Half the size, each pixel the mean of the two by two that it covers.
    pub fn half(&self) -> Self {
        self.halved(|four| four.iter().sum::<f32>() / 4.0)
    }

    /// Change of size: bilinear where it grows, and the same triangle made wider where it
    /// shrinks, so that no value is left out.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        let (columns, rows) = (taps(self.width, width), taps(self.height, height));
        let mut values = Vec::with_capacity(width * height);
        let mut mixed = vec![0.0; self.width];
        for row in &rows {
            mixed.fill(0.0);
            for (y, weight) in (row.first..).zip(&row.weights) {
                for (sum, value) in mixed.iter_mut().zip(self.row(y)) {
                    *sum += weight * value;
                }
            }
            values.extend(columns.iter().map(|column| {
                let from = &mixed[column.first..];
                from.iter().zip(&column.weights).map(|(value, weight)| weight * value).sum::<f32>()
            }));
        }
        Self { width, height, values }
    }

    /// Mean over a square of `2 * radius + 1` places a side, with the border repeated.
    pub fn smoothed(&self, radius: usize) -> Self {
        let (w, h) = (self.width, self.height);
        let share = 1.0 / (2 * radius + 1) as f32;
        let around = |i: usize, length: usize| {
            (0..=2 * radius).map(move |step| (i + step).saturating_sub(radius).min(length - 1))
        };
        let across =
            Self::from_fn(w, h, |x, y| around(x, w).map(|x| self.at(x, y)).sum::<f32>() * share);
        Self::from_fn(w, h, |x, y| around(y, h).map(|y| across.at(x, y)).sum::<f32>() * share)
    }
}

/// The values along one side that make one value of the result.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// The taps that change `from` values into `to`.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let step = from as f32 / to as f32;
    let reach = step.max(1.0);
    let tap = |i: usize| {
        let centre = (i as f32 + 0.5) * step - 0.5;
        let first = ((centre - reach).floor().max(-1.0) + 1.0) as usize;
        let end = ((centre + reach).ceil() as usize).clamp(first + 1, from);
        let weight = |at: usize| 1.0 - (at as f32 - centre).abs() / reach;
        let sum: f32 = (first..end).map(weight).sum();
        Taps { first, weights: (first..end).map(|at| weight(at) / sum).collect() }
    };
    (0..to).map(tap).collect()
}

pub(super) fn mean(values: &[f32]) -> f32 {
    let sum: f64 = values.iter().map(|&v| f64::from(v)).sum();
    (sum / values.len().max(1) as f64) as f32
}

/// The value below which `share` (0..1) of the values lie; 0 where there are none.
pub(super) fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let index = (share * (values.len() - 1) as f32) as usize;
    *values.select_nth_unstable_by(index, f32::total_cmp).1
}

pub(super) fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 up to `low`, 1 from `high` on, smooth between. With `low > high` it falls.
pub(super) fn smoothstep(low: f32, high: f32, v: f32) -> f32 {
    let t = ((v - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn growing_is_bilinear() {
        let map = Map { width: 2, height: 1, values: vec![0.0, 1.0] };
        assert_eq!(map.resized(4, 2).values, [0.0, 0.25, 0.75, 1.0].repeat(2));
    }

    #[test]
    fn shrinking_leaves_no_value_out() {
        let map = Map::from_fn(64, 64, |x, y| ((x + y) % 2) as f32);
        assert!(map.resized(16, 16).values.iter().all(|v| (v - 0.5).abs() < 0.1));
    }

    proptest! {
        #[test]
        fn any_size_to_any_size_keeps_a_constant_and_the_range(
            from in (1_usize..40, 1_usize..40),
            to in (1_usize..80, 1_usize..80),
            seed in any::<u32>(),
        ) {
            let flat = Map::constant(from.0, from.1, 0.7).resized(to.0, to.1);
            prop_assert_eq!((flat.width, flat.height, flat.values.len()), (to.0, to.1, to.0 * to.1));
            prop_assert!(flat.values.iter().all(|v| (v - 0.7).abs() < 1e-5));
            let noise = |x: usize, y: usize| ((x * 7919 + y * 104729) as u32 ^ seed) % 97;
            let map = Map::from_fn(from.0, from.1, |x, y| noise(x, y) as f32 / 96.0);
            let in_range = |v: &f32| (-1e-5..=1.0 + 1e-5).contains(v);
            prop_assert!(map.resized(to.0, to.1).values.iter().all(in_range));
        }
    }
}
