// SPDX-License-Identifier: MIT OR Apache-2.0
//! Portraits, groups, animals.

use glam::Vec3;

use super::{ahead, close, focus, studio, walker, woods};
use crate::{
    dice::Dice,
    kit::{block, built, goods, living, plants::Grove, stuff},
    scene::{Camera, Scene},
    sky::Sky,
};

/// Head and shoulders before something that is often blurred.
pub fn portrait(dice: &Dice) -> Scene {
    let far = dice.scale(0.55, 2.2);
    let camera = Camera::new(
        Vec3::new(0.0, 1.6 + dice.range(-0.1, 0.15), 0.0),
        dice.range(-7.0, 7.0),
        dice.range(-12.0, 3.0),
        dice.range(-5.0, 5.0),
        dice.range(32.0, 60.0),
    );
    let mut scene = Scene::under(Sky::any(dice), camera);
    let people = if dice.chance(0.25) { dice.count(2, 3) } else { 1 };
    for i in 0..people {
        let side = if people == 1 { dice.range(-0.15, 0.15) } else { (i as f32 - 0.5) * 0.55 };
        let at = Vec3::new(
            side,
            1.6 + dice.range(-0.12, 0.05),
            far + 0.3 * i as f32 * dice.range(0.0, 1.0),
        );
        let turn = dice.range(-0.6, 0.6);
        living::bust(&mut scene, dice, at, turn);
    }
    scene.stage = (Vec3::new(0.0, 1.4, far), 2.2);
    if dice.chance(0.5) {
        studio(&mut scene, dice, 0.9);
    }
    behind(&mut scene, dice, far);
    if dice.chance(0.3) {
        // Something held or standing in front.
        let at = Vec3::new(dice.range(-0.3, 0.3), 1.15, far * 0.72);
        let size = dice.range(0.08, 0.22);
        goods::thing(&mut scene, dice, at, size);
    }
    if dice.chance(0.75) {
        focus(&mut scene, far, dice.range(0.4, 4.0));
    }
    scene
}

/// What is behind a subject at `far` metres: a wall, a room, a garden, a street.
fn behind(scene: &mut Scene, dice: &Dice, far: f32) {
    match dice.pick(&[0, 0, 1, 2, 3]) {
        0 => wall(scene, dice, far),
        1 => study(scene, dice, far),
        2 => green(scene, dice, far),
        _ => town(scene, dice, far),
    }
}

/// A wall with pictures, and things before it.
fn wall(scene: &mut Scene, dice: &Dice, far: f32) {
    let wall = if dice.chance(0.5) { stuff::wall(dice) } else { stuff::cloth(dice) };
    let wall = scene.material(wall);
    let z = far * dice.range(1.3, 4.0);
    block(scene, Vec3::new(0.0, 0.0, z), Vec3::new(20.0, 4.0, 0.1), dice.range(-0.5, 0.5), wall);
    for _ in 0..dice.count(0, 3) {
        let at = Vec3::new(dice.range(-0.6, 0.6) * z, dice.range(1.2, 2.4), z - 0.15);
        goods::framed(scene, dice, at, (0.4, 0.3), 0.0, false);
    }
    for _ in 0..dice.count(0, 3) {
        let foot = Vec3::new(dice.range(-0.5, 0.5) * z, dice.range(0.6, 1.3), z * 0.85);
        let tall = dice.range(0.3, 1.2);
        built::tower(scene, dice, foot, tall);
    }
}

/// A floor, and a wall of books.
fn study(scene: &mut Scene, dice: &Dice, far: f32) {
    let floor = stuff::wood(dice);
    scene.floor = Some((0.0, floor));
    let wall = stuff::wall(dice);
    let wall = scene.material(wall);
    let z = far + dice.range(1.5, 5.0);
    block(scene, Vec3::new(0.0, 0.0, z), Vec3::new(12.0, 2.0, 0.1), 0.0, wall);
    for _ in 0..dice.count(1, 6) {
        let foot = Vec3::new(dice.range(-0.6, 0.6) * z, 0.0, z - 0.3);
        goods::shelf(scene, dice, foot, (0.6, 1.0), 0.0);
    }
}

/// Grass and bushes.
fn green(scene: &mut Scene, dice: &Dice, far: f32) {
    let floor = stuff::grass(dice);
    scene.floor = Some((0.0, floor));
    let grove = Grove::new(scene, dice);
    for _ in 0..dice.count(4, 20) {
        let foot = Vec3::new(dice.range(-8.0, 8.0), 0.0, far + dice.scale(1.5, 25.0));
        let size = dice.range(0.7, 2.2);
        grove.bush(scene, dice, foot, size);
    }
    woods::tree_line(scene, dice, &grove);
}

/// Houses and people in a street.
fn town(scene: &mut Scene, dice: &Dice, far: f32) {
    let floor = stuff::paving(dice);
    scene.floor = Some((0.0, floor));
    for i in 0..dice.count(2, 7) {
        let side = if i % 2 == 0 { -1.0 } else { 1.0 };
        let foot = Vec3::new(side * dice.range(4.0, 12.0), 0.0, far + dice.scale(5.0, 40.0));
        built::house(scene, dice, foot, Vec3::new(3.5, 5.0, 5.0), dice.range(-0.2, 0.2), 0.0);
    }
    for _ in 0..dice.count(0, 4) {
        let foot = Vec3::new(dice.range(-5.0, 5.0), 0.0, far + dice.scale(2.0, 15.0));
        let turn = dice.range(0.0, 6.0);
        living::person(scene, dice, foot, 1.7, turn);
    }
}

/// Some people, whole, on ground.
pub fn group(dice: &Dice) -> Scene {
    let camera = walker(dice, (1.0, 2.4), (-12.0, 3.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let floor = match dice.count(0, 3) {
        0 => stuff::paving(dice),
        1 => stuff::sand(dice),
        _ => stuff::grass(dice),
    };
    scene.floor = Some((0.0, floor));
    scene.haze = dice.scale(0.0005, 0.008);
    let far = dice.scale(2.2, 9.0);
    scene.stage = (ahead(&scene, far, 0.0), 8.0);
    for _ in 0..dice.count(1, 7) {
        let foot = ahead(&scene, far * dice.scale(0.8, 2.2), dice.range(-0.55, 0.55));
        let (tall, turn) = (dice.range(1.1, 1.9), dice.range(-3.1, 3.1));
        living::person(&mut scene, dice, foot, tall, turn);
    }
    for _ in 0..dice.count(0, 3) {
        let foot = ahead(&scene, far * dice.range(0.7, 2.0), dice.range(-0.6, 0.6));
        let size = dice.range(0.15, 0.5);
        match dice.count(0, 2) {
            0 => goods::thing(&mut scene, dice, foot, size),
            1 => living::beast(&mut scene, dice, foot, 0.6, size * 9.0),
            _ => goods::chair(&mut scene, dice, foot, size * 9.0),
        }
    }
    behind(&mut scene, dice, 2.0 * far);
    if dice.chance(0.3) {
        focus(&mut scene, far, dice.range(0.2, 1.5));
    }
    scene
}

/// An animal on the ground.
pub fn animal(dice: &Dice) -> Scene {
    let tall = dice.scale(0.25, 1.6);
    let far = tall * dice.range(2.0, 6.0);
    let pitch = dice.range(-25.0, 2.0_f32);
    let height = (0.6 * tall + far * (-pitch).to_radians().tan()).max(0.15 * tall);
    let camera =
        Camera::new(Vec3::Y * height, 0.0, pitch, dice.range(-4.0, 4.0), dice.range(30.0, 65.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let floor = match dice.count(0, 4) {
        0 => stuff::paving(dice),
        1 => stuff::sand(dice),
        2 => stuff::snow(dice),
        _ => stuff::grass(dice),
    };
    scene.floor = Some((0.0, floor));
    scene.stage = (ahead(&scene, far, 0.0), 4.0 * tall);
    for i in 0..dice.count(1, 3) {
        let further = if i == 0 { 1.0 } else { dice.range(1.2, 3.0) };
        let side = if i == 0 { dice.range(-0.15, 0.15) } else { dice.range(-0.5, 0.5) };
        let foot = ahead(&scene, far * further, side);
        let (size, turn) = (tall * dice.range(0.7, 1.1), dice.range(-3.1, 3.1));
        living::beast(&mut scene, dice, foot, size, turn);
    }
    behind(&mut scene, dice, far + 2.0);
    woods::grass_in_front(&mut scene, dice, 0.4);
    if dice.chance(0.6) {
        focus(&mut scene, far, dice.range(0.4, 3.0));
    }
    scene
}

/// The head of a cat or dog close up.
pub fn pet(dice: &Dice) -> Scene {
    let size = dice.range(0.05, 0.12);
    let far = size * dice.range(3.6, 8.0);
    let camera = Camera::new(
        Vec3::Y * 0.4,
        dice.range(-9.0, 9.0),
        dice.range(-14.0, 8.0),
        dice.range(-12.0, 12.0),
        dice.range(30.0, 48.0),
    );
    let mut scene = Scene::under(Sky::overcast(dice), camera);
    if dice.chance(0.8) {
        studio(&mut scene, dice, 0.9);
    }
    let at = Vec3::new(dice.range(-0.4, 0.4) * size, 0.4 + dice.range(-0.3, 0.5) * size, far);
    scene.stage = (at, 5.0 * size);
    let turn = dice.range(-0.9, 0.9);
    living::muzzle(&mut scene, dice, at, size, turn);
    close::backdrop(&mut scene, dice, far);
    if dice.chance(0.8) {
        focus(&mut scene, far, dice.range(0.6, 4.0));
    }
    scene
}
