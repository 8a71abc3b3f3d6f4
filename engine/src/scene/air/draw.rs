// SPDX-License-Identifier: MIT OR Apache-2.0
//! Draws sprites into the planes of a band.

use super::sprite::Sprite;
use crate::scene::{
    band::{Band, Strip},
    light::{Chart, Coding},
    raster::Map,
    relief::GRID_STEP,
    render::{Overlay, SeenPlaces},
};

/// From where a thing begins to hide a particle to where it does so fully, in nearness: depth is
/// not so exact that the edge could be hard.
const HIDING: f32 = 0.06;
/// All of a colour, as a whole number.
const ALL: i32 = 256;

/// Everything in the air of one frame.
pub(in crate::scene) struct Airborne<'a> {
    pub sprites: Vec<Sprite>,
    /// Nearness of the still.
    pub nearness: &'a Map,
    pub coding: Coding,
    /// Size of the still, in pixels.
    pub size: [u32; 2],
}

impl Overlay for Airborne<'_> {
    fn apply(&self, band: &mut Band<'_>, seen: &SeenPlaces<'_>) {
        let (top, bottom) = (band.first_row as f32, (band.first_row + band.rows) as f32);
        let maps = [self.nearness.width, self.nearness.height];
        let chart = Chart::new(self.size, maps);
        let mut screens = Screens {
            seen,
            chart,
            map: self.nearness,
            nearness: vec![f32::NAN; (band.rows.div_ceil(GRID_STEP) + 1) * seen.grid_width],
        };
        let (width, first_row) = (band.width, band.first_row);
        for sprite in &self.sprites {
            let reach = sprite.reach() + 1.0;
            if sprite.at[1] + reach < top || sprite.at[1] - reach > bottom {
                continue;
            }
            let hides = screens.hides(sprite, reach, width, first_row);
            if hides == Hides::All {
                continue;
            }
            let behind = (hides == Hides::Some).then_some(&screens);
            for strip in &mut band.strips {
                self.draw(sprite, strip, first_row, behind);
            }
        }
    }
}

impl Airborne<'_> {
    fn draw(
        &self,
        sprite: &Sprite,
        strip: &mut Strip<'_>,
        first_row: usize,
        screens: Option<&Screens<'_>>,
    ) {
        let target = strip.target;
        let step = target.subsampling as f32;
        // The middle of a sample of halved chroma lies between two pixels.
        let middle = 0.5 * (step - 1.0);
        let inks = self.inks(sprite, target.plane);
        let reach = sprite.reach();
        let rows = strip.data.len().div_ceil(strip.stride);
        let row_of = |y: f32| up((y - first_row as f32 - middle) / step);
        let last = row_of(sprite.at[1] + reach).min(rows);
        for j in row_of(sprite.at[1] - reach)..last {
            let y = j as f32 * step + middle;
            let dy = y + first_row as f32 - sprite.at[1];
            let Some(span) = sprite.span(dy) else { continue };
            let [from, to] = span.map(|dx| (dx + sprite.at[0] - middle) / step);
            let columns = up(from)..up(to);
            let columns = columns.start..columns.end.min(target.layout.width);
            if columns.is_empty() {
                continue;
            }
            let channels = target.layout.channels;
            let row = &mut strip.data[j * strip.stride..];
            let row = &mut row[columns.start * channels..columns.end * channels];
            for (i, pixel) in columns.zip(row.chunks_exact_mut(channels)) {
                let x = i as f32 * step + middle;
                let seen = screens.map_or(1.0, |screens| screens.seen(sprite.nearness, x, y));
                let share = sprite.alpha * seen * sprite.cover(x - sprite.at[0], dy);
                inks.put(pixel, (share * ALL as f32 + 0.5) as i32);
            }
        }
    }

    /// What the sprite does to the channels of a plane.
    fn inks(&self, sprite: &Sprite, plane: usize) -> Inks {
        let samples = self.coding.samples(sprite.colour).map(|v| v as i32);
        let black = if sprite.adds { 0 } else { self.coding.steps()[2] as i32 };
        let zero = if sprite.adds { 0 } else { 128 };
        let ink = match (self.coding.is_yuv(), plane) {
            (true, 0) => [samples[0] + black, 0, 0],
            (true, plane) => [samples[plane] + zero, samples[2] + zero, 0],
            (false, _) => {
                let at = self.coding.channels();
                let mut ink = [0; 3];
                at.into_iter().zip(samples).for_each(|(at, sample)| ink[at] = sample);
                ink
            }
        };
        Inks { ink, adds: sprite.adds }
    }
}

/// The first whole number that is not below `v`, at least 0. `f32::ceil` is a call on old
/// processors.
fn up(v: f32) -> usize {
    let down = v as usize;
    if v > down as f32 { down + 1 } else { down }
}

/// The samples that a sprite lays over those of a plane, or adds to them.
struct Inks {
    ink: [i32; 3],
    adds: bool,
}

impl Inks {
    /// Puts `share` of it, of [`ALL`], on a pixel. A fourth channel stays.
    #[inline(always)]
    fn put(&self, pixel: &mut [u8], share: i32) {
        for (sample, ink) in pixel.iter_mut().zip(self.ink) {
            let own = i32::from(*sample);
            let way = if self.adds { ink } else { ink.wrapping_sub(own) };
            let put = own.wrapping_add(way.wrapping_mul(share).wrapping_add(ALL / 2) >> 8);
            *sample = put.clamp(0, 255) as u8;
        }
    }
}

/// How near what is seen at each grid point of a band is.
struct Screens<'a> {
    seen: &'a SeenPlaces<'a>,
    chart: Chart,
    map: &'a Map,
    /// Not a number where nobody has asked yet.
    nearness: Vec<f32>,
}

/// How much of a sprite lies behind things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hides {
    Nothing,
    Some,
    All,
}

impl Screens<'_> {
    /// Looks at the part of the band that the sprite covers.
    fn hides(&mut self, sprite: &Sprite, reach: f32, width: usize, first_row: usize) -> Hides {
        let grid_width = self.seen.grid_width;
        let points = |from: f32, to: f32, count: usize| {
            let point = |v: f32| (v / GRID_STEP as f32).max(0.0) as usize;
            point(from).min(count - 1)..(point(to) + 2).min(count)
        };
        let [from, to] = sprite.sides();
        let columns = points(from - 1.0, (to + 1.0).min(width as f32), grid_width);
        let y = sprite.at[1] - first_row as f32;
        let (mut nothing, mut all) = (true, true);
        for row in points(y - reach, y + reach, self.nearness.len() / grid_width) {
            for at in row * grid_width + columns.start..row * grid_width + columns.end {
                let nearness = self.at(at);
                nothing &= nearness <= sprite.nearness;
                all &= nearness >= sprite.nearness + HIDING;
            }
        }
        match (nothing, all) {
            (true, _) => Hides::Nothing,
            (_, true) => Hides::All,
            _ => Hides::Some,
        }
    }

    /// The nearness at a grid point, looked up the first time.
    #[inline]
    fn at(&mut self, point: usize) -> f32 {
        if self.nearness[point].is_nan() {
            let (x, y) = (self.seen.xs[point], self.seen.ys[point]);
            self.nearness[point] = self.chart.spot(x, y).of(self.map);
        }
        self.nearness[point]
    }

    /// How much of a particle of a nearness is seen at a place of the band, 0..1: one of those
    /// that [`Screens::hides`] has looked at.
    #[inline]
    fn seen(&self, nearness: f32, x: f32, y: f32) -> f32 {
        let (x, y) = (x * (1.0 / GRID_STEP as f32), y * (1.0 / GRID_STEP as f32));
        let (left, top) = ((x as usize).min(self.seen.grid_width - 2), y as usize);
        let (across, down) = (x - left as f32, y - top as f32);
        let row = |j: usize| {
            let at = (j * self.seen.grid_width + left).min(self.nearness.len() - 2);
            let a = self.nearness[at];
            a + (self.nearness[at + 1] - a) * across
        };
        let above = row(top);
        let here = above + (row(top + 1) - above) * down;
        (1.0 - (here - nearness) * (1.0 / HIDING)).clamp(0.0, 1.0)
    }
}
