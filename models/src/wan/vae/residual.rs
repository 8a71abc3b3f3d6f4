// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shortcuts of Wan 2.2's VAE around a whole stage: pixels and frames become channels and back,
//! without a parameter (`AvgDown3D`, `DupUp3D`).

use tch::Tensor;

use crate::error::ModelError;

/// Frames, rows and columns that become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factors {
    /// Frames.
    pub time: i64,
    /// Rows, and columns.
    pub space: i64,
}

impl Factors {
    fn product(self) -> i64 {
        self.time * self.space * self.space
    }
}

/// `[B, C, T, H, W]` to `[B, outputs, T / time, H / space, W / space]`: the mean of what comes
/// together.
///
/// # Errors
/// When shapes do not fit, or memory runs out.
pub fn average_down(x: &Tensor, outputs: i64, factors: Factors) -> Result<Tensor, ModelError> {
    let Factors { time, space } = factors;
    let missing = (time - x.size()[2] % time) % time;
    let x = x.f_constant_pad_nd([0, 0, 0, 0, missing, 0])?;
    let x =
        x.f_unflatten(4, [-1, space])?.f_unflatten(3, [-1, space])?.f_unflatten(2, [-1, time])?;
    let x = x.f_permute([0, 1, 3, 5, 7, 2, 4, 6])?.f_flatten(1, 4)?;
    Ok(x.f_unflatten(1, [outputs, -1])?.f_mean_dim(2, false, None)?)
}

/// `[B, inputs, T, H, W]` to `[B, outputs, T * time, H * space, W * space]`: each channel is given
/// to as many places as there are. Of the first chunk of a clip the last of its frames is left.
///
/// # Errors
/// When shapes do not fit, or memory runs out.
pub fn repeat_up(
    x: &Tensor,
    outputs: i64,
    factors: Factors,
    first_chunk: bool,
) -> Result<Tensor, ModelError> {
    let Factors { time, space } = factors;
    let repeats = outputs * factors.product() / x.size()[1].max(1);
    let x = x.f_repeat_interleave_self_int(repeats, 1, None)?;
    let x = x.f_unflatten(1, [outputs, time, space, space])?;
    let x = x.f_permute([0, 1, 5, 2, 6, 3, 7, 4])?;
    let x = x.f_flatten(6, 7)?.f_flatten(4, 5)?.f_flatten(2, 3)?;
    if !first_chunk {
        return Ok(x);
    }
    Ok(x.f_narrow(2, time - 1, x.size()[2] - time + 1)?)
}

/// Squares of `side` pixels become channels: `patchify`.
///
/// # Errors
/// When the sides are no whole squares, or memory runs out.
pub fn patchify(x: &Tensor, side: i64) -> Result<Tensor, ModelError> {
    let x = x.f_unflatten(4, [-1, side])?.f_unflatten(3, [-1, side])?;
    Ok(x.f_permute([0, 1, 6, 4, 2, 3, 5])?.f_flatten(1, 3)?)
}

/// The way back: `unpatchify`.
///
/// # Errors
/// When the channels are no whole squares, or memory runs out.
pub fn unpatchify(x: &Tensor, side: i64) -> Result<Tensor, ModelError> {
    let x = x.f_unflatten(1, [-1, side, side])?.f_permute([0, 1, 4, 5, 3, 6, 2])?;
    Ok(x.f_flatten(5, 6)?.f_flatten(3, 4)?)
}
