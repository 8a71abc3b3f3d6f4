// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way of the camera over one still, and what it needs at the border on that way.

use super::{border::Reach, glide::Shot};
use crate::{
    camera::{Aim, Path, Pose},
    request::Controls,
};

/// How many moments of the path are looked at to know what it needs at the edges.
const MOMENTS: u32 = 48;

/// Seven numbers of a pose.
pub(super) type Numbers = [f64; 7];

/// Where on its way the camera is where the still was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Starts {
    /// At the start: the picture is enlarged more and more.
    Here,
    /// At the end: the picture is enlarged less and less.
    There,
    /// At both: what is seen at a moment is all that counts.
    Round,
    /// At both, for the path alone: what is beside it, another still shows.
    Flight,
}

/// The way of the camera over one still.
pub(super) struct Way<'a> {
    pub path: &'a Path,
    pub aim: Aim,
    /// How much of the path counts.
    pub weight: f64,
    /// What is added to it at a share of the clip.
    pub beside: Box<dyn Fn(f64) -> Numbers + 'a>,
    pub starts: Starts,
    /// Size of the picture.
    pub size: [u32; 2],
}

impl<'a> Way<'a> {
    /// The way along `path` and nothing else.
    pub fn along(path: &'a Path, aim: Aim, loops: bool, size: [u32; 2]) -> Self {
        let starts = if loops { Starts::Round } else { Starts::Here };
        Self { path, aim, weight: 1.0, beside: Box::new(|_| [0.0; 7]), starts, size }
    }

    /// What a frame at `share` of the clip, 0..=1, is made with.
    pub fn shot(&self, share: f64, controls: &Controls) -> Shot {
        let disparity = self.farthest(controls);
        let pose = self.moved(&self.path.pose(share, controls, &self.aim), share);
        if pose == Pose::default() {
            return Shot::at_rest(disparity);
        }
        let steady =
            |moment: f64| self.moved(&self.path.steady(moment, controls, &self.aim), moment);
        // All that was needed on the way from the still is needed until its end: so nothing goes
        // back when a move does, and the picture does not breathe.
        let mut poses: Vec<Pose> = match self.starts {
            Starts::Here => moments().take_while(|moment| *moment < share).map(steady).collect(),
            Starts::There => moments().skip_while(|moment| *moment <= share).map(steady).collect(),
            Starts::Round | Starts::Flight => Vec::new(),
        };
        let away = if self.starts == Starts::There { 1.0 - share } else { share };
        let bounds = self.path.bounds(share, away, controls, &self.aim);
        if self.starts == Starts::Flight {
            poses.extend(bounds.iter().map(|pose| self.weighed(pose, &[0.0; 7])));
        } else {
            poses.extend(bounds.iter().map(|pose| self.moved(pose, share)));
            poses.push(pose);
        }
        Shot { pose, reach: Reach::of(&poses, self.size), disparity }
    }

    /// The largest disparity on the way.
    fn farthest(&self, controls: &Controls) -> f64 {
        let pose = |share| self.moved(&self.path.pose(share, controls, &self.aim), share);
        moments().map(|share| pose(share).disparity()).fold(0.0, f64::max)
    }

    /// A pose of the path, and what is beside the path at `share`.
    fn moved(&self, pose: &Pose, share: f64) -> Pose {
        self.weighed(pose, &(self.beside)(share))
    }

    fn weighed(&self, pose: &Pose, beside: &Numbers) -> Pose {
        if self.weight == 1.0 && *beside == [0.0; 7] {
            return *pose;
        }
        let numbers = pose.numbers();
        Pose::of(std::array::from_fn(|i| self.weight * numbers[i] + beside[i]))
    }
}

/// The moments of the path that are looked at, as shares of the clip.
fn moments() -> impl Iterator<Item = f64> {
    (0..=MOMENTS).map(|i| f64::from(i) / f64::from(MOMENTS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{prompt, request::DEFAULT_DURATION, scene::align::Warp};

    const SIZE: [u32; 2] = [960, 540];
    const FRAMES: u32 = 96;

    /// Where things of some nearness at some places of the still are seen in each frame, in pixels.
    fn tracks(prompt: &str, motion: f64) -> Vec<Vec<[f64; 2]>> {
        let path = Path::new(&prompt::parse(prompt), 5, DEFAULT_DURATION, false);
        let aim = Aim { subject: [0.1, 0.05], ahead: [-0.1, 0.0], ..Aim::default() };
        let way = Way::along(&path, aim, false, SIZE);
        let controls = Controls { motion, ..Controls::default() };
        let shots: Vec<Shot> =
            (0..FRAMES).map(|i| way.shot(f64::from(i) / f64::from(FRAMES), &controls)).collect();
        let things = (0..27).map(|i| {
            let at = [f64::from(i % 3 - 1) * 0.3, f64::from(i / 3 % 3 - 1) * 0.15];
            (at, [0.0, 0.4, 0.9][i as usize / 9])
        });
        let track = |(at, nearness)| {
            let seen = |shot: &Shot| {
                let place = Warp::new(&shot.pose.numbers()).place(at, nearness);
                place.map(|v| v * shot.reach.overscan * f64::from(SIZE[0]))
            };
            shots.iter().map(seen).collect()
        };
        things.map(track).collect()
    }

    #[test]
    fn steady_moves_do_not_jitter_and_never_go_back() {
        for prompt in [
            "pan left",
            "tilt up",
            "truck right",
            "rise straight up",
            "push in",
            "pull back",
            "roll clockwise",
            "zoom lens in",
            "orbit around it",
            "crane up",
            "fast pan right",
        ] {
            for motion in [1.0, 5.0, 10.0] {
                let (mut bends, mut speeds, mut count) = (0.0, 0.0, 0.0);
                for track in tracks(prompt, motion) {
                    let steps: Vec<[f64; 2]> = track
                        .windows(2)
                        .map(|pair| [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]])
                        .collect();
                    for pair in steps.windows(2) {
                        let bend = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
                        (bends, count) = (bends + bend, count + 1.0);
                        speeds += pair[0][0].hypot(pair[0][1]);
                        let along = pair[0][0] * pair[1][0] + pair[0][1] * pair[1][1];
                        assert!(along > -0.01, "{prompt} at {motion} goes back: {pair:?}");
                    }
                }
                let (bend, speed) = (bends / count, speeds / count);
                // Far turns magnify more and more, lest they show what lies beside the still.
                let bound = f64::max(0.05, 0.03 * speed);
                assert!(bend < bound, "{prompt} at {motion}: {bend} of {speed} pixels per frame");
            }
        }
    }

    #[test]
    fn shakes_do_not_make_the_border_breathe() {
        let path = Path::new(&prompt::parse("shaky handheld camera"), 5, DEFAULT_DURATION, false);
        let way = Way::along(&path, Aim::default(), false, SIZE);
        let controls = Controls { motion: 8.0, ..Controls::default() };
        let overscans: Vec<f64> = (30..FRAMES)
            .map(|i| way.shot(f64::from(i) / f64::from(FRAMES), &controls).reach.overscan)
            .collect();
        let (least, most) =
            overscans.iter().fold((f64::MAX, 0.0_f64), |(l, m), v| (l.min(*v), m.max(*v)));
        assert!(most - least < 1e-3, "{least}..{most}");
    }
}
