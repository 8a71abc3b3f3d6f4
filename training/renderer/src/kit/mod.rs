// SPDX-License-Identifier: MIT OR Apache-2.0
//! Things that grammars put together: plants, buildings, people, goods.

pub mod built;
pub mod goods;
pub mod living;
pub mod plants;
pub mod stuff;

use glam::{Quat, Vec3};

use crate::{scene::Scene, solid::Form};

/// A turn about the vertical, in radians.
pub fn yaw(angle: f32) -> Quat {
    Quat::from_rotation_y(angle)
}

/// A ball with a whole outline.
pub const SMOOTH: Form = Form::Ball { rough: 0.0, detail: 1.0, holes: 0.0 };

/// A round bar from one place to another, with these radii in metres.
pub fn bar(scene: &mut Scene, from: Vec3, to: Vec3, radii: (f32, f32), material: usize) {
    let along = to - from;
    let length = along.length().max(1e-3);
    let turn = Quat::from_rotation_arc(Vec3::Y, along / length);
    let half = Vec3::new(radii.0, length / 2.0, radii.0);
    let form = Form::Frustum { top: radii.1 / radii.0 };
    scene.put(form, (from + to) / 2.0, half, turn, material);
}

/// A box that stands on a place.
pub fn block(scene: &mut Scene, foot: Vec3, half: Vec3, turn: f32, material: usize) {
    scene.put(Form::Block, foot + Vec3::Y * half.y, half, yaw(turn), material);
}

/// A ball round a place.
pub fn ball(scene: &mut Scene, at: Vec3, half: Vec3, material: usize) {
    scene.put(SMOOTH, at, half, Quat::IDENTITY, material);
}

/// A ball with a ragged outline round a place.
pub fn lump(scene: &mut Scene, at: Vec3, half: Vec3, rough: f32, detail: f32, material: usize) {
    scene.put(Form::Ball { rough, detail, holes: 0.0 }, at, half, Quat::IDENTITY, material);
}
