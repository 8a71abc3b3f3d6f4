// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happens where a camera would see past the edge of the still.
//!
//! The first frame shows the whole still, so nothing is left over at its edges. A little of what
//! a move would uncover is given by stretching the outer parts of the picture, where nobody sees
//! it; the rest by enlarging the picture (overscan), which grows with the move. A camera that
//! backs away only stretches, for enlarging would undo it.
//!
//! A camera that passes the place of the still, as in a loop, sticks out on one side before and on
//! the other behind. An edge that is held while it sticks out must not run off at once when it does
//! no more, or its speed would jump where all of the still is seen: it is let go softly.

use crate::camera::Pose;

use super::{relief::GRID_STEP, view::Rays};

/// How much stretching may give, as a share of each side, before overscan takes over.
const STRETCH: f64 = 0.08;
/// Within which share of each side an edge is let go that does not stick out any more.
const LET_GO: f64 = 0.02;
/// Places along each side of the frame at which the need is measured.
const PLACES: usize = 5;

/// How far the frame sticks out over the still, in pixels where nothing else is said: left,
/// right, top, bottom. Less than nothing where it lies inside.
type Need = [f64; 4];

/// What the moves up to some moment need at the edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    /// The factor by which the picture is enlarged, 1 or more.
    pub overscan: f64,
    /// Pixels that are left for stretching.
    stretch: Need,
}

impl Reach {
    /// What a camera needs that has not moved.
    pub fn none() -> Self {
        Self { overscan: 1.0, stretch: [0.0; 4] }
    }

    /// At least `overscan`, and at least `stretch` (shares of the sides: left, right, top,
    /// bottom), and in any case what `pose` needs.
    pub fn covering(pose: &Pose, overscan: f64, stretch: Need, size: [u32; 2]) -> Self {
        let overscan = overscan.max(1.0);
        let need = let_go(need(pose, overscan, size), size);
        let pixels = |side: usize| stretch[side] * f64::from(size[side / 2]);
        Self { overscan, stretch: std::array::from_fn(|side| pixels(side).max(need[side])) }
    }

    /// What is left for stretching as shares of the sides: left, right, top, bottom.
    pub fn stretch_shares(&self, size: [u32; 2]) -> Need {
        std::array::from_fn(|side| self.stretch[side] / f64::from(size[side / 2]))
    }

    /// What `poses` need of a picture of `size` pixels, all of them together: so nothing goes
    /// back when a move does, and the picture does not breathe.
    pub fn of(poses: &[Pose], size: [u32; 2]) -> Self {
        let most = |overscan: f64, pose: fn(&Pose) -> Pose| {
            poses.iter().fold([f64::NEG_INFINITY; 4], |most: Need, p| {
                let need = need(&pose(p), overscan, size);
                std::array::from_fn(|side| most[side].max(need[side]))
            })
        };
        let need = most(1.0, without_backing);
        let overscan = (0..4).fold(1.0, |overscan: f64, side| {
            let (length, need) = (f64::from(size[side / 2]), need[side].max(0.0));
            // Stretching gives less and less of what is needed, smoothly.
            let rest = need * need / (need + STRETCH * length);
            overscan.max(1.0 / (1.0 - 2.0 * rest / length).max(0.2))
        });
        Self { overscan, stretch: let_go(most(overscan, |pose| *pose), size) }
    }
}

/// How far edges are moved that need as much to stay where they are: as much where the frame sticks
/// out, else less and less of it.
fn let_go(need: Need, size: [u32; 2]) -> Need {
    std::array::from_fn(|side| {
        let (need, width) = (need[side], LET_GO * f64::from(size[side / 2]));
        if need < 0.0 { need * width / (width - need) } else { need }
    })
}

/// The pose without what backs away from the picture or opens the lens before it.
fn without_backing(pose: &Pose) -> Pose {
    if pose.z > 0.0 { *pose } else { Pose { z: 0.0, zoom: pose.zoom.max(0.0), ..*pose } }
}

/// How far the frame sticks out over the still for things of any nearness.
fn need(pose: &Pose, overscan: f64, size: [u32; 2]) -> Need {
    let half = size.map(|side| f64::from(side - 1) / 2.0);
    let rays = Rays::new(pose, f64::from(size[0]), overscan);
    let mut need = [f64::NEG_INFINITY; 4];
    let mut see = |x: f64, y: f64| {
        let (far, near) = rays.line(x as f32, y as f32);
        for nearness in [0.0, 1.0] {
            let place = [0, 1].map(|axis| f64::from(far[axis] + nearness * near[axis]));
            for (side, over) in
                [-half[0] - place[0], place[0] - half[0], -half[1] - place[1], place[1] - half[1]]
                    .into_iter()
                    .enumerate()
            {
                need[side] = f64::max(need[side], over);
            }
        }
    };
    for i in 0..PLACES {
        let along = 2.0 * i as f64 / (PLACES - 1) as f64 - 1.0;
        for end in [-1.0, 1.0] {
            see(along * half[0], end * half[1]);
            see(end * half[0], along * half[1]);
        }
    }
    need
}

/// Keeps places inside the still by stretching its outer parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Border {
    sides: [Side; 4],
}

/// One side, in pixels from the middle.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// Inside this nothing is stretched.
    knee: f32,
    /// From the knee to where the frame ends.
    outer: f32,
    /// How fast places are held back behind the knee, per pixel.
    bend: f32,
}

impl Border {
    /// The border that `reach` asks for.
    pub fn new(reach: &Reach, size: [u32; 2]) -> Self {
        let sides = std::array::from_fn(|side| {
            let half = f64::from(size[side / 2] - 1) / 2.0;
            let need = reach.stretch[side];
            let knee = (0.5 * half - 1.5 * need).max(0.0);
            let (inner, outer) = (half - knee, half - knee + need);
            // So that `outer / (1 + bend * outer)` is `inner`.
            let bend = (outer / inner - 1.0) / outer;
            Side { knee: knee as f32, outer: outer as f32, bend: bend as f32 }
        });
        Self { sides }
    }

    /// Whether all `places` along `axis` lie where nothing is held back.
    #[inline(always)]
    pub fn is_far_from(&self, axis: usize, places: &[f32]) -> bool {
        let knee = self.sides[2 * axis].knee.min(self.sides[2 * axis + 1].knee);
        places.iter().all(|place| place.abs() <= knee)
    }

    /// Where to sample along `axis` (0 across, 1 down) for a place that may lie outside: maps the
    /// way from the knee to where the frame ends onto the way from the knee to where the still
    /// ends, with the slope of 1 at the knee, and never falling. The last points of the grid lie a
    /// little beside the frame; for them it goes on as steeply as it ends. No branches: this runs
    /// in vectors.
    #[inline(always)]
    pub fn hold(&self, axis: usize, place: f32) -> f32 {
        let (low, high) = (&self.sides[2 * axis], &self.sides[2 * axis + 1]);
        let pick = |low: f32, high: f32| if place < 0.0 { low } else { high };
        let knee = pick(low.knee, high.knee);
        let outer = pick(low.outer, high.outer);
        let bend = pick(low.bend, high.bend);
        let away = place.abs();
        let over = (away - knee).max(0.0);
        let beside = (over - outer).max(0.0).min(GRID_STEP as f32);
        let over = over.min(outer);
        let slope = 1.0 / (1.0 + bend * over);
        (away.min(knee) + (over + beside * slope) * slope).copysign(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [u32; 2] = [640, 360];

    #[test]
    fn a_camera_at_rest_needs_nothing() {
        let reach = Reach::of(&[Pose::default()], SIZE);
        assert_eq!(reach.overscan, 1.0);
        let border = Border::new(&reach, SIZE);
        for place in [[0.0, 0.0], [319.5, 179.5], [-319.5, -100.0], [-200.0, 179.5]] {
            for (axis, place) in place.into_iter().enumerate() {
                assert!((border.hold(axis, place) - place).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn whatever_the_camera_does_every_place_is_inside_the_still() {
        let poses = [
            Pose { x: 0.2, ..Pose::default() },
            Pose { y: -0.15, roll: 0.3, ..Pose::default() },
            Pose { pan: -0.25, tilt: 0.2, ..Pose::default() },
            Pose { z: -0.9, ..Pose::default() },
            Pose { zoom: -1.2, ..Pose::default() },
            Pose { z: 0.6, zoom: -0.5, x: -0.1, ..Pose::default() },
        ];
        for pose in poses {
            let reach = Reach::of(&[pose], SIZE);
            let border = Border::new(&reach, SIZE);
            let rays = Rays::new(&pose, 640.0, reach.overscan);
            for i in 0..=64 {
                for j in 0..=36 {
                    let (far, near) = rays.line(i as f32 * 10.0 - 320.0, j as f32 * 10.0 - 180.0);
                    for w in [0.0, 0.3, 1.0] {
                        let [x, y] =
                            [0, 1].map(|axis| border.hold(axis, far[axis] + w * near[axis]));
                        assert!(x.abs() <= 319.8 && y.abs() <= 179.8, "{pose:?}: {x}, {y}");
                    }
                }
            }
        }
    }

    #[test]
    fn backing_away_is_not_undone_by_overscan_and_turning_away_is_helped_by_it() {
        let back = Reach::of(&[Pose { zoom: -0.2, ..Pose::default() }], SIZE);
        assert_eq!(back.overscan, 1.0);
        let small = Reach::of(&[Pose { pan: 0.02, ..Pose::default() }], SIZE);
        let large = Reach::of(&[Pose { pan: 0.16, ..Pose::default() }], SIZE);
        assert!(small.overscan > 1.0 && small.overscan < 1.03, "{}", small.overscan);
        assert!(large.overscan > 1.2, "{}", large.overscan);
    }

    #[test]
    fn the_speed_of_an_edge_does_not_jump_where_a_camera_passes_the_place_of_the_still() {
        let edges = |pan: f64| {
            let pose = Pose { pan, ..Pose::default() };
            let reach = Reach::of(&[pose], SIZE);
            let (border, rays) =
                (Border::new(&reach, SIZE), Rays::new(&pose, 640.0, reach.overscan));
            [-319.5, 319.5].map(|edge| border.hold(0, rays.line(edge, 0.0).0[0]))
        };
        const STEP: f64 = 0.001;
        let [before, there, behind] = [-STEP, 0.0, STEP].map(edges);
        let free = STEP as f32 * 640.0;
        for side in 0..2 {
            let moved = [there[side] - before[side], behind[side] - there[side]];
            assert!((moved[1] - moved[0]).abs() < 0.2 * free, "{moved:?} of {free}");
        }
        // Farther away the edge that does not stick out moves as the rest does.
        let [here, beside] = [0.05, 0.05 + STEP].map(edges);
        let moved = (beside[0] - here[0]).abs().max((beside[1] - here[1]).abs());
        assert!(moved > 0.6 * free, "{moved} of {free}");
    }

    #[test]
    fn stretching_keeps_the_order_of_places() {
        let reach = Reach::of(&[Pose { z: -0.5, ..Pose::default() }], SIZE);
        let border = Border::new(&reach, SIZE);
        let held: Vec<f32> = (0..480).map(|x| border.hold(0, x as f32)).collect();
        assert!(held.windows(2).all(|pair| pair[1] >= pair[0]));
        assert!(held.iter().zip(0..).all(|(held, x)| *held <= x as f32 + 1e-3));
    }
}
