// SPDX-License-Identifier: MIT OR Apache-2.0
//! Meadows, forests, gardens.

use glam::Vec3;

use super::{ahead, lift, walker};
use crate::{
    dice::Dice,
    kit::{built, living, plants, plants::Grove, stuff},
    material::Material,
    noise::fbm,
    scene::Scene,
    sky::Sky,
    terrain::Terrain,
};

/// Rolling ground of this roughness in metres; level near the camera.
pub fn rolling(dice: &Dice, reach: f32, rise: f32, materials: [Material; 3]) -> Terrain {
    let seed = 50.0 * dice.cube();
    let scale = dice.scale(0.015, 0.06);
    let fine = dice.range(0.0, 0.25);
    Terrain::new(reach, materials, |x, z| {
        let p = Vec3::new(x, 0.0, z) * scale + seed;
        let away = (x.hypot(z) / 25.0).clamp(0.15, 1.0);
        rise * away * (fbm(p, 4) - 0.5) + fine * fbm(p * 14.0, 2)
    })
}

/// Grass with trees, here and there a path, hills behind.
pub fn meadow(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.3, 6.0), (-18.0, 8.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let rise = dice.scale(0.5, 14.0);
    let materials = [stuff::grass(dice), stuff::sand(dice), stuff::grass(dice)];
    let mut ground = rolling(dice, 220.0, rise, materials);
    ground.line = dice.range(0.5, 8.0);
    scene.terrain = Some(ground);
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.0005, 0.012);
    scene.stage = (ahead(&scene, 16.0, 0.0), 26.0);
    let grove = Grove::new(&mut scene, dice);
    for _ in 0..dice.count(0, 14) {
        let (far, side) = (dice.scale(5.0, 120.0), dice.range(-1.0, 1.0));
        let foot = ahead(&scene, far, side);
        let tall = dice.range(4.0, 14.0);
        grove.tree(&mut scene, dice, foot, tall);
    }
    tree_line(&mut scene, dice, &grove);
    for _ in 0..dice.count(0, 8) {
        let (far, side) = (dice.scale(3.0, 40.0), dice.range(-0.9, 0.9));
        let foot = ahead(&scene, far, side);
        let wide = dice.range(0.4, 1.6);
        grove.bush(&mut scene, dice, foot, wide);
    }
    let extras = dice.count(0, 3);
    for _ in 0..extras {
        let (far, side) = (dice.scale(4.0, 25.0), dice.range(-0.6, 0.6));
        let foot = ahead(&scene, far, side);
        let turn = dice.range(-3.1, 3.1);
        match dice.count(0, 3) {
            0 => living::beast(&mut scene, dice, foot, 1.2, turn),
            1 => living::person(&mut scene, dice, foot, 1.7, turn),
            2 => built::house(
                &mut scene,
                dice,
                foot + Vec3::Z * 15.0,
                Vec3::new(4.0, 2.5, 5.0),
                turn,
                0.0,
            ),
            _ => {
                let stone = stuff::rock(dice);
                let stone = scene.material(stone);
                plants::rock(&mut scene, dice, foot, 0.8, stone);
            }
        }
    }
    if dice.chance(0.3) {
        let (a, b) = (ahead(&scene, 5.0, -1.2), ahead(&scene, dice.range(8.0, 30.0), 1.2));
        built::fence(&mut scene, dice, a, b, 1.1);
    }
    grass_in_front(&mut scene, dice, 0.5);
    scene
}

/// A row of trees far off.
pub fn tree_line(scene: &mut Scene, dice: &Dice, grove: &Grove) {
    if dice.chance(0.5) {
        let far = dice.scale(30.0, 130.0);
        let count = dice.count(8, 26);
        for i in 0..count {
            let side = (i as f32 / count as f32 * 2.0 - 1.0) * 1.2 + dice.range(-0.05, 0.05);
            let foot = ahead(scene, far * dice.range(0.85, 1.2), side);
            let size = dice.range(5.0, 9.0);
            grove.bush(scene, dice, foot, size);
        }
    }
}

/// Blades before a low camera.
pub fn grass_in_front(scene: &mut Scene, dice: &Dice, chance: f32) {
    let height = scene.camera.at.y - scene.ground(scene.camera.at.x, scene.camera.at.z);
    if height < 1.3 && dice.chance(chance) {
        let tall = height * dice.range(0.3, 0.9);
        let middle = ahead(scene, 3.0 * height, 0.0);
        plants::blades(scene, dice, middle, 2.6 * height, tall, 130);
    }
}

/// Trunks on both sides, leaves above, often a path.
pub fn forest(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.6, 2.5), (-14.0, 16.0));
    let mut scene = Scene::under(Sky::day(dice), camera);
    let floor = if dice.chance(0.5) { stuff::grass(dice) } else { stuff::sand(dice) };
    let materials = [floor, stuff::sand(dice), stuff::grass(dice)];
    let rise = dice.scale(0.3, 8.0);
    let ground = rolling(dice, 90.0, rise, materials);
    scene.terrain = Some(ground);
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.002, 0.05);
    let dim = dice.range(0.3, 1.0);
    scene.ambient = scene.ambient.map(|a| a * dim);
    scene.stage = (ahead(&scene, 14.0, 0.0), 22.0);
    let grove = Grove::new(&mut scene, dice);
    let path = dice.range(0.0, 2.5);
    let thick = dice.scale(0.08, 0.5);
    for _ in 0..dice.count(15, 60) {
        let far = dice.scale(3.0, 60.0);
        let side = dice.range(path, path + 4.0 + 0.5 * far) * dice.sign();
        let foot = ahead(&scene, far, side / far);
        let (radius, tall) = (thick * dice.range(0.5, 1.5), dice.range(8.0, 22.0));
        grove.trunk(&mut scene, dice, foot, radius, tall);
    }
    for _ in 0..dice.count(5, 40) {
        let far = dice.scale(6.0, 70.0);
        let at = ahead(&scene, far, dice.range(-1.0, 1.0)) + Vec3::Y * dice.range(4.0, 16.0);
        let size = dice.range(1.5, 4.0);
        grove.canopy(&mut scene, dice, at, size);
    }
    let under = Grove::new(&mut scene, dice);
    for _ in 0..dice.count(2, 30) {
        let far = dice.scale(3.0, 45.0);
        let side = dice.range(path, path + 3.0 + 0.6 * far) * dice.sign();
        let foot = ahead(&scene, far, side / far);
        let wide = dice.range(0.3, 1.6);
        under.bush(&mut scene, dice, foot, wide);
    }
    tree_line(&mut scene, dice, &grove);
    grass_in_front(&mut scene, dice, 0.3);
    scene
}

/// Beds, bushes, flowers, a lawn or a path, perhaps a house.
pub fn garden(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.5, 3.0), (-28.0, 2.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let floor = if dice.chance(0.6) { stuff::grass(dice) } else { stuff::paving(dice) };
    scene.floor = Some((0.0, floor));
    scene.stage = (ahead(&scene, 7.0, 0.0), 12.0);
    let groves =
        [Grove::new(&mut scene, dice), Grove::new(&mut scene, dice), Grove::new(&mut scene, dice)];
    let path = dice.range(-0.5, 1.4);
    for _ in 0..dice.count(10, 45) {
        let far = dice.scale(1.8, 25.0);
        let side = dice.range(path, path + 2.0 + 0.7 * far) * dice.sign();
        let foot = ahead(&scene, far, side / far);
        let grove = dice.pick(&groves);
        let wide = dice.range(0.25, 1.1);
        grove.bush(&mut scene, dice, foot, wide);
    }
    for _ in 0..dice.count(0, 3) {
        let kind = plants::Flowers::new(&mut scene, dice);
        let (far, side) = (dice.scale(1.5, 9.0), dice.range(-0.7, 0.7));
        let middle = ahead(&scene, far, side);
        let tall = dice.range(0.25, 0.9);
        for _ in 0..dice.count(6, 26) {
            let foot = middle + Vec3::new(dice.range(-0.9, 0.9), 0.0, dice.range(-0.9, 0.9));
            let head = foot + Vec3::new(dice.range(-0.1, 0.1), tall * dice.range(0.7, 1.2), 0.0);
            let face = Vec3::new(dice.range(-0.5, 0.5), dice.range(0.1, 1.0), -1.0);
            kind.flower(&mut scene, dice, foot, head, 0.08, face);
        }
    }
    for _ in 0..dice.count(0, 4) {
        let foot = ahead(&scene, dice.scale(6.0, 30.0), dice.range(-1.0, 1.0));
        let tall = dice.range(3.0, 9.0);
        groves[0].tree(&mut scene, dice, foot, tall);
    }
    match dice.count(0, 3) {
        0 => {
            let foot = ahead(&scene, dice.range(10.0, 25.0), dice.range(-0.5, 0.5));
            built::house(
                &mut scene,
                dice,
                foot,
                Vec3::new(5.0, 2.8, 4.0),
                dice.range(-0.6, 0.6),
                0.0,
            );
        }
        1 => {
            let far = dice.range(6.0, 15.0);
            built::fence(
                &mut scene,
                dice,
                Vec3::new(-12.0, 0.0, far),
                Vec3::new(12.0, 0.0, far),
                1.2,
            );
        }
        _ => {}
    }
    tree_line(&mut scene, dice, &groves[1]);
    grass_in_front(&mut scene, dice, 0.4);
    scene
}
