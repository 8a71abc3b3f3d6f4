// SPDX-License-Identifier: MIT OR Apache-2.0
//! Attention within each frame and along time: `TransformerSpatioTemporalModel`.
//!
//! The image is a single token. Attention to one token gives that token, whatever the queries are,
//! so the layers that make queries and keys for it are neither read nor run.

use tch::Tensor;

use super::layers::{GroupNorm, TimeMixer};
use crate::{
    error::ModelError,
    nn::{Builder, LayerNorm, Linear, attention, time_waves},
};

/// What norms of tokens add to a variance.
const EPS: f64 = 1e-5;

/// Whether a file may have the tensor and it is not looked at.
#[must_use]
pub fn unused(name: &str) -> bool {
    let block = name.contains("transformer_blocks.");
    block && [".norm2.", ".attn2.to_q.", ".attn2.to_k."].iter().any(|part| name.contains(part))
}

/// Attention among tokens.
struct SelfAttention {
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: i64,
}

impl SelfAttention {
    fn new(at: &Builder<'_>, channels: i64, heads: i64) -> Result<Self, ModelError> {
        let project = |name| Linear::large_without_bias(&at.at(name), channels, channels);
        Ok(Self {
            to_q: project("to_q")?,
            to_k: project("to_k")?,
            to_v: project("to_v")?,
            to_out: Linear::large(&at.at("to_out.0"), channels, channels)?,
            heads,
        })
    }

    /// `[B, S, C]` to the same.
    fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let heads = |linear: &Linear| -> Result<Tensor, ModelError> {
            Ok(linear.forward(x)?.f_unflatten(-1, [self.heads, -1])?.f_transpose(1, 2)?)
        };
        let seen = attention(&heads(&self.to_q)?, &heads(&self.to_k)?, &heads(&self.to_v)?)?;
        self.to_out.forward(&seen.f_transpose(1, 2)?.f_flatten(2, 3)?)
    }
}

/// Attention to the one token of the image.
struct ImageAttention {
    to_v: Linear,
    to_out: Linear,
}

impl ImageAttention {
    fn new(at: &Builder<'_>, channels: i64, image: i64) -> Result<Self, ModelError> {
        Ok(Self {
            to_v: Linear::without_bias(&at.at("to_v"), image, channels)?,
            to_out: Linear::new(&at.at("to_out.0"), channels, channels)?,
        })
    }

    /// `[1, 1, image]` to `[1, 1, C]`, which is the same for each token that looks.
    fn forward(&self, image: &Tensor) -> Result<Tensor, ModelError> {
        self.to_out.forward(&self.to_v.forward(image)?)
    }
}

/// Two layers with a gated GELU between (Shazeer 2020).
struct FeedForward {
    proj: Linear,
    out: Linear,
}

impl FeedForward {
    fn new(at: &Builder<'_>, channels: i64) -> Result<Self, ModelError> {
        Ok(Self {
            proj: Linear::large(&at.at("net.0.proj"), channels, 8 * channels)?,
            out: Linear::large(&at.at("net.2"), 4 * channels, channels)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let both = self.proj.forward(x)?;
        let half = both.size().last().copied().unwrap_or_default() / 2;
        let gate = both.f_narrow(-1, half, half)?.f_gelu("none")?;
        self.out.forward(&both.f_narrow(-1, 0, half)?.f_mul(&gate)?)
    }
}

/// A block of tokens: `BasicTransformerBlock`, and `TemporalBasicTransformerBlock` with a way in.
struct Block {
    way_in: Option<(LayerNorm, FeedForward)>,
    norm1: LayerNorm,
    attn1: SelfAttention,
    attn2: ImageAttention,
    norm3: LayerNorm,
    ff: FeedForward,
}

impl Block {
    fn new(at: &Builder<'_>, shape: Shape, along_time: bool) -> Result<Self, ModelError> {
        let Shape { channels, heads, image } = shape;
        let norm = |name| LayerNorm::affine(&at.at(name), channels, EPS);
        let way_in = || -> Result<_, ModelError> {
            Ok((norm("norm_in")?, FeedForward::new(&at.at("ff_in"), channels)?))
        };
        Ok(Self {
            way_in: along_time.then(way_in).transpose()?,
            norm1: norm("norm1")?,
            attn1: SelfAttention::new(&at.at("attn1"), channels, heads)?,
            attn2: ImageAttention::new(&at.at("attn2"), channels, image)?,
            norm3: norm("norm3")?,
            ff: FeedForward::new(&at.at("ff"), channels)?,
        })
    }

    /// `[B, S, C]` to the same.
    fn forward(&self, x: &Tensor, image: &Tensor) -> Result<Tensor, ModelError> {
        let normed = |norm: &LayerNorm, x: &Tensor| -> Result<Tensor, ModelError> {
            Ok(norm.forward(x)?.f_to_kind(x.kind())?)
        };
        let mut x = x.shallow_clone();
        if let Some((norm, ff)) = &self.way_in {
            x = ff.forward(&normed(norm, &x)?)?.f_add(&x)?;
        }
        x = self.attn1.forward(&normed(&self.norm1, &x)?)?.f_add(&x)?;
        x = x.f_add(&self.attn2.forward(image)?)?;
        Ok(self.ff.forward(&normed(&self.norm3, &x)?)?.f_add(&x)?)
    }
}

/// Channels of a transformer.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Of a token.
    pub channels: i64,
    /// Heads that they are shared among.
    pub heads: i64,
    /// Of the image's token.
    pub image: i64,
}

/// The transformer.
pub struct VideoTransformer {
    norm: GroupNorm,
    proj_in: Linear,
    blocks: Vec<[Block; 2]>,
    position: [Linear; 2],
    mixer: TimeMixer,
    proj_out: Linear,
    channels: i64,
}

impl VideoTransformer {
    /// With `layers` pairs of blocks.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, shape: Shape, layers: i64) -> Result<Self, ModelError> {
        let channels = shape.channels;
        let pair = |number| -> Result<[Block; 2], ModelError> {
            let space = at.at("transformer_blocks").at(number);
            let time = at.at("temporal_transformer_blocks").at(number);
            Ok([Block::new(&space, shape, false)?, Block::new(&time, shape, true)?])
        };
        let position = at.at("time_pos_embed");
        Ok(Self {
            norm: GroupNorm::new(&at.at("norm"), channels, 1e-6)?,
            proj_in: Linear::new(&at.at("proj_in"), channels, channels)?,
            blocks: (0..layers).map(pair).collect::<Result<_, _>>()?,
            position: [
                Linear::new(&position.at("linear_1"), channels, 4 * channels)?,
                Linear::new(&position.at("linear_2"), 4 * channels, channels)?,
            ],
            mixer: TimeMixer::new(at, false)?,
            proj_out: Linear::new(&at.at("proj_out"), channels, channels)?,
            channels,
        })
    }

    /// One clip `[T, C, H, W]` and the token of its image `[1, 1, image]` to `[T, C, H, W]`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor, image: &Tensor) -> Result<Tensor, ModelError> {
        let places = self.places(x)?;
        let tokens = self.norm.forward(x)?.f_flatten(2, 3)?.f_transpose(1, 2)?;
        let mut tokens = self.proj_in.forward(&tokens)?;
        for [space, time] in &self.blocks {
            tokens = space.forward(&tokens, image)?;
            let along = tokens.f_add(&places)?.f_transpose(0, 1)?.f_contiguous()?;
            let along = time.forward(&along, image)?.f_transpose(0, 1)?;
            tokens = self.mixer.forward(&tokens, &along)?;
        }
        let out = self.proj_out.forward(&tokens)?.f_transpose(1, 2)?;
        Ok(out.f_reshape(x.size())?.f_add(x)?)
    }

    /// Where each frame is in the clip, `[T, 1, C]`.
    fn places(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let waves = |at: i64| time_waves(at as f64, self.channels, x.device());
        let waves: Vec<Tensor> = (0..x.size()[0]).map(waves).collect::<Result<_, _>>()?;
        let waves = Tensor::f_cat(&waves, 0)?.f_to_kind(x.kind())?;
        let [first, second] = &self.position;
        Ok(second.forward(&first.forward(&waves)?.f_silu()?)?.f_unsqueeze(1)?)
    }
}
