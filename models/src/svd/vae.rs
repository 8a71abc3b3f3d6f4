// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pictures to latents, and latents to clips: `AutoencoderKLTemporalDecoder`.

use std::path::Path;

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use super::layers::{
    self, BlockShape, Conv, FrameBlock, GROUPS, GroupNorm, TimeConv, Upsample, VideoBlock, side,
};
use crate::{
    config,
    error::ModelError,
    nn::{self, Builder, Linear, attention},
    weights::Weights,
};

/// The `config.json` of the VAE. By default that of the published models.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct VaeConfig {
    /// Channels of a latent picture.
    pub latent_channels: i64,
    /// What the U-Net's latents are larger by.
    pub scaling_factor: f64,
    in_channels: i64,
    out_channels: i64,
    block_out_channels: Vec<i64>,
    layers_per_block: i64,
    down_block_types: Vec<String>,
}

impl Default for VaeConfig {
    fn default() -> Self {
        Self {
            latent_channels: 4,
            scaling_factor: 0.18215,
            in_channels: 3,
            out_channels: 3,
            block_out_channels: vec![128, 256, 512, 512],
            layers_per_block: 2,
            down_block_types: vec![DOWN.to_owned(); 4],
        }
    }
}

const DOWN: &str = "DownEncoderBlock2D";
const EPS: f64 = 1e-6;

impl VaeConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or lies outside what is known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        let mut wrong = config::Wrong::default();
        wrong.unless_counts([
            ("latent_channels", config.latent_channels, 1024),
            ("layers_per_block", config.layers_per_block, 100),
        ]);
        for (name, channels) in
            [("in_channels", config.in_channels), ("out_channels", config.out_channels)]
        {
            wrong.unless(channels == 3, name, "3");
        }
        let factor = (1e-6..=1e6).contains(&config.scaling_factor);
        wrong.unless(factor, "scaling_factor", "0.000001 to 1000000");
        let levels = config.block_out_channels.len();
        wrong.unless((1..=16).contains(&levels), "block_out_channels", "1 to 16 numbers");
        for channels in config.block_out_channels.iter().copied() {
            wrong.unless_counts([("block_out_channels", channels, 65_536)]);
            let groups = channels % GROUPS == 0;
            wrong.unless(groups, "block_out_channels", &format!("multiples of {GROUPS}"));
        }
        let kinds = &config.down_block_types;
        let known = kinds.len() == levels && kinds.iter().all(|kind| kind == DOWN);
        wrong.unless(known, "down_block_types", &format!("{DOWN} for each of block_out_channels"));
        wrong.finish(path)?;
        Ok(config)
    }

    /// Pixels of a side that a latent one stands for.
    #[must_use]
    pub fn scale(&self) -> u32 {
        1 << (self.block_out_channels.len() - 1).min(16)
    }

    fn last(&self) -> i64 {
        self.block_out_channels.last().copied().unwrap_or_default()
    }
}

/// Makes sure that a file has both halves, without reading it, and hands it back.
///
/// # Errors
/// [`ModelError::Weights`] lists what is wrong with the file.
pub fn check(config: &VaeConfig, weights: Weights) -> Result<Weights, ModelError> {
    let both = |at: &Builder<'_>| Ok((Encoder::new(config, at)?, Decoder::new(config, at)?));
    nn::check(&weights, |_| false, both)?;
    Ok(weights)
}

/// Attention among the pixels of a picture.
struct PixelAttention {
    group_norm: GroupNorm,
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
}

impl PixelAttention {
    fn new(at: &Builder<'_>, channels: i64) -> Result<Self, ModelError> {
        let project = |name| Linear::new(&at.at(name), channels, channels);
        Ok(Self {
            group_norm: GroupNorm::new(&at.at("group_norm"), channels, EPS)?,
            to_q: project("to_q")?,
            to_k: project("to_k")?,
            to_v: project("to_v")?,
            to_out: project("to_out.0")?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let tokens = self.group_norm.forward(&x.f_flatten(2, 3)?)?.f_transpose(1, 2)?;
        let one_head = |linear: &Linear| -> Result<Tensor, ModelError> {
            Ok(linear.forward(&tokens)?.f_unsqueeze(1)?)
        };
        let [q, k, v] = [one_head(&self.to_q)?, one_head(&self.to_k)?, one_head(&self.to_v)?];
        let seen = self.to_out.forward(&attention(&q, &k, &v)?.f_squeeze_dim(1)?)?;
        Ok(seen.f_transpose(1, 2)?.f_reshape(x.size())?.f_add(x)?)
    }
}

/// From pictures to latents.
pub struct Encoder {
    conv_in: Conv,
    levels: Vec<(Vec<FrameBlock>, Option<Conv>)>,
    middle: ([FrameBlock; 2], PixelAttention),
    conv_norm_out: GroupNorm,
    conv_out: Conv,
    quant_conv: Conv,
    latent_channels: i64,
}

impl Encoder {
    /// Reads this half in the type `kind` onto `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] lists what is wrong with the file.
    pub fn load(
        config: &VaeConfig,
        weights: &Weights,
        device: Device,
        kind: Kind,
    ) -> Result<Self, ModelError> {
        let other = |name: &str| name.starts_with("decoder.");
        nn::load(weights, device, kind, other, |at| Self::new(config, at))
    }

    fn new(config: &VaeConfig, whole: &Builder<'_>) -> Result<Self, ModelError> {
        let at = whole.at("encoder");
        let shape = |inputs, outputs| BlockShape { inputs, outputs, time: None, eps: [EPS; 2] };
        let mut inputs = config.block_out_channels[0];
        let conv_in = Conv::new(&at.at("conv_in"), [3, inputs], 3)?;
        let mut levels = Vec::new();
        for (level, outputs) in config.block_out_channels.iter().copied().enumerate() {
            let at = at.at("down_blocks").at(level);
            let mut blocks = Vec::new();
            for layer in 0..config.layers_per_block {
                let block = at.at("resnets").at(layer);
                blocks.push(FrameBlock::new(&block, shape(inputs, outputs))?);
                inputs = outputs;
            }
            let smaller = at.at("downsamplers.0.conv");
            let last = level + 1 == config.block_out_channels.len();
            let halve = (!last).then(|| Conv::halving(&smaller, outputs, 0)).transpose()?;
            levels.push((blocks, halve));
        }
        let middle = at.at("mid_block");
        let block =
            |number| FrameBlock::new(&middle.at("resnets").at(number), shape(inputs, inputs));
        let moments = 2 * config.latent_channels;
        Ok(Self {
            conv_in,
            levels,
            middle: (
                [block(0)?, block(1)?],
                PixelAttention::new(&middle.at("attentions.0"), inputs)?,
            ),
            conv_norm_out: GroupNorm::new(&at.at("conv_norm_out"), inputs, EPS)?,
            conv_out: Conv::new(&at.at("conv_out"), [inputs, moments], 3)?,
            quant_conv: Conv::new(&whole.at("quant_conv"), [moments, moments], 1)?,
            latent_channels: config.latent_channels,
        })
    }

    /// Pictures `[N, 3, H, W]` in -1..1 to the most likely latents `[N, latent_channels, h, w]`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor, ModelError> {
        let mut x = self.conv_in.forward(pictures)?;
        for (blocks, halve) in &self.levels {
            for block in blocks {
                x = block.forward(&x, None)?;
            }
            if let Some(halve) = halve {
                x = halve.forward(&x.f_constant_pad_nd([0, 1, 0, 1])?)?;
            }
        }
        let ([first, second], attention) = &self.middle;
        x = second.forward(&attention.forward(&first.forward(&x, None)?)?, None)?;
        let moments = self.conv_out.forward(&self.conv_norm_out.forward(&x)?.f_silu()?)?;
        let moments = self.quant_conv.forward(&moments)?;
        // The rest is how sure it is.
        Ok(moments.f_narrow(1, 0, self.latent_channels)?)
    }
}

/// From latents to clips.
pub struct Decoder {
    conv_in: Conv,
    middle: (Vec<VideoBlock>, PixelAttention),
    /// Each is enlarged behind its blocks.
    levels: Vec<(Vec<VideoBlock>, Option<Upsample>)>,
    conv_norm_out: GroupNorm,
    conv_out: Conv,
    time_conv_out: TimeConv,
}

impl Decoder {
    /// Reads this half in the type `kind` onto `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] lists what is wrong with the file.
    pub fn load(
        config: &VaeConfig,
        weights: &Weights,
        device: Device,
        kind: Kind,
    ) -> Result<Self, ModelError> {
        let other = |name: &str| !name.starts_with("decoder.");
        nn::load(weights, device, kind, other, |at| Self::new(config, at))
    }

    fn new(config: &VaeConfig, whole: &Builder<'_>) -> Result<Self, ModelError> {
        let at = whole.at("decoder");
        let shape = |inputs, outputs| BlockShape { inputs, outputs, time: None, eps: [EPS, 1e-5] };
        let mut inputs = config.last();
        let conv_in = Conv::new(&at.at("conv_in"), [config.latent_channels, inputs], 3)?;
        let middle = at.at("mid_block");
        let block =
            |number| VideoBlock::new(&middle.at("resnets").at(number), shape(inputs, inputs));
        let blocks = (0..config.layers_per_block).map(block).collect::<Result<_, _>>()?;
        let middle = (blocks, PixelAttention::new(&middle.at("attentions.0"), inputs)?);
        let mut levels = Vec::new();
        let count = config.block_out_channels.len();
        for (level, outputs) in config.block_out_channels.iter().rev().copied().enumerate() {
            let at = at.at("up_blocks").at(level);
            let mut blocks = Vec::new();
            for layer in 0..=config.layers_per_block {
                let block = at.at("resnets").at(layer);
                blocks.push(VideoBlock::new(&block, shape(inputs, outputs))?);
                inputs = outputs;
            }
            let enlarge = (level + 1 < count).then(|| Upsample::new(&at, outputs)).transpose()?;
            levels.push((blocks, enlarge));
        }
        Ok(Self {
            conv_in,
            middle,
            levels,
            conv_norm_out: GroupNorm::new(&at.at("conv_norm_out"), inputs, EPS)?,
            conv_out: Conv::new(&at.at("conv_out"), [inputs, 3], 3)?,
            time_conv_out: TimeConv::new(&at.at("time_conv_out"), 3)?,
        })
    }

    /// One clip of latents `[T, latent_channels, h, w]` to frames `[T, 3, H, W]`, about -1..1.
    /// Nothing but the norms along time, and three frames at a time, needs more than one frame: so
    /// the largest clip there is in memory no more than twice. `go_on` is asked now and then, with
    /// how many of how many parts are done, and ends it with its error.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(
        &self,
        latents: &Tensor,
        mut go_on: impl FnMut(u64, u64) -> Result<(), ModelError>,
    ) -> Result<Tensor, ModelError> {
        let (middle, attention) = &self.middle;
        // The reference has one attention, behind the first block, and stops behind the second.
        let middle = &middle[..middle.len().min(2)];
        let parts =
            middle.len() + self.levels.iter().map(|(blocks, _)| blocks.len()).sum::<usize>();
        let mut done = 0;
        let mut next_part = || {
            done += 1;
            go_on(done - 1, parts as u64)
        };
        let first = |at| self.conv_in.forward(&latents.f_narrow(0, at, 1)?);
        let mut frames = (0..latents.size()[0]).map(first).collect::<Result<Vec<_>, _>>()?;
        for (number, block) in middle.iter().enumerate() {
            next_part()?;
            frames = block.forward_frames(frames, |frame| match number {
                1 => attention.forward(&frame),
                _ => Ok(frame),
            })?;
        }
        let mut enlarge: Option<&Upsample> = None;
        for (blocks, enlarge_next) in &self.levels {
            for block in blocks {
                next_part()?;
                let enlarge = enlarge.take();
                frames = block.forward_frames(frames, |frame| match enlarge {
                    Some(enlarge) => enlarge.forward(&frame, side(&frame).map(|side| 2 * side)),
                    None => Ok(frame),
                })?;
            }
            enlarge = enlarge_next.as_ref();
        }
        let last = |frame| self.conv_out.forward(&self.conv_norm_out.forward(&frame)?.f_silu_()?);
        let frames = frames.into_iter().map(last).collect::<Result<Vec<_>, _>>()?;
        let clip = layers::clip(&Tensor::f_cat(&frames, 0)?)?;
        layers::frames(&self.time_conv_out.forward(&clip)?)
    }

    /// The type of its parameters.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.conv_in.kind()
    }
}
