// SPDX-License-Identifier: MIT OR Apache-2.0
//! Particles of one kind in the space around the camera.
//!
//! Each has a distance and a place across and down, which repeats as soon as that is out of sight:
//! so wherever the camera goes there are as many, and any moment can be computed by itself.

use std::f64::consts::TAU;

use super::{
    breed::{Breed, Shape},
    sprite::{Profile, Sprite},
};
use crate::{
    camera::Pose,
    random::SplitMix,
    scene::{glide::Shot, raster::smoothstep, view::Rays},
};

/// After how many times the width that is seen a place across repeats, and after how many times
/// the height one down.
const AROUND: f32 = 1.5;
/// Nothing is drawn that is nearer to the camera than this.
const NEAREST: f32 = 0.22;

/// How a frame shows space.
pub(in crate::scene) struct Lens {
    pose: Pose,
    rays: Rays,
    /// Size of the frame, in pixels.
    size: [f32; 2],
}

impl Lens {
    pub fn new(shot: &Shot, size: [u32; 2]) -> Self {
        let rays = Rays::new(&shot.pose, f64::from(size[0]), shot.reach.overscan);
        Self { pose: shot.pose, rays, size: size.map(|side| side as f32) }
    }

    /// The width of the frame in pixels, and its height in widths.
    pub fn measures(&self) -> [f32; 2] {
        [self.size[0], self.size[1] / self.size[0]]
    }

    /// Where in the frame a place lies that is `right` and `down` of the still's middle and
    /// `away`, in widths at distance 1, and how many pixels a width is there. `None` behind the
    /// camera.
    pub fn seen(&self, [right, down]: [f32; 2], away: f32) -> Option<([f32; 2], f32)> {
        let away = away - self.pose.z as f32;
        if away < NEAREST {
            return None;
        }
        let moved = [right - self.pose.x as f32, down + self.pose.y as f32];
        let scale = self.size[0] / away;
        let (place, magnified) = self.rays.seen_at(moved.map(|v| v * scale))?;
        let at = [0, 1].map(|i| place[i] + self.size[i] / 2.0 - 0.5);
        Some((at, scale * magnified))
    }

    /// The middle of what is seen, in widths at distance 1, of places `away`.
    fn middle(&self, away: f32) -> [f32; 2] {
        let ahead = away - self.pose.z as f32;
        [
            (self.pose.x + self.pose.pan * f64::from(ahead)) as f32,
            (-self.pose.y - self.pose.tilt * f64::from(ahead)) as f32,
        ]
    }
}

/// What one particle has of its own.
#[derive(Debug, Clone, Copy)]
struct Particle {
    /// Place at the start, 0..1 of what repeats.
    start: [f32; 2],
    distance: f32,
    size: f32,
    pace: f32,
    phases: [f32; 3],
    colour: [f32; 3],
}

/// All particles of a kind.
pub(in crate::scene) struct Swarm {
    breed: Breed,
    particles: Vec<Particle>,
    /// Velocity to the right and down, widths per second at distance 1.
    velocity: [f32; 2],
    /// How fast it lives by itself.
    speed: f64,
}

impl Swarm {
    /// `flow` is the direction that the prompt names, `speed` 1 for a plain prompt. `brightness`,
    /// 0..1, is how bright the still is: what does not shine by itself is no brighter.
    pub fn new(
        breed: &Breed,
        flow: Option<[f64; 2]>,
        speed: f64,
        brightness: f32,
        seed: u64,
    ) -> Self {
        let mut random = SplitMix(seed);
        let lit = if breed.shines { 1.0 } else { smoothstep(-0.25, 0.5, brightness).max(0.3) };
        // The most there may be at the strongest motion.
        let particles =
            (0..2 * breed.count).map(|_| Particle::new(breed, lit, &mut random)).collect();
        let flow = flow.unwrap_or_default();
        let velocity = [0, 1].map(|i| breed.velocity[i] + breed.carried * flow[i] as f32);
        Self { breed: *breed, particles, velocity, speed }
    }

    /// Adds what is seen of it `seconds` after the start. `strength` is 1 for as many as a plain
    /// prompt brings.
    pub fn sprites(&self, lens: &Lens, seconds: f64, strength: f32, out: &mut Vec<Sprite>) {
        let active = self.breed.count as f32 * strength.min(2.0);
        // They come one by one, and each of them slowly.
        let soft = 0.15 * self.breed.count as f32;
        for (i, particle) in self.particles.iter().enumerate() {
            let presence = ((active - i as f32) / soft).min(1.0);
            if presence <= 0.0 {
                break;
            }
            self.sprite(particle, lens, seconds * self.speed, presence, out);
        }
    }

    fn sprite(
        &self,
        particle: &Particle,
        lens: &Lens,
        seconds: f64,
        presence: f32,
        out: &mut Vec<Sprite>,
    ) {
        let distance = particle.distance;
        let [width, height] = lens.measures();
        // What repeats at the particle's distance, and a rim for the largest.
        let period = [AROUND, AROUND * height + 0.1].map(|v| v * distance);
        let middle = lens.middle(distance);
        let swing = |i: usize, pace: f64| {
            let turn =
                seconds * f64::from(self.breed.stray[1]) * pace + f64::from(particle.phases[i]);
            (TAU * turn).sin_cos()
        };
        let (side, side_speed) = swing(0, f64::from(0.6 + 0.8 * particle.phases[2]));
        let (fall, fall_speed) = swing(1, 1.27);
        let stray = f64::from(self.breed.stray[0]);
        let place = [0, 1].map(|i| {
            let way = f64::from(self.velocity[i] * particle.pace) * seconds
                + stray * [side, 0.5 * fall][i];
            let from = f64::from(particle.start[i] * period[i] - middle[i]) + way;
            let half = f64::from(period[i]) / 2.0;
            ((from + half).rem_euclid(2.0 * half) - half) as f32 + middle[i]
        });
        let Some((at, scale)) = lens.seen(place, distance) else { return };
        let velocity = [0, 1].map(|i| {
            let turns = TAU as f32 * self.breed.stray[1] * self.breed.stray[0];
            let own = self.velocity[i] * particle.pace;
            (own + turns * [side_speed, 0.5 * fall_speed][i] as f32) * scale
        });
        let radius = self.breed.radius * particle.size * scale;
        let margin = 12.0 * radius + 60.0;
        let outside = |i: usize| at[i] < -margin || at[i] > lens.size[i] + margin;
        if outside(0) || outside(1) {
            return;
        }
        let sprite = Sprite {
            at,
            axes: [[0.0; 2]; 2],
            profile: Profile::Soft,
            colour: particle.colour,
            alpha: self.breed.alpha * presence * haze(distance),
            nearness: 1.0 / distance,
            adds: self.breed.shines,
        };
        particle.draw(self.breed.shape, sprite, [radius, width], velocity, seconds, out);
    }
}

/// What is far is seen through much air.
fn haze(distance: f32) -> f32 {
    1.0 / (1.0 + 0.06 * distance)
}

impl Particle {
    fn new(breed: &Breed, lit: f32, random: &mut SplitMix) -> Self {
        let mut unit = || random.next_unit() as f32;
        let [near, far] = breed.distances;
        // As many between 1 and 2 as between 2 and 4.
        let distance = near * (far / near).powf(unit());
        let start = [unit(), unit()];
        // Many are small, a few are large.
        let size = 0.65 + 0.9 * unit().powi(3) + 0.25 * unit();
        let pace = 1.0 + breed.uneven * (2.0 * unit() - 1.0);
        let phases = [unit(), unit(), unit()];
        let at = unit() * (breed.colours.len() - 1) as f32;
        let (first, share) = (at as usize, at.fract());
        let second = (first + 1).min(breed.colours.len() - 1);
        let colour = [0, 1, 2].map(|i| {
            let (a, b) = (breed.colours[first][i], breed.colours[second][i]);
            (a + (b - a) * share) * lit
        });
        Self { start, distance, size, pace, phases, colour }
    }

    /// Adds the sprites that make it up. `radius` is in pixels, before a frame of `width`.
    fn draw(
        &self,
        shape: Shape,
        sprite: Sprite,
        [radius, width]: [f32; 2],
        velocity: [f32; 2],
        seconds: f64,
        out: &mut Vec<Sprite>,
    ) {
        match shape {
            Shape::Fleck => out.push(self.fleck(sprite, radius, width)),
            Shape::Streak(exposure) => {
                let length = velocity[0].hypot(velocity[1]).max(1e-3);
                let way = velocity.map(|v| v / length);
                let clear = 0.55 + 0.45 * smoothstep(0.6, 2.0, self.distance);
                let sprite = Sprite { alpha: sprite.alpha * clear, ..sprite };
                out.push(sprite.turned([0.5 * length * exposure + radius, radius], way));
            }
            Shape::Leaf(hertz) => out.push(self.turning(sprite, radius, hertz, seconds, true)),
            Shape::Petal(hertz) => out.push(self.turning(sprite, radius, hertz, seconds, false)),
            Shape::Spark => self.spark(sprite, radius, velocity, seconds, out),
            Shape::Blinker => self.blinker(sprite, radius, seconds, out),
            Shape::Bubble => self.bubble(sprite, radius, out),
        }
    }

    /// Out of focus when it is close: larger and fainter.
    fn fleck(&self, sprite: Sprite, radius: f32, width: f32) -> Sprite {
        let blur = smoothstep(1.1, 0.4, self.distance) * 0.004 * width;
        let blurred = radius.hypot(blur) * 1.25;
        let alpha = sprite.alpha * (1.25 * radius / blurred).powf(1.5);
        Sprite { alpha, ..sprite }.round(blurred)
    }

    /// A flat thing that turns over as it falls.
    fn turning(
        &self,
        sprite: Sprite,
        radius: f32,
        hertz: f32,
        seconds: f64,
        pointed: bool,
    ) -> Sprite {
        let turn =
            |pace: f32, phase: f32| TAU * (seconds * f64::from(hertz * pace) + f64::from(phase));
        let tilt = turn(0.7 + 0.6 * self.phases[0], self.phases[1]).sin() as f32;
        let rocking = turn(0.45, self.phases[2]).sin();
        let angle = TAU * f64::from(self.phases[0]) + 0.9 * rocking;
        let way = [angle.cos() as f32, angle.sin() as f32];
        let thin = if pointed { 0.58 } else { 0.8 };
        let sharpness = (radius * 0.9).max(1.0);
        // Defocus softens the rim of what is close.
        let focus = 1.0 - 0.8 * smoothstep(1.2, 0.55, self.distance);
        let sharpness = 1.0 + (sharpness - 1.0) * focus;
        let profile = if pointed { Profile::Leaf(sharpness) } else { Profile::Disc(sharpness) };
        // What is turned to the sky is bright.
        let light = 0.72 + 0.28 * tilt;
        let colour = sprite.colour.map(|v| (v * light).min(1.0));
        let radii = [radius, radius * thin * (0.18 + 0.82 * tilt.abs())];
        Sprite { profile, colour, ..sprite }.turned(radii, way)
    }

    fn spark(
        &self,
        sprite: Sprite,
        radius: f32,
        velocity: [f32; 2],
        seconds: f64,
        out: &mut Vec<Sprite>,
    ) {
        let [a, b, c] = self.phases.map(f64::from);
        // It lives, cools, and is born again elsewhere on its way.
        let life = (seconds * (0.25 + 0.3 * b) + a).fract() as f32;
        let glow = smoothstep(0.0, 0.12, life) * smoothstep(1.0, 0.35, life);
        let wave = |hertz: f64, phase: f64| (TAU * (seconds * hertz + phase)).sin() as f32;
        let glow = glow * (0.75 + 0.15 * wave(2.9, c) + 0.10 * wave(7.1, a));
        let length = velocity[0].hypot(velocity[1]).max(1e-3);
        let way = velocity.map(|v| v / length);
        let close = 1.0 + 0.8 * smoothstep(1.2, 0.5, self.distance);
        let core = radius * close;
        let hot = sprite.colour.map(|v| (0.12 + v).min(1.0));
        let alpha = sprite.alpha * glow;
        let streak = [core + 0.012 * length, core];
        // What is so bright hides what is behind it; its glow does not.
        let core_sprite = Sprite { colour: hot, alpha: alpha / close, adds: false, ..sprite };
        out.push(core_sprite.turned(streak, way));
        out.push(Sprite { alpha: 0.24 * alpha, ..sprite }.round(5.0 * core));
    }

    fn blinker(&self, sprite: Sprite, radius: f32, seconds: f64, out: &mut Vec<Sprite>) {
        let [a, b, _] = self.phases.map(f64::from);
        let turn = (seconds * (0.22 + 0.2 * b) + a).fract() as f32;
        let glow = smoothstep(0.0, 0.16, turn) * smoothstep(0.62, 0.2, turn);
        let alpha = sprite.alpha * glow;
        if alpha < 0.01 {
            return;
        }
        let hot = sprite.colour.map(|v| (0.3 + v).min(1.0));
        out.push(Sprite { colour: hot, alpha, ..sprite }.round(1.2 * radius));
        out.push(Sprite { alpha: 0.34 * alpha, ..sprite }.round(4.0 * radius));
        out.push(Sprite { alpha: 0.10 * alpha, ..sprite }.round(12.0 * radius));
    }

    fn bubble(&self, sprite: Sprite, radius: f32, out: &mut Vec<Sprite>) {
        let rim = Sprite { profile: Profile::Ring, ..sprite };
        out.push(rim.round(radius.max(1.2)));
        if radius > 2.0 {
            let at = [sprite.at[0] - 0.38 * radius, sprite.at[1] - 0.42 * radius];
            out.push(Sprite { at, ..sprite }.round(0.3 * radius));
        }
    }
}
