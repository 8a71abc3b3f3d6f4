// SPDX-License-Identifier: MIT OR Apache-2.0
//! For each place of the hole, the place elsewhere whose surroundings fit best.
//!
//! The hole is filled from coarse to fine. At each scale two steps take turns: every patch that
//! touches the hole looks for the one most like it among the patches that are known (PatchMatch:
//! Barnes et al. 2009), and every place of the hole becomes the mean of what the patches over it
//! found (Wexler, Shechtman and Irani 2007). The coarse scales settle the large structures.

use super::{
    super::raster::{Pixel, Raster},
    level::{Level, RADIUS, rounded},
};
use crate::random::SplitMix;

/// What a difference of nearness costs: at 0.1 about as much as a difference of 5 of 255 in each of
/// three channels.
const NEARNESS_COST: f32 = 7500.0;
/// What it costs to copy from a distance of the long side of the picture: what is near is more
/// likely to be of the same kind and in the same light.
const DISTANCE_COST: f32 = 150.0;
/// What a square of difference from the smooth fill costs at the coarsest scale: what is behind a
/// near thing is more likely to go on as it is around it than to be one more thing.
const SURPRISE_COST: f32 = 0.1;
/// Matches whose square error is below this are as good as equal.
const NOISE: f32 = 12.0;
/// No place.
const NONE: u32 = u32::MAX;

/// Patches that touch the hole, each with the centre of the patch that it is like.
pub(super) struct Matches {
    /// Where the patches lie, in reading order.
    pub sites: Vec<Site>,
    /// The number of the site at each place of the level, or [`NONE`].
    index: Vec<u32>,
}

/// One patch of the hole.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub x: u16,
    pub y: u16,
    /// The centre of the patch that is copied.
    pub source: [u16; 2],
    /// Mean square difference, and the other costs.
    pub cost: f32,
}

impl Matches {
    /// The site at a place.
    pub fn at(&self, level: &Level, x: usize, y: usize) -> Option<&Site> {
        self.sites.get(self.index[level.place(x, y)] as usize)
    }

    /// No sites.
    fn none(level: &Level) -> Self {
        Self { sites: Vec::new(), index: vec![NONE; level.colours.len()] }
    }

    /// Sites without a match, wherever a patch touches what is to be found.
    fn unmatched(level: &Level) -> Self {
        let mut index = vec![NONE; level.colours.len()];
        let mut sites = Vec::new();
        for (x, y) in level.patches_to_match() {
            index[level.place(x, y)] = sites.len() as u32;
            sites.push(Site { x: x as u16, y: y as u16, source: [0; 2], cost: f32::INFINITY });
        }
        Self { sites, index }
    }

    /// Any match for every site.
    fn random(level: &Level, random: &mut SplitMix) -> Self {
        let mut matches = Self::unmatched(level);
        for site in &mut matches.sites {
            site.source = level.random_source(random);
        }
        matches
    }

    /// The matches of half the size, at this one.
    fn refined(&self, from: &Level, level: &Level, random: &mut SplitMix) -> Self {
        let mut matches = Self::unmatched(level);
        for site in &mut matches.sites {
            let (x, y) = (usize::from(site.x), usize::from(site.y));
            let coarse = self.at(from, (x / 2).min(from.width - 1), (y / 2).min(from.height - 1));
            let source = coarse.map(|coarse| {
                let [sx, sy] = coarse.source.map(usize::from);
                level.nearest_source(2 * sx + x % 2, 2 * sy + y % 2)
            });
            site.source = source.flatten().unwrap_or_else(|| level.random_source(random));
        }
        matches
    }

    /// Looks for better matches: first those of the neighbours, then some around the one at hand.
    fn improve(
        &mut self,
        level: &Level,
        samples: &[[i16; 4]],
        reach: usize,
        backward: bool,
        random: &mut SplitMix,
    ) {
        let count = self.sites.len();
        for i in 0..count {
            let i = if backward { count - 1 - i } else { i };
            let mut best = self.sites[i];
            let place = level.place(best.x.into(), best.y.into());
            for neighbour in neighbours(place, level.stride, backward) {
                let Some(other) = self.sites.get(self.index[neighbour] as usize) else { continue };
                level.follow(&mut best, samples, other);
            }
            let mut reach = reach;
            while reach > 0 {
                let near = |centre: u16, length: usize, random: &mut SplitMix| {
                    let low = usize::from(centre).saturating_sub(reach).max(RADIUS);
                    let high = (usize::from(centre) + reach).min(length - 1 - RADIUS);
                    low + random.next_below(high.saturating_sub(low) + 1)
                };
                let x = near(best.source[0], level.width, random);
                let y = near(best.source[1], level.height, random);
                level.consider(&mut best, samples, x, y);
                reach /= 2;
            }
            self.sites[i] = best;
        }
    }

    /// Measures all matches anew.
    fn measure(&mut self, level: &Level, samples: &[[i16; 4]]) {
        for site in &mut self.sites {
            let [x, y] = site.source.map(usize::from);
            site.cost = f32::INFINITY;
            level.consider(site, samples, x, y);
        }
    }

    /// Gives every place of the hole the mean of what the patches over it found.
    fn vote(&self, level: &Level, colours: &mut [Pixel], samples: &mut [[i16; 4]]) {
        let mut costs: Vec<f32> = self.sites.iter().map(|site| site.cost).collect();
        if costs.is_empty() {
            return;
        }
        let at = costs.len() * 3 / 4;
        let scale = 0.5 / costs.select_nth_unstable_by(at, f32::total_cmp).1.max(NOISE);
        let mut sums = vec![([0.0; 4], 0.0_f32); colours.len()];
        for site in &self.sites {
            let centre = level.place(site.x.into(), site.y.into());
            let weight = (-(site.cost * scale).min(20.0)).exp() * level.trust[centre];
            let [x, y] = site.source.map(usize::from);
            let (to, from) = (level.corner(centre), level.corner(level.place(x, y)));
            for row in 0..Level::SIDE {
                let row = row * level.stride;
                let sums = &mut sums[to + row..][..Level::SIDE];
                let pixels = &level.colours[from + row..][..Level::SIDE];
                for ((sum, total), pixel) in sums.iter_mut().zip(pixels) {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum += weight * value;
                    }
                    *total += weight;
                }
            }
        }
        for (at, (sum, total)) in sums.into_iter().enumerate() {
            if total > 0.0 && level.is_hole[at] {
                colours[at] = sum.map(|v| v / total);
                samples[at] = rounded(&colours[at]);
            }
        }
    }
}

/// The two neighbours that were looked at before.
fn neighbours(place: usize, stride: usize, backward: bool) -> [usize; 2] {
    if backward { [place + 1, place + stride] } else { [place - 1, place - stride] }
}

impl Level {
    /// Takes the place as the source of `site` if it is one and fits better.
    fn consider(&self, site: &mut Site, samples: &[[i16; 4]], x: usize, y: usize) {
        let from = self.place(x, y);
        if !self.is_source[from] {
            return;
        }
        let at = self.place(site.x.into(), site.y.into());
        let away = self.nearness[at] - self.nearness[from];
        let (dx, dy) = (x as f32 - f32::from(site.x), y as f32 - f32::from(site.y));
        let share = 1.0 / self.width.max(self.height) as f32;
        let distance = (dx * dx + dy * dy).sqrt() * share;
        let mut other = NEARNESS_COST * away * away + DISTANCE_COST * distance;
        if let Some(expected) = self.expected.get(at) {
            let pairs = expected.iter().zip(&self.samples[from]);
            let square = |(a, b): (&i16, &i16)| f32::from(a - b) * f32::from(a - b);
            other += SURPRISE_COST * pairs.map(square).sum::<f32>();
        }
        if other >= site.cost {
            return;
        }
        let cost = other + self.difference(samples, at, from, site.cost - other);
        if cost < site.cost {
            site.cost = cost;
            site.source = [x as u16, y as u16];
        }
    }

    /// Considers the source that goes on where that of a neighbour ends.
    fn follow(&self, site: &mut Site, samples: &[[i16; 4]], other: &Site) {
        let moved = |a: u16, b: u16, source: u16, length: usize| {
            let to = i32::from(a) - i32::from(b) + i32::from(source);
            let inside = RADIUS as i32..=(length - 1 - RADIUS) as i32;
            inside.contains(&to).then_some(to as usize)
        };
        let x = moved(site.x, other.x, other.source[0], self.width);
        let y = moved(site.y, other.y, other.source[1], self.height);
        if let (Some(x), Some(y)) = (x, y)
            && site.source != [x as u16, y as u16]
        {
            self.consider(site, samples, x, y);
        }
    }

    /// Weighted mean of the squared differences of two patches; infinite if it exceeds `limit`.
    pub(super) fn difference(
        &self,
        samples: &[[i16; 4]],
        at: usize,
        from: usize,
        limit: f32,
    ) -> f32 {
        let (to, from) = (self.corner(at), self.corner(from));
        let share = self.weight_shares[at];
        let limit = (limit / share).min(i32::MAX as f32) as i32;
        let mut sum = 0_i32;
        for row in 0..Self::SIDE {
            let row = row * self.stride;
            let wanted = samples[to + row..][..Self::SIDE].as_flattened();
            let weights = self.weights[to + row..][..Self::SIDE].as_flattened();
            let given = self.samples[from + row..][..Self::SIDE].as_flattened();
            for ((a, b), weight) in wanted.iter().zip(given).zip(weights) {
                // Wrapping, as vectors do; 255 * 64 fits 16 bits, and the sum 32.
                let difference = a.wrapping_sub(*b);
                let weighted = i32::from(difference.wrapping_mul(*weight));
                sum = sum.wrapping_add(weighted.wrapping_mul(difference.into()));
            }
            if sum > limit {
                return f32::INFINITY;
            }
        }
        sum as f32 * share
    }
}

/// Matches at the finest of `levels` (finest first), and the colours that they vote for. The hole
/// of the coarsest is filled from `base`, the smooth fill at the finest.
pub(super) fn matched(levels: &mut [Level], base: &Raster<Pixel>) -> (Matches, Vec<Pixel>) {
    let mut random = SplitMix(1);
    let mut found: Option<(Matches, &Level)> = None;
    let mut bases = vec![base.clone()];
    for _ in 1..levels.len() {
        let finer = &bases[bases.len() - 1];
        bases.push(
            finer.halved(|four| {
                std::array::from_fn(|c| four.iter().map(|p| p[c]).sum::<f32>() / 4.0)
            }),
        );
    }
    let mut colours = Vec::new();
    if let Some(level) = levels.last_mut() {
        level.expected = level.with_hole(&bases[bases.len() - 1]).iter().map(rounded).collect();
    }
    for (i, level) in levels.iter().enumerate().rev() {
        colours = level.with_hole(&bases[i]);
        let mut samples: Vec<_> = colours.iter().map(rounded).collect();
        if !level.has_sources() {
            // Too little is known to copy from: it stays smooth.
            continue;
        }
        let coarsest = found.is_none();
        let mut matches = match found {
            None => Matches::random(level, &mut random),
            Some((coarse, from)) => {
                let mut matches = coarse.refined(from, level, &mut random);
                matches.measure(level, &samples);
                matches.vote(level, &mut colours, &mut samples);
                matches
            }
        };
        let turns = [1, 2, 4, 8, 12][i.min(4)];
        let reach = if coarsest { level.width.max(level.height) } else { 2 << i.min(4) };
        for _ in 0..turns {
            matches.measure(level, &samples);
            for backward in [false, true] {
                matches.improve(level, &samples, reach, backward, &mut random);
            }
            matches.vote(level, &mut colours, &mut samples);
        }
        found = Some((matches, level));
    }
    let matches = found.map_or_else(|| Matches::none(&levels[0]), |found| found.0);
    (matches, colours)
}
