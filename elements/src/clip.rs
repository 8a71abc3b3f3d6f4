// SPDX-License-Identifier: MIT OR Apache-2.0
//! An open clip, and what it was opened for.

use std::{sync::Arc, time::Duration};

use stillmotion_engine::{
    generator::{Clip, Generator, GeneratorError},
    image::{FrameMut, Image},
    request::{Controls, FrameRate, Request},
    scene::{Place, SceneGenerator},
};

use crate::settings::Settings;

/// A clip of the generator that the settings ask for.
pub struct OpenClip {
    clip: Box<dyn Clip>,
    still: Arc<Image>,
    rate: FrameRate,
    prompt: Arc<str>,
    seed: u64,
    duration: Duration,
}

impl OpenClip {
    /// Opens the clip of `still` at `rate`, with the camera coming `from` the clip before it.
    /// Takes no longer than a few milliseconds.
    pub fn open(
        still: &Arc<Image>,
        rate: FrameRate,
        settings: &Settings,
        from: Option<Place>,
    ) -> Result<Self, GeneratorError> {
        let request = Request {
            image: Arc::clone(still),
            prompt: settings.prompt.to_string(),
            seed: settings.seed,
            duration: settings.duration,
            frame_rate: rate,
            controls: settings.controls,
            from,
        };
        Ok(Self {
            clip: SceneGenerator.open(request)?,
            still: Arc::clone(still),
            rate,
            prompt: Arc::clone(&settings.prompt),
            seed: settings.seed,
            duration: settings.duration,
        })
    }

    /// Whether this is a clip of that still at that rate.
    pub fn is_of(&self, still: &Arc<Image>, rate: FrameRate) -> bool {
        Arc::ptr_eq(&self.still, still) && self.rate == rate
    }

    /// Whether this is the clip that `settings` ask for.
    pub fn is_for(&self, settings: &Settings) -> bool {
        self.seed == settings.seed
            && self.duration == settings.duration
            && self.prompt == settings.prompt
    }

    /// How many frames the clip has.
    pub fn frames(&self) -> u64 {
        self.clip.frames()
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

    /// Where the camera stands at frame `index` when frame `before` was shown before it. May wait
    /// for the analysis of the still.
    pub fn place(&self, before: u64, index: u64, controls: &Controls) -> Option<Place> {
        self.clip.place(before, index, controls)
    }
}
