// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changes what a discriminator sees, real or made, so that it cannot learn few pictures by heart:
//! colour, place and a hole, as in DiffAugment (Zhao et al. 2020, section 3). Gradients pass.

use tch::Tensor;

use crate::{error::ModelError, random::Random, tensor};

/// Changes each of `pictures` `[B, 3, S, S]` f32 in its own way.
///
/// # Errors
/// When memory runs out.
pub fn augment(pictures: &Tensor, random: &mut Random) -> Result<Tensor, ModelError> {
    let coloured = colour(pictures, random)?;
    cut(&shift(&coloured, random)?, random)
}

/// One number for each picture, `[B, 1, 1, 1]`.
fn each(
    pictures: &Tensor,
    random: &mut Random,
    of: impl Fn(f32) -> f32,
) -> Result<Tensor, ModelError> {
    let count = pictures.size()[0];
    let values: Vec<f32> = (0..count).map(|_| of(random.unit())).collect();
    Ok(tensor::from_f32(&values, &[count, 1, 1, 1])?.f_to_device(pictures.device())?)
}

/// Brightness by half of the range, saturation 0..2, contrast 0.5..1.5.
fn colour(pictures: &Tensor, random: &mut Random) -> Result<Tensor, ModelError> {
    let x = pictures.f_add(&each(pictures, random, |unit| unit - 0.5)?)?;
    let gray = x.f_mean_dim(Some(&[1_i64][..]), true, None)?;
    let x = x.f_sub(&gray)?.f_mul(&each(pictures, random, |unit| 2.0 * unit)?)?.f_add(&gray)?;
    let mean = x.f_mean_dim(Some(&[1_i64, 2, 3][..]), true, None)?;
    Ok(x.f_sub(&mean)?.f_mul(&each(pictures, random, |unit| 0.5 + unit)?)?.f_add(&mean)?)
}

/// Moves by up to an eighth of the side, and flips half of them; what comes in is gray.
fn shift(pictures: &Tensor, random: &mut Random) -> Result<Tensor, ModelError> {
    let [count, _, side, _] = pictures.size()[..] else { return Ok(pictures.shallow_clone()) };
    let most = side / 8;
    let wide = pictures.f_constant_pad_nd([most; 4])?;
    let mut moved = Vec::new();
    for picture in 0..count {
        let mut place = || random.below(2 * most as usize + 1) as i64;
        let (top, left) = (place(), place());
        let part = wide.f_narrow(0, picture, 1)?.f_narrow(2, top, side)?.f_narrow(3, left, side)?;
        moved.push(if random.unit() < 0.5 { part.f_flip([3_i64])? } else { part });
    }
    Ok(Tensor::f_cat(&moved, 0)?)
}

/// Leaves out a square of half the side somewhere.
fn cut(pictures: &Tensor, random: &mut Random) -> Result<Tensor, ModelError> {
    let [count, _, side, _] = pictures.size()[..] else { return Ok(pictures.shallow_clone()) };
    let side = side as usize;
    let mut mask = vec![1.0; count as usize * side * side];
    for picture in mask.chunks_exact_mut(side * side) {
        let mut range = || {
            let middle = random.below(side + 1);
            middle.saturating_sub(side / 4)..(middle + side / 4).min(side)
        };
        let (rows, columns) = (range(), range());
        for row in rows {
            picture[row * side + columns.start..row * side + columns.end].fill(0.0);
        }
    }
    let mask = tensor::from_f32(&mask, &[count, 1, side as i64, side as i64])?;
    Ok(pictures.f_mul(&mask.f_to_device(pictures.device())?)?)
}
