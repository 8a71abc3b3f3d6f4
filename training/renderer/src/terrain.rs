// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ground as a grid of heights, and its surface.

use glam::Vec3;

use crate::{material::Material, noise::smoothstep};

/// Heights on a square grid round the origin.
pub struct Terrain {
    side: usize,
    /// Metres from the middle to an edge.
    reach: f32,
    heights: Vec<f32>,
    highest: f32,
    /// What lies on level ground.
    pub level: Material,
    /// What lies on steep ground.
    pub steep: Material,
    /// What lies above `line`.
    pub high: Material,
    /// Metres.
    pub line: f32,
    /// Slope (metres of rise in one) at which `steep` takes over.
    pub slope: f32,
}

impl Terrain {
    /// A terrain of `height(x, z)` metres.
    pub fn new(reach: f32, materials: [Material; 3], height: impl Fn(f32, f32) -> f32) -> Self {
        let side = 257;
        let place = |i: usize| (i as f32 / (side - 1) as f32 * 2.0 - 1.0) * reach;
        let heights: Vec<f32> =
            (0..side * side).map(|i| height(place(i % side), place(i / side))).collect();
        let highest = heights.iter().copied().fold(f32::MIN, f32::max);
        let [level, steep, high] = materials;
        Self { side, reach, heights, highest, level, steep, high, line: f32::MAX, slope: 0.8 }
    }

    /// Height in metres; beyond the edge it is that of the edge.
    pub fn height(&self, x: f32, z: f32) -> f32 {
        let last = (self.side - 1) as f32;
        let grid = |v: f32| ((v / self.reach * 0.5 + 0.5) * last).clamp(0.0, last - 1e-3);
        let (gx, gz) = (grid(x), grid(z));
        let (ix, iz) = (gx as usize, gz as usize);
        let (fx, fz) = (gx - ix as f32, gz - iz as f32);
        let at = |x: usize, z: usize| self.heights[z * self.side + x];
        let near = at(ix, iz) + (at(ix + 1, iz) - at(ix, iz)) * fx;
        let far = at(ix, iz + 1) + (at(ix + 1, iz + 1) - at(ix, iz + 1)) * fx;
        near + (far - near) * fz
    }

    /// The world's normal there.
    pub fn normal(&self, x: f32, z: f32) -> Vec3 {
        let step = self.reach / self.side as f32 * 1.5;
        let dx = self.height(x + step, z) - self.height(x - step, z);
        let dz = self.height(x, z + step) - self.height(x, z - step);
        Vec3::new(-dx, 2.0 * step, -dz).normalize()
    }

    /// Where a ray of length 1 first goes below ground, in metres, if between `start` and `limit`.
    pub fn meet(&self, origin: Vec3, direction: Vec3, start: f32, limit: f32) -> Option<f32> {
        let mut t = start.max(0.05);
        if origin.y + t * direction.y > self.highest {
            // Nothing is as high as this: go on to where something is.
            if direction.y >= 0.0 {
                return None;
            }
            t = (self.highest - origin.y) / direction.y;
        }
        let mut before = t;
        let end = limit.min(self.reach * 2.5);
        while t < end {
            let p = origin + t * direction;
            if p.y > self.highest && direction.y >= 0.0 {
                return None;
            }
            let above = p.y - self.height(p.x, p.z);
            if above < 0.0 {
                return Some(self.refine(origin, direction, before, t));
            }
            before = t;
            t += (0.6 * above).max(0.01 * t).max(0.02);
        }
        None
    }

    fn refine(&self, origin: Vec3, direction: Vec3, mut above: f32, mut below: f32) -> f32 {
        for _ in 0..6 {
            let t = (above + below) / 2.0;
            let p = origin + t * direction;
            if p.y < self.height(p.x, p.z) { below = t } else { above = t }
        }
        below
    }

    /// The material at a place, `chance` (noise of 0..1) makes its borders ragged.
    pub fn material(&self, p: Vec3, normal: Vec3, chance: f32) -> &Material {
        let steep = (1.0 / normal.y.max(0.05).powi(2) - 1.0).sqrt();
        if steep > self.slope * (0.6 + 0.8 * chance) {
            &self.steep
        } else if p.y > self.line * (0.8 + 0.4 * smoothstep(0.2, 0.8, chance)) {
            &self.high
        } else {
            &self.level
        }
    }
}
