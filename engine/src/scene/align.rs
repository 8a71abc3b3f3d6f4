// SPDX-License-Identifier: MIT OR Apache-2.0
//! The camera move between two stills that show the same scene.
//!
//! A pose of seven numbers says where each place of the first still, with its nearness, is seen in
//! the second. A search over shifts and magnifications on tiny pictures finds where to start; then
//! the pose is refined on larger and larger ones (Lucas and Kanade 1981, in the forward additive
//! form of Baker and Matthews 2004, with weights that leave out what does not fit). Brightness is
//! normalised within its neighbourhood first, so that day and night look alike.

use super::{
    depth::features::Colours,
    filter::box_mean,
    raster::{Map, smoothstep},
    way::Numbers,
};

/// Width or height, whichever is larger, of the pictures that are compared, the finest first.
const LEVELS: usize = 3;
/// The neighbourhood in which brightness is normalised, as a part of the long side.
const NEIGHBOURHOOD: usize = 12;
/// Least contrast that counts, of 0..1.
const LEAST_CONTRAST: f32 = 0.012;
/// Magnifications that the search tries, as natural logarithms.
const ZOOMS: [f64; 11] = [0.0, -0.1, 0.1, -0.2, 0.2, -0.32, 0.32, -0.46, 0.46, -0.62, 0.62];
/// Shifts that it tries, as a share of each side.
const FARTHEST_SHIFT: f64 = 0.42;
/// Best starts of the search that are refined.
const STARTS: usize = 4;
/// Share of the first still that the second must show, at least.
const LEAST_OVERLAP: f64 = 0.3;
/// From this likeness of the aligned stills on they show the same scene.
const LIKENESS: f64 = 0.5;
/// How far a place may be from where it started when it goes there and back, in picture widths.
const THERE_AND_BACK: f64 = 0.025;
/// How large each number may be expected to be: what two of them explain equally well goes to the
/// one that is more usual between photos.
const USUAL: Numbers = [0.06, 0.05, 0.2, 0.3, 0.3, 0.1, 0.4];
/// How much such expectations count beside a pixel.
const TRUST: f64 = 0.004;

/// What is known of a still for the comparison.
pub(super) struct View {
    /// Brightness, normalised, from fine to coarse.
    levels: Vec<Map>,
    /// Nearness at the same sizes.
    nearness: Vec<Map>,
    /// Brightness and colour, blurred, at the coarsest size.
    light: [Map; 3],
}

impl View {
    /// `colours` and `nearness` of a still have the same size.
    pub fn new(colours: &Colours, nearness: &Map) -> Self {
        let (mut luma, mut nearness) = (colours.luma.half(), nearness.half());
        let light = [&colours.luma, &colours.cb, &colours.cr].map(|map| {
            let small = (0..LEVELS).fold(map.clone(), |map, _| map.half());
            box_mean(&small, 2)
        });
        let mut view = Self { levels: Vec::new(), nearness: Vec::new(), light };
        for level in 0..LEVELS {
            if level > 0 {
                (luma, nearness) = (luma.half(), nearness.half());
            }
            view.levels.push(normalised(&luma));
            view.nearness.push(nearness.clone());
        }
        view
    }

    fn is_tiny(&self) -> bool {
        let coarse = &self.levels[LEVELS - 1];
        coarse.width < 12 || coarse.height < 12
    }
}

/// How two stills of the same scene lie to each other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alignment {
    /// The pose of the camera of the second still, seen from the first, and the other way round.
    pub there: Numbers,
    pub back: Numbers,
    /// How alike they are then, 0..1.
    pub likeness: f64,
}

/// Aligns two stills; nothing where they do not show the same scene.
pub(super) fn align(first: &View, second: &View) -> Option<Alignment> {
    if first.is_tiny() || second.is_tiny() {
        return None;
    }
    let refined = |start: Numbers| {
        let pose = refine(first, second, start, LEVELS - 1);
        (likeness(first, second, &pose, LEVELS - 1), pose)
    };
    let starts = search(first, second).into_iter().map(refined);
    let (_, best) = starts.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let there = (0..LEVELS - 1).rev().fold(best, |pose, level| refine(first, second, pose, level));
    let mut back = inverse(&there);
    for level in (0..LEVELS).rev() {
        back = refine(second, first, back, level);
    }
    let likeness = likeness(first, second, &there, 0).min(likeness(second, first, &back, 0));
    let sure = likeness >= LIKENESS && comes_back(first, second, &there, &back);
    sure.then_some(Alignment { there, back, likeness })
}

/// For each pixel of the second still how much it differs from what the first one shows there, 0..1,
/// at the finest level. What the first one does not show does not differ.
pub(super) fn differences(first: &View, second: &View, back: &Numbers) -> Map {
    let (own, other, nearness) = (&second.levels[0], &first.levels[0], &second.nearness[0]);
    let warp = Warp::new(back);
    let raw = Map::from_fn(own.width, own.height, |x, y| {
        let place = warp.place(from_middle(own, x, y), f64::from(nearness.at(x, y)));
        match sample(other, place) {
            Some(value) => (value - own.at(x, y)).abs(),
            None => 0.0,
        }
    });
    box_mean(&raw, (own.long_side() / 64).max(1)).map(|v| smoothstep(0.55, 1.1, v))
}

/// How much brightness and colour differ where both stills show the same, 0..1.
pub(super) fn relit(first: &View, second: &View, back: &Numbers) -> f64 {
    let (warp, nearness) = (Warp::new(back), &second.nearness[LEVELS - 1]);
    let (mut sum, mut count) = (0.0, 0.0);
    for y in 0..nearness.height {
        for x in 0..nearness.width {
            let place = warp.place(from_middle(nearness, x, y), f64::from(nearness.at(x, y)));
            for (first, second) in first.light.iter().zip(&second.light) {
                if let Some(light) = sample(first, place) {
                    sum += f64::from((light - second.at(x, y)).abs());
                    count += 1.0;
                }
            }
        }
    }
    f64::from(smoothstep(0.01, 0.04, (sum / f64::max(count, 1.0)) as f32))
}

/// Where the first still's places are seen by a camera of some pose: the inverse of
/// [`Rays`](super::view::Rays). Places are in picture widths from the middle, down positive.
pub(super) struct Warp {
    /// Rows of the matrix that turns a direction in the still to one in the frame.
    turn: [[f64; 3]; 3],
    shift: [f64; 2],
    forward: f64,
}

impl Warp {
    pub fn new(&[x, y, dolly, pan, tilt, roll, zoom]: &Numbers) -> Self {
        let (roll_sin, roll_cos) = roll.sin_cos();
        let (pan_sin, pan_cos) = pan.atan().sin_cos();
        let (tilt_sin, tilt_cos) = tilt.atan().sin_cos();
        let scale = zoom.exp();
        // The transpose of pan times tilt, and then the lens and the roll backwards.
        let straight = [
            [pan_cos, 0.0, -pan_sin],
            [pan_sin * tilt_sin, tilt_cos, pan_cos * tilt_sin],
            [pan_sin * tilt_cos, -tilt_sin, pan_cos * tilt_cos],
        ];
        let [across, down, along] = straight;
        let rolled =
            |a: f64, b: f64| std::array::from_fn(|i| scale * (a * across[i] + b * down[i]));
        Self {
            turn: [rolled(roll_cos, roll_sin), rolled(-roll_sin, roll_cos), along],
            shift: [x, -y],
            forward: 1.0 - (-dolly).exp(),
        }
    }

    /// Where the place `at` of the still, which has this nearness, is seen.
    pub fn place(&self, at: [f64; 2], nearness: f64) -> [f64; 2] {
        let closer = (1.0 - nearness * self.forward).max(0.05);
        let far = [0, 1].map(|axis| (at[axis] - nearness * self.shift[axis]) / closer);
        let row = |r: &[f64; 3]| r[0] * far[0] + r[1] * far[1] + r[2];
        let depth = row(&self.turn[2]).max(0.05);
        [row(&self.turn[0]) / depth, row(&self.turn[1]) / depth]
    }
}

/// Brightness less the mean around, by how much it varies around.
fn normalised(luma: &Map) -> Map {
    let radius = (luma.long_side() / NEIGHBOURHOOD).max(2);
    let mean = box_mean(luma, radius);
    let less = luma.zip(&mean, |v, mean| v - mean);
    let variance = box_mean(&less.map(|v| v * v), radius);
    let spread = variance.map(|v| (v + LEAST_CONTRAST * LEAST_CONTRAST).sqrt());
    less.zip(&spread, |v, spread| (v / spread).clamp(-2.5, 2.5))
}

/// A pixel from the middle, in picture widths.
fn from_middle(map: &Map, x: usize, y: usize) -> [f64; 2] {
    let along = |i: usize, side: usize| (i as f64 + 0.5 - side as f64 / 2.0) / map.width as f64;
    [along(x, map.width), along(y, map.height)]
}

/// The place of `map`'s pixels, if it lies inside.
fn pixel(map: &Map, place: [f64; 2]) -> Option<[f64; 2]> {
    let sides = [map.width, map.height];
    let at = [0, 1].map(|axis| place[axis] * map.width as f64 + sides[axis] as f64 / 2.0 - 0.5);
    let inside = |axis: usize| (0.0..=sides[axis] as f64 - 1.0).contains(&at[axis]);
    (inside(0) && inside(1)).then_some(at)
}

/// Bilinear value at a place, if it lies inside.
fn sample(map: &Map, place: [f64; 2]) -> Option<f32> {
    pixel(map, place).map(|at| map.between(at))
}

/// The correlation of both stills where both show something, less a little for what one does not.
fn likeness(first: &View, second: &View, pose: &Numbers, level: usize) -> f64 {
    let (own, other) = (&first.levels[level], &second.levels[level]);
    let warp = Warp::new(pose);
    let mut score = Score::default();
    for y in 0..own.height {
        for x in 0..own.width {
            let nearness = f64::from(first.nearness[level].at(x, y));
            let seen = sample(other, warp.place(from_middle(own, x, y), nearness));
            score.add(own.at(x, y), seen);
        }
    }
    score.likeness()
}

/// Sums of a correlation.
#[derive(Default)]
struct Score {
    products: f64,
    squares: [f64; 2],
    inside: f64,
    all: f64,
}

impl Score {
    fn add(&mut self, own: f32, seen: Option<f32>) {
        self.all += 1.0;
        if let Some(seen) = seen {
            let (own, seen) = (f64::from(own), f64::from(seen));
            self.products += own * seen;
            self.squares[0] += own * own;
            self.squares[1] += seen * seen;
            self.inside += 1.0;
        }
    }

    fn likeness(&self) -> f64 {
        let share = self.inside / self.all;
        if share < LEAST_OVERLAP {
            return -1.0;
        }
        self.products / (self.squares[0] * self.squares[1]).sqrt().max(1e-9) - 0.1 * (1.0 - share)
    }
}

/// The best starts among shifts and magnifications, on the coarsest pictures.
fn search(first: &View, second: &View) -> Vec<Numbers> {
    let (own, other) = (&first.levels[LEVELS - 1], &second.levels[LEVELS - 1]);
    let width = own.width as f64;
    let most = [own.width, own.height].map(|side| (FARTHEST_SHIFT * side as f64) as i32);
    let mut found: Vec<(f64, Numbers)> = Vec::new();
    for zoom in ZOOMS {
        let mut best = (-1.0, [0.0; 7]);
        for down in -most[1]..=most[1] {
            for across in -most[0]..=most[0] {
                let shift = [f64::from(across) / width, f64::from(down) / width];
                let score = shifted(own, other, shift, zoom.exp());
                if score > best.0 {
                    // What is shifted by this is seen by a camera that has turned the other way.
                    let turn = shift.map(|v| -v / zoom.exp());
                    best = (score, [0.0, 0.0, 0.0, turn[0], -turn[1], 0.0, zoom]);
                }
            }
        }
        found.push(best);
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(STARTS);
    found.into_iter().map(|(_, pose)| pose).collect()
}

/// How alike two small pictures are when one is magnified and shifted. Every other pixel is looked
/// at, and the nearest one of the other picture: there are many to try.
fn shifted(own: &Map, other: &Map, shift: [f64; 2], scale: f64) -> f64 {
    let mut score = Score::default();
    for y in (0..own.height).step_by(2) {
        for x in (0..own.width).step_by(2) {
            let from = from_middle(own, x, y);
            let place = [0, 1].map(|axis| from[axis] * scale + shift[axis]);
            let nearest = |[x, y]: [f64; 2]| other.at((x + 0.5) as usize, (y + 0.5) as usize);
            let seen = pixel(other, place).map(nearest);
            score.add(own.at(x, y), seen);
        }
    }
    score.likeness()
}

/// Rounds of refinement at each level.
const ROUNDS: usize = 12;
/// How much a number is changed to see what it does.
const NUDGE: f64 = 1e-4;

/// Improves a pose at one level.
fn refine(first: &View, second: &View, start: Numbers, level: usize) -> Numbers {
    let mut pose = start;
    let (mut equations, mut cost) = equations(first, second, &pose, level);
    let mut damping = 1e-3;
    for _ in 0..ROUNDS {
        let Some(step) = equations.solved(damping) else { break };
        let next: Numbers = std::array::from_fn(|i| pose[i] + step[i]);
        let (next_equations, next_cost) = self::equations(first, second, &next, level);
        if next_cost < cost && is_sane(&next) {
            let gained = 1.0 - next_cost / cost;
            (pose, equations, cost) = (next, next_equations, next_cost);
            damping = (damping / 10.0).max(1e-6);
            if gained < 1e-4 {
                break;
            }
        } else {
            damping *= 10.0;
        }
    }
    pose
}

/// No two photos of one scene that are worth a flight are farther apart.
fn is_sane(pose: &Numbers) -> bool {
    let most = [0.4, 0.4, 1.2, 0.7, 0.6, 0.6, 1.3];
    pose.iter().zip(most).all(|(value, most)| value.abs() <= most)
}

/// Normal equations of the least squares.
struct Equations {
    matrix: [[f64; 7]; 7],
    right: [f64; 7],
}

impl Equations {
    /// The step that they ask for, shorter with more `damping` (Marquardt 1963).
    fn solved(&self, damping: f64) -> Option<[f64; 7]> {
        let mut rows: [[f64; 8]; 7] = std::array::from_fn(|i| {
            std::array::from_fn(|j| if j == 7 { self.right[i] } else { self.matrix[i][j] })
        });
        for (i, row) in rows.iter_mut().enumerate() {
            row[i] *= 1.0 + damping;
        }
        for i in 0..7 {
            let pivot = rows[i];
            if pivot[i].abs() < 1e-12 {
                return None;
            }
            for (j, row) in rows.iter_mut().enumerate() {
                if j != i {
                    let factor = row[i] / pivot[i];
                    row.iter_mut().zip(pivot).for_each(|(v, p)| *v -= factor * p);
                }
            }
        }
        let step: [f64; 7] = std::array::from_fn(|i| rows[i][7] / rows[i][i]);
        step.iter().all(|v| v.is_finite()).then_some(step)
    }
}

/// The equations at a pose, and the mean cost there.
fn equations(first: &View, second: &View, pose: &Numbers, level: usize) -> (Equations, f64) {
    let (own, other) = (&first.levels[level], &second.levels[level]);
    let warp = Warp::new(pose);
    let nudged: [Warp; 7] = std::array::from_fn(|i| {
        let mut pose = *pose;
        pose[i] += NUDGE;
        Warp::new(&pose)
    });
    let mut sums = Equations { matrix: [[0.0; 7]; 7], right: [0.0; 7] };
    let (mut cost, mut inside, mut all) = (0.0, 0.0, 0.0);
    let width = own.width as f64;
    // The finest pictures have pixels to spare.
    let stride = if level == 0 { 2 } else { 1 };
    for y in (1..own.height - 1).step_by(stride) {
        for x in (1..own.width - 1).step_by(stride) {
            all += 1.0;
            let at = from_middle(own, x, y);
            let nearness = f64::from(first.nearness[level].at(x, y));
            let place = warp.place(at, nearness);
            let Some(there) = pixel(other, place) else { continue };
            inside += 1.0;
            let left = f64::from(other.between(there) - own.at(x, y));
            let [gx, gy] = gradient(other, there);
            // Cauchy's weight: what does not fit counts little.
            let weight = 1.0 / (1.0 + left * left);
            cost += (left * left).ln_1p();
            let slope: [f64; 7] = std::array::from_fn(|i| {
                let moved = nudged[i].place(at, nearness);
                (gx * (moved[0] - place[0]) + gy * (moved[1] - place[1])) * width / NUDGE
            });
            for i in 0..7 {
                sums.right[i] -= weight * slope[i] * left;
                for j in 0..7 {
                    sums.matrix[i][j] += weight * slope[i] * slope[j];
                }
            }
        }
    }
    let trust = TRUST * inside;
    let mut unusual = 0.0;
    for i in 0..7 {
        let precision = trust / (USUAL[i] * USUAL[i]);
        sums.matrix[i][i] += precision;
        sums.right[i] -= precision * pose[i];
        unusual += precision * pose[i] * pose[i];
    }
    // Who looks away from everything has nothing to explain: that must not pay.
    let share = inside / f64::max(all, 1.0);
    if share < LEAST_OVERLAP {
        return (sums, f64::MAX);
    }
    (sums, (cost + unusual) / inside + 0.3 * (1.0 - share))
}

/// How a map changes per pixel.
fn gradient(map: &Map, [x, y]: [f64; 2]) -> [f64; 2] {
    let at = |x: f64, y: f64| f64::from(map.between([x, y]));
    [(at(x + 1.0, y) - at(x - 1.0, y)) / 2.0, (at(x, y + 1.0) - at(x, y - 1.0)) / 2.0]
}

/// About the pose of the first camera, seen from the second.
fn inverse(pose: &Numbers) -> Numbers {
    let [x, y, dolly, pan, tilt, roll, zoom] = *pose;
    let scale = zoom.exp();
    [-x * scale, -y * scale, -dolly, -pan * scale, -tilt * scale, -roll, -zoom]
}

/// Whether most places of the first still that the second shows come back to where they were.
fn comes_back(first: &View, second: &View, there: &Numbers, back: &Numbers) -> bool {
    let (own, other) = (&first.nearness[0], &second.nearness[0]);
    let (there, back) = (Warp::new(there), Warp::new(back));
    let (mut good, mut all) = (0, 0);
    for y in (0..own.height).step_by(8) {
        for x in (0..own.width).step_by(8) {
            let at = from_middle(own, x, y);
            let place = there.place(at, f64::from(own.at(x, y)));
            let Some(nearness) = sample(other, place) else { continue };
            let [x, y] = back.place(place, f64::from(nearness));
            all += 1;
            good += i32::from((x - at[0]).hypot(y - at[1]) < THERE_AND_BACK);
        }
    }
    all > 0 && f64::from(good) >= 0.7 * f64::from(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{camera::Pose, scene::view::Rays};

    const SIDES: [usize; 2] = [384, 216];

    /// Detail that does not repeat, 0..1, at a place in picture widths.
    fn paint([x, y]: [f64; 2]) -> f32 {
        let waves = [
            (23.0, 11.0, 0.3),
            (-17.0, 29.0, 1.1),
            (31.0, -7.0, 1.9),
            (9.0, 43.0, 0.5),
            (61.0, 37.0, 2.0),
            (-83.0, 71.0, 0.7),
        ];
        let sum: f64 =
            waves.iter().map(|(a, b, c)| (a * x + b * y + c * (9.0 * x * y).cos()).sin()).sum();
        (0.5 + 0.08 * sum) as f32
    }

    /// Near in the middle, far outside.
    fn hill([x, y]: [f64; 2]) -> f32 {
        (0.15 + 0.7 * (-(x * x + y * y) * 14.0).exp()) as f32
    }

    /// Brightness and nearness of the painted hill as a camera of this pose sees them.
    fn seen(numbers: &Numbers) -> (Map, Map) {
        let rays = Rays::new(&Pose::of(*numbers), 1.0, 1.0);
        let mut depths = Vec::new();
        let z = 1.0 - (-numbers[2]).exp();
        let luma = Map::from_fn(SIDES[0], SIDES[1], |x, y| {
            let at =
                [0, 1].map(|i| ([x, y][i] as f64 + 0.5 - SIDES[i] as f64 / 2.0) / SIDES[0] as f64);
            let (far, near) = rays.line(at[0] as f32, at[1] as f32);
            let mut w = 0.4;
            let mut place = at;
            for _ in 0..30 {
                place = [0, 1].map(|i| f64::from(far[i]) + w * f64::from(near[i]));
                w = f64::from(hill(place));
            }
            depths.push((w / (1.0 - w * z)) as f32);
            paint(place)
        });
        (luma, Map { width: SIDES[0], height: SIDES[1], values: depths })
    }

    fn view((luma, nearness): &(Map, Map)) -> View {
        let gray = luma.map(|_| 0.0);
        let colours = Colours { luma: luma.clone(), cb: gray.clone(), cr: gray };
        View::new(&colours, nearness)
    }

    #[test]
    fn a_warp_undoes_what_rays_do() {
        let pose = [0.03, -0.02, 0.2, 0.1, -0.05, 0.1, 0.3];
        let (rays, warp) = (Rays::new(&Pose::of(pose), 1.0, 1.0), Warp::new(&pose));
        for nearness in [0.0, 0.4, 0.9] {
            for at in [[0.0, 0.0], [0.3, -0.2], [-0.4, 0.1]] {
                let (far, near) = rays.line(at[0] as f32, at[1] as f32);
                let place = [0, 1].map(|i| f64::from(far[i]) + nearness * f64::from(near[i]));
                let [x, y] = warp.place(place, nearness);
                assert!((x - at[0]).hypot(y - at[1]) < 1e-5, "{at:?}: {x}, {y}");
            }
        }
    }

    #[test]
    fn a_known_move_is_found_there_and_back() {
        let first = seen(&[0.0; 7]);
        for pose in [
            [0.0; 7],
            [0.0, 0.0, 0.0, 0.12, -0.04, 0.0, 0.0],
            [0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.15, 0.0, 0.0, 0.03, 0.0],
            [-0.02, 0.01, 0.0, -0.08, 0.05, -0.04, 0.2],
            [0.0, 0.0, 0.0, 0.1, 0.0, 0.0, -0.35],
        ] {
            let found = align(&view(&first), &view(&seen(&pose))).expect("it is the same scene");
            let (wanted, got) = (Warp::new(&pose), Warp::new(&found.there));
            for at in [[0.0, 0.0], [0.25, 0.1], [-0.25, -0.1], [0.1, -0.12]] {
                let nearness = f64::from(hill(at));
                let (a, b) = (wanted.place(at, nearness), got.place(at, nearness));
                let off = (a[0] - b[0]).hypot(a[1] - b[1]);
                assert!(off < 0.006, "{pose:?} gave {found:?}: {off} off at {at:?}");
            }
        }
    }

    #[test]
    fn day_and_night_of_one_view_are_alike() {
        let first = seen(&[0.0; 7]);
        let second = seen(&[0.02, 0.0, 0.0, 0.05, 0.0, 0.0, 0.0]);
        let night = (second.0.map(|v| 0.05 + 0.3 * v * v), second.1);
        let found = align(&view(&first), &view(&night)).expect("it is the same scene");
        assert!(found.likeness > 0.8, "{found:?}");
        let differences = differences(&view(&first), &view(&night), &found.back);
        assert!(differences.mean() < 0.1, "{}", differences.mean());
        assert_eq!(relit(&view(&first), &view(&night), &found.back), 1.0);
        assert!(relit(&view(&first), &view(&first), &[0.0; 7]) < 0.01);
    }

    #[test]
    fn pictures_of_other_things_are_not_aligned() {
        let first = seen(&[0.0; 7]);
        let other = |x: usize, y: usize| {
            let cell = (x / 7) as u64 * 7919 + (y / 7) as u64 * 104729;
            (cell.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f32 / (1 << 24) as f32
        };
        let noise = (Map::from_fn(SIDES[0], SIDES[1], other), first.1.clone());
        let flat = (first.0.map(|_| 0.5), first.1.clone());
        for second in [noise, flat] {
            assert_eq!(align(&view(&first), &view(&second)), None);
        }
        let tiny = (Map::constant(16, 16, 0.5), Map::constant(16, 16, 0.5));
        assert_eq!(align(&view(&tiny), &view(&tiny)), None);
    }
}
