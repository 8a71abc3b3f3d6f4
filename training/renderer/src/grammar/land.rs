// SPDX-License-Identifier: MIT OR Apache-2.0
//! Mountains, dunes, canyons, snow, land from the air.

use glam::Vec3;

use super::{ahead, lift, walker};
use crate::{
    class::Class,
    dice::Dice,
    kit::{built, living, plants, plants::Grove, stuff},
    material::{Material, Pattern},
    noise::{fbm, ridges, smoothstep},
    scene::{Camera, Scene, Water},
    sky::Sky,
    terrain::Terrain,
};

/// Water of a lake or the sea at a level in metres.
pub fn water(dice: &Dice, level: f32) -> Water {
    Water {
        level,
        colour: dice.colour((0.42, 0.62), (0.3, 0.9), (0.1, 0.55)),
        ripple: dice.scale(0.005, 0.2),
        scale: dice.scale(0.3, 3.0),
        foam: 0.0,
    }
}

/// Peaks behind a plain or a lake.
pub fn mountains(dice: &Dice) -> Scene {
    let camera = walker(dice, (1.2, 40.0), (-14.0, 8.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let seed = 50.0 * dice.cube();
    let (peak, scale) = (dice.scale(120.0, 700.0), dice.scale(0.0015, 0.004));
    let start = dice.range(150.0, 700.0);
    let lake = dice.chance(0.5);
    let low = if lake { -3.0 } else { 0.0 };
    let bumps = dice.range(1.0, 12.0);
    let green = if dice.chance(0.6) { stuff::grass(dice) } else { stuff::rock(dice) };
    let wooded = stuff::any_leaves(dice);
    let steep =
        if dice.chance(0.4) { Material { scale: 0.15, ..wooded } } else { stuff::rock(dice) };
    let high = if dice.chance(0.5) { stuff::snow(dice) } else { stuff::rock(dice) };
    let steep = Material { scale: steep.scale.min(0.3), ..steep };
    let mut terrain = Terrain::new(2600.0, [green, steep, high], |x, z| {
        let p = Vec3::new(x, 0.0, z) * scale + seed;
        let far = smoothstep(start, start + 900.0, x.hypot(z));
        far * peak * ridges(p, 5).powf(1.4) * 1.6 + bumps * (fbm(p * 6.0, 3) - 0.5) + low
    });
    terrain.line = peak * dice.range(0.35, 1.1);
    terrain.slope = dice.range(0.35, 0.9);
    scene.terrain = Some(terrain);
    if lake {
        scene.water = Some(water(dice, 0.0));
    }
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.00008, 0.0016);
    scene.stage = (ahead(&scene, 25.0, 0.0), 40.0);
    let grove = Grove::new(&mut scene, dice);
    for _ in 0..dice.count(0, 16) {
        let foot = ahead(&scene, dice.scale(6.0, 300.0), dice.range(-1.0, 1.0));
        let tall = dice.range(5.0, 18.0);
        if !lake || foot.y > 0.1 || foot.z < 12.0 {
            grove.tree(&mut scene, dice, foot.max(Vec3::new(-1e9, -0.5, -1e9)), tall);
        }
    }
    let stone = stuff::rock(dice);
    let stone = scene.material(stone);
    for _ in 0..dice.count(0, 7) {
        let foot = ahead(&scene, dice.scale(3.0, 20.0), dice.range(-0.9, 0.9));
        let size = dice.range(0.3, 2.0);
        plants::rock(&mut scene, dice, foot, size, stone);
    }
    if dice.chance(0.25) {
        let foot = ahead(&scene, dice.scale(4.0, 15.0), dice.range(-0.4, 0.4));
        living::person(&mut scene, dice, foot, 1.75, dice.range(2.0, 4.0));
    }
    scene
}

/// Sand in waves.
pub fn dunes(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.8, 12.0), (-14.0, 5.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let seed = 50.0 * dice.cube();
    let (rise, scale) = (dice.scale(1.5, 25.0), dice.scale(0.008, 0.04));
    let sand = stuff::sand(dice);
    let rippled =
        Material { pattern: Pattern::Fur, scale: dice.scale(0.3, 2.0), bump: 0.4, ..sand };
    let mut terrain = Terrain::new(400.0, [sand, rippled, sand], |x, z| {
        let p = Vec3::new(x * 0.6, 0.0, z) * scale + seed;
        let away = (x.hypot(z) / 30.0).clamp(0.1, 1.0);
        rise * away * ridges(p, 3)
    });
    terrain.slope = dice.range(0.1, 0.5);
    scene.terrain = Some(terrain);
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.0004, 0.004);
    scene.stage = (ahead(&scene, 12.0, 0.0), 20.0);
    for _ in 0..dice.count(0, 3) {
        let foot = ahead(&scene, dice.scale(4.0, 40.0), dice.range(-0.7, 0.7));
        let turn = dice.range(0.0, 6.0);
        if dice.chance(0.5) {
            living::person(&mut scene, dice, foot, 1.7, turn);
        } else {
            let grove = Grove::new(&mut scene, dice);
            grove.bush(&mut scene, dice, foot, 0.8);
        }
    }
    scene
}

/// Walls of rock on both sides, or a cliff.
pub fn canyon(dice: &Dice) -> Scene {
    let camera = walker(dice, (1.2, 40.0), (-16.0, 14.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let seed = 50.0 * dice.cube();
    let (deep, wide) = (dice.scale(10.0, 90.0), dice.scale(6.0, 60.0));
    let bend = dice.range(5.0, 60.0);
    let steps = dice.range(2.0, 6.0);
    let one_sided = dice.chance(0.3);
    let rock = stuff::rock(dice);
    let rock = Material { scale: rock.scale * 0.3, ..rock };
    let floor = if dice.chance(0.5) { stuff::sand(dice) } else { stuff::grass(dice) };
    let top = if dice.chance(0.4) { stuff::grass(dice) } else { stuff::rock(dice) };
    let mut terrain = Terrain::new(420.0, [floor, rock, top], |x, z| {
        let p = Vec3::new(x, 0.0, z) * 0.02 + seed;
        let middle = bend * (fbm(Vec3::new(0.0, 0.0, z * 0.012) + seed, 2) - 0.5)
            - bend * (fbm(seed, 2) - 0.5);
        let from = if one_sided { x - middle } else { (x - middle).abs() };
        let wall = smoothstep(0.5 * wide, 1.6 * wide, from + wide * (fbm(p * 3.0, 4) - 0.5));
        let stepped =
            (wall * steps).floor() / steps + smoothstep(0.6, 1.0, (wall * steps).fract()) / steps;
        deep * stepped * (0.8 + 0.4 * fbm(p, 2)) + 1.5 * fbm(p * 5.0, 3)
    });
    terrain.slope = 0.6;
    terrain.line = 0.5 * deep;
    scene.terrain = Some(terrain);
    if dice.chance(0.35) {
        scene.water = Some(water(dice, dice.range(0.6, 1.1)));
    }
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.0003, 0.006);
    scene.stage = (ahead(&scene, 16.0, 0.0), 26.0);
    let grove = Grove::new(&mut scene, dice);
    for _ in 0..dice.count(0, 14) {
        let foot = ahead(&scene, dice.scale(6.0, 100.0), dice.range(-0.9, 0.9));
        if dice.chance(0.5) {
            grove.tree(&mut scene, dice, foot, 5.0);
        } else {
            grove.bush(&mut scene, dice, foot, 1.2);
        }
    }
    scene
}

/// Hills, trees and houses under snow.
pub fn snow(dice: &Dice) -> Scene {
    let camera = walker(dice, (0.8, 6.0), (-12.0, 8.0));
    let mut scene = Scene::under(Sky::any(dice), camera);
    let white = stuff::snow(dice);
    let materials = [white, stuff::rock(dice), white];
    let rise = dice.scale(0.5, 16.0);
    let ground = super::woods::rolling(dice, 220.0, rise, materials);
    scene.terrain = Some(ground);
    let height = scene.camera.at.y;
    lift(&mut scene, height);
    scene.haze = dice.scale(0.001, 0.02);
    scene.exposure = 0.4;
    scene.stage = (ahead(&scene, 16.0, 0.0), 26.0);
    let grove = Grove::new(&mut scene, dice);
    if dice.chance(0.6) {
        // Snow on the trees too.
        let leaf = grove.leaf();
        let colours = scene.materials[leaf].colours;
        scene.materials[leaf].colours = [colours[0], Vec3::splat(0.6), Vec3::splat(0.8)];
    }
    for _ in 0..dice.count(2, 18) {
        let foot = ahead(&scene, dice.scale(5.0, 90.0), dice.range(-1.0, 1.0));
        let tall = dice.range(3.0, 12.0);
        if dice.chance(0.7) {
            grove.tree(&mut scene, dice, foot, tall);
        } else {
            grove.trunk(&mut scene, dice, foot, 0.2, tall);
        }
    }
    for _ in 0..dice.count(0, 2) {
        let foot = ahead(&scene, dice.scale(10.0, 50.0), dice.range(-0.6, 0.6));
        built::house(&mut scene, dice, foot, Vec3::new(4.0, 2.4, 4.0), dice.range(-0.8, 0.8), 0.2);
    }
    for _ in 0..dice.count(0, 2) {
        let foot = ahead(&scene, dice.scale(3.5, 15.0), dice.range(-0.5, 0.5));
        let turn = dice.range(0.0, 6.0);
        living::person(&mut scene, dice, foot, 1.7, turn);
    }
    scene
}

/// Fields, woods and houses from high above.
pub fn aerial(dice: &Dice) -> Scene {
    let height = dice.scale(12.0, 160.0);
    let pitch = if dice.chance(0.3) { dice.range(-90.0, -65.0) } else { dice.range(-60.0, -12.0) };
    let camera =
        Camera::new(Vec3::Y * height, 0.0, pitch, dice.range(-8.0, 8.0), dice.range(40.0, 80.0));
    let mut scene = Scene::under(Sky::day(dice), camera);
    let seed = 50.0 * dice.cube();
    let fields = [stuff::grass(dice), stuff::sand(dice), stuff::any_leaves(dice)];
    let patch = |m: Material, scale: f32| Material {
        scale,
        pattern: Pattern::Cells,
        bump: 0.1,
        class: Class::Other,
        ..m
    };
    let floor = if dice.chance(0.5) {
        patch(fields[1], 0.03)
    } else {
        Material { scale: 0.3, ..fields[0] }
    };
    let wooded = Material { scale: 0.25, ..fields[2] };
    let rise = height * dice.range(0.05, 0.5);
    let mut terrain = Terrain::new(height * 8.0, [floor, wooded, wooded], |x, z| {
        rise * (fbm(Vec3::new(x, 0.0, z) / height * 0.8 + seed, 5) - 0.55)
    });
    terrain.line = rise * dice.range(-0.1, 0.2);
    terrain.slope = 0.5;
    scene.terrain = Some(terrain);
    if dice.chance(0.5) {
        scene.water = Some(water(dice, -0.1 * rise));
    }
    scene.haze = dice.scale(0.0001, 0.001);
    let middle = Vec3::new(0.0, 0.0, height / pitch.to_radians().abs().tan().max(0.05));
    scene.stage = (middle, 1.4 * height);
    let grove = Grove::new(&mut scene, dice);
    let level = scene.water.as_ref().map_or(f32::MIN, |w| w.level);
    for i in 0..dice.count(10, 60) {
        let x = dice.range(-1.2, 1.2) * height;
        let z = middle.z + dice.range(-0.9, 1.6) * height;
        let foot = Vec3::new(x, scene.ground(x, z), z);
        if foot.y < level {
            continue;
        }
        if i % 3 == 0 {
            let half = Vec3::new(dice.range(3.0, 8.0), dice.range(2.0, 9.0), dice.range(3.0, 8.0));
            let turn = dice.range(-0.3, 0.3);
            built::house(&mut scene, dice, foot, half, turn, 0.0);
        } else {
            let wide = dice.range(2.0, 6.0);
            grove.bush(&mut scene, dice, foot, wide);
        }
    }
    scene
}
