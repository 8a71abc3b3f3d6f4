// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the camera stands at each moment.

use std::{f64::consts::TAU, time::Duration};

use super::travel::{Sway, Travel};
use crate::{
    prompt::{Move, Script},
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
                let mut travel = segment.camera.iter().fold(Travel::default(), |sum, camera| {
                    let mut travel = Travel::of(*camera);
                    if *camera == Move::Default {
                        travel.orbit *= side;
                    }
                    sum + travel
                });
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
pub(super) fn gain(motion: f64) -> f64 {
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

/// SplitMix64: well spread numbers from any seed (Steele, Lea and Flood 2014, figure 15).
struct SplitMix(u64);

impl SplitMix {
    /// The next number, 0..1.
    fn next_unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
