// SPDX-License-Identifier: MIT OR Apache-2.0
//! The layers of the VAE. Those that look back in time keep what they need of the chunk before in
//! a [`Cache`], so that a clip can go through in chunks and comes out as if it went at once.

use tch::{Kind, Tensor};

use crate::{
    error::ModelError,
    nn::{Builder, attention},
    tensor,
};

/// Frames that a convolution looks back.
const BACK: i64 = 2;

/// What one layer keeps between chunks.
#[derive(Debug, Default)]
enum Slot {
    /// No chunk has come.
    #[default]
    Empty,
    /// The first chunk has passed by without the layer.
    Passed,
    Frames(Vec<Tensor>),
}

impl Slot {
    /// The frames that are kept, `[B, C, 1, H, W]` each, the oldest first.
    fn frames(&self) -> &[Tensor] {
        match self {
            Self::Frames(frames) => frames,
            _ => &[],
        }
    }
}

/// What the layers keep between the chunks of one clip, in the order in which they run.
#[derive(Debug, Default)]
pub struct Cache {
    slots: Vec<Slot>,
    at: usize,
}

impl Cache {
    /// Begins the next chunk.
    pub fn rewind(&mut self) {
        self.at = 0;
    }

    /// Runs layers on each frame of `x` `[B, C, T, H, W]` alone, which takes less memory and gives
    /// the same. None of them may change how many frames there are.
    ///
    /// # Errors
    /// As `run`.
    pub fn each_frame(
        &mut self,
        x: &Tensor,
        run: impl Fn(&Tensor, &mut Self) -> Result<Tensor, ModelError>,
    ) -> Result<Tensor, ModelError> {
        let start = self.at;
        let mut frame = |number| {
            self.at = start;
            run(&x.f_narrow(2, number, 1)?, self)
        };
        let frames = (0..x.size()[2]).map(&mut frame).collect::<Result<Vec<_>, _>>()?;
        Ok(Tensor::f_cat(&frames, 2)?)
    }

    /// The slot of the layer that runs now.
    fn next(&mut self) -> &mut Slot {
        if self.at == self.slots.len() {
            self.slots.push(Slot::Empty);
        }
        self.at += 1;
        &mut self.slots[self.at - 1]
    }
}

/// The last frames of `x` `[B, C, T, H, W]`, with some of `before` where it has too few.
fn last_frames(x: &Tensor, before: &[Tensor]) -> Result<Vec<Tensor>, ModelError> {
    let count = x.size()[2];
    let missing = (BACK - count).clamp(0, before.len() as i64);
    let mut frames: Vec<Tensor> =
        before[before.len() - missing as usize..].iter().map(Tensor::shallow_clone).collect();
    for number in (count - BACK).max(0)..count {
        frames.push(match count {
            1 => x.shallow_clone(),
            // A view would keep the whole chunk in memory.
            _ => tensor::copy(&x.f_narrow(2, number, 1)?)?,
        });
    }
    Ok(frames)
}

/// `x` behind the frames `before` it.
fn join(before: &[Tensor], x: &Tensor) -> Result<Tensor, ModelError> {
    let frames: Vec<&Tensor> = before.iter().chain([x]).collect();
    Ok(Tensor::f_cat(&frames, 2)?)
}

/// A convolution that does not look ahead in time: `WanCausalConv3d`.
pub struct CausalConv {
    weight: Tensor,
    bias: Tensor,
    kernel: [i64; 3],
    time_stride: i64,
}

impl CausalConv {
    /// With a kernel of time, height and width.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(
        at: &Builder<'_>,
        [inputs, outputs]: [i64; 2],
        kernel: [i64; 3],
    ) -> Result<Self, ModelError> {
        let [t, h, w] = kernel;
        Ok(Self {
            weight: at.kernel("weight", &[outputs, inputs, t, h, w])?,
            bias: at.tensor("bias", &[outputs])?,
            kernel,
            time_stride: 1,
        })
    }

    /// `[B, inputs, T, H, W]` to `[B, outputs, T, H, W]`, with the frames before it from the cache.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError> {
        if self.kernel[0] == 1 {
            return self.apply(x);
        }
        let slot = cache.next();
        let before = slot.frames();
        let out = match x.size()[2] {
            1 => self.apply_to_last(x, before)?,
            _ => self.apply(&self.behind(x, before)?)?,
        };
        *slot = Slot::Frames(last_frames(x, before)?);
        Ok(out)
    }

    /// Of one frame `x` what [`Self::apply`] makes with those before it, frame by frame: they are
    /// not joined, and nothing is multiplied with the zeros before a clip.
    fn apply_to_last(&self, x: &Tensor, before: &[Tensor]) -> Result<Tensor, ModelError> {
        let padding = [self.kernel[1] / 2, self.kernel[2] / 2];
        let of = |back: i64, frame: &Tensor, bias: Option<&Tensor>| -> Result<Tensor, ModelError> {
            let weight = self.weight.f_select(2, self.kernel[0] - 1 - back)?;
            Ok(frame.f_squeeze_dim(2)?.f_conv2d(&weight, bias, [1, 1], padding, [1, 1], 1)?)
        };
        let mut out = of(0, x, Some(&self.bias))?;
        for (back, frame) in (1..self.kernel[0]).zip(before.iter().rev()) {
            let _ = out.f_add_(&of(back, frame, None)?)?;
        }
        Ok(out.f_unsqueeze(2)?)
    }

    /// `x` with as many frames before it as the kernel looks back: those of `before`, and zeros.
    fn behind(&self, x: &Tensor, before: &[Tensor]) -> Result<Tensor, ModelError> {
        let joined = join(before, x)?;
        let missing = self.kernel[0] - 1 - before.len() as i64;
        if missing <= 0 {
            return Ok(joined);
        }
        Ok(joined.f_constant_pad_nd([0, 0, 0, 0, missing, 0])?)
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let padding = [0, self.kernel[1] / 2, self.kernel[2] / 2];
        let stride = [self.time_stride, 1, 1];
        Ok(x.f_conv3d(&self.weight, Some(&self.bias), stride, padding, [1, 1, 1], 1)?)
    }
}

/// Normalises the channels of each pixel: `WanRMS_norm`.
pub struct ChannelNorm {
    gamma: Tensor,
    scale: f64,
}

impl ChannelNorm {
    /// For pixels of frames, `[B, C, T, H, W]`, or of pictures, `[B, C, H, W]`.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, channels: i64, pictures: bool) -> Result<Self, ModelError> {
        let shape = if pictures { &[channels, 1, 1][..] } else { &[channels, 1, 1, 1] };
        Ok(Self { gamma: at.tensor("gamma", shape)?, scale: (channels as f64).sqrt() })
    }

    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let exact = x.f_to_kind(Kind::Float)?;
        let length = exact.f_norm_scalaropt_dim(2.0, [1], true)?.f_clamp_min(1e-12)?;
        let mut normed = exact.f_div(&length)?.f_to_kind(x.kind())?;
        // Of its own memory: the quotient is new.
        Ok(normed.f_mul_scalar_(self.scale)?.f_mul_(&self.gamma)?)
    }
}

/// Two convolutions beside a shortcut: `WanResidualBlock`.
pub struct ResidualBlock {
    norm1: ChannelNorm,
    conv1: CausalConv,
    norm2: ChannelNorm,
    conv2: CausalConv,
    shortcut: Option<CausalConv>,
}

impl ResidualBlock {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        let shortcut = (inputs != outputs)
            .then(|| CausalConv::new(&at.at("conv_shortcut"), [inputs, outputs], [1, 1, 1]));
        Ok(Self {
            norm1: ChannelNorm::new(&at.at("norm1"), inputs, false)?,
            conv1: CausalConv::new(&at.at("conv1"), [inputs, outputs], [3, 3, 3])?,
            norm2: ChannelNorm::new(&at.at("norm2"), outputs, false)?,
            conv2: CausalConv::new(&at.at("conv2"), [outputs, outputs], [3, 3, 3])?,
            shortcut: shortcut.transpose()?,
        })
    }

    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError> {
        let h = self.conv1.forward(&self.norm1.forward(x)?.f_silu_()?, cache)?;
        let h = self.conv2.forward(&self.norm2.forward(&h)?.f_silu_()?, cache)?;
        match &self.shortcut {
            Some(shortcut) => Ok(h.f_add(&shortcut.forward(x, cache)?)?),
            None => Ok(h.f_add(x)?),
        }
    }
}

/// `[B, C, T, H, W]` to `[B * T, C, H, W]`.
fn to_pictures(x: &Tensor) -> Result<Tensor, ModelError> {
    Ok(x.f_transpose(1, 2)?.f_flatten(0, 1)?)
}

/// `[B * T, C, H, W]` to `[B, C, T, H, W]`.
fn to_frames(x: &Tensor, frames: i64) -> Result<Tensor, ModelError> {
    Ok(x.f_unflatten(0, [-1, frames])?.f_transpose(1, 2)?)
}

/// A convolution of pictures.
struct Conv2d {
    weight: Tensor,
    bias: Tensor,
    stride: i64,
}

impl Conv2d {
    fn new(
        at: &Builder<'_>,
        [inputs, outputs]: [i64; 2],
        kernel: i64,
        stride: i64,
    ) -> Result<Self, ModelError> {
        let weight = at.kernel("weight", &[outputs, inputs, kernel, kernel])?;
        Ok(Self { weight, bias: at.tensor("bias", &[outputs])?, stride })
    }

    fn forward(&self, x: &Tensor, padding: i64) -> Result<Tensor, ModelError> {
        let (stride, padding) = ([self.stride; 2], [padding; 2]);
        Ok(x.f_conv2d(&self.weight, Some(&self.bias), stride, padding, [1, 1], 1)?)
    }
}

/// Attention of the pixels of a frame to each other: `WanAttentionBlock`.
pub struct PixelAttention {
    norm: ChannelNorm,
    to_qkv: Conv2d,
    proj: Conv2d,
}

impl PixelAttention {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, channels: i64) -> Result<Self, ModelError> {
        Ok(Self {
            norm: ChannelNorm::new(&at.at("norm"), channels, true)?,
            to_qkv: Conv2d::new(&at.at("to_qkv"), [channels, 3 * channels], 1, 1)?,
            proj: Conv2d::new(&at.at("proj"), [channels, channels], 1, 1)?,
        })
    }

    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let size = x.size();
        let pictures = to_pictures(x)?;
        let qkv = self.to_qkv.forward(&self.norm.forward(&pictures)?, 0)?;
        let qkv = qkv.f_flatten(2, 3)?.f_transpose(1, 2)?.f_unsqueeze(1)?.f_contiguous()?;
        let [q, k, v] = &qkv.f_chunk(3, -1)?[..] else { return Err(no_three()) };
        let out = attention(q, k, v)?.f_squeeze_dim(1)?.f_transpose(1, 2)?;
        let out = self.proj.forward(&out.f_unflatten(2, [size[3], size[4]])?, 0)?;
        Ok(to_frames(&out, size[2])?.f_add(x)?)
    }
}

fn no_three() -> ModelError {
    ModelError::Torch("a chunk in three parts has others".to_owned())
}

/// Two residual blocks with attention between: `WanMidBlock`.
pub struct MidBlock {
    resnets: [ResidualBlock; 2],
    attention: PixelAttention,
}

impl MidBlock {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, channels: i64) -> Result<Self, ModelError> {
        let resnet = |name| ResidualBlock::new(&at.at(name), channels, channels);
        let first = resnet("resnets.0")?;
        let attention = PixelAttention::new(&at.at("attentions.0"), channels)?;
        Ok(Self { resnets: [first, resnet("resnets.1")?], attention })
    }

    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError> {
        let x = self.resnets[0].forward(x, cache)?;
        self.resnets[1].forward(&self.attention.forward(&x)?, cache)
    }
}

/// What changes the size of frames, and how many there are.
pub trait Resample {
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError>;
}

/// Twice the size, and twice the frames if it has `time_conv`: `WanResample`, upwards.
pub struct Upsample {
    conv: Conv2d,
    time_conv: Option<CausalConv>,
}

impl Upsample {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(
        at: &Builder<'_>,
        inputs: i64,
        outputs: i64,
        in_time: bool,
    ) -> Result<Self, ModelError> {
        let time_conv =
            in_time.then(|| CausalConv::new(&at.at("time_conv"), [inputs, 2 * inputs], [3, 1, 1]));
        Ok(Self {
            conv: Conv2d::new(&at.at("resample.1"), [inputs, outputs], 3, 1)?,
            time_conv: time_conv.transpose()?,
        })
    }
}

impl Resample for Upsample {
    /// The first frame of a clip stays one; each later one becomes two.
    fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError> {
        let x = match &self.time_conv {
            Some(conv) => in_time(conv, x, cache.next())?,
            None => x.shallow_clone(),
        };
        let size = x.size();
        let (frames, height, width) = (size[2], size[3], size[4]);
        let exact = to_pictures(&x)?.f_to_kind(Kind::Float)?;
        // The reference takes "nearest-exact"; twice the size, both are the same.
        let large = exact.f_upsample_nearest2d([2 * height, 2 * width], None, None)?;
        to_frames(&self.conv.forward(&large.f_to_kind(x.kind())?, 1)?, frames)
    }
}

/// Doubles the frames of all chunks but the first. The second one has zeros before it, not the
/// first one.
fn in_time(conv: &CausalConv, x: &Tensor, slot: &mut Slot) -> Result<Tensor, ModelError> {
    if matches!(slot, Slot::Empty) {
        *slot = Slot::Passed;
        return Ok(x.shallow_clone());
    }
    let doubled = conv.apply(&conv.behind(x, slot.frames())?)?;
    let kept = match slot {
        Slot::Passed => last_frames(x, &[x.f_narrow(2, 0, 1)?.f_zeros_like()?])?,
        _ => last_frames(x, slot.frames())?,
    };
    *slot = Slot::Frames(kept);
    let channels = x.size()[1];
    Ok(doubled.f_unflatten(1, [2, channels])?.f_permute([0, 2, 3, 1, 4, 5])?.f_flatten(2, 3)?)
}

/// Half the size, and half the frames if it has `time_conv`: `WanResample`, downwards.
pub struct Downsample {
    conv: Conv2d,
    time_conv: Option<CausalConv>,
}

impl Downsample {
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, channels: i64, in_time: bool) -> Result<Self, ModelError> {
        let both = [channels, channels];
        let time_conv = match in_time {
            true => {
                let conv = CausalConv::new(&at.at("time_conv"), both, [3, 1, 1])?;
                Some(CausalConv { time_stride: 2, ..conv })
            }
            false => None,
        };
        Ok(Self { conv: Conv2d::new(&at.at("resample.1"), both, 3, 2)?, time_conv })
    }
}

impl Resample for Downsample {
    /// The first frame of a clip stays one; of each two later ones one is left.
    fn forward(&self, x: &Tensor, cache: &mut Cache) -> Result<Tensor, ModelError> {
        let frames = x.size()[2];
        let padded = to_pictures(x)?.f_constant_pad_nd([0, 1, 0, 1])?;
        let x = to_frames(&self.conv.forward(&padded, 0)?, frames)?;
        let Some(conv) = &self.time_conv else { return Ok(x) };
        let slot = cache.next();
        let last = tensor::copy(&x.f_narrow(2, frames - 1, 1)?)?;
        let out = match slot {
            Slot::Frames(before) => conv.apply(&join(before, &x)?)?,
            _ => x,
        };
        *slot = Slot::Frames(vec![last]);
        Ok(out)
    }
}
