// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walks through what a generator can make.
//!
//! Numbers of a normal distribution lie close to a sphere, so a walk along a great circle of it
//! passes through nothing but likely pictures (White 2016, section 2.1, on why a straight line
//! does not). The motion amount is the speed.

use std::f64::consts::TAU;

use tch::{Device, Tensor};

use crate::{
    error::ModelError,
    random::{Purpose, Random},
};

/// The angle that motion 5 passes in a second, in radians.
const USUAL_SPEED: f64 = 0.25;
/// By how much each step of the motion amount is faster.
const PER_STEP: f64 = 1.45;
/// The angle over which the still gives way to what the generator makes, in radians.
const LETS_GO: f64 = 0.5;

/// A great circle: a start, and a direction of the same length at a right angle to it.
#[derive(Debug)]
pub struct Walk {
    start: Tensor,
    across: Tensor,
    /// Radians from one frame to the next.
    step: f64,
}

impl Walk {
    /// From `start` `[1, N]` in the direction that `seed` gives.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(
        start: Tensor,
        seed: u64,
        motion: f64,
        frames_per_second: f64,
    ) -> Result<Self, ModelError> {
        let mut random = Random::new(seed, Purpose::Way, 0);
        let wish = random.normal(&start.size(), start.device())?;
        let along = wish.f_mul(&start)?.f_sum(None)?.f_div(&start.f_square()?.f_sum(None)?)?;
        let across = wish.f_sub(&start.f_mul(&along)?)?;
        let scale = start.f_norm()?.f_div(&across.f_norm()?)?;
        let speed = USUAL_SPEED * PER_STEP.powf(motion - 5.0);
        Ok(Self { across: across.f_mul(&scale)?, start, step: speed / frames_per_second.max(0.01) })
    }

    fn angle(&self, frame: u64) -> f64 {
        (self.step * frame as f64) % TAU
    }

    /// Where the walk is at each of `frames`: `[B, N]`.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn at(&self, frames: std::ops::Range<u64>) -> Result<Tensor, ModelError> {
        let mut places = Vec::new();
        for frame in frames {
            let (sine, cosine) = self.angle(frame).sin_cos();
            places.push(self.start.f_mul_scalar(cosine)?.f_add(&self.across.f_mul_scalar(sine)?)?);
        }
        Ok(Tensor::f_cat(&places, 0)?)
    }

    /// How much of what the still has beside its likeness is left at `frame`: 1 at the start.
    #[must_use]
    pub fn still(&self, frame: u64) -> f32 {
        let angle = self.step * frame as f64 / LETS_GO;
        (-angle * angle).exp() as f32
    }
}

/// A place that `seed` gives, `[1, latent]`.
///
/// # Errors
/// When memory runs out.
pub fn start(latent: i64, seed: u64, device: Device) -> Result<Tensor, ModelError> {
    Random::new(seed, Purpose::Start, 0).normal(&[1, latent], device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(motion: f64) -> Walk {
        Walk::new(start(128, 3, Device::Cpu).unwrap(), 3, motion, 24.0).unwrap()
    }

    #[test]
    fn a_walk_stays_on_its_sphere_and_keeps_its_pace() {
        let places = walk(10.0).at(0..96).unwrap();
        let norm = |t: Tensor| t.norm_scalaropt_dim(2, [1_i64], false);
        let radii = norm(places.shallow_clone());
        assert!((radii.max() - radii.min()).double_value(&[]) < 1e-4);
        let steps = norm(places.narrow(0, 1, 95) - places.narrow(0, 0, 95));
        assert!((steps.max() / steps.min()).double_value(&[]) < 1.001);
    }

    #[test]
    fn more_motion_goes_further() {
        let far = |motion| {
            let places = walk(motion).at(0..24).unwrap();
            (places.get(23) - places.get(0)).norm().double_value(&[])
        };
        assert!((1..10).all(|motion| far(f64::from(motion + 1)) > 1.2 * far(f64::from(motion))));
    }

    #[test]
    fn the_still_gives_way_the_sooner_the_more_moves() {
        assert_eq!(walk(5.0).still(0), 1.0);
        assert!(walk(1.0).still(95) > 0.8);
        assert!(walk(10.0).still(95) < 0.01);
    }
}
