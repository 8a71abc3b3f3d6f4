// SPDX-License-Identifier: MIT OR Apache-2.0
//! Steps of Euler along the noise levels of Karras et al. 2022 (equation 5), for networks that
//! predict a velocity (Salimans and Ho 2022, appendix D): diffusers 0.42.1,
//! `EulerDiscreteScheduler` with `v_prediction`, `use_karras_sigmas` and times that are continuous.

use std::path::Path;

use serde::Deserialize;
use tch::Tensor;

use super::{linspace, over};
use crate::{config, error::ModelError};

/// The part of `scheduler_config.json` that is known here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct EulerConfig {
    #[serde(rename = "_class_name")]
    class_name: String,
    prediction_type: String,
    timestep_type: String,
    timestep_spacing: String,
    use_karras_sigmas: bool,
    sigma_min: Option<f64>,
    sigma_max: Option<f64>,
    final_sigmas_type: String,
    rescale_betas_zero_snr: bool,
}

impl Default for EulerConfig {
    fn default() -> Self {
        Self {
            class_name: CLASS.to_owned(),
            prediction_type: "epsilon".to_owned(),
            timestep_type: "discrete".to_owned(),
            timestep_spacing: "linspace".to_owned(),
            use_karras_sigmas: false,
            sigma_min: None,
            sigma_max: None,
            final_sigmas_type: "zero".to_owned(),
            rescale_betas_zero_snr: false,
        }
    }
}

const CLASS: &str = "EulerDiscreteScheduler";
/// How close levels come to each other where there is little noise.
const RHO: f64 = 7.0;

impl EulerConfig {
    /// Reads a `scheduler_config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or asks for what is not known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        config.check(path)?;
        Ok(config)
    }

    pub(super) fn check(&self, path: &Path) -> Result<(), ModelError> {
        let mut wrong = config::Wrong::default();
        for (name, got, known) in [
            ("_class_name", &self.class_name, CLASS),
            ("prediction_type", &self.prediction_type, "v_prediction"),
            ("timestep_type", &self.timestep_type, "continuous"),
            ("final_sigmas_type", &self.final_sigmas_type, "zero"),
        ] {
            wrong.unless(got == known, name, known);
        }
        let spacing = ["leading", "linspace", "trailing"].contains(&&*self.timestep_spacing);
        wrong.unless(spacing, "timestep_spacing", "leading, linspace or trailing");
        wrong.unless(self.use_karras_sigmas, "use_karras_sigmas", "true");
        wrong.unless(!self.rescale_betas_zero_snr, "rescale_betas_zero_snr", "false");
        let (least, most) = (self.sigma_min, self.sigma_max);
        let range = |sigma: Option<f64>| sigma.is_some_and(|s| (1e-6..=1e6).contains(&s));
        wrong.unless(range(least), "sigma_min", "0.000001 to 1000000");
        wrong.unless(range(most) && least < most, "sigma_max", "sigma_min to 1000000");
        wrong.finish(path)
    }

    /// The scheduler for `steps` steps.
    #[must_use]
    pub fn scheduler(&self, steps: u32) -> Euler {
        let root = |sigma: Option<f64>| sigma.unwrap_or(1.0).powf(1.0 / RHO);
        let levels = linspace(root(self.sigma_max), root(self.sigma_min), steps);
        let mut sigmas: Vec<f32> = levels.map(|level| level.powf(RHO) as f32).collect();
        let timesteps = sigmas.iter().map(|sigma| 0.25 * sigma.ln()).collect();
        sigmas.push(0.0);
        Euler { timesteps, sigmas, at: 0, leading: self.timestep_spacing == "leading" }
    }
}

/// What is in a sample beside its noise, by the velocity at `sigma`.
fn clip(velocity: &Tensor, sample: &Tensor, sigma: f64) -> Result<Tensor, ModelError> {
    let power = sigma.mul_add(sigma, 1.0);
    let kept = sample.f_div_scalar(power)?;
    Ok(velocity.f_mul_scalar(-sigma / power.sqrt())?.f_add(&kept)?)
}

/// Steps of Euler. A sample at `sigma` is `clip + sigma * noise`.
#[derive(Debug)]
pub struct Euler {
    timesteps: Vec<f32>,
    sigmas: Vec<f32>,
    at: usize,
    leading: bool,
}

impl Euler {
    /// The times that the network is asked at, falling.
    #[must_use]
    pub fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    /// The noise in the sample at each time, and behind the last one.
    #[must_use]
    pub fn sigmas(&self) -> &[f32] {
        &self.sigmas
    }

    /// How large the noise is that sampling starts from.
    #[must_use]
    pub fn first_noise(&self) -> f64 {
        let most = f64::from(self.sigmas[0]);
        if self.leading { most.mul_add(most, 1.0).sqrt() } else { most }
    }

    /// The sample as the network takes it.
    ///
    /// # Errors
    /// When there is no next time, or memory runs out.
    pub fn scale(&self, sample: &Tensor) -> Result<Tensor, ModelError> {
        let sigma = f64::from(*self.sigmas.get(self.at).ok_or_else(over)?);
        Ok(sample.f_div_scalar(sigma.mul_add(sigma, 1.0).sqrt())?)
    }

    /// The clip that the network predicts in the sample with its velocity.
    ///
    /// # Errors
    /// As [`Self::scale`].
    pub fn clip(&self, velocity: &Tensor, sample: &Tensor) -> Result<Tensor, ModelError> {
        clip(velocity, sample, f64::from(*self.sigmas.get(self.at).ok_or_else(over)?))
    }

    /// The sample at the next time, from the velocity that the network predicts at this one. Both
    /// have one shape, f32.
    ///
    /// # Errors
    /// As [`Self::scale`].
    pub fn step(&mut self, velocity: &Tensor, sample: &Tensor) -> Result<Tensor, ModelError> {
        let [now, next] = self.sigmas.get(self.at..self.at + 2).ok_or_else(over)? else {
            return Err(over());
        };
        self.at += 1;
        let (now, next) = (f64::from(*now), f64::from(*next));
        let clip = clip(velocity, sample, now)?;
        let slope = sample.f_sub(&clip)?.f_div_scalar(now)?;
        Ok(sample.f_add(&slope.f_mul_scalar(next - now)?)?)
    }
}
