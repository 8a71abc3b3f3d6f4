// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rotary positions (Su et al. 2021) in time, height and width: diffusers' `WanRotaryPosEmbed`.

use tch::{Device, Kind, Tensor};

use crate::{error::ModelError, tensor};

/// Cosine and sine of each token, `[1, tokens, 1, head / 2]` f32.
pub struct Rope {
    cos: Tensor,
    sin: Tensor,
}

impl Rope {
    /// For `grid` (time, height, width) tokens with heads of `head` channels.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(head: i64, grid: [i64; 3], device: Device) -> Result<Self, ModelError> {
        let side = 2 * (head / 6);
        let channels = [head - 2 * side, side, side];
        let [mut cos, mut sin] = [Vec::new(), Vec::new()];
        for (axis, channels) in channels.into_iter().enumerate() {
            let pairs = channels / 2;
            // In f64, as the reference does: position 100 of the fastest pair turns 16 times.
            let angle = |at: i64| {
                let (position, pair) = (at / pairs, at % pairs);
                position as f64 / 10_000_f64.powf(2.0 * pair as f64 / channels as f64)
            };
            let angles: Vec<f64> = (0..grid[axis] * pairs).map(angle).collect();
            for (all, value) in [(&mut cos, f64::cos as fn(f64) -> f64), (&mut sin, f64::sin)] {
                let values: Vec<f32> = angles.iter().map(|angle| value(*angle) as f32).collect();
                let mut shape = [1, 1, 1, pairs];
                shape[axis] = grid[axis];
                let [t, h, w] = grid;
                let spread =
                    tensor::from_f32(&values, &shape)?.f_expand([t, h, w, pairs], false)?;
                all.push(spread);
            }
        }
        let tokens: i64 = grid.iter().product();
        let join = |parts: &[Tensor]| -> Result<Tensor, ModelError> {
            Ok(Tensor::f_cat(parts, -1)?
                .f_reshape([1, tokens, 1, head / 2])?
                .f_to_device(device)?)
        };
        Ok(Self { cos: join(&cos)?, sin: join(&sin)? })
    }

    /// Turns `[B, tokens, heads, head]` by their positions.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let kind = x.kind();
        let pairs = x.f_to_kind(Kind::Float)?.f_unflatten(-1, [-1, 2])?;
        let (even, odd) = (pairs.f_select(-1, 0)?, pairs.f_select(-1, 1)?);
        let turned = Tensor::f_stack(
            &[
                even.f_mul(&self.cos)?.f_sub(&odd.f_mul(&self.sin)?)?,
                even.f_mul(&self.sin)?.f_add(&odd.f_mul(&self.cos)?)?,
            ],
            -1,
        )?;
        Ok(turned.f_flatten(-2, -1)?.f_to_kind(kind)?)
    }
}
