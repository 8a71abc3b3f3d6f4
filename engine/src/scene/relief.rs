// SPDX-License-Identifier: MIT OR Apache-2.0
//! The nearness of a still on the grid on which geometry is solved.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{
    filter::limit_gradient,
    raster::{Map, lerp},
};

/// Pixels of the picture from one grid point to the next, both ways.
pub(super) const GRID_STEP: usize = 4;
/// How steep nearness may be in a moving picture: the disparity that a camera of a given reach
/// causes changes by at most this share of the way over which it changes. Below 1 nothing folds
/// over and nothing tears; at 0.7 a background is stretched to at most 1.7 times its width.
const STEEPNESS: f32 = 0.7;
/// The steepest nearness of all, per picture width: silhouettes stay where they are.
const CRISP: f32 = 16.0;
/// The gentlest that is worked with, per picture width.
const SOFT: f32 = 2.5;

/// Nearness at a grid point, at the one to its right, and at the two below them: what a bilinear
/// look-up needs, in one place.
pub(super) type Cell = [f32; 4];

/// Nearness on a grid of `width` x `height` points, [`GRID_STEP`] pixels apart.
#[derive(Debug)]
pub(super) struct Relief {
    /// Points in a row.
    pub width: usize,
    /// Rows of points.
    pub height: usize,
    /// Nearness with edges as steep as [`CRISP`], and as [`SOFT`].
    crisp: Vec<f32>,
    soft: Vec<f32>,
    /// The last mixture of the two that was asked for, and its share.
    mixed: Mutex<Option<(f32, Arc<Vec<Cell>>)>>,
}

impl Relief {
    /// Lays `nearness` on the grid of a picture of `width` x `height` pixels.
    pub fn new(nearness: &Map, width: u32, height: u32) -> Self {
        let grid_width = (width as usize).div_ceil(2 * GRID_STEP) * 2 + 1;
        let grid_height = (height as usize).div_ceil(GRID_STEP) + 1;
        let on_grid = |per_width: f32| {
            let mut gentle = nearness.clone();
            let per_pixel = per_width / nearness.width as f32;
            limit_gradient(&mut gentle, per_pixel);
            resample(&gentle, [grid_width, grid_height], [width, height])
        };
        Self {
            width: grid_width,
            height: grid_height,
            crisp: on_grid(CRISP),
            soft: on_grid(SOFT),
            mixed: Mutex::new(None),
        }
    }

    /// Bytes of memory that it takes, with the mixture.
    pub fn bytes(&self) -> usize {
        self.width * self.height * (2 * size_of::<f32>() + size_of::<Cell>())
    }

    /// The cells to use with a camera that shifts the nearest things by up to `disparity` picture
    /// widths: the further it goes, the gentler the edges. There is one for each grid point.
    pub fn cells(&self, disparity: f64) -> Arc<Vec<Cell>> {
        let steepest = STEEPNESS / (disparity as f32).max(1e-6);
        let soft = ((CRISP - steepest) / (CRISP - SOFT)).clamp(0.0, 1.0);
        let mut mixed = self.mixed.lock();
        if let Some((share, cells)) = &*mixed
            && share.to_bits() == soft.to_bits()
        {
            return cells.clone();
        }
        let mix = |(crisp, gentle): (&f32, &f32)| crisp + (gentle - crisp) * soft;
        let points: Vec<f32> = self.crisp.iter().zip(&self.soft).map(mix).collect();
        let at = |x: usize, y: usize| {
            points[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
        };
        let cell = |i: usize| {
            let (x, y) = (i % self.width, i / self.width);
            [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)]
        };
        let cells: Arc<Vec<Cell>> = Arc::new((0..points.len()).map(cell).collect());
        *mixed = Some((soft, cells.clone()));
        cells
    }
}

/// Bilinear values at the points of a grid over a picture of `size` pixels.
fn resample(map: &Map, grid: [usize; 2], size: [u32; 2]) -> Vec<f32> {
    // Neighbours and weight for a grid index along one axis.
    let along = |index: usize, pixels: u32, length: usize| {
        let place = (index * GRID_STEP) as f32 + 0.5;
        let at = (place * length as f32 / pixels as f32 - 0.5).clamp(0.0, length as f32 - 1.0);
        let low = at as usize;
        (low, (low + 1).min(length - 1), at - low as f32)
    };
    let mut out = Vec::with_capacity(grid[0] * grid[1]);
    for j in 0..grid[1] {
        let (top, bottom, down) = along(j, size[1], map.height);
        for i in 0..grid[0] {
            let (left, right, across) = along(i, size[0], map.width);
            let row = |y: usize| lerp(map.at(left, y), map.at(right, y), across);
            out.push(lerp(row(top), row(bottom), down));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall_with_a_post() -> Map {
        Map::from_fn(96, 64, |x, _| if (40..50).contains(&x) { 0.9 } else { 0.2 })
    }

    #[test]
    fn a_camera_that_goes_further_sees_gentler_edges() {
        let relief = Relief::new(&wall_with_a_post(), 960, 640);
        let steepest = |reach| {
            let cells = relief.cells(reach);
            cells.iter().map(|cell| (cell[1] - cell[0]).abs()).fold(0.0, f32::max)
        };
        for reach in [0.01, 0.05, 0.1, 0.2] {
            // Of one grid step, as a share of the step.
            let fold = steepest(reach) * reach as f32 * (960 / GRID_STEP) as f32;
            assert!(fold < 0.75, "reach {reach}: {fold}");
        }
        assert!(steepest(0.01) > 2.0 * steepest(0.15));
    }

    #[test]
    fn the_grid_reaches_over_the_whole_picture_at_any_size() {
        for (width, height) in [(16, 16), (17, 31), (384, 16), (1919, 1079)] {
            let relief = Relief::new(&wall_with_a_post(), width, height);
            assert!((relief.width - 1) * GRID_STEP >= width as usize);
            assert!((relief.height - 1) * GRID_STEP >= height as usize);
            assert_eq!(relief.cells(0.1).len(), relief.width * relief.height);
        }
    }
}
