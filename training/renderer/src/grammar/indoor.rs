// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rooms, halls, table tops.

use std::f32::consts::FRAC_PI_2;

use glam::Vec3;

use super::{focus, studio};
use crate::{
    dice::Dice,
    kit::{bar, block, built, goods, living, stuff},
    scene::{Camera, Lamp, Scene},
    sky::Sky,
};

/// Walls, floor and ceiling of a room round the origin: half its width, its height, its far end.
fn shell(scene: &mut Scene, dice: &Dice, half: f32, height: f32, far: f32) {
    let floor = match dice.count(0, 2) {
        0 => stuff::paving(dice),
        1 => stuff::cloth(dice),
        _ => stuff::wood(dice),
    };
    scene.floor = Some((0.0, floor));
    let (walls, ceiling) = (stuff::wall(dice), stuff::wall(dice));
    let walls = scene.material(walls);
    let other = if dice.chance(0.3) { stuff::wall(dice) } else { scene.materials[walls] };
    let (other, ceiling) = (scene.material(other), scene.material(ceiling));
    let middle = far / 2.0;
    block(scene, Vec3::new(-half - 0.1, 0.0, middle), Vec3::new(0.1, height, far), 0.0, other);
    block(scene, Vec3::new(half + 0.1, 0.0, middle), Vec3::new(0.1, height, far), 0.0, walls);
    block(scene, Vec3::new(0.0, 0.0, far + 0.1), Vec3::new(half * 2.0, height, 0.1), 0.0, walls);
    block(scene, Vec3::new(0.0, height, middle), Vec3::new(half * 2.0, 0.1, far), 0.0, ceiling);
}

/// A room with furniture, pictures, a window, a lamp.
pub fn room(dice: &Dice) -> Scene {
    let (half, height, far) = (dice.range(1.6, 4.5), dice.range(2.3, 3.6), dice.range(3.0, 8.0));
    let at = Vec3::new(dice.range(-0.5, 0.5) * half, dice.range(0.8, 2.0), dice.range(0.0, 0.8));
    let turn = dice.range(-28.0, 28.0);
    let camera = Camera::new(
        at,
        turn,
        dice.range(-22.0, 6.0),
        dice.range(-3.0, 3.0),
        dice.range(50.0, 95.0),
    );
    let mut scene = Scene::under(Sky::overcast(dice), camera);
    shell(&mut scene, dice, half, height, far);
    studio(&mut scene, dice, 0.5);
    // The sun comes in through nothing here: only soft light and lamps.
    scene.sunlight *= 0.25;
    scene.stage = (Vec3::new(0.0, 1.0, far / 2.0), 0.75 * far);
    for _ in 0..dice.count(1, 3) {
        let light = Vec3::new(1.0, 0.8, 0.55) * dice.range(0.4, 2.5);
        let at = Vec3::new(dice.range(-0.8, 0.8) * half, height - 0.4, dice.range(0.2, 0.9) * far);
        scene.lamps.push(Lamp { at, light });
        if dice.chance(0.6) {
            let bulb = stuff::glow(dice);
            let bulb = scene.material(bulb);
            bar(&mut scene, at + Vec3::Y * 0.15, at + Vec3::Y * 0.45, (0.18, 0.1), bulb);
        }
    }
    decorate(&mut scene, dice, half, height, far);
    for _ in 0..dice.count(3, 10) {
        let foot = Vec3::new(dice.range(-0.85, 0.85) * half, 0.0, dice.range(0.25, 0.92) * far);
        furnish(&mut scene, dice, foot);
    }
    if dice.chance(0.35) {
        let foot = Vec3::new(dice.range(-0.5, 0.5) * half, 0.0, dice.range(0.35, 0.8) * far);
        let turn = dice.range(-1.5, 1.5);
        living::person(&mut scene, dice, foot, 1.7, turn);
    }
    scene.exposure = dice.range(0.12, 0.35);
    scene
}

fn furnish(scene: &mut Scene, dice: &Dice, foot: Vec3) {
    let turn = dice.pick(&[0.0, 0.0, 1.57, -1.57, 0.4, -0.5]);
    match dice.count(0, 7) {
        0 | 1 => goods::table(
            scene,
            dice,
            foot,
            (dice.range(0.4, 1.0), dice.range(0.3, 0.5)),
            0.74,
            turn,
        ),
        2 => goods::chair(scene, dice, foot, turn),
        3 => goods::sofa(scene, dice, foot, dice.range(0.45, 1.1), turn),
        4 => goods::potted(scene, dice, foot, dice.range(0.5, 1.4)),
        5 => {
            let stuff = stuff::wood(dice);
            let stuff = scene.material(stuff);
            let half = Vec3::new(dice.range(0.3, 0.9), dice.range(0.2, 1.0), dice.range(0.2, 0.5));
            block(scene, foot, half, turn, stuff);
            let size = dice.range(0.1, 0.25);
            goods::thing(scene, dice, foot + Vec3::Y * 2.0 * half.y, size);
        }
        6 => {
            let size = dice.range(0.15, 0.4);
            goods::thing(scene, dice, foot, size);
        }
        _ => {
            // A bed.
            let cloth = stuff::cloth(dice);
            let cloth = scene.material(cloth);
            block(scene, foot, Vec3::new(0.7, 0.25, 0.95), turn, cloth);
            let white = stuff::snow(dice);
            let white = scene.material(white);
            crate::kit::lump(
                scene,
                foot + Vec3::new(0.0, 0.55, 0.7),
                Vec3::new(0.4, 0.14, 0.22),
                0.1,
                2.0,
                white,
            );
        }
    }
}

/// Pictures, windows, shelves and doors on the walls.
fn decorate(scene: &mut Scene, dice: &Dice, half: f32, height: f32, far: f32) {
    for _ in 0..dice.count(1, 6) {
        let size = (dice.range(0.2, 0.8), dice.range(0.2, 0.7));
        let window = dice.chance(0.35);
        let y = height * dice.range(0.45, 0.65);
        let (middle, turn) = match dice.count(0, 2) {
            0 => (Vec3::new(dice.range(-0.8, 0.8) * half, y, far - 0.02), 0.0),
            1 => (Vec3::new(half - 0.02, y, dice.range(0.3, 0.9) * far), FRAC_PI_2),
            _ => (Vec3::new(0.02 - half, y, dice.range(0.3, 0.9) * far), -FRAC_PI_2),
        };
        goods::framed(scene, dice, middle, size, turn, window);
    }
    if dice.chance(0.5) {
        let foot = Vec3::new(dice.range(-0.6, 0.6) * half, 0.0, far - 0.1);
        goods::shelf(scene, dice, foot, (dice.range(0.4, 1.0), dice.range(0.6, 1.1)), 0.0);
    }
    if dice.chance(0.5) {
        let wood = stuff::wood(dice);
        let wood = scene.material(wood);
        let side = dice.sign();
        let door = Vec3::new(side * (half - 0.02), 0.0, dice.range(0.4, 0.8) * far);
        block(scene, door, Vec3::new(0.05, 1.0, 0.42), 0.0, wood);
    }
}

/// A long hall: columns, arches of light, benches, people.
pub fn hall(dice: &Dice) -> Scene {
    let (half, height, far) = (dice.range(1.2, 8.0), dice.range(2.5, 12.0), dice.scale(10.0, 60.0));
    let at = Vec3::new(dice.range(-0.6, 0.6) * half, dice.range(1.2, 2.4), 0.0);
    let camera = Camera::new(
        at,
        dice.range(-12.0, 12.0),
        dice.range(-8.0, 12.0),
        dice.range(-2.0, 2.0),
        dice.range(45.0, 90.0),
    );
    let mut scene = Scene::under(Sky::overcast(dice), camera);
    shell(&mut scene, dice, half, height, far);
    studio(&mut scene, dice, 0.5);
    scene.sunlight *= 0.2;
    scene.stage = (Vec3::new(0.0, 1.0, 10.0), 14.0);
    let stone = stuff::wall(dice);
    let stone = scene.material(stone);
    let (apart, thick) = (dice.range(2.0, 6.0), dice.range(0.12, 0.5));
    let (round, inset) = (dice.chance(0.6), dice.range(0.55, 0.98));
    let columns = dice.chance(0.75);
    let mut z = dice.range(1.0, 3.0);
    while z < far {
        for side in [-1.0, 1.0] {
            let foot = Vec3::new(side * inset * half, 0.0, z);
            if columns && round {
                bar(&mut scene, foot, foot + Vec3::Y * height, (thick, 0.9 * thick), stone);
            } else if columns {
                block(&mut scene, foot, Vec3::new(thick, height / 2.0, thick), 0.0, stone);
            }
            let y = height * dice.range(0.4, 0.6);
            let middle = Vec3::new(side * (half - 0.03), y, z + apart / 2.0);
            let window = dice.chance(0.6);
            goods::framed(
                &mut scene,
                dice,
                middle,
                (0.25 * apart, 0.2 * height),
                side * FRAC_PI_2,
                window,
            );
        }
        if dice.chance(0.5) {
            let beam = Vec3::new(half, 0.12, 0.15);
            block(&mut scene, Vec3::new(0.0, height - 0.3, z), beam, 0.0, stone);
        }
        if dice.chance(0.4) {
            let at = Vec3::new(0.0, height - 0.6, z);
            let bulb = stuff::glow(dice);
            scene.lamps.push(Lamp { at, light: bulb.colours[0] * dice.range(0.5, 3.0) });
            let bulb = scene.material(bulb);
            crate::kit::ball(&mut scene, at, Vec3::splat(0.15), bulb);
        }
        z += apart;
    }
    for _ in 0..dice.count(0, 8) {
        let foot = Vec3::new(dice.range(-0.8, 0.8) * half, 0.0, dice.scale(2.5, far));
        let turn = dice.range(0.0, 6.0);
        match dice.count(0, 2) {
            0 => living::person(&mut scene, dice, foot, 1.7, turn),
            1 => goods::chair(&mut scene, dice, foot, turn),
            _ => furnish(&mut scene, dice, foot),
        }
    }
    if dice.chance(0.2) {
        let foot = Vec3::new(0.0, 0.0, far * 0.8);
        built::tower(&mut scene, dice, foot, 0.7 * height);
    }
    scene
}

/// Crockery, food, fruit and other goods on a table, seen from close.
pub fn table(dice: &Dice) -> Scene {
    let far = dice.scale(0.3, 1.4);
    let pitch = dice.range(-70.0, -8.0_f32);
    let lift = far * (-pitch).to_radians().sin() + 0.04;
    let at = Vec3::new(0.0, lift, -far * pitch.to_radians().cos());
    let camera = Camera::new(
        at,
        dice.range(-6.0, 6.0),
        pitch + dice.range(-4.0, 6.0),
        dice.range(-8.0, 8.0),
        dice.range(28.0, 60.0),
    );
    let mut scene = Scene::under(Sky::overcast(dice), camera);
    studio(&mut scene, dice, 1.0);
    let top = match dice.count(0, 3) {
        0 => stuff::cloth(dice),
        1 => stuff::paving(dice),
        _ => stuff::wood(dice),
    };
    // The table ends somewhere behind; below it there is a floor, and a wall behind that.
    let end = far * dice.range(0.5, 3.0);
    let slab = scene.material(top);
    let middle = Vec3::new(0.0, -0.04, end - 4.0);
    block(
        &mut scene,
        middle,
        Vec3::new(dice.range(0.8, 3.0), 0.02, 4.0),
        dice.range(-0.3, 0.3),
        slab,
    );
    let floor = stuff::wood(dice);
    scene.floor = Some((-0.75, floor));
    let wall = stuff::wall(dice);
    let wall = scene.material(wall);
    block(
        &mut scene,
        Vec3::new(0.0, -0.75, end + dice.range(0.3, 3.0)),
        Vec3::new(9.0, 3.0, 0.1),
        dice.range(-0.4, 0.4),
        wall,
    );
    scene.stage = (Vec3::ZERO, 1.6 * far);
    let main = far * dice.range(0.12, 0.3);
    if dice.chance(0.4) {
        goods::plate(&mut scene, dice, Vec3::ZERO, 1.7 * main);
        goods::cup(&mut scene, dice, Vec3::Y * 0.14 * main, 0.8 * main);
    } else {
        goods::thing(
            &mut scene,
            dice,
            Vec3::new(0.1 * far * dice.range(-1.0, 1.0), 0.0, 0.0),
            main,
        );
    }
    for _ in 0..dice.count(1, 9) {
        let place = Vec3::new(dice.range(-0.8, 0.8) * far, 0.0, dice.range(-0.45, 1.0) * far);
        if place.length() > 1.3 * main && place.z < end {
            let size = main * dice.range(0.3, 1.0);
            goods::thing(&mut scene, dice, place, size);
        }
    }
    if dice.chance(0.3) {
        let steel = stuff::metal(dice);
        let steel = scene.material(steel);
        let from = Vec3::new(dice.range(-0.3, 0.3) * far, 0.012, -0.3 * far);
        let to = from + Vec3::new(dice.range(-0.2, 0.2), 0.0, dice.range(0.1, 0.3)) * far;
        bar(&mut scene, from, to, (0.008 * far, 0.006 * far), steel);
        crate::kit::ball(&mut scene, to, Vec3::new(0.03, 0.01, 0.045) * far, steel);
    }
    if dice.chance(0.25) {
        let foot = Vec3::new(dice.range(-0.4, 0.4) * far, 0.0, 0.2 * far);
        goods::potted(&mut scene, dice, foot, 0.7 * far);
    }
    if dice.chance(0.7) {
        focus(&mut scene, far, dice.range(0.5, 4.0));
    }
    scene
}
