// SPDX-License-Identifier: MIT OR Apache-2.0
//! How far each move goes in a plain clip: 4 seconds at motion 5.

use std::ops::{Add, Mul};

use super::candidate::Candidate;
use crate::{prompt::Move, request::Axes};

/// An amount of camera movement, in picture widths unless another unit is named.
///
/// The amounts are those of a plain clip. Whoever watches such clips wants a near thing to move
/// by about 3 % of the width beside a far one, a push to enlarge it by about 12 %, and a turn
/// to shift the picture by 4 %.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Travel {
    /// To the right: the disparity of the nearest things.
    pub x: f64,
    /// Up: the disparity of the nearest things.
    pub y: f64,
    /// Towards the subject: natural logarithm of the scale of the nearest things.
    pub dolly: f64,
    /// Where the way leads: the same.
    pub advance: f64,
    /// To the right, by the shift of the picture's centre.
    pub pan: f64,
    /// Up, by the shift of the picture's centre.
    pub tilt: f64,
    /// Clockwise, in radians.
    pub roll: f64,
    /// Natural logarithm of the magnification.
    pub zoom: f64,
    /// To the right around the subject, which keeps its place.
    pub orbit: f64,
    /// Up on an arm that turns about the subject: the disparity of the nearest things.
    pub arm: f64,
    /// Forward as `dolly`, while the lens opens so that the subject keeps its size.
    pub vertigo: f64,
}

impl Travel {
    /// What `camera` does in a plain clip. Moves that back away are smaller than their opposites:
    /// what they uncover is not in the picture.
    pub fn of(camera: Move) -> Self {
        let none = Self::default();
        match camera {
            Move::Walk => Self { advance: 0.13, zoom: 0.012, ..none },
            Move::Fly => Self { advance: 0.12, zoom: 0.012, y: 0.006, ..none },
            Move::Follow => Self { advance: 0.065, zoom: 0.01, ..none },
            Move::DollyIn => Self { dolly: 0.113, zoom: 0.012, ..none },
            Move::DollyOut => Self { dolly: -0.07, zoom: -0.012, ..none },
            Move::TruckL => Self { x: -0.034, ..none },
            Move::TruckR => Self { x: 0.034, ..none },
            Move::PedestalU => Self { y: 0.03, ..none },
            Move::PedestalD => Self { y: -0.03, ..none },
            Move::PanL => Self { pan: -0.04, ..none },
            Move::PanR => Self { pan: 0.04, ..none },
            Move::TiltU => Self { tilt: 0.034, ..none },
            Move::TiltD => Self { tilt: -0.034, ..none },
            Move::RollCw => Self { roll: 0.036, ..none },
            Move::RollCcw => Self { roll: -0.036, ..none },
            Move::ZoomIn => Self { zoom: 0.1, ..none },
            Move::ZoomOut => Self { zoom: -0.075, ..none },
            Move::DollyZoom => Self { vertigo: 0.18, ..none },
            Move::Orbit => Self { orbit: -0.048, ..none },
            Move::CraneU => Self { arm: 0.03, dolly: 0.02, ..none },
            Move::CraneD => Self { arm: -0.03, dolly: 0.02, ..none },
            Move::Handheld | Move::Static => none,
            Move::Default => Self { dolly: 0.095, zoom: 0.012, ..none },
        }
    }

    /// What several moves do together, in the manner of `candidate`.
    pub fn of_all(cameras: &[Move], candidate: &Candidate) -> Self {
        // Several moves at once share the attention: each a little less.
        let together = 1.0 / (cameras.len().max(1) as f64).sqrt();
        // How the parser spells an orbit the other way round; one move, though two words.
        if let [Move::TruckR, Move::PanL] | [Move::PanL, Move::TruckR] = cameras {
            return Self::of(Move::Orbit) * -1.0 + candidate.flavour(Move::Orbit);
        }
        let moves = cameras.iter().map(|&camera| Self::of(camera) + candidate.flavour(camera));
        moves.fold(Self::default(), Self::add) * together
    }

    /// How much movement this is, of whatever kind.
    pub fn size(&self) -> f64 {
        let Self { x, y, dolly, advance, pan, tilt, roll, zoom, orbit, arm, vertigo } = *self;
        let all = [x, y, dolly, advance, pan, tilt, roll, zoom, orbit, arm, vertigo];
        all.into_iter().map(f64::abs).sum()
    }

    /// What the numeric axes ask for: 5 is worth as much as the plain move of that name.
    pub fn of_axes(axes: &Axes) -> Self {
        let plain = |value: f64, to: Move| Self::of(to) * (value / 5.0);
        plain(axes.horizontal, Move::TruckR)
            + plain(axes.vertical, Move::PedestalU)
            + plain(axes.pan, Move::PanR)
            + plain(axes.tilt, Move::TiltU)
            + plain(axes.zoom, Move::DollyIn)
            + plain(axes.roll, Move::RollCw)
    }

    /// Bends large amounts below a ceiling, so that even the strongest wish at motion 10 leaves
    /// a picture. Small amounts pass unchanged, and more asked for is always more got.
    pub fn limited(self) -> Self {
        let limit = |value: f64, ceiling: f64| ceiling * (value / ceiling).tanh();
        Self {
            x: limit(self.x, 0.055),
            y: limit(self.y, 0.05),
            dolly: limit(self.dolly, 0.3),
            advance: limit(self.advance, 0.3),
            pan: limit(self.pan, 0.07),
            tilt: limit(self.tilt, 0.06),
            roll: limit(self.roll, 0.08),
            zoom: limit(self.zoom, 0.32),
            orbit: limit(self.orbit, 0.065),
            arm: limit(self.arm, 0.05),
            vertigo: limit(self.vertigo, 0.3),
        }
    }

    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            x: f(self.x, other.x),
            y: f(self.y, other.y),
            dolly: f(self.dolly, other.dolly),
            advance: f(self.advance, other.advance),
            pan: f(self.pan, other.pan),
            tilt: f(self.tilt, other.tilt),
            roll: f(self.roll, other.roll),
            zoom: f(self.zoom, other.zoom),
            orbit: f(self.orbit, other.orbit),
            arm: f(self.arm, other.arm),
            vertigo: f(self.vertigo, other.vertigo),
        }
    }
}

impl Add for Travel {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Mul<f64> for Travel {
    type Output = Self;

    fn mul(self, by: f64) -> Self {
        self.zip(self, |a, _| a * by)
    }
}
