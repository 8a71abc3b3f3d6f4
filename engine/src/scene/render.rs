// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes a frame: geometry on the grid, colour at every pixel, in bands over the cores.
//!
//! Both layers are solved on the grid. Then each tile takes its colour from the layer that it
//! shows; only tiles with an outline in them take both, and lay one over the other.

use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::sample::avx2;
use super::{
    band::{BAND_ROWS, Band, Target, bands},
    matte::{Cover, Matte, lay_over},
    relief::GRID_STEP,
    sample::{Line, SPARE_POINTS, scalar},
    texture::Texture,
    view::{Guesses, Lines, View},
};
use crate::image::{FrameMut, Image};

/// Pixels of the picture in a tile, across and down.
const TILE: [usize; 2] = [32, 16];

/// One layer as a frame sees it.
pub(super) struct Surface<'a> {
    pub view: View,
    /// The planes that its colours are taken from.
    pub textures: &'a [Texture],
}

/// What a frame shows.
pub(super) struct Picture<'a> {
    pub back: Surface<'a>,
    /// What stands before it, and how much that covers.
    pub front: Option<(Surface<'a>, &'a Matte)>,
    /// What is laid over both, in order.
    pub overlays: Vec<Box<dyn Overlay + 'a>>,
}

/// Light, or what is in the air: changes a band once the layers are in it.
pub(super) trait Overlay: Sync {
    /// Changes the bytes of `band`. `seen` says what of the still is seen where.
    fn apply(&self, band: &mut Band<'_>, seen: &SeenPlaces<'_>);
}

/// For each grid point of a band the place in the still that is seen there.
pub(super) struct SeenPlaces<'a> {
    /// Across, in pixels with [`FRACTION_BITS`](super::sample::FRACTION_BITS) fraction bits, row
    /// by row.
    pub xs: &'a [i32],
    /// Down, likewise.
    pub ys: &'a [i32],
    /// Grid points in a row.
    pub grid_width: usize,
}

/// Writes `picture`.
pub(super) fn render(picture: &Picture<'_>, out: &mut FrameMut<'_>) {
    bands(out).into_par_iter().for_each_init(
        || Scratch::new(picture),
        |scratch, band| scratch.render_band(picture, band),
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

/// Where one layer is seen in a band.
struct Seen {
    xs: Places,
    ys: Places,
    grid_width: usize,
}

impl Seen {
    fn new(grid_width: usize) -> Self {
        Self { xs: Places::new(grid_width), ys: Places::new(grid_width), grid_width }
    }

    /// Solves the grid rows `first..first + rows`.
    #[inline(always)]
    fn solve(
        &mut self,
        view: &View,
        first: usize,
        rows: usize,
        look_up: impl Fn(&View, &Lines, &Guesses) -> Guesses + Copy,
    ) {
        let xs = self.xs.grid.chunks_exact_mut(self.grid_width);
        let ys = self.ys.grid.chunks_exact_mut(self.grid_width);
        for (j, (xs, ys)) in xs.zip(ys).take(rows).enumerate() {
            view.solve_row(first + j, look_up, xs, ys);
        }
    }

    #[inline(always)]
    fn interpolate(&mut self, y: usize) {
        self.xs.interpolate(y, self.grid_width);
        self.ys.interpolate(y, self.grid_width);
    }

    /// The places from the picture's column `start` on, which is that of a grid point.
    #[inline(always)]
    fn line(&self, start: usize, subsampling: usize) -> Line<'_> {
        let first = start / GRID_STEP;
        Line { xs: &self.xs.points[first..], ys: &self.ys.points[first..], subsampling }
    }
}

/// Tiles of one row that show the same.
struct Run {
    /// In pixels of the picture.
    start: usize,
    end: usize,
    cover: Cover,
}

struct Scratch {
    back: Seen,
    /// The front layer, and room for a row of its samples and of its matte.
    front: Option<(Seen, Vec<u8>, Vec<u8>)>,
}

impl Scratch {
    fn new(picture: &Picture<'_>) -> Self {
        let front = picture.front.as_ref().map(|(surface, _)| {
            let width = surface.view.grid_width();
            (Seen::new(width), vec![0; 4 * GRID_STEP * width], vec![0; GRID_STEP * width])
        });
        Self { back: Seen::new(picture.back.view.grid_width()), front }
    }

    fn render_band(&mut self, picture: &Picture<'_>, band: Band<'_>) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            unsafe { self.render_band_avx2(picture, band) };
            return;
        }
        self.render_band_with(
            picture,
            band,
            |view, lines, guesses| view.look_up(lines, guesses),
            scalar::sample_row,
        );
    }

    /// The same code compiled to wider vectors, with a sampler of its own.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn render_band_avx2(&mut self, picture: &Picture<'_>, band: Band<'_>) {
        self.render_band_with(
            picture,
            band,
            |view, lines, guesses| view.look_up_avx2(lines, guesses),
            |texture, line, dst| avx2::sample_row(texture, line, dst),
        );
    }

    #[inline(always)]
    fn render_band_with(
        &mut self,
        picture: &Picture<'_>,
        mut band: Band<'_>,
        look_up: impl Fn(&View, &Lines, &Guesses) -> Guesses + Copy,
        sample: impl Fn(&Texture, &Line<'_>, &mut [u8]),
    ) {
        let (width, rows) = (band.width, band.rows);
        let (first, solved) = (band.first_row / GRID_STEP, rows.div_ceil(GRID_STEP) + 1);
        self.back.solve(&picture.back.view, first, solved, look_up);
        if let (Some((seen, ..)), Some((surface, _))) = (&mut self.front, &picture.front) {
            seen.solve(&surface.view, first, solved, look_up);
        }
        let runs: Vec<Vec<Run>> = (0..rows.div_ceil(TILE[1]))
            .map(|tile_row| self.runs(picture, tile_row, width))
            .collect();
        for strip in &mut band.strips {
            for (j, dst) in strip.data.chunks_mut(strip.stride).enumerate() {
                let y = j * strip.target.subsampling;
                let runs = &runs[y / TILE[1]];
                self.interpolate(y, runs);
                for run in runs {
                    self.render_run(picture, strip.target, run, dst, &sample);
                }
            }
        }
        if !picture.overlays.is_empty() {
            self.keep_seen(picture, solved);
            let Places { grid: xs, .. } = &self.back.xs;
            let Places { grid: ys, .. } = &self.back.ys;
            let seen = SeenPlaces { xs, ys, grid_width: self.back.grid_width };
            picture.overlays.iter().for_each(|overlay| overlay.apply(&mut band, &seen));
        }
    }

    /// Puts the places of the front layer in the place of those of the back layer where it covers
    /// them, in the first `rows` rows of the grid.
    fn keep_seen(&mut self, picture: &Picture<'_>, rows: usize) {
        let (Some((front, ..)), Some((_, matte))) = (&self.front, &picture.front) else { return };
        let points = rows * front.grid_width;
        let back = self.back.xs.grid.iter_mut().zip(&mut self.back.ys.grid);
        let front = front.xs.grid.iter().zip(&front.ys.grid);
        for ((back_x, back_y), (x, y)) in back.zip(front).take(points) {
            if matte.covers(*x, *y) {
                (*back_x, *back_y) = (*x, *y);
            }
        }
    }

    /// What the tiles in row `tile_row` of the band show.
    #[inline(always)]
    fn runs(&self, picture: &Picture<'_>, tile_row: usize, width: usize) -> Vec<Run> {
        let back = Cover { front: false, back: true };
        let (Some((seen, ..)), Some((_, matte))) = (&self.front, &picture.front) else {
            return vec![Run { start: 0, end: width, cover: back }];
        };
        let mut runs: Vec<Run> = Vec::new();
        for start in (0..width).step_by(TILE[0]) {
            let end = (start + TILE[0]).min(width);
            let mut cover = Cover::default();
            for j in tile_row * TILE[1] / GRID_STEP..=(tile_row + 1) * TILE[1] / GRID_STEP {
                let row = j * seen.grid_width;
                let points =
                    row + start / GRID_STEP..(row + end / GRID_STEP + 1).min(row + seen.grid_width);
                for (x, y) in seen.xs.grid[points.clone()].iter().zip(&seen.ys.grid[points]) {
                    cover = cover.and(matte.cover(*x, *y));
                }
            }
            match runs.last_mut() {
                Some(last) if last.cover == cover => last.end = end,
                _ => runs.push(Run { start, end, cover }),
            }
        }
        runs
    }

    #[inline(always)]
    fn interpolate(&mut self, y: usize, runs: &[Run]) {
        if runs.iter().any(|run| run.cover.back) {
            self.back.interpolate(y);
        }
        if let Some((seen, ..)) = &mut self.front
            && runs.iter().any(|run| run.cover.front)
        {
            seen.interpolate(y);
        }
    }

    /// Writes the part of a row that `run` covers.
    #[inline(always)]
    fn render_run(
        &mut self,
        picture: &Picture<'_>,
        target: Target,
        run: &Run,
        dst: &mut [u8],
        sample: impl Fn(&Texture, &Line<'_>, &mut [u8]),
    ) {
        let Target { layout, plane, subsampling } = target;
        let (start, end) = (run.start / subsampling, run.end.div_ceil(subsampling));
        let channels = layout.channels;
        let dst = &mut dst[start * channels..end.min(layout.width) * channels];
        if run.cover.back {
            let line = self.back.line(run.start, subsampling);
            sample(&picture.back.textures[plane], &line, dst);
        }
        let (Some((seen, row, alpha)), Some((surface, matte))) = (&mut self.front, &picture.front)
        else {
            return;
        };
        if !run.cover.front {
            return;
        }
        let line = seen.line(run.start, subsampling);
        let texture = &surface.textures[plane];
        if !run.cover.back {
            return sample(texture, &line, dst);
        }
        let (row, alpha) = (&mut row[..dst.len()], &mut alpha[..dst.len() / channels]);
        sample(texture, &line, row);
        sample(&matte.texture, &line, alpha);
        lay_over(dst, row, alpha, channels);
    }
}
