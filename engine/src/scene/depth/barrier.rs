// SPDX-License-Identifier: MIT OR Apache-2.0
//! How hard it is to walk from the border of the picture to a pixel without a change of colour.
//!
//! The barrier of a path is the range of colour on it; a pixel's distance is that of its best path
//! (the minimum barrier distance). Background reaches the border easily, a closed object does not.

use super::{features::Colours, raster::Map};

/// Distance of each pixel to each border of the picture, in units of the picture's contrast.
pub(super) struct Barriers {
    pub top: Map,
    pub bottom: Map,
    pub left: Map,
    pub right: Map,
}

impl Barriers {
    pub fn resized(&self, w: usize, h: usize) -> Self {
        Self {
            top: self.top.resized(w, h),
            bottom: self.bottom.resized(w, h),
            left: self.left.resized(w, h),
            right: self.right.resized(w, h),
        }
    }
}

#[derive(Clone, Copy)]
struct Path {
    cost: f32,
    low: [f32; 3],
    high: [f32; 3],
}

/// Raster scans, alternately forward and back; more change little.
const PASSES: usize = 4;

pub(super) fn barriers(colours: &Colours) -> Barriers {
    let (w, h) = (colours.luma.width, colours.luma.height);
    let from = |seed: &dyn Fn(usize, usize) -> bool| distance(colours, seed);
    let mut all = Barriers {
        top: from(&|_, y| y == 0),
        bottom: from(&|_, y| y + 1 == h),
        left: from(&|x, _| x == 0),
        right: from(&|x, _| x + 1 == w),
    };
    // Most pictures span most of the range of colours; a flat one must not be blown up.
    let far = all.top.zip(&all.bottom, f32::max);
    let scale = 1.0 / super::raster::quantile(far.values, 0.95).max(0.15);
    for map in [&mut all.top, &mut all.bottom, &mut all.left, &mut all.right] {
        map.values.iter_mut().for_each(|v| *v = (*v * scale).min(1.0));
    }
    all
}

fn distance(colours: &Colours, seed: &dyn Fn(usize, usize) -> bool) -> Map {
    let (w, h) = (colours.luma.width, colours.luma.height);
    let pixel: Vec<[f32; 3]> = (0..w * h)
        .map(|i| [colours.luma.values[i], 2.0 * colours.cb.values[i], 2.0 * colours.cr.values[i]])
        .collect();
    let mut paths: Vec<Path> = (0..w * h)
        .map(|i| {
            let cost = if seed(i % w, i / w) { 0.0 } else { f32::INFINITY };
            Path { cost, low: pixel[i], high: pixel[i] }
        })
        .collect();
    for pass in 0..PASSES {
        let forward = pass % 2 == 0;
        for step in 0..w * h {
            let i = if forward { step } else { w * h - 1 - step };
            let (x, y) = (i % w, i / w);
            let (beside, above) = if forward {
                ((x > 0).then(|| i - 1), (y > 0).then(|| i - w))
            } else {
                ((x + 1 < w).then_some(i + 1), (y + 1 < h).then_some(i + w))
            };
            for from in [beside, above].into_iter().flatten() {
                let path = extend(&paths[from], pixel[i]);
                if path.cost < paths[i].cost {
                    paths[i] = path;
                }
            }
        }
    }
    // A picture one pixel wide or high is all seed; others are reached within two passes.
    Map { width: w, height: h, values: paths.iter().map(|p| p.cost.min(8.0)).collect() }
}

fn extend(path: &Path, colour: [f32; 3]) -> Path {
    if path.cost == f32::INFINITY {
        return *path;
    }
    let mut next = *path;
    next.cost = 0.0;
    for (c, &v) in colour.iter().enumerate() {
        next.low[c] = next.low[c].min(v);
        next.high[c] = next.high[c].max(v);
        next.cost += next.high[c] - next.low[c];
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey disc on a bright ground, with a stalk to the bottom.
    fn disc_on_stalk() -> Colours {
        let luma = Map::from_fn(40, 30, |x, y| {
            let (dx, dy) = (x as f32 - 20.0, y as f32 - 14.0);
            let inside = dx * dx + dy * dy < 49.0 || (y > 14 && (18..22).contains(&x));
            if inside { 0.2 } else { 0.9 }
        });
        let none = Map::constant(40, 30, 0.0);
        Colours { luma, cb: none.clone(), cr: none }
    }

    #[test]
    fn a_closed_thing_is_behind_a_barrier_and_the_background_is_not() {
        let found = barriers(&disc_on_stalk());
        for border in [&found.top, &found.left, &found.right] {
            assert!(border.at(20, 14) > 0.9);
            assert!(border.at(3, 26) < 0.05);
        }
    }

    #[test]
    fn a_thing_that_reaches_a_border_has_no_barrier_to_that_one() {
        assert!(barriers(&disc_on_stalk()).bottom.at(20, 14) < 0.05);
    }

    #[test]
    fn a_flat_picture_is_not_blown_up() {
        let flat = Map::from_fn(20, 20, |x, _| 0.5 + x as f32 * 1e-4);
        let none = Map::constant(20, 20, 0.0);
        let found = barriers(&Colours { luma: flat, cb: none.clone(), cr: none });
        assert!(found.left.values.iter().all(|&v| v < 0.05));
    }
}
