// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trains a GAN. Each step depends on the seed, its number, the pictures and the weights before
//! it, so a training that was interrupted ends with the weights that it would have had.

use std::path::PathBuf;

use stillmotion_engine::worker::protocol::{Losses, Phase, Report};
use tch::{Device, Reduction, Tensor};

use super::{
    augment::augment,
    checkpoint::Checkpoint,
    config::Kind,
    network::{discriminate, generate},
    plot, sample,
};
use crate::{
    error::ModelError,
    host::Host,
    random::{Purpose, Random},
    tensor::{self, Params},
};

/// Steps from one report of the losses to the next.
const REPORT_EVERY: u64 = 100;
/// Steps from one look at the slope of the discriminator to the next.
const SLOPE_EVERY: u64 = 8;
/// What a slope of 1 costs in each of the steps between.
const SLOPE_COST: f64 = 1.0;
/// How slowly the average of the generators forgets.
const AVERAGE: f64 = 0.998;

/// Pictures in memory: `[N, size, size, 3]` bytes.
#[derive(Debug, Default)]
pub struct Pictures {
    /// The bytes, picture after picture.
    pub bytes: Vec<u8>,
    /// How many there are.
    pub count: usize,
}

/// A training at some step.
#[derive(Debug)]
pub struct Trainer {
    checkpoint: Checkpoint,
    pictures: Pictures,
    folder: PathBuf,
    device: Device,
    /// Sums of both losses since the last report, on the device.
    sums: [Tensor; 2],
    summed: u64,
}

impl Trainer {
    /// Goes on from `checkpoint` with at least one picture.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(
        checkpoint: Checkpoint,
        pictures: Pictures,
        folder: PathBuf,
        device: Device,
    ) -> Result<Self, ModelError> {
        let zero = || Tensor::f_zeros([], (tch::Kind::Float, device));
        Ok(Self { checkpoint, pictures, folder, device, sums: [zero()?, zero()?], summed: 0 })
    }

    /// Trains until `steps` are done, or until the host stops it; then the training is saved.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`], or what went wrong. What was saved before is still there.
    pub fn run(&mut self, steps: u64, host: &mut dyn Host) -> Result<(), ModelError> {
        self.checkpoint.save_config(&self.folder)?;
        host.progress(Phase::Training, self.checkpoint.step, steps)?;
        let every = self.checkpoint.config.sample_every;
        let mut saved = None;
        while self.checkpoint.step < steps && !host.is_stopped() {
            self.step()?;
            let step = self.checkpoint.step;
            host.progress(Phase::Training, step, steps)?;
            if step.is_multiple_of(REPORT_EVERY) || step == steps {
                let losses = self.report(step)?;
                host.report(Report::Losses(losses), &[])?;
            }
            if step.is_multiple_of(every) {
                self.save(host)?;
                saved = Some(step);
            }
        }
        if saved != Some(self.checkpoint.step) {
            self.save(host)?;
        }
        Ok(())
    }

    fn report(&mut self, step: u64) -> Result<Losses, ModelError> {
        let mean = |sum: &Tensor| -> Result<f64, ModelError> {
            Ok(sum.f_double_value(&[])? / self.summed.max(1) as f64)
        };
        let [discriminator, generator] = [mean(&self.sums[0])?, mean(&self.sums[1])?];
        if !(discriminator.is_finite() && generator.is_finite()) {
            return Err(ModelError::Diverged { step });
        }
        for sum in &mut self.sums {
            let _ = sum.f_zero_()?;
        }
        self.summed = 0;
        let losses = Losses { step, discriminator, generator };
        self.checkpoint.losses.push(losses);
        Ok(losses)
    }

    /// Writes the checkpoint, the plot and a sample clip.
    fn save(&mut self, host: &mut dyn Host) -> Result<(), ModelError> {
        let step = self.checkpoint.step;
        self.checkpoint.save(&self.folder)?;
        let plot = self.folder.join("losses.png");
        plot::save(&plot, &self.checkpoint.losses)?;
        host.report(Report::Wrote { path: plot }, &[])?;
        let clip = self.folder.join("samples").join(format!("step-{step:06}.gif"));
        sample::save(&clip, &self.checkpoint.config, &self.checkpoint.average, self.device)?;
        host.report(Report::Wrote { path: clip }, &[])
    }

    /// One step of both networks (Goodfellow et al. 2014, algorithm 1, with the loss for the
    /// generator of its section 3 that does not fade).
    fn step(&mut self) -> Result<(), ModelError> {
        let number = self.checkpoint.step + 1;
        let mut random = Random::new(self.checkpoint.config.seed, Purpose::Step, number);
        let real = self.batch(&mut random)?;
        let slope = self.checkpoint.config.kind == Kind::Conv && number.is_multiple_of(SLOPE_EVERY);
        let (discriminator, gradients) = self.discriminator_loss(&real, slope, &mut random)?;
        let rate = self.checkpoint.config.learning_rate;
        let adam = &mut self.checkpoint.adam_discriminator;
        adam.step(&self.checkpoint.discriminator, &gradients, number, rate)?;
        let (generator, gradients) = self.generator_loss(&mut random)?;
        let adam = &mut self.checkpoint.adam_generator;
        adam.step(&self.checkpoint.generator, &gradients, number, rate)?;
        self.average(number)?;
        for (sum, loss) in self.sums.iter_mut().zip([discriminator, generator]) {
            let _ = sum.f_add_(&loss.f_detach()?)?;
        }
        self.summed += 1;
        self.checkpoint.step = number;
        Ok(())
    }

    /// Pictures of a step, `[B, 3, size, size]` f32 in -1..1.
    fn batch(&self, random: &mut Random) -> Result<Tensor, ModelError> {
        let config = &self.checkpoint.config;
        let side = config.size as usize;
        let each = side * side * 3;
        let mut bytes = Vec::with_capacity(each * config.batch_size as usize);
        for _ in 0..config.batch_size {
            let at = random.below(self.pictures.count) * each;
            bytes.extend_from_slice(&self.pictures.bytes[at..at + each]);
        }
        let side = i64::from(config.size);
        tensor::from_rgb(&bytes, [config.batch_size.into(), side, side], self.device)
    }

    fn fake(&self, random: &mut Random) -> Result<Tensor, ModelError> {
        let config = &self.checkpoint.config;
        let latent = random.normal(&[config.batch_size.into(), config.latent()], self.device)?;
        generate(config, &self.checkpoint.generator, &latent)
    }

    /// The logits of `pictures`, which are changed a little before where the kind asks for it.
    fn judge(&self, pictures: &Tensor, random: &mut Random) -> Result<Tensor, ModelError> {
        let Checkpoint { config, discriminator, .. } = &self.checkpoint;
        match config.kind {
            Kind::Mlp => discriminate(config, discriminator, pictures),
            Kind::Conv => discriminate(config, discriminator, &augment(pictures, random)?),
        }
    }

    /// The loss as it is reported, and the gradients of it. With `slope`, steep answers about real
    /// pictures cost something too: that keeps the discriminator from running away (the penalty
    /// R1 of Mescheder, Geiger and Nowozin 2018, section 4.1, now and then as in Karras et al.
    /// 2020, appendix B).
    fn discriminator_loss(
        &self,
        real: &Tensor,
        slope: bool,
        random: &mut Random,
    ) -> Result<(Tensor, Vec<Tensor>), ModelError> {
        let fake = tch::no_grad(|| self.fake(random))?;
        let pictures = real.f_detach()?.set_requires_grad(slope);
        let real = self.judge(&pictures, random)?;
        let fake = self.judge(&fake, random)?;
        let loss = cross_entropy(&real, 1.0)?.f_add(&cross_entropy(&fake, 0.0)?)?;
        let mut whole = loss.shallow_clone();
        if slope {
            let sum = real.f_sum(None)?;
            let slopes = Tensor::f_run_backward(&[sum], &[&pictures], true, true)?;
            for slope in slopes {
                let square = slope.f_square()?.f_sum(None)?;
                let cost = SLOPE_COST / 2.0 * SLOPE_EVERY as f64;
                let each = cost / f64::from(self.checkpoint.config.batch_size);
                whole = whole.f_add(&square.f_mul_scalar(each)?)?;
            }
        }
        let gradients = gradients(&whole, &self.checkpoint.discriminator)?;
        Ok((loss, gradients))
    }

    fn generator_loss(&self, random: &mut Random) -> Result<(Tensor, Vec<Tensor>), ModelError> {
        let fake = self.fake(random)?;
        let loss = cross_entropy(&self.judge(&fake, random)?, 1.0)?;
        let gradients = gradients(&loss, &self.checkpoint.generator)?;
        Ok((loss, gradients))
    }

    /// Moves the average of the generators on; at first it follows quickly.
    fn average(&mut self, step: u64) -> Result<(), ModelError> {
        let _guard = tch::no_grad_guard();
        let keep = AVERAGE.min((1 + step) as f64 / (10 + step) as f64);
        let pairs = self.checkpoint.average.values_mut().zip(self.checkpoint.generator.values());
        for (average, param) in pairs {
            let _ = average.f_lerp_(param, 1.0 - keep)?;
        }
        Ok(())
    }

    /// The network as it is now.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// Binary cross-entropy of logits `[B, 1]` against one answer, mean over the batch, in nats.
pub(super) fn cross_entropy(logits: &Tensor, answer: f64) -> Result<Tensor, ModelError> {
    let answers = logits.f_full_like(answer)?;
    let none = None::<Tensor>;
    Ok(logits.f_binary_cross_entropy_with_logits(
        &answers,
        none.as_ref(),
        none.as_ref(),
        Reduction::Mean,
    )?)
}

/// Gradients of `loss` in the order of the names.
pub(super) fn gradients(loss: &Tensor, params: &Params) -> Result<Vec<Tensor>, ModelError> {
    let params: Vec<&Tensor> = params.values().collect();
    Ok(Tensor::f_run_backward(&[loss], &params, false, false)?)
}
