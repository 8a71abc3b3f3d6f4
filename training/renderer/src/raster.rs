// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds what each pixel shows: nearest solid, ground, water or sky.

use glam::Vec3;

use crate::{
    scene::{Camera, Scene},
    solid::{Form, Solid},
};

/// What a pixel shows.
#[derive(Clone, Copy, PartialEq)]
pub enum Thing {
    /// Nothing.
    Sky,
    /// Level ground.
    Floor,
    /// Ground with hills.
    Terrain,
    /// Water.
    Water,
    /// The solid of this number.
    Solid(u32),
}

/// One pixel.
#[derive(Clone, Copy)]
pub struct Pixel {
    /// What it shows.
    pub thing: Thing,
    /// Distance along the ray, in lengths of its direction.
    pub t: f32,
    /// In the world for ground and water, in the solid's box otherwise.
    pub local: Vec3,
    /// In the world, of length 1.
    pub normal: Vec3,
}

const NOTHING: Pixel =
    Pixel { thing: Thing::Sky, t: f32::INFINITY, local: Vec3::ZERO, normal: Vec3::Y };

/// Pixels and the rays through them.
pub struct View {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    camera: Camera,
    /// Tangents of a pixel's step.
    step: f32,
}

impl View {
    /// A view through a camera.
    pub fn new(camera: Camera, width: usize, height: usize) -> Self {
        let step = 2.0 * camera.tangent / width.max(height) as f32;
        Self { width, height, camera, step }
    }

    /// The ray through a pixel; its part along the camera's axis has length 1.
    pub fn ray(&self, x: usize, y: usize) -> Vec3 {
        let across = (x as f32 + 0.5 - self.width as f32 / 2.0) * self.step;
        let up = (self.height as f32 / 2.0 - y as f32 - 0.5) * self.step;
        let [right, upward, forward] = self.camera.axes;
        forward + right * across + upward * up
    }

    /// Metres that a pixel covers at a metre's distance.
    pub fn step(&self) -> f32 {
        self.step
    }

    /// The pixel that shows a place or a direction, if it is in the picture.
    pub fn pixel_of(&self, offset: Vec3) -> Option<(usize, usize)> {
        let [right, upward, forward] = self.camera.axes;
        let z = offset.dot(forward);
        if z <= 1e-3 {
            return None;
        }
        let x = offset.dot(right) / z / self.step + self.width as f32 / 2.0;
        let y = self.height as f32 / 2.0 - offset.dot(upward) / z / self.step;
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
        inside.then_some((x as usize, y as usize))
    }

    /// Columns and rows that a solid can reach: first and last of each.
    fn bounds(&self, solid: &Solid) -> Option<[usize; 4]> {
        let [right, upward, forward] = self.camera.axes;
        let (mut low, mut high, mut behind) = ([f32::MAX; 2], [f32::MIN; 2], 0);
        for corner in 0..8 {
            let sign = |bit: usize| if corner >> bit & 1 == 1 { 1.0 } else { -1.0 };
            let z = if matches!(solid.form, Form::Card(_)) { 0.0 } else { sign(2) };
            // A frustum may be wider at its top.
            let wide = if let Form::Frustum { top } = solid.form { top.max(1.0) } else { 1.0 };
            let local = Vec3::new(wide * sign(0), sign(1), wide * z);
            let offset = solid.to_world.transform_point3(local) - self.camera.at;
            let z = offset.dot(forward);
            if z < 0.02 {
                behind += 1;
                continue;
            }
            let x = offset.dot(right) / z / self.step + self.width as f32 / 2.0;
            let y = self.height as f32 / 2.0 - offset.dot(upward) / z / self.step;
            low = [low[0].min(x), low[1].min(y)];
            high = [high[0].max(x), high[1].max(y)];
        }
        let (w, h) = (self.width as f32, self.height as f32);
        match behind {
            8 => None,
            0 if high[0] < 0.0 || high[1] < 0.0 || low[0] > w || low[1] > h => None,
            0 => {
                let cut = |v: f32, last: f32| v.clamp(0.0, last - 1.0) as usize;
                Some([cut(low[0], w), cut(high[0], w), cut(low[1], h), cut(high[1], h)])
            }
            _ => Some([0, self.width - 1, 0, self.height - 1]),
        }
    }

    /// What every pixel shows.
    pub fn raster(&self, scene: &Scene) -> Vec<Pixel> {
        let mut pixels = vec![NOTHING; self.width * self.height];
        let origin = self.camera.at;
        for (index, solid) in scene.solids.iter().enumerate() {
            let Some([left, right, top, bottom]) = self.bounds(solid) else { continue };
            for y in top..=bottom {
                for x in left..=right {
                    let pixel = &mut pixels[y * self.width + x];
                    if let Some(hit) = solid.meet(origin, self.ray(x, y))
                        && hit.t < pixel.t
                    {
                        let normal = solid.normal(hit.normal);
                        let thing = Thing::Solid(index as u32);
                        *pixel = Pixel { thing, t: hit.t, local: hit.local, normal };
                    }
                }
            }
        }
        // Hills are met ever farther off from the bottom of the picture up, unless it looks down.
        let level = self.camera.axes[2].y.abs() < 0.6;
        let mut below = vec![0.0_f32; self.width];
        for y in (0..self.height).rev() {
            let mut row = Vec::with_capacity(self.width);
            for x in 0..self.width {
                let near = below[x.saturating_sub(1)..(x + 2).min(self.width)].iter();
                let start = if level { 0.85 * near.copied().fold(f32::MAX, f32::min) } else { 0.0 };
                let pixel = &mut pixels[y * self.width + x];
                row.push(self.meet_ground(scene, self.ray(x, y), start, pixel));
            }
            below = row;
        }
        pixels
    }

    /// Puts the ground into a pixel where it is nearest. Gives how far the hills are, of which it
    /// is known that they are no nearer than `start`, both in metres.
    fn meet_ground(&self, scene: &Scene, ray: Vec3, start: f32, pixel: &mut Pixel) -> f32 {
        let origin = self.camera.at;
        let mut keep = |t: f32, thing: Thing, normal: Vec3| {
            if t > 0.0 && t < pixel.t && t < 3e4 {
                *pixel = Pixel { thing, t, local: origin + t * ray, normal };
            }
        };
        if let Some((height, _)) = &scene.floor {
            keep((height - origin.y) / ray.y, Thing::Floor, Vec3::Y);
        }
        if let Some(water) = &scene.water {
            keep((water.level - origin.y) / ray.y, Thing::Water, Vec3::Y);
        }
        if let Some(terrain) = &scene.terrain {
            let length = ray.length();
            let limit = pixel.t.min(3e4) * length;
            let Some(distance) = terrain.meet(origin, ray / length, start, limit) else {
                return limit;
            };
            let t = distance / length;
            let p = origin + t * ray;
            let normal = terrain.normal(p.x, p.z);
            *pixel = Pixel { thing: Thing::Terrain, t, local: p, normal };
            return distance;
        }
        0.0
    }
}

/// How far the light reaches, seen from the light.
pub struct Shadows {
    sun: Vec3,
    axes: [Vec3; 2],
    middle: Vec3,
    /// Metres from the middle to an edge.
    reach: f32,
    side: usize,
    /// Metres towards the light from the middle of what is nearest to it.
    nearest: Vec<f32>,
}

impl Shadows {
    /// Shadows of the solids round the stage.
    pub fn new(scene: &Scene) -> Self {
        let (middle, reach) = scene.stage;
        let sun = scene.sun;
        let across = sun.any_orthonormal_vector();
        let axes = [across, sun.cross(across)];
        let side = 224;
        let mut map = Self { sun, axes, middle, reach, side, nearest: vec![f32::MIN; side * side] };
        for solid in &scene.solids {
            // A lamp casts no shadow of itself.
            if scene.materials[solid.material].glow <= 0.0 {
                map.add(solid);
            }
        }
        map
    }

    fn grid(&self, p: Vec3) -> [f32; 2] {
        let offset = p - self.middle;
        self.axes.map(|axis| (offset.dot(axis) / self.reach * 0.5 + 0.5) * self.side as f32)
    }

    fn add(&mut self, solid: &Solid) {
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for corner in 0..8 {
            let sign = |bit: usize| if corner >> bit & 1 == 1 { 1.0 } else { -1.0 };
            let at =
                self.grid(solid.to_world.transform_point3(Vec3::new(sign(0), sign(1), sign(2))));
            for axis in 0..2 {
                low[axis] = low[axis].min(at[axis]);
                high[axis] = high[axis].max(at[axis]);
            }
        }
        let side = self.side as f32;
        if high[0] < 0.0 || high[1] < 0.0 || low[0] >= side || low[1] >= side {
            return;
        }
        let cut = |v: f32| v.clamp(0.0, side - 1.0) as usize;
        let far = 1000.0;
        for v in cut(low[1])..=cut(high[1]) {
            for u in cut(low[0])..=cut(high[0]) {
                let place = |i: usize| ((i as f32 + 0.5) / side * 2.0 - 1.0) * self.reach;
                let origin = self.middle
                    + self.axes[0] * place(u)
                    + self.axes[1] * place(v)
                    + self.sun * far;
                if let Some(hit) = solid.meet(origin, -self.sun) {
                    let height = &mut self.nearest[v * self.side + u];
                    *height = height.max(far - hit.t);
                }
            }
        }
    }

    /// Share of the sun's light that reaches a place in the world, 0..1.
    pub fn light(&self, p: Vec3) -> f32 {
        let [u, v] = self.grid(p);
        let side = self.side as f32;
        if u < 1.0 || v < 1.0 || u >= side - 1.0 || v >= side - 1.0 {
            return 1.0;
        }
        let slack = 3.0 * self.reach / side;
        let height = (p - self.middle).dot(self.sun);
        let mut lit = 0.0;
        for (du, dv) in [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)] {
            let at = (v + dv) as usize * self.side + (u + du) as usize;
            lit += if self.nearest[at] > height + slack { 0.0 } else { 0.25 };
        }
        lit
    }
}
