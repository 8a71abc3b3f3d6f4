// SPDX-License-Identifier: MIT OR Apache-2.0
//! The built-in generator: the still as a relief, with a camera that moves before it.
//!
//! [`depth`] says how near each part of the picture is. The camera's path comes from the prompt
//! ([`crate::camera`]). For each frame the geometry is solved on a grid of a quarter of the
//! resolution, and colour is sampled once at full resolution, in the format of the output.

mod aids;
mod band;
mod border;
mod cover;
pub mod depth;
mod drift;
mod field;
mod fill;
mod filter;
mod glide;
mod layers;
mod masks;
pub mod matte;
mod moment;
pub mod plate;
mod raster;
mod reduced;
mod relief;
mod render;
mod sample;
mod still;
mod store;
mod texture;
mod thumbnail;
mod view;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

pub use field::{Field, FieldError};
pub use glide::{GLIDE, Place};
pub use still::depth_of;
pub use store::{CacheUse, DEFAULT_CACHE_BYTES, cache_use};

use self::{
    aids::Aids,
    border::Reach,
    drift::{Displacement, Drift, Surroundings, drift, regions},
    glide::Shot,
    moment::Moment,
    raster::Map,
    render::{Picture, Surface},
    still::{Analysis, Layer, Split, Still},
    view::View,
};
use crate::{
    brush::Brush,
    camera::{Path, Pose, gain},
    generator::{Clip, Generator, GeneratorError},
    image::{FrameMut, Image},
    prompt::{self, Script},
    request::{Controls, Detail, Request},
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
    script: Script,
    seed: u64,
    brush: Option<Arc<Brush>>,
    path: Path,
    /// Made when the first frame needs it, after the analysis.
    whole_drift: OnceLock<Drift>,
    split_drifts: OnceLock<[Drift; 2]>,
    /// Where the camera was before.
    from: Option<Place>,
    frames: u64,
    seconds_per_frame: f64,
    seconds: f64,
}

impl SceneClip {
    fn open(request: Request) -> Result<Self, GeneratorError> {
        request.validate()?;
        let aids = Aids::of(&request);
        let script = prompt::parse(&request.prompt);
        Ok(Self {
            frames: request.frames(),
            seconds_per_frame: f64::from(request.frame_rate.denominator)
                / f64::from(request.frame_rate.numerator),
            seconds: request.duration.as_secs_f64(),
            path: Path::new(&script, request.seed, request.duration),
            seed: request.seed,
            brush: request.brush,
            script,
            whole_drift: OnceLock::new(),
            split_drifts: OnceLock::new(),
            from: request.from,
            still: Still::open(request.image, aids)?,
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
        self.path.pose(share, controls, self.still.analysis().focus)
    }

    /// The largest disparity on the path.
    fn farthest(&self, controls: &Controls) -> f64 {
        moments().map(|share| self.pose(share, controls).disparity()).fold(0.0, f64::max)
    }

    fn moment(&self, index: u64, controls: &Controls) -> Moment {
        Moment {
            seconds: self.start(index),
            clip_seconds: self.seconds,
            gain: gain(controls.motion),
            loops: false,
        }
    }

    /// How the still moves by itself as one layer.
    fn whole_drift(&self) -> &Drift {
        self.whole_drift.get_or_init(|| self.drift(None))
    }

    /// How its two layers move: back and front.
    fn split_drifts(&self, split: &Split) -> &[Drift; 2] {
        self.split_drifts.get_or_init(|| {
            let back = split.alpha.map(|alpha| 1.0 - alpha);
            [self.drift(Some(&back)), self.drift(Some(&split.alpha))]
        })
    }

    fn drift(&self, layer: Option<&Map>) -> Drift {
        let Analysis { masks, split, .. } = self.still.analysis();
        let (w, h) = (masks.sky.width, masks.sky.height);
        let painted = self.brush.as_ref().map(|brush| regions(brush, w, h));
        let (painted, subject) = (painted.as_deref(), split.as_ref().map(|split| &split.alpha));
        drift(&self.script, &Surroundings { masks, layer, subject, painted }, self.seed)
    }

    /// A layer as `shot` sees it.
    fn surface<'a>(
        &self,
        shot: &Shot,
        layer: &'a Layer,
        displacement: &'a Option<Displacement>,
    ) -> Surface<'a> {
        let cells = layer.relief.cells(shot.disparity);
        Surface {
            view: View::new(&shot.pose, &shot.reach, &layer.relief, cells, self.size()),
            textures: &layer.textures,
            displacement: displacement.as_ref(),
        }
    }

    fn render(&self, index: u64, controls: &Controls, out: &mut FrameMut<'_>) {
        let shot = self.shot(index, controls);
        let moment = self.moment(index, controls);
        let analysis = self.still.analysis();
        let split = analysis.split.as_ref().filter(|_| controls.detail < Detail::OneLayer);
        let (back, [back_drift, front_drift]) = match split {
            Some(split) => (&split.back, self.split_drifts(split).each_ref()),
            None => (&analysis.whole, [self.whole_drift(); 2]),
        };
        let moved = [back_drift, front_drift].map(|drift| drift.at(&moment, self.size()));
        if shot.is_at_rest() && moved.iter().all(Option::is_none) {
            return render::copy(&self.still.image, out);
        }
        let picture = Picture {
            back: self.surface(&shot, back, &moved[0]),
            front: split.map(|split| (self.surface(&shot, &split.front, &moved[1]), &split.screen)),
            detail: controls.detail,
            overlays: Vec::new(),
        };
        render::render(&picture, out);
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
            index => {
                if let Some(failure) = &self.still.analysis().failure {
                    return Err(GeneratorError::Depth(Arc::clone(failure)));
                }
                self.render(index, controls, out);
            }
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
