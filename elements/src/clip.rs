// SPDX-License-Identifier: MIT OR Apache-2.0
//! An open clip, and what it was opened for.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use stillmotion_engine::{
    generator::{Clip, Generator, GeneratorError},
    image::{FrameMut, Image},
    request::{Controls, FrameRate, Request},
    scene::{Place, SceneGenerator},
    worker::ModelGenerator,
};

use crate::{
    aids::Aids,
    model::{Model, Teller},
    settings::Settings,
};

/// The name under which the built-in generator is told to the world.
const GENERATOR: &str = "scene";

/// How often a wait for a clip looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(20);

/// A clip of the generator that the settings ask for.
pub struct OpenClip {
    clip: Box<dyn Clip>,
    /// The image that was given, and the equal one that the clip works with.
    asked: Weak<Image>,
    still: Arc<Image>,
    rate: FrameRate,
    prompt: Arc<str>,
    seed: u64,
    duration: Duration,
    loops: bool,
    aids: Aids,
    model: Model,
    teller: Teller,
    /// Its last frame was shown.
    ended: AtomicBool,
}

fn open(request: Request, model: &Model) -> Result<Box<dyn Clip>, GeneratorError> {
    #[cfg(test)]
    if let Some(holes) = broken::holes(&request.prompt) {
        return Ok(Box::new(broken::BrokenClip { clip: SceneGenerator.open(request)?, holes }));
    }
    match model.settings() {
        Some(settings) => ModelGenerator(settings).open(request),
        None => SceneGenerator.open(request),
    }
}

impl OpenClip {
    /// Opens the clip of `still`, which was `source` (width, height) pixels large before it was
    /// fitted, at `rate`, with the camera coming `from` the clip before it.
    /// Takes no longer than a few milliseconds.
    pub fn open(
        still: &Arc<Image>,
        source: (u32, u32),
        rate: FrameRate,
        settings: &Settings,
        from: Option<Place>,
    ) -> Result<Self, GeneratorError> {
        let aids = &settings.aids;
        let request = Request {
            image: Arc::clone(still),
            prompt: settings.prompt.to_string(),
            seed: settings.seed,
            duration: settings.duration,
            frame_rate: rate,
            controls: settings.controls,
            from,
            loops: settings.loops,
            end: aids.end(still)?,
            depth: aids.depth_of(source)?,
            brush: aids.brush(),
        };
        let clip = open(request, &settings.model)?;
        Ok(Self {
            asked: Arc::downgrade(still),
            still: Arc::clone(clip.still()),
            clip,
            rate,
            prompt: Arc::clone(&settings.prompt),
            seed: settings.seed,
            duration: settings.duration,
            loops: settings.loops,
            aids: aids.clone(),
            model: settings.model.clone(),
            teller: Teller::default(),
            ended: AtomicBool::new(false),
        })
    }

    /// Whether position `index` of the clip is the first at which it is over.
    pub fn ends_at(&self, index: u64) -> bool {
        index.saturating_add(1) >= self.frames() && !self.ended.swap(true, Ordering::Relaxed)
    }

    /// Frame 0. Clips of equal stills share one.
    pub fn still(&self) -> &Arc<Image> {
        &self.still
    }

    /// What was asked for in words.
    pub fn prompt(&self) -> &Arc<str> {
        &self.prompt
    }

    /// Whether this is a clip of that still at that rate.
    pub fn is_of(&self, still: &Arc<Image>, rate: FrameRate) -> bool {
        let same = Arc::ptr_eq(&self.still, still) || self.asked.as_ptr() == Arc::as_ptr(still);
        same && self.rate == rate
    }

    /// Whether this is the clip that `settings` ask for.
    pub fn is_for(&self, settings: &Settings) -> bool {
        self.seed == settings.seed
            && self.duration == settings.duration
            && self.loops == settings.loops
            && self.prompt == settings.prompt
            && self.aids.is_loaded_as(&settings.aids)
            && self.model == settings.model
    }

    /// What made it, in a word: the built-in one, or the folder name of the model.
    pub fn generator(&self) -> String {
        self.model.name().unwrap_or_else(|| GENERATOR.to_owned())
    }

    /// How many frames the clip has.
    pub fn frames(&self) -> u64 {
        self.clip.frames()
    }

    /// Waits until frame `index` can be made, for as long as `go_on` allows; false where it does
    /// not any more. Meanwhile `element` tells how far that is. Hold no lock.
    pub fn wait(
        &self,
        index: u64,
        element: &gst::Element,
        mut go_on: impl FnMut() -> bool,
    ) -> bool {
        let mut wanted = true;
        while wanted && !self.clip.ready(index, PATIENCE) {
            self.teller.tell(element, self.clip.progress());
            self.teller.show(element, self.clip.preview());
            wanted = go_on();
        }
        self.teller.end(element, wanted);
        wanted
    }

    /// Writes frame `index`.
    pub fn frame(
        &self,
        index: u64,
        controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        self.clip.frame(index, controls, out)
    }

    /// Where the camera stands behind the last frame: from there another clip can go on.
    pub fn end_place(&self, controls: &Controls) -> Option<Place> {
        let end = self.frames();
        self.place(end.saturating_sub(1), end, controls)
    }

    /// Where the camera stands at frame `index` when frame `before` was shown before it. May wait
    /// for the analysis of the still.
    pub fn place(&self, before: u64, index: u64, controls: &Controls) -> Option<Place> {
        self.clip.place(before, index, controls)
    }
}

/// A generator that fails when it is told to: the built-in one never does.
#[cfg(test)]
mod broken {
    use std::{ops::Range, sync::Arc};

    use super::{Clip, Controls, FrameMut, GeneratorError, Image, Place};

    /// The frames that fail where the prompt is such as `broken 3..6`.
    pub fn holes(prompt: &str) -> Option<Range<u64>> {
        let (from, to) = prompt.strip_prefix("broken ")?.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    }

    pub struct BrokenClip {
        pub clip: Box<dyn Clip>,
        pub holes: Range<u64>,
    }

    impl Clip for BrokenClip {
        fn frames(&self) -> u64 {
            self.clip.frames()
        }

        fn still(&self) -> &Arc<Image> {
            self.clip.still()
        }

        fn frame(
            &self,
            index: u64,
            controls: &Controls,
            out: &mut FrameMut<'_>,
        ) -> Result<(), GeneratorError> {
            if self.holes.contains(&index) {
                return Err(GeneratorError::Failed(format!("frame {index} is broken")));
            }
            self.clip.frame(index, controls, out)
        }

        fn place(&self, before: u64, index: u64, controls: &Controls) -> Option<Place> {
            self.clip.place(before, index, controls)
        }
    }
}
