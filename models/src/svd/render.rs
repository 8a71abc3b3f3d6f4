// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips of Stable Video Diffusion for the host.

use std::path::{Path, PathBuf};

use stillmotion_engine::{
    image::Image,
    worker::protocol::{GenerateOrder, Precision, Size},
};
use tch::{Device, Kind};

use super::pipeline::{FRAMES_PER_SECOND, Sampling, SvdPipeline};
use crate::{
    error::ModelError,
    host::Host,
    model::Model,
    nn::Numbers,
    playback::{self, Playback, Timing},
};

/// Steps of the pipeline of diffusers when nothing is said.
const STEPS: u32 = 25;
/// Its guidance in the last frame.
const GUIDANCE: f64 = 3.0;
/// As many pixels as the model was made for.
const MOST: Size = Size { width: 1024, height: 576 };

/// A model of Stable Video Diffusion that is open.
pub struct SvdModel {
    folder: PathBuf,
    pipeline: SvdPipeline,
}

impl SvdModel {
    /// Opens the folder. Weights are read when they are needed; `auto` is f32 on a CPU, f16, as they
    /// are published, on a GPU.
    ///
    /// # Errors
    /// What is wrong with the folder.
    pub fn open(folder: &Path, device: Device, precision: Precision) -> Result<Self, ModelError> {
        let auto = if device.is_cuda() { Kind::Half } else { Kind::Float };
        let pipeline = SvdPipeline::open(folder, device, Numbers::of(precision, auto))?;
        Ok(Self { folder: folder.to_owned(), pipeline })
    }

    /// Frames of the model for the order, and how long each is seen. The model was trained to make
    /// so many and no more; in a longer clip they last longer.
    fn frames(&self, order: &GenerateOrder) -> (u32, Timing) {
        let timing = Timing::of_rate(order.frame_rate, FRAMES_PER_SECOND);
        let most = self.pipeline.num_frames();
        match u32::try_from(timing.model_frames(order.frames)) {
            Ok(frames) if frames <= most => (frames, timing),
            _ => (most, Timing::stretched(most, order.frames)),
        }
    }
}

impl Model for SvdModel {
    fn generate(
        &mut self,
        order: &GenerateOrder,
        still: Option<Image>,
        host: &mut dyn Host,
    ) -> Result<(), ModelError> {
        let Some(still) = still else {
            let reason = "this model makes clips from a still, and no still from a prompt";
            return Err(ModelError::NotAModel {
                path: self.folder.clone(),
                reason: reason.to_owned(),
            });
        };
        let (frames, timing) = self.frames(order);
        let size = playback::fit(playback::size_of(&still), MOST, self.pipeline.multiple());
        let sampling = Sampling {
            width: size.width,
            height: size.height,
            frames,
            steps: order.sampling.steps.unwrap_or(STEPS),
            guidance_scale: order.sampling.guidance_scale.unwrap_or(GUIDANCE),
            seed: order.seed,
            motion: order.motion,
            previews: order.sampling.previews,
        };
        let mut playback = Playback::new(order, size, timing);
        let take = |frames: &tch::Tensor, host: &mut dyn Host| playback.take(frames, host);
        self.pipeline.clip(&sampling, &playback::picture(&still), host, take)
    }
}
