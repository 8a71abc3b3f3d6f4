// SPDX-License-Identifier: MIT OR Apache-2.0
//! The element itself: properties, URI, states.

use std::{
    path,
    sync::{Arc, LazyLock},
};

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use gst_base::{
    prelude::*,
    subclass::{base_src::CreateSuccess, prelude::*},
};
use parking_lot::{Mutex, MutexGuard};
use stillmotion_engine::{image::Image, request::Check};

use super::{
    background::Bell,
    parameters,
    prepare::{Halt, Reading, Still},
    uri::{self, MotionUri},
};
use crate::{
    aids::Aids,
    announce::StreamTags,
    caps,
    errors::FirstError,
    output::Agreed,
    picture::PictureSettings,
    presets::Presets,
    qos::{self, Pressure},
    rescue::Rescue,
    settings::{AtEnd, Settings, assign},
    stats::Stats,
    takes::Takes,
};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("motionsrc", gst::DebugColorFlags::empty(), Some("A clip as a source"))
});

/// What a user wishes.
#[derive(Debug, Clone)]
pub(super) struct OwnSettings {
    pub shared: Settings,
    pub picture: PictureSettings,
    pub qos: bool,
}

impl Default for OwnSettings {
    fn default() -> Self {
        let (shared, picture) = (Settings::new(AtEnd::Eos), PictureSettings::default());
        Self { shared, picture, qos: true }
    }
}

/// One run of the stream.
#[derive(Default)]
pub(super) struct State {
    /// Between start and stop.
    pub started: bool,
    /// A picture that was not waited for to the end.
    pub reading: Option<Arc<Reading>>,
    /// As it was read.
    pub picture: Option<Arc<Image>>,
    /// Not sent yet.
    pub tags: Option<gst::TagList>,
    pub still: Option<Arc<Still>>,
    pub output: Option<Arc<Agreed>>,
    pub takes: Takes,
    /// Number of the frame that was made last.
    pub last: Option<u64>,
    /// Where the segment that is played ends.
    pub stop: Option<ClockTime>,
    pub stats: Stats,
    /// How well the machine keeps up.
    pub pressure: Pressure,
}

/// Locks are taken in the order `state`, `settings`, `tags`, `rescue`, and none is held while
/// anything is pushed, queried, posted, notified, decoded or rendered. The stream lock of the
/// source pad comes before them.
#[derive(Default)]
pub struct MotionSrc {
    state: Mutex<State>,
    settings: Mutex<OwnSettings>,
    pub(super) tags: Mutex<StreamTags>,
    pub(super) rescue: Mutex<Rescue>,
    /// Rings when somebody seeks or stops.
    pub(super) bell: Arc<Bell>,
    told: FirstError,
}

impl MotionSrc {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, OwnSettings> {
        self.settings.lock()
    }

    /// How well the machine keeps up, as far as that counts.
    pub(super) fn pressure(&self) -> Pressure {
        let counts = self.settings().qos;
        if counts { self.state().pressure } else { Pressure::default() }
    }

    fn replace_state(&self, new: State) {
        let old = std::mem::replace(&mut *self.state(), new);
        // Frees pictures: not under the lock.
        drop(old);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for MotionSrc {
    const NAME: &'static str = "GstMotionSrc";
    type Type = super::MotionSrc;
    type ParentType = gst_base::PushSrc;
    type Interfaces = (Presets, gst::URIHandler);
}

impl ObjectImpl for MotionSrc {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_format(gst::Format::Time);
    }

    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut specs = PictureSettings::param_specs();
            specs.extend(Settings::param_specs(OwnSettings::default().shared.at_end));
            specs.extend([qos::param_spec(), Stats::param_spec()]);
            specs
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        if pspec.name() == "qos" {
            return assign(&mut settings.qos, value);
        }
        settings.picture.set(pspec.name(), value);
        settings.shared.set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let name = pspec.name();
        if name == "stats" {
            let stats = self.state().stats;
            return stats.to_structure(self.pressure()).to_value();
        }
        let settings = self.settings();
        if name == "qos" {
            return settings.qos.to_value();
        }
        let value = settings.picture.get(name).or_else(|| settings.shared.get(name));
        value.unwrap_or_else(|| pspec.default_value().clone())
    }
}

impl GstObjectImpl for MotionSrc {}

impl URIHandlerImpl for MotionSrc {
    const URI_TYPE: gst::URIType = gst::URIType::Src;

    fn protocols() -> &'static [&'static str] {
        &[uri::SCHEME]
    }

    fn uri(&self) -> Option<String> {
        let location = self.settings().picture.location.clone();
        // Fails for an empty one, and where there is no current folder.
        let path = path::absolute(location).ok()?;
        let element = self.obj();
        let changed = |spec: glib::ParamSpec| {
            let value = parameters::text(&spec, &element.property_value(spec.name()))?;
            let default = parameters::text(&spec, spec.default_value());
            (Some(&value) != default.as_ref()).then(|| (spec.name().to_owned(), value))
        };
        let parameters = parameters::specs(&element).into_iter().filter_map(changed).collect();
        Some(MotionUri { path, parameters }.to_string())
    }

    fn set_uri(&self, uri: &str) -> Result<(), glib::Error> {
        if self.state().started {
            let reason = "the URI cannot change while a clip is shown";
            return Err(glib::Error::new(gst::URIError::BadState, reason));
        }
        let element = self.obj();
        let specs = parameters::specs(&element);
        let mut check = Check::default();
        // As bytes: hosts pass on what they were given, which need not be UTF-8.
        let uri = MotionUri::read(uri.as_bytes(), &mut check);
        let values = parameters::values(&uri.parameters, &specs, &mut check);
        check.finish().map_err(|problems| {
            let message = format!("this motion: URI cannot be used: {problems}");
            glib::Error::new(gst::URIError::BadUri, &message)
        })?;
        self.settings().picture.location = uri.path;
        element.notify("location");
        for spec in &specs {
            let value = values.get(spec.name()).unwrap_or(spec.default_value());
            element.set_property_from_value(spec.name(), value);
        }
        Ok(())
    }
}

impl ElementImpl for MotionSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Motion source",
                "Source/File/Video",
                "Turns a picture file into a clip, steered by a prompt and a motion amount",
                "The stillmotion developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| caps::source_templates().unwrap_or_default());
        &TEMPLATES
    }

    fn send_event(&self, event: gst::Event) -> bool {
        self.can_follow(&event) && self.parent_send_event(event)
    }

    fn post_message(&self, message: gst::Message) -> bool {
        !self.told.passes(&message) || self.parent_post_message(message)
    }
}

impl BaseSrcImpl for MotionSrc {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        self.told.reset();
        *self.tags.lock() = StreamTags::default();
        *self.rescue.lock() = Rescue::default();
        self.replace_state(State { started: true, ..State::default() });
        // The base class does not stop what did not start.
        Aids::load_in(&self.settings, |own| (&mut own.shared.aids, own.picture.fit))
            .and_then(|()| self.read_ahead())
            .inspect_err(|_| self.replace_state(State::default()))
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.replace_state(State::default());
        self.settings().shared.aids.unload();
        Ok(())
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        self.bell.ring();
        Ok(())
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn do_seek(&self, segment: &mut gst::Segment) -> bool {
        segment.downcast_mut().is_some_and(|segment| self.seek(segment))
    }

    fn event(&self, event: &gst::Event) -> bool {
        if let gst::EventView::Qos(qos) = event.view() {
            self.state().pressure.hear(qos);
        }
        self.can_follow(event) && self.parent_event(event)
    }

    fn query(&self, query: &mut gst::QueryRef) -> bool {
        self.answer(query).unwrap_or_else(|| BaseSrcImplExt::parent_query(self, query))
    }

    fn negotiate(&self) -> Result<(), gst::LoggableError> {
        self.agree().map_err(|halt| {
            if let Halt::Error(message) = halt {
                self.post_error_message(message);
            }
            gst::loggable_error!(CAT, "nothing was agreed on")
        })
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        let Some(output) = self.state().output.clone() else {
            return Err(gst::loggable_error!(CAT, "not negotiated"));
        };
        let needed = u32::try_from(output.info.size())
            .map_err(|_| gst::loggable_error!(CAT, "a frame of {} is too large", output.caps))?;
        let offered = query.allocation_pools().next();
        let (pool, size, min, max) = offered.clone().unwrap_or((None, 0, 0, 0));
        let size = size.max(needed);
        let pool = pool.unwrap_or_else(|| gst_video::VideoBufferPool::new().upcast());
        let mut config = pool.config();
        config.set_params(Some(&output.caps), size, min, max);
        if query.find_allocation_meta::<gst_video::VideoMeta>().is_some() {
            config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
        }
        // The base class configures the pool once more, and says so if that fails.
        let _ = pool.set_config(config);
        if offered.is_some() {
            query.set_nth_allocation_pool(0, Some(&pool), size, min, max);
        } else {
            query.add_allocation_pool(Some(&pool), size, min, max);
        }
        self.parent_decide_allocation(query)
    }
}

impl PushSrcImpl for MotionSrc {
    fn create(
        &self,
        _buffer: Option<&mut gst::BufferRef>,
    ) -> Result<CreateSuccess, gst::FlowError> {
        let tags = self.state().tags.take();
        if let Some(tags) = tags {
            let tags = self.tags.lock().merge_upstream(tags);
            self.obj().src_pad().push_event(gst::event::Tag::new(tags));
        }
        let job = self.plan()?;
        let take = self.take(&job);
        if let Ok(take) = &take
            && !self.wait(&job, take)
        {
            return Err(gst::FlowError::Flushing);
        }
        let pool = self.obj().buffer_pool().ok_or(gst::FlowError::NotNegotiated)?;
        // The base class wakes a pool that waits.
        let mut buffer = pool.acquire_buffer(None)?;
        self.make(&job, take, buffer.make_mut()).map_err(|message| {
            self.post_error_message(message);
            gst::FlowError::Error
        })?;
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}
