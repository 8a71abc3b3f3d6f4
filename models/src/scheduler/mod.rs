// SPDX-License-Identifier: MIT OR Apache-2.0
//! Schedulers: at which times a sampler looks, and how it steps from one to the next.
//!
//! A [`Scheduler`] is for networks that predict the velocity of a rectified flow: a sample at `sigma`
//! is `(1 - sigma) * clip + sigma * noise`. [`Euler`] is for those that were trained with noise on
//! top of the clip.

mod euler;
mod flow_match_euler;
#[cfg(test)]
mod parity;
mod uni_pc;

use std::path::Path;

use serde::Deserialize;
use tch::Tensor;

pub use self::{
    euler::{Euler, EulerConfig},
    flow_match_euler::FlowMatchEuler,
    uni_pc::UniPc,
};
use crate::{config, error::ModelError};

/// The part of `scheduler_config.json` that is known here. What it says otherwise must be what it
/// says by default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct SchedulerConfig {
    #[serde(rename = "_class_name")]
    class_name: String,
    num_train_timesteps: u32,
    shift: f64,
    flow_shift: f64,
    solver_order: usize,
    prediction_type: String,
    solver_type: String,
    predict_x0: bool,
    lower_order_final: bool,
    use_flow_sigmas: bool,
    use_dynamic_shifting: bool,
    use_karras_sigmas: bool,
    use_exponential_sigmas: bool,
    use_beta_sigmas: bool,
    thresholding: bool,
    invert_sigmas: bool,
    stochastic_sampling: bool,
    final_sigmas_type: String,
    shift_terminal: Option<f64>,
    disable_corrector: Vec<usize>,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            class_name: "FlowMatchEulerDiscreteScheduler".to_owned(),
            num_train_timesteps: 1000,
            shift: 1.0,
            flow_shift: 1.0,
            solver_order: 2,
            prediction_type: "flow_prediction".to_owned(),
            solver_type: "bh2".to_owned(),
            predict_x0: true,
            lower_order_final: true,
            use_flow_sigmas: true,
            use_dynamic_shifting: false,
            use_karras_sigmas: false,
            use_exponential_sigmas: false,
            use_beta_sigmas: false,
            thresholding: false,
            invert_sigmas: false,
            stochastic_sampling: false,
            final_sigmas_type: "zero".to_owned(),
            shift_terminal: None,
            disable_corrector: Vec::new(),
        }
    }
}

impl SchedulerConfig {
    /// Reads a `scheduler_config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or asks for what is not known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        config.check(path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<(), ModelError> {
        let known = Self::default();
        let mut wrong = config::Wrong::default();
        let class = self.class_name == UNI_PC || self.class_name == known.class_name;
        wrong.unless(class, "_class_name", CLASSES);
        let times = (1..=100_000).contains(&self.num_train_timesteps);
        wrong.unless(times, "num_train_timesteps", "1 to 100000");
        for (name, shift) in [("shift", self.shift), ("flow_shift", self.flow_shift)] {
            wrong.unless((0.01..=100.0).contains(&shift), name, "0.01 to 100");
        }
        wrong.unless((1..=3).contains(&self.solver_order), "solver_order", "1, 2 or 3");
        let velocity = self.prediction_type == known.prediction_type;
        wrong.unless(velocity, "prediction_type", "flow_prediction");
        // The other one divides by nothing in its last step, in diffusers too.
        wrong.unless(self.solver_type == known.solver_type, "solver_type", "bh2");
        wrong.unless(self.predict_x0, "predict_x0", "true");
        wrong.unless(self.use_flow_sigmas, "use_flow_sigmas", "true");
        let zero = self.final_sigmas_type == known.final_sigmas_type;
        wrong.unless(zero, "final_sigmas_type", "zero");
        wrong.unless(self.shift_terminal.is_none(), "shift_terminal", "null");
        for (name, on) in [
            ("use_dynamic_shifting", self.use_dynamic_shifting),
            ("use_karras_sigmas", self.use_karras_sigmas),
            ("use_exponential_sigmas", self.use_exponential_sigmas),
            ("use_beta_sigmas", self.use_beta_sigmas),
            ("thresholding", self.thresholding),
            ("invert_sigmas", self.invert_sigmas),
            ("stochastic_sampling", self.stochastic_sampling),
        ] {
            wrong.unless(!on, name, "false");
        }
        wrong.finish(path)
    }

    /// The time of pure noise.
    #[must_use]
    pub fn times(&self) -> f64 {
        self.num_train_timesteps.into()
    }

    /// The scheduler for `steps` steps.
    #[must_use]
    pub fn scheduler(&self, steps: u32) -> Box<dyn Scheduler> {
        match self.class_name == UNI_PC {
            true => Box::new(UniPc::new(self, steps)),
            false => Box::new(FlowMatchEuler::new(self, steps)),
        }
    }
}

const UNI_PC: &str = "UniPCMultistepScheduler";
const CLASSES: &str = "UniPCMultistepScheduler or FlowMatchEulerDiscreteScheduler";

/// Steps a sample from noise to a clip.
pub trait Scheduler {
    /// The times that the network is asked at, in 0..1000, falling.
    fn timesteps(&self) -> &[f32];

    /// The noise in the sample at each time, in 0..1, and behind the last one.
    fn sigmas(&self) -> &[f32];

    /// The sample at the next time, from the velocity that the network predicts for `sample` at
    /// this one. Both have one shape, f32.
    ///
    /// # Errors
    /// When there is no next time, or memory runs out.
    fn step(&mut self, velocity: &Tensor, sample: &Tensor) -> Result<Tensor, ModelError>;
}

/// `count` numbers from `first` to `last`.
fn linspace(first: f64, last: f64, count: u32) -> impl Iterator<Item = f64> {
    let step = (last - first) / f64::from(count.max(2) - 1);
    (0..count).map(move |at| first + f64::from(at) * step)
}

fn shifted(sigma: f64, shift: f64) -> f64 {
    shift * sigma / (1.0 + (shift - 1.0) * sigma)
}

fn over() -> ModelError {
    ModelError::Torch("the scheduler has no step left".to_owned())
}
