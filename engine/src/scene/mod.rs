// SPDX-License-Identifier: MIT OR Apache-2.0
//! The built-in generator: the still as a relief, with a camera that moves before it.
//!
//! [`depth`] says how near each part of the picture is. The camera's path comes from the prompt
//! ([`crate::camera`]). For each frame the geometry is solved on a grid of a quarter of the
//! resolution, and colour is sampled once at full resolution, in the format of the output.

mod border;
pub mod depth;
mod relief;
mod render;
mod sample;
mod still;
mod texture;
mod thumbnail;
mod view;

use std::{sync::Arc, time::Duration};

pub use still::depth_of;

use self::{border::Reach, still::Still, view::View};
use crate::{
    camera::{Path, Pose},
    generator::{Clip, Generator, GeneratorError},
    image::FrameMut,
    prompt,
    request::{Controls, Request},
};

/// How many moments of the path are looked at to know what it needs at the edges.
const MOMENTS: u32 = 48;

/// The built-in generator. Needs no download and no GPU.
#[derive(Debug, Default)]
pub struct SceneGenerator;

impl Generator for SceneGenerator {
    fn open(&self, request: Request) -> Result<Box<dyn Clip>, GeneratorError> {
        request.validate()?;
        let script = prompt::parse(&request.prompt);
        Ok(Box::new(SceneClip {
            frames: request.frames(),
            seconds_per_frame: f64::from(request.frame_rate.denominator)
                / f64::from(request.frame_rate.numerator),
            seconds: request.duration.as_secs_f64(),
            path: Path::new(&script, request.seed, request.duration),
            still: Still::open(request.image)?,
        }))
    }
}

/// A clip of the built-in generator.
struct SceneClip {
    still: Arc<Still>,
    path: Path,
    frames: u64,
    seconds_per_frame: f64,
    seconds: f64,
}

impl SceneClip {
    /// The share of the clip that has passed when frame `index` starts.
    fn share(&self, index: u64) -> f64 {
        (index as f64 * self.seconds_per_frame / self.seconds).clamp(0.0, 1.0)
    }

    fn render(&self, share: f64, controls: &Controls, out: &mut FrameMut<'_>) {
        let analysis = self.still.analysis();
        let relief = &analysis.relief;
        let pose_at = |share: f64| self.path.pose(share, controls, relief.focus);
        let pose = pose_at(share);
        if pose == Pose::default() {
            return render::copy(&self.still.image, out);
        }
        let size = [out.width(), out.height()];
        let moments = (0..=MOMENTS).map(|i| f64::from(i) / f64::from(MOMENTS));
        let farthest = moments.clone().map(|share| pose_at(share).disparity()).fold(0.0, f64::max);
        let mut poses: Vec<Pose> =
            moments.take_while(|moment| *moment < share).map(pose_at).collect();
        poses.push(pose);
        let reach = Reach::of(&poses, size);
        let cells = relief.cells(farthest);
        let view = View::new(&pose, &reach, relief, &cells, size);
        render::render(&view, &analysis.textures, out);
    }
}

impl Clip for SceneClip {
    fn frames(&self) -> u64 {
        self.frames
    }

    fn ready(&self, index: u64, patience: Duration) -> bool {
        // Frame 0 is the still itself.
        index == 0 || self.still.wait(patience)
    }

    fn frame(
        &self,
        index: u64,
        controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        let image = &self.still.image;
        let (want, got) = (image.format(), out.format());
        if (want, image.width(), image.height()) != (got, out.width(), out.height()) {
            return Err(GeneratorError::WrongFrame {
                want,
                want_width: image.width(),
                want_height: image.height(),
                got,
                width: out.width(),
                height: out.height(),
            });
        }
        match index.min(self.frames - 1) {
            0 => render::copy(image, out),
            index => self.render(self.share(index), controls, out),
        }
        Ok(())
    }
}
