// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips of Wan for the host.

use std::path::{Path, PathBuf};

use stillmotion_engine::{
    image::Image,
    worker::protocol::{GenerateOrder, Precision, Size},
};
use tch::{Device, Kind};

use super::pipeline::{ImagePlace, Sampling, WanPipeline};
use crate::{
    error::ModelError,
    host::Host,
    model::Model,
    nn::Numbers,
    playback::{self, Playback, Timing},
};

/// Steps of the pipelines of diffusers when nothing is said.
const STEPS: u32 = 50;
/// Their guidance.
const GUIDANCE: f64 = 5.0;

/// A model of Wan that is open.
pub struct WanModel {
    folder: PathBuf,
    pipeline: WanPipeline,
}

impl WanModel {
    /// Opens the folder. Weights are read when they are needed; `auto` is f32 on a CPU, which has it
    /// from the reference, bf16 on a GPU.
    ///
    /// # Errors
    /// What is wrong with the folder.
    pub fn open(folder: &Path, device: Device, precision: Precision) -> Result<Self, ModelError> {
        let auto = if device.is_cuda() { Kind::BFloat16 } else { Kind::Float };
        let pipeline = WanPipeline::open(folder, device, Numbers::of(precision, auto))?;
        Ok(Self { folder: folder.to_owned(), pipeline })
    }

    /// The size of the model's frames for a still.
    fn size(&self, still: Option<&Image>) -> Size {
        let ((width, height), _) = self.pipeline.format();
        let most = Size { width, height };
        let multiple = self.pipeline.multiple();
        still.map_or(most, |still| playback::fit(playback::size_of(still), most, multiple))
    }

    fn check_still(&self, there: bool) -> Result<(), ModelError> {
        let reason = match (self.pipeline.image_place(), there) {
            (ImagePlace::Nowhere, true) => {
                "this model makes clips from text alone: stillsrc makes a still with it, and a clip \
                 from a still needs a model for images"
            }
            (ImagePlace::Beside, false) => {
                "this model makes clips from a still, and no still from a prompt"
            }
            _ => return Ok(()),
        };
        Err(ModelError::NotAModel { path: self.folder.clone(), reason: reason.to_owned() })
    }

    fn sampling(&self, order: &GenerateOrder, size: Size, timing: &Timing) -> Sampling {
        Sampling {
            prompt: order.prompt.clone(),
            negative_prompt: order.sampling.negative_prompt.clone(),
            width: size.width,
            height: size.height,
            frames: whole_latents(timing.model_frames(order.frames)),
            steps: order.sampling.steps.unwrap_or(STEPS),
            guidance_scale: order.sampling.guidance_scale.unwrap_or(GUIDANCE),
            seed: order.seed,
            motion: order.motion,
            previews: order.sampling.previews,
        }
    }
}

impl Model for WanModel {
    fn generate(
        &mut self,
        order: &GenerateOrder,
        still: Option<Image>,
        host: &mut dyn Host,
    ) -> Result<(), ModelError> {
        self.check_still(still.is_some())?;
        let timing = Timing::of_rate(order.frame_rate, self.pipeline.format().1);
        let size = self.size(still.as_ref());
        let sampling = self.sampling(order, size, &timing);
        let image = still.as_ref().map(playback::picture);
        let mut playback = Playback::new(order, size, timing);
        let take = |frames: &tch::Tensor, host: &mut dyn Host| playback.take(frames, host);
        self.pipeline.clip(&sampling, image.as_ref(), host, take)
    }
}

/// One frame, and a multiple of four.
fn whole_latents(frames: u64) -> u32 {
    let more = frames.saturating_sub(1).div_ceil(4).saturating_mul(4);
    u32::try_from(more.saturating_add(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_one_frame_and_four_for_each_latent_one() {
        assert_eq!([1, 2, 5, 6, 64].map(whole_latents), [1, 5, 5, 9, 65]);
    }
}
