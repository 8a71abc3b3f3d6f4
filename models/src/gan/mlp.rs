// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fully connected pair: generator 100 - 256 - 512 - 1024 - 64x64x3, discriminator
//! 12288 - 1024 - 512 - 256 - 1, LeakyReLU 0.2 between, tanh and sigmoid at the ends (Goodfellow
//! et al. 2014, in the form that most introductions give it). The sigmoid is left to the loss,
//! where it cannot overflow.

use tch::Tensor;

use super::network::{LEAK, Layer};
use crate::{error::ModelError, tensor::Params};

/// Numbers between the layers of the generator.
const WIDTHS: [i64; 5] = [100, 256, 512, 1024, 64 * 64 * 3];
/// The same for the discriminator.
const NARROWS: [i64; 5] = [64 * 64 * 3, 1024, 512, 256, 1];

fn layers(widths: &[i64; 5]) -> Vec<Layer> {
    let pairs = widths.windows(2).enumerate();
    pairs.map(|(i, pair)| Layer::linear(i.to_string(), pair[0], pair[1])).collect()
}

/// The layers of the generator.
pub(super) fn generator_layers() -> Vec<Layer> {
    layers(&WIDTHS)
}

/// The layers of the discriminator.
pub(super) fn discriminator_layers() -> Vec<Layer> {
    layers(&NARROWS)
}

/// `latent` `[B, 100]` to pictures `[B, 3, 64, 64]` f32 in -1..1.
pub(super) fn generate(params: &Params, latent: &Tensor) -> Result<Tensor, ModelError> {
    Ok(forward(&generator_layers(), params, latent)?.f_tanh()?.f_view([-1, 3, 64, 64])?)
}

/// Pictures `[B, 3, 64, 64]` f32 in -1..1 to the logit `[B, 1]` of their being real.
pub(super) fn discriminate(params: &Params, pictures: &Tensor) -> Result<Tensor, ModelError> {
    forward(&discriminator_layers(), params, &pictures.f_flatten(1, -1)?)
}

fn forward(layers: &[Layer], params: &Params, input: &Tensor) -> Result<Tensor, ModelError> {
    let (last, first) =
        layers.split_last().map_or((None, layers), |(last, first)| (Some(last), first));
    let mut x = input.shallow_clone();
    for layer in first {
        x = super::network::leaky_relu(&layer.apply(params, &x)?, LEAK)?;
    }
    match last {
        Some(last) => last.apply(params, &x),
        None => Ok(x),
    }
}
