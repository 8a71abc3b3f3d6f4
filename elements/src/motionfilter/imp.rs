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
use stillmotion_engine::{image::Image, request::FrameRate};

use crate::{
    caps,
    clip::OpenClip,
    errors, frame,
    settings::{AtEnd, Settings},
    stats::Stats,
    timing::FrameGrid,
};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("motionfilter", gst::DebugColorFlags::empty(), Some("Motion effect"))
});

/// Where caps name no rate, time is cut this finely: 24, 30 and 60 frames per second all fall on
/// whole numbers, so no two frames of a host are the same frame of the clip.
const FINE_RATE: FrameRate = FrameRate { numerator: 120, denominator: 1 };

/// The still, and where its clip starts.
#[derive(Clone)]
struct Scene {
    still: Arc<Image>,
    origin: ClockTime,
}

/// One run of the stream, or the part of it behind new caps.
struct State {
    grid: FrameGrid,
    /// The clip starts with the first frame and not at stream time 0.
    variable_rate: bool,
    scene: Option<Scene>,
    clip: Option<Arc<OpenClip>>,
    /// Number of the next frame, if that should have no time.
    next: u64,
}

impl State {
    fn new(rate: Option<FrameRate>) -> Self {
        Self {
            grid: FrameGrid::new(rate.unwrap_or(FINE_RATE)),
            variable_rate: rate.is_none(),
            scene: None,
            clip: None,
            next: 0,
        }
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
    /// The still of the stream: the one there is, or a deep copy of this frame.
    fn scene(
        &self,
        input: &VideoFrameRef<&gst::BufferRef>,
        time: Option<ClockTime>,
    ) -> Result<Scene, gst::ErrorMessage> {
        let known = self.state.lock().scene.clone();
        if let Some(scene) = known {
            return Ok(scene);
        }
        let image = frame::image_from_buffer(input.buffer(), input.info())?;
        let mut state = self.state.lock();
        let origin = time.filter(|_| state.variable_rate).unwrap_or(ClockTime::ZERO);
        let scene = Scene { still: Arc::new(image), origin };
        state.scene = Some(scene.clone());
        Ok(scene)
    }

    /// The number of the frame that is shown at `time`.
    fn index(&self, scene: &Scene, time: Option<ClockTime>) -> u64 {
        let mut state = self.state.lock();
        let index = match time {
            Some(time) => state.grid.nearest(time.saturating_sub(scene.origin)),
            None => state.next,
        };
        state.next = index.saturating_add(1);
        index
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
        self.state.lock().clip = Some(Arc::clone(&clip));
        self.stats.lock().clips += 1;
        Ok(clip)
    }

    /// Fills `output`, or says why the stream does not go on. What the user must be told is the
    /// outer error.
    fn fill(
        &self,
        input: &VideoFrameRef<&gst::BufferRef>,
        output: &mut VideoFrameRef<&mut gst::BufferRef>,
    ) -> Result<Result<gst::FlowSuccess, gst::FlowError>, gst::ErrorMessage> {
        let started = Instant::now();
        let time = self.stream_time(input.buffer());
        if let Some(time) = time
            && let Err(error) = self.obj().sync_values(time)
        {
            gst::warning!(CAT, imp = self, "a controlled property did not change: {error}");
        }
        let settings = self.settings.lock().clone();
        let scene = self.scene(input, time)?;
        let index = self.index(&scene, time);
        let clip = self.open_clip(&scene.still, &settings)?;
        let Some(shown) = settings.at_end.frame(index, clip.frames()) else {
            return Ok(Err(gst::FlowError::Eos));
        };
        if !clip.wait(shown, || !self.is_flushing()) {
            return Ok(Err(gst::FlowError::Flushing));
        }
        let mut target = frame::frame_mut(output)?;
        clip.frame(shown, &settings.controls, &mut target).map_err(|e| errors::generator(&e))?;
        self.stats.lock().frame(started.elapsed());
        Ok(Ok(gst::FlowSuccess::Ok))
    }

    /// A flush or the way to READY asks for the thread that is in here.
    fn is_flushing(&self) -> bool {
        let obj = self.obj();
        let pads = [obj.src_pad(), obj.sink_pad()];
        pads.iter().any(|pad| pad.pad_flags().contains(gst::PadFlags::FLUSHING))
    }

    fn stream_time(&self, buffer: &gst::BufferRef) -> Option<ClockTime> {
        let segment = self.obj().segment().downcast::<ClockTime>().ok()?;
        segment.to_stream_time(buffer.pts()?)
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
                "Animates the first frame of a stream, steered by a prompt and a motion amount",
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
        *self.state.lock() = State::new(rate);
        Ok(())
    }

    fn transform_frame(
        &self,
        input: &VideoFrameRef<&gst::BufferRef>,
        output: &mut VideoFrameRef<&mut gst::BufferRef>,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        match self.fill(input, output) {
            Ok(flow) => flow,
            Err(message) => {
                self.post_error_message(message);
                Err(gst::FlowError::Error)
            }
        }
    }
}
