// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the wind moves: leaves, grass, hair, cloth; and what sways under water.

use std::f32::consts::TAU;

use super::{Motions, noise};
use crate::scene::raster::{Map, smoothstep};

/// How a kind of thing swings.
pub(super) struct Swing {
    /// Frequencies in hertz, each with its share of the whole.
    waves: &'static [(f64, f32)],
    /// The whole, in widths of the picture at motion 5.
    amplitude: f32,
    /// How much of it is up and down.
    vertical: f32,
    /// How far apart things swing on their own, in widths of the picture, across and down: a
    /// blade or a lock of hair swings as one.
    apart: [f32; 2],
    /// The way that a gust goes until things swing alike again, in widths of the picture.
    gust: f32,
}

pub(super) const FOLIAGE: Swing = Swing {
    waves: &[(0.33, 0.42), (0.61, 0.28), (1.13, 0.18), (1.9, 0.12)],
    amplitude: 0.0036,
    vertical: 0.35,
    apart: [0.035, 0.05],
    gust: 0.5,
};
pub(super) const GRASS: Swing = Swing {
    waves: &[(0.45, 0.5), (0.83, 0.3), (1.6, 0.2)],
    amplitude: 0.0042,
    vertical: 0.12,
    apart: [0.03, 0.5],
    gust: 0.22,
};
pub(super) const HAIR: Swing = Swing {
    waves: &[(0.5, 0.45), (0.9, 0.35), (1.7, 0.2)],
    amplitude: 0.005,
    vertical: 0.4,
    apart: [0.06, 0.2],
    gust: 0.35,
};
pub(super) const CLOTH: Swing = Swing {
    waves: &[(0.6, 0.5), (1.1, 0.35), (2.2, 0.15)],
    amplitude: 0.0055,
    vertical: 0.45,
    apart: [0.15, 0.2],
    gust: 0.18,
};
pub(super) const UNDER_WATER: Swing = Swing {
    waves: &[(0.18, 0.6), (0.31, 0.4)],
    amplitude: 0.008,
    vertical: 0.25,
    apart: [0.06, 0.3],
    gust: 0.4,
};
pub(super) const FLAME: Swing = Swing {
    waves: &[(1.3, 0.4), (2.3, 0.35), (3.7, 0.25)],
    amplitude: 0.0035,
    vertical: 0.5,
    apart: [0.02, 0.06],
    gust: 0.12,
};

/// Lets what `free` says, 0..1, swing like `swing` in a wind that blows along `wind`.
pub(super) fn sway(motions: &mut Motions, swing: &Swing, free: &Map, wind: [f32; 2], seed: u64) {
    let width = free.width as f32;
    for (i, &(hertz, share)) in swing.waves.iter().enumerate() {
        let seed = seed.wrapping_add(1 + i as u64);
        let hertz = hertz * f64::from(0.85 + 0.3 * noise::unit(i, seed));
        // Short waves belong to small things.
        let scale = swing.apart.map(|apart| (apart * width / (1.0 + i as f32 * 0.5)).max(2.0));
        let own = noise::smooth(free, scale, seed);
        let [along_x, along_y] = wind.map(|w| w * TAU / (swing.gust * width));
        let phase = Map::from_fn(free.width, free.height, |x, y| {
            own.at(x, y) * 1.5 * TAU - (x as f32 * along_x + y as f32 * along_y)
        });
        let amplitude = free.map(|free| free * share * swing.amplitude);
        let vertical = swing.vertical * if i % 2 == 0 { 1.0 } else { -1.0 };
        let direction = [wind[0] - vertical * wind[1], wind[1] + vertical * wind[0].abs()];
        motions.add_wave(hertz, direction, 0.0, &amplitude, &phase);
    }
}

/// How freely each pixel of `mask` moves: what grows is fast at its foot and free at its top.
/// `full` is the height over the foot at which it is free, as a share of the picture's.
pub(super) fn freedom(mask: &Map, full: f32) -> Map {
    let full = (full * mask.height as f32).max(1.0);
    let mut free = mask.clone();
    for x in 0..mask.width {
        let mut foot: f32 = 0.0;
        for y in (0..mask.height).rev() {
            let here = mask.at(x, y);
            foot = if here > 0.3 { foot + 1.0 } else { foot * 0.5 };
            free.values[y * mask.width + x] = here * smoothstep(0.0, full, foot);
        }
    }
    crate::scene::filter::box_mean(&free, (mask.long_side() / 96).max(1))
}
