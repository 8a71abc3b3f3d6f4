// SPDX-License-Identifier: MIT OR Apache-2.0
//! What surfaces are made of: colours in a pattern.

use glam::Vec3;

use crate::{
    class::Class,
    noise::{cell, draw, fbm, ridges, smoothstep, value, vector},
};

/// How the three colours of a material lie on a surface.
#[derive(Clone, Copy, PartialEq)]
pub enum Pattern {
    /// The first colour, a little uneven.
    Plain,
    /// Patches that run into each other.
    Mottled,
    /// Cells with dark borders: pebbles, cracked earth, scales, leaves.
    Cells,
    /// Even stripes along the first axis.
    Stripes,
    /// Rows of bricks with joints.
    Bricks,
    /// Boards with grain.
    Planks,
    /// Rows of windows in a wall; `lit` is the share of those that shine.
    Facade {
        /// Share of windows that shine.
        lit: f32,
    },
    /// Squares of two colours.
    Tiles,
    /// Strokes of a brush.
    Strokes,
    /// Spots of the second and third colour on the first.
    Spots,
    /// Hair or fur: long streaks with patches.
    Fur,
    /// Small leaves, light and dark.
    Leaves,
    /// Bands with ridges: rock in layers.
    Strata,
    /// Blocks of colour without order: signs, book backs, labels.
    Print,
    /// A face on the side that looks to -z: eyes, brows, mouth.
    Face,
}

/// A surface.
#[derive(Clone, Copy)]
pub struct Material {
    /// Linear colours.
    pub colours: [Vec3; 3],
    /// How they lie.
    pub pattern: Pattern,
    /// Features in a metre.
    pub scale: f32,
    /// How bumpy, 0..1.
    pub bump: f32,
    /// Strength of the highlight, 0..1.
    pub gloss: f32,
    /// Light that it gives itself, times its colour.
    pub glow: f32,
    /// Share of light that shines through from behind.
    pub sheer: f32,
    /// What it counts as.
    pub class: Class,
}

impl Material {
    /// An uneven matt surface of one colour, that counts as nothing.
    pub fn plain(colour: Vec3) -> Self {
        Self {
            colours: [colour, colour * 0.7, colour * 1.2],
            pattern: Pattern::Plain,
            scale: 4.0,
            bump: 0.1,
            gloss: 0.0,
            glow: 0.0,
            sheer: 0.0,
            class: Class::Other,
        }
    }

    /// Colours in a pattern.
    pub fn patterned(colours: [Vec3; 3], pattern: Pattern, scale: f32) -> Self {
        Self { colours, pattern, scale, ..Self::plain(colours[0]) }
    }

    /// The same, counted as `class`.
    pub fn of_class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// The same, with bumps and a highlight.
    pub fn finished(self, bump: f32, gloss: f32) -> Self {
        Self { bump, gloss, ..self }
    }

    /// Colour at `p` (metres, in the solid's own axes) where the surface looks to `normal`, and
    /// light that it gives itself. `blur` is how many features fall on a pixel: they fade out.
    pub fn look(&self, p: Vec3, normal: Vec3, seed: f32, blur: f32) -> (Vec3, f32) {
        let s = p * self.scale + Vec3::splat(seed);
        let flat = self.flat(p, normal) * self.scale;
        let mut glow = self.glow;
        let sharp = match self.pattern {
            Pattern::Facade { lit } => {
                let (colour, shines) = facade(self.colours, flat, seed, lit);
                glow += shines;
                colour
            }
            Pattern::Face => return (self.face(p, normal, s), glow),
            _ => self.grown(s, flat, seed).unwrap_or_else(|| self.made(s, flat, seed)),
        };
        // Stains and wear, larger than the pattern.
        let sharp = sharp * (0.82 + 0.36 * value(s * 0.21 + Vec3::splat(5.0)));
        let [a, b, c] = self.colours;
        let even = if self.pattern == Pattern::Plain { a } else { (a + b + c) / 3.0 };
        (sharp.lerp(even, smoothstep(0.4, 2.0, blur)), glow)
    }

    /// Colour of patterns that grow: `s` is the place in features, `flat` that on the surface.
    fn grown(&self, s: Vec3, flat: Vec3, seed: f32) -> Option<Vec3> {
        let [a, b, c] = self.colours;
        Some(match self.pattern {
            Pattern::Plain => a * (0.9 + 0.2 * fbm(s, 3)),
            Pattern::Mottled => mixed(self.colours, fbm(s, 4)),
            Pattern::Cells => {
                let found = cell(flat.x + seed, flat.y);
                let colour = a.lerp(b, draw(found.id));
                c.lerp(colour, smoothstep(0.02, 0.18, found.border)) * (1.1 - 0.3 * found.distance)
            }
            Pattern::Spots => {
                let found = cell(flat.x + seed, flat.y);
                let size = 0.15 + 0.3 * draw(found.id);
                let spot = b.lerp(c, draw(found.id ^ 77));
                spot.lerp(a, smoothstep(size - 0.06, size + 0.06, found.distance))
                    * (0.9 + 0.2 * value(s))
            }
            Pattern::Fur => {
                let streak = value(s * Vec3::new(14.0, 3.0, 14.0));
                let patch = smoothstep(0.4, 0.6, fbm(s * 0.8, 2));
                a.lerp(b, patch).lerp(c, 0.5 * streak) * (0.6 + 0.7 * streak)
            }
            Pattern::Leaves => {
                let found = cell(s.x + 0.5 * s.z, s.y + 0.6 * s.z);
                let small = value(s * 3.1 + Vec3::splat(draw(found.id)));
                let lit = 0.5 * draw(found.id) + 0.5 * small;
                mixed(self.colours, lit)
                    * (0.4 + 0.8 * smoothstep(0.0, 0.3, found.border))
                    * (0.5 + 0.6 * value(s * 0.3) + 0.5 * value(s * 7.0))
            }
            Pattern::Strata => {
                let bend = 0.6 * fbm(s * Vec3::new(0.5, 0.2, 0.5), 3);
                let layer = ridges(Vec3::new(bend, s.y + 1.5 * bend, seed), 2);
                mixed(self.colours, layer) * (0.7 + 0.5 * fbm(s * 2.0, 3))
            }
            _ => return None,
        })
    }

    /// Colour of patterns that are made by hand.
    fn made(&self, s: Vec3, flat: Vec3, seed: f32) -> Vec3 {
        let [a, b, _] = self.colours;
        match self.pattern {
            Pattern::Stripes => {
                let edge = 0.1 * value(s * 3.0);
                if (flat.x + edge).rem_euclid(1.0) < 0.5 { a } else { b }
            }
            Pattern::Bricks => bricks(self.colours, flat, seed),
            Pattern::Planks => planks(self.colours, flat, seed),
            Pattern::Tiles => {
                let odd = (flat.x.floor() + flat.y.floor()).rem_euclid(2.0) > 0.5;
                let joint = (flat.x.rem_euclid(1.0)).min(flat.y.rem_euclid(1.0));
                (if odd { a } else { b })
                    * (0.85 + 0.3 * value(s * 2.0))
                    * smoothstep(0.0, 0.04, joint).max(0.5)
            }
            Pattern::Strokes => {
                let angle = 6.3 * fbm(s * 0.3, 2);
                let along = flat.x * angle.cos() + flat.y * angle.sin();
                let across = flat.y * angle.cos() - flat.x * angle.sin();
                mixed(self.colours, value(Vec3::new(along, across * 6.0, seed)))
            }
            Pattern::Print => print(self.colours, flat, seed),
            _ => a,
        }
    }

    /// The two axes that lie in the surface.
    fn flat(&self, p: Vec3, normal: Vec3) -> Vec3 {
        let n = normal.abs();
        if n.y > n.x && n.y > n.z {
            Vec3::new(p.x, p.z, 0.0)
        } else if n.x > n.z {
            Vec3::new(p.z, p.y, 0.0)
        } else {
            Vec3::new(p.x, p.y, 0.0)
        }
    }

    /// `p` in head heights from the middle of the head: `scale` is one over half its height.
    fn face(&self, p: Vec3, normal: Vec3, s: Vec3) -> Vec3 {
        let [skin, dark, lips] = self.colours;
        let p = p * self.scale;
        let base = skin * (0.9 + 0.2 * fbm(s * 6.0, 2));
        if normal.z > 0.0 {
            return base;
        }
        let spot = |x: f32, y: f32, w: f32, h: f32| {
            let d = ((p.x.abs() - x) / w).powi(2) + ((p.y - y) / h).powi(2);
            1.0 - smoothstep(0.6, 1.2, d)
        };
        base.lerp(Vec3::splat(0.7), 0.8 * spot(0.27, 0.08, 0.13, 0.06))
            .lerp(dark, spot(0.27, 0.08, 0.055, 0.055))
            .lerp(dark, 0.8 * spot(0.27, 0.24, 0.17, 0.035))
            .lerp(lips, 0.8 * spot(0.0, -0.5, 0.22, 0.07))
            .lerp(base * 0.55, 0.7 * spot(0.06, -0.2, 0.05, 0.03))
            .lerp(base * 0.75, 0.5 * spot(0.27, 0.13, 0.2, 0.1))
    }

    /// A normal with the material's bumps, at `p` in metres.
    pub fn bumped(&self, normal: Vec3, p: Vec3, seed: f32, blur: f32) -> Vec3 {
        let bump = self.bump * (1.0 - smoothstep(0.3, 1.5, blur));
        if bump < 0.02 {
            return normal;
        }
        let at = p * self.scale * 2.0 + Vec3::splat(seed);
        (normal + bump * (vector(at) + 0.5 * vector(at * 2.6))).normalize_or(normal)
    }
}

/// Between three colours.
fn mixed([a, b, c]: [Vec3; 3], v: f32) -> Vec3 {
    let v = ((v - 0.25) * 2.0).clamp(0.0, 1.0);
    if v < 0.5 { a.lerp(b, 2.0 * v) } else { b.lerp(c, 2.0 * v - 1.0) }
}

fn bricks(colours: [Vec3; 3], flat: Vec3, seed: f32) -> Vec3 {
    let row = (flat.y * 2.0).floor();
    let x = flat.x + 0.5 * row.rem_euclid(2.0);
    let (u, v) = (x.rem_euclid(1.0), (flat.y * 2.0).rem_euclid(1.0));
    let id =
        (x.floor() as i32 as u32).wrapping_mul(7919) ^ (row as i32 as u32).wrapping_mul(104_729);
    let joint = smoothstep(0.03, 0.08, u.min(1.0 - u)) * smoothstep(0.05, 0.14, v.min(1.0 - v));
    let brick =
        colours[0].lerp(colours[1], draw(id)) * (0.8 + 0.4 * value(flat * 7.0 + Vec3::splat(seed)));
    colours[2].lerp(brick, joint)
}

fn planks(colours: [Vec3; 3], flat: Vec3, seed: f32) -> Vec3 {
    let board = flat.x.floor();
    let tone = draw(board as i32 as u32 ^ 31);
    let grain = fbm(Vec3::new(flat.x * 12.0, flat.y * 0.8 + 9.0 * tone, seed), 3);
    let gap = smoothstep(0.0, 0.05, flat.x.rem_euclid(1.0));
    mixed(colours, 0.2 + 0.4 * tone + 0.4 * (grain - 0.3)) * (0.3 + 0.7 * gap) * (0.8 + 0.3 * grain)
}

/// The wall is the first colour, the glass the second, frames and bands the third.
fn facade([wall, glass, frame]: [Vec3; 3], flat: Vec3, seed: f32, lit: f32) -> (Vec3, f32) {
    let (column, row) = (flat.x.floor(), flat.y.floor());
    let (u, v) = (flat.x - column, flat.y - row);
    let id = (column as i32 as u32).wrapping_mul(7919) ^ (row as i32 as u32).wrapping_mul(104_729);
    let tall = 0.6 + 0.25 * draw(seed as u32);
    let wide = 0.3 + 0.4 * draw(seed as u32 ^ 5);
    let (du, dv) = ((u - 0.5).abs() - wide / 2.0, (v - 0.5).abs() - tall / 2.0);
    let out = du.max(dv);
    let dirt = 0.8 + 0.4 * fbm(flat * 0.7 + Vec3::splat(seed), 3);
    if out > 0.05 {
        return (wall * dirt, 0.0);
    }
    let cross = du.abs().min(dv.abs()).min((u - 0.5).abs());
    if out > 0.0 || (cross < 0.025 && wide > 0.4) {
        return (frame * dirt, 0.0);
    }
    if draw(id) < lit {
        return (Vec3::new(1.0, 0.75, 0.4), 0.5 + draw(id ^ 3));
    }
    (glass.lerp(wall, 0.3 * draw(id ^ 9)) * (0.5 + 0.9 * v), 0.0)
}

fn print([a, b, c]: [Vec3; 3], flat: Vec3, seed: f32) -> Vec3 {
    let row = (flat.y * 1.3 + seed).floor();
    let wide = 0.6 + 2.0 * draw(row as i32 as u32 ^ 99);
    let column = (flat.x * wide).floor();
    let id = (row as i32 as u32).wrapping_mul(7919) ^ (column as i32 as u32).wrapping_mul(104_729);
    let base = [a, b, c][(draw(id) * 2.99) as usize];
    let lines = (flat.y * 9.0).rem_euclid(1.0) < 0.5 && value(flat * 7.0) > 0.5;
    if lines && draw(id ^ 4) < 0.5 { base.lerp(c, 0.7) } else { base }
}
