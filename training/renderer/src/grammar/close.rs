// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flowers and insects close up.

use glam::{Quat, Vec3};

use super::{focus, studio};
use crate::{
    class::Class,
    dice::Dice,
    kit::{
        bar, living, lump, plants,
        plants::{Flowers, Grove},
        stuff, yaw,
    },
    material::{Material, Pattern},
    scene::{Camera, Scene},
    sky::Sky,
    solid::{Cut, Form},
};

/// Blobs of colour, leaves or a plain wall behind what is at `far` metres, to be blurred.
pub fn backdrop(scene: &mut Scene, dice: &Dice, far: f32) {
    let z = far * dice.range(1.6, 6.0);
    let wall = match dice.count(0, 3) {
        0 => Material::plain(dice.colour((0.0, 1.0), (0.0, 0.5), (0.0, 0.25))),
        1 => Material { scale: 2.0 / z, ..stuff::anything(dice) },
        _ => Material { scale: dice.scale(8.0, 30.0) / z, ..stuff::any_leaves(dice) },
    };
    let wall = scene.material(wall);
    let (at, axes) = (scene.camera.at, scene.camera.axes);
    let turn = Quat::from_rotation_arc(Vec3::Z, axes[2]);
    if dice.chance(0.93) {
        scene.put(Form::Block, at + axes[2] * 2.0 * z, Vec3::new(4.0, 4.0, 0.02) * z, turn, wall);
    }
    let kinds = [0, 1, 2].map(|i| {
        let stuff = match i {
            0 => stuff::any_leaves(dice),
            1 => stuff::petals(dice),
            _ => stuff::anything(dice),
        };
        scene.material(Material { scale: dice.scale(4.0, 25.0) / z, ..stuff })
    });
    for _ in 0..dice.count(2, 18) {
        let (x, y) = (dice.range(-1.0, 1.0), dice.range(-0.9, 0.7));
        let deep = z * dice.range(0.8, 1.8);
        let place = at + deep * (axes[2] + 0.55 * (axes[0] * x + axes[1] * y));
        let size = z * dice.scale(0.04, 0.3);
        let kind = dice.pick(&kinds);
        lump(scene, place, size * (Vec3::ONE + 0.4 * dice.cube()), 0.4, 3.0, kind);
    }
}

/// A camera that looks at the origin from `far` metres, from the front and above.
fn looking(dice: &Dice, far: f32, pitch: (f32, f32)) -> Camera {
    let (turn, tilt) = (dice.range(-12.0, 12.0), dice.range(pitch.0, pitch.1));
    let view = dice.range(25.0, 52.0);
    let camera = Camera::new(Vec3::ZERO, turn, tilt, dice.range(-10.0, 10.0), view);
    let [right, up, forward] = camera.axes;
    let aside = far * camera.tangent * 0.5;
    let at =
        -forward * far + right * aside * dice.range(-1.0, 1.0) + up * aside * dice.range(-0.6, 0.6);
    Camera { at, ..camera }
}

/// One or some flowers, very near.
pub fn flowers(dice: &Dice) -> Scene {
    let far = dice.scale(0.12, 0.8);
    let camera = looking(dice, far, (-50.0, 8.0));
    let sky = Sky::any(dice);
    let mut scene = Scene::under(sky, camera);
    scene.stage = (Vec3::ZERO, 1.5 * far);
    let kind = Flowers::new(&mut scene, dice);
    let size = far * dice.scale(0.06, 0.6);
    let toward = scene.camera.at.normalize_or(Vec3::Z);
    let heads = if dice.chance(0.45) { 1 } else { dice.count(2, 16) };
    for i in 0..heads {
        let spread = if i == 0 { 0.05 } else { 0.7 };
        let head = far
            * spread
            * Vec3::new(dice.range(-1.0, 1.0), dice.range(-0.6, 0.5), dice.range(-0.4, 1.6));
        let foot = head + Vec3::new(dice.range(-0.15, 0.15), -0.9, dice.range(0.0, 0.3)) * far;
        let face = (toward * dice.range(0.2, 1.0) + 0.6 * dice.cube() + Vec3::Y * 0.4)
            .normalize_or(Vec3::Y);
        kind.flower(&mut scene, dice, foot, head, size * dice.range(0.7, 1.2), face);
    }
    for _ in 0..dice.count(0, 14) {
        let at =
            far * Vec3::new(dice.range(-0.8, 0.8), dice.range(-0.7, -0.1), dice.range(-0.2, 1.2));
        let length = far * dice.range(0.2, 0.7);
        kind.leaf(&mut scene, dice, at, length);
    }
    below(&mut scene, dice, far);
    if dice.chance(0.2) {
        let at = Vec3::new(0.0, 0.12 * size, -0.1 * size);
        living::insect(&mut scene, dice, at, 0.4 * size, yaw(0.5));
    }
    focus(&mut scene, far, dice.scale(0.3, 6.0));
    scene
}

/// Ground, grass or a backdrop under and behind plants.
fn below(scene: &mut Scene, dice: &Dice, far: f32) {
    match dice.count(0, 3) {
        0 => {
            let grass = stuff::grass(dice);
            scene.floor = Some((-0.5 * far, Material { scale: grass.scale / far, ..grass }));
            plants::blades(scene, dice, Vec3::new(0.0, -0.5 * far, 0.8 * far), far, 0.6 * far, 120);
        }
        1 => {
            let grass = stuff::grass(dice);
            scene.floor = Some((-0.8 * far, Material { scale: 2.0 / far, ..grass }));
            let grove = Grove::new(scene, dice);
            for _ in 0..dice.count(3, 12) {
                let foot = far * Vec3::new(dice.range(-4.0, 4.0), -0.8, dice.range(2.0, 9.0));
                grove.bush(scene, dice, foot, far);
            }
        }
        _ => backdrop(scene, dice, far),
    }
}

/// An insect on a stalk, a leaf or a petal; or drops on a leaf.
pub fn insect(dice: &Dice) -> Scene {
    let far = dice.scale(0.05, 0.25);
    let camera = looking(dice, far, (-65.0, -5.0));
    let mut scene = Scene::under(Sky::day(dice), camera);
    scene.stage = (Vec3::ZERO, 1.5 * far);
    if dice.chance(0.4) {
        studio(&mut scene, dice, 0.9);
    }
    let green =
        if dice.chance(0.7) { stuff::leaves(dice, (0.2, 0.36)) } else { stuff::petals(dice) };
    let pattern = dice.pick(&[Pattern::Fur, Pattern::Mottled, Pattern::Plain]);
    let leaf =
        Material { pattern, scale: dice.range(2.0, 8.0) / far, bump: 0.2, gloss: 0.2, ..green };
    let leaf = scene.material(leaf);
    if dice.chance(0.5) {
        let lean = dice.range(-1.0, 1.0);
        let (from, to) = (far * Vec3::new(-1.2, -lean, 0.1), far * Vec3::new(1.2, lean, -0.1));
        let thick = far * dice.range(0.015, 0.06);
        bar(&mut scene, from, to, (thick, 0.7 * thick), leaf);
        let turn = Quat::from_rotation_z(lean.atan2(1.2)) * yaw(1.57);
        living::insect(&mut scene, dice, Vec3::Y * thick, far * dice.range(0.1, 0.3), turn);
    } else {
        let turn = Quat::from_rotation_x(dice.range(1.2, 1.8))
            * Quat::from_rotation_z(dice.range(-0.8, 0.8));
        let half = Vec3::new(dice.range(0.2, 0.6) * far, far, 1.0);
        scene.put(Form::Card(Cut::Leaf), Vec3::ZERO, half, turn, leaf);
        if dice.chance(0.6) {
            living::insect(
                &mut scene,
                dice,
                Vec3::Y * 0.02 * far,
                far * dice.range(0.12, 0.35),
                yaw(dice.range(0.0, 6.0)),
            );
        }
        let drop = scene.material(Material {
            class: Class::Water,
            ..Material::plain(Vec3::new(0.3, 0.45, 0.35)).finished(0.0, 1.0)
        });
        for _ in 0..dice.count(0, 12) {
            let at = far * Vec3::new(dice.range(-0.3, 0.3), 0.01, dice.range(-0.7, 0.7));
            let size = far * dice.range(0.015, 0.05);
            crate::kit::ball(&mut scene, at, Vec3::new(1.0, 0.7, 1.0) * size, drop);
        }
    }
    for _ in 0..dice.count(0, 9) {
        let turn = Quat::from_rotation_z(dice.range(-1.5, 1.5))
            * Quat::from_rotation_x(dice.range(-1.0, 1.0));
        let at =
            far * Vec3::new(dice.range(-0.8, 0.8), dice.range(-0.6, 0.4), dice.range(-0.3, 1.6));
        scene.put(Form::Card(Cut::Leaf), at, Vec3::new(0.09 * far, 0.5 * far, 1.0), turn, leaf);
    }
    backdrop(&mut scene, dice, far);
    focus(&mut scene, far, dice.scale(0.8, 6.0));
    scene
}
