// SPDX-License-Identifier: MIT OR Apache-2.0
//! Noise in space: value noise, its sum over octaves, and cells.

use glam::{IVec3, Vec3};

/// Mixes a place of the lattice to 32 even bits.
fn hash(at: IVec3) -> u32 {
    let mut h = (at.x as u32).wrapping_mul(0x9E37_79B1)
        ^ (at.y as u32).wrapping_mul(0x85EB_CA77)
        ^ (at.z as u32).wrapping_mul(0xC2B2_AE3D);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

fn unit(h: u32) -> f32 {
    (h >> 8) as f32 / (1 << 24) as f32
}

/// A fixed even draw of 0..1 for a number.
pub fn draw(id: u32) -> f32 {
    unit(hash(IVec3::new(id as i32, 17, -5)))
}

/// Smooth noise of 0..1 with features of size 1.
pub fn value(p: Vec3) -> f32 {
    let base = p.floor();
    let cell = base.as_ivec3();
    let f = p - base;
    let f = f * f * (Vec3::splat(3.0) - 2.0 * f);
    let corner = |x, y, z| unit(hash(cell + IVec3::new(x, y, z)));
    let line = |y, z| {
        let (a, b) = (corner(0, y, z), corner(1, y, z));
        a + (b - a) * f.x
    };
    let plane = |z| {
        let (a, b) = (line(0, z), line(1, z));
        a + (b - a) * f.y
    };
    let (a, b) = (plane(0), plane(1));
    a + (b - a) * f.z
}

/// Three draws of [`value`], each in -1..1.
pub fn vector(p: Vec3) -> Vec3 {
    let at = |shift: f32| 2.0 * value(p + Vec3::splat(shift)) - 1.0;
    Vec3::new(at(0.0), at(31.7), at(-57.3))
}

/// The sum of octaves of noise, 0..1; each is of half the size and half the strength.
pub fn fbm(p: Vec3, octaves: u32) -> f32 {
    let (mut sum, mut total, mut share, mut at) = (0.0, 0.0, 1.0, p);
    for _ in 0..octaves {
        sum += share * value(at);
        total += share;
        share *= 0.5;
        at = at * 2.03 + Vec3::new(13.1, 7.7, -3.9);
    }
    sum / total
}

/// As [`fbm`], with sharp crests.
pub fn ridges(p: Vec3, octaves: u32) -> f32 {
    let (mut sum, mut total, mut share, mut at) = (0.0, 0.0, 1.0, p);
    for _ in 0..octaves {
        let crest = 1.0 - (2.0 * value(at) - 1.0).abs();
        sum += share * crest * crest;
        total += share;
        share *= 0.5;
        at = at * 2.07 + Vec3::new(-5.3, 11.9, 2.7);
    }
    sum / total
}

/// A cell of a plane cut into irregular cells of size 1.
pub struct Cell {
    /// Distance to the middle of the cell.
    pub distance: f32,
    /// Distance to the border, about.
    pub border: f32,
    /// Its number.
    pub id: u32,
}

/// The cell at a place of the plane.
pub fn cell(x: f32, y: f32) -> Cell {
    let (bx, by) = (x.floor(), y.floor());
    let (mut first, mut second, mut id) = (9.0_f32, 9.0_f32, 0);
    for dy in -1..=1 {
        for dx in -1..=1 {
            let (cx, cy) = (bx as i32 + dx, by as i32 + dy);
            let h = hash(IVec3::new(cx, cy, 0));
            let (px, py) = ((h & 0xFFFF) as f32 / 65536.0, (h >> 16) as f32 / 65536.0);
            let (ox, oy) = (cx as f32 + px - x, cy as f32 + py - y);
            let d = ox * ox + oy * oy;
            if d < first {
                (second, first, id) = (first, d, h);
            } else if d < second {
                second = d;
            }
        }
    }
    let (first, second) = (first.sqrt(), second.sqrt());
    Cell { distance: first, border: second - first, id }
}

/// 0 below `low`, 1 above `high`, smooth between.
pub fn smoothstep(low: f32, high: f32, v: f32) -> f32 {
    let t = ((v - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
