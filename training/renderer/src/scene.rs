// SPDX-License-Identifier: MIT OR Apache-2.0
//! A scene: camera, solids, ground, water, sky, light and lens.

use glam::{Quat, Vec3};

use crate::{
    material::Material,
    sky::Sky,
    solid::{Form, Solid},
    terrain::Terrain,
};

/// Where the picture is taken from. The world has y up and z forward; lengths are metres.
#[derive(Clone, Copy)]
pub struct Camera {
    /// Its place.
    pub at: Vec3,
    /// Axes: right, up, forward.
    pub axes: [Vec3; 3],
    /// Tangent of half the angle of view of the long side.
    pub tangent: f32,
}

impl Camera {
    /// At `at`, turned right by `yaw`, up by `pitch`, and clockwise by `roll`, all in degrees.
    pub fn new(at: Vec3, yaw: f32, pitch: f32, roll: f32, view: f32) -> Self {
        let turn = Quat::from_rotation_y(yaw.to_radians())
            * Quat::from_rotation_x(-pitch.to_radians())
            * Quat::from_rotation_z(-roll.to_radians());
        let tangent = (view.to_radians() / 2.0).tan();
        Self { at, axes: [turn * Vec3::X, turn * Vec3::Y, turn * Vec3::Z], tangent }
    }
}

/// Water that lies level.
pub struct Water {
    /// Height in metres.
    pub level: f32,
    /// Linear colour of its depth.
    pub colour: Vec3,
    /// Slope of its waves.
    pub ripple: f32,
    /// Waves in a metre.
    pub scale: f32,
    /// Share of crests that foam.
    pub foam: f32,
}

/// A small lamp.
#[derive(Clone, Copy)]
pub struct Lamp {
    /// Its place.
    pub at: Vec3,
    /// Linear colour times strength at one metre.
    pub light: Vec3,
}

/// What the lens and the artist do to a picture.
#[derive(Clone, Copy)]
pub struct Lens {
    /// Distance in focus, in metres.
    pub focus: f32,
    /// Blur of what is infinitely far when focused at one metre, as a share of the width.
    pub aperture: f32,
    /// Strength of bloom.
    pub bloom: f32,
    /// Radius in pixels of flat strokes, as of a painter; 0 for none.
    pub paint: usize,
    /// Levels of brightness, as of a poster; 0 for all.
    pub levels: u32,
    /// Strength of dark lines at cliffs of depth.
    pub ink: f32,
}

/// A scene.
pub struct Scene {
    /// Where it is seen from.
    pub camera: Camera,
    /// Solids in it.
    pub solids: Vec<Solid>,
    /// Their materials.
    pub materials: Vec<Material>,
    /// Level ground: its height in metres and its material.
    pub floor: Option<(f32, Material)>,
    /// Ground with hills.
    pub terrain: Option<Terrain>,
    /// Water.
    pub water: Option<Water>,
    /// What is behind all.
    pub sky: Sky,
    /// Where most light comes from: towards it, of length 1.
    pub sun: Vec3,
    /// Its linear colour.
    pub sunlight: Vec3,
    /// Light from above and from below.
    pub ambient: [Vec3; 2],
    /// Small lamps.
    pub lamps: Vec<Lamp>,
    /// Haze: share lost in a metre.
    pub haze: f32,
    /// The middle and the radius (metres) of what casts shadows.
    pub stage: (Vec3, f32),
    /// Lens and artist.
    pub lens: Lens,
    /// Mean brightness of the finished picture, linear.
    pub exposure: f32,
}

impl Scene {
    /// Nothing but a sky, lit by it.
    pub fn under(sky: Sky, camera: Camera) -> Self {
        let above = (sky.zenith + sky.horizon) * 0.5;
        // Light from all round is greyer than what it comes from.
        let above = above.lerp(Vec3::splat(above.element_sum() / 3.0), 0.5);
        Self {
            camera,
            solids: Vec::new(),
            materials: Vec::new(),
            floor: None,
            terrain: None,
            water: None,
            sky,
            sun: sky.sun,
            sunlight: sky.sunlight,
            ambient: [above, above * 0.35],
            lamps: Vec::new(),
            haze: 0.0,
            stage: (camera.at + camera.axes[2] * 8.0, 14.0),
            lens: Lens { focus: 1.0, aperture: 0.0, bloom: 0.0, paint: 0, levels: 0, ink: 0.0 },
            exposure: 0.22,
        }
    }

    /// Adds a material and gives its number.
    pub fn material(&mut self, material: Material) -> usize {
        self.materials.push(material);
        self.materials.len() - 1
    }

    /// Adds a solid: its form, middle, half sides in metres, turn, and material.
    pub fn put(&mut self, form: Form, centre: Vec3, half: Vec3, turn: Quat, material: usize) {
        let seed = (self.solids.len() % 97) as f32 * 7.31;
        self.solids.push(Solid::new(form, centre, half, turn, material, seed));
    }

    /// Height of the ground in metres.
    pub fn ground(&self, x: f32, z: f32) -> f32 {
        match (&self.terrain, &self.floor) {
            (Some(terrain), _) => terrain.height(x, z),
            (None, Some((height, _))) => *height,
            (None, None) => 0.0,
        }
    }
}
