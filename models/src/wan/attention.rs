// SPDX-License-Identifier: MIT OR Apache-2.0
//! Attention of the tokens to each other, to the text and to the image: diffusers'
//! `WanAttention` with `WanAttnProcessor`.

use tch::Tensor;

use super::rope::Rope;
use crate::{
    error::ModelError,
    nn::{Builder, KeyBias, Linear, RmsNorm, attention, biased_attention, masked_attention},
};

/// Keys and values of another kind of tokens.
struct Source {
    to_k: Linear,
    to_v: Linear,
    norm_k: RmsNorm,
}

impl Source {
    fn attend(
        &self,
        q: &Tensor,
        tokens: &Tensor,
        split: Split<'_>,
        change: Change<'_>,
    ) -> Result<Tensor, ModelError> {
        let k = split.heads(&self.norm_k.forward(&self.to_k.forward(tokens)?)?)?;
        let v = split.heads(&self.to_v.forward(tokens)?)?;
        let (k, v) = (split.turn(&k)?.f_transpose(1, 2)?, v.f_transpose(1, 2)?);
        let out = match change {
            Change::None => attention(q, &k, &v)?,
            Change::Bias(bias) => biased_attention([q, &k, &v], bias)?,
            Change::Mask(mask) => masked_attention([q, &k, &v], mask)?,
        };
        Ok(out.f_transpose(1, 2)?.f_flatten(2, 3)?)
    }
}

/// What is added to logits.
#[derive(Clone, Copy)]
enum Change<'a> {
    None,
    Bias(KeyBias),
    Mask(&'a Tensor),
}

/// How tokens are split into heads, and turned by their positions.
#[derive(Clone, Copy)]
struct Split<'a> {
    heads: i64,
    rope: Option<&'a Rope>,
}

impl Split<'_> {
    fn heads(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        Ok(x.f_unflatten(2, [self.heads, -1])?)
    }

    fn turn(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        self.rope.map_or_else(|| Ok(x.shallow_clone()), |rope| rope.apply(x))
    }
}

/// Tokens of a text, as they are attended to.
pub struct TextTokens {
    /// `[B, L, dim]`.
    pub tokens: Tensor,
    /// What is added to the logits of each, `[1, 1, 1, L]`, if something is.
    pub mask: Option<Tensor>,
}

/// An attention layer.
pub struct WanAttention {
    heads: i64,
    to_q: Linear,
    norm_q: RmsNorm,
    text: Source,
    image: Option<Source>,
    to_out: Linear,
}

impl WanAttention {
    /// With `dim` channels in `heads` heads; `image` channels of image tokens if it looks at some.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(
        at: &Builder<'_>,
        dim: i64,
        heads: i64,
        eps: f64,
        image: Option<i64>,
    ) -> Result<Self, ModelError> {
        let source = |k: &str, v: &str, norm: &str, inputs| -> Result<Source, ModelError> {
            Ok(Source {
                to_k: Linear::large(&at.at(k), inputs, dim)?,
                to_v: Linear::large(&at.at(v), inputs, dim)?,
                norm_k: RmsNorm::new(&at.at(norm), dim, eps)?,
            })
        };
        let image = image.map(|dim| source("add_k_proj", "add_v_proj", "norm_added_k", dim));
        Ok(Self {
            heads,
            to_q: Linear::large(&at.at("to_q"), dim, dim)?,
            norm_q: RmsNorm::new(&at.at("norm_q"), dim, eps)?,
            text: source("to_k", "to_v", "norm_k", dim)?,
            image: image.transpose()?,
            to_out: Linear::large(&at.at("to_out.0"), dim, dim)?,
        })
    }

    /// Tokens `[B, S, dim]` to each other, at the positions of `rope`, some more or less by `bias`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn to_itself(
        &self,
        x: &Tensor,
        rope: &Rope,
        bias: Option<KeyBias>,
    ) -> Result<Tensor, ModelError> {
        let split = Split { heads: self.heads, rope: Some(rope) };
        let q = self.queries(x, split)?;
        let change = bias.map_or(Change::None, Change::Bias);
        self.to_out.forward(&self.text.attend(&q, x, split, change)?)
    }

    /// Tokens `[B, S, dim]` to those of the text, and to those of the image if there are some.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn to_context(
        &self,
        x: &Tensor,
        text: &TextTokens,
        image: Option<&Tensor>,
    ) -> Result<Tensor, ModelError> {
        let split = Split { heads: self.heads, rope: None };
        let q = self.queries(x, split)?;
        let change = text.mask.as_ref().map_or(Change::None, Change::Mask);
        let mut out = self.text.attend(&q, &text.tokens, split, change)?;
        if let (Some(source), Some(image)) = (&self.image, image) {
            out = out.f_add(&source.attend(&q, image, split, Change::None)?)?;
        }
        self.to_out.forward(&out)
    }

    fn queries(&self, x: &Tensor, split: Split<'_>) -> Result<Tensor, ModelError> {
        let q = split.heads(&self.norm_q.forward(&self.to_q.forward(x)?)?)?;
        Ok(split.turn(&q)?.f_transpose(1, 2)?)
    }
}
