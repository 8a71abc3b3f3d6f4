// SPDX-License-Identifier: MIT OR Apache-2.0
//! People and animals.

use glam::{Quat, Vec3};

use super::{SMOOTH, ball, bar, lump, stuff, yaw};
use crate::{
    dice::Dice,
    material::{Material, Pattern},
    scene::Scene,
    solid::{Cut, Form},
};

/// A person of `height` metres who stands at `foot`, turned by `turn` (radians; 0 looks to -z).
pub fn person(scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32, turn: f32) {
    let skin = stuff::skin(dice);
    let (top, low, hair) = (stuff::cloth(dice), stuff::cloth(dice), stuff::fur(dice));
    let skin = scene.material(skin);
    let [top, low, hair] = [top, low, hair].map(|m| scene.material(m));
    let spin = yaw(turn);
    let at = |x: f32, y: f32, z: f32| foot + height * (spin * Vec3::new(x, y, z));
    let stride = dice.range(0.0, 0.12);
    let dress = dice.chance(0.25);
    if dress {
        bar(scene, at(0.0, 0.06, 0.0), at(0.0, 0.56, 0.0), (0.15 * height, 0.08 * height), low);
    }
    for side in [-1.0, 1.0] {
        let knee = at(side * 0.06, 0.27, -side * 0.5 * stride);
        let hip = at(side * 0.05, 0.52, 0.0);
        let ankle = at(side * 0.06, 0.02, side * stride);
        bar(scene, ankle, knee, (0.03 * height, 0.04 * height), if dress { skin } else { low });
        bar(scene, knee, hip, (0.045 * height, 0.055 * height), low);
        let elbow = at(side * dice.range(0.15, 0.22), 0.63, dice.range(-0.05, 0.05));
        let hand =
            at(side * dice.range(0.05, 0.25), dice.range(0.45, 0.75), dice.range(-0.16, 0.05));
        bar(scene, at(side * 0.12, 0.8, 0.0), elbow, (0.038 * height, 0.032 * height), top);
        bar(
            scene,
            elbow,
            hand,
            (0.03 * height, 0.022 * height),
            if dice.chance(0.5) { top } else { skin },
        );
        ball(scene, hand, Vec3::splat(0.03 * height), skin);
        ball(
            scene,
            at(side * 0.06, 0.02, side * stride - 0.03),
            Vec3::new(0.03, 0.02, 0.06) * height,
            low,
        );
    }
    let turned = spin * Quat::from_rotation_x(dice.range(-0.08, 0.08));
    let chest = Form::Frustum { top: 1.25 };
    scene.put(chest, at(0.0, 0.66, 0.0), Vec3::new(0.095, 0.16, 0.06) * height, turned, top);
    lump(scene, at(0.0, 0.8, 0.0), Vec3::new(0.13, 0.05, 0.06) * height, 0.1, 2.0, top);
    head(scene, dice, at(0.0, 0.925, 0.0), 0.07 * height, turn, [skin, hair]);
}

/// A head of half its height `size` metres: skin and hair are materials.
fn head(scene: &mut Scene, dice: &Dice, at: Vec3, size: f32, turn: f32, [skin, hair]: [usize; 2]) {
    let face = Material { pattern: Pattern::Face, scale: 1.0 / size, ..scene.materials[skin] };
    let face = scene.material(face);
    let spin = yaw(turn) * Quat::from_rotation_z(dice.range(-0.15, 0.15));
    let place = |x: f32, y: f32, z: f32| at + size * (spin * Vec3::new(x, y, z));
    bar(scene, place(0.0, -1.7, 0.12), place(0.0, -0.5, 0.1), (0.42 * size, 0.4 * size), skin);
    scene.put(SMOOTH, at, Vec3::new(0.76, 1.0, 0.85) * size, spin, face);
    lump(scene, place(0.0, -0.12, -0.84), Vec3::new(0.14, 0.24, 0.2) * size, 0.0, 1.0, skin);
    for side in [-1.0, 1.0] {
        ball(scene, place(side * 0.76, 0.0, 0.05), Vec3::new(0.1, 0.22, 0.14) * size, skin);
    }
    if dice.chance(0.9) {
        let form = Form::Ball {
            rough: dice.range(0.05, 0.3),
            detail: dice.range(2.0, 6.0),
            holes: dice.range(0.0, 0.4),
        };
        let back = dice.range(0.2, 0.35);
        scene.put(form, place(0.0, 0.4, back), Vec3::new(0.95, 0.85, 0.85) * size, spin, hair);
        // Over the brow and beside the ears.
        let fringe = Vec3::new(0.8, 0.28, 0.3) * size;
        scene.put(form, place(0.0, 0.72, -0.55), fringe, spin, hair);
        for side in [-1.0, 1.0] {
            scene.put(
                form,
                place(side * 0.72, 0.3, 0.0),
                Vec3::new(0.25, 0.55, 0.6) * size,
                spin,
                hair,
            );
        }
        if dice.chance(0.45) {
            let long = dice.range(0.9, 1.9);
            scene.put(
                form,
                place(0.0, 0.1 - 0.5 * long, 0.5),
                Vec3::new(1.0, long, 0.5) * size,
                spin,
                hair,
            );
        }
    }
    if dice.chance(0.2) {
        let hat = stuff::cloth(dice);
        let hat = scene.material(hat);
        scene.put(
            Form::Frustum { top: 0.8 },
            place(0.0, 0.85, 0.1),
            Vec3::new(0.8, 0.35, 0.85) * size,
            spin,
            hat,
        );
        scene.put(
            Form::Frustum { top: 0.9 },
            place(0.0, 0.55, 0.1),
            Vec3::new(1.4, 0.05, 1.4) * size,
            spin,
            hat,
        );
    }
}

/// Head and shoulders of a person, life-size, the middle of the head at `at`.
pub fn bust(scene: &mut Scene, dice: &Dice, at: Vec3, turn: f32) {
    let (skin, hair, top) = (stuff::skin(dice), stuff::fur(dice), stuff::cloth(dice));
    let [skin, hair, top] = [skin, hair, top].map(|m| scene.material(m));
    let size = dice.range(0.115, 0.135);
    head(scene, dice, at, size, turn + dice.range(-0.5, 0.5), [skin, hair]);
    let spin = yaw(turn);
    let place = |x: f32, y: f32, z: f32| at + size * (spin * Vec3::new(x, y, z));
    let wide = dice.range(1.6, 2.1);
    let form = Form::Ball { rough: 0.12, detail: 2.0, holes: 0.0 };
    scene.put(form, place(0.0, -2.7, 0.2), Vec3::new(wide, 1.2, 0.9) * size, spin, top);
    scene.put(form, place(0.0, -4.4, 0.2), Vec3::new(0.85 * wide, 2.5, 0.95) * size, spin, top);
    for side in [-1.0, 1.0] {
        let shoulder = place(side * 0.9 * wide, -2.5, 0.2);
        let elbow = place(side * dice.range(1.0, 1.3) * wide, -5.0, dice.range(-0.4, 0.3));
        bar(scene, shoulder, elbow, (0.6 * size, 0.5 * size), top);
        ball(scene, shoulder, Vec3::splat(0.62 * size), top);
    }
    if dice.chance(0.4) {
        let collar = stuff::cloth(dice);
        let collar = scene.material(collar);
        scene.put(
            Form::Frustum { top: 0.8 },
            place(0.0, -1.6, 0.15),
            Vec3::new(0.7, 0.25, 0.65) * size,
            spin,
            collar,
        );
    }
}

/// An animal on four legs, `height` metres tall at the back, looking along `turn` (radians; 0 is -z).
pub fn beast(scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32, turn: f32) {
    let coat = stuff::fur(dice);
    let coat = scene.material(Material { scale: 2.5 / height, ..coat });
    let dark = scene.material(Material::plain(Vec3::splat(0.02)).finished(0.0, 0.8));
    let spin = yaw(turn);
    let at = |x: f32, y: f32, z: f32| foot + height * (spin * Vec3::new(x, y, z));
    let (long, thick) = (dice.range(0.5, 0.8), dice.range(0.2, 0.34));
    let legs = dice.range(0.05, 0.09);
    let sits = dice.chance(0.3);
    let furry =
        Form::Ball { rough: dice.range(0.08, 0.25), detail: dice.range(4.0, 9.0), holes: 0.2 };
    let tilt = if sits { Quat::from_rotation_x(0.7) } else { Quat::IDENTITY };
    scene.put(
        furry,
        at(0.0, 0.72, 0.0),
        Vec3::new(thick, thick * 1.1, long) * height,
        spin * tilt,
        coat,
    );
    for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let step = dice.range(-0.12, 0.12);
        let hip = at(0.6 * x * thick, 0.6, 0.65 * z * long);
        bar(
            scene,
            at(0.6 * x * thick, 0.0, 0.7 * z * long + step),
            hip,
            (legs * height, 1.8 * legs * height),
            coat,
        );
    }
    let neck = at(0.0, 1.05 + dice.range(-0.15, 0.3), -long - dice.range(0.1, 0.25));
    bar(scene, at(0.0, 0.8, -0.7 * long), neck, (0.2 * height, 0.14 * height), coat);
    let skull = dice.range(0.17, 0.25) * height;
    scene.put(furry, neck, Vec3::new(0.85, 0.85, 1.0) * skull, spin, coat);
    let toward = |x: f32, y: f32, z: f32| neck + skull * (spin * Vec3::new(x, y, z));
    scene.put(furry, toward(0.0, -0.25, -1.0), Vec3::new(0.45, 0.4, 0.65) * skull, spin, coat);
    ball(scene, toward(0.0, -0.15, -1.6), Vec3::splat(0.16 * skull), dark);
    let ear = dice.range(0.3, 0.7);
    for side in [-1.0, 1.0] {
        ball(scene, toward(side * 0.38, 0.2, -0.82), Vec3::splat(0.12 * skull), dark);
        bar(
            scene,
            toward(side * 0.5, 0.5, 0.0),
            toward(side * 0.75, 0.6 + ear, 0.1),
            (0.3 * skull, 0.05 * skull),
            coat,
        );
    }
    bar(
        scene,
        at(0.0, 0.75, 0.9 * long),
        at(dice.range(-0.3, 0.3), dice.range(0.3, 1.3), long + 0.35),
        (0.07 * height, 0.03 * height),
        coat,
    );
}

/// The face of a cat or dog close up: `size` metres is half the width of the head.
pub fn muzzle(scene: &mut Scene, dice: &Dice, at: Vec3, size: f32, turn: f32) {
    let coat = stuff::fur(dice);
    let coat = Material { scale: 1.2 / size, ..coat };
    let pale = Material {
        colours: coat.colours.map(|c| (c * 1.6 + Vec3::splat(0.1)).min(Vec3::ONE)),
        ..coat
    };
    let iris = dice.colour((0.05, 0.6), (0.2, 0.9), (0.3, 0.9));
    let [coat, pale] = [coat, pale].map(|m| scene.material(m));
    let iris = scene.material(Material::plain(iris).finished(0.0, 0.9));
    let dark = scene.material(Material::plain(Vec3::splat(0.015)).finished(0.0, 0.9));
    let pink = scene.material(Material::plain(dice.near(Vec3::new(0.5, 0.22, 0.18), 0.6)));
    let spin = yaw(turn) * Quat::from_rotation_z(dice.range(-0.3, 0.3));
    let place = |x: f32, y: f32, z: f32| at + size * (spin * Vec3::new(x, y, z));
    let furry = Form::Ball { rough: 0.12, detail: 8.0, holes: 0.25 };
    scene.put(furry, at, Vec3::new(1.0, 0.9, 0.95) * size, spin, coat);
    let body = Vec3::new(dice.range(1.2, 1.8), dice.range(1.2, 2.0), 2.4) * size;
    scene.put(furry, place(dice.range(-0.6, 0.6), -1.3, 1.7), body, spin, coat);
    let long = dice.range(0.25, 0.7);
    for side in [-1.0, 1.0] {
        scene.put(
            furry,
            place(side * 0.2, -0.38, -0.75),
            Vec3::new(0.32, 0.26, 0.3 + 0.5 * long) * size,
            spin,
            pale,
        );
        let ear = place(side * dice.range(0.65, 0.85), dice.range(0.9, 1.35), 0.1);
        bar(scene, place(side * 0.55, 0.5, 0.1), ear, (0.36 * size, 0.04 * size), coat);
        ball(scene, place(side * 0.4, 0.16, -0.78), Vec3::new(0.19, 0.17, 0.12) * size, iris);
        ball(scene, place(side * 0.4, 0.16, -0.86), Vec3::new(0.07, 0.14, 0.07) * size, dark);
    }
    ball(scene, place(0.0, -0.22, -0.95 - 0.4 * long), Vec3::new(0.14, 0.1, 0.1) * size, pink);
}

/// A beetle, a butterfly or the like, `size` metres long, on a surface with this normal.
pub fn insect(scene: &mut Scene, dice: &Dice, at: Vec3, size: f32, turn: Quat) {
    let shell = stuff::glaze(dice);
    let shell = scene.material(Material { scale: 5.0 / size, ..shell });
    let dark = scene.material(Material::plain(Vec3::splat(0.02)).finished(0.1, 0.5));
    let place = |x: f32, y: f32, z: f32| at + size * (turn * Vec3::new(x, y, z));
    if dice.chance(0.5) {
        scene.put(SMOOTH, place(0.0, 0.2, 0.0), Vec3::new(0.36, 0.28, 0.45) * size, turn, shell);
    } else {
        scene.put(SMOOTH, place(0.0, 0.15, 0.0), Vec3::new(0.09, 0.09, 0.5) * size, turn, dark);
        let tilt = dice.range(0.1, 1.3);
        for side in [-1.0, 1.0] {
            let wing = turn * Quat::from_rotation_z(side * tilt) * Quat::from_rotation_x(1.57);
            let half = Vec3::new(0.5, 0.45, 1.0) * size;
            scene.put(
                Form::Card(Cut::Disc),
                place(side * 0.45 * tilt.cos(), 0.2 + 0.4 * tilt.sin(), 0.0),
                half,
                wing,
                shell,
            );
        }
    }
    ball(scene, place(0.0, 0.15, -0.5), Vec3::splat(0.17 * size), dark);
    for side in [-1.0, 1.0] {
        for leg in [-0.3, 0.0, 0.3] {
            bar(
                scene,
                place(side * 0.25, 0.12, leg),
                place(side * 0.6, -0.05, 1.5 * leg),
                (0.03 * size, 0.02 * size),
                dark,
            );
        }
    }
}
