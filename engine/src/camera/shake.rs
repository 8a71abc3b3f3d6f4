// SPDX-License-Identifier: MIT OR Apache-2.0
//! What steps, hands and wings add to the way of a camera, and what comes back to where it was.

use std::{
    f64::consts::TAU,
    ops::{Add, Mul},
};

use super::{pace::smoothstep, pose::Pose};
use crate::{prompt::Move, random::SplitMix};

/// How much of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sway {
    /// Steps of somebody who walks, 1 for plain ones.
    pub bob: f64,
    /// Shakes of a camera in the hand, 1 for plain ones.
    pub shake: f64,
    /// Banking of something that flies, 1 for plain banking.
    pub bank: f64,
}

impl Sway {
    /// What `camera` does in a plain clip.
    pub fn of(camera: Move) -> Self {
        let none = Self::default();
        match camera {
            Move::Walk => Self { bob: 1.0, ..none },
            Move::Follow => Self { bob: 0.5, ..none },
            Move::Fly => Self { bank: 1.0, ..none },
            Move::Handheld => Self { shake: 1.0, ..none },
            _ => none,
        }
    }
}

impl Add for Sway {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            bob: self.bob + other.bob,
            shake: self.shake + other.shake,
            bank: self.bank + other.bank,
        }
    }
}

impl Mul<f64> for Sway {
    type Output = Self;

    fn mul(self, by: f64) -> Self {
        Self { bob: self.bob * by, shake: self.shake * by, bank: self.bank * by }
    }
}

/// How far a hand shakes at most, in the numbers of a [`Pose`].
const SHAKE: Pose =
    Pose { x: 0.003, y: 0.003, z: 0.0, pan: 0.008, tilt: 0.0085, roll: 0.007, zoom: 0.0 };
/// How far a step leads at most, and banking. A head that bobs keeps its eyes level, so nearly all
/// of a step is seen in what is near.
const STEP: Pose =
    Pose { x: 0.003, y: 0.004, z: 0.0, pan: 0.0, tilt: 0.0012, roll: 0.0022, zoom: 0.0 };
const BANK: Pose = Pose { x: 0.004, y: 0.0, z: 0.0, pan: 0.0, tilt: 0.0, roll: 0.009, zoom: 0.0 };

/// Frequencies of a hand, in hertz: breath and balance below, muscles above. None is a multiple of
/// another, so nobody sees a pattern.
const HERTZ: [f64; 8] = [0.17, 0.37, 0.61, 1.07, 1.83, 3.1, 5.3, 8.3];
/// How much weaker a frequency is: the displacement of what is held falls a little slower than
/// with the frequency, as pink noise does.
const FALL: f64 = 0.9;
/// Left and right of somebody who strolls, in hertz; there are twice as many steps.
const STRIDE_HERTZ: f64 = 0.8;
/// A wing goes down and up again so often, in hertz.
const BANK_HERTZ: f64 = 0.2;

/// What all frequencies together come to at most is next to never reached, but what they start
/// with is taken away at first.
const FARTHEST: f64 = 1.2;

/// How long the camera takes to forget that it began where the still was taken, in seconds.
const FORGET_SECONDS: f64 = 1.2;

/// The shakes of one clip: a function of time that starts from nothing.
#[derive(Debug, Clone)]
pub(super) struct Shakes {
    /// Frequency, and phase for each of x, y, pan, tilt and roll.
    waves: [(f64, [f64; 5]); HERTZ.len()],
    stride: f64,
    bank: f64,
    /// In a loop they come back by themselves.
    loops: bool,
}

impl Shakes {
    /// `random` gives the phases. Where `period` is given, in seconds, all comes round in it.
    pub fn new(random: &mut SplitMix, period: Option<f64>) -> Self {
        let whole = |hertz: f64| match period {
            Some(seconds) => (hertz * seconds).round().max(1.0) / seconds,
            None => hertz,
        };
        Self {
            waves: HERTZ.map(|hertz| {
                let hertz = hertz * (0.93 + 0.14 * random.next_unit());
                (whole(hertz), std::array::from_fn(|_| random.next_unit() * TAU))
            }),
            stride: whole(STRIDE_HERTZ),
            bank: whole(BANK_HERTZ),
            loops: period.is_some(),
        }
    }

    /// What `sway` adds to a pose at `seconds`.
    pub fn at(&self, seconds: f64, sway: &Sway) -> Pose {
        if *sway == Sway::default() {
            return Pose::default();
        }
        let forgotten = if self.loops { 0.0 } else { smoothstep(seconds / FORGET_SECONDS) };
        let (now, first) = (self.waves_at(seconds), self.waves_at(0.0));
        let mut sum = Pose::default();
        for ((kind, now), first) in KINDS.into_iter().zip(now).zip(first) {
            // A smooth curve that is nothing at the start, with the speed that it has anyway.
            let Pose { x, y, pan, tilt, roll, .. } = now.plus_share(&first, forgotten - 1.0);
            let (most, amount) = kind(sway);
            sum.x += amount * most.x * x;
            sum.y += amount * most.y * y;
            sum.pan += amount * most.pan * pan;
            sum.tilt += amount * most.tilt * tilt;
            sum.roll += amount * most.roll * roll;
        }
        sum
    }

    /// The most that `sway` adds at any time.
    pub fn most(sway: &Sway) -> Pose {
        KINDS.iter().fold(Pose::default(), |sum, kind| {
            let (most, amount) = kind(sway);
            sum.plus_share(most, FARTHEST * amount)
        })
    }

    /// Shakes, steps and banking, each -1..1.
    fn waves_at(&self, seconds: f64) -> [Pose; 3] {
        let weight = |hertz: f64| hertz.powf(-FALL);
        let total: f64 = HERTZ.into_iter().map(weight).sum();
        let mut shake = [0.0; 5];
        for ((hertz, phases), nominal) in self.waves.iter().zip(HERTZ) {
            for (sum, phase) in shake.iter_mut().zip(phases) {
                *sum += weight(nominal) / total * (TAU * hertz * seconds + phase).sin();
            }
        }
        let [x, y, pan, tilt, roll] = shake;
        let shake = Pose { x, y, pan, tilt, roll, ..Pose::default() };
        // Lowest when both feet are down, highest over one foot, which is where the body leans to.
        let stride = TAU * self.stride * seconds;
        let rise = -0.85 * (2.0 * stride).cos() + 0.15 * (4.0 * stride).cos();
        let lean = stride.sin();
        let step = Pose { x: lean, y: rise, tilt: -rise, roll: lean, ..Pose::default() };
        let wing = (TAU * self.bank * seconds).sin();
        let bank = Pose { x: wing, roll: wing, ..Pose::default() };
        [shake, step, bank]
    }
}

/// Looks up how far a kind goes at most, and how much of it there is.
type Kind = fn(&Sway) -> (&'static Pose, f64);

/// How far each kind goes at most, and how much of it there is.
const KINDS: [Kind; 3] =
    [|sway| (&SHAKE, sway.shake), |sway| (&STEP, sway.bob), |sway| (&BANK, sway.bank)];
