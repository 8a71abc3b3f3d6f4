// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both networks of a GAN: their layers, their first weights, and what they compute.

use tch::{Device, Tensor};

use super::{
    config::{GanConfig, Kind},
    conv, mlp,
};
use crate::{
    error::ModelError,
    random::{Purpose, Random},
    tensor::Params,
    weights::Wanted,
};

/// The slope of LeakyReLU below zero.
pub(super) const LEAK: f64 = 0.2;

/// Which of the two networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Makes pictures.
    Generator,
    /// Tells them from real ones.
    Discriminator,
}

/// A layer with a weight and a bias.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    name: String,
    weight: Vec<i64>,
    stride: i64,
}

impl Layer {
    pub fn linear(name: impl Into<String>, inputs: i64, outputs: i64) -> Self {
        Self { name: name.into(), weight: vec![outputs, inputs], stride: 1 }
    }

    /// A convolution of `kernel` x `kernel` pixels: 3 keeps the size, 4 halves it.
    pub fn conv(name: impl Into<String>, inputs: i64, outputs: i64, kernel: i64) -> Self {
        let stride = if kernel == 4 { 2 } else { 1 };
        Self { name: name.into(), weight: vec![outputs, inputs, kernel, kernel], stride }
    }

    /// Names and shapes of its parameters.
    fn params(&self) -> [(String, Vec<i64>); 2] {
        let bias = vec![self.weight[0]];
        [
            (format!("{}.weight", self.name), self.weight.clone()),
            (format!("{}.bias", self.name), bias),
        ]
    }

    pub fn apply(&self, params: &Params, x: &Tensor) -> Result<Tensor, ModelError> {
        let [weight, bias] = self.params().map(|(name, _)| name);
        let (weight, bias) = (find(params, &weight)?, find(params, &bias)?);
        if self.weight.len() == 2 {
            return Ok(x.f_linear(weight, Some(bias))?);
        }
        let stride = [self.stride; 2];
        Ok(x.f_conv2d(weight, Some(bias), stride, [1, 1], [1, 1], 1)?)
    }
}

fn find<'a>(params: &'a Params, name: &str) -> Result<&'a Tensor, ModelError> {
    params.get(name).ok_or_else(|| ModelError::Torch(format!("the parameter {name} is not loaded")))
}

/// max(x, leak * x).
pub(super) fn leaky_relu(x: &Tensor, leak: f64) -> Result<Tensor, ModelError> {
    // The binding of leaky_relu has the slope of PyTorch's default and no other.
    Ok(x.f_maximum(&x.f_mul_scalar(leak)?)?)
}

fn layers(config: &GanConfig, part: Part) -> Vec<Layer> {
    match (config.kind, part) {
        (Kind::Mlp, Part::Generator) => mlp::generator_layers(),
        (Kind::Mlp, Part::Discriminator) => mlp::discriminator_layers(),
        (Kind::Conv, Part::Generator) => conv::generator_layers(config.size),
        (Kind::Conv, Part::Discriminator) => conv::discriminator_layers(config.size),
    }
}

/// Names and shapes of the parameters of a part, in order.
#[must_use]
pub fn shapes(config: &GanConfig, part: Part) -> Vec<(String, Vec<i64>)> {
    layers(config, part).iter().flat_map(Layer::params).collect()
}

/// The same, as a file has them behind `prefix`.
#[must_use]
pub fn wanted(config: &GanConfig, part: Part, prefix: &str) -> Vec<Wanted> {
    let side = |side: &i64| u64::try_from(*side).unwrap_or_default();
    let one = |(name, shape): (String, Vec<i64>)| Wanted {
        name: format!("{prefix}{name}"),
        shape: shape.iter().map(side).collect(),
    };
    shapes(config, part).into_iter().map(one).collect()
}

/// The weights that a training starts from: normal, with a deviation that keeps the size of what
/// goes through (He et al. 2015, section 2.2, for the slope of LeakyReLU); no bias.
///
/// # Errors
/// When memory runs out.
pub fn first_weights(config: &GanConfig, part: Part, device: Device) -> Result<Params, ModelError> {
    let mut params = Params::new();
    let offset = if part == Part::Generator { 0 } else { 1 << 32 };
    for (number, (name, shape)) in (offset..).zip(shapes(config, part)) {
        let tensor = if shape.len() == 1 {
            Tensor::f_zeros(&shape, (tch::Kind::Float, device))?
        } else {
            let inputs: i64 = shape[1..].iter().product();
            let deviation = (2.0 / ((1.0 + LEAK * LEAK) * inputs as f64)).sqrt();
            let mut random = Random::new(config.seed, Purpose::Weights, number);
            random.normal(&shape, device)?.f_mul_scalar(deviation)?
        };
        params.insert(name, tensor);
    }
    Ok(params)
}

/// `latent` `[B, latent]` f32 to pictures `[B, 3, size, size]` f32 in -1..1.
///
/// # Errors
/// When memory runs out.
pub fn generate(
    config: &GanConfig,
    params: &Params,
    latent: &Tensor,
) -> Result<Tensor, ModelError> {
    match config.kind {
        Kind::Mlp => mlp::generate(params, latent),
        Kind::Conv => conv::generate(config.size, params, latent),
    }
}

/// Pictures `[B, 3, size, size]` f32 in -1..1 to the logit `[B, 1]` of their being real.
///
/// # Errors
/// When memory runs out.
pub fn discriminate(
    config: &GanConfig,
    params: &Params,
    pictures: &Tensor,
) -> Result<Tensor, ModelError> {
    match config.kind {
        Kind::Mlp => mlp::discriminate(params, pictures),
        Kind::Conv => conv::discriminate(config.size, params, pictures),
    }
}
