// SPDX-License-Identifier: MIT OR Apache-2.0
//! Solids that rays meet. Each is a simple form in a box of -1..1, placed by an affine map.

use glam::{Affine3A, Mat3, Quat, Vec3};

use crate::noise;

/// A form in a box of -1..1.
#[derive(Clone, Copy)]
pub enum Form {
    /// A ball whose outline noise eats away: `rough` is how deep (0..1), `detail` how fine. Of the
    /// outer half, `holes` is the share that is see-through, as leaves are.
    Ball { rough: f32, detail: f32, holes: f32 },
    /// A box.
    Block,
    /// A round body along y, of radius 1 at the bottom and `top` at the top.
    Frustum { top: f32 },
    /// A sheet without thickness at z = 0.
    Card(Cut),
}

/// What of a card is there.
#[derive(Clone, Copy)]
pub enum Cut {
    /// An ellipse.
    Disc,
    /// A ring from this radius outwards, with so many spokes.
    Wheel { inner: f32, spokes: u32 },
    /// A pointed leaf along y.
    Leaf,
    /// A blade along y that leans by this much at its tip.
    Blade { lean: f32 },
    /// So many petals round the middle.
    Petals(u32),
    /// A lattice of bars.
    Lattice { columns: u32, rows: u32 },
    /// A ragged patch, as of leaves against the light.
    Ragged,
}

/// Where a ray meets a solid.
#[derive(Clone, Copy)]
pub struct Hit {
    /// In units of the ray's direction.
    pub t: f32,
    /// In the solid's box.
    pub local: Vec3,
    /// In the solid's box, not of length 1.
    pub normal: Vec3,
}

/// A form in the world.
pub struct Solid {
    /// Its form.
    pub form: Form,
    /// From its box to the world.
    pub to_world: Affine3A,
    /// From the world to its box.
    pub to_local: Affine3A,
    /// Half its sides in metres.
    pub half: Vec3,
    /// Number of its material in the scene.
    pub material: usize,
    /// Shifts its noise, so that two solids of one material differ.
    pub seed: f32,
}

impl Solid {
    /// A form of half sides `half` (metres), turned and then put at `centre`.
    pub fn new(
        form: Form,
        centre: Vec3,
        half: Vec3,
        turn: Quat,
        material: usize,
        seed: f32,
    ) -> Self {
        let half = half.max(Vec3::splat(1e-4));
        let to_world = Affine3A::from_scale_rotation_translation(half, turn, centre);
        Self { form, to_world, to_local: to_world.inverse(), half, material, seed }
    }

    /// Turns a normal of the box to one of the world, of length 1.
    pub fn normal(&self, local: Vec3) -> Vec3 {
        let inverse: Mat3 = self.to_local.matrix3.into();
        (inverse.transpose() * local).normalize_or(Vec3::Y)
    }

    /// The first meeting with a ray in front of its origin.
    pub fn meet(&self, origin: Vec3, direction: Vec3) -> Option<Hit> {
        let o = self.to_local.transform_point3(origin);
        let d = self.to_local.transform_vector3(direction);
        match self.form {
            Form::Ball { rough, detail, holes } => self.meet_ball(o, d, rough, detail, holes),
            Form::Block => meet_block(o, d),
            Form::Frustum { top } => meet_frustum(o, d, top),
            Form::Card(cut) => {
                let t = -o.z / d.z;
                let local = o + t * d;
                let inside = t > 0.0 && local.x.abs() <= 1.0 && local.y.abs() <= 1.0;
                let hit = Hit { t, local, normal: Vec3::new(0.0, 0.0, -d.z.signum()) };
                (inside && self.is_there(cut, local)).then_some(hit)
            }
        }
    }

    /// The outline is judged where the ray comes nearest to the middle, so it is ragged from any
    /// side.
    fn meet_ball(&self, o: Vec3, d: Vec3, rough: f32, detail: f32, holes: f32) -> Option<Hit> {
        let a = d.length_squared();
        let middle = -o.dot(d) / a;
        let nearest = o + middle * d;
        let q = nearest.length_squared();
        if q > 1.0 {
            return None;
        }
        let mut r = 1.0;
        if rough > 0.0 {
            let at = nearest * detail + Vec3::splat(self.seed);
            r -= rough * (0.65 * noise::value(at) + 0.35 * noise::value(at * 2.7));
        }
        if q > r * r {
            return None;
        }
        if holes > 0.0 && q > 0.3 {
            let at = nearest * detail * 4.0 + Vec3::splat(self.seed + 9.0);
            if noise::value(at) < holes * noise::smoothstep(0.3, 1.0, q) {
                return None;
            }
        }
        let t = middle - ((r * r - q) / a).sqrt();
        let local = o + t * d;
        (t > 0.0).then_some(Hit { t, local, normal: local })
    }

    fn is_there(&self, cut: Cut, p: Vec3) -> bool {
        let r = p.x.hypot(p.y);
        let angle = || p.y.atan2(p.x);
        match cut {
            Cut::Disc => r < 1.0,
            Cut::Wheel { inner, spokes } => {
                let near_spoke = (angle() * spokes as f32 / 2.0).sin().abs() * r;
                r < 1.0 && (r > inner || r < 0.1 || near_spoke < 0.02 * spokes as f32)
            }
            Cut::Leaf => {
                let y = 0.5 + 0.5 * p.y;
                let edge = 0.05 * (40.0 * p.y + self.seed).sin();
                p.x.abs() < (1.0 + edge) * (3.0 * y * (1.0 - y)).sqrt() * (1.1 - 0.5 * y)
            }
            Cut::Blade { lean } => {
                let y = 0.5 + 0.5 * p.y;
                (p.x - lean * y * y).abs() < 0.25 * (1.0 - y * y)
            }
            Cut::Petals(count) => {
                let wave = (angle() * count as f32 / 2.0 + self.seed).sin().abs();
                r < 0.35 + 0.65 * wave.sqrt()
            }
            Cut::Lattice { columns, rows } => {
                let bar = |v: f32, n: u32| (v * n as f32 / 2.0).rem_euclid(1.0) < 0.22;
                bar(p.x + 1.0, columns) || bar(p.y + 1.0, rows)
            }
            Cut::Ragged => {
                let at = Vec3::new(p.x, p.y, 0.0) * 5.0 + Vec3::splat(self.seed);
                noise::fbm(at, 3) > 0.3 + 0.5 * r * r
            }
        }
    }
}

fn meet_block(o: Vec3, d: Vec3) -> Option<Hit> {
    let inverse = d.recip();
    let (a, b) = ((Vec3::NEG_ONE - o) * inverse, (Vec3::ONE - o) * inverse);
    let near = a.min(b);
    let enter = near.max_element();
    if enter > a.max(b).min_element() || enter <= 0.0 {
        return None;
    }
    let normal = if enter == near.x {
        Vec3::X * -d.x.signum()
    } else if enter == near.y {
        Vec3::Y * -d.y.signum()
    } else {
        Vec3::Z * -d.z.signum()
    };
    Some(Hit { t: enter, local: o + enter * d, normal })
}

fn meet_frustum(o: Vec3, d: Vec3, top: f32) -> Option<Hit> {
    let slope = (top - 1.0) / 2.0;
    let radius = |y: f32| 1.0 + slope * (y + 1.0);
    let (r0, dr) = (radius(o.y), slope * d.y);
    let a = d.x * d.x + d.z * d.z - dr * dr;
    let b = o.x * d.x + o.z * d.z - r0 * dr;
    let c = o.x * o.x + o.z * o.z - r0 * r0;
    let mut first: Option<Hit> = None;
    let mut keep = |hit: Hit| {
        if hit.t > 0.0 && first.is_none_or(|f| hit.t < f.t) {
            first = Some(hit);
        }
    };
    let root = b * b - a * c;
    if root >= 0.0 && a.abs() > 1e-12 {
        for sign in [-1.0, 1.0] {
            let t = (-b + sign * root.sqrt()) / a;
            let local = o + t * d;
            if local.y.abs() <= 1.0 && radius(local.y) >= 0.0 {
                let normal = Vec3::new(local.x, -slope * radius(local.y), local.z);
                keep(Hit { t, local, normal });
            }
        }
    }
    for y in [-1.0, 1.0] {
        let t = (y - o.y) / d.y;
        let local = o + t * d;
        if local.x.hypot(local.z) <= radius(y) {
            keep(Hit { t, local, normal: Vec3::Y * y });
        }
    }
    first
}
