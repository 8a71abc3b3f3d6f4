// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames to latent pixels and back: diffusers 0.42.1, `AutoencoderKLWan`, with four frames to a
//! latent one, and eight rows (Wan 2.1) or sixteen (2.2) to a latent row.
//!
//! It looks back in time and not ahead, so a clip is decoded latent frame by latent frame, and
//! each comes out as it would with the whole clip.

mod coder;
mod config;
mod layers;
mod residual;

use tch::{Device, Kind, Tensor};

pub use self::config::VaeConfig;
use self::{
    coder::{Decoder, Encoder},
    layers::{Cache, CausalConv},
    residual::{patchify, unpatchify},
};
use crate::{
    error::ModelError,
    nn::{self, Builder},
    tensor,
    weights::Weights,
};

/// Frames of a chunk that becomes one latent frame, behind the first.
const CHUNK: i64 = 4;

/// The network.
pub struct Vae {
    config: VaeConfig,
    encoder: Encoder,
    quant_conv: CausalConv,
    post_quant_conv: CausalConv,
    decoder: Decoder,
    mean: Tensor,
    deviation: Tensor,
}

impl Vae {
    /// Reads the network in the type `kind` onto `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] lists what is wrong with the file.
    pub fn load(
        config: &VaeConfig,
        weights: &Weights,
        device: Device,
        kind: Kind,
    ) -> Result<Self, ModelError> {
        nn::load(weights, device, kind, |_| false, |at| Self::new(config, at, device, kind))
    }

    /// Makes sure that a file has this network, without reading it, and hands it back.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check(config: &VaeConfig, weights: Weights) -> Result<Weights, ModelError> {
        nn::check(&weights, |_| false, |at| Self::new(config, at, Device::Cpu, Kind::Float))?;
        Ok(weights)
    }

    fn new(
        config: &VaeConfig,
        at: &Builder<'_>,
        device: Device,
        kind: Kind,
    ) -> Result<Self, ModelError> {
        let z = config.z_dim;
        let numbers = |values: &[f64]| -> Result<Tensor, ModelError> {
            let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            let numbers = tensor::from_f32(&values, &[1, z, 1, 1, 1])?;
            Ok(numbers.f_to_device(device)?.f_to_kind(kind)?)
        };
        Ok(Self {
            encoder: Encoder::new(&at.at("encoder"), config)?,
            quant_conv: CausalConv::new(&at.at("quant_conv"), [2 * z, 2 * z], [1, 1, 1])?,
            post_quant_conv: CausalConv::new(&at.at("post_quant_conv"), [z, z], [1, 1, 1])?,
            decoder: Decoder::new(&at.at("decoder"), config)?,
            mean: numbers(&config.latents_mean)?,
            deviation: numbers(&config.latents_std)?,
            config: config.clone(),
        })
    }

    /// What it was made from.
    #[must_use]
    pub fn config(&self) -> &VaeConfig {
        &self.config
    }

    /// Where it is.
    #[must_use]
    pub fn device(&self) -> Device {
        self.mean.device()
    }

    /// The type that it takes and gives.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.mean.kind()
    }

    /// The mean of the latent clip `[B, z_dim, t, h, w]`, not normalised, of the frames
    /// `[B, 3, T, H, W]` in -1..1. `T` is 1, or 4 more for each latent frame.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn encode(&self, frames: &Tensor) -> Result<Tensor, ModelError> {
        let frames = match self.config.patch_size {
            Some(side) if side > 1 => patchify(frames, side)?,
            _ => frames.shallow_clone(),
        };
        let count = frames.size()[2];
        let mut cache = Cache::default();
        let mut parts = vec![self.encoder.forward(&frames.f_narrow(2, 0, 1)?, &mut cache)?];
        let mut start = 1;
        while start + CHUNK <= count {
            let chunk = frames.f_narrow(2, start, CHUNK)?;
            parts.push(self.encoder.forward(&chunk, &mut cache)?);
            start += CHUNK;
        }
        let moments = self.quant_conv.forward(&Tensor::f_cat(&parts, 2)?, &mut cache)?;
        Ok(moments.f_narrow(1, 0, self.config.z_dim)?)
    }

    /// A latent clip with mean 0 and deviation 1.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn normalise(&self, latents: &Tensor) -> Result<Tensor, ModelError> {
        let scale = self.deviation.f_reciprocal()?;
        Ok(latents.f_sub(&self.mean)?.f_mul(&scale)?)
    }

    /// The way back.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn denormalise(&self, latents: &Tensor) -> Result<Tensor, ModelError> {
        let scale = self.deviation.f_reciprocal()?;
        Ok(latents.f_div(&scale)?.f_add(&self.mean)?)
    }

    /// Begins to decode a clip.
    #[must_use]
    pub fn decode(&self) -> Decoding<'_> {
        Decoding { vae: self, cache: Cache::default(), begun: false }
    }
}

/// A clip that is decoded, latent frame by latent frame.
pub struct Decoding<'a> {
    vae: &'a Vae,
    cache: Cache,
    begun: bool,
}

impl Decoding<'_> {
    /// The next latent frame `[B, z_dim, 1, h, w]`, not normalised, to frames `[B, 3, T, H, W]` in
    /// -1..1: one for the first, four for each other.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn next(&mut self, latent: &Tensor) -> Result<Tensor, ModelError> {
        let first = !std::mem::replace(&mut self.begun, true);
        let latent = self.vae.post_quant_conv.forward(latent, &mut self.cache)?;
        let frames = self.vae.decoder.forward(&latent, &mut self.cache, first)?;
        let frames = match self.vae.config.patch_size {
            Some(side) if side > 1 => unpatchify(&frames, side)?,
            _ => frames,
        };
        Ok(frames.f_clamp(-1.0, 1.0)?)
    }
}
