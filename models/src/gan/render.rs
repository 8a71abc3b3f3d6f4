// SPDX-License-Identifier: MIT OR Apache-2.0
//! A clip out of a generator.

use std::path::Path;

use stillmotion_engine::{
    fit::{self, Fit},
    image::Image,
    worker::protocol::{GenerateOrder, Phase, Report, Size},
};
use tch::{Device, Kind, Tensor};

use super::{
    checkpoint::load_generator,
    config::GanConfig,
    invert::invert,
    network::generate,
    walk::{Walk, start},
};
use crate::{
    error::ModelError,
    host::Host,
    model::Model,
    tensor::{self, Params},
};

/// Frames that are made at once.
const BATCH: u64 = 8;

/// A generator that is loaded.
pub struct Renderer {
    config: GanConfig,
    params: Params,
    device: Device,
    /// The last still, its seed, and where it was found: an editor asks for the same clip often.
    found: Option<(Image, u64, Tensor)>,
}

impl Renderer {
    /// Loads the checkpoint folder.
    ///
    /// # Errors
    /// What is wrong with the folder.
    pub fn load(folder: &Path, device: Device) -> Result<Self, ModelError> {
        let (config, params) = load_generator(folder, device)?;
        // In one process of twenty the first pass of all differed from all later ones in the last
        // bits, which is other bytes for the same seed. So nobody sees the first pass.
        let none = Tensor::f_zeros([BATCH.cast_signed(), config.latent()], (Kind::Float, device))?;
        let guard = tch::no_grad_guard();
        let _ = generate(&config, &params, &none)?;
        drop(guard);
        Ok(Self { config, params, device, found: None })
    }

    fn find(&mut self, still: Image, seed: u64, host: &mut dyn Host) -> Result<Tensor, ModelError> {
        if let Some((_, _, place)) =
            self.found.as_ref().filter(|(known, with, _)| *known == still && *with == seed)
        {
            return Ok(place.shallow_clone());
        }
        let size = self.config.size;
        let small = fit::fit(&still, size, size, Fit::Stretch);
        let small = small.map_err(|error| ModelError::Torch(error.to_string()))?;
        let side = i64::from(size);
        let small = tensor::from_rgb(&small.planes()[0].data, [1, side, side], self.device)?;
        let place = invert(&self.config, &self.params, &small, seed, host)?;
        self.found = Some((still, seed, place.shallow_clone()));
        Ok(place)
    }
}

impl Model for Renderer {
    /// Frame 0 is what the generator can make of the still, or what the seed gives where there is
    /// none.
    fn generate(
        &mut self,
        order: &GenerateOrder,
        still: Option<Image>,
        host: &mut dyn Host,
    ) -> Result<(), ModelError> {
        let has_still = still.is_some();
        let latent = self.config.latent();
        let place = match (still, &order.place) {
            (_, Some(place)) if place.len() as i64 == latent => {
                tensor::from_f32(place, &[1, latent])?.f_to_device(self.device)?
            }
            (Some(still), _) => {
                let place = self.find(still, order.seed, host)?;
                host.report(Report::Found { place: tensor::to_f32(&place)? }, &[])?;
                place
            }
            (None, _) => start(latent, order.seed, self.device)?,
        };
        let _guard = tch::no_grad_guard();
        let rate = order.frame_rate;
        let rate = f64::from(rate.numerator) / f64::from(rate.denominator.max(1));
        let walk = Walk::new(place, order.seed, order.motion, rate)?;
        let mut frame = order.first;
        while frame < order.frames {
            host.progress(Phase::Generating, frame, order.frames)?;
            // Batches start at the same frames whatever the first one is: the sums in a batch
            // depend on its size.
            let start = frame - frame % BATCH;
            let end = (start + BATCH).min(order.frames);
            let pictures = generate(&self.config, &self.params, &walk.at(start..end)?)?;
            let bytes = tensor::to_rgb(&pictures)?;
            let size = Size { width: self.config.size, height: self.config.size };
            let each = bytes.len() / usize::try_from(end - start).unwrap_or(1);
            for (index, pixels) in (start..end).zip(bytes.chunks_exact(each.max(1))) {
                if index < frame {
                    continue;
                }
                let still = if has_still { walk.still(index) } else { 0.0 };
                host.report(Report::Frame { index, size, still }, pixels)?;
            }
            frame = end;
        }
        host.progress(Phase::Generating, order.frames, order.frames)
    }
}
