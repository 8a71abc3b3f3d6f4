// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a camera stands, and what it looks at.

use super::travel::Travel;

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

/// What a camera goes for in a still. Places are in picture widths from the centre, right and up
/// positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// Nearness of the subject, 0..1, around which orbits turn.
    pub nearness: f64,
    /// Where the subject is: what a push goes towards.
    pub subject: [f64; 2],
    /// Where the way leads that one would walk or fly.
    pub ahead: [f64; 2],
}

impl Default for Aim {
    /// The middle of the picture, at middle distance.
    fn default() -> Self {
        Self { nearness: 0.5, subject: [0.0; 2], ahead: [0.0; 2] }
    }
}

impl Pose {
    /// How far this pose shifts the nearest things, in picture widths: at the edge of the
    /// picture, where a step forward shifts most.
    pub fn disparity(&self) -> f64 {
        self.x.hypot(self.y) + 0.5 * self.z.abs()
    }

    /// This pose and `other` on top of it.
    pub(super) fn plus(&self, other: &Self) -> Self {
        self.plus_share(other, 1.0)
    }

    /// This pose and `share` of `other` on top of it.
    pub(super) fn plus_share(&self, other: &Self, share: f64) -> Self {
        Self {
            x: self.x + share * other.x,
            y: self.y + share * other.y,
            z: self.z + share * other.z,
            pan: self.pan + share * other.pan,
            tilt: self.tilt + share * other.tilt,
            roll: self.roll + share * other.roll,
            zoom: self.zoom + share * other.zoom,
        }
    }

    /// The seven numbers, with the way forward as a logarithm: sums of those never reach what they
    /// go towards.
    pub(crate) fn numbers(&self) -> [f64; 7] {
        let Self { x, y, z, pan, tilt, roll, zoom } = *self;
        [x, y, -(1.0 - z).ln(), pan, tilt, roll, zoom]
    }

    /// The pose of these numbers.
    pub(crate) fn of([x, y, dolly, pan, tilt, roll, zoom]: [f64; 7]) -> Self {
        Self { x, y, z: forward(dolly), pan, tilt, roll, zoom }
    }

    /// Where `travel` leads a camera that goes for `aim`, by the share `push` of the way from the
    /// middle of the picture to it.
    pub(super) fn after(travel: &Travel, aim: &Aim, push: f64) -> Self {
        let Aim { nearness, subject, ahead } = *aim;
        // On an arm one swings forward, whether it goes up or down.
        let dolly = travel.dolly + SWING * travel.arm * travel.arm;
        let (to_subject, on) = (forward(dolly), forward(travel.advance));
        // Who goes towards a place off the middle goes sideways too: that place then stays. Who
        // backs away from it uncovers one side more than the other, so not all of the way.
        let from = |way: f64| if way < 0.0 { 0.5 * push * way } else { push * way };
        let along = |axis: usize| from(to_subject) * subject[axis] + from(on) * ahead[axis];
        // The lens closes in on the subject.
        let lens = from(1.0 - (-travel.zoom).exp());
        let keep = |axis: usize, moved: f64| turn_to_keep(subject[axis], moved * nearness);
        let z = forward(dolly + travel.advance + travel.vertigo);
        let opened = (1.0 - nearness * forward(travel.vertigo)).ln();
        Self {
            x: travel.x + travel.orbit + along(0),
            y: travel.y + travel.arm + along(1),
            z,
            pan: travel.pan + keep(0, travel.orbit) + lens * subject[0],
            tilt: travel.tilt + ARM_LOOKS_DOWN * keep(1, travel.arm) + lens * subject[1],
            roll: travel.roll,
            zoom: travel.zoom + opened,
        }
    }
}

/// How much of the turn that would keep the subject in place a camera on an arm makes: the rest of
/// the rise is seen.
const ARM_LOOKS_DOWN: f64 = 0.6;
/// How far an arm swings forward for the square of its rise.
const SWING: f64 = 15.0;

/// [`Pose::z`] for a logarithm of the scale of the nearest things.
pub(super) fn forward(dolly: f64) -> f64 {
    1.0 - (-dolly).exp()
}

/// The turn that keeps a thing at `place` when the camera has gone sideways so far that it would
/// shift by `moved`.
fn turn_to_keep(place: f64, moved: f64) -> f64 {
    ((place - moved).atan() - place.atan()).tan()
}
