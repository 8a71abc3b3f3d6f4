// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeded chance, in the forms that scenes are drawn in.

use std::cell::Cell;

use glam::Vec3;

/// A source of chance (SplitMix64). The same seed gives the same draws. It is shared, and not lent
/// to one at a time, so that a draw can be an argument of what draws more.
pub struct Dice(Cell<u64>);

impl Dice {
    /// Dice for a seed.
    pub fn new(seed: u64) -> Self {
        let dice = Self(Cell::new(seed));
        dice.bits();
        dice
    }

    fn bits(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Even in 0..1.
    fn unit(&self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 24) as f32
    }

    /// Even in `0..below`.
    fn below(&self, below: usize) -> usize {
        ((u128::from(self.bits()) * below as u128) >> 64) as usize
    }

    /// Even in `low..high`.
    pub fn range(&self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// In `low..high`, as likely to double as to halve.
    pub fn scale(&self, low: f32, high: f32) -> f32 {
        self.range(low.ln(), high.ln()).exp()
    }

    /// A whole number in `low..=high`.
    pub fn count(&self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True with this probability.
    pub fn chance(&self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// One of some.
    pub fn pick<T: Copy>(&self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// -1 or 1.
    pub fn sign(&self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// Each axis even in -1..1.
    pub fn cube(&self) -> Vec3 {
        Vec3::new(self.range(-1.0, 1.0), self.range(-1.0, 1.0), self.range(-1.0, 1.0))
    }

    /// A linear colour of a hue in `hue` (turns), and of ranges of saturation and brightness.
    pub fn colour(&self, hue: (f32, f32), saturation: (f32, f32), value: (f32, f32)) -> Vec3 {
        let hue = self.range(hue.0, hue.1);
        let saturation = self.range(saturation.0, saturation.1);
        hsv(hue, saturation, self.range(value.0, value.1))
    }

    /// Any colour; most things are not vivid.
    pub fn any_colour(&self) -> Vec3 {
        let vivid = self.unit();
        self.colour((0.0, 1.0), (0.0, 0.15 + 0.8 * vivid * vivid), (0.08, 0.95))
    }

    /// A colour near another.
    pub fn near(&self, colour: Vec3, spread: f32) -> Vec3 {
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
