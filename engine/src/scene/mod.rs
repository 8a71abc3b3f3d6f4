// SPDX-License-Identifier: MIT OR Apache-2.0
//! The built-in generator: the still as a relief, with a camera that moves before it.
//!
//! [`depth`] says how near each part of the picture is. The camera's path comes from the prompt
//! ([`crate::camera`]). For each frame the geometry is solved on a grid of a quarter of the
//! resolution, and colour is sampled once at full resolution, in the format of the output.

mod border;
pub mod depth;
mod glide;
mod relief;
mod render;
mod sample;
mod still;
mod store;
mod texture;
mod thumbnail;
mod view;

use std::{sync::Arc, time::Duration};

pub use glide::{GLIDE, Place};
pub use still::{depth_by_model, depth_of};
pub use store::{CacheUse, DEFAULT_CACHE_BYTES, cache_use};

use self::{border::Reach, glide::Shot, still::Still, view::View};
use crate::{
    camera::{Path, Pose},
    generator::{Clip, Generator, GeneratorError},
    image::{FrameMut, Image},
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
        Ok(Box::new(SceneClip::open(request)?))
    }
}

/// A clip of the built-in generator.
struct SceneClip {
    still: Arc<Still>,
    path: Path,
    /// Where the camera was before.
    from: Option<Place>,
    frames: u64,
    seconds_per_frame: f64,
    seconds: f64,
}

impl SceneClip {
    fn open(request: Request) -> Result<Self, GeneratorError> {
        request.validate()?;
        let script = prompt::parse(&request.prompt);
        Ok(Self {
            frames: request.frames(),
            seconds_per_frame: f64::from(request.frame_rate.denominator)
                / f64::from(request.frame_rate.numerator),
            seconds: request.duration.as_secs_f64(),
            path: Path::new(&script, request.seed, request.duration),
            from: request.from,
            still: Still::open(request.image)?,
        })
    }

    fn size(&self) -> [u32; 2] {
        [self.still.image.width(), self.still.image.height()]
    }

    /// When frame `index` starts, in seconds from the start of the clip.
    fn start(&self, index: u64) -> f64 {
        (index as f64 * self.seconds_per_frame).min(self.seconds)
    }

    /// What frame `index` is made with.
    fn shot(&self, index: u64, controls: &Controls) -> Shot {
        let disparity = self.farthest(controls);
        let own = self.own_shot(index, disparity, controls);
        let Some(from) = self.from.filter(|_| !controls.static_camera) else { return own };
        let next = self.own_shot(1, disparity, controls);
        let glide = from.glide(
            &own,
            &next,
            self.start(index),
            self.seconds_per_frame,
            self.seconds,
            self.size(),
        );
        glide.unwrap_or(own)
    }

    /// What frame `index` would be made with if there was nothing before this clip.
    fn own_shot(&self, index: u64, disparity: f64, controls: &Controls) -> Shot {
        let share = self.start(index) / self.seconds;
        let pose = self.pose(share, controls);
        if pose == Pose::default() {
            return Shot::at_rest(disparity);
        }
        let mut poses: Vec<Pose> = moments()
            .take_while(|moment| *moment < share)
            .map(|moment| self.pose(moment, controls))
            .collect();
        poses.push(pose);
        Shot { pose, reach: Reach::of(&poses, self.size()), disparity }
    }

    fn pose(&self, share: f64, controls: &Controls) -> Pose {
        self.path.pose(share, controls, self.still.analysis().relief.focus)
    }

    /// The largest disparity on the path.
    fn farthest(&self, controls: &Controls) -> f64 {
        moments().map(|share| self.pose(share, controls).disparity()).fold(0.0, f64::max)
    }

    fn render(&self, index: u64, controls: &Controls, out: &mut FrameMut<'_>) {
        let shot = self.shot(index, controls);
        if shot.is_at_rest() {
            return render::copy(&self.still.image, out);
        }
        let analysis = self.still.analysis();
        let cells = analysis.relief.cells(shot.disparity);
        let view = View::new(&shot.pose, &shot.reach, &analysis.relief, &cells, self.size());
        render::render(&view, &analysis.textures, out);
    }
}

/// The moments of the path that are looked at, as shares of the clip.
fn moments() -> impl Iterator<Item = f64> {
    (0..=MOMENTS).map(|i| f64::from(i) / f64::from(MOMENTS))
}

impl Clip for SceneClip {
    fn still(&self) -> &Arc<Image> {
        &self.still.image
    }

    fn frames(&self) -> u64 {
        self.frames
    }

    fn ready(&self, index: u64, patience: Duration) -> bool {
        // Frame 0 is the still itself, if the camera comes from nowhere.
        (index == 0 && self.from.is_none()) || self.still.wait(patience)
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
            // This frame must not wait for the analysis.
            0 if self.from.is_none() => render::copy(image, out),
            index => self.render(index, controls, out),
        }
        Ok(())
    }

    fn place(&self, before: u64, index: u64, controls: &Controls) -> Option<Place> {
        let [before, index] = [before, index].map(|index| index.min(self.frames - 1));
        let now = self.shot(index, controls);
        let moves = index.abs_diff(before) == 1;
        let before = moves.then(|| self.shot(before, controls));
        Some(Place::new(&now, before.as_ref(), self.seconds_per_frame, self.size()))
    }
}
