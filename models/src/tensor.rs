// SPDX-License-Identifier: MIT OR Apache-2.0
//! Between bytes and tensors. Nothing else calls the constructors that trust a length.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use crate::{
    error::ModelError,
    weights::{self, Dtype, Problem, Wanted, Weights},
};

/// The parameters of a network by name, f32.
pub type Params = BTreeMap<String, Tensor>;

/// A tensor of `shape` out of the bytes of its elements, on the CPU.
///
/// # Errors
/// When there are not exactly as many bytes as the shape has, or memory runs out.
pub fn from_bytes(bytes: &[u8], shape: &[i64], kind: Kind) -> Result<Tensor, ModelError> {
    let elements = shape.iter().try_fold(1_usize, |all, side| {
        usize::try_from(*side).ok().and_then(|side| all.checked_mul(side))
    });
    let need = elements.and_then(|elements| elements.checked_mul(kind.elt_size_in_bytes()));
    if need != Some(bytes.len()) {
        let got = bytes.len();
        return Err(ModelError::Torch(format!("{got} bytes are no {kind:?} tensor of {shape:?}")));
    }
    #[allow(clippy::disallowed_methods, reason = "the length was checked")]
    Ok(Tensor::f_from_data_size(bytes, shape, kind)?)
}

/// A tensor of `shape` out of its elements, on the CPU.
///
/// # Errors
/// As [`from_bytes`].
pub fn from_f32(values: &[f32], shape: &[i64]) -> Result<Tensor, ModelError> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    from_bytes(&bytes, shape, Kind::Float)
}

/// The bytes of the elements of a tensor, as f32, the last dimension fastest.
///
/// # Errors
/// When memory runs out.
pub fn to_f32_bytes(tensor: &Tensor) -> Result<Vec<u8>, ModelError> {
    let tensor = tensor.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let elements = tensor.numel();
    let mut bytes = vec![0; elements * 4];
    tensor.f_copy_data_u8(&mut bytes, elements)?;
    Ok(bytes)
}

/// The elements of a tensor, the last dimension fastest.
///
/// # Errors
/// When memory runs out.
pub fn to_f32(tensor: &Tensor) -> Result<Vec<f32>, ModelError> {
    let bytes = to_f32_bytes(tensor)?;
    Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

/// A tensor of its own with the same elements; gradients end here.
///
/// # Errors
/// When memory runs out.
pub fn copy(tensor: &Tensor) -> Result<Tensor, ModelError> {
    let tensor = tensor.f_detach()?;
    let mut copy = tensor.f_empty_like()?;
    copy.f_copy_(&tensor)?;
    Ok(copy)
}

/// Pictures `[B, 3, H, W]` f32 in -1..1 to bytes `[B, H, W, 3]`: -1 is 0 and 1 is 255.
///
/// # Errors
/// When memory runs out.
pub fn to_rgb(pictures: &Tensor) -> Result<Vec<u8>, ModelError> {
    let scaled = pictures.f_add_scalar(1.0)?.f_mul_scalar(127.5)?.f_round()?.f_clamp(0.0, 255.0)?;
    let bytes = scaled.f_permute([0, 2, 3, 1])?.f_to_kind(Kind::Uint8)?;
    let bytes = bytes.f_to_device(Device::Cpu)?.f_contiguous()?;
    let count = bytes.numel();
    let mut out = vec![0; count];
    bytes.f_copy_data_u8(&mut out, count)?;
    Ok(out)
}

/// Bytes `[B, H, W, 3]` to pictures `[B, 3, H, W]` f32 in -1..1, on `device`.
///
/// # Errors
/// When the bytes are not as many, or memory runs out.
pub fn from_rgb(
    bytes: &[u8],
    [pictures, height, width]: [i64; 3],
    device: Device,
) -> Result<Tensor, ModelError> {
    let bytes = from_bytes(bytes, &[pictures, height, width, 3], Kind::Uint8)?;
    let floats = bytes.f_to_device(device)?.f_permute([0, 3, 1, 2])?.f_to_kind(Kind::Float)?;
    Ok(floats.f_div_scalar(127.5)?.f_sub_scalar(1.0)?.f_contiguous()?)
}

/// The shape of a tensor as a file has it.
fn file_shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().iter().map(|side| usize::try_from(*side).unwrap_or_default()).collect()
}

/// A tensor for [`weights::save()`].
///
/// # Errors
/// When memory runs out.
pub fn for_file(tensor: &Tensor) -> Result<weights::Tensor, ModelError> {
    Ok(weights::Tensor { shape: file_shape(tensor), bytes: to_f32_bytes(tensor)? })
}

/// Reads the tensors of `wanted` whose names start with `prefix`, as f32, without the prefix.
///
/// # Errors
/// [`ModelError::Weights`], also for a value that is not finite.
pub fn load(
    weights: &Weights,
    wanted: &[Wanted],
    prefix: &str,
    device: Device,
) -> Result<Params, ModelError> {
    let mut params = Params::new();
    for Wanted { name, .. } in wanted {
        let Some(short) = name.strip_prefix(prefix) else { continue };
        params.insert(short.to_owned(), load_one(weights, name)?.f_to_device(device)?);
    }
    Ok(params)
}

/// One tensor as f32, on the CPU.
///
/// # Errors
/// As [`load`].
pub fn load_one(weights: &Weights, name: &str) -> Result<Tensor, ModelError> {
    let (info, bytes) = weights.read(name)?;
    let shape: Vec<i64> =
        info.shape.iter().map(|side| i64::try_from(*side).unwrap_or(-1)).collect();
    finite(weights, name, info.dtype, &bytes, &shape)
}

/// Rows of a matrix as f32 `[rows, columns]`, on the CPU. They must be there.
///
/// # Errors
/// As [`load`].
pub fn load_rows(weights: &Weights, name: &str, rows: &[u64]) -> Result<Tensor, ModelError> {
    let (info, bytes) = weights.read_rows(name, rows)?;
    let columns = info.shape.last().and_then(|count| i64::try_from(*count).ok()).unwrap_or(-1);
    finite(weights, name, info.dtype, &bytes, &[rows.len() as i64, columns])
}

/// Bytes of a file as f32, if all are numbers.
fn finite(
    weights: &Weights,
    name: &str,
    dtype: Dtype,
    bytes: &[u8],
    shape: &[i64],
) -> Result<Tensor, ModelError> {
    let kind = match dtype {
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        _ => Kind::Float,
    };
    let tensor = from_bytes(bytes, shape, kind)?.f_to_kind(Kind::Float)?;
    // One pass over gigabytes instead of several: what is not finite stays so in a sum. A sum can
    // also be too large by itself.
    let sum = tensor.f_sum(Kind::Float)?.f_double_value(&[])?;
    if !sum.is_finite() && tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
        let problem = Problem::NotFinite { name: name.to_owned() };
        return Err(problem.of(weights.path()).into());
    }
    Ok(tensor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_too_few_or_too_many_are_refused() {
        assert!(from_bytes(&[0; 24], &[2, 3], Kind::Float).is_ok());
        for shape in [&[8][..], &[1 << 34], &[-6], &[i64::MAX, i64::MAX], &[5]] {
            assert!(from_bytes(&[0; 24], shape, Kind::Float).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn black_and_white_go_there_and_back() {
        let bytes: Vec<u8> = (0..=255).chain(0..=255).chain(0..=255).collect();
        let tensor = from_rgb(&bytes, [1, 16, 16], Device::Cpu).unwrap();
        assert_eq!(tensor.size(), [1, 3, 16, 16]);
        assert_eq!(tensor.min().double_value(&[]), -1.0);
        assert_eq!(tensor.max().double_value(&[]), 1.0);
        assert_eq!(to_rgb(&tensor).unwrap(), bytes);
    }
}
