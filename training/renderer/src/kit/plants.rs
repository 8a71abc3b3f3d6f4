// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trees, bushes, grass, flowers.

use glam::{Quat, Vec3};

use super::{bar, lump, stuff, yaw};
use crate::{
    class::Class,
    dice::Dice,
    material::Material,
    scene::Scene,
    solid::{Cut, Form},
};

/// What a stand of trees is made of.
#[derive(Clone, Copy)]
pub struct Grove {
    bark: usize,
    leaves: [usize; 2],
    conifer: bool,
}

impl Grove {
    /// Trees of one kind.
    pub fn new(scene: &mut Scene, dice: &Dice) -> Self {
        let conifer = dice.chance(0.3);
        let first =
            if conifer { stuff::leaves(dice, (0.25, 0.42)) } else { stuff::any_leaves(dice) };
        let second = Material {
            colours: first.colours.map(|c| dice.near(c, 0.35)),
            scale: first.scale * dice.range(0.7, 1.5),
            ..first
        };
        let bark = stuff::bark(dice);
        let leaves = [scene.material(first), scene.material(second)];
        Self { bark: scene.material(bark), leaves, conifer }
    }

    /// A tree of `height` metres.
    pub fn tree(&self, scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32) {
        if self.conifer {
            return self.conifer(scene, dice, foot, height);
        }
        let lean = dice.cube() * Vec3::new(0.08, 0.0, 0.08) * height;
        let fork = foot + Vec3::Y * height * dice.range(0.25, 0.5) + lean;
        let thick = height * dice.range(0.015, 0.04);
        bar(scene, foot - Vec3::Y * 0.3, fork, (thick, 0.7 * thick), self.bark);
        let wide = height * dice.range(0.16, 0.36);
        let middle = foot + Vec3::Y * height * 0.68 + 1.5 * lean;
        for _ in 0..dice.count(2, 4) {
            let tip = middle + dice.cube() * Vec3::new(wide, 0.2 * height, wide) * 0.7;
            bar(scene, fork, tip, (0.5 * thick, 0.2 * thick), self.bark);
        }
        for _ in 0..dice.count(4, 9) {
            let at = middle + dice.cube() * Vec3::new(wide, 0.24 * height, wide) * 0.8;
            let size = height * dice.range(0.1, 0.2);
            self.clump(scene, dice, at, Vec3::new(1.2, 0.9, 1.2) * size);
        }
    }

    fn conifer(&self, scene: &mut Scene, dice: &Dice, foot: Vec3, height: f32) {
        let thick = height * 0.02;
        bar(
            scene,
            foot - Vec3::Y * 0.3,
            foot + Vec3::Y * height * 0.9,
            (thick, 0.3 * thick),
            self.bark,
        );
        let tiers = dice.count(3, 6);
        let wide = height * dice.range(0.14, 0.26);
        for tier in 0..tiers {
            let share = tier as f32 / tiers as f32;
            let at = foot + Vec3::Y * height * (0.2 + 0.72 * share);
            let size = wide * (1.0 - 0.8 * share);
            self.clump(scene, dice, at, Vec3::new(size, 0.75 * height / tiers as f32, size));
        }
    }

    fn clump(&self, scene: &mut Scene, dice: &Dice, at: Vec3, half: Vec3) {
        let leaves = dice.pick(&self.leaves);
        let form = Form::Ball {
            rough: dice.range(0.35, 0.6),
            detail: dice.range(3.0, 6.0),
            holes: dice.range(0.3, 0.7),
        };
        scene.put(form, at, half, yaw(dice.range(0.0, 6.0)), leaves);
    }

    /// A bush of about this radius in metres.
    pub fn bush(&self, scene: &mut Scene, dice: &Dice, foot: Vec3, radius: f32) {
        for _ in 0..dice.count(1, 4) {
            let at = foot
                + radius
                    * Vec3::new(dice.range(-0.6, 0.6), dice.range(0.2, 0.6), dice.range(-0.6, 0.6));
            self.clump(scene, dice, at, Vec3::new(0.8, 0.6, 0.8) * radius * dice.range(0.7, 1.2));
        }
    }

    /// A bare trunk that goes up beyond sight.
    pub fn trunk(&self, scene: &mut Scene, dice: &Dice, foot: Vec3, radius: f32, height: f32) {
        let lean = dice.cube() * Vec3::new(0.05, 0.0, 0.05) * height;
        bar(
            scene,
            foot - Vec3::Y * 0.5,
            foot + Vec3::Y * height + lean,
            (radius, 0.6 * radius),
            self.bark,
        );
        for _ in 0..dice.count(0, 3) {
            let from = foot + (Vec3::Y * height + lean) * dice.range(0.3, 0.9);
            let to = from + dice.cube() * Vec3::new(1.0, 0.6, 1.0) * height * 0.25;
            bar(scene, from, to, (0.3 * radius, 0.1 * radius), self.bark);
        }
    }

    /// A hanging mass of leaves.
    pub fn canopy(&self, scene: &mut Scene, dice: &Dice, at: Vec3, size: f32) {
        self.clump(scene, dice, at, size * Vec3::new(1.4, 0.7, 1.4));
    }

    /// Material of its leaves.
    pub fn leaf(&self) -> usize {
        self.leaves[0]
    }
}

/// A rock of about this radius in metres.
pub fn rock(scene: &mut Scene, dice: &Dice, foot: Vec3, radius: f32, material: usize) {
    let half = radius * (Vec3::new(1.0, 0.7, 1.0) + 0.35 * dice.cube());
    let form =
        Form::Ball { rough: dice.range(0.1, 0.35), detail: dice.range(1.5, 3.0), holes: 0.0 };
    scene.put(form, foot + Vec3::Y * 0.25 * half.y, half, yaw(dice.range(0.0, 6.0)), material);
}

/// Blades of grass on a patch of `radius` metres round a place, `height` metres tall.
pub fn blades(
    scene: &mut Scene,
    dice: &Dice,
    middle: Vec3,
    radius: f32,
    height: f32,
    count: usize,
) {
    let base = dice.colour((0.16, 0.33), (0.4, 0.9), (0.3, 0.8));
    let kinds = [0.6, 1.0, 1.4].map(|tone| {
        let colour = dice.near((base * tone).min(Vec3::ONE), 0.2);
        let blade = Material::patterned([colour; 3], crate::material::Pattern::Plain, 10.0);
        scene.material(Material { sheer: 0.5, ..blade }.of_class(Class::Grass))
    });
    for _ in 0..count {
        let (x, z) = (dice.range(-radius, radius), dice.range(-radius, radius));
        let foot = Vec3::new(middle.x + x, scene.ground(middle.x + x, middle.z + z), middle.z + z);
        let tall = height * dice.range(0.5, 1.2);
        let form = Form::Card(Cut::Blade { lean: dice.range(-0.9, 0.9) });
        let turn = yaw(dice.range(-0.8, 0.8)) * Quat::from_rotation_x(dice.range(-0.3, 0.3));
        let half = Vec3::new(0.12 * tall, 0.5 * tall, 1.0);
        let kind = dice.pick(&kinds);
        scene.put(form, foot + Vec3::Y * 0.45 * tall, half, turn, kind);
    }
}

/// What flowers of one kind are made of.
#[derive(Clone, Copy)]
pub struct Flowers {
    petals: usize,
    heart: usize,
    stem: usize,
    count: u32,
    kind: Kind,
}

/// How the petals of a flower stand.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Closed, as of a tulip.
    Cup,
    /// Flat and cut out of one sheet, as seen from afar.
    Sheet,
    /// Each on its own, in rings.
    Rings,
}

impl Flowers {
    /// Flowers of one kind.
    pub fn new(scene: &mut Scene, dice: &Dice) -> Self {
        let petals = stuff::petals(dice);
        let heart = stuff::sand(dice);
        let stem = stuff::leaves(dice, (0.22, 0.36));
        Self {
            petals: scene.material(petals),
            heart: scene.material(Material { scale: 60.0, ..heart }),
            stem: scene.material(Material { scale: 30.0, bump: 0.2, ..stem }),
            count: dice.count(4, 14) as u32,
            kind: dice.pick(&[Kind::Cup, Kind::Sheet, Kind::Rings, Kind::Rings]),
        }
    }

    /// A flower on a stem from `foot`, its head of `radius` metres at `head`, looking along `face`.
    pub fn flower(
        &self,
        scene: &mut Scene,
        dice: &Dice,
        foot: Vec3,
        head: Vec3,
        radius: f32,
        face: Vec3,
    ) {
        bar(scene, foot, head, (0.07 * radius, 0.05 * radius), self.stem);
        let turn = Quat::from_rotation_arc(Vec3::Z, face.normalize_or(Vec3::Z));
        match self.kind {
            Kind::Cup => {
                lump(scene, head, Vec3::new(0.7, 0.9, 0.7) * radius, 0.3, 2.0, self.petals)
            }
            Kind::Sheet => {
                let tilt = Quat::from_rotation_x(dice.range(-0.2, 0.2));
                for layer in 0..dice.count(1, 3) {
                    let size = radius * (1.0 - 0.22 * layer as f32);
                    let at = head + face * 0.08 * radius * layer as f32;
                    let half = Vec3::new(size, size, 1.0);
                    scene.put(
                        Form::Card(Cut::Petals(self.count)),
                        at,
                        half,
                        turn * tilt,
                        self.petals,
                    );
                }
            }
            Kind::Rings => self.rings(scene, dice, head, radius, turn),
        }
        if self.kind != Kind::Cup {
            let heart = radius * dice.range(0.12, 0.4);
            let form = Form::Ball { rough: 0.15, detail: 6.0, holes: 0.0 };
            scene.put(
                form,
                head + face * 0.08 * radius,
                Vec3::new(heart, heart, 0.5 * heart),
                turn,
                self.heart,
            );
        }
        for _ in 0..dice.count(0, 3) {
            let at = foot.lerp(head, dice.range(0.2, 0.8));
            self.leaf(scene, dice, at, radius * dice.range(0.6, 1.6));
        }
    }

    /// Petals in rings round a head that looks along z once turned; inner ones stand up more.
    fn rings(&self, scene: &mut Scene, dice: &Dice, head: Vec3, radius: f32, turn: Quat) {
        let layers = dice.count(1, 3);
        let (wide, first) = (dice.range(0.7, 1.3), dice.range(-0.2, 0.5));
        for layer in 0..layers {
            let share = 1.0 - 0.25 * layer as f32;
            for petal in 0..self.count {
                let at = petal as f32 + 0.5 * layer as f32 + dice.range(-0.15, 0.15);
                let spin = Quat::from_rotation_z(std::f32::consts::TAU * at / self.count as f32);
                let rise =
                    Quat::from_rotation_x(first + 0.4 * layer as f32 + dice.range(-0.12, 0.12));
                let long = 0.5 * radius * share;
                let half = Vec3::new(
                    (wide * 2.6 / self.count as f32).min(0.6) * long * 2.0,
                    long,
                    0.06 * long,
                );
                let turned = turn * spin * rise;
                let place = head + turned * Vec3::Y * long;
                let form = Form::Ball { rough: 0.08, detail: 3.0, holes: 0.0 };
                scene.put(form, place, half, turned, self.petals);
            }
        }
    }

    /// A leaf of `length` metres that starts at a place.
    pub fn leaf(&self, scene: &mut Scene, dice: &Dice, at: Vec3, length: f32) {
        let turn = yaw(dice.range(0.0, 6.3))
            * Quat::from_rotation_z(dice.range(-1.3, 1.3))
            * Quat::from_rotation_x(dice.range(-0.9, 0.9));
        let half = Vec3::new(dice.range(0.15, 0.3) * length, 0.5 * length, 1.0);
        scene.put(Form::Card(Cut::Leaf), at + turn * Vec3::Y * 0.5 * length, half, turn, self.stem);
    }
}
