// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers that look random and change smoothly over the picture.

use crate::scene::raster::{Map, lerp};

/// A number from 0 to 1 for each point of a lattice (the finaliser of MurmurHash3).
fn lattice(x: i64, y: i64, seed: u64) -> f32 {
    let mut z = seed ^ (x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (y as u64).rotate_left(32);
    z = (z ^ (z >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    z = (z ^ (z >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    ((z ^ (z >> 33)) >> 40) as f32 / (1_u64 << 24) as f32
}

/// Smooth noise from 0 to 1 of the size of `like`, with a lattice of `scale` pixels across and down.
pub(super) fn smooth(like: &Map, scale: [f32; 2], seed: u64) -> Map {
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    Map::from_fn(like.width, like.height, |x, y| {
        let (u, v) = (x as f32 / scale[0], y as f32 / scale[1]);
        let (left, top) = (u.floor(), v.floor());
        let at = |i: i64, j: i64| lattice(left as i64 + i, top as i64 + j, seed);
        let across = ease(u - left);
        let upper = lerp(at(0, 0), at(1, 0), across);
        let lower = lerp(at(0, 1), at(1, 1), across);
        lerp(upper, lower, ease(v - top))
    })
}

/// A number from 0 to 1 for each `index`.
pub(super) fn unit(index: usize, seed: u64) -> f32 {
    lattice(index as i64, 7, seed)
}
