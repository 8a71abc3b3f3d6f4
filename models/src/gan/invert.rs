// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looks for a still in what a generator can make.

use stillmotion_engine::worker::protocol::Phase;
use tch::Tensor;

use super::{adam::Adam, config::GanConfig, network::generate};
use crate::{
    error::ModelError,
    host::Host,
    random::{Purpose, Random},
    tensor::{self, Params},
};

/// Places that are looked at first.
const CANDIDATES: i64 = 256;
/// Pictures that are made at once.
const BATCH: i64 = 32;
/// Steps downhill from the best of them.
const STEPS: u64 = 120;
const LEARNING_RATE: f64 = 0.05;

/// The place `[1, latent]` whose picture is nearest to `still` `[1, 3, size, size]` f32 in -1..1,
/// in the mean square of the pixels, as near as a search finds it: the best of many places, from
/// there downhill.
///
/// # Errors
/// [`ModelError::Cancelled`], or when memory runs out.
pub fn invert(
    config: &GanConfig,
    params: &Params,
    still: &Tensor,
    seed: u64,
    host: &mut dyn Host,
) -> Result<Tensor, ModelError> {
    let mut place = best_candidate(config, params, still, seed, host)?.set_requires_grad(true);
    let radius = (config.latent() as f64).sqrt();
    let named = |place: &Tensor| Params::from([("place".to_owned(), place.shallow_clone())]);
    let mut adam = Adam::new(&named(&place), [0.9, 0.999])?;
    for step in 1..=STEPS {
        host.progress(Phase::Inverting, step, STEPS)?;
        let picture = generate(config, params, &place)?;
        let loss = picture.f_sub(still)?.f_square()?.f_mean(None)?;
        let gradients = Tensor::f_run_backward(&[loss], &[&place], false, false)?;
        adam.step(&named(&place), &gradients, step, LEARNING_RATE)?;
        // Back to where pictures are likely.
        let _guard = tch::no_grad_guard();
        let norm = place.f_norm()?.f_double_value(&[])?;
        let _ = place.f_mul_scalar_(radius / norm.max(1e-6))?;
    }
    Ok(place.f_detach()?)
}

fn best_candidate(
    config: &GanConfig,
    params: &Params,
    still: &Tensor,
    seed: u64,
    host: &mut dyn Host,
) -> Result<Tensor, ModelError> {
    let _guard = tch::no_grad_guard();
    let mut random = Random::new(seed, Purpose::Start, 1);
    let mut best: Option<(f64, Tensor)> = None;
    for _ in 0..CANDIDATES / BATCH {
        host.progress(Phase::Inverting, 0, STEPS)?;
        let places = random.normal(&[BATCH, config.latent()], still.device())?;
        let pictures = generate(config, params, &places)?;
        let errors = pictures.f_sub(still)?.f_square()?;
        let errors = errors.f_mean_dim(Some(&[1_i64, 2, 3][..]), false, None)?;
        let at = errors.f_argmin(None, false)?.f_int64_value(&[])?;
        let error = errors.f_double_value(&[at])?;
        if best.as_ref().is_none_or(|(least, _)| error < *least) {
            best = Some((error, tensor::copy(&places.f_narrow(0, at, 1)?)?));
        }
    }
    let place = best.map(|(_, place)| place);
    place.ok_or_else(|| ModelError::Torch("no place was looked at".to_owned()))
}
