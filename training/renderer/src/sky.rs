// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sky: gradient, sun or moon, clouds, stars.

use glam::Vec3;

use crate::{
    class::Class,
    dice::Dice,
    noise::{fbm, smoothstep, value},
};

/// Clouds on a plane high above, or stretched out as from afar.
#[derive(Clone, Copy)]
pub struct Clouds {
    /// Share of the sky that they cover, about.
    pub cover: f32,
    /// Features in a unit of the plane.
    pub scale: f32,
    /// How soft their edges are.
    pub soft: f32,
    /// How much longer than deep.
    pub stretch: f32,
    /// Colour in the light and in the shade.
    pub colours: [Vec3; 2],
    /// Where in the noise.
    pub seed: Vec3,
}

/// A sky.
#[derive(Clone, Copy)]
pub struct Sky {
    /// Linear colour straight up.
    pub zenith: Vec3,
    /// Linear colour at the horizon; also that of haze.
    pub horizon: Vec3,
    /// Where the sun or the moon is.
    pub sun: Vec3,
    /// Its light.
    pub sunlight: Vec3,
    /// Half its angle in radians; 0 for none in sight.
    pub disc: f32,
    /// How far its glare reaches, 0..1.
    pub glare: f32,
    /// Clouds, if there are any.
    pub clouds: Option<Clouds>,
    /// Brightness of stars.
    pub stars: f32,
}

impl Sky {
    /// Any sky of the day, of dusk or of the night.
    pub fn any(dice: &Dice) -> Self {
        match dice.count(0, 9) {
            0..=4 => Self::day(dice),
            5..=6 => Self::overcast(dice),
            7..=8 => Self::dusk(dice),
            _ => Self::night(dice),
        }
    }

    /// Blue, with or without clouds.
    pub fn day(dice: &Dice) -> Self {
        let zenith = dice.colour((0.54, 0.64), (0.4, 0.95), (0.45, 0.9));
        let pale = dice.range(0.1, 0.9);
        let horizon = zenith.lerp(Vec3::new(0.75, 0.82, 0.9), pale);
        let bright = dice.range(0.6, 1.1);
        let dark = bright * dice.range(0.35, 0.85);
        let cloud = [Vec3::splat(bright), Vec3::new(0.9, 0.95, 1.05) * dark];
        let cover = dice.range(0.1, 0.75);
        let clouds = dice.chance(0.7).then(|| Self::clouds(dice, cover, cloud));
        let sunlight = Vec3::new(1.0, 0.95, 0.85) * dice.range(0.8, 2.2);
        let sun = above(dice, 0.25, 0.95);
        Self { zenith, horizon, sun, sunlight, disc: 0.0, glare: 0.15, clouds, stars: 0.0 }
    }

    /// Grey all over; counts as cloud.
    pub fn overcast(dice: &Dice) -> Self {
        let tint = dice.colour((0.5, 0.75), (0.0, 0.2), (0.4, 0.95));
        let cloud = [tint * dice.range(1.0, 1.4), tint * dice.range(0.3, 0.8)];
        let clouds = Some(Clouds { cover: 1.1, ..Self::clouds(dice, 1.1, cloud) });
        let sunlight = tint * dice.range(0.1, 0.5);
        let sun = above(dice, 0.5, 1.0);
        Self {
            zenith: tint,
            horizon: tint * 1.1,
            sun,
            sunlight,
            disc: 0.0,
            glare: 0.1,
            clouds,
            stars: 0.0,
        }
    }

    /// Low sun, warm colours.
    pub fn dusk(dice: &Dice) -> Self {
        let horizon = dice.colour((0.97, 1.14), (0.2, 0.8), (0.6, 1.0));
        let zenith = dice.colour((0.55, 0.85), (0.3, 0.8), (0.2, 0.7));
        let lit = dice.colour((0.93, 1.12), (0.3, 0.9), (0.6, 1.0));
        let shade = dice.colour((0.6, 1.0), (0.2, 0.6), (0.15, 0.5));
        let cover = dice.range(0.1, 0.8);
        let clouds = dice.chance(0.7).then(|| Self::clouds(dice, cover, [lit, shade]));
        let sunlight = horizon * dice.range(0.5, 2.0);
        let sun = Vec3::new(dice.range(-0.8, 0.8), dice.range(0.01, 0.2), 1.0).normalize();
        let disc = if dice.chance(0.6) { dice.range(0.01, 0.05) } else { 0.0 };
        Self {
            zenith,
            horizon,
            sun,
            sunlight,
            disc,
            glare: dice.range(0.2, 0.9),
            clouds,
            stars: 0.0,
        }
    }

    /// Dark, with stars or a moon.
    pub fn night(dice: &Dice) -> Self {
        let zenith = dice.colour((0.58, 0.8), (0.3, 0.9), (0.05, 0.3));
        let horizon = zenith.lerp(dice.colour((0.5, 1.1), (0.2, 0.8), (0.15, 0.55)), 0.7);
        let cloud = [zenith * 3.0 + Vec3::splat(0.03), zenith * 0.8];
        let cover = dice.range(0.1, 0.6);
        let clouds = dice.chance(0.4).then(|| Self::clouds(dice, cover, cloud));
        let sun = Vec3::new(dice.range(-0.9, 0.9), dice.range(0.2, 0.8), 1.0).normalize();
        let disc = if dice.chance(0.4) { dice.range(0.015, 0.06) } else { 0.0 };
        let sunlight = Vec3::new(0.6, 0.7, 1.0) * dice.range(0.05, 0.35);
        let stars = if dice.chance(0.7) { dice.range(0.3, 1.5) } else { 0.0 };
        Self { zenith, horizon, sun, sunlight, disc, glare: dice.range(0.05, 0.3), clouds, stars }
    }

    fn clouds(dice: &Dice, cover: f32, colours: [Vec3; 2]) -> Clouds {
        Clouds {
            cover,
            scale: dice.scale(0.4, 2.5),
            soft: dice.scale(0.04, 0.4),
            stretch: dice.scale(1.0, 5.0),
            colours,
            seed: 40.0 * dice.cube(),
        }
    }

    /// Colour of the gradient alone, as haze has it.
    pub fn haze(&self, direction: Vec3) -> Vec3 {
        let up = direction.y.max(0.0).powf(0.6);
        let toward = direction.dot(self.sun).max(0.0);
        let glare = self.sunlight * self.glare * (0.3 * toward.powi(8) + 0.15 * toward.powi(2));
        self.horizon.lerp(self.zenith, up) + glare
    }

    /// Colour, class and own light in a direction of length 1.
    pub fn look(&self, direction: Vec3) -> (Vec3, Class) {
        let mut colour = self.haze(direction);
        let mut class = Class::Sky;
        if self.stars > 0.0 {
            let spark = value(direction * 130.0);
            colour += Vec3::splat(self.stars * smoothstep(0.93, 0.98, spark));
        }
        let toward = direction.dot(self.sun).clamp(-1.0, 1.0).acos();
        if self.disc > 0.0 && toward < self.disc {
            colour = (self.sunlight * 3.0).max(Vec3::splat(1.0));
            class = Class::Glow;
        }
        if let Some(clouds) = &self.clouds {
            let (cover, lit) = clouds.at(direction, self.sun);
            let near = clouds.colours[1].lerp(clouds.colours[0], lit);
            let far = smoothstep(0.0, 0.25, direction.y);
            colour = colour.lerp(near.lerp(self.haze(direction), 0.6 * (1.0 - far)), cover);
            if cover > 0.4 {
                class = Class::Cloud;
            }
        }
        (colour, class)
    }
}

impl Clouds {
    /// Share covered, and how much in the light.
    fn at(&self, direction: Vec3, sun: Vec3) -> (f32, f32) {
        let high = direction.y.max(0.0) + 0.12;
        let plane = Vec3::new(direction.x / self.stretch, direction.y * 0.5, direction.z) / high;
        let at = plane * self.scale + self.seed;
        let warp = Vec3::splat(0.6 * value(at * 1.7));
        let thick = fbm(at + warp, 5);
        let low = 0.72 - 0.5 * self.cover;
        let cover = smoothstep(low, low + self.soft.max(0.02), thick);
        let toward = fbm(at + warp + 0.25 * sun, 3);
        let lit = (0.55 + 2.2 * (thick - toward) + 0.8 * (0.62 - thick)).clamp(0.0, 1.0);
        (cover, lit)
    }
}

fn above(dice: &Dice, low: f32, high: f32) -> Vec3 {
    let up = dice.range(low, high);
    let turn = dice.range(0.0, std::f32::consts::TAU);
    let flat = (1.0 - up * up).max(0.0).sqrt();
    Vec3::new(flat * turn.cos(), up, flat * turn.sin()).normalize()
}
