// SPDX-License-Identifier: MIT OR Apache-2.0
//! The built-in generator: the still as a relief, with a camera that moves before it.
//!
//! [`depth`] says how near each part of the picture is. The camera's path comes from the prompt
//! ([`crate::camera`]). For each frame the geometry is solved on a grid of a quarter of the
//! resolution, and colour is sampled once at full resolution, in the format of the output.

mod aids;
mod aim;
mod air;
mod align;
mod band;
mod border;
mod cover;
pub mod depth;
mod dissolve;
mod drift;
mod effects;
mod field;
mod fill;
mod filter;
mod glide;
mod journey;
mod layers;
mod light;
mod masks;
pub mod matte;
mod moment;
pub mod plate;
pub mod probe;
mod raster;
mod reduced;
mod relief;
mod render;
mod sample;
mod scenery;
mod stage;
mod still;
mod store;
mod texture;
mod thumbnail;
mod token;
mod view;
mod way;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub use field::{Field, FieldError};
pub use glide::{GLIDE, Place};
pub use still::depth_of;
pub use store::{CacheUse, DEFAULT_CACHE_BYTES, cache_use};
pub use token::{MAX_PLACE_BYTES, PlaceError};

use self::{
    aids::Aids, glide::Shot, journey::Journey, moment::Moment, stage::Stage, still::Still, way::Way,
};
use crate::{
    camera::{self, Path},
    generator::{Clip, Generator, GeneratorError, check_frame},
    image::{FrameMut, Image},
    prompt,
    request::{Controls, Request},
};

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
    stage: Stage,
    path: Path,
    /// Where the camera was before.
    from: Option<Place>,
    /// The still at the end, if there is one.
    journey: Option<Journey>,
    loops: bool,
    frames: u64,
    seconds_per_frame: f64,
    /// How long the path takes.
    seconds: f64,
}

impl SceneClip {
    fn open(request: Request) -> Result<Self, GeneratorError> {
        request.validate()?;
        let aids = Aids::of(&request);
        let script = Arc::new(prompt::parse_for(&request.prompt, request.duration));
        let frames = request.frames();
        let seconds_per_frame =
            f64::from(request.frame_rate.denominator) / f64::from(request.frame_rate.numerator);
        let goal = journey::goal(&request);
        let seconds = if request.loops {
            // The frame behind the last is the first.
            frames as f64 * seconds_per_frame
        } else if goal.is_some() {
            (frames - 1) as f64 * seconds_per_frame
        } else {
            request.duration.as_secs_f64()
        };
        let length = Duration::from_secs_f64(seconds);
        let path = |loops| Path::new(&script, request.seed, length, loops);
        let still = Still::open(request.image, aids)?;
        let end = goal.map(|end| Still::open(end, Aids::default())).transpose()?;
        let stage = |still: &Arc<Still>, brush| {
            Stage::new(Arc::clone(still), Arc::clone(&script), request.seed, brush)
        };
        let journey = end.map(|end| Journey::open(&still, stage(&end, None), path(true)));
        Ok(Self {
            path: path(request.loops),
            from: request.from,
            journey: journey.transpose()?,
            loops: request.loops,
            frames,
            seconds_per_frame,
            seconds,
            stage: stage(&still, request.brush),
        })
    }

    fn still(&self) -> &Arc<Still> {
        &self.stage.still
    }

    fn size(&self) -> [u32; 2] {
        [self.still().image.width(), self.still().image.height()]
    }

    /// The frame that is shown at `index`: behind the last one the last one, or in a loop the
    /// first one again.
    fn shown(&self, index: u64) -> u64 {
        if self.loops { index % self.frames } else { index.min(self.frames - 1) }
    }

    /// When frame `index` starts, in seconds from the start of the clip.
    fn start(&self, index: u64) -> f64 {
        (index as f64 * self.seconds_per_frame).min(self.seconds)
    }

    /// Frame `index` as what moves by itself knows it.
    fn moment(&self, index: u64, controls: &Controls) -> Moment {
        Moment {
            seconds: self.scene_seconds(index),
            offset_seconds: self.scene_seconds(0),
            clip_seconds: self.seconds,
            gain: camera::gain(controls.motion),
            loops: self.loops,
            lands: self.journey.is_some(),
        }
    }

    /// How old the scene is at frame `index`, with the clips that this one goes on from.
    fn scene_seconds(&self, index: u64) -> f64 {
        let before = self.from.map_or(0.0, |from| from.scene_seconds);
        before + index as f64 * self.seconds_per_frame
    }

    /// The place of `now`, frame `index`, with `before` one frame earlier.
    fn place_at(&self, index: u64, now: &Shot, before: Option<&Shot>) -> Place {
        let seconds = self.scene_seconds(index);
        Place::new(now, before, self.seconds_per_frame, seconds, self.size())
    }

    /// The picture that frame `index` shows as it is, if it does.
    fn bare(&self, index: u64) -> Option<&Arc<Image>> {
        let end = self.journey.as_ref().filter(|_| index + 1 == self.frames);
        let start = (index == 0 && self.from.is_none()).then_some(&self.still().image);
        start.or(end.map(|journey| &journey.end.still.image))
    }

    /// What frame `index` is made with.
    fn shot(&self, index: u64, controls: &Controls) -> Shot {
        let way = self.way(controls);
        let own = way.shot(self.start(index) / self.seconds, controls);
        let Some(from) = self.from.filter(|_| !controls.static_camera) else { return own };
        let next = way.shot(self.start(1) / self.seconds, controls);
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

    /// The way over the still.
    fn way<'a>(&'a self, controls: &'a Controls) -> Way<'a> {
        match &self.journey {
            Some(journey) => journey.departure(self.still(), &self.path, controls, self.size()),
            None => Way::along(&self.path, self.still().analysis().aim, self.loops, self.size()),
        }
    }

    fn render(
        &self,
        index: u64,
        controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        if let Some(failure) = &self.still().analysis().failure {
            return Err(GeneratorError::Depth(Arc::clone(failure)));
        }
        let shot = self.shot(index, controls);
        let moment = self.moment(index, controls);
        let mut picture = self.stage.picture(&shot, &moment, controls.detail);
        if let Some(journey) = &self.journey {
            let share = self.start(index) / self.seconds;
            let way = journey.arrival(self.still(), &self.path, controls, self.size());
            let arriving = way.shot(share, controls);
            let arrival = journey.end.picture(&arriving, &moment.to_the_end(), controls.detail);
            let dissolve = journey.dissolve(self.still(), share, [&shot, &arriving], &arrival)?;
            picture.overlays.push(Box::new(dissolve));
        }
        if picture.is_the_still() {
            out.copy(&self.still().image);
        } else {
            render::render(&picture, out);
        }
        Ok(())
    }
}

impl Clip for SceneClip {
    fn still(&self) -> &Arc<Image> {
        &self.still().image
    }

    fn frames(&self) -> u64 {
        self.frames
    }

    fn ready(&self, index: u64, patience: Duration) -> bool {
        if self.bare(self.shown(index)).is_some() {
            return true;
        }
        let deadline = Instant::now() + patience;
        let known = self.still().wait(patience);
        let rest = deadline.saturating_duration_since(Instant::now());
        known && self.journey.as_ref().is_none_or(|journey| journey.wait(rest))
    }

    fn frame(
        &self,
        index: u64,
        controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        check_frame(&self.still().image, out)?;
        let index = self.shown(index);
        match self.bare(index) {
            // This frame must not wait for the analysis.
            Some(still) => out.copy(still),
            None => self.render(index, controls, out)?,
        }
        Ok(())
    }

    fn place(&self, before: u64, index: u64, controls: &Controls) -> Option<Place> {
        // A loop goes on behind its last frame, and so does a clip that is extended.
        let behind = if self.loops && index == 0 { self.frames } else { index };
        let goes_on = behind == self.frames && before + 1 == self.frames;
        let [before, now] = match goes_on {
            true => [before, behind],
            false => [before, index].map(|index| self.shown(index)),
        };
        let moves = now.abs_diff(before) == 1;
        if let Some(journey) = self.journey.as_ref().filter(|_| goes_on) {
            // From there on the end image is the still.
            let way = journey.arrival(self.still(), &self.path, controls, self.size());
            let shot = |index| way.shot(self.start(index) / self.seconds, controls);
            let place = self.place_at(now, &shot(before), Some(&shot(before - 1)));
            return Some(place.ahead(self.seconds_per_frame));
        }
        let before = moves.then(|| self.shot(before, controls));
        Some(self.place_at(now, &self.shot(now, controls), before.as_ref()))
    }
}
