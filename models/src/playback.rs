// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips for the host: its size, its frame rate and its still to those of a model, and back.

use stillmotion_engine::{
    image::Image,
    request::FrameRate,
    worker::protocol::{GenerateOrder, Report, Size},
};
use tch::{Kind, Tensor};

use crate::{error::ModelError, host::Host, pillow::Picture, tensor};

/// The size of a model's frames for a still: of its shape, as near as multiples of `multiple` come,
/// no larger than the still and no more pixels than `most`.
#[must_use]
pub fn fit(still: Size, most: Size, multiple: u32) -> Size {
    let pixels = |size: Size| f64::from(size.width) * f64::from(size.height);
    let scale = (pixels(most) / pixels(still).max(1.0)).sqrt().min(1.0);
    let whole = |side: u32| {
        let count = (f64::from(side) * scale / f64::from(multiple)).round().max(1.0);
        multiple * count as u32
    };
    Size { width: whole(still.width), height: whole(still.height) }
}

/// The size of a still.
#[must_use]
pub fn size_of(still: &Image) -> Size {
    Size { width: still.width(), height: still.height() }
}

/// A still as the networks take it.
#[must_use]
pub fn picture(still: &Image) -> Picture {
    Picture {
        width: still.width() as usize,
        height: still.height() as usize,
        bytes: still.planes()[0].data.clone(),
    }
}

/// Shows what a clip that is being sampled looks like: `frames` are one frame or more of it,
/// `[1, 3, T, H, W]` in -1..1, the first of which is shown.
///
/// # Errors
/// [`ModelError::Host`], or when memory runs out.
pub fn preview(
    frames: &Tensor,
    [step, steps]: [u64; 2],
    host: &mut dyn Host,
) -> Result<(), ModelError> {
    let frame = frames.f_to_kind(Kind::Float)?.f_select(2, 0)?;
    let side = |dimension: usize| u32::try_from(frame.size()[dimension]).unwrap_or_default();
    let size = Size { width: side(3), height: side(2) };
    host.report(Report::Preview { step, steps, size }, &tensor::to_rgb(&frame)?)
}

/// How many frames of the model pass in a frame of the host.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    model: u128,
    host: u128,
}

impl Timing {
    /// Of a model with so many frames a second.
    #[must_use]
    pub fn of_rate(host: FrameRate, model: u32) -> Self {
        let model = u128::from(host.denominator) * u128::from(model);
        Self { model, host: u128::from(host.numerator.max(1)) }
    }

    /// Of `frames` of the model that are shown for `count` frames of the host.
    #[must_use]
    pub fn stretched(frames: u32, count: u64) -> Self {
        Self { model: frames.into(), host: u128::from(count.max(1)) }
    }

    /// The frame of the model that is seen at frame `index` of the host.
    #[must_use]
    pub fn model_frame(&self, index: u64) -> u64 {
        u64::try_from(u128::from(index) * self.model / self.host).unwrap_or(u64::MAX)
    }

    /// As many frames of the model as `count` of the host need.
    #[must_use]
    pub fn model_frames(&self, count: u64) -> u64 {
        self.model_frame(count.saturating_sub(1)).saturating_add(1)
    }
}

/// Gives the frames of a model to the host, each as often as it is seen.
pub struct Playback<'a> {
    order: &'a GenerateOrder,
    size: Size,
    timing: Timing,
    next: u64,
    made: u64,
}

impl<'a> Playback<'a> {
    /// For the frames of an order, in the size that the model makes them.
    #[must_use]
    pub fn new(order: &'a GenerateOrder, size: Size, timing: Timing) -> Self {
        Self { order, size, timing, next: 0, made: 0 }
    }

    /// Takes the next frames of the model, `[1, 3, T, H, W]` f32 in -1..1.
    ///
    /// # Errors
    /// [`ModelError::Host`], or when memory runs out.
    pub fn take(&mut self, frames: &Tensor, host: &mut dyn Host) -> Result<(), ModelError> {
        for at in 0..frames.size()[2] {
            self.made += 1;
            let pixels = tensor::to_rgb(&frames.f_select(2, at)?)?;
            while self.next < self.order.frames && self.timing.model_frame(self.next) < self.made {
                if self.next >= self.order.first {
                    let report = Report::Frame { index: self.next, size: self.size, still: 0.0 };
                    host.report(report, &pixels)?;
                }
                self.next += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_model_are_shown_as_long_as_they_last() {
        let shown = |timing: Timing, count| -> Vec<u64> {
            (0..count).map(|index| timing.model_frame(index)).collect()
        };
        let of_rate = |numerator| Timing::of_rate(FrameRate { numerator, denominator: 1 }, 16);
        assert_eq!(shown(of_rate(24), 6), [0, 0, 1, 2, 2, 3]);
        assert_eq!(shown(of_rate(8), 3), [0, 2, 4]);
        assert_eq!(of_rate(24).model_frames(96), 64);
        assert_eq!(shown(Timing::stretched(2, 6), 6), [0, 0, 0, 1, 1, 1]);
        assert_eq!(Timing::stretched(25, 96).model_frames(96), 25);
    }

    #[test]
    fn a_size_has_the_shape_of_the_still_and_is_not_larger() {
        let size = |width, height| Size { width, height };
        let most = size(1024, 576);
        assert_eq!(fit(size(1920, 1080), most, 64), size(1024, 576));
        assert_eq!(fit(size(1080, 1920), most, 64), size(576, 1024));
        assert_eq!(fit(size(320, 200), most, 64), size(320, 192));
        assert_eq!(fit(size(3, 2), most, 64), size(64, 64));
    }
}
