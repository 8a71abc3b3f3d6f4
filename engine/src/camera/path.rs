// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the camera stands at each moment.

use std::time::Duration;

use super::{
    candidate::Candidate,
    circuit,
    pace::{End, Pace, smoothstep},
    pose::{Aim, Pose},
    shake::{Shakes, Sway},
    travel::Travel,
};
use crate::{
    prompt::{Move, Script},
    random::SplitMix,
    request::{Controls, DEFAULT_DURATION, DEFAULT_MOTION},
};

/// The part of the path that one segment of the prompt asks for.
#[derive(Debug, Clone)]
struct Leg {
    /// Steady movement, all of it.
    travel: Travel,
    /// Movement that lasts as long as the leg.
    sway: Sway,
    /// When.
    pace: Pace,
    /// Nothing was said: yields to the numeric axes.
    is_default: bool,
}

/// The way of the camera through a clip.
#[derive(Debug, Clone)]
pub struct Path {
    legs: Vec<Leg>,
    /// What the numeric axes ask for is done from the start to the end of the clip.
    axes: Pace,
    shakes: Shakes,
    candidate: Candidate,
    seconds: f64,
    loops: bool,
}

/// How long two legs share, before the one ends and the other begins, and as long behind that.
const SHARED_SECONDS: f64 = 0.5;
/// No more than this share of the shorter one.
const SHARED: f64 = 0.25;
/// How long it takes until the border is ready for shakes of any strength.
const READY_SECONDS: f64 = 1.0;
/// The share of the way out on which steps set in again behind the seam of a loop.
const STEPS_AGAIN: f64 = 0.12;

impl Path {
    /// Lays the path that `script` asks for through a clip of length `duration`, which ends where
    /// it began if it `loops`. `seed` picks one of many equally good paths.
    pub fn new(script: &Script, seed: u64, duration: Duration, loops: bool) -> Self {
        let mut random = SplitMix(seed);
        let candidate = Candidate::new(&mut random);
        let seconds = duration.as_secs_f64();
        let shakes = Shakes::new(&mut random, loops.then_some(seconds));
        let segments = &script.segments;
        let length = |i: usize| segments[i].to - segments[i].from;
        // Where legs meet, seen from one of them.
        let meet = |i: Option<usize>, j: usize| match i.filter(|_| j < segments.len()) {
            Some(i) => End::Leg((SHARED * length(i).min(length(j))).min(SHARED_SECONDS / seconds)),
            None => End::Clip,
        };
        let legs = segments.iter().enumerate().map(|(i, segment)| {
            // A part of the clip has less time, but should still be seen to do something.
            let share = length(i).clamp(0.0, 1.0).sqrt();
            let travel = Travel::of_all(&segment.camera, &candidate);
            let sway = segment.camera.iter().fold(Sway::default(), |s, c| s + Sway::of(*c));
            let ends = [meet(i.checked_sub(1), i), meet(Some(i), i + 1)];
            Leg {
                travel: travel * (segment.speed * share * candidate.strength),
                sway: sway * segment.speed.min(1.6),
                pace: Pace::new([segment.from, segment.to], ends, segment.easing),
                is_default: segment.camera.contains(&Move::Default),
            }
        });
        let easing = segments.first().map(|segment| segment.easing).unwrap_or_default();
        let axes = Pace::new([0.0, 1.0], [End::Clip, End::Clip], easing);
        Self { legs: legs.collect(), axes, shakes, candidate, seconds, loops }
    }

    /// The pose at `share` of the clip, 0..=1, for a still with this `aim`. At 0 it is the place of
    /// the still, exactly, and at the end of a loop again.
    pub fn pose(&self, share: f64, controls: &Controls, aim: &Aim) -> Pose {
        if self.is_start(share, controls) {
            return Pose::default();
        }
        let steady = self.steady(share, controls, aim);
        steady.plus(&self.shakes.at(share * self.seconds, &self.sway(share, controls)))
    }

    /// The pose at `share` of the clip without shakes and steps.
    pub(crate) fn steady(&self, share: f64, controls: &Controls, aim: &Aim) -> Pose {
        if self.is_start(share, controls) {
            return Pose::default();
        }
        let travel = if self.loops {
            let now = self.travel(circuit::out(share), controls);
            circuit::travel(now, &self.widest(controls), share, self.candidate.side)
        } else {
            self.travel(share, controls)
        };
        let strength = gain(controls.motion) * self.length();
        Pose::after(&(travel.limited() * strength), aim, self.candidate.aim)
    }

    /// Poses between which the camera is about `share` of the clip, whatever a shake does there.
    /// They change smoothly, as what is done at the border of the picture must. `away` is how far
    /// that moment is from the one at which the still is seen as it is, as a share of the clip.
    pub(crate) fn bounds(
        &self,
        share: f64,
        away: f64,
        controls: &Controls,
        aim: &Aim,
    ) -> Vec<Pose> {
        let steady = self.steady(share, controls, aim);
        let sway = self.sway(share, controls);
        if sway == Sway::default() || self.is_start(share, controls) {
            return vec![steady];
        }
        let ready = if self.loops {
            circuit::out(share)
        } else {
            1.0 - (1.0 - away * self.seconds / READY_SECONDS).max(0.0).powi(2)
        };
        let most = Shakes::most(&sway);
        let corners = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
        let corner = |[across, up]: [f64; 2]| {
            let [across, up] = [across * ready, up * ready];
            steady.plus(&Pose {
                x: across * most.x,
                y: up * most.y,
                pan: across * most.pan,
                tilt: up * most.tilt,
                roll: across * most.roll,
                ..Pose::default()
            })
        };
        corners.map(corner).to_vec()
    }

    /// Whether the prompt asks for any steady movement.
    pub(crate) fn is_still(&self) -> bool {
        self.legs.iter().all(|leg| leg.travel.size() == 0.0)
    }

    /// The share of a steady way through the whole clip that is done at `share` of it.
    pub(crate) fn done(&self, share: f64) -> f64 {
        self.axes.done(share)
    }

    fn is_start(&self, share: f64, controls: &Controls) -> bool {
        controls.static_camera || share <= 0.0 || self.loops && share >= 1.0
    }

    /// The steady movement that has happened by `share` of the way.
    fn travel(&self, share: f64, controls: &Controls) -> Travel {
        let axes = Travel::of_axes(&controls.axes) * self.axes.done(share);
        self.legs.iter().fold(axes, |sum, leg| {
            sum + leg.travel * (weight(leg, controls) * leg.pace.done(share))
        })
    }

    /// The leg that goes farthest, with what the axes ask for.
    fn widest(&self, controls: &Controls) -> Travel {
        let travels = self.legs.iter().map(|leg| leg.travel * weight(leg, controls));
        let widest = travels.max_by(|a, b| a.size().total_cmp(&b.size())).unwrap_or_default();
        widest + Travel::of_axes(&controls.axes)
    }

    /// A longer clip goes further, a shorter one less far, so that speed stays alike; but a very
    /// long one slows down, because a single picture does not hold that much way.
    fn length(&self) -> f64 {
        let clips = self.seconds / DEFAULT_DURATION.as_secs_f64();
        clips.min(clips.sqrt()).min(2.0)
    }

    /// The steps, banking and shakes of the legs that hold at `share`.
    fn sway(&self, share: f64, controls: &Controls) -> Sway {
        let share = if self.loops { circuit::out(share) } else { share };
        let legs = self.legs.iter().filter(|leg| leg.sway != Sway::default());
        let mut now = legs.fold(Sway::default(), |s, leg| s + leg.sway * leg.pace.presence(share));
        if self.loops {
            // Who turns round makes no step there; and the edges of a still that is shown whole
            // have nothing to spare for one.
            let away = smoothstep(share / STEPS_AGAIN);
            now.bob *= away;
            now.bank *= away;
        }
        now * gain(controls.motion)
    }
}

/// How much of a leg counts beside the numeric axes.
fn weight(leg: &Leg, controls: &Controls) -> f64 {
    if !leg.is_default {
        return 1.0;
    }
    let axes = controls.axes.named().into_iter();
    1.0 - axes.fold(0.0, |most: f64, (_, value)| most.max(value.abs())).min(1.0)
}

/// How much stronger than plain the motion amount makes everything: a factor of 1.32 a step, so
/// that each step is seen, 0.33 at 1, 1 at 5, 4 at 10.
pub(crate) fn gain(motion: f64) -> f64 {
    1.32_f64.powf(motion - DEFAULT_MOTION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        prompt::{Easing, Segment},
        request::Axes,
    };

    fn script(cameras: &[&[Move]], speed: f64) -> Script {
        let share = 1.0 / cameras.len() as f64;
        let segment = |(i, camera): (usize, &&[Move])| Segment {
            from: i as f64 * share,
            to: (i + 1) as f64 * share,
            camera: camera.to_vec(),
            speed,
            easing: Easing::default(),
            ambient: Vec::new(),
            scene_speed: 1.0,
            flow: None,
            light: Vec::new(),
        };
        Script { segments: cameras.iter().enumerate().map(segment).collect() }
    }

    fn path(cameras: &[&[Move]]) -> Path {
        Path::new(&script(cameras, 1.0), 7, DEFAULT_DURATION, false)
    }

    fn round(cameras: &[&[Move]]) -> Path {
        Path::new(&script(cameras, 1.0), 7, DEFAULT_DURATION, true)
    }

    fn at(motion: f64) -> Controls {
        Controls { motion, ..Controls::default() }
    }

    /// The pose with nothing special in the still.
    fn pose(path: &Path, share: f64, motion: f64) -> Pose {
        path.pose(share, &at(motion), &Aim::default())
    }

    const MOVES: [Move; 23] = [
        Move::Walk,
        Move::Fly,
        Move::Follow,
        Move::DollyIn,
        Move::DollyOut,
        Move::TruckL,
        Move::TruckR,
        Move::PedestalU,
        Move::PedestalD,
        Move::PanL,
        Move::PanR,
        Move::TiltU,
        Move::TiltD,
        Move::RollCw,
        Move::RollCcw,
        Move::ZoomIn,
        Move::ZoomOut,
        Move::DollyZoom,
        Move::Orbit,
        Move::CraneU,
        Move::CraneD,
        Move::Handheld,
        Move::Default,
    ];

    /// How much a pose differs from the place of the still, whatever the kind.
    fn amount(pose: &Pose) -> f64 {
        pose.numbers().into_iter().map(f64::abs).sum()
    }

    /// How fast the seven numbers change at `share`, per clip.
    fn speed(path: &Path, share: f64, motion: f64) -> [f64; 7] {
        const STEP: f64 = 1e-5;
        let [before, after] =
            [share - STEP, share + STEP].map(|share| pose(path, share, motion).numbers());
        std::array::from_fn(|i| (after[i] - before[i]) / (2.0 * STEP))
    }

    fn length(speed: &[f64; 7]) -> f64 {
        speed.iter().map(|v| v * v).sum::<f64>().sqrt()
    }

    fn difference(a: &[f64; 7], b: &[f64; 7]) -> f64 {
        length(&std::array::from_fn(|i| a[i] - b[i]))
    }

    #[test]
    fn every_path_starts_where_the_still_was_taken() {
        for camera in MOVES {
            for path in [path(&[&[camera]]), round(&[&[camera]])] {
                assert_eq!(pose(&path, 0.0, 10.0), Pose::default());
            }
        }
    }

    #[test]
    fn every_step_of_motion_moves_at_least_five_per_cent_more_and_ten_six_times_one() {
        for camera in MOVES {
            // A round is farthest in its middle, but an orbit, which passes the still there.
            for (path, share) in [(path(&[&[camera]]), 1.0), (round(&[&[camera]]), 0.37)] {
                let amounts: Vec<f64> = (0..=90)
                    .map(|tenth| amount(&pose(&path, share, 1.0 + f64::from(tenth) / 10.0)))
                    .collect();
                assert!(amounts.windows(2).all(|pair| pair[1] > pair[0]), "{camera:?}");
                for step in amounts.iter().step_by(10).collect::<Vec<_>>().windows(2) {
                    assert!(*step[1] > 1.05 * *step[0], "{camera:?}: {step:?}");
                }
                assert!(amounts[90] > 6.0 * amounts[0], "{camera:?}: {amounts:?}");
            }
        }
    }

    #[test]
    fn frames_differ_from_the_first_on_even_when_nearly_still() {
        for camera in MOVES {
            for path in [path(&[&[camera]]), round(&[&[camera]])] {
                let poses = (0..=96).map(|i| amount(&pose(&path, f64::from(i) / 96.0, 1.0)));
                let poses: Vec<f64> = poses.collect();
                let most = poses.iter().copied().fold(0.0, f64::max);
                assert!(poses[1] > most / 250.0, "{camera:?}: {} of {most}", poses[1]);
            }
        }
    }

    #[test]
    fn neither_the_place_nor_the_speed_jumps_where_parts_meet() {
        for first in MOVES {
            for second in [Move::PanR, Move::DollyOut, Move::Orbit, Move::Static, Move::Walk] {
                let cameras: [&[Move]; 2] = [&[first], &[second]];
                for path in [path(&cameras), round(&cameras)] {
                    let around = |i| 0.3 + f64::from(i) / 2500.0;
                    let speeds: Vec<_> = (0..1000).map(|i| speed(&path, around(i), 5.0)).collect();
                    let most = speeds.iter().map(length).fold(0.0, f64::max);
                    for pair in speeds.windows(2) {
                        // A hand changes its mind within a tenth of a second.
                        let jump = difference(&pair[0], &pair[1]);
                        assert!(
                            jump < 0.05 * most + 1e-9,
                            "{first:?}, {second:?}: {jump} of {most}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_sequence_does_one_thing_after_the_other() {
        let path = path(&[&[Move::PanL], &[Move::TiltU]]);
        let [third, half, end] = [0.3, 0.5, 1.0].map(|share| pose(&path, share, 5.0));
        assert!(third.pan < -0.01 && third.tilt == 0.0, "{third:?}");
        assert!(half.pan < -0.02 && half.tilt < 0.004, "{half:?}");
        assert!(end.pan < half.pan && end.tilt > 0.02, "{end:?}");
        assert!((pose(&path, 0.7, 5.0).pan - end.pan).abs() < 1e-9, "the pan is over");
    }

    #[test]
    fn axes_add_to_the_prompt_and_replace_the_default_move() {
        let axes = Axes { pan: 5.0, ..Axes::default() };
        let controls = Controls { axes, ..Controls::default() };
        let alone = path(&[&[Move::Default]]).pose(1.0, &controls, &Aim::default());
        assert!(alone.pan > 0.03 && alone.z == 0.0, "{alone:?}");
        let both = path(&[&[Move::DollyIn]]).pose(1.0, &controls, &Aim::default());
        assert!(both.pan > 0.03 && both.z > 0.08, "{both:?}");
    }

    #[test]
    fn a_static_camera_stays_and_so_does_a_static_prompt() {
        let controls = Controls { static_camera: true, ..at(10.0) };
        for path in [path(&[&[Move::Walk]]), round(&[&[Move::Walk]])] {
            assert_eq!(path.pose(0.7, &controls, &Aim::default()), Pose::default());
        }
        for path in [path(&[&[Move::Static]]), round(&[&[Move::Static]])] {
            assert_eq!(amount(&pose(&path, 0.7, 10.0)), 0.0);
        }
    }

    /// Where in the frame a thing of the still is seen, in picture widths from the middle, up
    /// positive, and how large; for a pose that does not roll and turns little.
    fn seen(pose: &Pose, place: [f64; 2], nearness: f64) -> ([f64; 2], f64) {
        let nearer = 1.0 - nearness * pose.z;
        let axis = |place: f64, moved: f64, turned: f64| {
            let far = (place - nearness * moved) / nearer;
            (far.atan() - turned.atan()).tan() * pose.zoom.exp()
        };
        let at = [axis(place[0], pose.x, pose.pan), axis(place[1], pose.y, pose.tilt)];
        (at, pose.zoom.exp() / nearer)
    }

    #[test]
    fn an_orbit_keeps_the_subject_in_place_and_a_dolly_zoom_its_size() {
        let aim = Aim { nearness: 0.6, subject: [0.15, -0.1], ..Aim::default() };
        for seed in 0..20 {
            let path =
                |camera: Move| Path::new(&script(&[&[camera]], 1.0), seed, DEFAULT_DURATION, false);
            for share in [0.3, 0.6, 1.0] {
                let pose = path(Move::Orbit).pose(share, &at(5.0), &aim);
                let (place, _) = seen(&pose, aim.subject, aim.nearness);
                assert!((place[0] - 0.15).abs() < 0.004, "{seed}: {place:?}");
                assert!(pose.x < -0.01 * share);
                let pose = path(Move::DollyZoom).pose(share, &at(8.0), &aim);
                let (place, size) = seen(&pose, aim.subject, aim.nearness);
                assert!((size - 1.0).abs() < 1e-9 && pose.zoom < -0.05 * share);
                assert!((place[0] - 0.15).abs() < 1e-9, "{seed}: {place:?}");
            }
        }
    }

    #[test]
    fn a_push_goes_towards_what_the_picture_is_about() {
        let aim = Aim { nearness: 0.6, subject: [0.2, 0.1], ahead: [-0.2, 0.05] };
        for seed in 0..20 {
            let end = |camera: Move, aim: &Aim| {
                let path = Path::new(&script(&[&[camera]], 1.0), seed, DEFAULT_DURATION, false);
                path.steady(1.0, &at(5.0), aim)
            };
            for camera in [Move::DollyIn, Move::ZoomIn] {
                let away = |aim: &Aim| seen(&end(camera, aim), [0.2, 0.1], 0.6).0[0] - 0.2;
                assert!(away(&aim) < 0.75 * away(&Aim::default()), "{camera:?}");
            }
            let (walk, plain) = (end(Move::Walk, &aim), end(Move::Walk, &Aim::default()));
            assert!(walk.x < plain.x - 0.005, "{walk:?}");
        }
    }

    #[test]
    fn an_orbit_the_other_way_round_is_its_mirror_image() {
        let one = pose(&path(&[&[Move::Orbit]]), 1.0, 5.0);
        let other = pose(&path(&[&[Move::TruckR, Move::PanL]]), 1.0, 5.0);
        assert!((one.x + other.x).abs() < 1e-9 && (one.pan + other.pan).abs() < 1e-9);
    }

    #[test]
    fn an_arm_swings_forward_whether_it_rises_or_sinks() {
        for camera in [Move::CraneU, Move::CraneD] {
            let path = path(&[&[camera]]);
            let [third, end] = [1.0 / 3.0, 1.0].map(|share| pose(&path, share, 9.0));
            assert_eq!(end.y.signum(), if camera == Move::CraneU { 1.0 } else { -1.0 });
            assert!(end.y.signum() != end.tilt.signum(), "it looks at the subject: {end:?}");
            assert!(end.z / end.y.abs() > 1.5 * third.z / third.y.abs(), "it is an arc");
        }
    }

    #[test]
    fn slower_is_less_far_and_the_seed_picks_the_side() {
        let far = |speed| {
            let script = script(&[&[Move::DollyIn]], speed);
            pose(&Path::new(&script, 7, DEFAULT_DURATION, false), 1.0, 5.0).z
        };
        assert!(far(0.5) < 0.6 * far(1.0));
        let side = |seed| {
            let path = Path::new(&script(&[&[Move::Default]], 1.0), seed, DEFAULT_DURATION, false);
            pose(&path, 1.0, 5.0).x.signum()
        };
        let sides: f64 = (0..100).map(side).sum();
        assert!(sides.abs() < 40.0, "{sides}");
    }

    /// The number that a move is about, and its sign.
    fn main_number(camera: Move) -> Option<(usize, f64)> {
        Some(match camera {
            Move::TruckL | Move::Orbit => (0, -1.0),
            Move::TruckR => (0, 1.0),
            Move::PedestalU | Move::CraneU => (1, 1.0),
            Move::PedestalD | Move::CraneD => (1, -1.0),
            Move::Walk | Move::Fly | Move::Follow | Move::DollyIn | Move::DollyZoom => (2, 1.0),
            Move::Default => (2, 1.0),
            Move::DollyOut => (2, -1.0),
            Move::PanL => (3, -1.0),
            Move::PanR => (3, 1.0),
            Move::TiltU => (4, 1.0),
            Move::TiltD => (4, -1.0),
            Move::RollCw => (5, 1.0),
            Move::RollCcw => (5, -1.0),
            Move::ZoomIn => (6, 1.0),
            Move::ZoomOut => (6, -1.0),
            Move::Handheld | Move::Static => return None,
        })
    }

    #[test]
    fn every_seed_obeys_and_seeds_differ() {
        for camera in MOVES {
            let Some((main, sign)) = main_number(camera) else { continue };
            let ends: Vec<[f64; 7]> = (0..40)
                .map(|seed| {
                    let path = Path::new(&script(&[&[camera]], 1.0), seed, DEFAULT_DURATION, false);
                    path.steady(1.0, &at(5.0), &Aim::default()).numbers()
                })
                .collect();
            for end in &ends {
                assert!(end[main] * sign > 0.0, "{camera:?}: {end:?}");
                // What belongs to a move but is not the number that it is named after.
                let own = |i: usize| {
                    matches!(
                        (camera, i),
                        (Move::DollyZoom, 6) | (Move::Orbit | Move::Default, 0 | 3) | (_, 6)
                    ) || matches!(camera, Move::CraneU | Move::CraneD) && matches!(i, 2 | 4)
                };
                for (i, value) in end.iter().enumerate().filter(|(i, _)| *i != main && !own(*i)) {
                    // A step forward shifts things by half as much on average.
                    let worth = |i: usize| if i == 2 { 0.5 } else { 1.0 };
                    let share = value.abs() * worth(i) / (end[main].abs() * worth(main));
                    assert!(share < 0.36, "{camera:?}: {i} is {share} of {end:?}");
                }
            }
            let mains: Vec<f64> = ends.iter().map(|end| end[main].abs()).collect();
            let most = mains.iter().copied().fold(0.0, f64::max);
            let least = mains.iter().copied().fold(f64::MAX, f64::min);
            assert!(most > 1.1 * least && most < 1.6 * least, "{camera:?}: {least}..{most}");
        }
    }

    #[test]
    fn a_round_closes_in_place_and_in_speed_and_never_stands_still() {
        for camera in MOVES {
            for motion in [1.0, 5.0, 10.0] {
                let path = round(&[&[camera]]);
                assert_eq!(pose(&path, 1.0, motion), Pose::default(), "{camera:?}");
                let near = amount(&pose(&path, 1.0 - 1e-9, motion));
                assert!(near < 1e-6, "{camera:?}: {near}");
                let speeds: Vec<f64> =
                    (1..500).map(|i| length(&speed(&path, f64::from(i) / 500.0, motion))).collect();
                let most = speeds.iter().copied().fold(0.0, f64::max);
                assert!(speeds.iter().all(|speed| *speed > 0.04 * most), "{camera:?}: {speeds:?}");
                const STEP: f64 = 1e-5;
                let [end, start] = [1.0 - STEP, STEP].map(|s| pose(&path, s, motion).numbers());
                let jump = length(&std::array::from_fn(|i| (start[i] + end[i]) / STEP));
                let seam = length(&start.map(|v| v / STEP));
                assert!(jump < 0.05 * seam, "{camera:?}: {jump} at {seam}");
            }
        }
    }

    #[test]
    fn a_round_does_what_was_asked_for_before_it_comes_back() {
        for camera in MOVES {
            let Some((main, sign)) = main_number(camera) else { continue };
            let path = round(&[&[camera]]);
            let share = if camera == Move::Orbit { 0.25 } else { 0.5 };
            let there = path.steady(share, &at(5.0), &Aim::default()).numbers();
            assert!(there[main] * sign > 0.01, "{camera:?}: {there:?}");
        }
    }

    /// The same in both halves of a long time, not the same as before, and more slow than fast.
    #[test]
    fn a_hand_wanders_and_trembles() {
        let script = script(&[&[Move::Handheld]], 1.0);
        let path = Path::new(&script, 3, Duration::from_secs(60), false);
        let pans: Vec<f64> =
            (0..6000).map(|i| pose(&path, f64::from(i) / 6000.0, 5.0).pan).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let spread = |values: &[f64]| {
            let middle = mean(values);
            mean(&values.iter().map(|v| (v - middle).powi(2)).collect::<Vec<_>>()).sqrt()
        };
        // Means over so many hundredths of a second, and how far they are from each other.
        let over = |count: usize| spread(&pans.chunks(count).map(mean).collect::<Vec<_>>());
        let (all, slow, slowest) = (spread(&pans), over(100), over(1000));
        assert!(slow > 0.7 * all, "most of it is slow: {slow} of {all}");
        assert!(
            slow < 0.98 * all && slowest < 0.5 * all,
            "but not all: {slow}, {slowest} of {all}"
        );
        let bounds = path.bounds(0.5, 0.5, &at(5.0), &Aim::default());
        let most = bounds.iter().map(|pose| pose.pan).fold(0.0, f64::max);
        assert!(pans[300..].iter().all(|pan| pan.abs() < most), "{most}");
    }

    #[test]
    fn steps_go_up_and_down_twice_for_each_left_and_right() {
        let walk = path(&[&[Move::Walk]]);
        let turns = |number: usize| {
            let sway = |i: u32| {
                let share = 0.4 + 0.6 * f64::from(i) / 600.0;
                let step = walk.shakes.at(4.0 * share, &walk.sway(share, &at(5.0)));
                step.numbers()[number]
            };
            let steps: Vec<f64> = (0..600).map(|i| sway(i + 1) - sway(i)).collect();
            steps.windows(2).filter(|pair| pair[0].signum() != pair[1].signum()).count()
        };
        let (across, up) = (turns(0), turns(1));
        assert!(across >= 3 && (2 * across).abs_diff(up) <= 1, "{across} and {up}");
        assert_eq!(turns(5), across, "the head rolls with the lean");
    }
}
