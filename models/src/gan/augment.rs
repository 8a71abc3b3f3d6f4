// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changes what a discriminator sees, real or made, so that it cannot learn few pictures by heart:
//! colour, place and a hole, as in DiffAugment (Zhao et al. 2020, section 3). Gradients pass.

use tch::{Kind, Tensor};

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
    let (mut rows, mut columns) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let mut place = || random.below(2 * most as usize + 1) as i64;
        let (top, left) = (place(), place());
        rows.extend(top..top + side);
        match random.unit() < 0.5 {
            true => columns.extend((left..left + side).rev()),
            false => columns.extend(left..left + side),
        }
    }
    // Two lookups for the whole batch: a GPU waits for each small operation on a picture.
    let wide = pictures.f_constant_pad_nd([most; 4])?;
    let lookup = |places: Vec<i64>, shape: [i64; 4]| {
        let bytes: Vec<u8> = places.iter().flat_map(|place| place.to_le_bytes()).collect();
        let places = tensor::from_bytes(&bytes, &shape, Kind::Int64)?;
        Ok::<_, ModelError>(places.f_to_device(pictures.device())?)
    };
    let rows = lookup(rows, [count, 1, side, 1])?.f_expand([-1, 3, -1, side + 2 * most], false)?;
    let columns = lookup(columns, [count, 1, 1, side])?.f_expand([-1, 3, side, -1], false)?;
    Ok(wide.f_gather(2, &rows, false)?.f_gather(3, &columns, false)?)
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

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::random::Purpose;

    #[test]
    fn a_shift_moves_and_flips_and_loses_nothing_in_the_middle() {
        let ramp = Tensor::arange(64 * 64, (Kind::Float, Device::Cpu)).view([1, 1, 64, 64]) + 1.0;
        let pictures = ramp.expand([16, 3, -1, -1], false);
        let shifted = shift(&pictures, &mut Random::new(1, Purpose::Step, 1)).unwrap();
        assert_eq!(shifted.size(), pictures.size());
        let mut flips = 0;
        for picture in 0..16 {
            let at = |y, x| shifted.double_value(&[picture, 0, y, x]);
            let step = at(30, 31) - at(30, 30);
            assert_eq!(step.abs(), 1.0);
            assert_eq!(at(31, 30) - at(30, 30), 64.0);
            flips += i32::from(step < 0.0);
        }
        assert!((1..16).contains(&flips), "{flips}");
    }

    #[test]
    fn gradients_pass() {
        let pictures = Tensor::zeros([4, 3, 64, 64], (Kind::Float, Device::Cpu));
        let pictures = pictures.set_requires_grad(true);
        let mut random = Random::new(1, Purpose::Step, 2);
        let sum = augment(&pictures, &mut random).unwrap().square().sum(Kind::Float);
        let gradient = Tensor::run_backward(&[sum], &[&pictures], false, false);
        assert!(gradient[0].abs().max().double_value(&[]) > 0.0);
    }
}
