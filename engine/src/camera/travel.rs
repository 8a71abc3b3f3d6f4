// SPDX-License-Identifier: MIT OR Apache-2.0
//! How far each move goes in a plain clip: 4 seconds at motion 5.

use std::{
    f64::consts::SQRT_2,
    ops::{Add, Mul},
};

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
    /// Forward: natural logarithm of the scale of the nearest things.
    pub dolly: f64,
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
    /// Forward as `dolly`, while the lens opens so that the subject keeps its size.
    pub vertigo: f64,
}

impl Travel {
    /// What `camera` does in a plain clip. Moves that back away are smaller than their opposites:
    /// what they uncover is not in the picture.
    pub fn of(camera: Move) -> Self {
        let none = Self::default();
        match camera {
            Move::Walk => Self { dolly: 0.13, zoom: 0.02, ..none },
            Move::Fly => Self { dolly: 0.12, zoom: 0.02, y: 0.006, ..none },
            Move::Follow => Self { dolly: 0.065, zoom: 0.01, ..none },
            Move::DollyIn => Self { dolly: 0.113, zoom: 0.02, ..none },
            Move::DollyOut => Self { dolly: -0.07, zoom: -0.02, ..none },
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
            Move::CraneU => Self { y: 0.026, tilt: -0.012, dolly: 0.03, ..none },
            Move::CraneD => Self { y: -0.026, tilt: 0.012, dolly: 0.03, ..none },
            Move::Handheld | Move::Static => none,
            Move::Default => Self { dolly: 0.095, zoom: 0.02, orbit: 0.018, ..none },
        }
    }

    /// What several moves do together. `side`, 1 or -1, is that of the default move.
    pub fn of_all(cameras: &[Move], side: f64) -> Self {
        // How the parser spells an orbit the other way round; one move, though two words.
        if let [Move::TruckR, Move::PanL] | [Move::PanL, Move::TruckR] = cameras {
            return Self::of(Move::Orbit) * -SQRT_2;
        }
        cameras.iter().fold(Self::default(), |sum, camera| {
            let mut travel = Self::of(*camera);
            if *camera == Move::Default {
                travel.orbit *= side;
            }
            sum + travel
        })
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
            pan: limit(self.pan, 0.07),
            tilt: limit(self.tilt, 0.06),
            roll: limit(self.roll, 0.08),
            zoom: limit(self.zoom, 0.32),
            orbit: limit(self.orbit, 0.065),
            vertigo: limit(self.vertigo, 0.3),
        }
    }

    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            x: f(self.x, other.x),
            y: f(self.y, other.y),
            dolly: f(self.dolly, other.dolly),
            pan: f(self.pan, other.pan),
            tilt: f(self.tilt, other.tilt),
            roll: f(self.roll, other.roll),
            zoom: f(self.zoom, other.zoom),
            orbit: f(self.orbit, other.orbit),
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

/// Movement that comes back to where it was, beside the way that a camera makes.
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
