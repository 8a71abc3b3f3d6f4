// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waves on water, small and large, which grow towards the viewer.

use std::f32::consts::{PI, TAU};

use super::{Motions, noise};
use crate::scene::raster::{Map, smoothstep};

/// A kind of water.
pub(super) struct Sea {
    /// How many waves make it.
    waves: usize,
    /// Height of all of them together, in widths of the picture at the lower edge at motion 5.
    height: f32,
    /// The longest, in widths of the picture at the lower edge.
    longest: f32,
    /// The shortest.
    shortest: f32,
    /// How fast a wave as long as the picture is wide comes along, in its lengths per second.
    pace: f32,
}

pub(super) const RIPPLES: Sea =
    Sea { waves: 6, height: 0.0045, longest: 0.22, shortest: 0.05, pace: 0.3 };
pub(super) const SWELL: Sea =
    Sea { waves: 6, height: 0.010, longest: 0.5, shortest: 0.09, pace: 0.24 };

/// Lets `water`, 0..1, go up and down like `sea`.
pub(super) fn waves(motions: &mut Motions, sea: &Sea, water: &Map, seed: u64) {
    let (w, h) = (water.width, water.height);
    let plane = Plane::under(water);
    for i in 0..sea.waves {
        let share = i as f32 / (sea.waves - 1).max(1) as f32;
        let length = sea.longest * (sea.shortest / sea.longest).powf(share);
        // Most come towards the viewer, none across.
        let heading = (noise::unit(i, seed) - 0.5) * 0.7 * PI;
        // On deep water long waves are faster: the frequency goes with the root of their number.
        let hertz = f64::from(sea.pace / length.sqrt());
        let height = sea.height * length / sea.longest / (sea.waves as f32).sqrt();
        let start = noise::unit(i, seed ^ 0x5EA) * TAU;
        let phase = Map::from_fn(w, h, |x, y| {
            let [across, away] = plane.place(x, y);
            let way = across * heading.sin() + away * heading.cos();
            start + TAU * way / length
        });
        let amplitude = Map::from_fn(w, h, |x, y| {
            let near = plane.near(y);
            // What is shorter than the pixels can hold is left out.
            let pixels = length * near * near * plane.pixels_per_step();
            water.at(x, y) * height * near * smoothstep(2.0, 5.0, pixels)
        });
        // The water itself goes round in circles, half as wide as they are high to the eye.
        motions.add_wave(hertz, [0.5, 1.0], PI / 2.0, &amplitude, &phase);
    }
}

/// The plane that water lies in, as seen by a camera above it.
struct Plane {
    /// The row of its horizon.
    horizon: f32,
    width: f32,
    height: f32,
}

impl Plane {
    fn under(water: &Map) -> Self {
        let wet = |y: &usize| water.row(*y).iter().any(|v| *v > 0.5);
        let top = (0..water.height).find(wet).unwrap_or(0) as f32;
        let height = water.height as f32;
        // What reaches to the top is seen from above.
        let horizon = if top < 0.1 * height { -height } else { top - 0.02 * height };
        Self { horizon, width: water.width as f32, height }
    }

    /// How near row `y` is: 1 at the lower edge, 0 at the horizon.
    fn near(&self, y: usize) -> f32 {
        ((y as f32 + 0.5 - self.horizon) / (self.height - self.horizon)).clamp(0.01, 1.0)
    }

    /// A place on the water: across, and away from the viewer, in widths of the picture at the
    /// lower edge.
    fn place(&self, x: usize, y: usize) -> [f32; 2] {
        let far = 1.0 / self.near(y);
        let across = (x as f32 + 0.5) / self.width - 0.5;
        [across * far, self.steps() * far]
    }

    /// How far away the lower edge is, in widths of the picture there.
    fn steps(&self) -> f32 {
        (self.height - self.horizon) / self.width
    }

    fn pixels_per_step(&self) -> f32 {
        (self.height - self.horizon) / self.steps()
    }
}
