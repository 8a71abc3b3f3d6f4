// SPDX-License-Identifier: MIT OR Apache-2.0
//! Products with matrices of 8-bit integers. Each row of a matrix and each token has a scale of its
//! own, found when it comes (Dettmers et al. 2022, section 2.1, without its outliers): a quarter of
//! the memory, and on CPUs that multiply bytes faster too.

use tch::{Kind, Tensor};

use crate::error::ModelError;

/// The largest value of a scaled row.
const LARGEST: f64 = 127.0;
/// Kernels of GPUs take more than 16 rows.
const FEWEST_ROWS: i64 = 32;

/// A matrix of a linear layer.
pub struct Int8Matrix {
    /// `[inputs, outputs]` i8.
    values: Tensor,
    /// `[outputs]` f32.
    scales: Tensor,
}

/// Rows `[N, K]` as i8, and what each is larger by, `[N, 1]` f32.
fn quantise(rows: &Tensor) -> Result<(Tensor, Tensor), ModelError> {
    let rows = rows.f_to_kind(Kind::Float)?;
    // A row of zeros stays one.
    let scales = rows.f_abs()?.f_amax([1].as_slice(), true)?.f_clamp_min(1e-30)?;
    let scales = scales.f_div_scalar(LARGEST)?;
    Ok((rows.f_div(&scales)?.f_round()?.f_to_kind(Kind::Int8)?, scales))
}

impl Int8Matrix {
    /// Whether kernels take a matrix of these sides.
    #[must_use]
    pub fn fits(inputs: i64, outputs: i64) -> bool {
        inputs % 8 == 0 && outputs % 8 == 0
    }

    /// Of a weight `[outputs, inputs]`.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(weight: &Tensor) -> Result<Self, ModelError> {
        let (values, scales) = quantise(weight)?;
        Ok(Self { values: values.f_t_copy()?, scales: scales.f_squeeze_dim(1)? })
    }

    /// `[..., inputs]` to `[..., outputs]`, in the type that comes.
    ///
    /// # Errors
    /// When shapes do not fit, or memory runs out.
    pub fn product(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        let mut size = x.size();
        let inputs = size.pop().unwrap_or_default();
        let (mut rows, scales) = quantise(&x.f_reshape([-1, inputs])?)?;
        let count = rows.size()[0];
        if count < FEWEST_ROWS {
            rows = rows.f_constant_pad_nd([0, 0, 0, FEWEST_ROWS - count])?;
        }
        let sums = rows.f_internal_int_mm(&self.values)?.f_narrow(0, 0, count)?;
        let product = sums.f_to_kind(Kind::Float)?.f_mul(&scales)?.f_mul(&self.scales)?;
        size.extend(self.scales.size());
        Ok(product.f_to_kind(x.kind())?.f_reshape(size)?)
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn noise(shape: [i64; 2], phase: f64) -> Tensor {
        let at = Tensor::arange(shape[0] * shape[1], (Kind::Float, Device::Cpu));
        (at * 12.9898 + phase).sin().reshape(shape)
    }

    #[test]
    fn a_product_is_near_the_exact_one() {
        for rows in [1, 40] {
            let (x, weight) = (noise([rows, 64], 0.0), noise([24, 64], 1.0));
            // Rows of very different size do not harm each other.
            let x =
                x * Tensor::linspace(0.01, 100.0, rows, (Kind::Float, Device::Cpu)).unsqueeze(1);
            let want = x.linear::<&Tensor>(&weight, None);
            let got = Int8Matrix::new(&weight).unwrap().product(&x).unwrap();
            let largest = want.abs().amax([1].as_slice(), true);
            let off = ((got - want).abs() / largest).max().double_value(&[]);
            assert!(off < 0.03 && off > 0.0, "{off}");
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let zeros = Tensor::zeros([3, 16], (Kind::Float, Device::Cpu));
        let matrix = Int8Matrix::new(&zeros.narrow(0, 0, 2).repeat([4, 1])).unwrap();
        assert_eq!(matrix.product(&zeros).unwrap().abs().max().double_value(&[]), 0.0);
    }
}
