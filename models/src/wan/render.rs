// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips for the host: its size, its frame rate and its still to those of the model, and back.

use std::path::{Path, PathBuf};

use stillmotion_engine::{
    image::Image,
    request::FrameRate,
    worker::protocol::{GenerateOrder, Report, Size},
};
use tch::{Device, Kind};

use super::pipeline::{ImagePlace, Sampling, WanPipeline};
use crate::{error::ModelError, host::Host, model::Model, pillow::Picture, tensor};

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
    /// Opens the folder. Weights are read when they are needed: f32 on a CPU, which has it from
    /// the reference, bf16 on a GPU.
    ///
    /// # Errors
    /// What is wrong with the folder.
    pub fn open(folder: &Path, device: Device) -> Result<Self, ModelError> {
        let kind = if device.is_cuda() { Kind::BFloat16 } else { Kind::Float };
        let pipeline = WanPipeline::open(folder, device, kind)?;
        Ok(Self { folder: folder.to_owned(), pipeline })
    }

    /// The size of the model's frames for a still: of its shape, as near as the model comes, no
    /// larger than the still and no larger than the model was made for.
    fn size(&self, still: Option<&Image>) -> Size {
        let ((width, height), _) = self.pipeline.format();
        let Some(still) = still else { return Size { width, height } };
        let most = f64::from(width) * f64::from(height);
        let (width, height) = (f64::from(still.width()), f64::from(still.height()));
        let scale = (most / (width * height)).sqrt().min(1.0);
        let multiple = self.pipeline.multiple();
        let whole = |side: f64| {
            let count = (side * scale / f64::from(multiple)).round().max(1.0);
            multiple * count as u32
        };
        Size { width: whole(width), height: whole(height) }
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
            frames: timing.model_frames(order.frames),
            steps: order.sampling.steps.unwrap_or(STEPS),
            guidance_scale: order.sampling.guidance_scale.unwrap_or(GUIDANCE),
            seed: order.seed,
            motion: order.motion,
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
        let timing = Timing { host: order.frame_rate, model: self.pipeline.format().1 };
        let size = self.size(still.as_ref());
        let sampling = self.sampling(order, size, &timing);
        let image = still.map(|still| Picture {
            width: still.width() as usize,
            height: still.height() as usize,
            bytes: still.planes()[0].data.clone(),
        });
        let (mut next, mut made) = (0, 0);
        self.pipeline.clip(&sampling, image.as_ref(), host, |frames, host| {
            for at in 0..frames.size()[2] {
                made += 1;
                let pixels = tensor::to_rgb(&frames.f_select(2, at)?)?;
                // The frames of the host at which this one is seen.
                while next < order.frames && timing.model_frame(next) < made {
                    if next >= order.first {
                        host.report(Report::Frame { index: next, size, still: 0.0 }, &pixels)?;
                    }
                    next += 1;
                }
            }
            Ok(())
        })
    }
}

/// Frame rates of the host and of the model.
struct Timing {
    host: FrameRate,
    model: u32,
}

impl Timing {
    /// The frame of the model that is seen at frame `index` of the host.
    fn model_frame(&self, index: u64) -> u64 {
        let seconds = u128::from(index) * u128::from(self.host.denominator);
        let frames = seconds * u128::from(self.model) / u128::from(self.host.numerator.max(1));
        u64::try_from(frames).unwrap_or(u64::MAX)
    }

    /// As many frames of the model as `count` of the host need: one, and a multiple of four.
    fn model_frames(&self, count: u64) -> u32 {
        let last = self.model_frame(count.saturating_sub(1));
        u32::try_from(last.div_ceil(4).saturating_mul(4).saturating_add(1)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(numerator: u32, denominator: u32) -> Timing {
        Timing { host: FrameRate { numerator, denominator }, model: 16 }
    }

    #[test]
    fn four_seconds_are_65_frames_of_16_a_second() {
        assert_eq!(timing(24, 1).model_frames(96), 65);
        assert_eq!(timing(16, 1).model_frames(1), 1);
        assert_eq!(timing(16, 1).model_frames(2), 5);
        let shown: Vec<u64> = (0..6).map(|index| timing(24, 1).model_frame(index)).collect();
        assert_eq!(shown, [0, 0, 1, 2, 2, 3]);
        let shown: Vec<u64> = (0..3).map(|index| timing(8, 1).model_frame(index)).collect();
        assert_eq!(shown, [0, 2, 4]);
    }
}
