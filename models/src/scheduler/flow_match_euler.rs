// SPDX-License-Identifier: MIT OR Apache-2.0
//! Steps of Euler along a rectified flow (Esser et al. 2024, section 3): diffusers 0.42.1,
//! `FlowMatchEulerDiscreteScheduler`.

use tch::Tensor;

use super::{Scheduler, SchedulerConfig, linspace, over, shifted};
use crate::error::ModelError;

/// Steps of Euler.
#[derive(Debug)]
pub struct FlowMatchEuler {
    timesteps: Vec<f32>,
    sigmas: Vec<f32>,
    at: usize,
}

impl FlowMatchEuler {
    /// The scheduler for `steps` steps.
    #[must_use]
    pub fn new(config: &SchedulerConfig, steps: u32) -> Self {
        let train = f64::from(config.num_train_timesteps);
        // The ends were shifted once when the reference is made, and are shifted again with the
        // others; it holds them as f32.
        let end = |sigma: f64| f64::from(shifted(sigma, config.shift) as f32);
        let times = linspace(end(1.0) * train, end(1.0 / train) * train, steps);
        let mut sigmas: Vec<f32> =
            times.map(|time| shifted(time / train, config.shift) as f32).collect();
        let timesteps = sigmas.iter().map(|sigma| sigma * train as f32).collect();
        sigmas.push(0.0);
        Self { timesteps, sigmas, at: 0 }
    }
}

impl Scheduler for FlowMatchEuler {
    fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    fn sigmas(&self) -> &[f32] {
        &self.sigmas
    }

    fn step(&mut self, velocity: &Tensor, sample: &Tensor) -> Result<Tensor, ModelError> {
        let [now, next] = self.sigmas.get(self.at..self.at + 2).ok_or_else(over)? else {
            return Err(over());
        };
        self.at += 1;
        Ok(sample.f_add(&velocity.f_mul_scalar(f64::from(next - now))?)?)
    }
}
