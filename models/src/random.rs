// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random numbers that are the same for the same seed, wherever they are asked for.
//!
//! libtorch's own generators belong to the whole process. Here each use has a stream of its own,
//! named by seed, purpose and number, so that nothing has to be kept when a training is saved.

use std::sync::{Mutex, PoisonError};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use rand_distr::{Distribution, StandardNormal};
use tch::{Device, Kind, Tensor};

use crate::{error::ModelError, tensor};

/// What random numbers are for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// The first weights of a network.
    Weights = 1,
    /// A step of a training.
    Step = 2,
    /// Where a clip starts.
    Start = 3,
    /// Where a clip goes.
    Way = 4,
    /// The pictures of a training's sample clips.
    Sample = 5,
}

/// A stream of random numbers.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream `number` for `purpose`.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&number.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number, 0..1.
    pub fn unit(&mut self) -> f32 {
        // 24 bits, as many as an f32 has.
        (self.0.next_u32() >> 8) as f32 / (1_u32 << 24) as f32
    }

    /// A whole number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or_default()
    }

    /// Numbers of a normal distribution with mean 0 and deviation 1, made on the CPU.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn normal(&mut self, shape: &[i64], device: Device) -> Result<Tensor, ModelError> {
        let count: i64 = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| StandardNormal.sample(&mut self.0)).collect();
        Ok(tensor::from_f32(&values, shape)?.f_to_device(device)?)
    }
}

/// What `torch.randn(shape, generator=generator)` gives for one shape after the other, with
/// `generator = torch.Generator().manual_seed(seed)`: the noise that users of diffusers know.
/// `[..]` f32, made on the CPU.
///
/// # Errors
/// When memory runs out.
pub fn torch_normals<const N: usize>(
    seed: u64,
    shapes: [&[i64]; N],
) -> Result<[Tensor; N], ModelError> {
    // Between the lines below nobody else may draw.
    static DRAWING: Mutex<()> = Mutex::new(());
    let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    #[allow(clippy::disallowed_methods, reason = "nothing here depends on the global generator")]
    tch::manual_seed(seed.cast_signed());
    let mut all = [(); N].map(|()| Tensor::new());
    for (tensor, shape) in all.iter_mut().zip(shapes) {
        *tensor = Tensor::f_randn(shape, (Kind::Float, Device::Cpu))?;
    }
    Ok(all)
}
