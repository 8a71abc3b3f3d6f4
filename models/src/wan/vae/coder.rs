// SPDX-License-Identifier: MIT OR Apache-2.0
//! Encoder and decoder: `WanEncoder3d` and `WanDecoder3d`, in both layouts.

use tch::Tensor;

use super::{
    config::VaeConfig,
    layers::{
        Cache, CausalConv, ChannelNorm, Downsample, MidBlock, Resample, ResidualBlock, Upsample,
    },
    residual::{Factors, average_down, repeat_up},
};
use crate::{error::ModelError, nn::Builder};

/// Blocks of one size, and what changes the size behind them.
struct Stage<S> {
    resnets: Vec<ResidualBlock>,
    sampler: Option<S>,
    /// Channels behind it, and how much is sampled, where it has a shortcut.
    shortcut: Option<(i64, Factors)>,
}

impl<S: Resample> Stage<S> {
    /// What comes out of the blocks and of what changes the size; the shortcut is not in it.
    fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError> {
        let mut x = x.shallow_clone();
        for resnet in &self.resnets {
            x = resnet.forward(&x, cache)?;
        }
        match &self.sampler {
            Some(sampler) => sampler.forward(&x, cache),
            None => Ok(x),
        }
    }
}

/// Frames to latent pixels.
pub struct Encoder {
    conv_in: CausalConv,
    stages: Vec<Stage<Downsample>>,
    /// How many of the stages come before the first one that changes how many frames there are.
    large: usize,
    mid_block: MidBlock,
    norm_out: ChannelNorm,
    conv_out: CausalConv,
}

impl Encoder {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, config: &VaeConfig) -> Result<Self, ModelError> {
        let widths: Vec<i64> = config.dim_mult.iter().map(|by| by * config.base_dim).collect();
        let [.., last] = widths[..] else { return Err(config.too_few_stages()) };
        let blocks = at.at("down_blocks");
        let mut number = 0;
        let mut flat = || {
            number += 1;
            blocks.at(number - 1)
        };
        let mut stages = Vec::new();
        let mut inputs = config.base_dim;
        for (stage, outputs) in widths.iter().copied().enumerate() {
            let samples = stage + 1 < widths.len();
            let in_time = samples && config.temperal_downsample[stage];
            let mut resnets = Vec::new();
            for resnet in 0..config.num_res_blocks {
                let at = match config.is_residual {
                    true => blocks.at(stage).at("resnets").at(resnet),
                    false => flat(),
                };
                resnets.push(ResidualBlock::new(&at, inputs, outputs)?);
                inputs = outputs;
            }
            let sampler = samples.then(|| {
                let at = match config.is_residual {
                    true => blocks.at(stage).at("downsampler"),
                    false => flat(),
                };
                Downsample::new(&at, outputs, in_time)
            });
            let factors = Factors { time: 1 + i64::from(in_time), space: 1 + i64::from(samples) };
            let shortcut = config.is_residual.then_some((outputs, factors));
            stages.push(Stage { resnets, sampler: sampler.transpose()?, shortcut });
        }
        let channels = config.in_channels;
        Ok(Self {
            conv_in: CausalConv::new(&at.at("conv_in"), [channels, config.base_dim], CUBE)?,
            large: config.temperal_downsample.iter().take_while(|in_time| !**in_time).count(),
            stages,
            mid_block: MidBlock::new(&at.at("mid_block"), last)?,
            norm_out: ChannelNorm::new(&at.at("norm_out"), last, false)?,
            conv_out: CausalConv::new(&at.at("conv_out"), [last, 2 * config.z_dim], CUBE)?,
        })
    }

    /// A chunk `[B, in_channels, T, H, W]` to mean and log variance `[B, 2 * z_dim, t, h, w]`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError> {
        cache.rewind();
        let (large, small) = self.stages.split_at(self.large);
        let mut x = cache.each_frame(x, |frame, cache| {
            Self::shrink(large, self.conv_in.forward(frame, cache)?, cache)
        })?;
        x = Self::shrink(small, x, cache)?;
        let x = self.norm_out.forward(&self.mid_block.forward(&x, cache)?)?;
        self.conv_out.forward(&x.f_silu()?, cache)
    }

    fn shrink(
        stages: &[Stage<Downsample>],
        mut x: Tensor,
        cache: &mut Cache,
    ) -> Result<Tensor, ModelError> {
        for stage in stages {
            let mut out = stage.forward(&x, cache)?;
            if let Some((channels, factors)) = stage.shortcut {
                out = out.f_add(&average_down(&x, channels, factors)?)?;
            }
            x = out;
        }
        Ok(x)
    }
}

const CUBE: [i64; 3] = [3, 3, 3];

/// Latent pixels to frames.
pub struct Decoder {
    conv_in: CausalConv,
    mid_block: MidBlock,
    stages: Vec<Stage<Upsample>>,
    /// How many of the stages come behind the last one that changes how many frames there are.
    large: usize,
    norm_out: ChannelNorm,
    conv_out: CausalConv,
}

impl Decoder {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, config: &VaeConfig) -> Result<Self, ModelError> {
        let base = config.decoder_base_dim.unwrap_or(config.base_dim);
        let widths: Vec<i64> = config.dim_mult.iter().rev().map(|by| by * base).collect();
        let [first, .., last] = widths[..] else { return Err(config.too_few_stages()) };
        let blocks = at.at("up_blocks");
        let mut stages = Vec::new();
        let mut inputs = first;
        for (stage, outputs) in widths.iter().copied().enumerate() {
            let samples = stage + 1 < widths.len();
            let in_time = samples && config.temperal_downsample[widths.len() - 2 - stage];
            let at = blocks.at(stage);
            let shortcut = (config.is_residual && samples)
                .then(|| (outputs, Factors { time: 1 + i64::from(in_time), space: 2 }));
            let mut resnets = Vec::new();
            for resnet in 0..=config.num_res_blocks {
                resnets.push(ResidualBlock::new(&at.at("resnets").at(resnet), inputs, outputs)?);
                inputs = outputs;
            }
            let (name, behind) = match config.is_residual {
                true => ("upsampler", outputs),
                false => ("upsamplers.0", outputs / 2),
            };
            let sampler = samples.then(|| {
                inputs = behind;
                Upsample::new(&at.at(name), outputs, behind, in_time)
            });
            stages.push(Stage { resnets, sampler: sampler.transpose()?, shortcut });
        }
        Ok(Self {
            conv_in: CausalConv::new(&at.at("conv_in"), [config.z_dim, first], CUBE)?,
            mid_block: MidBlock::new(&at.at("mid_block"), first)?,
            // The last stage changes no size.
            large: 1 + config.temperal_downsample.iter().take_while(|in_time| !**in_time).count(),
            stages,
            norm_out: ChannelNorm::new(&at.at("norm_out"), last, false)?,
            conv_out: CausalConv::new(&at.at("conv_out"), [last, config.out_channels], CUBE)?,
        })
    }

    /// A latent frame `[B, z_dim, 1, h, w]` to the frames `[B, out_channels, T, H, W]` that it
    /// stands for: one for the first of a clip, and as many as the time is compressed for others.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(
        &self,
        x: &Tensor,
        cache: &mut Cache,
        first: bool,
    ) -> Result<Tensor, ModelError> {
        cache.rewind();
        let (small, large) = self.stages.split_at(self.stages.len() - self.large);
        let x = self.conv_in.forward(x, cache)?;
        let x = Self::enlarge(small, self.mid_block.forward(&x, cache)?, cache, first)?;
        cache.each_frame(&x, |frame, cache| {
            let x = Self::enlarge(large, frame.shallow_clone(), cache, first)?;
            self.conv_out.forward(&self.norm_out.forward(&x)?.f_silu_()?, cache)
        })
    }

    fn enlarge(
        stages: &[Stage<Upsample>],
        mut x: Tensor,
        cache: &mut Cache,
        first: bool,
    ) -> Result<Tensor, ModelError> {
        for stage in stages {
            let mut out = stage.forward(&x, cache)?;
            if let Some((channels, factors)) = stage.shortcut {
                out = out.f_add(&repeat_up(&x, channels, factors, first)?)?;
            }
            x = out;
        }
        Ok(x)
    }
}
