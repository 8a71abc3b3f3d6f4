// SPDX-License-Identifier: MIT OR Apache-2.0
//! The network that takes noise out of a clip: `UNetSpatioTemporalConditionModel`.

use std::path::Path;

use serde::Deserialize;
use tch::{Device, Tensor};

use super::{
    layers::{BlockShape, Conv, GROUPS, GroupNorm, Upsample, VideoBlock, side},
    transformer::{Shape, VideoTransformer, unused},
};
use crate::{
    config,
    error::ModelError,
    nn::{self, Builder, Count, Linear, Numbers, time_waves},
    weights::Weights,
};

const DOWN: [&str; 2] = ["DownBlockSpatioTemporal", "CrossAttnDownBlockSpatioTemporal"];
const UP: [&str; 2] = ["UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"];

/// A number for all levels, or one for each.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Each {
    All(i64),
    One(Vec<i64>),
}

impl Each {
    fn at(&self, level: usize) -> i64 {
        match self {
            Self::All(number) => *number,
            Self::One(numbers) => numbers.get(level).copied().unwrap_or_default(),
        }
    }
}

/// The `config.json` of the network. By default that of the published models.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct UnetConfig {
    /// Channels of a latent frame and of the image beside it.
    pub in_channels: i64,
    /// Channels of a latent frame.
    pub out_channels: i64,
    /// Frames of the clips that it was trained with.
    pub num_frames: u32,
    /// Channels of the waves of each of the three numbers that it is told.
    addition_time_embed_dim: i64,
    projection_class_embeddings_input_dim: i64,
    block_out_channels: Vec<i64>,
    down_block_types: Vec<String>,
    up_block_types: Vec<String>,
    layers_per_block: Each,
    cross_attention_dim: Each,
    transformer_layers_per_block: Each,
    num_attention_heads: Each,
}

impl Default for UnetConfig {
    fn default() -> Self {
        let blocks =
            |kinds: [&str; 2], with: [usize; 4]| with.map(|at| kinds[at].to_owned()).into();
        Self {
            in_channels: 8,
            out_channels: 4,
            num_frames: 25,
            addition_time_embed_dim: 256,
            projection_class_embeddings_input_dim: 768,
            block_out_channels: vec![320, 640, 1280, 1280],
            down_block_types: blocks(DOWN, [1, 1, 1, 0]),
            up_block_types: blocks(UP, [0, 1, 1, 1]),
            layers_per_block: Each::All(2),
            cross_attention_dim: Each::All(1024),
            transformer_layers_per_block: Each::All(1),
            num_attention_heads: Each::One(vec![5, 10, 20, 20]),
        }
    }
}

impl UnetConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or lies outside what is known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        let mut wrong = config::Wrong::default();
        wrong.unless_counts([
            ("in_channels", config.in_channels, 1024),
            ("out_channels", config.out_channels, 1024),
            ("num_frames", config.num_frames.into(), 1000),
            ("addition_time_embed_dim", config.addition_time_embed_dim, 65_536),
        ]);
        let told = 3 * config.addition_time_embed_dim;
        let three = config.projection_class_embeddings_input_dim == told;
        let name = "projection_class_embeddings_input_dim";
        wrong.unless(three, name, "three times addition_time_embed_dim");
        wrong.unless(config.addition_time_embed_dim % 2 == 0, "addition_time_embed_dim", "even");
        config.check_levels(&mut wrong);
        wrong.finish(path)?;
        Ok(config)
    }

    fn check_levels(&self, wrong: &mut config::Wrong) {
        let count = self.levels();
        wrong.unless((1..=16).contains(&count), "block_out_channels", "1 to 16 numbers");
        let long = |each: &Each| !matches!(each, Each::One(all) if all.len() != count);
        for (name, each) in [
            ("layers_per_block", &self.layers_per_block),
            ("cross_attention_dim", &self.cross_attention_dim),
            ("transformer_layers_per_block", &self.transformer_layers_per_block),
            ("num_attention_heads", &self.num_attention_heads),
        ] {
            wrong.unless(long(each), name, "a number, or as many as block_out_channels");
        }
        for (name, kinds, known) in [
            ("down_block_types", &self.down_block_types, DOWN),
            ("up_block_types", &self.up_block_types, UP),
        ] {
            let fine = kinds.len() == count && kinds.iter().all(|kind| known.contains(&&**kind));
            let each = format!("for each of block_out_channels {} or {}", known[0], known[1]);
            wrong.unless(fine, name, &each);
        }
        for (level, channels) in self.block_out_channels.iter().copied().enumerate() {
            wrong.unless_counts([
                ("block_out_channels", channels, 65_536),
                ("layers_per_block", self.layers_per_block.at(level), 100),
                ("cross_attention_dim", self.cross_attention_dim.at(level), 65_536),
                ("transformer_layers_per_block", self.transformer_layers_per_block.at(level), 100),
                ("num_attention_heads", self.num_attention_heads.at(level), 1024),
            ]);
            let groups = channels % GROUPS == 0;
            wrong.unless(groups, "block_out_channels", &format!("multiples of {GROUPS}"));
            let heads = channels % self.num_attention_heads.at(level).max(1) == 0;
            wrong.unless(heads, "block_out_channels", "multiples of num_attention_heads");
        }
    }

    /// Whether the image's token has the `channels` that each level looks at.
    #[must_use]
    pub fn sees(&self, channels: i64) -> bool {
        (0..self.levels()).all(|level| self.cross_attention_dim.at(level) == channels)
    }

    /// Sizes that the network works in, each half of the one before.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.block_out_channels.len()
    }

    fn time(&self) -> i64 {
        4 * self.block_out_channels[0]
    }

    fn transformer(&self, at: &Builder<'_>, level: usize) -> Result<VideoTransformer, ModelError> {
        let shape = Shape {
            channels: self.block_out_channels[level],
            heads: self.num_attention_heads.at(level),
            image: self.cross_attention_dim.at(level),
        };
        VideoTransformer::new(at, shape, self.transformer_layers_per_block.at(level))
    }

    fn block(&self, inputs: i64, outputs: i64, eps: f64) -> BlockShape {
        BlockShape { inputs, outputs, time: Some(self.time()), eps: [eps; 2] }
    }
}

/// What is the same for all frames of a clip.
struct Given<'a> {
    /// Of the noise and of the three numbers, `[1, time]`.
    time: &'a Tensor,
    /// The image, `[1, 1, image]`.
    image: &'a Tensor,
}

/// Blocks in one size, each with a transformer behind it or none.
struct Level {
    resnets: Vec<VideoBlock>,
    attentions: Vec<VideoTransformer>,
}

impl Level {
    fn forward(&self, number: usize, x: &Tensor, given: &Given<'_>) -> Result<Tensor, ModelError> {
        let x = self.resnets[number].forward(x, Some(given.time))?;
        match self.attentions.get(number) {
            Some(attention) => attention.forward(&x, given.image),
            None => Ok(x),
        }
    }
}

/// The network.
pub struct Unet {
    config: UnetConfig,
    conv_in: Conv,
    time_embedding: [Linear; 2],
    add_embedding: [Linear; 2],
    down: Vec<(Level, Option<Conv>)>,
    middle: ([VideoBlock; 2], VideoTransformer),
    up: Vec<(Level, Option<Upsample>)>,
    conv_norm_out: GroupNorm,
    conv_out: Conv,
}

impl Unet {
    /// Reads the network as `numbers` onto `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] lists what is wrong with the file.
    pub fn load(
        config: &UnetConfig,
        weights: &Weights,
        device: Device,
        numbers: impl Into<Numbers>,
    ) -> Result<Self, ModelError> {
        nn::load(weights, device, numbers, unused, |at| Self::new(config, at))
    }

    /// How many parameters it has.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn count(config: &UnetConfig) -> Result<Count, ModelError> {
        Count::of(|at| Self::new(config, at))
    }

    /// Makes sure that a file has this network, without reading it, and hands it back.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check(config: &UnetConfig, weights: Weights) -> Result<Weights, ModelError> {
        nn::check(&weights, unused, |at| Self::new(config, at))?;
        Ok(weights)
    }

    fn new(config: &UnetConfig, at: &Builder<'_>) -> Result<Self, ModelError> {
        let (channels, time) = (config.block_out_channels[0], config.time());
        let embedding = |name, inputs| -> Result<[Linear; 2], ModelError> {
            let at = at.at(name);
            let first = Linear::new(&at.at("linear_1"), inputs, time)?;
            Ok([first, Linear::new(&at.at("linear_2"), time, time)?])
        };
        let told = config.projection_class_embeddings_input_dim;
        Ok(Self {
            config: config.clone(),
            conv_in: Conv::new(&at.at("conv_in"), [config.in_channels, channels], 3)?,
            time_embedding: embedding("time_embedding", channels)?,
            add_embedding: embedding("add_embedding", told)?,
            down: Self::down(config, at)?,
            middle: Self::middle(config, &at.at("mid_block"))?,
            up: Self::up(config, at)?,
            conv_norm_out: GroupNorm::new(&at.at("conv_norm_out"), channels, 1e-5)?,
            conv_out: Conv::new(&at.at("conv_out"), [channels, config.out_channels], 3)?,
        })
    }

    fn down(
        config: &UnetConfig,
        at: &Builder<'_>,
    ) -> Result<Vec<(Level, Option<Conv>)>, ModelError> {
        let mut inputs = config.block_out_channels[0];
        let mut levels = Vec::new();
        for (level, outputs) in config.block_out_channels.iter().copied().enumerate() {
            let at = at.at("down_blocks").at(level);
            let attends = config.down_block_types[level] == DOWN[1];
            let eps = if attends { 1e-6 } else { 1e-5 };
            let mut made = Level { resnets: Vec::new(), attentions: Vec::new() };
            for layer in 0..config.layers_per_block.at(level) {
                let shape = config.block(inputs, outputs, eps);
                made.resnets.push(VideoBlock::new(&at.at("resnets").at(layer), shape)?);
                if attends {
                    let attention = at.at("attentions").at(layer);
                    made.attentions.push(config.transformer(&attention, level)?);
                }
                inputs = outputs;
            }
            let smaller = at.at("downsamplers.0.conv");
            let last = level + 1 == config.levels();
            let halve = (!last).then(|| Conv::halving(&smaller, outputs, 1)).transpose()?;
            levels.push((made, halve));
        }
        Ok(levels)
    }

    fn middle(
        config: &UnetConfig,
        at: &Builder<'_>,
    ) -> Result<([VideoBlock; 2], VideoTransformer), ModelError> {
        let level = config.levels() - 1;
        let channels = config.block_out_channels[level];
        let shape = config.block(channels, channels, 1e-5);
        let block = |number| VideoBlock::new(&at.at("resnets").at(number), shape);
        Ok(([block(0)?, block(1)?], config.transformer(&at.at("attentions.0"), level)?))
    }

    fn up(
        config: &UnetConfig,
        at: &Builder<'_>,
    ) -> Result<Vec<(Level, Option<Upsample>)>, ModelError> {
        let mut inputs = config.block_out_channels[config.levels() - 1];
        let mut levels = Vec::new();
        for (number, kind) in config.up_block_types.iter().enumerate() {
            let at = at.at("up_blocks").at(number);
            let level = config.levels() - 1 - number;
            let outputs = config.block_out_channels[level];
            let below = config.block_out_channels[level.saturating_sub(1)];
            let layers = config.layers_per_block.at(level) + 1;
            let mut made = Level { resnets: Vec::new(), attentions: Vec::new() };
            for layer in 0..layers {
                let skipped = if layer + 1 == layers { below } else { outputs };
                let shape = config.block(inputs + skipped, outputs, 1e-6);
                made.resnets.push(VideoBlock::new(&at.at("resnets").at(layer), shape)?);
                if kind == UP[1] {
                    let attention = at.at("attentions").at(layer);
                    made.attentions.push(config.transformer(&attention, level)?);
                }
                inputs = outputs;
            }
            let enlarge = (level > 0).then(|| Upsample::new(&at, outputs)).transpose()?;
            levels.push((made, enlarge));
        }
        Ok(levels)
    }

    /// The velocity of one clip: noise and image `[T, in_channels, h, w]` at the time `time` of the
    /// scheduler, told frames per second, motion bucket and noise of the image, with the token of
    /// the image `[1, 1, image]`, to `[T, out_channels, h, w]`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(
        &self,
        x: &Tensor,
        time: f64,
        told: [f64; 3],
        image: &Tensor,
    ) -> Result<Tensor, ModelError> {
        let time = self.embed(time, told, x)?;
        let given = Given { time: &time, image };
        let mut x = self.conv_in.forward(x)?;
        let mut skipped = vec![x.shallow_clone()];
        for (level, halve) in &self.down {
            for number in 0..level.resnets.len() {
                x = level.forward(number, &x, &given)?;
                skipped.push(x.shallow_clone());
            }
            if let Some(halve) = halve {
                x = halve.forward(&x)?;
                skipped.push(x.shallow_clone());
            }
        }
        let ([first, second], attention) = &self.middle;
        x = attention.forward(&first.forward(&x, Some(given.time))?, given.image)?;
        x = second.forward(&x, Some(given.time))?;
        for (level, enlarge) in &self.up {
            for number in 0..level.resnets.len() {
                let beside = skipped.pop().ok_or_else(uneven)?;
                x = level.forward(number, &Tensor::f_cat(&[x, beside], 1)?, &given)?;
            }
            if let Some(enlarge) = enlarge {
                // Sides that are odd on the way down come back as they were.
                x = enlarge.forward(&x, side(skipped.last().ok_or_else(uneven)?))?;
            }
        }
        self.conv_out.forward(&self.conv_norm_out.forward(&x)?.f_silu()?)
    }

    /// Time and what is told, `[1, time]`.
    fn embed(&self, time: f64, told: [f64; 3], x: &Tensor) -> Result<Tensor, ModelError> {
        let embed = |layers: &[Linear; 2], waves: Tensor| -> Result<Tensor, ModelError> {
            let inner = layers[0].forward(&waves.f_to_kind(x.kind())?)?.f_silu()?;
            layers[1].forward(&inner)
        };
        let time = time_waves(time, self.config.block_out_channels[0], x.device())?;
        let each = self.config.addition_time_embed_dim;
        let told = told.map(|number| time_waves(number, each, x.device()));
        let told: Vec<Tensor> = told.into_iter().collect::<Result<_, _>>()?;
        let told = embed(&self.add_embedding, Tensor::f_cat(&told, 1)?)?;
        Ok(embed(&self.time_embedding, time)?.f_add(&told)?)
    }
}

/// Levels up and down that were not built together.
fn uneven() -> ModelError {
    ModelError::Torch("the U-Net has more blocks up than down".to_owned())
}
