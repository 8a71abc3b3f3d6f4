// SPDX-License-Identifier: MIT OR Apache-2.0
//! What things are made of.

use glam::Vec3;

use crate::{
    class::Class,
    dice::Dice,
    material::{Material, Pattern},
};

/// Leaves. `tone` is the hue in turns; green is 0.25..0.4.
pub fn leaves(dice: &Dice, tone: (f32, f32)) -> Material {
    let colour = dice.colour(tone, (0.35, 0.9), (0.2, 0.65));
    let colours = [colour * 0.45, colour, (colour * 1.8).min(Vec3::ONE)];
    let scale = dice.scale(4.0, 18.0);
    let leaves = Material::patterned(colours, Pattern::Leaves, scale);
    Material { sheer: dice.range(0.2, 0.7), ..leaves.finished(0.8, 0.05) }.of_class(Class::Foliage)
}

/// Leaves of a hue that trees have: mostly green, at times of autumn.
pub fn any_leaves(dice: &Dice) -> Material {
    let tone = if dice.chance(0.82) { (0.2, 0.38) } else { (0.03, 0.17) };
    leaves(dice, tone)
}

/// A lawn, a meadow, or dry grass.
pub fn grass(dice: &Dice) -> Material {
    let tone = if dice.chance(0.75) { (0.19, 0.33) } else { (0.1, 0.17) };
    let colour = dice.colour(tone, (0.3, 0.85), (0.3, 0.75));
    let other = dice.near(colour, 0.5);
    let pattern = dice.pick(&[Pattern::Mottled, Pattern::Fur, Pattern::Leaves, Pattern::Mottled]);
    let colours = [colour * 0.6, colour, other * 1.3];
    let scale = dice.scale(2.0, 14.0);
    Material::patterned(colours, pattern, scale).finished(0.7, 0.0).of_class(Class::Grass)
}

/// Bark.
pub fn bark(dice: &Dice) -> Material {
    let colour = dice.colour((0.03, 0.12), (0.05, 0.55), (0.15, 0.65));
    let pattern = dice.pick(&[Pattern::Fur, Pattern::Strata, Pattern::Mottled]);
    Material::patterned([colour, colour * 0.4, colour * 1.5], pattern, dice.scale(2.0, 8.0))
        .finished(0.6, 0.0)
}

/// Rock.
pub fn rock(dice: &Dice) -> Material {
    let colour = dice.colour((0.0, 0.14), (0.0, 0.55), (0.3, 0.8));
    let pattern = dice.pick(&[Pattern::Strata, Pattern::Mottled, Pattern::Cells, Pattern::Strata]);
    let colours = [colour * 0.45, colour, (colour * 1.5).min(Vec3::ONE)];
    Material::patterned(colours, pattern, dice.scale(0.3, 3.0)).finished(0.6, 0.03)
}

/// Sand, soil or gravel.
pub fn sand(dice: &Dice) -> Material {
    let colour = dice.colour((0.03, 0.14), (0.1, 0.6), (0.4, 0.9));
    let pattern = dice.pick(&[Pattern::Mottled, Pattern::Plain, Pattern::Cells]);
    Material::patterned([colour * 0.7, colour, colour * 1.1], pattern, dice.scale(0.5, 8.0))
        .finished(0.3, 0.0)
}

/// Snow.
pub fn snow(dice: &Dice) -> Material {
    let colour = Vec3::new(0.86, 0.9, 1.0) * dice.range(0.7, 1.0);
    Material::patterned([colour * 0.85, colour, colour], Pattern::Mottled, 0.5).finished(0.15, 0.05)
}

/// Asphalt, paving or concrete.
pub fn paving(dice: &Dice) -> Material {
    let grey = dice.colour((0.0, 1.0), (0.0, 0.15), (0.2, 0.75));
    let pattern = dice.pick(&[
        Pattern::Mottled,
        Pattern::Tiles,
        Pattern::Cells,
        Pattern::Bricks,
        Pattern::Plain,
    ]);
    let gloss = if dice.chance(0.2) { dice.range(0.2, 0.7) } else { 0.0 };
    Material::patterned([grey, grey * 0.8, grey * 1.15], pattern, dice.scale(0.5, 4.0))
        .finished(0.15, gloss)
}

/// A wall without windows.
pub fn wall(dice: &Dice) -> Material {
    let pale = dice.chance(0.35);
    let colour = if pale {
        dice.colour((0.0, 1.0), (0.0, 0.12), (0.75, 1.0))
    } else {
        dice.colour((0.0, 0.6), (0.0, 0.5), (0.35, 0.95))
    };
    let pattern = dice.pick(&[
        Pattern::Plain,
        Pattern::Bricks,
        Pattern::Mottled,
        Pattern::Plain,
        Pattern::Planks,
    ]);
    let colours = [colour, dice.near(colour, 0.3), colour * 0.7];
    Material::patterned(colours, pattern, dice.scale(0.7, 4.0)).finished(0.15, 0.0)
}

/// A wall with windows; `lit` is the share of those that shine.
pub fn facade(dice: &Dice, lit: f32) -> Material {
    let colour = dice.colour((0.0, 0.65), (0.0, 0.5), (0.3, 0.95));
    let glass = dice.colour((0.5, 0.65), (0.1, 0.5), (0.1, 0.55));
    let frame = if dice.chance(0.6) { Vec3::splat(0.75) } else { dice.near(colour * 0.5, 0.3) };
    Material {
        scale: dice.range(0.25, 0.5),
        ..Material::patterned([colour, glass, frame], Pattern::Facade { lit }, 0.3)
    }
    .finished(0.05, 0.0)
}

/// A roof.
pub fn roof(dice: &Dice) -> Material {
    let colour = dice.colour((0.98, 1.1), (0.1, 0.75), (0.2, 0.65));
    let pattern = dice.pick(&[Pattern::Bricks, Pattern::Stripes, Pattern::Mottled]);
    Material::patterned([colour, colour * 0.7, colour * 0.5], pattern, dice.range(1.5, 4.0))
        .finished(0.2, 0.0)
}

/// Wood that was worked.
pub fn wood(dice: &Dice) -> Material {
    let colour = dice.colour((0.04, 0.12), (0.3, 0.75), (0.2, 0.8));
    Material::patterned([colour * 0.6, colour, colour * 1.3], Pattern::Planks, dice.scale(2.0, 9.0))
        .finished(0.05, dice.range(0.0, 0.5))
}

/// Paint, enamel, porcelain or plastic.
pub fn glaze(dice: &Dice) -> Material {
    let colour = if dice.chance(0.35) { Vec3::splat(0.75) } else { dice.any_colour() };
    let pattern = dice.pick(&[
        Pattern::Plain,
        Pattern::Plain,
        Pattern::Plain,
        Pattern::Stripes,
        Pattern::Spots,
    ]);
    let colours = [colour, dice.any_colour(), dice.any_colour()];
    Material::patterned(colours, pattern, dice.scale(4.0, 40.0))
        .finished(0.02, dice.range(0.2, 0.9))
}

/// Metal.
pub fn metal(dice: &Dice) -> Material {
    let colour = dice.colour((0.05, 0.65), (0.0, 0.3), (0.15, 0.75));
    Material::plain(colour).finished(0.05, dice.range(0.5, 1.0))
}

/// Cloth.
pub fn cloth(dice: &Dice) -> Material {
    let colour = dice.any_colour();
    let pattern = dice.pick(&[
        Pattern::Plain,
        Pattern::Plain,
        Pattern::Mottled,
        Pattern::Stripes,
        Pattern::Tiles,
        Pattern::Spots,
        Pattern::Print,
    ]);
    let colours = [colour, dice.near(colour * 0.6, 0.5), dice.any_colour()];
    Material::patterned(colours, pattern, dice.scale(4.0, 30.0)).finished(0.3, 0.02)
}

/// Skin of people.
pub fn skin(dice: &Dice) -> Material {
    let deep = dice.range(0.0, 1.0);
    let colour = Vec3::new(0.75, 0.46, 0.34).lerp(Vec3::new(0.12, 0.06, 0.04), deep * deep);
    let lips = colour * Vec3::new(1.0, 0.5, 0.5);
    Material::patterned([colour, Vec3::new(0.03, 0.02, 0.015), lips], Pattern::Plain, 6.0)
        .finished(0.03, 0.15)
}

/// Hair or fur.
pub fn fur(dice: &Dice) -> Material {
    let colour = dice.colour((0.02, 0.13), (0.0, 0.75), (0.06, 0.9));
    let second = if dice.chance(0.5) {
        dice.near(colour, 0.4)
    } else {
        dice.colour((0.02, 0.12), (0.0, 0.6), (0.05, 0.95))
    };
    Material::patterned([colour, second, colour * 0.3], Pattern::Fur, dice.scale(3.0, 12.0))
        .finished(0.5, 0.05)
}

/// Petals.
pub fn petals(dice: &Dice) -> Material {
    let colour = dice.colour((0.75, 1.2), (0.1, 0.95), (0.6, 1.0));
    let tip = dice.near(colour, 0.6);
    Material {
        sheer: 0.4,
        ..Material::patterned([colour, tip, colour * 1.2], Pattern::Mottled, 20.0)
    }
}

/// What shines, with the strength of its light.
pub fn glow(dice: &Dice) -> Material {
    let colour = dice.colour((0.0, 0.17), (0.1, 0.7), (0.9, 1.0));
    Material { glow: dice.range(0.6, 2.0), ..Material::plain(colour) }.of_class(Class::Glow)
}

/// Any of the above that is not alive.
pub fn anything(dice: &Dice) -> Material {
    match dice.count(0, 8) {
        0 => wall(dice),
        1 => wood(dice),
        2 | 3 => glaze(dice),
        4 => metal(dice),
        5 => cloth(dice),
        6 => rock(dice),
        7 => {
            let colours = [dice.any_colour(), dice.any_colour(), dice.any_colour()];
            let pattern =
                dice.pick(&[Pattern::Print, Pattern::Strokes, Pattern::Cells, Pattern::Tiles]);
            Material::patterned(colours, pattern, dice.scale(1.0, 20.0))
        }
        _ => fur(dice),
    }
}
