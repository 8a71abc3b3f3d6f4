// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes one picture of the copies: large pieces, and colours that go over into each other.

use super::{
    super::raster::{Pixel, Raster},
    level::{Kind, Level, RADIUS, rounded},
    patches::Matches,
};

/// What a seam costs beside what it shows.
const SEAM_COST: f32 = 40.0;
/// Times that every place may take the source of a neighbour.
const SWEEPS: usize = 3;
/// Rounds of over-relaxation for the colours.
const ROUNDS: usize = 32;
/// How strongly the colours of the patches hold: differences at the border are spread over about
/// the inverse of the square root, in places.
const HOLD: f32 = 0.002;
/// Colours of copies are changed by at most this.
const MOST: f32 = 48.0;

/// Where a place gets its pixels from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Origin {
    /// From the still, at the same place.
    Still,
    /// From the still `by` places away, with `change` added to the colour.
    Copy {
        /// The way to the source, in places.
        by: [i16; 2],
        /// What is added.
        change: Pixel,
    },
    /// From nowhere: a colour.
    Colour(Pixel),
}

/// The way to the source of each place of the hole.
type Ways = Raster<Option<[i16; 2]>>;

/// Joins the matches to large pieces: each place may take the source of a neighbour, where its
/// patch fits nearly as well and less of a seam is seen. The costs of seams are those of Kwatra et
/// al., "Graphcut Textures", 2003.
pub(super) fn joined(level: &Level, matches: &Matches, colours: &[Pixel]) -> Ways {
    let samples: Vec<_> = colours.iter().map(rounded).collect();
    let mut ways = Raster::from_fn(level.width, level.height, |x, y| {
        let site = matches.at(level, x, y).filter(|_| level.is_hole[level.place(x, y)])?;
        let way = |to: u16, at: usize| (i32::from(to) - at as i32) as i16;
        Some([way(site.source[0], x), way(site.source[1], y)])
    });
    for sweep in 0..SWEEPS {
        let last = ways.values.len() - 1;
        for i in 0..=last {
            let i = if sweep.is_multiple_of(2) { i } else { last - i };
            let Some(own) = ways.values[i] else { continue };
            let (x, y) = (i % ways.width, i / ways.width);
            let sides = sides(level, x, y);
            let others = sides.into_iter().flatten().filter_map(|(x, y)| ways.at(x, y));
            let mut tried = [own; 5];
            let mut count = 1;
            for other in others {
                if !tried[..count].contains(&other) {
                    tried[count] = other;
                    count += 1;
                }
            }
            if count == 1 {
                continue;
            }
            let cost = |way| {
                let seams = sides
                    .into_iter()
                    .flatten()
                    .map(|side| seam(level, (x, y), way, side, ways.at(side.0, side.1)));
                fit(level, &samples, (x, y), way) + 0.5 * seams.sum::<f32>()
            };
            let mut best = (own, cost(own));
            for &way in &tried[1..count] {
                let cost = cost(way);
                if cost < best.1 {
                    best = (way, cost);
                }
            }
            ways.values[i] = Some(best.0);
        }
    }
    ways
}

/// The neighbours to the left, to the right, above and below.
fn sides(level: &Level, x: usize, y: usize) -> [Option<(usize, usize)>; 4] {
    [
        (x > 0).then(|| (x - 1, y)),
        (x + 1 < level.width).then(|| (x + 1, y)),
        (y > 0).then(|| (x, y - 1)),
        (y + 1 < level.height).then(|| (x, y + 1)),
    ]
}

/// The colour that a place gets by a way, if it may be copied.
fn copied(level: &Level, (x, y): (usize, usize), way: [i16; 2]) -> Option<Pixel> {
    let x = x.checked_add_signed(way[0].into()).filter(|x| *x < level.width)?;
    let y = y.checked_add_signed(way[1].into()).filter(|y| *y < level.height)?;
    let at = level.place(x, y);
    (level.trust[at] == 1.0).then(|| level.colours[at])
}

/// How badly the patch at a way fits what the place looks like.
fn fit(level: &Level, samples: &[[i16; 4]], (x, y): (usize, usize), way: [i16; 2]) -> f32 {
    let inside = |i: usize, way: i16, length: usize| {
        let to = i.checked_add_signed(way.into())?;
        (RADIUS..length.saturating_sub(RADIUS)).contains(&to).then_some(to)
    };
    match (inside(x, way[0], level.width), inside(y, way[1], level.height)) {
        (Some(sx), Some(sy)) if level.is_source[level.place(sx, sy)] => {
            level.difference(samples, level.place(x, y), level.place(sx, sy), f32::INFINITY)
        }
        _ => f32::INFINITY,
    }
}

/// What is seen of a seam between two neighbours with these ways.
fn seam(
    level: &Level,
    at: (usize, usize),
    way: [i16; 2],
    side: (usize, usize),
    other: Option<[i16; 2]>,
) -> f32 {
    let still = || Some(level.colours[level.place(side.0, side.1)]);
    let own = copied(level, side, way);
    match other {
        Some(other) if other == way => 0.0,
        Some(other) => {
            let here = square(copied(level, at, way), copied(level, at, other));
            here + square(own, copied(level, side, other)) + SEAM_COST
        }
        // Deep in the hole nobody sees a seam.
        None if level.trust[level.place(side.0, side.1)] == 0.0 => 0.0,
        None => 2.0 * square(own, still()),
    }
}

/// The squared difference of two colours; a large one where there is none.
fn square(a: Option<Pixel>, b: Option<Pixel>) -> f32 {
    match (a, b) {
        (Some(a), Some(b)) => a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum(),
        _ => 30_000.0,
    }
}

/// Changes the colours of the copies so that they fit together and to what is known: the slopes
/// are those of the copies, the colours at the border those of the still (Pérez, Gangnet and Blake,
/// "Poisson Image Editing", 2003).
pub(super) fn sources(
    level: &Level,
    kinds: &Raster<Kind>,
    ways: &Ways,
    colours: &[Pixel],
) -> Raster<Origin> {
    let wanted = Wanted { level, kinds, ways, colours };
    let holes: Vec<Equation> = wanted.equations();
    let mut solved = colours.to_vec();
    relax(&holes, level.stride, &mut solved);
    Raster::from_fn(level.width, level.height, |x, y| {
        let colour = solved[level.place(x, y)];
        match (kinds.at(x, y), ways.at(x, y)) {
            (Kind::Known | Kind::Doubtful, _) => Origin::Still,
            (_, Some(by)) => {
                let own = copied(level, (x, y), by).unwrap_or(colour);
                let change = std::array::from_fn(|c| (colour[c] - own[c]).clamp(-MOST, MOST));
                Origin::Copy { by, change }
            }
            (_, None) => Origin::Colour(colour),
        }
    })
}

/// What the slopes at one place of the hole add up to.
struct Equation {
    place: usize,
    /// Which of the neighbours left, right, above, below there are.
    sides: [bool; 4],
    /// The sum of the wanted differences to them, and the colour that is held.
    sum: Pixel,
    /// One over the number of neighbours and the hold.
    share: f32,
}

struct Wanted<'a> {
    level: &'a Level,
    kinds: &'a Raster<Kind>,
    ways: &'a Ways,
    colours: &'a [Pixel],
}

impl Wanted<'_> {
    fn equations(&self) -> Vec<Equation> {
        let mut out = Vec::new();
        for y in 0..self.level.height {
            for x in 0..self.level.width {
                if self.kinds.at(x, y) == Kind::Hole {
                    out.push(self.equation(x, y));
                }
            }
        }
        out
    }

    fn equation(&self, x: usize, y: usize) -> Equation {
        let place = self.level.place(x, y);
        let mut sum = self.colours[place].map(|v| HOLD * v);
        // What lies deep in the hole is not seen, and shall change nothing.
        let seen = |side: &(usize, usize)| self.kinds.at(side.0, side.1) != Kind::Deep;
        let all = sides(self.level, x, y).map(|side| side.filter(seen));
        let mut count = HOLD;
        for side in all.into_iter().flatten() {
            let step = self.step((x, y), side);
            for (sum, step) in sum.iter_mut().zip(step) {
                *sum += step;
            }
            count += 1.0;
        }
        Equation { place, sides: all.map(|side| side.is_some()), sum, share: 1.0 / count }
    }

    /// The wanted difference of a place to a neighbour: that of the copies.
    fn step(&self, at: (usize, usize), side: (usize, usize)) -> Pixel {
        let by = |way: Option<[i16; 2]>| {
            let way = way?;
            let (own, other) = (copied(self.level, at, way)?, copied(self.level, side, way)?);
            Some(std::array::from_fn(|c| own[c] - other[c]))
        };
        let ways = [self.ways.at(at.0, at.1), self.ways.at(side.0, side.1)];
        match ways.map(by) {
            [Some(a), Some(b)] => std::array::from_fn(|c: usize| (a[c] + b[c]) / 2.0),
            [Some(a), None] | [None, Some(a)] => a,
            [None, None] => {
                let colour = |(x, y)| self.colours[self.level.place(x, y)];
                let (own, other): (Pixel, Pixel) = (colour(at), colour(side));
                // Between a place that is deep in the hole and what is known nothing is wanted.
                std::array::from_fn(|c| own[c] - other[c])
            }
        }
    }
}

/// Successive over-relaxation.
fn relax(equations: &[Equation], stride: usize, colours: &mut [Pixel]) {
    const OVER: f32 = 1.85;
    for _ in 0..ROUNDS {
        for equation in equations {
            let at = equation.place;
            let mut sum = equation.sum;
            let places = [at - 1, at + 1, at - stride, at + stride];
            for (there, place) in equation.sides.into_iter().zip(places) {
                if there {
                    for (sum, value) in sum.iter_mut().zip(colours[place]) {
                        *sum += value;
                    }
                }
            }
            for (value, sum) in colours[at].iter_mut().zip(sum) {
                *value += OVER * (sum * equation.share - *value);
            }
        }
    }
}
