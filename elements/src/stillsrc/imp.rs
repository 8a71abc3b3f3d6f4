// SPDX-License-Identifier: MIT OR Apache-2.0
//! The element itself.

use std::sync::{Arc, LazyLock};

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use gst_base::{
    prelude::*,
    subclass::{base_src::CreateSuccess, prelude::*},
};
use gst_video::VideoInfo;
use parking_lot::Mutex;
use stillmotion_engine::{image::Image, worker::clip};

use crate::{
    caps,
    errors::{self, FirstError},
    model::{Model, Teller},
    picture::{self, PictureSettings},
    settings::assign,
    strings,
    timing::FrameGrid,
};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("stillsrc", gst::DebugColorFlags::empty(), Some("Still image source"))
});

/// One run of the stream.
#[derive(Default)]
struct State {
    image: Option<Arc<Image>>,
    /// The picture as the caps ask for it.
    buffer: Option<gst::Buffer>,
    /// The frames of a constant rate, `None` for a single frame.
    grid: Option<FrameGrid>,
    /// Number of the next frame.
    next: u64,
    tags: Option<gst::TagList>,
}

/// What a user wishes. Survives every state change.
#[derive(Debug, Clone, Default)]
struct Settings {
    picture: PictureSettings,
    model: Model,
    prompt: String,
    seed: u64,
}

/// Locks are taken in the order `state`, `settings`, and neither is held while anything is
/// pushed, queried or decoded.
#[derive(Default)]
pub struct StillSrc {
    state: Mutex<State>,
    settings: Mutex<Settings>,
    told: FirstError,
}

/// Whether `event` is none that asks for a seek that cannot be done. The base class would find
/// out only when everything is flushed, and then go on without a segment.
fn can_follow(event: &gst::Event) -> bool {
    let gst::EventView::Seek(seek) = event.view() else { return true };
    seek.get().0 > 0.0
}

impl StillSrc {
    /// The picture: read at the start, or made by a model when it is first asked for.
    fn image(&self) -> Result<Arc<Image>, gst::LoggableError> {
        if let Some(image) = self.state.lock().image.clone() {
            return Ok(image);
        }
        let image = Arc::new(self.generate()?);
        self.state.lock().image = Some(Arc::clone(&image));
        Ok(image)
    }

    /// Has the model make a picture. Whoever flushes or stops ends that.
    fn generate(&self) -> Result<Image, gst::LoggableError> {
        let Settings { model, prompt, seed, .. } = self.settings.lock().clone();
        let Some(model) = model.settings() else {
            return Err(gst::loggable_error!(CAT, "not started"));
        };
        let element = self.obj();
        let teller = Teller::default();
        let made = clip::picture(&model, &prompt, seed, |progress, preview| {
            teller.tell(element.upcast_ref(), progress);
            teller.show(element.upcast_ref(), preview);
            !element.src_pad().pad_flags().contains(gst::PadFlags::FLUSHING)
        });
        teller.end(element.upcast_ref(), matches!(made, Ok(Some(_))));
        match made {
            Ok(Some(image)) => Ok(image),
            Ok(None) => Err(gst::loggable_error!(CAT, "called away")),
            Err(error) => {
                self.post_error_message(errors::generator(&error));
                Err(gst::loggable_error!(CAT, "no picture: {error}"))
            }
        }
    }

    /// Picks caps in the order of downstream.
    fn choose_caps(&self, image: &Image) -> Result<gst::Caps, gst::LoggableError> {
        let pad = self.obj().src_pad().clone();
        let allowed = pad
            .peer_query_caps(None)
            .intersect_with_mode(&pad.pad_template_caps(), gst::CapsIntersectMode::First);
        picture::still_caps(allowed, image)
            .ok_or_else(|| gst::loggable_error!(CAT, "downstream takes no raw video"))
    }
}

#[glib::object_subclass]
impl ObjectSubclass for StillSrc {
    const NAME: &'static str = "GstStillSrc";
    type Type = super::StillSrc;
    type ParentType = gst_base::PushSrc;
    type Interfaces = (gst::Preset,);
}

impl ObjectImpl for StillSrc {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_format(gst::Format::Time);
    }

    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut specs = PictureSettings::param_specs();
            specs.extend(Model::param_specs());
            specs.extend([
                glib::ParamSpecString::builder("prompt")
                    .nick("Prompt")
                    .blurb("What the model should show")
                    .default_value(Some(""))
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt64::builder("seed")
                    .nick("Seed")
                    .blurb("Which picture the model makes; the same seed gives the same one")
                    .mutable_ready()
                    .build(),
            ]);
            specs
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings.lock();
        match pspec.name() {
            "prompt" => settings.prompt = strings::lossy(value),
            "seed" => assign(&mut settings.seed, value),
            name => {
                settings.picture.set(name, value);
                settings.model.set(name, value);
            }
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings.lock();
        let value = match pspec.name() {
            "prompt" => Some(settings.prompt.to_value()),
            "seed" => Some(settings.seed.to_value()),
            name => settings.picture.get(name).or_else(|| settings.model.get(name)),
        };
        value.unwrap_or_else(|| pspec.default_value().clone())
    }
}

impl GstObjectImpl for StillSrc {}
impl PresetImpl for StillSrc {}

impl ElementImpl for StillSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Still image source",
                "Source/File/Image/Video",
                "Reads a picture from a file, or has a model make one",
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
        can_follow(&event) && self.parent_send_event(event)
    }

    fn post_message(&self, message: gst::Message) -> bool {
        !self.told.passes(&message) || self.parent_post_message(message)
    }
}

impl BaseSrcImpl for StillSrc {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        self.told.reset();
        let settings = self.settings.lock().clone();
        let image = match settings.model.settings() {
            None => Some(Arc::new(settings.picture.load()?)),
            // Made on the streaming thread: it takes too long for a state change.
            Some(_) if settings.picture.location.as_os_str().is_empty() => None,
            Some(_) => {
                return Err(gst::error_msg!(
                    gst::ResourceError::Settings,
                    ("location and model are both set, allowed is one of them")
                ));
            }
        };
        let tags = Some(settings.picture.tags());
        *self.state.lock() = State { image, tags, ..State::default() };
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state.lock() = State::default();
        Ok(())
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn do_seek(&self, segment: &mut gst::Segment) -> bool {
        let Some(segment) = segment.downcast_mut::<ClockTime>() else { return false };
        if segment.rate() < 0.0 {
            return false;
        }
        let start = segment.start().unwrap_or_default();
        segment.set_time(start);
        segment.set_position(start);
        let mut state = self.state.lock();
        state.next = state.grid.map_or(0, |grid| grid.index_at(start));
        true
    }

    fn event(&self, event: &gst::Event) -> bool {
        can_follow(event) && self.parent_event(event)
    }

    fn negotiate(&self) -> Result<(), gst::LoggableError> {
        let image = self.image()?;
        gst::info!(CAT, imp = self, "have {}x{}", image.width(), image.height());
        let caps = self.choose_caps(&image)?;
        gst::info!(CAT, imp = self, "making {caps}");
        self.obj().set_caps(&caps).map_err(|_| gst::loggable_error!(CAT, "{caps} is refused"))
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let image = self.image()?;
        let info = VideoInfo::from_caps(caps)?;
        let mode = self.settings.lock().picture.fit;
        let buffer = picture::buffer(&image, &info, mode.into()).map_err(|message| {
            self.post_error_message(message);
            gst::loggable_error!(CAT, "the picture cannot be shown as {caps}")
        })?;
        let mut state = self.state.lock();
        let grid = caps::frame_rate(&info).map(FrameGrid::new);
        // A new rate must not bend time: go on at the frame that is due.
        if let (Some(old), Some(new)) = (state.grid, grid) {
            state.next = new.nearest(old.start(state.next));
        }
        state.grid = grid;
        state.buffer = Some(buffer);
        Ok(())
    }
}

impl PushSrcImpl for StillSrc {
    fn create(
        &self,
        _buffer: Option<&mut gst::BufferRef>,
    ) -> Result<CreateSuccess, gst::FlowError> {
        let (tags, mut buffer, index, grid) = {
            let mut state = self.state.lock();
            let buffer = state.buffer.clone().ok_or(gst::FlowError::NotNegotiated)?;
            let index = state.next;
            state.next = index.saturating_add(1);
            (state.tags.take(), buffer, index, state.grid)
        };
        if let Some(tags) = tags {
            self.obj().src_pad().push_event(gst::event::Tag::new(tags));
        }
        // The pixels are shared by all frames, only the times differ.
        let target = buffer.make_mut();
        match grid {
            None if index > 0 => return Err(gst::FlowError::Eos),
            None => {
                let segment = self.obj().segment().downcast::<ClockTime>();
                target.set_pts(segment.ok().and_then(|s| s.position()).unwrap_or_default());
            }
            Some(grid) => {
                let (start, end) = (grid.start(index), grid.start(index.saturating_add(1)));
                target.set_pts(start);
                target.set_duration(end - start);
                target.set_offset(index);
                target.set_offset_end(index.saturating_add(1));
            }
        }
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}
