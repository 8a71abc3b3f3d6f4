// SPDX-License-Identifier: MIT OR Apache-2.0
//! The element itself.

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use gst_base::{
    prelude::*,
    subclass::{BaseTransformMode, prelude::*},
};
use gst_video::{VideoFrameRef, VideoInfo, prelude::*, subclass::prelude::*};
use parking_lot::Mutex;
use stillmotion_engine::{
    image::Image,
    request::{DEFAULT_FRAME_RATE, FrameRate},
};

use crate::{
    caps,
    clip::OpenClip,
    errors, frame,
    motionfilter::scenes::Scenes,
    settings::{AtEnd, Settings},
    stats::Stats,
    timing::FrameGrid,
};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("motionfilter", gst::DebugColorFlags::empty(), Some("Motion effect"))
});

/// Where caps name no rate, time is cut this finely: 24, 25, 30, 50, 60 and 120 frames per second
/// all fall on whole numbers, so the frames of a host are as evenly spaced as its times are.
const FINE_RATE: FrameRate = FrameRate { numerator: 600, denominator: 1 };

/// One run of the stream, or the part of it behind new caps.
struct State {
    grid: FrameGrid,
    /// The first clip starts with the first frame and not at stream time 0.
    variable_rate: bool,
    stream_id: String,
    scenes: Scenes,
    clip: Option<Arc<OpenClip>>,
    /// When the next frame is shown, if it should have no time.
    next: ClockTime,
}

impl State {
    fn new(rate: Option<FrameRate>) -> Self {
        Self {
            grid: FrameGrid::new(rate.unwrap_or(FINE_RATE)),
            variable_rate: rate.is_none(),
            stream_id: String::new(),
            scenes: Scenes::default(),
            clip: None,
            next: ClockTime::ZERO,
        }
    }

    /// Another stream than before has stills of its own.
    fn stream(&mut self, id: &str) {
        if self.stream_id != id {
            id.clone_into(&mut self.stream_id);
            self.scenes = Scenes::default();
        }
    }

    /// When a frame is shown: at `time`, or behind the last one.
    fn time(&mut self, time: Option<ClockTime>) -> ClockTime {
        let time = time.unwrap_or(self.next);
        let usual = FrameGrid::new(DEFAULT_FRAME_RATE);
        let length = if self.variable_rate { usual.start(1) } else { self.grid.start(1) };
        self.next = time.saturating_add(length);
        time
    }
}

/// Locks are taken in the order `state`, `settings`, `stats`, `refused`, and none is held while
/// anything is posted or rendered.
pub struct MotionFilter {
    state: Mutex<State>,
    settings: Mutex<Settings>,
    stats: Mutex<Stats>,
    /// Caps that cannot be worked with, and about which the user was told.
    refused: Mutex<Option<gst::Caps>>,
}

impl MotionFilter {
    /// The still that this frame belongs to, and the number of its frame that is shown at `time`.
    fn place(
        &self,
        input: &VideoFrameRef<&gst::BufferRef>,
        time: Option<ClockTime>,
        reverse: bool,
    ) -> Result<(Arc<Image>, u64), gst::ErrorMessage> {
        let sketch = frame::sketch_from_buffer(input.buffer(), input.info())?;
        let (still, index) = {
            let mut state = self.state.lock();
            let time = state.time(time);
            let first_start = if state.variable_rate { time } else { ClockTime::ZERO };
            let (start, still) = state.scenes.place(sketch, time, first_start, reverse);
            (still, state.grid.nearest(time.saturating_sub(start)))
        };
        if let Some(still) = still {
            return Ok((still, index));
        }
        let image = frame::image_from_buffer(input.buffer(), input.info())?;
        Ok((Arc::new(image), index))
    }

    fn open_clip(
        &self,
        still: &Arc<Image>,
        settings: &Settings,
    ) -> Result<Arc<OpenClip>, gst::ErrorMessage> {
        let (open, rate) = {
            let state = self.state.lock();
            (state.clip.clone(), state.grid.rate())
        };
        if let Some(clip) = open.filter(|clip| clip.is_for(still, rate, settings)) {
            return Ok(clip);
        }
        let clip = OpenClip::open(still, rate, settings).map_err(|e| errors::generator(&e))?;
        let clip = Arc::new(clip);
        {
            let mut state = self.state.lock();
            state.scenes.keep(clip.still());
            state.clip = Some(Arc::clone(&clip));
        }
        self.stats.lock().clips += 1;
        Ok(clip)
    }

    /// Fills `output`; false where the stream is over.
    fn fill(
        &self,
        input: &VideoFrameRef<&gst::BufferRef>,
        output: &mut VideoFrameRef<&mut gst::BufferRef>,
    ) -> Result<bool, gst::ErrorMessage> {
        let started = Instant::now();
        let (time, reverse) = self.stream_time(input.buffer());
        if let Some(time) = time
            && let Err(error) = self.obj().sync_values(time)
        {
            gst::warning!(CAT, imp = self, "a controlled property did not change: {error}");
        }
        let settings = self.settings.lock().clone();
        let (still, index) = self.place(input, time, reverse)?;
        let clip = self.open_clip(&still, &settings)?;
        let Some(shown) = settings.at_end.frame(index, clip.frames()) else {
            return Ok(false);
        };
        let mut target = frame::frame_mut(output)?;
        clip.frame(shown, &settings.controls, &mut target).map_err(|e| errors::generator(&e))?;
        self.stats.lock().frame(started.elapsed());
        Ok(true)
    }

    /// When the buffer is shown, and whether time runs backwards.
    fn stream_time(&self, buffer: &gst::BufferRef) -> (Option<ClockTime>, bool) {
        let segment = self.obj().segment();
        let reverse = segment.rate() < 0.0;
        let segment = segment.downcast::<ClockTime>().ok();
        (segment.and_then(|segment| segment.to_stream_time(buffer.pts()?)), reverse)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for MotionFilter {
    const NAME: &'static str = "GstMotionFilter";
    type Type = super::MotionFilter;
    type ParentType = gst_video::VideoFilter;
    type Interfaces = (gst::Preset,);

    fn new() -> Self {
        Self {
            state: Mutex::new(State::new(None)),
            settings: Mutex::new(Settings::new(AtEnd::Hold)),
            stats: Mutex::default(),
            refused: Mutex::default(),
        }
    }
}

impl ObjectImpl for MotionFilter {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut specs = Settings::param_specs(AtEnd::Hold);
            specs.push(Stats::param_spec());
            specs
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.settings.lock().set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if pspec.name() == "stats" {
            return self.stats.lock().to_structure().to_value();
        }
        let value = self.settings.lock().get(pspec.name());
        value.unwrap_or_else(|| pspec.default_value().clone())
    }
}

impl GstObjectImpl for MotionFilter {}
impl PresetImpl for MotionFilter {}

impl ElementImpl for MotionFilter {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Still motion",
                "Filter/Effect/Video",
                "Animates the stills of a stream, steered by a prompt and a motion amount",
                "The stillmotion developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| caps::filter_templates().unwrap_or_default());
        &TEMPLATES
    }
}

impl BaseTransformImpl for MotionFilter {
    const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *self.state.lock() = State::new(None);
        *self.stats.lock() = Stats::default();
        *self.refused.lock() = None;
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state.lock() = State::new(None);
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::FlushStop(_) | gst::EventView::Segment(_) => {
                self.state.lock().scenes.interrupt();
            }
            gst::EventView::StreamStart(start) => self.state.lock().stream(start.stream_id()),
            _ => (),
        }
        self.parent_sink_event(event)
    }

    /// Size and format stay, so every meta stays true.
    fn transform_meta<'a>(
        &self,
        _outbuf: &mut gst::BufferRef,
        _meta: gst::MetaRef<'a, gst::Meta>,
        _inbuf: &'a gst::BufferRef,
    ) -> bool {
        true
    }
}

impl VideoFilterImpl for MotionFilter {
    fn set_info(
        &self,
        incaps: &gst::Caps,
        in_info: &VideoInfo,
        _outcaps: &gst::Caps,
        _out_info: &VideoInfo,
    ) -> Result<(), gst::LoggableError> {
        let rate = caps::frame_rate(in_info);
        caps::check_input(in_info, rate).map_err(|message| {
            // Upstream sends the same caps again with each buffer: one message is enough.
            let again = self.refused.lock().replace(incaps.clone()).as_ref() == Some(incaps);
            if !again {
                self.post_error_message(message);
            }
            gst::loggable_error!(CAT, "these caps cannot be worked with")
        })?;
        let mut state = self.state.lock();
        let stream_id = std::mem::take(&mut state.stream_id);
        *state = State { stream_id, ..State::new(rate) };
        Ok(())
    }

    fn transform_frame(
        &self,
        input: &VideoFrameRef<&gst::BufferRef>,
        output: &mut VideoFrameRef<&mut gst::BufferRef>,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        match self.fill(input, output) {
            Ok(true) => Ok(gst::FlowSuccess::Ok),
            Ok(false) => Err(gst::FlowError::Eos),
            Err(message) => {
                self.post_error_message(message);
                Err(gst::FlowError::Error)
            }
        }
    }
}
