// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kinds of what floats and falls.
//!
//! Lengths are in picture widths for something at the distance of the nearest things, which is
//! distance 1; what is twice as far is half as large and half as fast.

/// How a particle looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::scene) enum Shape {
    /// A soft spot.
    Fleck,
    /// Drawn out along its way for so many seconds of exposure.
    Streak(f32),
    /// Pointed at both ends, turning over so many times a second.
    Leaf(f32),
    /// Round, turning over likewise.
    Petal(f32),
    /// A bright core in a glow, unsteady.
    Spark,
    /// A light that goes on and off.
    Blinker,
    /// A thin skin with a highlight.
    Bubble,
}

/// A kind of particle.
#[derive(Debug, Clone, Copy)]
pub(in crate::scene) struct Breed {
    pub shape: Shape,
    /// How many there are, the whole volume around the camera taken together.
    pub count: usize,
    /// Distance of the nearest and of the farthest.
    pub distances: [f32; 2],
    /// Radius of a middling one.
    pub radius: f32,
    /// Velocity to the right and down, widths per second.
    pub velocity: [f32; 2],
    /// How much of that differs from one to the next, 0..1.
    pub uneven: f32,
    /// What a flow that the prompt names adds, widths per second.
    pub carried: f32,
    /// How far it strays from its way, and how often a second it comes back.
    pub stray: [f32; 2],
    /// sRGB, 0..1; each particle has one between two neighbours.
    pub colours: &'static [[f32; 3]],
    /// How much it covers or adds.
    pub alpha: f32,
    /// It shines by itself, and so adds light; anything else covers, and is dark in the dark.
    pub shines: bool,
}

pub(in crate::scene) const SNOW: Breed = Breed {
    shape: Shape::Fleck,
    count: 2200,
    distances: [0.4, 9.0],
    radius: 0.0022,
    velocity: [0.02, 0.26],
    uneven: 0.35,
    carried: 0.35,
    stray: [0.03, 0.35],
    colours: &[[0.93, 0.95, 1.0], [1.0, 1.0, 1.0]],
    alpha: 0.85,
    shines: false,
};

pub(in crate::scene) const RAIN: Breed = Breed {
    shape: Shape::Streak(0.028),
    count: 1400,
    distances: [0.6, 8.0],
    radius: 0.0011,
    velocity: [-0.12, 2.6],
    uneven: 0.2,
    carried: 0.7,
    stray: [0.0, 0.0],
    colours: &[[0.72, 0.77, 0.83], [0.86, 0.89, 0.93]],
    alpha: 0.46,
    shines: false,
};

pub(in crate::scene) const DUST: Breed = Breed {
    shape: Shape::Fleck,
    count: 420,
    distances: [0.35, 5.0],
    radius: 0.0019,
    velocity: [0.014, -0.006],
    uneven: 1.0,
    carried: 0.10,
    stray: [0.03, 0.12],
    colours: &[[1.0, 0.94, 0.82], [1.0, 0.98, 0.93]],
    alpha: 0.45,
    shines: true,
};

pub(in crate::scene) const LEAVES: Breed = Breed {
    shape: Shape::Leaf(0.55),
    count: 130,
    distances: [0.55, 6.0],
    radius: 0.013,
    velocity: [0.07, 0.22],
    uneven: 0.5,
    carried: 0.35,
    stray: [0.07, 0.45],
    colours: &[[0.55, 0.20, 0.07], [0.78, 0.40, 0.09], [0.80, 0.58, 0.16], [0.45, 0.36, 0.13]],
    alpha: 0.97,
    shines: false,
};

pub(in crate::scene) const PETALS: Breed = Breed {
    shape: Shape::Petal(0.5),
    count: 240,
    distances: [0.5, 6.0],
    radius: 0.0076,
    velocity: [0.09, 0.17],
    uneven: 0.5,
    carried: 0.35,
    stray: [0.06, 0.4],
    colours: &[[0.98, 0.76, 0.82], [1.0, 0.88, 0.91], [0.95, 0.68, 0.77]],
    alpha: 0.92,
    shines: false,
};

pub(in crate::scene) const EMBERS: Breed = Breed {
    shape: Shape::Spark,
    count: 300,
    distances: [0.65, 6.0],
    radius: 0.0015,
    velocity: [0.03, -0.28],
    uneven: 0.6,
    carried: 0.25,
    stray: [0.045, 0.6],
    colours: &[[1.0, 0.36, 0.06], [1.0, 0.56, 0.16], [1.0, 0.74, 0.34]],
    alpha: 1.0,
    shines: true,
};

pub(in crate::scene) const FIREFLIES: Breed = Breed {
    shape: Shape::Blinker,
    count: 85,
    distances: [0.7, 6.0],
    radius: 0.0026,
    velocity: [0.012, -0.012],
    uneven: 1.0,
    carried: 0.05,
    stray: [0.09, 0.13],
    colours: &[[0.82, 1.0, 0.30], [1.0, 0.92, 0.38]],
    alpha: 0.95,
    shines: true,
};

pub(in crate::scene) const BUBBLES: Breed = Breed {
    shape: Shape::Bubble,
    count: 170,
    distances: [0.5, 6.0],
    radius: 0.0060,
    velocity: [0.0, -0.21],
    uneven: 0.5,
    carried: 0.15,
    stray: [0.02, 0.8],
    colours: &[[0.78, 0.92, 0.98], [0.95, 0.99, 1.0]],
    alpha: 0.55,
    shines: true,
};
