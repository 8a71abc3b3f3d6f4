// SPDX-License-Identifier: MIT OR Apache-2.0
//! The network that predicts the velocity: diffusers 0.42.1, `WanTransformer3DModel`.

use std::path::Path;

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use super::{
    attention::{TextTokens, WanAttention},
    rope::Rope,
};
use crate::{
    config,
    error::ModelError,
    nn::{self, Builder, Count, KeyBias, LayerNorm, Linear, Numbers, time_waves},
    weights::Weights,
};

/// The `config.json` of a transformer. By default Wan 2.1 T2V 1.3B, without what is the same in
/// all published ones.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct TransformerConfig {
    /// Time, height and width of a patch in latent pixels.
    pub patch_size: [i64; 3],
    /// Heads of the attention.
    pub num_attention_heads: i64,
    /// Channels of a head.
    pub attention_head_dim: i64,
    /// Channels of the latent clip, with those of the condition.
    pub in_channels: i64,
    /// Channels of the velocity.
    pub out_channels: i64,
    /// Channels of the text's tokens.
    pub text_dim: i64,
    /// Channels of the time.
    pub freq_dim: i64,
    /// Channels between the two layers of a feed-forward network.
    pub ffn_dim: i64,
    /// Blocks.
    pub num_layers: i64,
    /// Whether tokens are normalised before they attend to the text.
    pub cross_attn_norm: bool,
    /// How queries and keys are normalised.
    pub qk_norm: Option<String>,
    /// What norms add to a variance.
    pub eps: f64,
    /// Channels of the image's tokens, if it looks at some.
    pub image_dim: Option<i64>,
    /// The same, behind the embedding.
    pub added_kv_proj_dim: Option<i64>,
    /// Positions along each axis.
    pub rope_max_seq_len: i64,
    /// Tokens of both images, where two are looked at.
    pub pos_embed_seq_len: Option<i64>,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self {
            patch_size: [1, 2, 2],
            num_attention_heads: 12,
            attention_head_dim: 128,
            in_channels: 16,
            out_channels: 16,
            text_dim: 4096,
            freq_dim: 256,
            ffn_dim: 8960,
            num_layers: 30,
            cross_attn_norm: true,
            qk_norm: Some("rms_norm_across_heads".to_owned()),
            eps: 1e-6,
            image_dim: None,
            added_kv_proj_dim: None,
            rope_max_seq_len: 1024,
            pos_embed_seq_len: None,
        }
    }
}

impl TransformerConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or lies outside what is known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        let mut wrong = config::Wrong::default();
        wrong.unless_counts([
            ("num_attention_heads", config.num_attention_heads, 256),
            ("attention_head_dim", config.attention_head_dim, 1024),
            ("in_channels", config.in_channels, 1024),
            ("out_channels", config.out_channels, 1024),
            ("text_dim", config.text_dim, 65_536),
            ("freq_dim", config.freq_dim, 65_536),
            ("ffn_dim", config.ffn_dim, 1 << 20),
            ("num_layers", config.num_layers, 1000),
            ("rope_max_seq_len", config.rope_max_seq_len, 1 << 20),
            ("image_dim", config.image_dim.unwrap_or(1), 65_536),
            ("pos_embed_seq_len", config.pos_embed_seq_len.unwrap_or(1), 65_536),
        ]);
        let even = config.attention_head_dim % 2 == 0 && config.freq_dim % 2 == 0;
        wrong.unless(even, "attention_head_dim and freq_dim", "even");
        let patches = config.patch_size.iter().all(|side| (1..=16).contains(side));
        wrong.unless(patches, "patch_size", "three numbers from 1 to 16");
        let norm = config.qk_norm.as_deref() == Some("rms_norm_across_heads");
        wrong.unless(norm, "qk_norm", "rms_norm_across_heads");
        let inner = config.added_kv_proj_dim.is_none_or(|dim| dim == config.dim());
        wrong.unless(
            inner,
            "added_kv_proj_dim",
            "null or num_attention_heads * attention_head_dim",
        );
        let images = config.added_kv_proj_dim.is_some() == config.image_dim.is_some();
        wrong.unless(images, "image_dim and added_kv_proj_dim", "both numbers or both null");
        wrong.finish(path)?;
        Ok(config)
    }

    /// Channels of a token.
    #[must_use]
    pub fn dim(&self) -> i64 {
        self.num_attention_heads * self.attention_head_dim
    }
}

/// `linear_1`, an activation, `linear_2`.
struct Embedding {
    linear_1: Linear,
    linear_2: Linear,
}

impl Embedding {
    fn text(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        Ok(Self {
            linear_1: Linear::new(&at.at("linear_1"), inputs, outputs)?,
            linear_2: Linear::new(&at.at("linear_2"), outputs, outputs)?,
        })
    }

    fn time(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        Ok(Self {
            linear_1: Linear::new_f32(&at.at("linear_1"), inputs, outputs)?,
            linear_2: Linear::new_f32(&at.at("linear_2"), outputs, outputs)?,
        })
    }
}

/// Two layers with GELU between, by the names of diffusers' `FeedForward`.
struct FeedForward {
    first: Linear,
    second: Linear,
    gelu: &'static str,
}

impl FeedForward {
    fn new(
        at: &Builder<'_>,
        [inputs, inner, outputs]: [i64; 3],
        gelu: &'static str,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            first: Linear::large(&at.at("net.0.proj"), inputs, inner)?,
            second: Linear::large(&at.at("net.2"), inner, outputs)?,
            gelu,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        // In its place: these are the largest tensors of the network.
        let mut inner = self.first.forward(x)?;
        let _ = inner.f_gelu_(self.gelu)?;
        self.second.forward(&inner)
    }
}

/// Tokens of an image to tokens of the transformer: diffusers' `WanImageEmbedding`.
struct ImageEmbedding {
    norm1: LayerNorm,
    ff: FeedForward,
    norm2: LayerNorm,
    pos_embed: Option<Tensor>,
}

impl ImageEmbedding {
    fn new(
        at: &Builder<'_>,
        inputs: i64,
        outputs: i64,
        tokens: Option<i64>,
    ) -> Result<Self, ModelError> {
        let pos_embed = tokens.map(|tokens| at.tensor("pos_embed", &[1, tokens, inputs]));
        Ok(Self {
            norm1: LayerNorm::affine(&at.at("norm1"), inputs, 1e-5)?,
            ff: FeedForward::new(&at.at("ff"), [inputs, inputs, outputs], "none")?,
            norm2: LayerNorm::affine(&at.at("norm2"), outputs, 1e-5)?,
            pos_embed: pos_embed.transpose()?,
        })
    }

    fn forward(&self, tokens: &Tensor) -> Result<Tensor, ModelError> {
        let kind = tokens.kind();
        let placed = match &self.pos_embed {
            Some(places) => {
                let [_, count, dim] = tokens.size()[..] else {
                    return Err(ModelError::Torch("image tokens have three dimensions".to_owned()));
                };
                tokens.f_reshape([-1, 2 * count, dim])?.f_add(places)?
            }
            None => tokens.shallow_clone(),
        };
        let normed = self.norm1.forward(&placed)?.f_to_kind(kind)?;
        Ok(self.norm2.forward(&self.ff.forward(&normed)?)?.f_to_kind(kind)?)
    }
}

/// What a time adds to the tokens: one `[B, 6, dim]` f32 for each run of tokens that have it.
struct Modulation(Vec<(i64, Tensor)>);

impl Modulation {
    /// x * (1 + scale) + shift, with the numbers `scale` and `shift` of each run.
    fn scale_shift(&self, x: &Tensor, scale: i64, shift: i64) -> Result<Tensor, ModelError> {
        self.each(|run, numbers| {
            let scale = numbers.f_narrow(1, scale, 1)?.f_add_scalar(1.0)?;
            Ok(run.of(x)?.f_mul(&scale)?.f_add(&numbers.f_narrow(1, shift, 1)?)?)
        })
    }

    /// x + y * gate, in f32, with the number `gate` of each run.
    fn add_gated(&self, x: &Tensor, y: &Tensor, gate: i64) -> Result<Tensor, ModelError> {
        self.each(|run, numbers| {
            let gate = numbers.f_narrow(1, gate, 1)?;
            let y = run.of(y)?.f_to_kind(Kind::Float)?.f_mul(&gate)?;
            Ok(run.of(x)?.f_to_kind(Kind::Float)?.f_add(&y)?)
        })
    }

    /// What `make` makes of each run, with the numbers of it.
    fn each(
        &self,
        make: impl Fn(Run, &Tensor) -> Result<Tensor, ModelError>,
    ) -> Result<Tensor, ModelError> {
        let mut start = 0;
        let mut parts = Vec::new();
        for (count, numbers) in &self.0 {
            parts.push(make(Run { start, count: *count }, numbers)?);
            start += count;
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(Tensor::f_cat(&parts, 1)?),
        }
    }
}

/// Tokens that lie behind each other.
#[derive(Clone, Copy)]
struct Run {
    start: i64,
    count: i64,
}

impl Run {
    fn of(self, tokens: &Tensor) -> Result<Tensor, ModelError> {
        Ok(tokens.f_narrow(1, self.start, self.count)?)
    }
}

/// A block: diffusers' `WanTransformerBlock`.
struct Block {
    norm: LayerNorm,
    attn1: WanAttention,
    norm2: Option<LayerNorm>,
    attn2: WanAttention,
    ffn: FeedForward,
    scale_shift_table: Tensor,
}

impl Block {
    fn new(at: &Builder<'_>, config: &TransformerConfig) -> Result<Self, ModelError> {
        let (dim, heads, eps) = (config.dim(), config.num_attention_heads, config.eps);
        let norm2 = config.cross_attn_norm.then(|| LayerNorm::affine(&at.at("norm2"), dim, eps));
        let image = config.added_kv_proj_dim;
        Ok(Self {
            norm: LayerNorm::plain(dim, eps),
            attn1: WanAttention::new(&at.at("attn1"), dim, heads, eps, None)?,
            norm2: norm2.transpose()?,
            attn2: WanAttention::new(&at.at("attn2"), dim, heads, eps, image)?,
            ffn: FeedForward::new(&at.at("ffn"), [dim, config.ffn_dim, dim], "tanh")?,
            scale_shift_table: at.tensor_f32("scale_shift_table", &[1, 6, dim])?,
        })
    }

    fn forward(&self, x: &Tensor, context: &Context, rope: &Rope) -> Result<Tensor, ModelError> {
        let kind = x.kind();
        let runs = context.time.iter().map(|(count, six)| {
            Ok((*count, self.scale_shift_table.f_add(&six.f_to_kind(Kind::Float)?)?))
        });
        let six = Modulation(runs.collect::<Result<_, ModelError>>()?);
        let moved = |x: &Tensor, scale, shift| -> Result<Tensor, ModelError> {
            Ok(six.scale_shift(&self.norm.forward(x)?, scale, shift)?.f_to_kind(kind)?)
        };
        let added = |x: &Tensor, y: &Tensor, gate| -> Result<Tensor, ModelError> {
            Ok(six.add_gated(x, y, gate)?.f_to_kind(kind)?)
        };
        let x = added(x, &self.attn1.to_itself(&moved(x, 1, 0)?, rope, context.bias)?, 2)?;
        let normed = match &self.norm2 {
            Some(norm) => norm.forward(&x)?.f_to_kind(kind)?,
            None => x.shallow_clone(),
        };
        let seen = self.attn2.to_context(&normed, &context.text, context.image.as_ref())?;
        let x = x.f_add(&seen)?;
        added(&x, &self.ffn.forward(&moved(&x, 4, 3)?)?, 5)
    }
}

/// What the blocks look at.
struct Context {
    text: TextTokens,
    image: Option<Tensor>,
    /// `[B, 6, dim]` for each run of tokens.
    time: Vec<(i64, Tensor)>,
    bias: Option<KeyBias>,
}

/// What a clip is made from.
pub struct Condition<'a> {
    /// Tokens of the text, `[B, L, text_dim]`.
    pub text: &'a Tensor,
    /// So many tokens of zeros are behind them, up to the longest text: the network sees them too.
    pub padding: i64,
    /// Tokens of the image, `[B, M, image_dim]`, for networks that look at some.
    pub image: Option<&'a Tensor>,
    /// How much more or less the other tokens look at the first ones than the network would.
    pub bias: Option<KeyBias>,
}

/// When the tokens are: runs of tokens, in order, each with its time in 0..1000.
pub type Times<'a> = &'a [(i64, f64)];

/// The network.
pub struct Transformer {
    config: TransformerConfig,
    kind: Kind,
    patch: [Tensor; 2],
    time_embedder: Embedding,
    time_proj: Linear,
    text_embedder: Embedding,
    image_embedder: Option<ImageEmbedding>,
    blocks: Vec<Block>,
    norm_out: LayerNorm,
    proj_out: Linear,
    scale_shift_table: Tensor,
}

impl Transformer {
    /// Reads the network as `numbers` onto `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] lists what is wrong with the file.
    pub fn load(
        config: &TransformerConfig,
        weights: &Weights,
        device: Device,
        numbers: impl Into<Numbers>,
    ) -> Result<Self, ModelError> {
        let numbers = numbers.into();
        nn::load(weights, device, numbers, unused, |at| Self::new(config, at, numbers.kind))
    }

    /// How many parameters it has.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn count(config: &TransformerConfig) -> Result<Count, ModelError> {
        Count::of(|at| Self::new(config, at, Kind::Float))
    }

    /// Makes sure that a file has this network, without reading it, and hands it back.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check(config: &TransformerConfig, weights: Weights) -> Result<Weights, ModelError> {
        nn::check(&weights, unused, |at| Self::new(config, at, Kind::Float))?;
        Ok(weights)
    }

    fn new(config: &TransformerConfig, at: &Builder<'_>, kind: Kind) -> Result<Self, ModelError> {
        let dim = config.dim();
        let [t, h, w] = config.patch_size;
        let patch = at.at("patch_embedding");
        let condition = at.at("condition_embedder");
        let image_embedder = config.image_dim.map(|inputs| {
            let at = condition.at("image_embedder");
            ImageEmbedding::new(&at, inputs, dim, config.pos_embed_seq_len)
        });
        let blocks = at.at("blocks");
        Ok(Self {
            config: config.clone(),
            kind,
            patch: [
                patch.tensor("weight", &[dim, config.in_channels, t, h, w])?,
                patch.tensor("bias", &[dim])?,
            ],
            time_embedder: Embedding::time(&condition.at("time_embedder"), config.freq_dim, dim)?,
            time_proj: Linear::new(&condition.at("time_proj"), dim, 6 * dim)?,
            text_embedder: Embedding::text(&condition.at("text_embedder"), config.text_dim, dim)?,
            image_embedder: image_embedder.transpose()?,
            blocks: (0..config.num_layers)
                .map(|number| Block::new(&blocks.at(number), config))
                .collect::<Result<_, _>>()?,
            norm_out: LayerNorm::plain(dim, config.eps),
            proj_out: Linear::new(&at.at("proj_out"), dim, config.out_channels * t * h * w)?,
            scale_shift_table: at.tensor_f32("scale_shift_table", &[1, 2, dim])?,
        })
    }

    /// What it was made from.
    #[must_use]
    pub fn config(&self) -> &TransformerConfig {
        &self.config
    }

    /// The velocity `[B, out_channels, T, H, W]` of the latent clip `x` `[B, in_channels, T, H, W]`,
    /// whose sides are whole patches. Both are of the network's type.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(
        &self,
        x: &Tensor,
        times: Times<'_>,
        condition: &Condition<'_>,
    ) -> Result<Tensor, ModelError> {
        let grid = self.grid(x)?;
        let rope = Rope::new(self.config.attention_head_dim, grid, x.device())?;
        let [weight, bias] = &self.patch;
        let (stride, none) = (self.config.patch_size, [0, 0, 0]);
        let x = x.f_to_kind(self.kind)?.f_conv3d(weight, Some(bias), stride, none, [1, 1, 1], 1)?;
        let mut x = x.f_flatten(2, -1)?.f_transpose(1, 2)?.f_contiguous()?;
        let (context, last) = self.embed(times, condition, x.device())?;
        for block in &self.blocks {
            x = block.forward(&x, &context, &rope)?;
        }
        let table = &self.scale_shift_table;
        let two = Modulation(
            last.iter()
                .map(|(count, time)| Ok((*count, table.f_add(&time.f_unsqueeze(1)?)?)))
                .collect::<Result<_, ModelError>>()?,
        );
        let normed = self.norm_out.forward(&x)?;
        let moved = two.scale_shift(&normed, 1, 0)?;
        let out = self.proj_out.forward(&moved.f_to_kind(self.kind)?)?;
        self.unpatch(&out, grid)
    }

    /// Tokens along each axis.
    fn grid(&self, x: &Tensor) -> Result<[i64; 3], ModelError> {
        let size = x.size();
        let patch = self.config.patch_size;
        let fits = size.len() == 5
            && size[1] == self.config.in_channels
            && (0..3).all(|axis| size[axis + 2] > 0 && size[axis + 2] % patch[axis] == 0);
        let grid = [0, 1, 2].map(|axis| size.get(axis + 2).map_or(0, |side| side / patch[axis]));
        let most = self.config.rope_max_seq_len;
        if !fits || grid.iter().any(|side| *side > most) {
            return Err(ModelError::Torch(format!(
                "a latent clip of {size:?} is none of whole patches, or has more than {most} of \
                 them along an axis"
            )));
        }
        Ok(grid)
    }

    fn embed(
        &self,
        times: Times<'_>,
        condition: &Condition<'_>,
        device: Device,
    ) -> Result<(Context, Vec<(i64, Tensor)>), ModelError> {
        let (mut time, mut last) = (Vec::new(), Vec::new());
        for (count, at) in times {
            let waves = time_waves(*at, self.config.freq_dim, device)?;
            let embedded = self.time_embedder.linear_1.forward(&waves)?.f_silu()?;
            let embedded = self.time_embedder.linear_2.forward(&embedded)?.f_to_kind(self.kind)?;
            let six = self.time_proj.forward(&embedded.f_silu()?)?.f_unflatten(1, [6, -1])?;
            time.push((*count, six));
            last.push((*count, embedded));
        }
        let text = self.embed_text(condition)?;
        let image = match (&self.image_embedder, condition.image) {
            (Some(embedder), Some(tokens)) => {
                Some(embedder.forward(&tokens.f_to_kind(self.kind)?)?)
            }
            (None, None) => None,
            _ => {
                let what = "a network that looks at an image needs one, and no other does";
                return Err(ModelError::Torch(what.to_owned()));
            }
        };
        Ok((Context { text, image, time, bias: condition.bias }, last))
    }

    /// In f32 the padding is one token that counts as many: the same logit so often in a softmax is
    /// once that logit and the logarithm of the number. Other types have no such numbers; there the
    /// tokens are all there, as in the reference.
    fn embed_text(&self, condition: &Condition<'_>) -> Result<TextTokens, ModelError> {
        let text = condition.text.f_to_kind(self.kind)?;
        let merges = self.kind == Kind::Float && condition.padding > 1;
        let more = if merges { 1 } else { condition.padding };
        let text = text.f_constant_pad_nd([0, 0, 0, more])?;
        let tokens = self.text_embedder.linear_1.forward(&text)?.f_gelu("tanh")?;
        let tokens = self.text_embedder.linear_2.forward(&tokens)?;
        let mask = merges.then(|| -> Result<Tensor, ModelError> {
            let mask = Tensor::f_zeros([1, 1, 1, text.size()[1]], (self.kind, text.device()))?;
            let _ = mask.f_narrow(3, -1, 1)?.f_fill_((condition.padding as f64).ln())?;
            Ok(mask)
        });
        Ok(TextTokens { tokens, mask: mask.transpose()? })
    }

    fn unpatch(&self, x: &Tensor, [frames, height, width]: [i64; 3]) -> Result<Tensor, ModelError> {
        let [t, h, w] = self.config.patch_size;
        let x = x.f_reshape([-1, frames, height, width, t, h, w, self.config.out_channels])?;
        let x = x.f_permute([0, 7, 1, 4, 2, 5, 3, 6])?;
        Ok(x.f_flatten(6, 7)?.f_flatten(4, 5)?.f_flatten(2, 3)?)
    }
}

/// Published files of image models have it; nothing uses it.
fn unused(name: &str) -> bool {
    name.contains("norm_added_q")
}
