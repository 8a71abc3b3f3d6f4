// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture and its hole at one scale, with a margin so that a patch may lie over the border.

use super::super::{
    filter::maximum,
    raster::{Pixel, Raster},
};
use crate::random::SplitMix;

/// Places from the middle of a patch to its side.
pub(super) const RADIUS: usize = 3;
/// The weight of a place that is known. A difference of two samples times this fits 16 bits.
const FULL_WEIGHT: f32 = 64.0;
/// How fast trust in what is found falls with the way into the hole, in places.
const FALLING: f32 = 8.0;
/// How far known places beside the hole, which may show something of the near thing, count.
const DOUBTFUL: f32 = 0.5;

/// What is known of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// It shows the background.
    Known,
    /// It shows the background, but close to a near thing: it is kept, and nothing is copied
    /// from it.
    Doubtful,
    /// It must be found.
    Hole,
    /// It lies so deep in the hole that nobody will see it.
    Deep,
}

/// One scale.
pub(super) struct Level {
    pub width: usize,
    pub height: usize,
    /// Places from one row to the next, with the margin.
    pub stride: usize,
    pub colours: Vec<Pixel>,
    /// The colours as whole numbers.
    pub samples: Vec<[i16; 4]>,
    pub nearness: Vec<f32>,
    /// What must be found: not what lies deep in the hole.
    pub is_hole: Vec<bool>,
    /// Whether all of the patch around a place may be copied.
    pub is_source: Vec<bool>,
    /// How far a place counts, 0..1; 0 in the margin.
    pub trust: Vec<f32>,
    /// The same for each channel, as a share of [`FULL_WEIGHT`], for comparing patches.
    pub weights: Vec<[i16; 4]>,
    /// One over the sum of the weights under the patch around a place.
    pub weight_shares: Vec<f32>,
    /// At the coarsest scale, what places of the hole are expected to look like.
    pub expected: Vec<[i16; 4]>,
    sources: Vec<[u16; 2]>,
}

impl Level {
    /// Places from one side of a patch to the other.
    pub const SIDE: usize = 2 * RADIUS + 1;

    pub fn new(picture: &Raster<Pixel>, nearness: &Raster<f32>, kinds: &Raster<Kind>) -> Self {
        let (width, height) = (picture.width, picture.height);
        let depth = depth_in_hole(kinds);
        let trust = |x: usize, y: usize| match kinds.at(x, y) {
            Kind::Known => 1.0,
            Kind::Doubtful => DOUBTFUL,
            Kind::Hole => 0.02 + (DOUBTFUL - 0.02) * (-depth.at(x, y) / FALLING).exp(),
            Kind::Deep => 0.0,
        };
        let trust = with_margin(&Raster::from_fn(width, height, trust), 0.0);
        let bad =
            Raster::from_fn(
                width,
                height,
                |x, y| {
                    if kinds.at(x, y) == Kind::Known { 0.0 } else { 1.0 }
                },
            );
        let bad = maximum(&bad, RADIUS);
        let inside = |i: usize, length: usize| i >= RADIUS && i + RADIUS < length;
        let is_source = Raster::from_fn(width, height, |x, y| {
            inside(x, width) && inside(y, height) && bad.at(x, y) == 0.0
        });
        let mut sources = Vec::new();
        for y in 0..height {
            let row = is_source.row(y).iter().enumerate();
            sources.extend(row.filter(|(_, is)| **is).map(|(x, _)| [x as u16, y as u16]));
        }
        let colours = with_margin(picture, [0.0; 4]);
        let weights = trust.iter().map(|trust| [(trust * FULL_WEIGHT).ceil() as i16; 4]).collect();
        let mut level = Self {
            width,
            height,
            stride: width + 2 * RADIUS,
            samples: colours.iter().map(rounded).collect(),
            colours,
            nearness: with_margin(nearness, 0.0),
            is_hole: with_margin(&kinds.map(|kind| kind == Kind::Hole), false),
            is_source: with_margin(&is_source, false),
            trust,
            weights,
            weight_shares: Vec::new(),
            expected: Vec::new(),
            sources,
        };
        level.weight_shares = level.patch_shares();
        level
    }

    /// Whether there is enough to copy from.
    pub fn has_sources(&self) -> bool {
        self.sources.len() >= 32
    }

    /// Where a place lies in the vectors.
    pub fn place(&self, x: usize, y: usize) -> usize {
        (y + RADIUS) * self.stride + x + RADIUS
    }

    /// Where the patch around a place starts.
    pub fn corner(&self, place: usize) -> usize {
        place - RADIUS * self.stride - RADIUS
    }

    /// The middles of the patches that touch the hole, in reading order.
    pub fn patches_to_match(&self) -> impl Iterator<Item = (usize, usize)> {
        let hole = Raster::from_fn(self.width, self.height, |x, y| {
            if self.is_hole[self.place(x, y)] { 1.0 } else { 0.0 }
        });
        let touched = maximum(&hole, RADIUS);
        let width = self.width;
        let places = touched.values.into_iter().enumerate().filter(|(_, v)| *v > 0.0);
        places.map(move |(i, _)| (i % width, i / width))
    }

    /// The colours, with those of `fill` in the hole.
    pub fn with_hole(&self, fill: &Raster<Pixel>) -> Vec<Pixel> {
        let mut colours = self.colours.clone();
        for y in 0..self.height {
            for (x, pixel) in fill.row(y).iter().enumerate() {
                let at = self.place(x, y);
                if self.is_hole[at] || self.trust[at] == 0.0 {
                    colours[at] = *pixel;
                }
            }
        }
        colours
    }

    /// Any place that may be copied.
    pub fn random_source(&self, random: &mut SplitMix) -> [u16; 2] {
        self.sources[random.next_below(self.sources.len())]
    }

    /// The place itself or one close by, if it may be copied.
    pub fn nearest_source(&self, x: usize, y: usize) -> Option<[u16; 2]> {
        let steps = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-2, 0), (2, 0), (0, -2), (0, 2)];
        steps.into_iter().find_map(|(dx, dy)| {
            let x = x.checked_add_signed(dx).filter(|x| *x < self.width)?;
            let y = y.checked_add_signed(dy).filter(|y| *y < self.height)?;
            self.is_source[self.place(x, y)].then_some([x as u16, y as u16])
        })
    }

    /// One over the sum of the weights under the patch around each place that is matched.
    fn patch_shares(&self) -> Vec<f32> {
        let mut shares = vec![1.0; self.weights.len()];
        for (x, y) in self.patches_to_match() {
            let place = self.place(x, y);
            let corner = self.corner(place);
            let rows = (0..Self::SIDE).map(|row| &self.weights[corner + row * self.stride..]);
            let sum = |row: &[[i16; 4]]| -> i32 {
                row[..Self::SIDE].iter().map(|weight| i32::from(weight[0])).sum()
            };
            shares[place] = 1.0 / rows.map(sum).sum::<i32>().max(1) as f32;
        }
        shares
    }
}

/// The nearest whole numbers.
pub(super) fn rounded(pixel: &Pixel) -> [i16; 4] {
    pixel.map(|v| (v + 0.5) as i16)
}

fn with_margin<T: Copy>(raster: &Raster<T>, margin: T) -> Vec<T> {
    let stride = raster.width + 2 * RADIUS;
    let mut out = vec![margin; stride * (raster.height + 2 * RADIUS)];
    for y in 0..raster.height {
        out[(y + RADIUS) * stride + RADIUS..][..raster.width].copy_from_slice(raster.row(y));
    }
    out
}

/// The way from each place of the hole to what is known, in places (chamfer distance: Borgefors
/// 1986); 0 outside.
pub(super) fn depth_in_hole(kinds: &Raster<Kind>) -> Raster<f32> {
    let (w, h) = (kinds.width, kinds.height);
    let far = (w + h) as f32;
    let mut out = kinds.map(|kind| if kind >= Kind::Hole { far } else { 0.0 });
    for backward in [false, true] {
        let turn = |i: usize, length: usize| if backward { length - 1 - i } else { i };
        for j in 0..h {
            for i in 0..w {
                let (x, y) = (turn(i, w), turn(j, h));
                let mut way = out.at(x, y);
                if i > 0 {
                    way = way.min(out.at(turn(i - 1, w), y) + 1.0);
                }
                if j > 0 {
                    let above = turn(j - 1, h);
                    way = way.min(out.at(x, above) + 1.0);
                    for side in [x.checked_sub(1), Some(x + 1).filter(|x| *x < w)] {
                        way = way.min(side.map_or(far, |x| out.at(x, above) + 1.414));
                    }
                }
                out.values[y * w + x] = way;
            }
        }
    }
    out
}
