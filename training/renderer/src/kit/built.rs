// SPDX-License-Identifier: MIT OR Apache-2.0
//! Buildings, vehicles, lamps, boats.

use std::f32::consts::FRAC_PI_2;

use glam::{Quat, Vec3};

use super::{ball, bar, block, stuff, yaw};
use crate::{
    dice::Dice,
    material::Material,
    scene::{Lamp, Scene},
    solid::{Cut, Form},
};

/// A house whose foot is at a place: half sides in metres.
pub fn house(scene: &mut Scene, dice: &Dice, foot: Vec3, half: Vec3, turn: f32, lit: f32) {
    let wall = if dice.chance(0.85) { stuff::facade(dice, lit) } else { stuff::wall(dice) };
    let wall = scene.material(wall);
    let roof = stuff::roof(dice);
    let roof = scene.material(roof);
    block(scene, foot - Vec3::Y, half + Vec3::Y * 0.5, turn, wall);
    let top = foot + Vec3::Y * 2.0 * half.y;
    let spin = yaw(turn);
    if dice.chance(0.6) {
        // A gable: two slabs that lean on each other.
        let rise = dice.range(0.4, 1.1);
        let slope = half.x * 1.12 / rise.cos();
        for side in [-1.0, 1.0] {
            let lean = spin * Quat::from_rotation_z(-side * rise);
            let at = top + spin * Vec3::new(side * half.x * 0.55, half.x * 0.5 * rise.tan(), 0.0);
            scene.put(Form::Block, at, Vec3::new(0.55 * slope, 0.08, half.z * 1.06), lean, roof);
        }
        let fill = Vec3::new(half.x * 0.55, half.x * 0.27 * rise.tan(), half.z * 0.98);
        block(scene, top, fill, turn, wall);
    } else {
        block(scene, top, Vec3::new(half.x * 1.05, 0.2, half.z * 1.05), turn, roof);
    }
    if dice.chance(0.3) {
        let at = top + spin * Vec3::new(0.4 * half.x, 0.0, 0.3 * half.z);
        block(scene, at, Vec3::new(0.4, 0.35 * half.x + 0.8, 0.4), turn, roof);
    }
}

/// A car, 4 metres long, its long side along z before it is turned.
pub fn car(scene: &mut Scene, dice: &Dice, foot: Vec3, turn: f32) {
    let paint = dice.any_colour();
    let paint = scene.material(Material::plain(paint).finished(0.01, dice.range(0.5, 1.0)));
    let glass = scene.material(Material::plain(Vec3::new(0.03, 0.04, 0.05)).finished(0.0, 1.0));
    let rubber = scene.material(Material::plain(Vec3::splat(0.02)));
    let rim = stuff::metal(dice);
    let rim = scene.material(rim);
    let spin = yaw(turn);
    let at = |x: f32, y: f32, z: f32| foot + spin * Vec3::new(x, y, z);
    let (wide, long, tall) = (0.85, dice.range(1.8, 2.4), dice.range(0.28, 0.5));
    scene.put(Form::Block, at(0.0, 0.4 + tall, 0.0), Vec3::new(wide, tall, long), spin, paint);
    let cabin = Form::Frustum { top: 0.75 };
    let back = dice.range(0.0, 0.4);
    scene.put(cabin, at(0.0, 0.65 + 2.0 * tall, back), Vec3::new(0.95, 0.3, 1.3), spin, glass);
    scene.put(
        Form::Block,
        at(0.0, 0.97 + 2.0 * tall, back),
        Vec3::new(0.62, 0.03, 0.85),
        spin,
        paint,
    );
    for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let middle = at(x * wide, 0.33, 0.62 * z * long);
        let turn = spin * Quat::from_rotation_z(FRAC_PI_2);
        scene.put(Form::Frustum { top: 1.0 }, middle, Vec3::new(0.33, 0.1, 0.33), turn, rubber);
        scene.put(Form::Frustum { top: 1.0 }, middle, Vec3::new(0.2, 0.11, 0.2), turn, rim);
        let lamp = at(0.75 * x * wide, 0.5 + tall, z * long);
        ball(scene, lamp, Vec3::new(0.14, 0.1, 0.06), rim);
    }
}

/// A bicycle or a motorcycle, seen from the side when it is not turned.
pub fn cycle(scene: &mut Scene, dice: &Dice, foot: Vec3, turn: f32) {
    let motor = dice.chance(0.5);
    let frame = stuff::glaze(dice);
    let frame = scene.material(frame);
    let metal = stuff::metal(dice);
    let metal = scene.material(metal);
    let rubber = scene.material(Material::plain(Vec3::splat(0.025)));
    let spin = yaw(turn);
    let at = |x: f32, y: f32, z: f32| foot + spin * Vec3::new(x, y, z);
    let (radius, apart) = (0.34, dice.range(0.5, 0.7));
    let thick = if motor { 0.06 } else { 0.02 };
    for side in [-1.0, 1.0] {
        let cut =
            Cut::Wheel { inner: if motor { 0.75 } else { 0.9 }, spokes: dice.count(3, 12) as u32 };
        for layer in [-0.5, 0.0, 0.5] {
            let half = Vec3::new(radius, radius, 1.0);
            scene.put(Form::Card(cut), at(side * apart, radius, layer * thick), half, spin, rubber);
        }
    }
    let (seat, crank) = (at(-0.25, 0.85, 0.0), at(-0.05, 0.32, 0.0));
    let (head, front) = (at(0.42, 0.85, 0.0), at(apart, radius, 0.0));
    let rear = at(-apart, radius, 0.0);
    for (from, to) in
        [(rear, crank), (rear, seat), (seat, crank), (crank, head), (seat, head), (front, head)]
    {
        bar(scene, from, to, (thick, thick), frame);
    }
    let grip = at(0.36, 1.02, 0.0);
    bar(scene, head, grip, (0.02, 0.02), metal);
    bar(scene, grip + spin * Vec3::Z * 0.3, grip - spin * Vec3::Z * 0.3, (0.018, 0.018), metal);
    ball(scene, seat + Vec3::Y * 0.06, Vec3::new(0.16, 0.05, 0.09), rubber);
    if motor {
        scene.put(
            Form::Ball { rough: 0.1, detail: 2.0, holes: 0.0 },
            at(0.12, 0.78, 0.0),
            Vec3::new(0.3, 0.15, 0.14),
            spin,
            frame,
        );
        scene.put(Form::Block, at(0.0, 0.42, 0.0), Vec3::new(0.22, 0.17, 0.12), spin, metal);
        scene.put(
            Form::Ball { rough: 0.05, detail: 2.0, holes: 0.0 },
            at(-0.35, 0.8, 0.0),
            Vec3::new(0.36, 0.08, 0.13),
            spin,
            rubber,
        );
        bar(scene, at(0.1, 0.28, 0.14), at(-0.7, 0.34, 0.16), (0.04, 0.06), metal);
    }
}

/// A street lamp of `height` metres, lit or not.
pub fn street_lamp(scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32, lit: bool) {
    let post = scene.material(Material::plain(Vec3::splat(dice.range(0.02, 0.3))));
    bar(scene, foot, foot + Vec3::Y * height, (0.07, 0.05), post);
    let head = foot + Vec3::Y * (height + 0.15);
    let bulb = if lit { stuff::glow(dice) } else { stuff::glaze(dice) };
    if lit {
        scene.lamps.push(Lamp { at: head, light: bulb.colours[0] * dice.range(3.0, 12.0) });
    }
    let bulb = scene.material(bulb);
    ball(scene, head, Vec3::splat(dice.range(0.13, 0.3)), bulb);
}

/// A tower, a mast, a rocket or the like: one tall thing of `height` metres.
pub fn tower(scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32) {
    let first = match dice.count(0, 3) {
        0 => stuff::facade(dice, 0.05),
        1 => stuff::glaze(dice),
        _ => stuff::wall(dice),
    };
    let first = scene.material(first);
    let second = stuff::roof(dice);
    let second = scene.material(second);
    let wide = height * dice.range(0.04, 0.14);
    let round = dice.chance(0.6);
    let parts = dice.count(1, 4);
    let (mut at, mut width) = (foot - Vec3::Y * 0.5, wide);
    for part in 0..parts {
        let tall = height * dice.range(0.7, 1.3) / parts as f32;
        let top = dice.range(0.7, 1.0);
        let material = if part % 2 == 0 { first } else { dice.pick(&[first, second]) };
        let half = Vec3::new(width, tall / 2.0, width);
        let form = if round { Form::Frustum { top } } else { Form::Block };
        scene.put(form, at + Vec3::Y * tall / 2.0, half, yaw(0.5), material);
        if dice.chance(0.4) {
            let rim = Vec3::new(width * 1.2, 0.01 * height, width * 1.2);
            scene.put(form, at + Vec3::Y * tall, rim, yaw(0.5), second);
        }
        at += Vec3::Y * tall;
        width *= top * dice.range(0.75, 1.0);
    }
    let cone = height * dice.range(0.08, 0.25);
    bar(scene, at, at + Vec3::Y * cone, (width * 1.1, 0.02 * width), second);
    if dice.chance(0.4) {
        for side in [-1.0, 1.0] {
            let half = Vec3::new(0.6 * wide, 0.1 * height, 0.02 * height);
            block(scene, foot + Vec3::X * side * 1.3 * wide, half, 0.0, second);
        }
    }
}

/// A boat of `length` metres on water at `at`, along x before it is turned.
pub fn boat(scene: &mut Scene, dice: &Dice, at: Vec3, length: f32, turn: f32) {
    let hull = if dice.chance(0.5) { stuff::wood(dice) } else { stuff::glaze(dice) };
    let hull = scene.material(hull);
    let sail = scene
        .material(Material { sheer: 0.4, ..Material::plain(Vec3::splat(dice.range(0.5, 0.95))) });
    let spin = yaw(turn);
    let half = Vec3::new(0.5, 0.11, 0.15) * length;
    scene.put(Form::Ball { rough: 0.0, detail: 1.0, holes: 0.0 }, at, half, spin, hull);
    scene.put(
        Form::Block,
        at + Vec3::Y * 0.08 * length,
        Vec3::new(0.36, 0.04, 0.12) * length,
        spin,
        hull,
    );
    if dice.chance(0.6) {
        let top = at + Vec3::Y * length * dice.range(0.8, 1.3);
        bar(scene, at, top, (0.015 * length, 0.01 * length), hull);
        let half = Vec3::new(0.3 * length, 0.45 * (top.y - at.y), 1.0);
        let middle = at.lerp(top, 0.55) + spin * Vec3::X * 0.25 * length;
        scene.put(Form::Card(Cut::Leaf), middle, half, spin, sail);
    } else {
        block(scene, at + Vec3::Y * 0.1 * length, Vec3::new(0.18, 0.1, 0.1) * length, turn, sail);
    }
}

/// A fence from one place to another, `height` metres tall.
pub fn fence(scene: &mut Scene, dice: &Dice, from: Vec3, to: Vec3, height: f32) {
    let wood = stuff::wood(dice);
    let wood = scene.material(wood);
    let posts = 14;
    for i in 0..=posts {
        let at = from.lerp(to, i as f32 / posts as f32);
        bar(scene, at, at + Vec3::Y * height, (0.05, 0.04), wood);
    }
    for y in [0.4, 0.85] {
        let up = Vec3::Y * height * y;
        bar(scene, from + up, to + up, (0.035, 0.035), wood);
    }
}
