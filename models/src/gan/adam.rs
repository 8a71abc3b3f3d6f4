// SPDX-License-Identifier: MIT OR Apache-2.0
//! The optimizer Adam (Kingma and Ba 2015, algorithm 1), with a state that can be saved: that of
//! libtorch cannot be read from here.

use tch::Tensor;

use crate::{error::ModelError, tensor::Params};

const EPSILON: f64 = 1e-8;

/// The moments of a network's gradients.
#[derive(Debug)]
pub struct Adam {
    /// Mean of the gradients, by parameter.
    pub first: Params,
    /// Mean of their squares, by parameter.
    pub second: Params,
    /// How slowly both means forget.
    pub betas: [f64; 2],
}

impl Adam {
    /// No moments yet.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(params: &Params, betas: [f64; 2]) -> Result<Self, ModelError> {
        let zeros = || -> Result<Params, ModelError> {
            params
                .iter()
                .map(|(name, p)| Ok((name.clone(), p.f_zeros_like()?.f_detach()?)))
                .collect()
        };
        Ok(Self { first: zeros()?, second: zeros()?, betas })
    }

    /// Changes `params` in place by step `step`, counted from 1. `gradients` are in the order of
    /// the names.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn step(
        &mut self,
        params: &Params,
        gradients: &[Tensor],
        step: u64,
        learning_rate: f64,
    ) -> Result<(), ModelError> {
        let _guard = tch::no_grad_guard();
        let [beta1, beta2] = self.betas;
        let step = i32::try_from(step).unwrap_or(i32::MAX);
        let (bias1, bias2) = (1.0 - beta1.powi(step), 1.0 - beta2.powi(step));
        let moments = self.first.values_mut().zip(self.second.values_mut());
        for ((param, gradient), (first, second)) in params.values().zip(gradients).zip(moments) {
            let mut param = param.shallow_clone();
            // Networks are large: nothing but `scale` takes memory here.
            let _ = first.f_lerp_(gradient, 1.0 - beta1)?;
            let _ = second.f_mul_scalar_(beta2 / (1.0 - beta2))?;
            let _ = second.f_addcmul_(gradient, gradient)?;
            let _ = second.f_mul_scalar_(1.0 - beta2)?;
            let mut scale = second.f_sqrt()?;
            let _ = scale.f_div_scalar_(bias2.sqrt())?;
            let _ = scale.f_add_scalar_(EPSILON)?;
            let _ = scale.f_mul_scalar_(-bias1 / learning_rate)?;
            let _ = param.f_addcdiv_(first, &scale)?;
        }
        Ok(())
    }
}
