// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prompts that follow each other in one stream, and the clip that is shown at each frame.
//!
//! Each prompt gets a clip of its own, from its first frame on, and the camera glides into it
//! from where it was. What is shown follows from the cues and the settings alone, so that a seek
//! gives the frames that playing gives. Only a setting that a user changes while the stream runs
//! takes effect at a frame that nobody could know before: it is remembered as the new start.

use std::sync::Arc;

use gst::ClockTime;
use stillmotion_engine::{
    generator::GeneratorError,
    image::{FrameMut, Image},
    request::FrameRate,
    scene::{self, Place},
};

use crate::{
    clip::OpenClip,
    settings::{AtEnd, Settings},
    timing::FrameGrid,
};

/// A prompt of the text pad, with the number of the frame at which it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    pub frame: u64,
    /// Empty for the prompt of the settings.
    pub prompt: Arc<str>,
}

/// What is asked for at one frame.
pub struct Ask<'a> {
    pub still: &'a Arc<Image>,
    /// Width and height of the still before it was fitted.
    pub source: (u32, u32),
    pub grid: FrameGrid,
    pub settings: &'a Settings,
    /// The cues up to this frame that matter, in order.
    pub cues: &'a [Cue],
    /// Number of the frame at which the still comes in.
    pub first: u64,
    /// Number of the frame.
    pub index: u64,
    /// This frame is shown behind the one before it, with no seek between them.
    pub continues: bool,
}

impl Ask<'_> {
    fn rate(&self) -> FrameRate {
        self.grid.rate()
    }
}

/// A clip, from the frame of the stream at which it starts.
pub struct Take {
    clip: OpenClip,
    /// The same without a camera that comes from elsewhere: what is shown when the clip runs
    /// another time.
    again: Option<OpenClip>,
    origin: u64,
    /// Where the camera was before.
    from: Option<Place>,
}

impl Take {
    /// Opens `part`.
    fn open(ask: &Ask<'_>, part: &Part, from: Option<Place>) -> Result<Self, GeneratorError> {
        let open = |from| OpenClip::open(ask.still, ask.source, ask.rate(), &part.settings, from);
        let again = from.map(|_| open(None)).transpose()?;
        Ok(Self { clip: open(from)?, again, origin: part.origin, from })
    }

    /// The clip that is shown.
    pub fn clip(&self) -> &OpenClip {
        &self.clip
    }

    /// Number of the frame of the stream at which it starts.
    pub fn origin(&self) -> u64 {
        self.origin
    }

    /// The settings that hold, with the prompt of this take.
    pub fn settings(&self, now: &Settings) -> Settings {
        Settings { prompt: Arc::clone(self.clip.prompt()), ..now.clone() }
    }

    /// Whether its last frame is shown at frame `index` of the stream for the first time.
    pub fn ends_at(&self, index: u64) -> bool {
        index.checked_sub(self.origin).is_some_and(|in_clip| self.clip.ends_at(in_clip))
    }

    /// Whether this shows the right still at the right rate.
    fn is_of(&self, ask: &Ask<'_>) -> bool {
        self.clip.is_of(ask.still, ask.rate())
    }

    /// The clip and its frame that are shown at frame `index` of the stream.
    fn shown(&self, at_end: AtEnd, index: u64) -> (&OpenClip, u64) {
        let frames = self.clip.frames();
        let in_clip = index.saturating_sub(self.origin);
        let shown = at_end.frame(in_clip, frames).unwrap_or(frames.saturating_sub(1));
        let starts_again = matches!(at_end, AtEnd::Loop | AtEnd::PingPong) && in_clip >= frames;
        let again = self.again.as_ref().filter(|_| starts_again);
        (again.unwrap_or(&self.clip), shown)
    }

    /// Waits until frame `index` of the stream can be made, for as long as `go_on` allows; false
    /// where it does not any more. Meanwhile `element` tells how far that is. Hold no lock.
    pub fn wait(
        &self,
        index: u64,
        settings: &Settings,
        element: &gst::Element,
        go_on: impl FnMut() -> bool,
    ) -> bool {
        let (clip, shown) = self.shown(settings.at_end, index);
        clip.wait(shown, element, go_on)
    }

    /// Writes what is shown at frame `index` of the stream.
    pub fn frame(
        &self,
        index: u64,
        settings: &Settings,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        let (clip, shown) = self.shown(settings.at_end, index);
        clip.frame(shown, &settings.controls, out)
    }

    /// Where the camera stands at frame `index` of the stream, for a clip that takes over there.
    fn place(&self, index: u64, settings: &Settings) -> Option<Place> {
        if index <= self.origin {
            return self.from;
        }
        let (_, before) = self.shown(settings.at_end, index - 1);
        let (clip, now) = self.shown(settings.at_end, index);
        clip.place(before, now, &settings.controls)
    }
}

/// The reign of one prompt.
struct Part {
    origin: u64,
    /// With the prompt that holds.
    settings: Settings,
}

/// Where the newest wish of the user starts.
#[derive(Debug, Clone, Copy)]
struct Start {
    frame: u64,
    from: Option<Place>,
}

/// The prompts of one run of a stream. A cheap copy of a few pointers.
#[derive(Clone, Default)]
pub struct Takes {
    start: Option<Start>,
    take: Option<Arc<Take>>,
}

impl Takes {
    /// Forgets when settings changed: they hold from the start on.
    pub fn rewind(&mut self) {
        self.start = None;
    }

    /// Counts the frames of another rate, at the same place in the stream.
    pub fn change_grid(&mut self, old: FrameGrid, new: FrameGrid) {
        if let Some(start) = &mut self.start {
            start.frame = new.nearest(old.start(start.frame));
        }
    }

    /// What is shown at the frame that is asked for, and what to go on with where that is not
    /// what was shown before. Opens clips, which may wait for the analysis of the still.
    pub fn at(&self, ask: &Ask<'_>) -> Result<(Arc<Take>, Option<Self>), GeneratorError> {
        let known = self.start.filter(|start| (ask.first..=ask.index).contains(&start.frame));
        let first = Start { frame: ask.first.min(ask.index), from: ask.settings.aids.start() };
        let mut start = known.unwrap_or(first);
        let mut parts = Parts::new(ask, start.frame);
        if let Some(take) = self.take.as_ref().filter(|take| take.is_of(ask))
            && take.origin == parts.last.origin
        {
            if take.clip.is_for(&parts.last.settings) {
                return Ok((Arc::clone(take), None));
            }
            if ask.continues {
                start = Start { frame: ask.index, from: take.place(ask.index, ask.settings) };
                parts = Parts::new(ask, start.frame);
            }
        }
        let take = Arc::new(parts.open(ask, start)?);
        Ok((Arc::clone(&take), Some(Self { start: Some(start), take: Some(take) })))
    }
}

/// The prompts from some frame to the one that is asked for.
struct Parts {
    earlier: Vec<Part>,
    last: Part,
}

impl Parts {
    /// The prompts from frame `start` on.
    fn new(ask: &Ask<'_>, start: u64) -> Self {
        let part = |origin, prompt: Option<&Arc<str>>| {
            let mut settings = ask.settings.clone();
            if let Some(prompt) = prompt.filter(|prompt| !prompt.is_empty()) {
                settings.prompt = Arc::clone(prompt);
            }
            Part { origin, settings }
        };
        let (before, after) = ask.cues.split_at(ask.cues.partition_point(|cue| cue.frame <= start));
        let mut earlier = Vec::new();
        let mut last = part(start, before.last().map(|cue| &cue.prompt));
        for cue in after.iter().take_while(|cue| cue.frame <= ask.index) {
            let old = std::mem::replace(&mut last, part(cue.frame, Some(&cue.prompt)));
            if old.origin < cue.frame {
                earlier.push(old);
            }
        }
        Self { earlier, last }
    }

    /// Opens the last part, with the camera coming from those before it as far back as that can
    /// be seen: a camera that has arrived on its path does not show where it came from.
    fn open(&self, ask: &Ask<'_>, start: Start) -> Result<Take, GeneratorError> {
        let glide = ClockTime::try_from(scene::GLIDE).unwrap_or_default();
        let arrived = ask.grid.index_at(glide).saturating_add(2);
        let end = |i: usize| self.earlier.get(i + 1).unwrap_or(&self.last).origin;
        let has_arrived = |(i, part): (usize, &Part)| end(i) - part.origin > arrived;
        let settled = self.earlier.iter().enumerate().rposition(has_arrived);
        let mut from = start.from.filter(|_| settled.is_none_or(|i| i == 0));
        for (i, part) in self.earlier.iter().enumerate().skip(settled.unwrap_or(0)) {
            from = Take::open(ask, part, from)?.place(end(i), ask.settings);
        }
        Take::open(ask, &self.last, from)
    }
}
