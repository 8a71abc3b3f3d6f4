// SPDX-License-Identifier: MIT OR Apache-2.0
//! The layers that the ported networks are made of, and where their parameters come from.
//!
//! A network is built twice by the same code: once to learn which tensors it needs, so that
//! everything that is wrong with a file is told in one message, and once to read them.

use std::cell::RefCell;

use stillmotion_engine::worker::protocol::Precision;
use tch::{Device, Kind, Tensor};

use crate::{
    error::ModelError,
    int8::Int8Matrix,
    tensor,
    weights::{Wanted, Weights},
};

/// What a network computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The type of its parameters.
    pub kind: Kind,
    /// Whether its large matrices are 8-bit integers instead.
    pub int8: bool,
}

impl From<Kind> for Numbers {
    fn from(kind: Kind) -> Self {
        Self { kind, int8: false }
    }
}

impl Numbers {
    /// Those of a precision, where `auto` is what suits the device.
    #[must_use]
    pub fn of(precision: Precision, auto: Kind) -> Self {
        let kind = match precision {
            Precision::Auto | Precision::Int8 => auto,
            Precision::F32 => Kind::Float,
            Precision::Bf16 => Kind::BFloat16,
            Precision::F16 => Kind::Half,
        };
        Self { kind, int8: precision == Precision::Int8 }
    }
}

/// How many parameters a network has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    all: u64,
    /// Those in matrices that can be 8-bit integers.
    large: u64,
}

impl Count {
    /// Of the network that `build` makes.
    ///
    /// # Errors
    /// What `build` finds wrong with its configuration.
    pub fn of<T>(
        build: impl Fn(&Builder<'_>) -> Result<T, ModelError>,
    ) -> Result<Self, ModelError> {
        let asked = asked(build)?;
        let all = asked.wanted.iter().map(|wanted| wanted.shape.iter().product::<u64>()).sum();
        Ok(Self { all, large: asked.large })
    }

    /// Bytes of memory that they take.
    #[must_use]
    pub fn bytes(&self, numbers: Numbers) -> u64 {
        let int8 = if numbers.int8 { self.large } else { 0 };
        int8 + (self.all - int8) * numbers.kind.elt_size_in_bytes() as u64
    }
}

/// What a network asks for.
#[derive(Default)]
struct Asked {
    wanted: Vec<Wanted>,
    large: u64,
}

/// Where parameters come from.
enum Source<'a> {
    /// Nowhere: it is only noted which ones are asked for.
    Ask(RefCell<Asked>),
    /// From files.
    Read { weights: &'a Weights, device: Device, numbers: Numbers },
}

/// Hands out the parameters of a network, by the names that they have in its file.
pub struct Builder<'a> {
    source: &'a Source<'a>,
    prefix: String,
}

/// Reads a network: `build` asks a [`Builder`] for all parameters of it. They come as `numbers`, on
/// `device`. Tensors for which `ignored` says yes may be in the file beside them.
///
/// # Errors
/// [`ModelError::Weights`] lists every parameter that is missing, superfluous or of another shape.
pub fn load<T>(
    weights: &Weights,
    device: Device,
    numbers: impl Into<Numbers>,
    ignored: impl Fn(&str) -> bool,
    build: impl Fn(&Builder<'_>) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    check(weights, ignored, &build)?;
    read(weights, device, numbers, build)
}

/// Reads a part of a network whose file was checked.
///
/// # Errors
/// When it cannot be read, or holds what is no number.
pub fn read<T>(
    weights: &Weights,
    device: Device,
    numbers: impl Into<Numbers>,
    build: impl Fn(&Builder<'_>) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let read = Source::Read { weights, device, numbers: numbers.into() };
    build(&Builder { source: &read, prefix: String::new() })
}

/// Makes sure that a file has the network that `build` makes, without reading it.
///
/// # Errors
/// As [`load`], but for values that are no numbers.
pub fn check<T>(
    weights: &Weights,
    ignored: impl Fn(&str) -> bool,
    build: impl Fn(&Builder<'_>) -> Result<T, ModelError>,
) -> Result<(), ModelError> {
    Ok(weights.check(&asked(&build)?.wanted, ignored)?)
}

/// The parameters that `build` asks for.
///
/// # Errors
/// What `build` finds wrong with its configuration.
fn asked<T>(build: impl Fn(&Builder<'_>) -> Result<T, ModelError>) -> Result<Asked, ModelError> {
    let ask = Source::Ask(RefCell::default());
    build(&Builder { source: &ask, prefix: String::new() })?;
    let Source::Ask(asked) = ask else { return Ok(Asked::default()) };
    Ok(asked.into_inner())
}

impl Builder<'_> {
    /// The part of the network whose names start with `name`.
    #[must_use]
    pub fn at(&self, name: impl std::fmt::Display) -> Self {
        let prefix = format!("{}{name}.", self.prefix);
        Self { source: self.source, prefix }
    }

    /// A parameter in the type of the network.
    ///
    /// # Errors
    /// When it cannot be read, or holds what is no number.
    pub fn tensor(&self, name: &str, shape: &[i64]) -> Result<Tensor, ModelError> {
        match self.source {
            Source::Ask(_) => self.tensor_f32(name, shape),
            Source::Read { numbers, .. } => {
                Ok(self.tensor_f32(name, shape)?.f_to_kind(numbers.kind)?)
            }
        }
    }

    /// The kernel of a convolution `[outputs, inputs, ...]`. On a CPU the channels lie next to each
    /// other in memory, and so they do in what comes out: oneDNN takes them as they are, where it
    /// else copies each input and output into an order of its own.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub fn kernel(&self, name: &str, shape: &[i64]) -> Result<Tensor, ModelError> {
        let kernel = self.tensor(name, shape)?;
        match self.source {
            Source::Read { device: Device::Cpu, .. } => {
                let last = shape.len() as i64 - 1;
                Ok(kernel.f_movedim_int(1, last)?.f_contiguous()?.f_movedim_int(last, 1)?)
            }
            _ => Ok(kernel),
        }
    }

    /// A parameter that stays f32 whatever the type of the network is.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub fn tensor_f32(&self, name: &str, shape: &[i64]) -> Result<Tensor, ModelError> {
        let name = format!("{}{name}", self.prefix);
        match self.source {
            Source::Ask(asked) => {
                let shape = shape.iter().map(|side| u64::try_from(*side).unwrap_or_default());
                asked.borrow_mut().wanted.push(Wanted { name, shape: shape.collect() });
                Ok(Tensor::f_empty([0], (Kind::Float, Device::Cpu))?)
            }
            Source::Read { weights, device, .. } => {
                Ok(tensor::load_one(weights, &name)?.f_to_device(*device)?)
            }
        }
    }
}

/// y = x W^T + b.
pub struct Linear {
    matrix: Matrix,
    bias: Option<Tensor>,
}

enum Matrix {
    Exact(Tensor),
    Int8(Int8Matrix),
}

impl Matrix {
    /// One of the matrices that most of a network consists of, and most of its time goes into.
    fn large(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        let (shape, fits) = ([outputs, inputs], Int8Matrix::fits(inputs, outputs));
        match at.source {
            Source::Read { numbers, .. } if numbers.int8 && fits => {
                Ok(Self::Int8(Int8Matrix::new(&at.tensor_f32("weight", &shape)?)?))
            }
            Source::Ask(asked) if fits => {
                asked.borrow_mut().large += (inputs * outputs).unsigned_abs();
                Ok(Self::Exact(at.tensor("weight", &shape)?))
            }
            _ => Ok(Self::Exact(at.tensor("weight", &shape)?)),
        }
    }
}

impl Linear {
    /// With a bias.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        let matrix = Matrix::Exact(at.tensor("weight", &[outputs, inputs])?);
        Ok(Self { matrix, bias: Some(at.tensor("bias", &[outputs])?) })
    }

    /// With a bias, and a matrix that may be one of 8-bit integers.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn large(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        let matrix = Matrix::large(at, inputs, outputs)?;
        Ok(Self { matrix, bias: Some(at.tensor("bias", &[outputs])?) })
    }

    /// As [`Self::large`] without a bias.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn large_without_bias(
        at: &Builder<'_>,
        inputs: i64,
        outputs: i64,
    ) -> Result<Self, ModelError> {
        Ok(Self { matrix: Matrix::large(at, inputs, outputs)?, bias: None })
    }

    /// Without a bias.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn without_bias(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        let matrix = Matrix::Exact(at.tensor("weight", &[outputs, inputs])?);
        Ok(Self { matrix, bias: None })
    }

    /// With a bias, kept in f32.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new_f32(at: &Builder<'_>, inputs: i64, outputs: i64) -> Result<Self, ModelError> {
        let matrix = Matrix::Exact(at.tensor_f32("weight", &[outputs, inputs])?);
        Ok(Self { matrix, bias: Some(at.tensor_f32("bias", &[outputs])?) })
    }

    /// `[..., inputs]` to `[..., outputs]`.
    ///
    /// # Errors
    /// When shapes or types do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        match (&self.matrix, &self.bias) {
            (Matrix::Exact(weight), bias) => exact_product(x, weight, bias.as_ref()),
            (Matrix::Int8(matrix), Some(bias)) => Ok(matrix.product(x)?.f_add_(bias)?),
            (Matrix::Int8(matrix), None) => matrix.product(x),
        }
    }

    /// The type that its input must have; 8-bit integers take any.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.matrix {
            Matrix::Exact(weight) => weight.kind(),
            Matrix::Int8(_) => Kind::Float,
        }
    }
}

/// From so many rows on, a convolution is the quicker product on a CPU.
const MANY_ROWS: i64 = 1024;

/// x W^T + b. On a CPU libtorch gives a product of f32 matrices to MKL and a convolution to oneDNN,
/// which has kernels for the processors of all makers: with one pixel for each token, none of them
/// copied, it takes a tenth less time for many tokens.
fn exact_product(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, ModelError> {
    let mut size = x.size();
    let inputs = size.pop().unwrap_or_default();
    let rows: i64 = size.iter().product();
    let fits = weight.size().last() == Some(&inputs);
    let on_cpu = x.device() == Device::Cpu && x.kind() == Kind::Float;
    if !on_cpu || rows < MANY_ROWS || !fits {
        return Ok(x.f_linear(weight, bias)?);
    }
    let pixels = x.f_reshape([1, rows, 1, inputs])?.f_permute([0, 3, 1, 2])?;
    let kernel = weight.f_unsqueeze(-1)?.f_unsqueeze(-1)?;
    let product = pixels.f_conv2d(&kernel, bias, [1, 1], [0, 0], [1, 1], 1)?;
    size.push(weight.size()[0]);
    Ok(product.f_permute([0, 2, 3, 1])?.f_reshape(size)?)
}

/// Normalises the last dimension to mean 0 and variance 1, in f32 (diffusers' `FP32LayerNorm`).
pub struct LayerNorm {
    size: i64,
    eps: f64,
    affine: Option<[Tensor; 2]>,
}

impl LayerNorm {
    /// With weight and bias.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn affine(at: &Builder<'_>, size: i64, eps: f64) -> Result<Self, ModelError> {
        let affine = [at.tensor_f32("weight", &[size])?, at.tensor_f32("bias", &[size])?];
        Ok(Self { size, eps, affine: Some(affine) })
    }

    /// Without parameters.
    #[must_use]
    pub fn plain(size: i64, eps: f64) -> Self {
        Self { size, eps, affine: None }
    }

    /// `[..., size]` to the same in f32.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let (weight, bias) = match &self.affine {
            Some([weight, bias]) => (Some(weight), Some(bias)),
            None => (None, None),
        };
        Ok(x.f_to_kind(Kind::Float)?.f_layer_norm([self.size], weight, bias, self.eps, false)?)
    }
}

/// Normalises the last dimension to a root mean square of 1 (Zhang and Sennrich 2019).
pub struct RmsNorm {
    weight: Tensor,
    eps: f64,
}

impl RmsNorm {
    /// With its weight.
    ///
    /// # Errors
    /// As [`Builder::tensor`].
    pub fn new(at: &Builder<'_>, size: i64, eps: f64) -> Result<Self, ModelError> {
        Ok(Self { weight: at.tensor("weight", &[size])?, eps })
    }

    /// `[..., size]` to the same.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        Ok(x.f_rms_norm(self.weight.size(), Some(&self.weight), self.eps)?)
    }
}

/// More or less attention of some queries to some keys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyBias {
    /// So many tokens are first: queries behind them look at their keys.
    pub first: i64,
    /// What is added to the logits, in nats.
    pub logits: f64,
}

/// As [`attention`], with `bias` on what the tokens behind the first ones see of these. There is no
/// mask, which fast kernels do not take: each head has eight channels more, whose product is the
/// bias.
///
/// # Errors
/// As [`attention`].
pub fn biased_attention([q, k, v]: [&Tensor; 3], bias: KeyBias) -> Result<Tensor, ModelError> {
    const MORE: i64 = 8;
    let size = q.size();
    let [tokens, head] = size[2..] else {
        return Err(ModelError::Torch("queries have four dimensions".to_owned()));
    };
    let zeros = q.f_narrow(3, 0, 1)?.f_zeros_like()?;
    let marked = |start: i64, count: i64, value: f64| -> Result<Tensor, ModelError> {
        let marked = zeros.f_zeros_like()?;
        let _ = marked.f_narrow(2, start, count)?.f_fill_(value)?;
        Ok(marked.f_constant_pad_nd([0, MORE - 1])?)
    };
    let scale = (head as f64).sqrt();
    let asks = marked(bias.first, tokens - bias.first, 1.0)?;
    let is_asked = marked(0, bias.first, bias.logits * scale)?;
    let q = Tensor::f_cat(&[q, &asks], 3)?;
    let k = Tensor::f_cat(&[k, &is_asked], 3)?;
    let v = v.f_constant_pad_nd([0, MORE])?;
    Ok(scaled_attention([&q, &k, &v], None, Some(1.0 / scale))?.f_narrow(3, 0, head)?)
}

/// Attention of queries to keys, `[B, heads, S, D]` each.
///
/// # Errors
/// When shapes do not fit, or memory runs out.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor, ModelError> {
    scaled_attention([q, k, v], None, None)
}

/// As [`attention`], with `mask` `[1, 1, 1, S of the keys]` added to the logits.
///
/// # Errors
/// As [`attention`].
pub fn masked_attention(qkv: [&Tensor; 3], mask: &Tensor) -> Result<Tensor, ModelError> {
    scaled_attention(qkv, Some(mask), None)
}

/// As [`masked_attention`], with another factor than 1 / sqrt(D).
fn scaled_attention(
    [q, k, v]: [&Tensor; 3],
    mask: Option<&Tensor>,
    scale: Option<f64>,
) -> Result<Tensor, ModelError> {
    Ok(Tensor::f_scaled_dot_product_attention(q, k, v, mask, 0.0, false, scale, false)?)
}

/// The waves of a time, `[1, channels]` f32: cosines, then sines (Vaswani et al. 2017, section 3.5).
///
/// # Errors
/// When memory runs out.
pub fn time_waves(time: f64, channels: i64, device: Device) -> Result<Tensor, ModelError> {
    let half = channels / 2;
    let steps = Tensor::f_arange(half, (Kind::Float, device))?;
    let rates = steps.f_mul_scalar(-(10_000_f64.ln()))?.f_div_scalar(half as f64)?.f_exp()?;
    let angles = rates.f_mul_scalar(time)?.f_unsqueeze(0)?;
    Ok(Tensor::f_cat(&[angles.f_cos()?, angles.f_sin()?], 1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_rows_are_multiplied_as_few_are() {
        let noise = |shape: &[i64], phase: f64| {
            let at = Tensor::arange(shape.iter().product::<i64>(), (Kind::Float, Device::Cpu));
            (at * 12.9898 + phase).sin().reshape(shape)
        };
        let (weight, bias) = (noise(&[24, 40], 0.0), noise(&[24], 1.0));
        let rows = noise(&[2, 700, 40], 2.0);
        // Also of what does not lie in memory as it is counted.
        for x in [rows.shallow_clone(), noise(&[2, 40, 700], 2.0).transpose(1, 2)] {
            for bias in [Some(&bias), None] {
                let got = exact_product(&x, &weight, bias).unwrap();
                assert_eq!(got.size(), [2, 700, 24]);
                let want = x.linear(&weight, bias);
                assert!((got - want).abs().max().double_value(&[]) < 1e-5);
            }
        }
        assert!(exact_product(&rows, &noise(&[24, 41], 0.0), None).is_err());
    }

    #[test]
    fn a_bias_is_what_a_mask_would_do() {
        let part = |phase: f64| {
            let at = Tensor::arange(2 * 3 * 7 * 4, (Kind::Float, Device::Cpu));
            (at * 0.7 + phase).sin().reshape([2, 3, 7, 4])
        };
        let (q, k, v) = (part(0.0), part(1.0), part(2.0));
        for logits in [-1.0, 0.4] {
            let mask = Tensor::zeros([7, 7], (Kind::Float, Device::Cpu));
            let _ = mask.narrow(0, 2, 5).narrow(1, 0, 2).fill_(logits);
            let want = Tensor::scaled_dot_product_attention(
                &q,
                &k,
                &v,
                Some(mask),
                0.0,
                false,
                None,
                false,
            );
            let got = biased_attention([&q, &k, &v], KeyBias { first: 2, logits }).unwrap();
            assert!((got - want).abs().max().double_value(&[]) < 1e-6);
        }
    }
}
