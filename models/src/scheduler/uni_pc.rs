// SPDX-License-Identifier: MIT OR Apache-2.0
//! UniPC, a predictor and corrector of several steps (Zhao et al. 2023, algorithms 1 and 2), for
//! flows: diffusers 0.42.1, `UniPCMultistepScheduler` with `use_flow_sigmas`.

use std::collections::VecDeque;

use tch::Tensor;

use super::{Scheduler, SchedulerConfig, linspace, over, shifted};
use crate::error::ModelError;

/// Predicts with the last clips that the network has seen, and corrects with the next one.
#[derive(Debug)]
pub struct UniPc {
    timesteps: Vec<f32>,
    sigmas: Vec<f32>,
    order: usize,
    lower_order_final: bool,
    uncorrected: Vec<usize>,
    at: usize,
    /// The clips that were predicted last, the newest first.
    clips: VecDeque<Tensor>,
    /// The sample of the step before, and the order it was taken with.
    last: Option<(Tensor, usize)>,
}

/// What a step from one sigma to another mixes with which weight.
struct Weights {
    sample: f64,
    /// Of the newest clip.
    clip: f64,
    /// Of the differences, which [`UniPc::differences`] gives.
    differences: f64,
    /// log(signal / noise) where the step starts, and how much it grows.
    start: f64,
    growth: f64,
}

fn log_ratio(sigma: f64) -> f64 {
    (1.0 - sigma).ln() - sigma.ln()
}

impl UniPc {
    /// The scheduler for `steps` steps.
    #[must_use]
    pub fn new(config: &SchedulerConfig, steps: u32) -> Self {
        let train = f64::from(config.num_train_timesteps);
        let mut exact: Vec<f64> = linspace(1.0, 1.0 / train, steps + 1)
            .take(steps as usize)
            .map(|sigma| shifted(sigma, config.flow_shift))
            .collect();
        // Pure noise has no logarithm of its signal.
        if let Some(first) = exact.first_mut().filter(|first| (**first - 1.0).abs() < 1e-6) {
            *first -= 1e-6;
        }
        let timesteps = exact.iter().map(|sigma| (sigma * train).trunc() as f32).collect();
        let sigmas = exact.iter().map(|sigma| *sigma as f32).chain([0.0]).collect();
        Self {
            timesteps,
            sigmas,
            order: config.solver_order,
            lower_order_final: config.lower_order_final,
            uncorrected: config.disable_corrector.clone(),
            at: 0,
            clips: VecDeque::new(),
            last: None,
        }
    }

    fn sigma(&self, at: usize) -> f64 {
        f64::from(self.sigmas[at])
    }

    fn weights(&self, from: usize, to: usize) -> Weights {
        let (sigma, next) = (self.sigma(from), self.sigma(to));
        let start = log_ratio(sigma);
        let growth = log_ratio(next) - start;
        let signal = 1.0 - next;
        Weights {
            sample: next / sigma,
            clip: -signal * (-growth).exp_m1(),
            differences: -signal * (-growth).exp_m1(),
            start,
            growth,
        }
    }

    /// How far each older clip is behind the step, in steps; the clips are those before `from`.
    fn distances(&self, from: usize, weights: &Weights, order: usize) -> Vec<f64> {
        let log = |back: usize| log_ratio(self.sigma(from - back));
        (1..order).map(|back| (log(back) - weights.start) / weights.growth).collect()
    }

    /// The right side of the equations for the weights of the differences, of `order` of them.
    fn moments(growth: f64, order: usize) -> Vec<f64> {
        let h = -growth;
        // B(h) of the paper in the form that the reference calls bh2.
        let scale = h.exp_m1();
        let mut phi = scale / h - 1.0;
        let mut factorial = 1.0;
        let mut moments = Vec::new();
        for next in 2..order + 2 {
            moments.push(phi * factorial / scale);
            factorial *= next as f64;
            phi = phi / h - 1.0 / factorial;
        }
        moments
    }

    /// The sample after a step, but for the differences of clips.
    fn base(&self, weights: &Weights, sample: &Tensor) -> Result<Tensor, ModelError> {
        let kept = sample.f_mul_scalar(weights.sample)?;
        Ok(kept.f_add(&self.clips[0].f_mul_scalar(weights.clip)?)?)
    }

    /// The sum of the differences to the older clips, each over its distance and times its weight.
    fn differences(&self, distances: &[f64], rhos: &[f64]) -> Result<Option<Tensor>, ModelError> {
        let mut sum: Option<Tensor> = None;
        let older = self.clips.iter().skip(1);
        for ((clip, distance), rho) in older.zip(distances).zip(rhos) {
            let part = clip.f_sub(&self.clips[0])?.f_mul_scalar(rho / distance)?;
            sum = Some(match sum {
                Some(sum) => sum.f_add(&part)?,
                None => part,
            });
        }
        Ok(sum)
    }

    fn correct(&self, clip: &Tensor, last: &Tensor, order: usize) -> Result<Tensor, ModelError> {
        let from = self.at - 1;
        let weights = self.weights(from, self.at);
        let distances = self.distances(from, &weights, order);
        let rhos = match order {
            1 => vec![0.5],
            _ => {
                let points: Vec<f64> = distances.iter().copied().chain([1.0]).collect();
                solve(&points, &Self::moments(weights.growth, order))
            }
        };
        let (newest, older) = rhos.split_last().ok_or_else(over)?;
        let mut sum = clip.f_sub(&self.clips[0])?.f_mul_scalar(*newest)?;
        if let Some(differences) = self.differences(&distances, older)? {
            sum = sum.f_add(&differences)?;
        }
        Ok(self.base(&weights, last)?.f_add(&sum.f_mul_scalar(weights.differences)?)?)
    }

    fn predict(&self, sample: &Tensor, order: usize) -> Result<Tensor, ModelError> {
        let weights = self.weights(self.at, self.at + 1);
        let distances = self.distances(self.at, &weights, order);
        let rhos = match order {
            0..=2 => vec![0.5],
            _ => solve(&distances, &Self::moments(weights.growth, order - 1)),
        };
        let base = self.base(&weights, sample)?;
        match self.differences(&distances, &rhos)? {
            Some(sum) => Ok(base.f_add(&sum.f_mul_scalar(weights.differences)?)?),
            None => Ok(base),
        }
    }
}

/// Solves for the weights of `points` that have the moments 0, 1, 2 and so on as in `moments`.
fn solve(points: &[f64], moments: &[f64]) -> Vec<f64> {
    let size = moments.len();
    let mut rows: Vec<Vec<f64>> = (0..size)
        .map(|power| {
            let row = points.iter().map(|point| point.powi(power as i32));
            row.chain([moments[power]]).collect()
        })
        .collect();
    for column in 0..size {
        let largest = (column..size)
            .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))
            .unwrap_or(column);
        rows.swap(column, largest);
        let pivot = rows[column].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let factor = row[column] / pivot[column];
                row.iter_mut().zip(&pivot).for_each(|(value, above)| *value -= factor * above);
            }
        }
    }
    (0..size).map(|row| rows[row][size] / rows[row][row]).collect()
}

impl Scheduler for UniPc {
    fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    fn sigmas(&self) -> &[f32] {
        &self.sigmas
    }

    fn step(&mut self, velocity: &Tensor, sample: &Tensor) -> Result<Tensor, ModelError> {
        let steps = self.timesteps.len();
        if self.at >= steps {
            return Err(over());
        }
        let clip = sample.f_sub(&velocity.f_mul_scalar(self.sigma(self.at))?)?;
        let corrected = match &self.last {
            Some((last, order)) if !self.uncorrected.contains(&(self.at - 1)) => {
                self.correct(&clip, last, *order)?
            }
            _ => sample.shallow_clone(),
        };
        self.clips.push_front(clip);
        self.clips.truncate(self.order);
        let left = if self.lower_order_final { steps - self.at } else { self.order };
        let order = self.order.min(left).min(self.clips.len());
        let next = self.predict(&corrected, order)?;
        self.last = Some((corrected, order));
        self.at += 1;
        Ok(next)
    }
}
