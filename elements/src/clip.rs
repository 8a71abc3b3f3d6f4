// SPDX-License-Identifier: MIT OR Apache-2.0
//! An open clip, and what it was opened for.

use std::{sync::Arc, time::Duration};

use stillmotion_engine::{
    generator::{Clip, Generator, GeneratorError},
    image::{FrameMut, Image},
    request::{Controls, FrameRate, Request},
    scene::SceneGenerator,
};

use crate::settings::Settings;

/// How often a wait for a clip looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(20);

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
    /// Opens the clip of `still` at `rate`. Takes no longer than a few milliseconds.
    pub fn open(
        still: &Arc<Image>,
        rate: FrameRate,
        settings: &Settings,
    ) -> Result<Self, GeneratorError> {
        let request = Request {
            image: Arc::clone(still),
            prompt: settings.prompt.to_string(),
            seed: settings.seed,
            duration: settings.duration,
            frame_rate: rate,
            controls: settings.controls,
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

    /// Whether this is still the clip that is asked for.
    pub fn is_for(&self, still: &Arc<Image>, rate: FrameRate, settings: &Settings) -> bool {
        Arc::ptr_eq(&self.still, still)
            && self.rate == rate
            && self.seed == settings.seed
            && self.duration == settings.duration
            && self.prompt == settings.prompt
    }

    /// How many frames the clip has.
    pub fn frames(&self) -> u64 {
        self.clip.frames()
    }

    /// Waits until frame `index` can be made, for as long as `go_on` allows; false where it does
    /// not any more.
    pub fn wait(&self, index: u64, mut go_on: impl FnMut() -> bool) -> bool {
        while !self.clip.ready(index, PATIENCE) {
            if !go_on() {
                return false;
            }
        }
        true
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
}
