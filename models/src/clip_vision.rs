// SPDX-License-Identifier: MIT OR Apache-2.0
//! CLIP's image encoder (Radford et al. 2021): transformers 5.23.0, `CLIPVisionModel` and
//! `CLIPVisionModelWithProjection`, behind `CLIPImageProcessor`.

use std::path::Path;

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use crate::{
    config,
    error::ModelError,
    nn::{self, Builder, LayerNorm, Linear, attention},
    pillow::{Filter, Picture},
    tensor,
    weights::Weights,
};

/// The `config.json`. By default ViT-H/14, but for its activation, which the file says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClipVisionConfig {
    /// Channels of a token.
    pub hidden_size: i64,
    /// Channels of the feed-forward network.
    pub intermediate_size: i64,
    /// Blocks.
    pub num_hidden_layers: i64,
    /// Heads.
    pub num_attention_heads: i64,
    /// Width and height of the image in pixels.
    pub image_size: i64,
    /// Width and height of a patch in pixels.
    pub patch_size: i64,
    /// The activation of the feed-forward network.
    pub hidden_act: String,
    /// What norms add to a variance.
    pub layer_norm_eps: f64,
    /// Channels of the projection.
    pub projection_dim: i64,
}

impl Default for ClipVisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 1280,
            intermediate_size: 5120,
            num_hidden_layers: 32,
            num_attention_heads: 16,
            image_size: 224,
            patch_size: 14,
            hidden_act: "quick_gelu".to_owned(),
            layer_norm_eps: 1e-5,
            projection_dim: 512,
        }
    }
}

impl ClipVisionConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or lies outside what is known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        let mut wrong = config::Wrong::default();
        wrong.unless_counts([
            ("hidden_size", config.hidden_size, 65_536),
            ("intermediate_size", config.intermediate_size, 1 << 20),
            ("num_hidden_layers", config.num_hidden_layers, 1000),
            ("num_attention_heads", config.num_attention_heads, 1024),
            ("image_size", config.image_size, 4096),
            ("patch_size", config.patch_size, 4096),
            ("projection_dim", config.projection_dim, 65_536),
        ]);
        let heads = config.hidden_size % config.num_attention_heads.max(1) == 0;
        wrong.unless(heads, "hidden_size", "a multiple of num_attention_heads");
        let patches = config.patch_size <= config.image_size;
        wrong.unless(patches, "patch_size", "at most image_size");
        let known = ["gelu", "quick_gelu"].contains(&&*config.hidden_act);
        wrong.unless(known, "hidden_act", "gelu or quick_gelu");
        wrong.finish(path)?;
        Ok(config)
    }
}

/// A block.
struct Block {
    layer_norm1: LayerNorm,
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    layer_norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: i64,
    quick: bool,
}

impl Block {
    fn new(at: &Builder<'_>, config: &ClipVisionConfig) -> Result<Self, ModelError> {
        let (size, eps) = (config.hidden_size, config.layer_norm_eps);
        let project = |name| Linear::new(&at.at("self_attn").at(name), size, size);
        let mlp = at.at("mlp");
        Ok(Self {
            layer_norm1: LayerNorm::affine(&at.at("layer_norm1"), size, eps)?,
            q_proj: project("q_proj")?,
            k_proj: project("k_proj")?,
            v_proj: project("v_proj")?,
            out_proj: project("out_proj")?,
            layer_norm2: LayerNorm::affine(&at.at("layer_norm2"), size, eps)?,
            fc1: Linear::new(&mlp.at("fc1"), size, config.intermediate_size)?,
            fc2: Linear::new(&mlp.at("fc2"), config.intermediate_size, size)?,
            heads: config.num_attention_heads,
            quick: config.hidden_act == "quick_gelu",
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let kind = x.kind();
        let normed = self.layer_norm1.forward(x)?.f_to_kind(kind)?;
        let heads = |linear: &Linear| -> Result<Tensor, ModelError> {
            let all = linear.forward(&normed)?;
            Ok(all.f_unflatten(-1, [self.heads, -1])?.f_transpose(1, 2)?)
        };
        let seen = attention(&heads(&self.q_proj)?, &heads(&self.k_proj)?, &heads(&self.v_proj)?)?;
        let x = x.f_add(&self.out_proj.forward(&seen.f_transpose(1, 2)?.f_flatten(2, 3)?)?)?;
        let fed = self.fc1.forward(&self.layer_norm2.forward(&x)?.f_to_kind(kind)?)?;
        let fed = match self.quick {
            true => fed.f_mul(&fed.f_mul_scalar(1.702)?.f_sigmoid()?)?,
            false => fed.f_gelu("none")?,
        };
        Ok(x.f_add(&self.fc2.forward(&fed)?)?)
    }
}

/// What follows the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Nothing that anybody looks at.
    None,
    /// A projection of the class token.
    Projection,
}

/// The encoder.
pub struct ClipVision {
    config: ClipVisionConfig,
    class_embedding: Tensor,
    patch_embedding: Tensor,
    position_embedding: Tensor,
    pre_layrnorm: LayerNorm,
    blocks: Vec<Block>,
    post_layernorm: LayerNorm,
    visual_projection: Option<Linear>,
}

impl ClipVision {
    /// Reads the network in the type `kind` onto `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] lists what is wrong with the file.
    pub fn load(
        config: &ClipVisionConfig,
        weights: &Weights,
        device: Device,
        kind: Kind,
        head: Head,
    ) -> Result<Self, ModelError> {
        let prefix = prefix(weights);
        nn::load(weights, device, kind, unused, |at| Self::new(config, at, prefix, head))
    }

    /// Makes sure that a file has this network, without reading it, and hands it back.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check(
        config: &ClipVisionConfig,
        weights: Weights,
        head: Head,
    ) -> Result<Weights, ModelError> {
        let prefix = prefix(&weights);
        nn::check(&weights, unused, |at| Self::new(config, at, prefix, head))?;
        Ok(weights)
    }

    fn new(
        config: &ClipVisionConfig,
        whole: &Builder<'_>,
        prefix: Option<&str>,
        head: Head,
    ) -> Result<Self, ModelError> {
        let inner = prefix.map(|prefix| whole.at(prefix));
        let at = inner.as_ref().unwrap_or(whole);
        let (size, patch) = (config.hidden_size, config.patch_size);
        let embeddings = at.at("embeddings");
        let places = (config.image_size / patch).pow(2) + 1;
        let layers = at.at("encoder.layers");
        let blocks = (0..config.num_hidden_layers)
            .map(|number| Block::new(&layers.at(number), config))
            .collect::<Result<_, _>>()?;
        let projection = || {
            let at = whole.at("visual_projection");
            Linear::without_bias(&at, size, config.projection_dim)
        };
        Ok(Self {
            config: config.clone(),
            class_embedding: embeddings.tensor("class_embedding", &[size])?,
            patch_embedding: embeddings
                .at("patch_embedding")
                .tensor("weight", &[size, 3, patch, patch])?,
            position_embedding: embeddings
                .at("position_embedding")
                .tensor("weight", &[places, size])?,
            pre_layrnorm: LayerNorm::affine(&at.at("pre_layrnorm"), size, config.layer_norm_eps)?,
            blocks,
            // Files have it also where nobody looks at what comes out of it.
            post_layernorm: LayerNorm::affine(
                &at.at("post_layernorm"),
                size,
                config.layer_norm_eps,
            )?,
            visual_projection: (head == Head::Projection).then(projection).transpose()?,
        })
    }

    /// The hidden state `[1, tokens, hidden_size]` in front of the last block.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn penultimate(&self, image: &Picture) -> Result<Tensor, ModelError> {
        self.hidden(&self.prepare(image)?, self.blocks.len().saturating_sub(1))
    }

    /// The class token `[1, projection_dim]` of normalised pixels
    /// `[1, 3, image_size, image_size]`.
    ///
    /// # Errors
    /// When it was loaded without a projection, or memory runs out.
    pub fn image_embeds(&self, pixels: &Tensor) -> Result<Tensor, ModelError> {
        let last = self.hidden(pixels, self.blocks.len())?;
        let class = self.post_layernorm.forward(&last.f_select(1, 0)?)?;
        let missing = || ModelError::Torch("there is no projection".to_owned());
        let projection = self.visual_projection.as_ref().ok_or_else(missing)?;
        projection.forward(&class.f_to_kind(projection.kind())?)
    }

    /// The hidden state `[1, tokens, hidden_size]` behind so many blocks.
    fn hidden(&self, pixels: &Tensor, blocks: usize) -> Result<Tensor, ModelError> {
        let kind = self.patch_embedding.kind();
        let pixels = pixels.f_to_device(self.patch_embedding.device())?;
        let stride = [self.config.patch_size; 2];
        let none: Option<Tensor> = None;
        let patches = pixels.f_to_kind(kind)?;
        let patches = patches.f_conv2d(&self.patch_embedding, none, stride, [0, 0], [1, 1], 1)?;
        let patches = patches.f_flatten(2, 3)?.f_transpose(1, 2)?;
        let class = self.class_embedding.f_reshape([1, 1, -1])?;
        let x = Tensor::f_cat(&[class, patches], 1)?.f_add(&self.position_embedding)?;
        let mut x = self.pre_layrnorm.forward(&x)?.f_to_kind(kind)?;
        for block in &self.blocks[..blocks] {
            x = block.forward(&x)?;
        }
        Ok(x)
    }

    /// The middle square of the image in the size of the network, with the mean and the deviation
    /// that CLIP was trained with.
    fn prepare(&self, image: &Picture) -> Result<Tensor, ModelError> {
        let side = self.config.image_size;
        let pixels = usize::try_from(side).unwrap_or_default();
        let short = image.width.min(image.height).max(1);
        let (width, height) = (pixels * image.width / short, pixels * image.height / short);
        let scaled = image.resize(width, height, Filter::Bicubic);
        let shape = [1, height as i64, width as i64];
        let scaled = tensor::from_rgb(&scaled.bytes, shape, Device::Cpu)?;
        let [top, left] = [height, width].map(|all| (all - pixels) as i64 / 2);
        let square = scaled.f_narrow(2, top, side)?.f_narrow(3, left, side)?;
        normalise(&square.f_add_scalar(1.0)?.f_div_scalar(2.0)?)
    }
}

/// Pixels `[1, 3, H, W]` in 0..1 with the mean and the deviation that CLIP was trained with.
///
/// # Errors
/// When memory runs out.
pub fn normalise(unit: &Tensor) -> Result<Tensor, ModelError> {
    let numbers = |values: [f32; 3]| tensor::from_f32(&values, &[1, 3, 1, 1]);
    let mean = numbers([0.481_454_66, 0.457_827_5, 0.408_210_73])?;
    let deviation = numbers([0.268_629_54, 0.261_302_6, 0.275_777_1])?;
    Ok(unit.f_sub(&mean)?.f_div(&deviation)?)
}

/// What the names of a file start with: it depends on the version that wrote it.
fn prefix(weights: &Weights) -> Option<&'static str> {
    weights.names().any(|name| name.starts_with("vision_model.")).then_some("vision_model")
}

/// The places' own numbers, which old files have.
fn unused(name: &str) -> bool {
    name.ends_with("position_ids")
}
