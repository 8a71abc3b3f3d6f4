// SPDX-License-Identifier: MIT OR Apache-2.0
//! Streets, villages, towers, vehicles, the night.

use glam::Vec3;

use super::{ahead, focus, lift, walker, woods};
use crate::{
    dice::Dice,
    kit::{block, built, goods, living, plants::Grove, stuff},
    scene::Scene,
    sky::Sky,
};

/// Houses on both sides, cars, lamps, people, trees.
pub fn street(dice: &Dice) -> Scene {
    let sky = Sky::any(dice);
    street_under(dice, sky, 0.0)
}

/// A street under a sky; `lit` is the share of windows that shine.
fn street_under(dice: &Dice, sky: Sky, lit: f32) -> Scene {
    let mut camera = walker(dice, (1.2, 7.0), (-10.0, 14.0));
    let wide = dice.scale(3.0, 13.0);
    camera.at.x = dice.range(-0.7, 0.7) * wide;
    let turn = if dice.chance(0.4) { dice.range(-30.0, 30.0) } else { dice.range(-6.0, 6.0) };
    let axes = crate::scene::Camera::new(
        camera.at,
        turn,
        dice.range(-9.0, 12.0),
        dice.range(-2.0, 2.0),
        60.0,
    )
    .axes;
    camera.axes = axes;
    let mut scene = Scene::under(sky, camera);
    let road = stuff::paving(dice);
    scene.floor = Some((0.0, road));
    scene.haze = dice.scale(0.0005, 0.008);
    scene.stage = (ahead(&scene, 18.0, 0.0), 30.0);
    let walk = stuff::paving(dice);
    let walk = scene.material(walk);
    for side in [-1.0, 1.0] {
        if dice.chance(0.8) {
            let at = Vec3::new(side * (wide - 1.0), 0.0, 90.0);
            block(&mut scene, at, Vec3::new(1.2, 0.07, 120.0), 0.0, walk);
        }
        if dice.chance(0.9) {
            row(&mut scene, dice, side, wide, lit);
        }
    }
    traffic(&mut scene, dice, wide, lit > 0.2);
    if dice.chance(0.5) {
        // The far end is closed.
        let half = Vec3::new(wide + 8.0, dice.range(4.0, 12.0), 5.0);
        built::house(&mut scene, dice, Vec3::Z * dice.range(50.0, 140.0), half, 0.0, lit);
    }
    scene
}

fn row(scene: &mut Scene, dice: &Dice, side: f32, wide: f32, lit: f32) {
    let (mut z, base) = (dice.range(-8.0, 3.0), dice.range(3.0, 14.0));
    while z < 110.0 {
        let half =
            Vec3::new(dice.range(4.0, 7.0), base * dice.range(0.6, 1.4), dice.range(3.0, 10.0));
        let set_back = if dice.chance(0.3) { dice.range(0.0, 3.0) } else { 0.0 };
        let foot = Vec3::new(side * (wide + half.x + set_back), 0.0, z + half.z);
        if dice.chance(0.92) {
            built::house(scene, dice, foot, half, 0.0, lit);
            shop(scene, dice, foot, half, side);
        }
        z += 2.0 * half.z + if dice.chance(0.3) { dice.range(0.5, 5.0) } else { 0.0 };
    }
}

/// A door, an awning or a sign at the street's side of a house.
fn shop(scene: &mut Scene, dice: &Dice, foot: Vec3, half: Vec3, side: f32) {
    let face = foot.x - side * half.x;
    for _ in 0..dice.count(0, 3) {
        let stuff = if dice.chance(0.5) { stuff::cloth(dice) } else { stuff::wood(dice) };
        let made = scene.material(stuff);
        let z = foot.z + dice.range(-0.8, 0.8) * half.z;
        let (low, size) = match dice.count(0, 2) {
            0 => (0.0, Vec3::new(0.08, 1.1, 0.55)),
            1 => (2.5, Vec3::new(0.8, 0.08, 1.6)),
            _ => (2.8, Vec3::new(0.1, 0.4, 1.4)),
        };
        block(scene, Vec3::new(face, low, z), size, 0.0, made);
    }
}

fn traffic(scene: &mut Scene, dice: &Dice, wide: f32, dark: bool) {
    let grove = Grove::new(scene, dice);
    for _ in 0..dice.count(0, 7) {
        let foot =
            Vec3::new(dice.sign() * dice.range(0.4, 0.85) * wide, 0.0, dice.scale(4.0, 60.0));
        let turn = if dice.chance(0.9) { dice.range(-0.1, 0.1) } else { 1.5 };
        built::car(scene, dice, foot, turn);
    }
    for _ in 0..dice.count(0, 8) {
        let foot = Vec3::new(dice.range(-1.0, 1.0) * wide, 0.0, dice.scale(3.0, 40.0));
        let turn = dice.range(0.0, 6.3);
        living::person(scene, dice, foot, dice.range(1.5, 1.9), turn);
    }
    let apart = dice.range(8.0, 25.0);
    let (trees, lamps) = (dice.chance(0.4), dice.chance(0.5));
    for i in 1..6 {
        for side in [-1.0, 1.0] {
            let foot = Vec3::new(side * (wide - 0.8), 0.0, apart * i as f32 * 0.8);
            if trees && dice.chance(0.7) {
                let tall = dice.range(4.0, 9.0);
                grove.tree(scene, dice, foot, tall);
            } else if lamps {
                built::street_lamp(scene, dice, foot, 4.5, dark);
            }
        }
    }
}

/// Houses, castles and trees on rolling land.
pub fn village(dice: &Dice) -> Scene {
    let camera = walker(dice, (1.2, 14.0), (-14.0, 8.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let materials = [stuff::grass(dice), stuff::sand(dice), stuff::grass(dice)];
    let rise = dice.scale(0.5, 22.0);
    let ground = woods::rolling(dice, 260.0, rise, materials);
    scene.terrain = Some(ground);
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.0005, 0.006);
    scene.stage = (ahead(&scene, 25.0, 0.0), 40.0);
    let grove = Grove::new(&mut scene, dice);
    let castle = dice.chance(0.3);
    for i in 0..dice.count(1, 12) {
        let far = if i == 0 { dice.scale(12.0, 40.0) } else { dice.scale(15.0, 150.0) };
        let foot = ahead(&scene, far, dice.range(-0.9, 0.9));
        let half = Vec3::new(dice.range(3.0, 7.0), dice.range(2.2, 5.0), dice.range(3.0, 8.0));
        let turn = dice.range(-1.6, 1.6);
        built::house(&mut scene, dice, foot, half, turn, 0.0);
        if castle || dice.chance(0.1) {
            let beside = foot + Vec3::X * half.x;
            let tall = dice.range(12.0, 26.0);
            built::tower(&mut scene, dice, beside, tall);
        }
    }
    for _ in 0..dice.count(2, 16) {
        let foot = ahead(&scene, dice.scale(5.0, 100.0), dice.range(-1.0, 1.0));
        let tall = dice.range(3.0, 11.0);
        if dice.chance(0.5) {
            grove.tree(&mut scene, dice, foot, tall);
        } else {
            grove.bush(&mut scene, dice, foot, 0.2 * tall);
        }
    }
    woods::tree_line(&mut scene, dice, &grove);
    woods::grass_in_front(&mut scene, dice, 0.3);
    scene
}

/// One tall thing before the sky.
pub fn tower(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.8, 5.0), (-4.0, 24.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let floor = if dice.chance(0.6) { stuff::grass(dice) } else { stuff::paving(dice) };
    scene.floor = Some((0.0, floor));
    scene.haze = dice.scale(0.0003, 0.006);
    let far = dice.scale(15.0, 110.0);
    let tall = far * dice.range(0.35, 1.1);
    scene.stage = (ahead(&scene, far, 0.0), tall);
    let foot = ahead(&scene, far, dice.range(-0.4, 0.4));
    built::tower(&mut scene, dice, foot, tall);
    for _ in 0..dice.count(0, 4) {
        let foot = ahead(&scene, far * dice.range(0.9, 3.0), dice.range(-0.8, 0.8));
        let other = tall * dice.range(0.2, 0.9);
        if dice.chance(0.5) {
            built::tower(&mut scene, dice, foot, other);
        } else {
            mast(&mut scene, dice, foot, other);
        }
    }
    let grove = Grove::new(&mut scene, dice);
    for _ in 0..dice.count(0, 9) {
        let foot = ahead(&scene, dice.scale(6.0, 1.5 * far), dice.range(-0.9, 0.9));
        let wide = dice.range(0.8, 3.0);
        grove.bush(&mut scene, dice, foot, wide);
    }
    woods::tree_line(&mut scene, dice, &grove);
    for _ in 0..dice.count(0, 4) {
        let foot = ahead(&scene, dice.range(0.5, 1.1) * far, dice.range(-0.5, 0.5));
        let lit = dice.chance(0.5);
        built::street_lamp(&mut scene, dice, foot, 0.08 * tall, lit);
    }
    scene
}

/// A lattice mast.
fn mast(scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32) {
    let steel = stuff::metal(dice);
    let steel = scene.material(steel);
    let wide = 0.05 * height;
    let top = foot + Vec3::Y * height;
    let thin = 0.006 * height;
    for side in [-1.0, 1.0] {
        crate::kit::bar(scene, foot + Vec3::X * side * wide, top, (thin, 0.5 * thin), steel);
    }
    for i in 0..10 {
        let (a, b) = (i as f32 / 10.0, (i + 1) as f32 / 10.0);
        let side = if i % 2 == 0 { 1.0 } else { -1.0 };
        let from = foot + Vec3::new(side * wide * (1.0 - a), a * height, 0.0);
        let to = foot + Vec3::new(-side * wide * (1.0 - b), b * height, 0.0);
        crate::kit::bar(scene, from, to, (0.6 * thin, 0.6 * thin), steel);
    }
}

/// A vehicle close by, before a wall, a shed full of goods, a street or a field.
pub fn vehicle(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.7, 2.2), (-18.0, 0.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let floor = if dice.chance(0.25) { stuff::grass(dice) } else { stuff::paving(dice) };
    scene.floor = Some((0.0, floor));
    let cycle = dice.chance(0.55);
    let far = if cycle { dice.range(2.0, 3.8) } else { dice.range(4.5, 9.0) };
    scene.stage = (ahead(&scene, far, 0.0), 9.0);
    let foot = ahead(&scene, far, dice.range(-0.2, 0.2));
    if cycle {
        let turn = dice.range(-0.7, 0.7);
        built::cycle(&mut scene, dice, foot, turn);
    } else {
        let turn = dice.range(0.0, 6.3);
        built::car(&mut scene, dice, foot, turn);
    }
    if dice.chance(0.4) {
        let place = ahead(&scene, far * dice.range(0.8, 1.3), dice.range(-0.5, 0.5));
        let turn = dice.range(0.0, 6.3);
        living::person(&mut scene, dice, place, 1.75, turn);
    }
    if dice.chance(0.65) {
        backed(&mut scene, dice, far);
    } else {
        let grove = Grove::new(&mut scene, dice);
        for _ in 0..dice.count(2, 9) {
            let foot = ahead(&scene, far * dice.range(1.6, 6.0), dice.range(-0.9, 0.9));
            grove.bush(&mut scene, dice, foot, 1.5);
        }
        woods::tree_line(&mut scene, dice, &grove);
        let behind = Vec3::new(dice.range(-8.0, 8.0), 0.0, far * 4.0);
        built::house(&mut scene, dice, behind, Vec3::new(5.0, 3.0, 4.0), 0.3, 0.0);
    }
    if dice.chance(0.4) {
        focus(&mut scene, far, dice.range(0.3, 2.0));
    }
    scene
}

/// A wall behind what stands `far` metres off, with goods before it.
fn backed(scene: &mut Scene, dice: &Dice, far: f32) {
    let wall = if dice.chance(0.7) { stuff::wall(dice) } else { stuff::facade(dice, 0.0) };
    let wall = scene.material(wall);
    let z = far * dice.range(1.35, 2.4);
    let turn = dice.range(-0.35, 0.35);
    block(scene, Vec3::Z * (z + 1.0), Vec3::new(30.0, dice.range(1.2, 6.0), 0.3), turn, wall);
    for _ in 0..dice.count(0, 9) {
        let foot = Vec3::new(dice.range(-1.0, 1.0) * z, 0.0, z * dice.range(0.8, 0.98));
        match dice.count(0, 3) {
            0 => goods::shelf(scene, dice, foot, (0.8, 0.9), turn),
            1 => goods::table(scene, dice, foot, (0.7, 0.4), 0.75, turn),
            2 => goods::chair(scene, dice, foot, turn),
            _ => {
                let size = dice.range(0.2, 0.6);
                goods::thing(scene, dice, foot, size);
            }
        }
    }
}

/// A street or a room of lamps after dark.
pub fn night(dice: &Dice) -> Scene {
    let sky = Sky::night(dice);
    let lit = dice.range(0.2, 0.6);
    let mut scene = street_under(dice, sky, lit);
    scene.ambient = scene.ambient.map(|a| a * 0.5);
    for i in 0..dice.count(1, 5) {
        let foot = Vec3::new(dice.range(-4.0, 4.0), 0.0, 5.0 + 7.0 * i as f32);
        built::street_lamp(&mut scene, dice, foot, 3.5, true);
    }
    scene.lens.bloom = dice.range(0.3, 1.5);
    scene.exposure = dice.range(0.06, 0.16);
    scene
}
