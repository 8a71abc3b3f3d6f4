// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sea, beach, river.

use glam::Vec3;

use super::{ahead, land, lift, walker};
use crate::{
    dice::Dice,
    kit::{built, living, plants, plants::Grove, stuff},
    noise::{fbm, ridges, smoothstep},
    scene::Scene,
    sky::Sky,
    terrain::Terrain,
};

/// Open water to the horizon: waves, boats, islands, cliffs.
pub fn sea(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.6, 25.0), (-22.0, 6.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let mut water = land::water(dice, 0.0);
    water.ripple = dice.scale(0.02, 0.5);
    water.scale = dice.scale(0.1, 1.2);
    water.foam = if dice.chance(0.4) { dice.range(0.0, 0.35) } else { 0.0 };
    if dice.chance(0.35) {
        // Swell is ground to rays, and water to the eye.
        scene.terrain = Some(swell(dice, &water));
    } else {
        scene.water = Some(water);
    }
    scene.haze = dice.scale(0.0002, 0.004);
    if scene.terrain.is_none() && dice.chance(0.5) {
        let seed = 50.0 * dice.cube();
        let (peak, side) = (dice.scale(15.0, 200.0), dice.range(-1.0, 1.0));
        let materials = [stuff::grass(dice), stuff::rock(dice), stuff::grass(dice)];
        scene.terrain = Some(Terrain::new(1500.0, materials, |x, z| {
            let land =
                fbm(Vec3::new(x, 0.0, z) * 0.0025 + seed, 4) - 0.47 + 0.15 * side * (x / 800.0);
            let far = smoothstep(60.0, 350.0, x.hypot(z));
            peak * 3.0 * land * far - 2.0
        }));
    }
    scene.stage = (ahead(&scene, 20.0, 0.0), 30.0);
    for _ in 0..dice.count(0, 4) {
        let (far, side) = (dice.scale(8.0, 150.0), dice.range(-0.8, 0.8));
        let at = Vec3::new(side * far, 0.0, far);
        let (length, turn) = (dice.scale(3.0, 20.0), dice.range(0.0, 6.0));
        built::boat(&mut scene, dice, at, length, turn);
    }
    let stone = stuff::rock(dice);
    let stone = scene.material(stone);
    for _ in 0..dice.count(0, 6) {
        let (far, side) = (dice.scale(3.0, 60.0), dice.range(-0.9, 0.9));
        let size = dice.range(0.3, 0.12 * far + 0.4);
        plants::rock(&mut scene, dice, Vec3::new(side * far, 0.0, far), size, stone);
    }
    scene
}

fn swell(dice: &Dice, water: &crate::scene::Water) -> Terrain {
    use crate::{
        class::Class,
        material::{Material, Pattern},
    };
    let body = Material {
        gloss: dice.range(0.4, 0.9),
        bump: 0.5,
        class: Class::Water,
        ..Material::patterned(
            [water.colour * 0.6, water.colour, water.colour * 2.0],
            Pattern::Mottled,
            1.5,
        )
    };
    let foam = Material { class: Class::Water, ..stuff::snow(dice) };
    let seed = 50.0 * dice.cube();
    let (rise, scale) = (dice.scale(0.4, 3.0), dice.scale(0.03, 0.15));
    let mut swell = Terrain::new(300.0, [body, body, foam], |x, z| {
        rise * ridges(Vec3::new(0.4 * x, 0.0, z) * scale + seed, 4) - 0.6 * rise
    });
    swell.line = rise * dice.range(0.2, 0.9);
    swell
}

/// Sand, surf, the sea, perhaps a headland, people, palms.
pub fn beach(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.8, 8.0), (-16.0, 4.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let seed = 50.0 * dice.cube();
    let (turn, shore) = (dice.range(-0.9, 0.9), dice.range(3.0, 18.0));
    let peak = if dice.chance(0.6) { dice.scale(5.0, 90.0) } else { 0.0 };
    let materials = [stuff::sand(dice), stuff::rock(dice), stuff::grass(dice)];
    let mut terrain = Terrain::new(700.0, materials, |x, z| {
        let out = z * turn.cos() + x * turn.sin() - shore
            + 6.0 * (fbm(Vec3::new(x, 0.0, z) * 0.03 + seed, 3) - 0.5);
        let beach = (-out * 0.06).clamp(-4.0, 1.2);
        let land = fbm(Vec3::new(x, 0.0, z) * 0.004 + seed, 4) - 0.5 + 0.0006 * x * turn.signum();
        beach + smoothstep(40.0, 300.0, x.hypot(z)) * (peak * 2.5 * land).max(0.0)
    });
    terrain.line = 3.0;
    scene.terrain = Some(terrain);
    let mut water = land::water(dice, 0.0);
    water.ripple = dice.scale(0.03, 0.3);
    water.foam = dice.range(0.0, 0.3);
    scene.water = Some(water);
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.0003, 0.004);
    scene.stage = (ahead(&scene, 12.0, 0.0), 20.0);
    for _ in 0..dice.count(0, 6) {
        let foot = ahead(&scene, dice.scale(3.0, 30.0), dice.range(-0.8, 0.8));
        let turn = dice.range(0.0, 6.0);
        match dice.count(0, 3) {
            0 => {
                let stone = stuff::rock(dice);
                let stone = scene.material(stone);
                plants::rock(&mut scene, dice, foot, 1.0, stone);
            }
            1 if foot.y > 0.0 => {
                let grove = Grove::new(&mut scene, dice);
                grove.tree(&mut scene, dice, foot, 6.0);
            }
            2 => built::boat(&mut scene, dice, foot.max(Vec3::new(-1e9, 0.0, -1e9)), 4.0, turn),
            _ => living::person(&mut scene, dice, foot, 1.7, turn),
        }
    }
    scene
}

/// Banks with trees or houses on both sides of water, at times a bridge.
pub fn river(dice: &Dice) -> Scene {
    let camera = walker(dice, (1.2, 10.0), (-14.0, 5.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let seed = 50.0 * dice.cube();
    let (wide, rise) = (dice.scale(4.0, 40.0), dice.scale(0.6, 12.0));
    let shift = dice.range(-1.0, 1.0) * wide;
    let across = dice.chance(0.4);
    let materials = [stuff::grass(dice), stuff::sand(dice), stuff::any_leaves(dice)];
    let mut terrain = Terrain::new(320.0, materials, |x, z| {
        let (x, z) = if across { (z - 1.2 * wide, x) } else { (x + shift, z) };
        let p = Vec3::new(x, 0.0, z) * 0.03 + seed;
        let from = (x + wide * (fbm(Vec3::new(0.0, 0.0, 0.015 * z) + seed, 2) - 0.5)).abs() - wide;
        let bank = smoothstep(-0.3 * wide, 0.15 * wide, from);
        bank * (1.2 + rise * (fbm(p, 3) - 0.3).max(0.0) + 0.02 * rise * from.max(0.0)) - 0.7
    });
    terrain.line = 0.35 * rise + 1.0;
    terrain.slope = 0.6;
    scene.terrain = Some(terrain);
    scene.water = Some(land::water(dice, 0.0));
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.0005, 0.01);
    scene.stage = (ahead(&scene, 20.0, 0.0), 32.0);
    let grove = Grove::new(&mut scene, dice);
    let houses = dice.chance(0.4);
    for _ in 0..dice.count(8, 40) {
        let foot = ahead(&scene, dice.scale(5.0, 120.0), dice.range(-1.1, 1.1));
        if foot.y < 0.15 {
            continue;
        }
        let turn = dice.range(-0.5, 0.5);
        if houses && dice.chance(0.4) {
            let half = Vec3::new(dice.range(3.0, 6.0), dice.range(2.0, 8.0), dice.range(3.0, 6.0));
            built::house(&mut scene, dice, foot + Vec3::Z * 6.0, half, turn, 0.0);
        } else if dice.chance(0.6) {
            let tall = dice.range(4.0, 12.0);
            grove.tree(&mut scene, dice, foot, tall);
        } else {
            grove.bush(&mut scene, dice, foot, 1.2);
        }
    }
    if dice.chance(0.25) {
        bridge(&mut scene, dice);
    }
    for _ in 0..dice.count(0, 2) {
        let at = ahead(&scene, dice.scale(8.0, 60.0), dice.range(-0.4, 0.4));
        if at.y < 0.0 {
            let turn = dice.range(0.0, 6.0);
            built::boat(&mut scene, dice, Vec3::new(at.x, 0.0, at.z), 5.0, turn);
        }
    }
    scene
}

fn bridge(scene: &mut Scene, dice: &Dice) {
    let stone = stuff::wall(dice);
    let stone = scene.material(stone);
    let (far, high) = (dice.scale(15.0, 80.0), dice.range(3.0, 9.0));
    crate::kit::block(scene, Vec3::new(0.0, high, far), Vec3::new(90.0, 0.5, 2.0), 0.0, stone);
    crate::kit::block(
        scene,
        Vec3::new(0.0, high + 1.0, far - 1.9),
        Vec3::new(90.0, 0.4, 0.1),
        0.0,
        stone,
    );
    let apart = dice.range(8.0, 20.0);
    for i in -4..=4 {
        crate::kit::block(
            scene,
            Vec3::new(i as f32 * apart, -2.0, far),
            Vec3::new(0.9, 0.5 * high + 1.0, 1.8),
            0.0,
            stone,
        );
    }
}
