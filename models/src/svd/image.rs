// SPDX-License-Identifier: MIT OR Apache-2.0
//! The still as the image encoder of this model takes it: the whole picture in a square, which
//! bends it. Other models cut the middle out.

use tch::{Device, Tensor};

use crate::{error::ModelError, pillow::Picture, tensor};

/// The picture as `[1, 3, side, side]` f32 in 0..1: blurred as much as it is made smaller, and
/// interpolated by cubics (`_resize_with_antialiasing`).
///
/// # Errors
/// When the picture is too narrow to be blurred, or memory runs out.
pub fn square(picture: &Picture, side: i64) -> Result<Tensor, ModelError> {
    let (height, width) = (picture.height as i64, picture.width as i64);
    let image = tensor::from_rgb(&picture.bytes, [1, height, width], Device::Cpu)?;
    let blurred = blur(&image, width as f64 / side as f64, false)?;
    let blurred = blur(&blurred, height as f64 / side as f64, true)?;
    let small = blurred.f_upsample_bicubic2d([side, side], true, None, None)?;
    Ok(small.f_add_scalar(1.0)?.f_div_scalar(2.0)?)
}

/// Blurs rows, or columns, for a picture that is made smaller by `factor`.
fn blur(image: &Tensor, factor: f64, columns: bool) -> Result<Tensor, ModelError> {
    let sigma = ((factor - 1.0) / 2.0).max(0.001);
    let reach = ((4.0 * sigma).max(3.0) as i64) / 2;
    let weights: Vec<f32> = (-reach..=reach)
        .map(|x| (-((x * x) as f32) / (2.0 * (sigma * sigma) as f32)).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    let weights: Vec<f32> = weights.iter().map(|weight| weight / sum).collect();
    let length = weights.len() as i64;
    let (shape, padding) = match columns {
        true => ([1, 1, length, 1], [0, 0, reach, reach]),
        false => ([1, 1, 1, length], [reach, reach, 0, 0]),
    };
    let kernel = tensor::from_f32(&weights, &shape)?.f_repeat([3, 1, 1, 1])?;
    let none: Option<Tensor> = None;
    let padded = image.f_reflection_pad2d(padding)?;
    Ok(padded.f_conv2d(&kernel, none, [1, 1], [0, 0], [1, 1], 3)?)
}
