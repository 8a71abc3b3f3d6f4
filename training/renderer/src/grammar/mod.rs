// SPDX-License-Identifier: MIT OR Apache-2.0
//! Grammars: kinds of scene, each drawn anew for every seed.

mod built;
mod close;
mod indoor;
mod land;
mod odd;
mod people;
mod shore;
mod woods;

use glam::Vec3;

use crate::{
    dice::Dice,
    scene::{Camera, Scene},
};

/// Name, how to draw one, and how often relative to the others.
type Grammar = (&'static str, fn(&Dice) -> Scene, f32);

/// All grammars. A shard names them by their place here: add new ones at the end.
pub const GRAMMARS: &[Grammar] = &[
    ("meadow", woods::meadow, 1.2),
    ("forest", woods::forest, 1.2),
    ("garden", woods::garden, 1.2),
    ("mountains", land::mountains, 1.2),
    ("dunes", land::dunes, 0.6),
    ("canyon", land::canyon, 0.8),
    ("snow", land::snow, 0.7),
    ("aerial", land::aerial, 0.6),
    ("sea", shore::sea, 0.8),
    ("beach", shore::beach, 1.0),
    ("river", shore::river, 1.0),
    ("street", built::street, 1.3),
    ("village", built::village, 1.0),
    ("tower", built::tower, 0.9),
    ("vehicle", built::vehicle, 1.1),
    ("night", built::night, 0.8),
    ("room", indoor::room, 1.4),
    ("hall", indoor::hall, 0.9),
    ("table", indoor::table, 1.4),
    ("portrait", people::portrait, 1.5),
    ("group", people::group, 1.1),
    ("animal", people::animal, 1.0),
    ("pet", people::pet, 0.9),
    ("flowers", close::flowers, 1.3),
    ("macro", close::insect, 0.9),
    ("subject", odd::subject, 1.2),
    ("shapes", odd::shapes, 0.8),
    ("surface", odd::surface, 0.9),
];

/// Draws a scene by the grammar of this number, and what lens and artist do to it.
pub fn draw(grammar: usize, dice: &Dice) -> Scene {
    let mut scene = GRAMMARS[grammar].1(dice);
    if scene.lens.bloom == 0.0 && dice.chance(0.3) {
        scene.lens.bloom = dice.range(0.2, 1.2);
    }
    if dice.chance(0.12) {
        scene.lens.paint = dice.count(1, 3);
    }
    if dice.chance(0.05) {
        scene.lens.levels = dice.count(4, 10) as u32;
    }
    if dice.chance(0.06) {
        scene.lens.ink = dice.range(0.3, 0.9);
    }
    scene.exposure *= dice.scale(0.65, 1.5);
    scene
}

/// A camera `height` metres above what is at the origin, with a wide choice of pitch and view.
fn walker(dice: &Dice, height: (f32, f32), pitch: (f32, f32)) -> Camera {
    let at = Vec3::Y * dice.scale(height.0, height.1);
    let pitch = dice.range(pitch.0, pitch.1);
    let roll = if dice.chance(0.3) { dice.range(-6.0, 6.0) } else { 0.0 };
    Camera::new(at, 0.0, pitch, roll, dice.range(35.0, 90.0))
}

/// Moves the camera up so that it is `height` above the ground where it stands.
fn lift(scene: &mut Scene, height: f32) {
    let at = scene.camera.at;
    let mut ground = scene.ground(at.x, at.z);
    if let Some(water) = &scene.water {
        ground = ground.max(water.level);
    }
    scene.camera.at.y = ground + height;
}

/// A place on the ground: `far` metres ahead, `side` shares of that to the right.
fn ahead(scene: &Scene, far: f32, side: f32) -> Vec3 {
    let (x, z) = (scene.camera.at.x + side * far, scene.camera.at.z + far);
    Vec3::new(x, scene.ground(x, z), z)
}

/// Focus at `metres` with an aperture that blurs the far background by so many hundredths of the
/// width.
fn focus(scene: &mut Scene, metres: f32, percent: f32) {
    scene.lens.focus = metres;
    scene.lens.aperture = percent / 100.0 * metres.max(0.2);
}

/// Adds lamps on the camera's side, as indoors or in a studio.
fn studio(scene: &mut Scene, dice: &Dice, strength: f32) {
    let sun = Vec3::new(dice.range(-1.0, 1.0), dice.range(0.3, 1.2), dice.range(-1.0, 0.3));
    scene.sun = sun.normalize();
    let warm = dice.range(0.0, 1.0);
    let colour = Vec3::new(1.0, 0.78, 0.55).lerp(Vec3::new(0.9, 0.95, 1.0), warm);
    scene.sunlight = colour * strength * dice.range(0.3, 1.2);
    let above = colour.lerp(Vec3::ONE, 0.5) * strength * dice.range(0.2, 0.6);
    scene.ambient = [above, above * dice.range(0.3, 0.8)];
}
