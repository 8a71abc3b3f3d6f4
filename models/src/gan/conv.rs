// SPDX-License-Identifier: MIT OR Apache-2.0
//! The convolutional pair: DCGAN (Radford, Metz and Chintala 2016, section 3) with three changes
//! that let it train on few pictures and render one at a time:
//!
//! * the generator enlarges by doubling pixels and convolves behind it, instead of a transposed
//!   convolution, whose overlaps show as a checkerboard (Odena, Dumoulin and Olah 2016);
//! * each pixel's features are normalized instead of each batch's (Karras et al. 2018, section
//!   4.2), so that a picture does not depend on those beside it; the discriminator has none;
//! * every picture that the discriminator sees is changed a little ([`super::augment`]).

use tch::Tensor;

use super::network::{LEAK, Layer, leaky_relu};
use crate::{error::ModelError, tensor::Params};

/// Width and height at which a picture starts.
const START: i64 = 4;
/// Numbers that a picture starts from.
const LATENT: i64 = 128;

/// Features at a width of `side` pixels.
fn features(side: i64) -> i64 {
    (1024 / side).clamp(16, 256)
}

/// The widths between the start and `size`, which is left out.
fn sides(size: u32) -> impl Iterator<Item = i64> {
    std::iter::successors(Some(2 * START), |side| Some(side * 2))
        .take_while(move |side| *side < i64::from(size))
}

/// The layers of the generator.
pub(super) fn generator_layers(size: u32) -> Vec<Layer> {
    let mut layers = vec![Layer::linear("start", LATENT, features(START) * START * START)];
    layers.extend(
        sides(size)
            .map(|side| Layer::conv(format!("up.{side}"), features(side / 2), features(side), 3)),
    );
    layers.push(Layer::conv("to_rgb", features(i64::from(size) / 2), 3, 3));
    layers
}

/// The layers of the discriminator.
pub(super) fn discriminator_layers(size: u32) -> Vec<Layer> {
    let size = i64::from(size);
    let mut layers = vec![Layer::conv(format!("down.{}", size / 2), 3, features(size / 2), 4)];
    let mut side = size / 4;
    while side >= START {
        layers.push(Layer::conv(format!("down.{side}"), features(side * 2), features(side), 4));
        side /= 2;
    }
    layers.push(Layer::linear("end", features(START) * START * START, 1));
    layers
}

/// `latent` `[B, 128]` to pictures `[B, 3, size, size]` f32 in -1..1.
pub(super) fn generate(size: u32, params: &Params, latent: &Tensor) -> Result<Tensor, ModelError> {
    let layers = generator_layers(size);
    let [start, ups @ .., to_rgb] = &layers[..] else { return Ok(latent.shallow_clone()) };
    let x = start.apply(params, &normalize(latent)?)?;
    let mut x = x.f_view([-1, features(START), START, START])?;
    x = normalize(&leaky_relu(&x, LEAK)?)?;
    for up in ups {
        x = normalize(&leaky_relu(&up.apply(params, &double(&x)?)?, LEAK)?)?;
    }
    Ok(to_rgb.apply(params, &double(&x)?)?.f_tanh()?)
}

/// Pictures `[B, 3, size, size]` f32 in -1..1 to the logit `[B, 1]` of their being real.
pub(super) fn discriminate(
    size: u32,
    params: &Params,
    pictures: &Tensor,
) -> Result<Tensor, ModelError> {
    let layers = discriminator_layers(size);
    let [downs @ .., end] = &layers[..] else { return Ok(pictures.shallow_clone()) };
    let mut x = pictures.shallow_clone();
    for down in downs {
        x = leaky_relu(&down.apply(params, &x)?, LEAK)?;
    }
    end.apply(params, &x.f_flatten(1, -1)?)
}

/// Each pixel's features `[B, C, ...]` at a mean square of 1.
fn normalize(x: &Tensor) -> Result<Tensor, ModelError> {
    let square = x.f_square()?.f_mean_dim(Some(&[1_i64][..]), true, None)?;
    Ok(x.f_mul(&square.f_add_scalar(1e-8)?.f_rsqrt()?)?)
}

/// `[B, C, H, W]` to `[B, C, 2H, 2W]`, each pixel four times.
fn double(x: &Tensor) -> Result<Tensor, ModelError> {
    let side = |dim: usize| x.size().get(dim).map_or(0, |side| side * 2);
    Ok(x.f_upsample_nearest2d([side(2), side(3)], None, None)?)
}
