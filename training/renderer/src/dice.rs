// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeded chance, in the forms that scenes are drawn in.

use glam::Vec3;

/// A source of chance. The same seed gives the same draws.
pub struct Dice(fastrand::Rng);

impl Dice {
    /// Dice for a seed.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Even in `low..high`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.f32()
    }

    /// In `low..high`, as likely to double as to halve.
    pub fn scale(&mut self, low: f32, high: f32) -> f32 {
        self.range(low.ln(), high.ln()).exp()
    }

    /// A whole number in `low..=high`.
    pub fn count(&mut self, low: usize, high: usize) -> usize {
        self.0.usize(low..=high)
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.0.f32() < probability
    }

    /// One of some.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.usize(0..of.len())]
    }

    /// -1 or 1.
    pub fn sign(&mut self) -> f32 {
        if self.0.bool() { 1.0 } else { -1.0 }
    }

    /// Each axis even in -1..1.
    pub fn cube(&mut self) -> Vec3 {
        Vec3::new(self.range(-1.0, 1.0), self.range(-1.0, 1.0), self.range(-1.0, 1.0))
    }

    /// A linear colour of a hue in `hue` (turns), and of ranges of saturation and brightness.
    pub fn colour(&mut self, hue: (f32, f32), saturation: (f32, f32), value: (f32, f32)) -> Vec3 {
        let hue = self.range(hue.0, hue.1);
        let saturation = self.range(saturation.0, saturation.1);
        hsv(hue, saturation, self.range(value.0, value.1))
    }

    /// Any colour; most things are not vivid.
    pub fn any_colour(&mut self) -> Vec3 {
        let vivid = self.0.f32();
        self.colour((0.0, 1.0), (0.0, 0.15 + 0.8 * vivid * vivid), (0.08, 0.95))
    }

    /// A colour near another.
    pub fn near(&mut self, colour: Vec3, spread: f32) -> Vec3 {
        let all = 1.0 + spread * self.range(-1.0, 1.0);
        (colour * all * (Vec3::ONE + 0.4 * spread * self.cube())).clamp(Vec3::ZERO, Vec3::ONE)
    }
}

/// A linear colour of a display hue (turns), saturation and value.
pub fn hsv(hue: f32, saturation: f32, value: f32) -> Vec3 {
    let channel = |shift: f32| {
        let k = (shift + hue * 6.0).rem_euclid(6.0);
        let share = k.min(4.0 - k).clamp(0.0, 1.0);
        let display = value * (1.0 - saturation * share);
        display * display
    };
    Vec3::new(channel(5.0), channel(3.0), channel(1.0))
}
