// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the camera stands at each moment.

use std::{f64::consts::TAU, time::Duration};

use super::travel::{Sway, Travel};
use crate::{
    prompt::{Move, Script},
    random::SplitMix,
    request::{Controls, DEFAULT_DURATION, DEFAULT_MOTION},
};

/// Where the camera stands, seen from where the still was taken. The default is that place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pose {
    /// To the right: the disparity of things at nearness 1, in picture widths.
    pub x: f64,
    /// Up: the disparity of things at nearness 1, in picture widths.
    pub y: f64,
    /// Forward: things at nearness `w` are enlarged by `1 / (1 - w * z)`; always below 1.
    pub z: f64,
    /// Turned to the right: the shift of the picture's centre, in picture widths.
    pub pan: f64,
    /// Turned up: the shift of the picture's centre, in picture widths.
    pub tilt: f64,
    /// Turned clockwise about its axis, in radians.
    pub roll: f64,
    /// Natural logarithm of the magnification of the lens.
    pub zoom: f64,
}

impl Pose {
    /// How far this pose shifts the nearest things, in picture widths: at the edge of the
    /// picture, where a step forward shifts most.
    pub fn disparity(&self) -> f64 {
        self.x.hypot(self.y) + 0.5 * self.z.abs()
    }
}

/// The part of the path that one segment of the prompt asks for.
#[derive(Debug, Clone)]
struct Leg {
    /// Start and end in shares of the clip.
    from: f64,
    to: f64,
    /// Steady movement, done by the end of the leg.
    travel: Travel,
    /// Movement that lasts as long as the leg.
    sway: Sway,
    /// Nothing was said: yields to the numeric axes.
    is_default: bool,
}

/// The way of the camera through a clip.
#[derive(Debug, Clone)]
pub struct Path {
    legs: Vec<Leg>,
    seconds: f64,
    /// Phases of the shakes, from the seed.
    phases: [f64; 7],
}

impl Path {
    /// Lays the path that `script` asks for through a clip of length `duration`. `seed` picks
    /// the side of the default move and the phases of the shakes.
    pub fn new(script: &Script, seed: u64, duration: Duration) -> Self {
        let mut random = SplitMix(seed);
        let side = if random.next_unit() < 0.5 { -1.0 } else { 1.0 };
        let phases = std::array::from_fn(|_| random.next_unit() * TAU);
        let seconds = duration.as_secs_f64();
        let legs = script
            .segments
            .iter()
            .map(|segment| {
                let is_default = segment.camera.contains(&Move::Default);
                let mut travel = Travel::of_all(&segment.camera, side);
                // Several moves at once share the attention: each a little less.
                let together = 1.0 / (segment.camera.len().max(1) as f64).sqrt();
                // A part of the clip has less time, but should still be seen to do something.
                let share = (segment.to - segment.from).clamp(0.0, 1.0).sqrt();
                travel = travel * (segment.speed * together * share);
                let sway = segment.camera.iter().fold(Sway::default(), |s, c| s + Sway::of(*c));
                let sway = sway * segment.speed.min(1.6);
                Leg { from: segment.from, to: segment.to, travel, sway, is_default }
            })
            .collect();
        Self { legs, seconds, phases }
    }

    /// The pose at `share` of the clip, 0..=1. At 0 it is the place of the still, exactly.
    /// `focus` is the nearness of the subject, around which orbits turn.
    pub fn pose(&self, share: f64, controls: &Controls, focus: f64) -> Pose {
        if controls.static_camera || share <= 0.0 {
            return Pose::default();
        }
        let travel = self.travel(share, controls).limited() * (gain(controls.motion) * self.pace());
        let z = forward(travel.dolly + travel.vertigo);
        let lens = (1.0 - focus * forward(travel.vertigo)).ln();
        let mut pose = Pose {
            x: travel.x + travel.orbit,
            y: travel.y,
            z,
            pan: travel.pan - travel.orbit * focus,
            tilt: travel.tilt,
            roll: travel.roll,
            zoom: travel.zoom + lens,
        };
        self.sway(&mut pose, share, gain(controls.motion));
        pose
    }

    /// The steady movement that has happened by `share` of the clip.
    fn travel(&self, share: f64, controls: &Controls) -> Travel {
        let axes = &controls.axes;
        let said = axes.named().into_iter().fold(0.0, |most: f64, (_, v)| most.max(v.abs()));
        let default_weight = 1.0 - said.min(1.0);
        self.legs.iter().fold(Travel::of_axes(axes) * progress(share), |sum, leg| {
            let done = (share - leg.from) / (leg.to - leg.from).max(1e-9);
            let weight = if leg.is_default { default_weight } else { 1.0 };
            sum + leg.travel * (weight * progress(done.clamp(0.0, 1.0)))
        })
    }

    /// A longer clip goes further, a shorter one less far, so that speed stays alike; but a very
    /// long one slows down, because a single picture does not hold that much way.
    fn pace(&self) -> f64 {
        let clips = self.seconds / DEFAULT_DURATION.as_secs_f64();
        clips.min(clips.sqrt()).min(2.0)
    }

    /// Adds steps, banking and shakes. They start from nothing, so that the first frame is the
    /// still, and end with their leg unless that is the last.
    fn sway(&self, pose: &mut Pose, share: f64, gain: f64) {
        let rise = RISE_SECONDS / self.seconds;
        let now = self.legs.iter().fold(Sway::default(), |sum, leg| {
            let fall = if leg.to < 1.0 { (leg.to - share) / rise } else { 1.0 };
            let level = ((share - leg.from) / rise).min(fall).clamp(0.0, 1.0);
            sum + leg.sway * (level * level * (3.0 - 2.0 * level))
        }) * gain;
        let seconds = share * self.seconds;
        let wave = |hertz: f64, phase: usize| (TAU * hertz * seconds + self.phases[phase]).sin();
        let step = TAU * 0.9 * seconds;
        pose.y += 0.004 * now.bob * step.sin();
        pose.x += 0.004 * now.bob * (step / 2.0).sin();
        pose.roll += 0.0015 * now.bob * (step / 2.0).sin();
        pose.roll += 0.009 * now.bank * (TAU * 0.2 * seconds).sin();
        let shake = |a, b, c| 0.5 * wave(0.7, a) + 0.35 * wave(1.3, b) + 0.15 * wave(2.9, c);
        pose.pan += 0.004 * now.shake * shake(0, 1, 2);
        pose.tilt += 0.004 * now.shake * shake(3, 4, 5);
        pose.roll += 0.003 * now.shake * wave(0.9, 6);
    }
}

/// How long steps and shakes take to set in.
const RISE_SECONDS: f64 = 0.5;

/// How much stronger than plain the motion amount makes everything: a factor of 1.32 a step, so
/// that each step is seen, 0.33 at 1, 1 at 5, 4 at 10.
pub(crate) fn gain(motion: f64) -> f64 {
    1.32_f64.powf(motion - DEFAULT_MOTION)
}

/// [`Pose::z`] for a logarithm of the scale of the nearest things.
fn forward(dolly: f64) -> f64 {
    1.0 - (-dolly).exp()
}

/// The share of the way that is done after `time`, both 0..=1: speed rises from half to full
/// over the first 15 % and falls back over the last. It never starts from rest, because
/// then the second frame would be the first again.
fn progress(time: f64) -> f64 {
    const RAMP: f64 = 0.15;
    const START: f64 = 0.5;
    let ramp = |t: f64| START * t + (1.0 - START) * t * t / (2.0 * RAMP);
    let total = 1.0 - RAMP * (1.0 - START);
    let done = if time < RAMP {
        ramp(time)
    } else if time <= 1.0 - RAMP {
        ramp(RAMP) + (time - RAMP)
    } else {
        total - ramp(1.0 - time)
    };
    done / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        prompt::Segment,
        request::{Axes, DEFAULT_DURATION},
    };

    fn script(cameras: &[&[Move]], speed: f64) -> Script {
        let share = 1.0 / cameras.len() as f64;
        let segment = |(i, camera): (usize, &&[Move])| Segment {
            from: i as f64 * share,
            to: (i + 1) as f64 * share,
            camera: camera.to_vec(),
            speed,
            ambient: Vec::new(),
            light: Vec::new(),
        };
        Script { segments: cameras.iter().enumerate().map(segment).collect() }
    }

    fn path(cameras: &[&[Move]]) -> Path {
        Path::new(&script(cameras, 1.0), 7, DEFAULT_DURATION)
    }

    fn at(motion: f64) -> Controls {
        Controls { motion, ..Controls::default() }
    }

    const MOVES: [Move; 21] = [
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
        Move::Default,
    ];

    /// How much a pose differs from the place of the still, whatever the kind.
    fn amount(pose: &Pose) -> f64 {
        [pose.x, pose.y, pose.z, pose.pan, pose.tilt, pose.roll, pose.zoom]
            .into_iter()
            .map(f64::abs)
            .sum()
    }

    #[test]
    fn every_path_starts_where_the_still_was_taken() {
        for camera in MOVES {
            assert_eq!(path(&[&[camera]]).pose(0.0, &at(10.0), 0.5), Pose::default());
        }
    }

    #[test]
    fn every_step_of_motion_moves_at_least_five_per_cent_more_and_ten_six_times_one() {
        for camera in MOVES {
            let path = path(&[&[camera]]);
            let amounts: Vec<f64> = (0..=90)
                .map(|tenth| amount(&path.pose(1.0, &at(1.0 + f64::from(tenth) / 10.0), 0.5)))
                .collect();
            assert!(amounts.windows(2).all(|pair| pair[1] > pair[0]), "{camera:?}");
            for step in amounts.iter().step_by(10).collect::<Vec<_>>().windows(2) {
                assert!(*step[1] > 1.05 * *step[0], "{camera:?}: {step:?}");
            }
            assert!(amounts[90] > 6.0 * amounts[0], "{camera:?}: {amounts:?}");
        }
    }

    #[test]
    fn frames_differ_from_the_first_on_even_when_nearly_still() {
        for camera in MOVES {
            let path = path(&[&[camera]]);
            let second = amount(&path.pose(1.0 / 96.0, &at(1.0), 0.5));
            let last = amount(&path.pose(1.0, &at(1.0), 0.5));
            assert!(second > last / 250.0, "{camera:?}: {second} of {last}");
        }
    }

    #[test]
    fn the_way_has_no_jumps_and_no_standstill() {
        let steps: Vec<f64> = (0..1000)
            .map(|i| progress(f64::from(i + 1) / 1000.0) - progress(f64::from(i) / 1000.0))
            .collect();
        assert!(steps.iter().all(|step| (0.0004..0.0012).contains(step)));
        assert!((progress(1.0) - 1.0).abs() < 1e-12);
        assert!(steps.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 1e-5));
    }

    #[test]
    fn a_sequence_does_one_thing_after_the_other() {
        let path = path(&[&[Move::PanL], &[Move::TiltU]]);
        let half = path.pose(0.5, &at(5.0), 0.5);
        let end = path.pose(1.0, &at(5.0), 0.5);
        assert!(half.pan < -0.02 && half.tilt == 0.0, "{half:?}");
        assert!((end.pan - half.pan).abs() < 1e-9 && end.tilt > 0.02, "{end:?}");
    }

    #[test]
    fn axes_add_to_the_prompt_and_replace_the_default_move() {
        let axes = Axes { pan: 5.0, ..Axes::default() };
        let controls = Controls { axes, ..Controls::default() };
        let alone = path(&[&[Move::Default]]).pose(1.0, &controls, 0.5);
        assert!(alone.pan > 0.03 && alone.z == 0.0, "{alone:?}");
        let both = path(&[&[Move::DollyIn]]).pose(1.0, &controls, 0.5);
        assert!(both.pan > 0.03 && both.z > 0.08, "{both:?}");
    }

    #[test]
    fn a_static_camera_stays_and_so_does_a_static_prompt() {
        let controls = Controls { static_camera: true, ..at(10.0) };
        assert_eq!(path(&[&[Move::Walk]]).pose(0.7, &controls, 0.5), Pose::default());
        let pose = path(&[&[Move::Static]]).pose(0.7, &at(10.0), 0.5);
        assert_eq!(amount(&pose), 0.0);
    }

    #[test]
    fn an_orbit_keeps_the_subject_in_place_and_a_dolly_zoom_its_size() {
        let pose = path(&[&[Move::Orbit]]).pose(1.0, &at(5.0), 0.6);
        assert!((pose.x * 0.6 + pose.pan).abs() < 1e-9 && pose.x < -0.03);
        let pose = path(&[&[Move::DollyZoom]]).pose(1.0, &at(8.0), 0.6);
        let size = pose.zoom.exp() / (1.0 - 0.6 * pose.z);
        assert!((size - 1.0).abs() < 1e-9 && pose.zoom < -0.05);
    }

    #[test]
    fn an_orbit_the_other_way_round_is_its_mirror_image() {
        let one = path(&[&[Move::Orbit]]).pose(1.0, &at(5.0), 0.6);
        let other = path(&[&[Move::TruckR, Move::PanL]]).pose(1.0, &at(5.0), 0.6);
        assert!((one.x + other.x).abs() < 1e-9 && (one.pan + other.pan).abs() < 1e-9);
    }

    #[test]
    fn slower_is_less_far_and_the_seed_picks_the_side() {
        let slow = Path::new(&script(&[&[Move::DollyIn]], 0.5), 7, DEFAULT_DURATION);
        let (slow, plain) =
            (slow.pose(1.0, &at(5.0), 0.5).z, path(&[&[Move::DollyIn]]).pose(1.0, &at(5.0), 0.5).z);
        assert!(slow < 0.6 * plain);
        let side = |seed| {
            Path::new(&script(&[&[Move::Default]], 1.0), seed, DEFAULT_DURATION)
                .pose(1.0, &at(5.0), 0.5)
                .x
                .signum()
        };
        let sides: f64 = (0..100).map(side).sum();
        assert!(sides.abs() < 40.0, "{sides}");
    }
}
