// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the U-Net and the VAE are both made of: convolutions, and blocks that look at each frame
//! and then along time. Frames are `[B * T, C, H, W]`.

use std::collections::VecDeque;

use tch::{Kind, Tensor};

use crate::{
    error::ModelError,
    nn::{Builder, Linear},
};

/// Groups of all group norms of the model.
pub const GROUPS: i64 = 32;

/// A convolution of pictures whose side is 1 or 3.
pub struct Conv {
    weight: Tensor,
    bias: Tensor,
    stride: i64,
    padding: i64,
}

impl Conv {
    /// With a kernel of `side` pixels that keeps the size of a picture.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(
        at: &Builder<'_>,
        [inputs, outputs]: [i64; 2],
        side: i64,
    ) -> Result<Self, ModelError> {
        let weight = at.kernel("weight", &[outputs, inputs, side, side])?;
        Ok(Self { weight, bias: at.tensor("bias", &[outputs])?, stride: 1, padding: side / 2 })
    }

    /// With a kernel of 3 pixels that halves a picture, with `padding` on all sides.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn halving(at: &Builder<'_>, channels: i64, padding: i64) -> Result<Self, ModelError> {
        Ok(Self { stride: 2, padding, ..Self::new(at, [channels, channels], 3)? })
    }

    /// `[N, inputs, H, W]` to `[N, outputs, H, W]`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        Ok(x.f_conv2d(&self.weight, Some(&self.bias), stride, padding, [1, 1], 1)?)
    }

    /// The type of its weight.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.weight.kind()
    }
}

/// A convolution along time, with a kernel of 3 frames.
pub struct TimeConv {
    weight: Tensor,
    bias: Tensor,
}

impl TimeConv {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, channels: i64) -> Result<Self, ModelError> {
        let weight = at.kernel("weight", &[channels, channels, 3, 1, 1])?;
        Ok(Self { weight, bias: at.tensor("bias", &[channels])? })
    }

    /// `[B, C, T, H, W]` to the same.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let (stride, padding) = ([1, 1, 1], [1, 0, 0]);
        Ok(x.f_conv3d(&self.weight, Some(&self.bias), stride, padding, [1, 1, 1], 1)?)
    }

    /// The frame in the middle of up to three that follow each other, `[1, C, H, W]` each; of the
    /// first frame of a clip, what is before it is `missing`.
    fn middle(&self, frames: &VecDeque<Tensor>, missing: bool) -> Result<Tensor, ModelError> {
        let frames: Vec<&Tensor> = frames.iter().collect();
        let weight = self.weight.f_narrow(2, missing.into(), frames.len() as i64)?;
        let weight = weight.f_flatten(2, 4)?.f_transpose(1, 2)?.f_flatten(1, 2)?;
        let weight = weight.f_unsqueeze(-1)?.f_unsqueeze(-1)?;
        let x = Tensor::f_cat(&frames, 1)?;
        Ok(x.f_conv2d(&weight, Some(&self.bias), [1, 1], [0, 0], [1, 1], 1)?)
    }

    /// Runs on `frames` `[1, C, H, W]` of a clip behind `norm`, which is over all of time, and SiLU.
    /// Gives each frame to `take`, with its number, so that there is no second clip in memory.
    fn each(
        &self,
        norm: &GroupNorm,
        frames: &[Tensor],
        mut take: impl FnMut(usize, Tensor) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        let moments = Moments::of(frames)?;
        let mut around = VecDeque::new();
        for (number, frame) in frames.iter().enumerate() {
            around.push_back(norm.with(&moments, frame)?.f_silu_()?);
            if number > 0 {
                take(number - 1, self.middle(&around, number == 1)?)?;
            }
            if around.len() == 3 {
                around.pop_front();
            }
        }
        match frames.len() {
            0 => Ok(()),
            count => take(count - 1, self.middle(&around, count == 1)?),
        }
    }
}

/// Normalises groups of channels (Wu and He 2018).
pub struct GroupNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl GroupNorm {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, channels: i64, eps: f64) -> Result<Self, ModelError> {
        let weight = at.tensor("weight", &[channels])?;
        Ok(Self { weight, bias: at.tensor("bias", &[channels])?, eps })
    }

    /// `[N, C, ...]` to the same.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        Ok(x.f_group_norm(GROUPS, Some(&self.weight), Some(&self.bias), self.eps, false)?)
    }

    /// A frame `[1, C, H, W]` of a clip with these moments.
    fn with(&self, moments: &Moments, frame: &Tensor) -> Result<Tensor, ModelError> {
        let [weight, bias] = [&self.weight, &self.bias].map(|tensor| tensor.f_to_kind(Kind::Float));
        let each =
            |all: &Tensor| all.f_repeat_interleave_self_int(frame.size()[1] / GROUPS, 0, None);
        let (mean, variance) = (each(&moments.mean)?, each(&moments.variance)?);
        // With moments that are given, it is a scale and a shift of each channel in one pass.
        let exact = frame.f_to_kind(Kind::Float)?.f_batch_norm(
            Some(weight?),
            Some(bias?),
            Some(mean),
            Some(variance),
            false,
            0.0,
            self.eps,
            false,
        )?;
        Ok(exact.f_to_kind(frame.kind())?)
    }
}

/// Mean and variance of each group of channels over all of a clip, `[GROUPS]` f32.
struct Moments {
    mean: Tensor,
    variance: Tensor,
}

impl Moments {
    /// Of frames `[1, C, H, W]`.
    fn of(frames: &[Tensor]) -> Result<Self, ModelError> {
        let count = frames.len() as f64;
        let mut sums: Option<[Tensor; 2]> = None;
        for frame in frames {
            let groups = frame.f_reshape([GROUPS, -1])?.f_to_kind(Kind::Float)?;
            let (variance, mean) = groups.f_var_mean_dim([1].as_slice(), false, false)?;
            let mean = mean.f_to_kind(Kind::Double)?;
            let power = variance.f_to_kind(Kind::Double)?.f_add(&mean.f_square()?)?;
            sums = Some(match sums {
                Some([means, powers]) => [means.f_add(&mean)?, powers.f_add(&power)?],
                None => [mean, power],
            });
        }
        let [means, powers] =
            sums.ok_or_else(|| ModelError::Torch("a clip has no frames".to_owned()))?;
        let mean = means.f_div_scalar(count)?;
        let variance = powers.f_div_scalar(count)?.f_sub(&mean.f_square()?)?;
        Ok(Self { mean: mean.f_to_kind(Kind::Float)?, variance: variance.f_to_kind(Kind::Float)? })
    }
}

/// How much of the two looks, at each frame and along time, goes on: `AlphaBlender`.
pub struct TimeMixer {
    mix_factor: Tensor,
    time_first: bool,
}

impl TimeMixer {
    /// With `time_first`, the factor is the share of the look along time.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, time_first: bool) -> Result<Self, ModelError> {
        Ok(Self { mix_factor: at.at("time_mixer").tensor("mix_factor", &[1])?, time_first })
    }

    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, space: &Tensor, time: &Tensor) -> Result<Tensor, ModelError> {
        let share = self.mix_factor.f_sigmoid()?;
        let (first, second) = if self.time_first { (time, space) } else { (space, time) };
        Ok(second.f_lerp_tensor(first, &share)?)
    }
}

/// Channels and norms of a block.
#[derive(Debug, Clone, Copy)]
pub struct BlockShape {
    /// Channels that come.
    pub inputs: i64,
    /// Channels that go.
    pub outputs: i64,
    /// Channels of the embedding of the time of noise; none in the VAE.
    pub time: Option<i64>,
    /// What norms add to a variance: those of a frame, and those along time.
    pub eps: [f64; 2],
}

/// Two norms, two convolutions and what goes around them, `C` being a convolution of a frame or
/// one along time.
struct Residual<C> {
    norm1: GroupNorm,
    conv1: C,
    time_emb_proj: Option<Linear>,
    norm2: GroupNorm,
    conv2: C,
    shortcut: Option<Conv>,
}

impl<C> Residual<C> {
    fn new(
        at: &Builder<'_>,
        shape: BlockShape,
        eps: f64,
        conv: impl Fn(&Builder<'_>, [i64; 2]) -> Result<C, ModelError>,
    ) -> Result<Self, ModelError> {
        let BlockShape { inputs, outputs, time, .. } = shape;
        let project = |time| Linear::new(&at.at("time_emb_proj"), time, outputs);
        let shortcut = || Conv::new(&at.at("conv_shortcut"), [inputs, outputs], 1);
        Ok(Self {
            norm1: GroupNorm::new(&at.at("norm1"), inputs, eps)?,
            conv1: conv(&at.at("conv1"), [inputs, outputs])?,
            time_emb_proj: time.map(project).transpose()?,
            norm2: GroupNorm::new(&at.at("norm2"), outputs, eps)?,
            conv2: conv(&at.at("conv2"), [outputs, outputs])?,
            shortcut: (inputs != outputs).then(shortcut).transpose()?,
        })
    }

    /// `apply` runs a convolution; `time` is added in the middle, in a shape that fits.
    fn run(
        &self,
        x: &Tensor,
        time: Option<&Tensor>,
        apply: impl Fn(&C, &Tensor) -> Result<Tensor, ModelError>,
    ) -> Result<Tensor, ModelError> {
        let mut inner = apply(&self.conv1, &self.norm1.forward(x)?.f_silu_()?)?;
        if let Some(time) = time {
            inner = inner.f_add(time)?;
        }
        let inner = apply(&self.conv2, &self.norm2.forward(&inner)?.f_silu_()?)?;
        match &self.shortcut {
            Some(shortcut) => Ok(shortcut.forward(x)?.f_add(&inner)?),
            None => Ok(x.f_add(&inner)?),
        }
    }

    /// The embedding `[N, time]` as this block adds it, `[N, outputs]`.
    fn project(&self, time: Option<&Tensor>) -> Result<Option<Tensor>, ModelError> {
        let (Some(linear), Some(time)) = (&self.time_emb_proj, time) else { return Ok(None) };
        Ok(Some(linear.forward(&time.f_silu()?)?))
    }
}

/// A block that looks at each frame: `ResnetBlock2D`.
pub struct FrameBlock(Residual<Conv>);

impl FrameBlock {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, shape: BlockShape) -> Result<Self, ModelError> {
        let conv = |at: &Builder<'_>, channels| Conv::new(at, channels, 3);
        Ok(Self(Residual::new(at, shape, shape.eps[0], conv)?))
    }

    /// `[N, inputs, H, W]`, with an embedding `[1, time]`, to `[N, outputs, H, W]`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor, time: Option<&Tensor>) -> Result<Tensor, ModelError> {
        let time = self.0.project(time)?;
        let time = time.map(|time| time.f_unsqueeze(-1)?.f_unsqueeze(-1)).transpose()?;
        self.0.run(x, time.as_ref(), Conv::forward)
    }
}

/// A block that looks at each frame and then along time: `SpatioTemporalResBlock`.
pub struct VideoBlock {
    space: FrameBlock,
    time: Residual<TimeConv>,
    mixer: TimeMixer,
}

impl VideoBlock {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, shape: BlockShape) -> Result<Self, ModelError> {
        let after = BlockShape { inputs: shape.outputs, ..shape };
        let conv = |at: &Builder<'_>, [channels, _]: [i64; 2]| TimeConv::new(at, channels);
        Ok(Self {
            space: FrameBlock::new(&at.at("spatial_res_block"), shape)?,
            time: Residual::new(&at.at("temporal_res_block"), after, shape.eps[1], conv)?,
            // Only the VAE has no times of noise.
            mixer: TimeMixer::new(at, shape.time.is_none())?,
        })
    }

    /// One clip `[T, inputs, H, W]`, with an embedding `[1, time]`, to `[T, outputs, H, W]`.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor, time: Option<&Tensor>) -> Result<Tensor, ModelError> {
        let x = clip(&self.space.forward(x, time)?)?;
        let time = self.time.project(time)?;
        let time = time.map(|time| time.f_reshape([1, -1, 1, 1, 1])).transpose()?;
        let along = self.time.run(&x, time.as_ref(), TimeConv::forward)?;
        frames(&self.mixer.forward(&x, &along)?)
    }

    /// As [`Self::forward`] without an embedding, for a clip that is too large to be in memory more
    /// than twice: its frames `[1, inputs, H, W]` come and go one by one. `before` is run on each
    /// frame first.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_frames(
        &self,
        frames: Vec<Tensor>,
        before: impl Fn(Tensor) -> Result<Tensor, ModelError>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let spaces = frames.into_iter().map(|frame| self.space.forward(&before(frame)?, None));
        let mut spaces = spaces.collect::<Result<Vec<_>, _>>()?;
        let Residual { norm1, conv1, norm2, conv2, .. } = &self.time;
        let mut inner = Vec::with_capacity(spaces.len());
        conv1.each(norm1, &spaces, |_, frame| {
            inner.push(frame);
            Ok(())
        })?;
        conv2.each(norm2, &inner, |number, frame| {
            let along = frame.f_add(&spaces[number])?;
            spaces[number] = self.mixer.forward(&spaces[number], &along)?;
            Ok(())
        })?;
        Ok(spaces)
    }
}

/// Frames `[T, C, H, W]` as a clip `[1, C, T, H, W]`.
///
/// # Errors
/// When the shape does not fit.
pub fn clip(frames: &Tensor) -> Result<Tensor, ModelError> {
    Ok(frames.f_transpose(0, 1)?.f_unsqueeze(0)?)
}

/// A clip `[1, C, T, H, W]` as frames `[T, C, H, W]`.
///
/// # Errors
/// When the shape does not fit, or memory runs out.
pub fn frames(clip: &Tensor) -> Result<Tensor, ModelError> {
    Ok(clip.f_squeeze_dim(0)?.f_transpose(0, 1)?.f_contiguous()?)
}

/// Enlarges pictures by repeating pixels, and smooths: `Upsample2D`.
pub struct Upsample(Conv);

impl Upsample {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, channels: i64) -> Result<Self, ModelError> {
        Ok(Self(Conv::new(&at.at("upsamplers.0.conv"), [channels, channels], 3)?))
    }

    /// `[N, C, H, W]` to `[N, C, height, width]`.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn forward(&self, x: &Tensor, [height, width]: [i64; 2]) -> Result<Tensor, ModelError> {
        self.0.forward(&x.f_upsample_nearest2d([height, width], None, None)?)
    }
}

/// Height and width of pictures.
#[must_use]
pub fn side(x: &Tensor) -> [i64; 2] {
    match x.size()[..] {
        [.., height, width] => [height, width],
        _ => [0, 0],
    }
}
