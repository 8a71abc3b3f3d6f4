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
use stillmotion_engine::image::Image;

use crate::{
    caps,
    errors::FirstError,
    picture::{self, PictureSettings},
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

/// Locks are taken in the order `state`, `settings`, and neither is held while anything is
/// pushed, queried or decoded.
#[derive(Default)]
pub struct StillSrc {
    state: Mutex<State>,
    settings: Mutex<PictureSettings>,
    told: FirstError,
}

/// Whether `event` is none that asks for a seek that cannot be done. The base class would find
/// out only when everything is flushed, and then go on without a segment.
fn can_follow(event: &gst::Event) -> bool {
    let gst::EventView::Seek(seek) = event.view() else { return true };
    seek.get().0 > 0.0
}

impl StillSrc {
    fn image(&self) -> Option<Arc<Image>> {
        self.state.lock().image.clone()
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
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> =
            LazyLock::new(PictureSettings::param_specs);
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.settings.lock().set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let value = self.settings.lock().get(pspec.name());
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
                "Reads a picture from a file",
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
        let image = settings.load()?;
        let (width, height) = (image.width(), image.height());
        gst::info!(CAT, imp = self, "read {width}x{height} {}", image.format());
        *self.state.lock() =
            State { image: Some(Arc::new(image)), tags: Some(settings.tags()), ..State::default() };
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
        let Some(image) = self.image() else {
            return Err(gst::loggable_error!(CAT, "not started"));
        };
        let caps = self.choose_caps(&image)?;
        gst::info!(CAT, imp = self, "making {caps}");
        self.obj().set_caps(&caps).map_err(|_| gst::loggable_error!(CAT, "{caps} is refused"))
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let Some(image) = self.image() else {
            return Err(gst::loggable_error!(CAT, "not started"));
        };
        let info = VideoInfo::from_caps(caps)?;
        let mode = self.settings.lock().fit;
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
