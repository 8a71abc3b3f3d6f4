// SPDX-License-Identifier: MIT OR Apache-2.0
//! What no other grammar draws: any subject before anything, and shapes without sense.

use glam::{Quat, Vec3};

use super::{ahead, close, focus, studio, walker};
use crate::{
    dice::Dice,
    kit::{bar, stuff, yaw},
    material::Material,
    scene::{Camera, Scene},
    sky::Sky,
    solid::{Cut, Form},
};

/// A thing of many parts, about `size` metres, round a place.
fn contraption(scene: &mut Scene, dice: &Dice, at: Vec3, size: f32) {
    let kinds = [0, 1, 2].map(|_| {
        let stuff = stuff::anything(dice);
        scene.material(Material { scale: dice.range(2.0, 8.0) / size, ..stuff })
    });
    let symmetric = dice.chance(0.6);
    for _ in 0..dice.count(2, 10) {
        let place = size * 0.6 * dice.cube();
        let half =
            size * Vec3::new(dice.scale(0.06, 0.6), dice.scale(0.06, 0.6), dice.scale(0.06, 0.5));
        let form = match dice.count(0, 4) {
            0 => Form::Block,
            1 => Form::Frustum { top: dice.range(0.1, 1.3) },
            _ => {
                Form::Ball { rough: dice.range(0.0, 0.4), detail: dice.range(1.5, 6.0), holes: 0.0 }
            }
        };
        let (kind, angle) = (dice.pick(&kinds), dice.range(-1.5, 1.5));
        for side in if symmetric { &[1.0, -1.0][..] } else { &[1.0][..] } {
            let place = place * Vec3::new(*side, 1.0, 1.0);
            scene.put(form, at + place, half, Quat::from_rotation_z(side * angle), kind);
        }
    }
    for _ in 0..dice.count(0, 4) {
        let tip = at + size * 1.2 * dice.cube();
        let thick = size * dice.range(0.02, 0.1);
        bar(scene, at, tip, (thick, dice.range(0.3, 1.0) * thick), kinds[0]);
    }
}

/// A subject of no kind before a backdrop, a sky or on a ground.
pub fn subject(dice: &Dice) -> Scene {
    let size = dice.scale(0.1, 3.0);
    let far = size * dice.range(2.0, 6.0);
    let mut scene;
    if dice.chance(0.5) {
        let mut camera = walker(dice, (0.5, 1.5), (-20.0, 5.0));
        camera.at *= size * 2.0;
        scene = Scene::under(Sky::any(dice), camera);
        let floor = if dice.chance(0.5) { stuff::grass(dice) } else { stuff::paving(dice) };
        scene.floor = Some((0.0, Material { scale: floor.scale / size, ..floor }));
        for _ in 0..dice.count(1, 3) {
            let foot = ahead(&scene, far * dice.range(0.9, 2.0), dice.range(-0.4, 0.4));
            contraption(&mut scene, dice, foot + Vec3::Y * 0.7 * size, size);
        }
    } else {
        let camera = Camera::new(
            Vec3::ZERO,
            0.0,
            dice.range(-20.0, 20.0),
            dice.range(-8.0, 8.0),
            dice.range(30.0, 65.0),
        );
        scene = Scene::under(Sky::any(dice), camera);
        let at = scene.camera.axes[2] * far + size * 0.6 * dice.cube();
        contraption(&mut scene, dice, at, size);
        if dice.chance(0.7) {
            close::backdrop(&mut scene, dice, far);
        }
    }
    if dice.chance(0.3) {
        studio(&mut scene, dice, 0.8);
    }
    scene.stage = (ahead(&scene, far, 0.0), 3.0 * size);
    if dice.chance(0.6) {
        focus(&mut scene, far, dice.scale(0.4, 5.0));
    }
    scene
}

/// Solids and sheets anywhere, before a wall or a sky, at times with a floor.
pub fn shapes(dice: &Dice) -> Scene {
    let camera = Camera::new(
        Vec3::Y * 1.5,
        0.0,
        dice.range(-30.0, 25.0),
        dice.range(-20.0, 20.0),
        dice.range(30.0, 90.0),
    );
    let mut scene = Scene::under(Sky::any(dice), camera);
    scene.stage = (ahead(&scene, 6.0, 0.0), 9.0);
    if dice.chance(0.4) {
        let floor = stuff::anything(dice);
        scene.floor = Some((0.0, floor));
    }
    let [right, up, forward] = scene.camera.axes;
    if dice.chance(0.5) {
        let wall = stuff::anything(dice);
        let wall = scene.material(wall);
        let at = scene.camera.at + forward * dice.range(6.0, 20.0);
        scene.put(Form::Block, at, Vec3::new(40.0, 40.0, 0.1), yaw(dice.range(-0.9, 0.9)), wall);
    }
    let kinds = [0; 6].map(|_| {
        let stuff = if dice.chance(0.2) { stuff::any_leaves(dice) } else { stuff::anything(dice) };
        scene.material(stuff)
    });
    for _ in 0..dice.count(4, 30) {
        let far = dice.scale(1.5, 16.0);
        let place = scene.camera.at
            + far * (forward + 0.7 * (right * dice.range(-1.0, 1.0) + up * dice.range(-0.8, 0.8)));
        let half =
            far * Vec3::new(dice.scale(0.02, 0.25), dice.scale(0.02, 0.3), dice.scale(0.02, 0.2));
        let form = match dice.count(0, 6) {
            0 => Form::Block,
            1 => Form::Frustum { top: dice.range(0.0, 1.2) },
            2 => Form::Card(Cut::Ragged),
            3 => Form::Card(dice.pick(&[
                Cut::Disc,
                Cut::Leaf,
                Cut::Petals(5),
                Cut::Lattice { columns: 6, rows: 8 },
                Cut::Wheel { inner: 0.8, spokes: 6 },
            ])),
            4 => Form::Ball { rough: 0.5, detail: 4.0, holes: 0.6 },
            _ => {
                Form::Ball { rough: dice.range(0.0, 0.5), detail: dice.range(1.5, 7.0), holes: 0.0 }
            }
        };
        let turn = Quat::from_rotation_z(dice.range(-1.6, 1.6)) * yaw(dice.range(-1.2, 1.2));
        let kind = dice.pick(&kinds);
        scene.put(form, place, half, turn, kind);
    }
    if dice.chance(0.4) {
        focus(&mut scene, dice.range(2.0, 8.0), dice.scale(0.3, 3.0));
    }
    scene
}

/// One surface that fills the picture: a wall, boards, cloth, a floor, seen at a slant, at times
/// with a step in it or things on it.
pub fn surface(dice: &Dice) -> Scene {
    let size = dice.scale(0.2, 3.0);
    let pitch = dice.range(-85.0, -12.0);
    let view = dice.range(25.0, 60.0);
    let at = Vec3::Y * size;
    let camera = Camera::new(at, 0.0, pitch, dice.range(-40.0, 40.0), view);
    let mut scene = Scene::under(Sky::overcast(dice), camera);
    studio(&mut scene, dice, 0.9);
    let material = match dice.count(0, 3) {
        0 => stuff::wall(dice),
        1 => stuff::wood(dice),
        2 => stuff::snow(dice),
        _ => stuff::anything(dice),
    };
    let scale = material.scale * dice.scale(0.5, 3.0) / size;
    scene.floor = Some((0.0, Material { scale, ..material }));
    let middle = ahead(&scene, size / pitch.to_radians().abs().tan(), 0.0);
    scene.stage = (middle, 3.0 * size);
    if dice.chance(0.4) {
        let step = scene.material(Material { scale, ..material });
        let turn = yaw(dice.range(-1.6, 1.6));
        let at = middle + turn * Vec3::X * size * dice.range(0.6, 3.0);
        let half = size * Vec3::new(dice.range(0.3, 2.0), dice.range(0.01, 0.3), 30.0);
        scene.put(Form::Block, at, half, turn, step);
    }
    for _ in 0..dice.count(0, 5) {
        let at = middle + size * Vec3::new(dice.range(-0.8, 0.8), 0.0, dice.range(-0.8, 0.8));
        contraption(&mut scene, dice, at, size * dice.range(0.04, 0.2));
    }
    if dice.chance(0.5) {
        focus(&mut scene, 1.2 * size, dice.scale(0.3, 3.0));
    }
    scene
}
