// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes a frame: geometry on the grid, colour at every pixel, in bands over the cores.
//!
//! Both layers are solved on the grid. Then each tile takes its colour from the layer that it
//! shows; only tiles with an outline in them take both, and lay one over the other.

use std::ops::Range;

use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::sample::avx2;
use super::{
    band::{BAND_ROWS, Band, Target, bands},
    cover::{Cover, Screen, fade, lay_over},
    drift::Displacement,
    relief::GRID_STEP,
    sample::{Line, SPARE_POINTS, scalar},
    texture::Texture,
    view::{Guesses, Lines, View},
};
use crate::{image::FrameMut, request::Detail};

/// Pixels of the picture in a tile, across and down.
const TILE: [usize; 2] = [32, 16];

/// One layer as a frame sees it.
pub(super) struct Surface<'a> {
    pub view: View,
    /// The planes that its colours are taken from.
    pub textures: &'a [Texture],
    /// Where its parts have gone by themselves.
    pub displacement: Option<Displacement>,
}

/// What a frame shows.
pub(super) struct Picture<'a> {
    pub back: Surface<'a>,
    /// What stands before it, and how much that covers.
    pub front: Option<(Surface<'a>, &'a Screen)>,
    /// How finely both are worked out.
    pub detail: Detail,
    /// The camera is where the still was taken.
    pub at_rest: bool,
    /// What is laid over both, in order.
    pub overlays: Vec<Box<dyn Overlay + 'a>>,
}

impl Picture<'_> {
    /// Whether this shows nothing but the still as it is.
    pub fn is_the_still(&self) -> bool {
        let still = |surface: &Surface<'_>| surface.displacement.is_none();
        let front = self.front.as_ref().is_none_or(|(front, _)| still(front));
        self.at_rest && self.overlays.is_empty() && still(&self.back) && front
    }
}

/// Light, or what is in the air: changes a band once the layers are in it.
pub(super) trait Overlay: Sync {
    /// Changes the bytes of `band`. `seen` says what of the still is seen where.
    fn apply(&self, band: &mut Band<'_>, seen: &SeenPlaces<'_>);
}

/// For each grid point of a band the place in the still that is seen there. The last points of the
/// picture may lie a few pixels beside the still.
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

/// Where one copy of a layer is seen in a band.
struct Copied {
    xs: Places,
    ys: Places,
    grid_width: usize,
}

impl Copied {
    fn new(grid_width: usize) -> Self {
        Self { xs: Places::new(grid_width), ys: Places::new(grid_width), grid_width }
    }

    #[inline(always)]
    fn rows(&mut self) -> impl Iterator<Item = (&mut [i32], &mut [i32])> {
        let xs = self.xs.grid.chunks_exact_mut(self.grid_width);
        xs.zip(self.ys.grid.chunks_exact_mut(self.grid_width))
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

    /// Puts every second of the first `rows` rows between its neighbours.
    #[inline(always)]
    fn fill_between(&mut self, rows: usize) {
        let width = self.grid_width;
        for grid in [&mut self.xs.grid, &mut self.ys.grid] {
            for j in (1..rows.saturating_sub(1)).step_by(2) {
                let (above, rest) = grid[(j - 1) * width..].split_at_mut(width);
                let (between, below) = rest.split_at_mut(width);
                for ((between, a), b) in between.iter_mut().zip(above).zip(below) {
                    *between = (*a >> 1) + (*b >> 1);
                }
            }
        }
    }

    /// Moves the first `rows` rows by the shift of copy `copy`. If `coarse`, every second row by
    /// that of the row above it.
    #[inline(always)]
    fn displace(&mut self, displacement: &Displacement, copy: usize, rows: usize, coarse: bool) {
        if !coarse {
            return self.rows().take(rows).for_each(|(xs, ys)| displacement.apply(copy, xs, ys));
        }
        let mut before = (vec![0; self.grid_width], vec![0; self.grid_width]);
        let mut shift = before.clone();
        for (j, (xs, ys)) in self.rows().take(rows).enumerate() {
            if j % 2 == 1 {
                let places = xs.iter_mut().zip(ys).zip(shift.0.iter().zip(&shift.1));
                for ((x, y), (across, down)) in places {
                    *x = displacement.shifted(0, *x, *across);
                    *y = displacement.shifted(1, *y, *down);
                }
                continue;
            }
            before.0.copy_from_slice(xs);
            before.1.copy_from_slice(ys);
            displacement.apply(copy, xs, ys);
            let moved = |shift: &mut [i32], now: &[i32], before: &[i32]| {
                for ((shift, now), before) in shift.iter_mut().zip(now).zip(before) {
                    *shift = now - before;
                }
            };
            moved(&mut shift.0, xs, &before.0);
            moved(&mut shift.1, ys, &before.1);
        }
    }

    /// Whether two copies lie in different places around some of `points`.
    #[inline(always)]
    fn differs(&self, other: &Self, points: Range<usize>) -> bool {
        let apart = |a: &Places, b: &Places| a.grid[points.clone()] != b.grid[points.clone()];
        apart(&self.xs, &other.xs) || apart(&self.ys, &other.ys)
    }
}

/// Where one layer is seen in a band: once, or twice where it flows.
struct Seen {
    first: Copied,
    second: Option<Copied>,
}

impl Seen {
    fn new(surface: &Surface<'_>) -> Self {
        let width = surface.view.grid_width();
        let flows = surface.displacement.as_ref().is_some_and(Displacement::flows);
        Self { first: Copied::new(width), second: flows.then(|| Copied::new(width)) }
    }

    /// Solves the grid rows `first..first + rows`.
    #[inline(always)]
    fn solve(
        &mut self,
        surface: &Surface<'_>,
        first: usize,
        rows: usize,
        detail: Detail,
        look_up: impl Fn(&View, &Lines, &Guesses) -> Guesses + Copy,
    ) {
        let coarse = detail >= Detail::CoarseGeometry;
        for (j, (xs, ys)) in self.first.rows().take(rows).enumerate() {
            // The last row has none behind it to lie between.
            if !coarse || j % 2 == 0 || j + 1 == rows {
                surface.view.solve_row(first + j, look_up, xs, ys);
            }
        }
        if coarse {
            self.first.fill_between(rows);
        }
        let Some(displacement) = &surface.displacement else { return };
        let coarse = detail >= Detail::CoarseMotion;
        if let Some(second) = &mut self.second {
            second.xs.grid.copy_from_slice(&self.first.xs.grid);
            second.ys.grid.copy_from_slice(&self.first.ys.grid);
            second.displace(displacement, 1, rows, coarse);
        }
        self.first.displace(displacement, 0, rows, coarse);
    }

    #[inline(always)]
    fn interpolate(&mut self, y: usize) {
        self.first.interpolate(y);
        if let Some(second) = &mut self.second {
            second.interpolate(y);
        }
    }

    /// Whether some of `points` of the grid flow.
    #[inline(always)]
    fn flows(&self, points: Range<usize>) -> bool {
        self.second.as_ref().is_some_and(|second| self.first.differs(second, points))
    }
}

/// What a part of the picture shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Content {
    cover: Cover,
    /// Some of the back layer flows.
    back_flows: bool,
    /// Some of the front layer flows.
    front_flows: bool,
}

/// Tiles of one row that show the same.
struct Run {
    /// In pixels of the picture.
    start: usize,
    end: usize,
    content: Content,
}

/// Room for a row of samples.
struct Rows {
    front: Vec<u8>,
    second: Vec<u8>,
    alpha: Vec<u8>,
}

struct Scratch {
    back: Seen,
    front: Option<Seen>,
    rows: Rows,
}

impl Scratch {
    fn new(picture: &Picture<'_>) -> Self {
        let width = GRID_STEP * picture.back.view.grid_width();
        Self {
            back: Seen::new(&picture.back),
            front: picture.front.as_ref().map(|(surface, _)| Seen::new(surface)),
            rows: Rows {
                front: vec![0; 4 * width],
                second: vec![0; 4 * width],
                alpha: vec![0; width],
            },
        }
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
        self.back.solve(&picture.back, first, solved, picture.detail, look_up);
        if let (Some(seen), Some((surface, _))) = (&mut self.front, &picture.front) {
            seen.solve(surface, first, solved, picture.detail, look_up);
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
            let Copied { xs, ys, grid_width } = &self.back.first;
            let seen = SeenPlaces { xs: &xs.grid, ys: &ys.grid, grid_width: *grid_width };
            picture.overlays.iter().for_each(|overlay| overlay.apply(&mut band, &seen));
        }
    }

    /// Puts the places of the front layer in the place of those of the back layer where it covers
    /// them, in the first `rows` rows of the grid.
    fn keep_seen(&mut self, picture: &Picture<'_>, rows: usize) {
        let (Some(front), Some((_, screen))) = (&self.front, &picture.front) else { return };
        let (front, back) = (&front.first, &mut self.back.first);
        let back = back.xs.grid.iter_mut().zip(&mut back.ys.grid);
        let places = front.xs.grid.iter().zip(&front.ys.grid);
        for ((back_x, back_y), (x, y)) in back.zip(places).take(rows * front.grid_width) {
            if screen.covers(*x, *y) {
                (*back_x, *back_y) = (*x, *y);
            }
        }
    }

    /// What the tiles in row `tile_row` of the band show.
    #[inline(always)]
    fn runs(&self, picture: &Picture<'_>, tile_row: usize, width: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for start in (0..width).step_by(TILE[0]) {
            let end = (start + TILE[0]).min(width);
            let content = self.content(picture, tile_row, start, end);
            match runs.last_mut() {
                Some(last) if last.content == content => last.end = end,
                _ => runs.push(Run { start, end, content }),
            }
        }
        runs
    }

    /// What the tile from column `start` to `end` of the picture shows.
    #[inline(always)]
    fn content(&self, picture: &Picture<'_>, tile_row: usize, start: usize, end: usize) -> Content {
        let mut content = Content::default();
        let grid_width = self.back.first.grid_width;
        let rows = tile_row * TILE[1] / GRID_STEP..=(tile_row + 1) * TILE[1] / GRID_STEP;
        let row = |j: usize| {
            let columns = start / GRID_STEP..(end / GRID_STEP + 1).min(grid_width);
            j * grid_width + columns.start..j * grid_width + columns.end
        };
        if let (Some(seen), Some((_, screen))) = (&self.front, &picture.front) {
            for points in rows.clone().map(row) {
                let (xs, ys) = (&seen.first.xs.grid, &seen.first.ys.grid);
                for (x, y) in xs[points.clone()].iter().zip(&ys[points]) {
                    content.cover = content.cover.and(screen.cover(*x, *y));
                }
            }
            content.front_flows =
                content.cover.front && rows.clone().map(row).any(|p| seen.flows(p));
        } else {
            content.cover.back = true;
        }
        content.back_flows = content.cover.back && rows.map(row).any(|p| self.back.flows(p));
        content
    }

    #[inline(always)]
    fn interpolate(&mut self, y: usize, runs: &[Run]) {
        if runs.iter().any(|run| run.content.cover.back) {
            self.back.interpolate(y);
        }
        if let Some(seen) = &mut self.front
            && runs.iter().any(|run| run.content.cover.front)
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
        let Rows { front: row, second, alpha } = &mut self.rows;
        let mut draw = |seen: &Seen, surface: &Surface<'_>, flows: bool, dst: &mut [u8]| {
            let texture = &surface.textures[plane];
            sample(texture, &seen.first.line(run.start, subsampling), dst);
            if let (true, Some(copy), Some(d)) = (flows, &seen.second, &surface.displacement) {
                let second = &mut second[..dst.len()];
                sample(texture, &copy.line(run.start, subsampling), second);
                fade(dst, second, d.second);
            }
        };
        let Content { cover, back_flows, front_flows } = run.content;
        if cover.back {
            draw(&self.back, &picture.back, back_flows, dst);
        }
        let (Some(seen), Some((surface, screen))) = (&self.front, &picture.front) else { return };
        if !cover.front {
            return;
        }
        if !cover.back {
            return draw(seen, surface, front_flows, dst);
        }
        let (row, alpha) = (&mut row[..dst.len()], &mut alpha[..dst.len() / channels]);
        draw(seen, surface, front_flows, row);
        sample(screen.texture(subsampling), &seen.first.line(run.start, subsampling), alpha);
        lay_over(dst, row, alpha, channels);
    }
}
