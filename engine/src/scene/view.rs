// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a place in the frame to the place in the still that is seen there.
//!
//! With a pinhole camera of focal length `f` that has moved, the ray through a place of the frame
//! meets the plane of nearness `w` at `a + w * b`: `a` is where it would meet things infinitely
//! far away, `b` is the disparity of the nearest. So the still is searched along one line, for
//! the `w` that the relief has where the line then ends.

use std::sync::Arc;

use crate::camera::Pose;

use super::{
    border::{Border, Reach},
    relief::{Cell, GRID_STEP, Relief},
    sample::FRACTION_BITS,
};

/// Focal length in picture widths: a lens of 53 degrees, about what a phone or a reporter uses.
const FOCAL_LENGTH: f64 = 1.0;

/// The nearness from which the search starts.
const MIDDLE: f32 = 0.4;
/// Rounds of the search at most: two guesses and an extrapolation each.
const ROUNDS: usize = 2;
/// A search whose last two guesses are as close as this is done.
const SETTLED: f32 = 0.02;
/// One pixel as a fixed-point number.
const ONE: f32 = (1 << FRACTION_BITS) as f32;
/// Grid points that are solved together.
const LANES: usize = 8;

/// The rays of one pose, for a picture of a given size. Places are in pixels from the middle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rays {
    /// Rows of the matrix that turns `(x, y, focal)` in the frame to a direction in the still.
    turn: [[f32; 3]; 3],
    focal: f32,
    /// Disparity at nearness 1, but for what the way forward adds.
    shift: [f32; 2],
    /// [`Pose::z`].
    forward: f32,
}

impl Rays {
    /// The rays of `pose` for a picture of `width` pixels, enlarged by `overscan`.
    pub fn new(pose: &Pose, width: f64, overscan: f64) -> Self {
        let scale = (-pose.zoom).exp() / overscan;
        let (roll_sin, roll_cos) = pose.roll.sin_cos();
        let (pan_sin, pan_cos) = (pose.pan / FOCAL_LENGTH).atan().sin_cos();
        let (tilt_sin, tilt_cos) = (pose.tilt / FOCAL_LENGTH).atan().sin_cos();
        // Roll and lens in the plane of the frame, then tilt about X, then pan about Y.
        let flat = [
            [roll_cos * scale, -roll_sin * scale, 0.0],
            [roll_sin * scale, roll_cos * scale, 0.0],
            [0.0, 0.0, 1.0],
        ];
        let tilt = [[1.0, 0.0, 0.0], [0.0, tilt_cos, -tilt_sin], [0.0, tilt_sin, tilt_cos]];
        let pan = [[pan_cos, 0.0, pan_sin], [0.0, 1.0, 0.0], [-pan_sin, 0.0, pan_cos]];
        let turn = product(&pan, &product(&tilt, &flat));
        Self {
            turn: turn.map(|row| row.map(|v| v as f32)),
            focal: (FOCAL_LENGTH * width) as f32,
            shift: [(pose.x * width) as f32, (-pose.y * width) as f32],
            forward: pose.z as f32,
        }
    }

    /// `a` and `b` for the place `(x, y)` of the frame.
    #[inline(always)]
    pub fn line(&self, x: f32, y: f32) -> ([f32; 2], [f32; 2]) {
        let row = |r: [f32; 3]| r[0] * x + r[1] * y + r[2] * self.focal;
        let depth = self.focal / row(self.turn[2]);
        let far = [row(self.turn[0]) * depth, row(self.turn[1]) * depth];
        let near = [self.shift[0] - self.forward * far[0], self.shift[1] - self.forward * far[1]];
        (far, near)
    }

    /// The other way round: the place of the frame whose ray meets infinitely far things at `far`,
    /// and how much larger than in the still things are there. `None` for what lies behind.
    pub fn seen_at(&self, far: [f32; 2]) -> Option<([f32; 2], f32)> {
        let direction = [far[0], far[1], self.focal];
        // The columns stand on each other at right angles.
        let along = |axis: usize| {
            let column = self.turn.map(|row| row[axis]);
            let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
            (dot(column, direction) / dot(column, column), dot(column, column))
        };
        let ((x, squared_scale), (y, _), (depth, _)) = (along(0), along(1), along(2));
        let shrink = self.focal / depth;
        (depth > 1e-3).then(|| ([x * shrink, y * shrink], 1.0 / squared_scale.sqrt()))
    }
}

fn product(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

/// One frame's view of a still.
pub(super) struct View {
    rays: Rays,
    border: Border,
    cells: Arc<Vec<Cell>>,
    grid_width: i32,
    /// The last place on the grid that has a cell, in grid steps.
    last: [f32; 2],
    /// Half the picture, in pixels.
    half: [f32; 2],
}

impl View {
    /// The view of `pose` on a picture of `size` pixels. `reach` is what the path has needed so far.
    pub fn new(
        pose: &Pose,
        reach: &Reach,
        relief: &Relief,
        cells: Arc<Vec<Cell>>,
        size: [u32; 2],
    ) -> Self {
        let [width, height] = size.map(f64::from);
        Self {
            rays: Rays::new(pose, width, reach.overscan),
            border: Border::new(reach, size),
            cells,
            grid_width: relief.width as i32,
            last: [relief.width, relief.height].map(|points| points as f32 - 1.001),
            half: [(width / 2.0) as f32, (height / 2.0) as f32],
        }
    }

    /// Points in a row of the grid.
    pub fn grid_width(&self) -> usize {
        self.grid_width as usize
    }

    /// Solves grid row `j`: writes the place in the still, in pixels with [`FRACTION_BITS`]
    /// fraction bits, for each point of the row.
    #[inline(always)]
    pub fn solve_row(
        &self,
        j: usize,
        look_up: impl Fn(&Self, &Lines, &Guesses) -> Guesses + Copy,
        xs: &mut [i32],
        ys: &mut [i32],
    ) {
        let y = (j * GRID_STEP) as f32 + 0.5 - self.half[1];
        let chunks = xs.chunks_mut(LANES).zip(ys.chunks_mut(LANES));
        for (chunk, (xs, ys)) in chunks.enumerate() {
            let first = chunk * LANES * GRID_STEP;
            let lines = Lines::new(&self.rays, first as f32 + 0.5 - self.half[0], y);
            let w = self.meet(&lines, look_up);
            for (axis, out) in [&mut *xs, &mut *ys].into_iter().enumerate() {
                let mut places = [0.0; LANES];
                for k in 0..LANES {
                    places[k] = lines.at(axis, k, w[k]);
                }
                if !self.border.is_far_from(axis, &places) {
                    places = places.map(|place| self.border.hold(axis, place));
                }
                // The last point may lie beside the last pixel, which then lies between two.
                let step = GRID_STEP as f32;
                let end = (2.0 * self.half[axis] / step).ceil() * step * ONE;
                let fixed = places.map(|place| {
                    let place = (place + (self.half[axis] - 0.5)) * ONE;
                    to_int(place.max(0.0).min(end))
                });
                out.copy_from_slice(&fixed[..out.len()]);
            }
        }
    }

    /// Where each line meets the relief. The relief is so gentle that the step from one guess to
    /// the next shrinks each time; Aitken's extrapolation does the rest.
    #[inline(always)]
    fn meet(&self, lines: &Lines, look_up: impl Fn(&Self, &Lines, &Guesses) -> Guesses) -> Guesses {
        let mut guess = [MIDDLE; LANES];
        for _ in 0..ROUNDS {
            let first = look_up(self, lines, &guess);
            let second = look_up(self, lines, &first);
            let mut unsettled = 0.0;
            for k in 0..LANES {
                let (before, after) = (first[k] - guess[k], second[k] - first[k]);
                let ratio = if before.abs() > 1e-4 { after / before } else { 0.0 };
                let ratio = ratio.clamp(-0.85, 0.85);
                guess[k] = (second[k] + after * ratio / (1.0 - ratio)).clamp(0.0, 1.0);
                unsettled = f32::max(unsettled, after.abs());
            }
            if unsettled < SETTLED {
                break;
            }
        }
        guess
    }

    /// Bilinear nearness where the lines are at `w`.
    #[inline(always)]
    pub fn look_up(&self, lines: &Lines, w: &Guesses) -> Guesses {
        let mut cells = [0i32; LANES];
        let mut across = [0.0; LANES];
        let mut down = [0.0; LANES];
        for k in 0..LANES {
            let along = |axis: usize| {
                let place = lines.at(axis, k, w[k]) + (self.half[axis] - 0.5);
                (place * (1.0 / GRID_STEP as f32)).max(0.0).min(self.last[axis])
            };
            let (x, y) = (along(0), along(1));
            let (left, top) = (to_int(x), to_int(y));
            across[k] = x - left as f32;
            down[k] = y - top as f32;
            cells[k] = top.wrapping_mul(self.grid_width).wrapping_add(left);
        }
        let mut found = [0.0; LANES];
        for k in 0..LANES {
            let [a, b, c, d] = self.cells[cells[k] as usize];
            let above = a + (b - a) * across[k];
            let below = c + (d - c) * across[k];
            found[k] = above + (below - above) * down[k];
        }
        found
    }

    /// [`View::look_up`], the same to the bit.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn look_up_avx2(&self, lines: &Lines, w: &Guesses) -> Guesses {
        use std::arch::x86_64::*;
        // SAFETY: arrays of eight hold the 32 bytes that are read.
        let load = |values: &Guesses| unsafe { _mm256_loadu_ps(values.as_ptr()) };
        let w = load(w);
        let along = |axis: usize| {
            let reached = _mm256_mul_ps(w, load(&lines.near[axis]));
            let place = _mm256_add_ps(load(&lines.far[axis]), reached);
            let place = _mm256_add_ps(place, _mm256_set1_ps(self.half[axis] - 0.5));
            let place = _mm256_mul_ps(place, _mm256_set1_ps(1.0 / GRID_STEP as f32));
            // In this order NaN becomes 0.
            let place = _mm256_max_ps(place, _mm256_setzero_ps());
            _mm256_min_ps(place, _mm256_set1_ps(self.last[axis]))
        };
        let (x, y) = (along(0), along(1));
        let (left, top) = (_mm256_cvttps_epi32(x), _mm256_cvttps_epi32(y));
        let across = _mm256_sub_ps(x, _mm256_cvtepi32_ps(left));
        let down = _mm256_sub_ps(y, _mm256_cvtepi32_ps(top));
        let rows = _mm256_mullo_epi32(top, _mm256_set1_epi32(self.grid_width));
        let mut at = [0i32; LANES];
        // SAFETY: the array holds the 32 bytes that are written.
        unsafe { _mm256_storeu_si256(at.as_mut_ptr().cast(), _mm256_add_epi32(rows, left)) };
        // Cells 0 to 3 in the low halves, 4 to 7 in the high ones; then turned on their side.
        let pair = |k: usize| {
            let cell = |k: usize| {
                let cell = &self.cells[at[k] as usize];
                // SAFETY: a cell holds the 16 bytes that are read.
                unsafe { _mm_loadu_ps(cell.as_ptr()) }
            };
            _mm256_set_m128(cell(k + 4), cell(k))
        };
        let (c0, c1, c2, c3) = (pair(0), pair(1), pair(2), pair(3));
        let (low01, high01) = (_mm256_unpacklo_ps(c0, c1), _mm256_unpackhi_ps(c0, c1));
        let (low23, high23) = (_mm256_unpacklo_ps(c2, c3), _mm256_unpackhi_ps(c2, c3));
        let a = _mm256_shuffle_ps::<0x44>(low01, low23);
        let b = _mm256_shuffle_ps::<0xee>(low01, low23);
        let c = _mm256_shuffle_ps::<0x44>(high01, high23);
        let d = _mm256_shuffle_ps::<0xee>(high01, high23);
        let mix = |a, b, share| _mm256_add_ps(a, _mm256_mul_ps(_mm256_sub_ps(b, a), share));
        let found = mix(mix(a, b, across), mix(c, d, across), down);
        let mut out = [0.0; LANES];
        // SAFETY: the array holds the 32 bytes that are written.
        unsafe { _mm256_storeu_ps(out.as_mut_ptr(), found) };
        out
    }
}

/// One nearness for each of [`LANES`] lines.
pub(super) type Guesses = [f32; LANES];

/// The lines of [`LANES`] neighbours of a grid row.
pub(super) struct Lines {
    far: [[f32; LANES]; 2],
    near: [[f32; LANES]; 2],
}

impl Lines {
    #[inline(always)]
    fn new(rays: &Rays, first: f32, y: f32) -> Self {
        let (mut far, mut near) = ([[0.0; LANES]; 2], [[0.0; LANES]; 2]);
        for k in 0..LANES {
            let (a, b) = rays.line(first + (k * GRID_STEP) as f32, y);
            (far[0][k], far[1][k]) = (a[0], a[1]);
            (near[0][k], near[1][k]) = (b[0], b[1]);
        }
        Self { far, near }
    }

    /// The place along `axis` on line `k` for nearness `w`.
    #[inline(always)]
    fn at(&self, axis: usize, k: usize, w: f32) -> f32 {
        self.far[axis][k] + w * self.near[axis][k]
    }
}

/// The whole part of a number. A plain cast looks at each number for itself; this one is done in
/// vectors.
#[allow(clippy::manual_clamp, reason = "clamp lets NaN through")]
#[inline(always)]
fn to_int(value: f32) -> i32 {
    const LARGEST: f32 = (1 << 30) as f32;
    // SAFETY: `max` takes away NaN and what is negative, `min` what an i32 cannot hold.
    unsafe { value.max(0.0).min(LARGEST).to_int_unchecked() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::raster::Map;

    const SIZE: [u32; 2] = [640, 360];

    /// A ball before a floor that rises to the horizon.
    fn relief() -> Relief {
        let (width, height) = (160, 90);
        let nearness = (0..width * height)
            .map(|i| {
                let (x, y) = ((i % width) as f32, (i / width) as f32);
                let floor = (y / height as f32 - 0.4).max(0.0);
                if (x - 90.0).hypot(y - 45.0) < 20.0 { 0.8 } else { floor }
            })
            .collect();
        Relief::new(&Map { width, height, values: nearness }, SIZE[0], SIZE[1])
    }

    fn solve(pose: &Pose, relief: &Relief) -> Vec<[f64; 2]> {
        let reach = Reach::of(&[*pose], SIZE);
        let cells = relief.cells(pose.disparity());
        let view = View::new(pose, &reach, relief, cells, SIZE);
        let (mut xs, mut ys) = (vec![0; relief.width], vec![0; relief.width]);
        (0..relief.height)
            .flat_map(|j| {
                view.solve_row(j, View::look_up, &mut xs, &mut ys);
                let pixels = |v: &i32| f64::from(*v) / 65536.0;
                xs.iter().map(pixels).zip(ys.iter().map(pixels)).collect::<Vec<_>>()
            })
            .map(|(x, y)| [x, y])
            .collect()
    }

    #[test]
    fn a_camera_at_rest_sees_every_point_where_it_is() {
        let relief = relief();
        for (i, [x, y]) in solve(&Pose::default(), &relief).into_iter().enumerate() {
            let [column, row] =
                [i % relief.width, i / relief.width].map(|i| (i * GRID_STEP) as f64);
            assert!((x - column).abs() < 0.01 && (y - row).abs() < 0.01, "{x}, {y}");
        }
    }

    /// Each move shifts the middle of the picture, or what is beside it, the way that the field's
    /// conventions say. Values are places in the still seen from a place of the frame.
    #[test]
    fn signs_are_those_of_the_field() {
        let relief = relief();
        let middle = relief.height / 2 * relief.width + relief.width / 2;
        let at_rest =
            [(relief.width / 2 * GRID_STEP) as f64, (relief.height / 2 * GRID_STEP) as f64];
        let seen = |pose: Pose, index: usize| solve(&pose, &relief)[index];
        let rest = Pose::default();
        assert!(seen(Pose { x: 0.03, ..rest }, middle)[0] > at_rest[0] + 2.0, "truck right");
        assert!(seen(Pose { y: 0.03, ..rest }, middle)[1] < at_rest[1] - 2.0, "pedestal up");
        assert!(seen(Pose { pan: 0.03, ..rest }, middle)[0] > at_rest[0] + 2.0, "pan right");
        assert!(seen(Pose { tilt: 0.03, ..rest }, middle)[1] < at_rest[1] - 2.0, "tilt up");
        let right = middle + 40;
        let right_x = at_rest[0] + 160.0;
        assert!(seen(Pose { zoom: 0.1, ..rest }, right)[0] < right_x - 2.0, "zoom in");
        assert!(seen(Pose { z: 0.1, ..rest }, right)[0] < right_x - 1.0, "dolly in");
        assert!(seen(Pose { roll: 0.05, ..rest }, right)[1] > at_rest[1] + 2.0, "roll clockwise");
    }

    #[test]
    fn what_a_ray_meets_is_seen_where_the_ray_starts() {
        let pose = Pose { pan: 0.1, tilt: -0.2, roll: 0.3, zoom: 0.4, ..Pose::default() };
        let rays = Rays::new(&pose, 640.0, 1.1);
        for place in [[0.0, 0.0], [300.0, -170.0], [-120.5, 33.25]] {
            let (far, _) = rays.line(place[0], place[1]);
            let (seen, larger) = rays.seen_at(far).unwrap();
            assert!((0..2).all(|i| (seen[i] - place[i]).abs() < 0.01), "{seen:?}, not {place:?}");
            assert!((larger - 1.1 * 0.4_f32.exp()).abs() < 1e-3);
        }
    }

    #[test]
    fn what_is_near_moves_more() {
        let relief = relief();
        let moved = solve(&Pose { x: 0.03, ..Pose::default() }, &relief);
        let shift = |column: usize, row: usize| {
            moved[row * relief.width + column][0] - (column * GRID_STEP) as f64
        };
        let (ball, wall, floor) = (shift(85, 45), shift(60, 12), shift(60, 60));
        assert!(ball > 2.0 * floor && floor > 2.0 * wall, "{ball}, {floor}, {wall}");
    }

    /// The quick search finds what a slow one finds: the end of the line lies on the relief.
    #[test]
    fn lines_end_on_the_relief() {
        let relief = relief();
        for pose in [
            Pose { x: 0.05, ..Pose::default() },
            Pose { x: -0.15, y: 0.02, ..Pose::default() },
            Pose { z: 0.3, roll: 0.1, ..Pose::default() },
            Pose { z: -0.4, pan: 0.1, ..Pose::default() },
        ] {
            let reach = Reach::of(&[pose], SIZE);
            let cells = relief.cells(pose.disparity());
            let view = View::new(&pose, &reach, &relief, cells, SIZE);
            let (mut sum, mut worst) = (0.0, 0.0_f64);
            let mut count = 0.0;
            for j in 0..45 {
                for i in 0..10 {
                    let at = |v: usize, half: f32| (v * 8) as f32 + 0.5 - half;
                    let lines = Lines::new(&view.rays, at(i * 8, 320.0), at(j, 180.0));
                    let found = view.meet(&lines, View::look_up);
                    let there = view.look_up(&lines, &found);
                    #[cfg(target_arch = "x86_64")]
                    if std::arch::is_x86_feature_detected!("avx2") {
                        // SAFETY: the processor has AVX2.
                        assert_eq!(unsafe { view.look_up_avx2(&lines, &found) }, there);
                    }
                    for k in 0..LANES {
                        // How far off in pixels of the picture.
                        let near = lines.near[0][k].hypot(lines.near[1][k]);
                        let off = f64::from((there[k] - found[k]).abs() * near);
                        sum += off;
                        count += 1.0;
                        worst = worst.max(off);
                    }
                }
            }
            assert!(sum / count < 0.05 && worst < 3.0, "{pose:?}: {} and {worst}", sum / count);
        }
    }
}
