// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes a frame: geometry on the grid, colour at every pixel, in bands over the cores.

use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::sample::avx2;
use super::{
    relief::GRID_STEP,
    sample::{Line, SPARE_POINTS, scalar},
    texture::Texture,
    view::{Guesses, Lines, View},
};
use crate::image::{FrameMut, Image, PlaneLayout};

/// Rows of the picture in a band: few enough to spread, many enough that the grid row which two
/// bands share costs little.
const BAND_ROWS: usize = 64;

/// The rows of one plane that belong to a band.
struct Strip<'a> {
    layout: PlaneLayout,
    /// Pixels of the picture per sample, both ways: 1, or 2 for halved chroma.
    subsampling: usize,
    data: &'a mut [u8],
    stride: usize,
}

/// Writes what `view` sees of the still.
pub(super) fn render(view: &View<'_>, textures: &[Texture], out: &mut FrameMut<'_>) {
    let mut bands: Vec<Vec<Strip<'_>>> = Vec::new();
    let luma_height = out.height() as usize;
    bands.resize_with(luma_height.div_ceil(BAND_ROWS), Vec::new);
    for (layout, plane) in out.planes_mut() {
        let subsampling = if layout.height == luma_height { 1 } else { 2 };
        let (stride, rows) = (plane.stride, BAND_ROWS / subsampling);
        // A host may map more than the rows of the plane.
        let used = plane.data.len().min(stride * layout.height);
        for (band, data) in bands.iter_mut().zip(plane.data[..used].chunks_mut(stride * rows)) {
            band.push(Strip { layout, subsampling, data, stride });
        }
    }
    bands.into_par_iter().enumerate().for_each_init(
        || Scratch::new(view.grid_width()),
        |scratch, (band, strips)| scratch.render_band(view, band, strips, textures),
    );
}

/// Writes the still itself.
pub(super) fn copy(image: &Image, out: &mut FrameMut<'_>) {
    for (plane, (layout, dst)) in image.planes().iter().zip(out.planes_mut()) {
        let row = layout.row_bytes();
        for (src, dst) in plane.data.chunks(row).zip(dst.data.chunks_mut(dst.stride)) {
            dst[..row].copy_from_slice(src);
        }
    }
}

/// One coordinate of the places in the still.
struct Places {
    /// Solved rows of the grid.
    grid: Vec<i32>,
    /// One value for each grid point of the row at hand, and some to spare.
    points: Vec<i32>,
}

impl Places {
    fn new(grid_width: usize) -> Self {
        Self {
            grid: vec![0; grid_width * (BAND_ROWS / GRID_STEP + 1)],
            // A row ends with whole vectors of samples.
            points: vec![0; grid_width + 2 * SPARE_POINTS],
        }
    }

    /// Fills `points` for the picture's row `y` of the band.
    #[inline(always)]
    fn interpolate(&mut self, y: usize, grid_width: usize) {
        const { assert!(GRID_STEP == 4) };
        let (cell, down) = (y / GRID_STEP, (y % GRID_STEP) as i32);
        let (upper, lower) = self.grid[cell * grid_width..].split_at(grid_width);
        for ((point, a), b) in self.points.iter_mut().zip(upper).zip(lower) {
            *point = a.wrapping_add(b.wrapping_sub(*a).wrapping_mul(down) >> 2);
        }
    }
}

struct Scratch {
    xs: Places,
    ys: Places,
}

impl Scratch {
    fn new(grid_width: usize) -> Self {
        Self { xs: Places::new(grid_width), ys: Places::new(grid_width) }
    }

    fn render_band(
        &mut self,
        view: &View<'_>,
        band: usize,
        strips: Vec<Strip<'_>>,
        textures: &[Texture],
    ) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            unsafe { self.render_band_avx2(view, band, strips, textures) };
            return;
        }
        self.render_band_with(
            view,
            band,
            strips,
            textures,
            |view, lines, guesses| view.look_up(lines, guesses),
            scalar::sample_row,
        );
    }

    /// The same code compiled to wider vectors, with a sampler of its own.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn render_band_avx2(
        &mut self,
        view: &View<'_>,
        band: usize,
        strips: Vec<Strip<'_>>,
        textures: &[Texture],
    ) {
        self.render_band_with(
            view,
            band,
            strips,
            textures,
            |view, lines, guesses| view.look_up_avx2(lines, guesses),
            |texture, line, dst| avx2::sample_row(texture, line, dst),
        );
    }

    #[inline(always)]
    fn render_band_with(
        &mut self,
        view: &View<'_>,
        band: usize,
        strips: Vec<Strip<'_>>,
        textures: &[Texture],
        look_up: impl Fn(&View<'_>, &Lines, &Guesses) -> Guesses + Copy,
        sample: impl Fn(&Texture, &Line<'_>, &mut [u8]),
    ) {
        let first = band * BAND_ROWS / GRID_STEP;
        let rows = strips.first().map_or(0, |strip| strip.data.len().div_ceil(strip.stride));
        let grid_width = view.grid_width();
        let grid_rows = self.xs.grid.chunks_exact_mut(grid_width);
        let solved = rows.div_ceil(GRID_STEP) + 1;
        for (j, (xs, ys)) in
            grid_rows.zip(self.ys.grid.chunks_exact_mut(grid_width)).take(solved).enumerate()
        {
            view.solve_row(first + j, look_up, xs, ys);
        }
        for (strip, texture) in strips.into_iter().zip(textures) {
            for (j, dst) in strip.data.chunks_mut(strip.stride).enumerate() {
                self.xs.interpolate(j * strip.subsampling, grid_width);
                self.ys.interpolate(j * strip.subsampling, grid_width);
                let (xs, ys) = (&*self.xs.points, &*self.ys.points);
                let line = Line { xs, ys, subsampling: strip.subsampling };
                sample(texture, &line, &mut dst[..strip.layout.row_bytes()]);
            }
        }
    }
}
