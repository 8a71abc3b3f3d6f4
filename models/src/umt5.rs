// SPDX-License-Identifier: MIT OR Apache-2.0
//! The encoder of UMT5 (Chung et al. 2023), which reads the prompt for Wan: transformers 5.23.0,
//! `UMT5EncoderModel`.

use std::path::Path;

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use crate::{
    config,
    error::ModelError,
    nn::{self, Builder, Linear},
    tensor,
    weights::Weights,
};

/// The `config.json`. By default UMT5-XXL.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct Umt5Config {
    /// Words.
    pub vocab_size: i64,
    /// Channels of a token.
    pub d_model: i64,
    /// Channels of a head.
    pub d_kv: i64,
    /// Channels of the feed-forward network.
    pub d_ff: i64,
    /// Blocks.
    pub num_layers: i64,
    /// Heads.
    pub num_heads: i64,
    /// Classes of distances between tokens.
    pub relative_attention_num_buckets: i64,
    /// The distance from which all are one class.
    pub relative_attention_max_distance: i64,
    /// What norms add to a variance.
    pub layer_norm_epsilon: f64,
    /// The activation of the feed-forward network.
    pub feed_forward_proj: String,
}

impl Default for Umt5Config {
    fn default() -> Self {
        Self {
            vocab_size: 256_384,
            d_model: 4096,
            d_kv: 64,
            d_ff: 10_240,
            num_layers: 24,
            num_heads: 64,
            relative_attention_num_buckets: 32,
            relative_attention_max_distance: 128,
            layer_norm_epsilon: 1e-6,
            feed_forward_proj: "gated-gelu".to_owned(),
        }
    }
}

impl Umt5Config {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or lies outside what is known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        let mut wrong = config::Wrong::default();
        wrong.unless_counts([
            ("vocab_size", config.vocab_size, 1 << 24),
            ("d_model", config.d_model, 65_536),
            ("d_kv", config.d_kv, 4096),
            ("d_ff", config.d_ff, 1 << 20),
            ("num_layers", config.num_layers, 1000),
            ("num_heads", config.num_heads, 1024),
            ("relative_attention_num_buckets", config.relative_attention_num_buckets, 65_536),
            ("relative_attention_max_distance", config.relative_attention_max_distance, 1 << 20),
        ]);
        let buckets = config.relative_attention_num_buckets >= 4;
        wrong.unless(buckets, "relative_attention_num_buckets", "4 or more");
        let far =
            config.relative_attention_max_distance > config.relative_attention_num_buckets / 4;
        let more = "more than a quarter of relative_attention_num_buckets";
        wrong.unless(far, "relative_attention_max_distance", more);
        let gated = config.feed_forward_proj == "gated-gelu";
        wrong.unless(gated, "feed_forward_proj", "gated-gelu");
        wrong.finish(path)?;
        Ok(config)
    }
}

/// Scales tokens to a mean square of 1 (`UMT5LayerNorm`).
struct Norm {
    weight: Tensor,
    eps: f64,
}

impl Norm {
    fn new(at: &Builder<'_>, config: &Umt5Config) -> Result<Self, ModelError> {
        let weight = at.tensor("weight", &[config.d_model])?;
        Ok(Self { weight, eps: config.layer_norm_epsilon })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let exact = x.f_to_kind(Kind::Float)?;
        let variance = exact.f_square()?.f_mean_dim(-1, true, None)?;
        let scaled = exact.f_mul(&variance.f_add_scalar(self.eps)?.f_rsqrt()?)?;
        Ok(scaled.f_to_kind(self.weight.kind())?.f_mul(&self.weight)?)
    }
}

/// A block: attention and a gated feed-forward network.
struct Block {
    attention_norm: Norm,
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    /// `[buckets, heads]`.
    bias: Tensor,
    feed_norm: Norm,
    wi_0: Linear,
    wi_1: Linear,
    wo: Linear,
    heads: i64,
}

impl Block {
    fn new(at: &Builder<'_>, config: &Umt5Config) -> Result<Self, ModelError> {
        let attention = at.at("layer.0.SelfAttention");
        let feed = at.at("layer.1.DenseReluDense");
        let (d, inner) = (config.d_model, config.num_heads * config.d_kv);
        let linear = |at: &Builder<'_>, name, inputs, outputs| {
            Linear::without_bias(&at.at(name), inputs, outputs)
        };
        let buckets = [config.relative_attention_num_buckets, config.num_heads];
        Ok(Self {
            attention_norm: Norm::new(&at.at("layer.0.layer_norm"), config)?,
            q: linear(&attention, "q", d, inner)?,
            k: linear(&attention, "k", d, inner)?,
            v: linear(&attention, "v", d, inner)?,
            o: linear(&attention, "o", inner, d)?,
            bias: attention.at("relative_attention_bias").tensor("weight", &buckets)?,
            feed_norm: Norm::new(&at.at("layer.1.layer_norm"), config)?,
            wi_0: linear(&feed, "wi_0", d, config.d_ff)?,
            wi_1: linear(&feed, "wi_1", d, config.d_ff)?,
            wo: linear(&feed, "wo", config.d_ff, d)?,
            heads: config.num_heads,
        })
    }

    /// `buckets` `[S, S]` is the class of each distance.
    fn forward(&self, x: &Tensor, buckets: &Tensor) -> Result<Tensor, ModelError> {
        let normed = self.attention_norm.forward(x)?;
        let heads = |linear: &Linear| -> Result<Tensor, ModelError> {
            let all = linear.forward(&normed)?;
            Ok(all.f_unflatten(-1, [self.heads, -1])?.f_transpose(1, 2)?)
        };
        let (q, k, v) = (heads(&self.q)?, heads(&self.k)?, heads(&self.v)?);
        let bias = Tensor::f_embedding(&self.bias, buckets, -1, false, false)?;
        let bias = bias.f_permute([2, 0, 1])?.f_unsqueeze(0)?;
        // It is not scaled: the first weights were made for that.
        let scores = q.f_matmul(&k.f_transpose(2, 3)?)?.f_add(&bias)?;
        let seen = scores.f_softmax(-1, None)?.f_matmul(&v)?;
        let x = x.f_add(&self.o.forward(&seen.f_transpose(1, 2)?.f_flatten(2, 3)?)?)?;
        let normed = self.feed_norm.forward(&x)?;
        let gate = self.wi_0.forward(&normed)?.f_gelu("tanh")?;
        let fed = self.wo.forward(&gate.f_mul(&self.wi_1.forward(&normed)?)?)?;
        Ok(x.f_add(&fed)?)
    }
}

/// What each word starts as.
const EMBEDDING: &str = "shared.weight";

/// The words are in some files under both of their names.
fn twice(name: &str) -> bool {
    name == "encoder.embed_tokens.weight"
}

/// The encoder. Of UMT5-XXL, 23 GB as f32, one block at a time is in memory: it is rarely asked, and
/// what it reads once is not worth a larger machine.
pub struct Umt5Encoder {
    config: Umt5Config,
    weights: Weights,
    device: Device,
    kind: Kind,
}

impl Umt5Encoder {
    /// Opens the network, to run in the type `kind` on `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] lists what is wrong with the file.
    pub fn open(
        config: &Umt5Config,
        weights: Weights,
        device: Device,
        kind: Kind,
    ) -> Result<Self, ModelError> {
        let weights = Self::check(config, weights)?;
        Ok(Self { config: config.clone(), weights, device, kind })
    }

    /// Makes sure that a file has this network, without reading it, and hands it back.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn check(config: &Umt5Config, weights: Weights) -> Result<Weights, ModelError> {
        nn::check(&weights, twice, |at| {
            let _ = at.tensor(EMBEDDING, &[config.vocab_size, config.d_model])?;
            for number in 0..config.num_layers {
                Self::block(config, at, number)?;
            }
            Self::last_norm(config, at)
        })?;
        Ok(weights)
    }

    fn block(config: &Umt5Config, at: &Builder<'_>, number: i64) -> Result<Block, ModelError> {
        Block::new(&at.at("encoder.block").at(number), config)
    }

    fn last_norm(config: &Umt5Config, at: &Builder<'_>) -> Result<Norm, ModelError> {
        Norm::new(&at.at("encoder.final_layer_norm"), config)
    }

    fn read<T>(
        &self,
        build: impl Fn(&Builder<'_>) -> Result<T, ModelError>,
    ) -> Result<T, ModelError> {
        nn::read(&self.weights, self.device, self.kind, build)
    }

    /// For each text, given as its words, their tokens `[1, L, d_model]`. A text that is padded to
    /// more gives the same for these, since a mask hides what is behind. `go_on` is asked between
    /// blocks, with how many are done, and ends it with its error.
    ///
    /// # Errors
    /// When a word is none of the vocabulary, a block cannot be read, or memory runs out.
    pub fn forward(
        &self,
        texts: &[Vec<u32>],
        mut go_on: impl FnMut(i64) -> Result<(), ModelError>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let embed = |words: &Vec<u32>| Ok((self.embed(words)?, self.buckets(words.len() as i64)?));
        let mut tokens: Vec<(Tensor, Tensor)> =
            texts.iter().map(embed).collect::<Result<_, ModelError>>()?;
        for number in 0..self.config.num_layers {
            go_on(number)?;
            let block = self.read(|at| Self::block(&self.config, at, number))?;
            for (x, buckets) in &mut tokens {
                *x = block.forward(x, buckets)?;
            }
        }
        let norm = self.read(|at| Self::last_norm(&self.config, at))?;
        tokens.iter().map(|(x, _)| norm.forward(x)).collect()
    }

    /// The tokens `[1, L, d_model]` that words start as.
    fn embed(&self, words: &[u32]) -> Result<Tensor, ModelError> {
        let size = self.config.vocab_size;
        if let Some(word) = words.iter().find(|word| i64::from(**word) >= size) {
            return Err(ModelError::Torch(format!("word {word} is none of {size}")));
        }
        let rows: Vec<u64> = words.iter().map(|word| u64::from(*word)).collect();
        let x = tensor::load_rows(&self.weights, EMBEDDING, &rows)?;
        Ok(x.f_to_device(self.device)?.f_to_kind(self.kind)?.f_unsqueeze(0)?)
    }

    /// The class of each distance `[L, L]` of a text's words.
    fn buckets(&self, length: i64) -> Result<Tensor, ModelError> {
        let bucket = |at: i64| self.bucket(at % length - at / length);
        let buckets: Vec<i64> = (0..length * length).map(bucket).collect();
        let buckets = Tensor::f_from_slice(&buckets)?.f_reshape([length, length])?;
        Ok(buckets.f_to_device(self.device)?)
    }

    /// The class of a distance: half of them for what comes before, and of these half for single
    /// steps and half for distances that grow (Raffel et al. 2020, section 2.1).
    fn bucket(&self, distance: i64) -> i64 {
        let half = self.config.relative_attention_num_buckets / 2;
        let behind = if distance > 0 { half } else { 0 };
        let (steps, distance) = (half / 2, distance.abs());
        if distance < steps {
            return behind + distance;
        }
        // In f32, as the reference does: it decides at the borders of classes.
        let most = self.config.relative_attention_max_distance as f64 / steps as f64;
        let ratio = (distance as f32 / steps as f32).ln() / most.ln() as f32;
        let far = (ratio * (half - steps) as f32) as i64;
        behind + (steps + far).min(half - 1)
    }
}
