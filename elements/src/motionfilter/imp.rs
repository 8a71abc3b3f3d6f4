// SPDX-License-Identifier: MIT OR Apache-2.0
//! The element itself.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
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
    aids::Aids,
    announce::{self, ClipEvent, StreamTags},
    caps,
    cues::{self, Cues},
    errors::FrameFailure,
    frame,
    motionfilter::scenes::Scenes,
    presets::Presets,
    qos::Pressure,
    rescue::{Outcome, Rescue},
    settings::{AtEnd, FitMode, Settings},
    stats::Stats,
    takes::{Ask, Cue, Take, Takes},
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
    /// The clips of the scene that is shown.
    takes: Takes,
    /// The frame that was shown last: start of its scene, and its number.
    last: Option<(ClockTime, u64)>,
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
            takes: Takes::default(),
            last: None,
            next: ClockTime::ZERO,
        }
    }

    /// Another stream than before has stills of its own.
    fn stream(&mut self, id: &str) {
        if self.stream_id != id {
            id.clone_into(&mut self.stream_id);
            self.scenes = Scenes::default();
        }
        // The clip is opened again, and so announced to what follows.
        self.takes = Takes::default();
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

/// What a frame is made of.
pub(super) struct Place {
    still: Arc<Image>,
    pub grid: FrameGrid,
    /// Stream time of frame 0 of this still.
    pub start: ClockTime,
    /// Number of the frame, counted from there.
    index: u64,
    /// It follows the frame that was shown last, of the same still.
    continues: bool,
}

/// Locks are taken in the order `cues`, `state`, `settings`, `stats`, `pressure`, `refused`,
/// `tags`, `rescue`, and none is held while anything is pushed, queried, posted or rendered.
pub struct MotionFilter {
    pub(super) cues: Cues,
    /// Nothing may be waited for: a flush, or the end of the stream.
    pub(super) stopped: AtomicBool,
    state: Mutex<State>,
    settings: Mutex<Settings>,
    stats: Mutex<Stats>,
    /// How well the machine keeps up.
    pressure: Mutex<Pressure>,
    /// Caps that cannot be worked with, and about which the user was told.
    refused: Mutex<Option<gst::Caps>>,
    tags: Mutex<StreamTags>,
    rescue: Mutex<Rescue>,
}

impl MotionFilter {
    /// The still that this frame belongs to, and the frame of its clip that is shown at `time`.
    fn place(
        &self,
        input: &VideoFrameRef<&gst::BufferRef>,
        time: Option<ClockTime>,
        reverse: bool,
    ) -> Result<Place, FrameFailure> {
        let sketch = frame::sketch_from_buffer(input.buffer(), input.info())?;
        let (known, grid, start, index, continues) = {
            let mut state = self.state.lock();
            let time = state.time(time);
            let first_start = if state.variable_rate { time } else { ClockTime::ZERO };
            let (start, still) = state.scenes.place(sketch, time, first_start, reverse);
            let index = state.grid.nearest(time.saturating_sub(start));
            let last = state.last.replace((start, index));
            let same_scene = last.is_some_and(|(scene, _)| scene == start);
            if !same_scene {
                state.takes.rewind();
            }
            let forward = !reverse && last.is_some_and(|(_, last)| last < index);
            (still, state.grid, start, index, same_scene && forward)
        };
        let still = match known {
            Some(still) => still,
            None => Arc::new(frame::image_from_buffer(input.buffer(), input.info())?),
        };
        Ok(Place { still, grid, start, index, continues })
    }

    /// What is shown now. Clips are opened where that is something new.
    fn take(
        &self,
        place: &Place,
        settings: &Settings,
        cues: &[Cue],
    ) -> Result<Arc<Take>, FrameFailure> {
        let takes = self.state.lock().takes.clone();
        let (take, next) = takes.at(&Ask {
            still: &place.still,
            source: (place.still.width(), place.still.height()),
            grid: place.grid,
            settings,
            cues,
            first: 0,
            index: place.index,
            continues: place.continues,
        })?;
        let Some(next) = next else { return Ok(take) };
        {
            let mut state = self.state.lock();
            state.scenes.keep(take.clip().still());
            state.takes = next;
        }
        self.stats.lock().clips += 1;
        self.post_clip(ClipEvent::Started, &take, place, settings);
        let news = self.tags.lock().of_take(&take, settings);
        if let Some(news) = news
            && !announce::send_tags(self.obj().src_pad(), news, &self.tags)
        {
            self.state.lock().takes = Takes::default();
        }
        Ok(take)
    }

    fn post_clip(&self, event: ClipEvent, take: &Take, place: &Place, settings: &Settings) {
        let start = place.start.saturating_add(place.grid.start(take.origin()));
        announce::post_clip(self.obj().upcast_ref(), event, take, settings, start);
    }

    /// Fills `output`; false where the stream is over, or has to stop.
    fn fill(
        &self,
        settings: &Settings,
        (time, reverse): (Option<ClockTime>, bool),
        input: &VideoFrameRef<&gst::BufferRef>,
        output: &mut VideoFrameRef<&mut gst::BufferRef>,
    ) -> Result<bool, FrameFailure> {
        let place = self.place(input, time, reverse)?;
        let frames = place.grid.rate().frames_in(settings.duration);
        // Whatever the prompt, the stream ends when its still was shown for so long.
        if settings.at_end == AtEnd::Eos && place.index >= frames {
            return Ok(false);
        }
        let cues = self.cues_for(&place, input.buffer().pts());
        if self.stopped.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let started = Instant::now();
        let take = self.take(&place, settings, &cues)?;
        let go_on = || !self.stopped.load(Ordering::Relaxed);
        if !take.wait(place.index, settings, self.obj().upcast_ref(), go_on) {
            return Ok(false);
        }
        let mut target = frame::frame_mut(output)?;
        take.frame(place.index, settings, &mut target)?;
        self.stats.lock().frame(started.elapsed());
        if take.ends_at(place.index) {
            self.post_clip(ClipEvent::Ended, &take, &place, settings);
        }
        Ok(true)
    }

    /// How well the machine keeps up, as far as that counts.
    fn pressure(&self) -> Pressure {
        let counts = self.obj().property::<bool>("qos");
        if counts { *self.pressure.lock() } else { Pressure::default() }
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
    type Interfaces = (Presets,);

    fn with_class(klass: &Self::Class) -> Self {
        let template = klass.pad_template("text_sink").expect("the template is this element's");
        Self {
            cues: Cues::new(cues::build_pad::<Self>(&template)),
            stopped: AtomicBool::new(false),
            state: Mutex::new(State::new(None)),
            settings: Mutex::new(Settings::new(AtEnd::Hold)),
            stats: Mutex::default(),
            pressure: Mutex::default(),
            refused: Mutex::default(),
            tags: Mutex::default(),
            rescue: Mutex::default(),
        }
    }
}

impl ObjectImpl for MotionFilter {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj().add_pad(&self.cues.pad).expect("a new element has no pad of this name");
    }

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
            let stats = *self.stats.lock();
            return stats.to_structure(self.pressure()).to_value();
        }
        let value = self.settings.lock().get(pspec.name());
        value.unwrap_or_else(|| pspec.default_value().clone())
    }
}

impl GstObjectImpl for MotionFilter {}

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
            LazyLock::new(|| caps::generator_templates().unwrap_or_default());
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        match transition {
            gst::StateChange::ReadyToPaused => self.stop_waiting(false),
            gst::StateChange::PausedToReady => self.stop_waiting(true),
            _ => (),
        }
        self.parent_change_state(transition)
    }
}

impl BaseTransformImpl for MotionFilter {
    const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *self.state.lock() = State::new(None);
        *self.stats.lock() = Stats::default();
        *self.pressure.lock() = Pressure::default();
        *self.refused.lock() = None;
        *self.tags.lock() = StreamTags::default();
        *self.rescue.lock() = Rescue::default();
        Aids::load_in(&self.settings, |settings| (&mut settings.aids, FitMode::Cover))
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state.lock() = State::new(None);
        self.settings.lock().aids.unload();
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        let event = match event.view() {
            gst::EventView::FlushStart(_) => {
                self.stop_waiting(true);
                event
            }
            gst::EventView::FlushStop(_) => {
                self.stop_waiting(false);
                let mut state = self.state.lock();
                state.scenes.interrupt();
                state.takes.rewind();
                state.last = None;
                drop(state);
                event
            }
            gst::EventView::Segment(_) => {
                self.state.lock().scenes.interrupt();
                event
            }
            gst::EventView::StreamStart(start) => {
                *self.tags.lock() = StreamTags::default();
                self.state.lock().stream(start.stream_id());
                event
            }
            gst::EventView::Tag(tag) => {
                let tags = self.tags.lock().merge_upstream(tag.tag_owned());
                gst::event::Tag::builder(tags).seqnum(event.seqnum()).build()
            }
            _ => event,
        };
        self.parent_sink_event(event)
    }

    fn src_event(&self, event: gst::Event) -> bool {
        if let gst::EventView::Qos(qos) = event.view() {
            self.pressure.lock().hear(qos);
        }
        let text = event.clone();
        let taken = self.parent_src_event(event);
        self.push_to_text(text);
        taken
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
        let at = self.stream_time(input.buffer());
        if let Some(time) = at.0
            && let Err(error) = self.obj().sync_values(time)
        {
            gst::warning!(CAT, imp = self, "a controlled property did not change: {error}");
        }
        let mut settings = self.settings.lock().clone();
        settings.controls.detail = self.pressure().detail();
        let made = match self.fill(&settings, at, input, output) {
            Ok(true) => Ok(()),
            Ok(false) if self.stopped.load(Ordering::Relaxed) => {
                return Err(gst::FlowError::Flushing);
            }
            Ok(false) => return Err(gst::FlowError::Eos),
            Err(failure) => Err(failure),
        };
        let pass = |frame: &mut VideoFrameRef<&mut gst::BufferRef>| input.copy(frame).is_ok();
        let settled = self.rescue.lock().settle(made, settings.on_error, output, pass);
        match settled {
            Ok(Outcome::Made) => Ok(gst::FlowSuccess::Ok),
            Ok(Outcome::Replaced(news)) => {
                self.stats.lock().failed += 1;
                if let Some(failure) = news {
                    announce::warn(self.obj().upcast_ref(), &failure);
                }
                Ok(gst::FlowSuccess::Ok)
            }
            Err(failure) => {
                self.post_error_message(failure.into());
                Err(gst::FlowError::Error)
            }
        }
    }
}
