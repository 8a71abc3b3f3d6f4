// SPDX-License-Identifier: MIT OR Apache-2.0
//! Furniture, crockery and other goods.

use glam::{Quat, Vec3};

use super::{ball, bar, block, lump, stuff, yaw};
use crate::{
    class::Class,
    dice::Dice,
    material::{Material, Pattern},
    scene::Scene,
    solid::Form,
};

/// Round bodies on top of each other from `foot`: height of each and radii of its ends, in metres.
fn turned(scene: &mut Scene, foot: Vec3, parts: &[(f32, f32, f32)], material: usize) -> Vec3 {
    let mut at = foot;
    for &(height, low, high) in parts {
        let next = at + Vec3::Y * height;
        bar(scene, at, next, (low, high), material);
        at = next;
    }
    at
}

/// A cup or mug of `size` metres, filled.
pub fn cup(scene: &mut Scene, dice: &Dice, foot: Vec3, size: f32) {
    let glaze = stuff::glaze(dice);
    let glaze = scene.material(glaze);
    let drink = dice.colour((0.03, 0.12), (0.5, 0.9), (0.1, 0.7));
    let drink = scene.material(Material::plain(drink).finished(0.02, 0.5));
    let foam = scene.material(Material::patterned(
        [Vec3::new(0.75, 0.6, 0.4), Vec3::splat(0.85), Vec3::new(0.4, 0.22, 0.1)],
        Pattern::Mottled,
        1.5 / size,
    ));
    let (low, high) = (dice.range(0.55, 0.9), dice.range(0.85, 1.1));
    let tall = dice.range(0.8, 1.6);
    let top = turned(
        scene,
        foot,
        &[
            (0.35 * tall * size, low * size, 0.95 * high * size),
            (0.65 * tall * size, 0.95 * high * size, high * size),
        ],
        glaze,
    );
    let filled = if dice.chance(0.4) { foam } else { drink };
    bar(
        scene,
        top - Vec3::Y * 0.02 * size,
        top + Vec3::Y * 0.005 * size,
        (0.88 * high * size, 0.88 * high * size),
        filled,
    );
    if dice.chance(0.6) {
        let turn = dice.range(0.0, 6.3);
        let out = Vec3::new(turn.cos(), 0.0, turn.sin());
        let place = |r: f32, y: f32| foot + out * r * size + Vec3::Y * y * tall * size;
        let points = [
            place(0.9, 0.85),
            place(1.4, 0.8),
            place(1.5, 0.5),
            place(1.25, 0.25),
            place(0.85, 0.2),
        ];
        for pair in points.windows(2) {
            bar(scene, pair[0], pair[1], (0.1 * size, 0.1 * size), glaze);
            ball(scene, pair[1], Vec3::splat(0.1 * size), glaze);
        }
    }
}

/// A plate or saucer of `size` metres.
pub fn plate(scene: &mut Scene, dice: &Dice, foot: Vec3, size: f32) {
    let glaze = stuff::glaze(dice);
    let inner = scene.material(Material { colours: glaze.colours.map(|c| c * 0.8), ..glaze });
    let glaze = scene.material(glaze);
    let top = turned(scene, foot, &[(0.08 * size, 0.6 * size, size)], glaze);
    bar(scene, top, top + Vec3::Y * 0.004 * size, (0.65 * size, 0.65 * size), inner);
}

/// Food in a heap of about `size` metres.
pub fn food(scene: &mut Scene, dice: &Dice, foot: Vec3, size: f32) {
    let kinds = [0, 1, 2].map(|_| {
        let colour = dice.colour((0.95, 1.35), (0.3, 0.95), (0.3, 0.95));
        let pattern = dice.pick(&[Pattern::Mottled, Pattern::Plain, Pattern::Spots]);
        let made = Material::patterned(
            [colour, dice.near(colour, 0.6), colour * 0.4],
            pattern,
            3.0 / size,
        );
        scene.material(made.finished(0.3, dice.range(0.0, 0.6)))
    });
    let round = dice.chance(0.5);
    for _ in 0..dice.count(1, 9) {
        let radius = size * dice.range(0.2, 0.5);
        let at = foot
            + Vec3::new(dice.range(-0.7, 0.7) * size, 0.7 * radius, dice.range(-0.7, 0.7) * size);
        let kind = dice.pick(&kinds);
        lump(scene, at, Vec3::splat(radius), if round { 0.04 } else { 0.3 }, 2.5, kind);
    }
}

/// A bottle, a vase or a jug of `height` metres.
pub fn vessel(scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32) -> Vec3 {
    let glaze = if dice.chance(0.7) { stuff::glaze(dice) } else { stuff::metal(dice) };
    let glaze = scene.material(Material { scale: 3.0 / height, ..glaze });
    let wide = height * dice.range(0.13, 0.4);
    let neck = wide * dice.range(0.25, 0.9);
    let belly = dice.range(0.3, 0.6) * height;
    turned(
        scene,
        foot,
        &[
            (0.4 * belly, 0.7 * wide, wide),
            (0.6 * belly, wide, dice.range(0.8, 1.0) * wide),
            (0.3 * (height - belly), 0.9 * wide, neck),
            (0.7 * (height - belly), neck, dice.range(0.8, 1.5) * neck),
        ],
        glaze,
    )
}

/// A book that lies, or a box.
pub fn book(scene: &mut Scene, dice: &Dice, foot: Vec3, size: f32) {
    let colours = [dice.any_colour(), dice.any_colour(), dice.any_colour()];
    let pattern = dice.pick(&[Pattern::Plain, Pattern::Print, Pattern::Stripes]);
    let cover = scene.material(Material::patterned(colours, pattern, 4.0 / size));
    let half = Vec3::new(size, size * dice.scale(0.05, 0.7), size * dice.range(0.6, 1.2));
    block(scene, foot, half, dice.range(0.0, 6.0), cover);
}

/// Something of about `size` metres that stands on a table.
pub fn thing(scene: &mut Scene, dice: &Dice, foot: Vec3, size: f32) {
    match dice.count(0, 6) {
        0 => cup(scene, dice, foot, 0.5 * size),
        1 => {
            plate(scene, dice, foot, size);
            food(scene, dice, foot + Vec3::Y * 0.08 * size, 0.6 * size);
        }
        2 => drop(vessel(scene, dice, foot, size * 2.0)),
        3 => book(scene, dice, foot, 0.7 * size),
        4 => food(scene, dice, foot, 0.8 * size),
        _ => {
            let stuff = stuff::anything(dice);
            let stuff = scene.material(Material { scale: 3.0 / size, ..stuff });
            let half = 0.6 * size * (Vec3::ONE + 0.5 * dice.cube());
            let form = match dice.count(0, 2) {
                0 => Form::Block,
                1 => Form::Frustum { top: dice.range(0.2, 1.2) },
                _ => Form::Ball { rough: dice.range(0.0, 0.3), detail: 2.5, holes: 0.0 },
            };
            scene.put(form, foot + Vec3::Y * half.y, half, yaw(dice.range(0.0, 6.0)), stuff);
        }
    }
}

/// A table of `height` metres with this top (half sides in metres).
pub fn table(scene: &mut Scene, dice: &Dice, foot: Vec3, top: (f32, f32), height: f32, turn: f32) {
    let wood = stuff::wood(dice);
    let wood = scene.material(wood);
    let spin = yaw(turn);
    block(scene, foot + Vec3::Y * (height - 0.04), Vec3::new(top.0, 0.02, top.1), turn, wood);
    for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let leg = foot + spin * Vec3::new(0.9 * x * top.0, 0.0, 0.9 * z * top.1);
        bar(scene, leg, leg + Vec3::Y * height, (0.03, 0.04), wood);
    }
    for _ in 0..dice.count(0, 4) {
        let at = foot
            + spin
                * Vec3::new(dice.range(-0.8, 0.8) * top.0, height, dice.range(-0.8, 0.8) * top.1);
        let size = dice.range(0.06, 0.16);
        thing(scene, dice, at, size);
    }
}

/// A chair.
pub fn chair(scene: &mut Scene, dice: &Dice, foot: Vec3, turn: f32) {
    let wood = if dice.chance(0.6) { stuff::wood(dice) } else { stuff::metal(dice) };
    let wood = scene.material(wood);
    let seat = if dice.chance(0.5) { stuff::cloth(dice) } else { stuff::wood(dice) };
    let seat = scene.material(seat);
    let spin = yaw(turn);
    let at = |x: f32, y: f32, z: f32| foot + spin * Vec3::new(x, y, z);
    block(scene, at(0.0, 0.42, 0.0), Vec3::new(0.22, 0.03, 0.22), turn, seat);
    for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let top = if z > 0.0 { 0.95 } else { 0.45 };
        bar(scene, at(0.2 * x, 0.0, 0.2 * z), at(0.2 * x, top, 0.2 * z), (0.02, 0.02), wood);
    }
    block(scene, at(0.0, 0.65, 0.21), Vec3::new(0.2, 0.14, 0.015), turn, seat);
}

/// A sofa or an armchair, half its width in metres.
pub fn sofa(scene: &mut Scene, dice: &Dice, foot: Vec3, half: f32, turn: f32) {
    let cloth = stuff::cloth(dice);
    let cloth = scene.material(cloth);
    let spin = yaw(turn);
    let at = |x: f32, y: f32, z: f32| foot + spin * Vec3::new(x, y, z);
    block(scene, foot, Vec3::new(half, 0.22, 0.42), turn, cloth);
    block(scene, at(0.0, 0.2, 0.36), Vec3::new(half, 0.35, 0.12), turn, cloth);
    for side in [-1.0, 1.0] {
        block(scene, at(side * half, 0.0, 0.0), Vec3::new(0.12, 0.32, 0.42), turn, cloth);
    }
    for _ in 0..dice.count(0, 3) {
        let pillow = stuff::cloth(dice);
        let pillow = scene.material(pillow);
        let place = at(dice.range(-0.8, 0.8) * half, 0.6, 0.15);
        let lean = spin * Quat::from_rotation_x(-0.4);
        scene.put(
            Form::Ball { rough: 0.05, detail: 2.0, holes: 0.0 },
            place,
            Vec3::new(0.24, 0.22, 0.1),
            lean,
            pillow,
        );
    }
}

/// A case full of books against a wall at +z of it.
pub fn shelf(scene: &mut Scene, dice: &Dice, foot: Vec3, half: (f32, f32), turn: f32) {
    let wood = stuff::wood(dice);
    let wood = scene.material(wood);
    let colours = [dice.any_colour(), dice.any_colour(), dice.any_colour()];
    let books = scene.material(Material::patterned(colours, Pattern::Print, dice.range(3.0, 8.0)));
    let spin = yaw(turn);
    let rows = dice.count(3, 5);
    block(scene, foot, Vec3::new(half.0, half.1, 0.05), turn, wood);
    for row in 0..=rows {
        let y = 2.0 * half.1 * row as f32 / rows as f32;
        block(
            scene,
            foot + spin * Vec3::new(0.0, y, -0.15),
            Vec3::new(half.0, 0.02, 0.17),
            turn,
            wood,
        );
        if row < rows {
            let tall = half.1 / rows as f32 * dice.range(0.6, 0.85);
            let wide = half.0 * dice.range(0.5, 0.95);
            let at = foot + spin * Vec3::new(dice.range(-1.0, 1.0) * (half.0 - wide), y, -0.12);
            block(scene, at, Vec3::new(wide, tall, 0.11), turn, books);
        }
    }
}

/// A picture or a window on a wall that looks to -z before it is turned; a window shines.
pub fn framed(
    scene: &mut Scene,
    dice: &Dice,
    middle: Vec3,
    half: (f32, f32),
    turn: f32,
    window: bool,
) {
    let frame = stuff::wood(dice);
    let frame = scene.material(frame);
    let inside = if window {
        let colour = dice.colour((0.5, 0.65), (0.0, 0.3), (0.8, 1.0));
        Material {
            glow: 0.35,
            ..Material::patterned([colour, colour * 0.6, colour], Pattern::Mottled, 2.0)
        }
    } else {
        let colours = [dice.any_colour(), dice.any_colour(), dice.any_colour()];
        let pattern =
            dice.pick(&[Pattern::Strokes, Pattern::Mottled, Pattern::Print, Pattern::Cells]);
        Material::patterned(colours, pattern, 2.0 / half.0)
    };
    let inside = scene.material(inside);
    let spin = yaw(turn);
    scene.put(Form::Block, middle, Vec3::new(half.0, half.1, 0.02), spin, frame);
    scene.put(Form::Block, middle, Vec3::new(0.9 * half.0, 0.9 * half.1, 0.025), spin, inside);
}

/// A potted plant of `height` metres.
pub fn potted(scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32) {
    let pot = stuff::glaze(dice);
    let pot = scene.material(pot);
    let leaves = stuff::leaves(dice, (0.22, 0.38));
    let leaves =
        scene.material(Material { scale: 6.0 / height, ..leaves }.of_class(Class::Foliage));
    let top = turned(scene, foot, &[(0.3 * height, 0.12 * height, 0.17 * height)], pot);
    for _ in 0..dice.count(3, 7) {
        let at = top
            + height
                * Vec3::new(dice.range(-0.2, 0.2), dice.range(0.1, 0.5), dice.range(-0.2, 0.2));
        let form = Form::Ball { rough: 0.5, detail: 4.0, holes: 0.6 };
        scene.put(form, at, Vec3::splat(0.2 * height), Quat::IDENTITY, leaves);
    }
}
