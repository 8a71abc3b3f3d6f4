// SPDX-License-Identifier: MIT OR Apache-2.0
//! The element itself.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::PathBuf,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use gst_base::{
    prelude::*,
    subclass::{base_src::CreateSuccess, prelude::*},
};
use gst_video::VideoInfo;
use parking_lot::Mutex;
use stillmotion_engine::image::{
    Image, MAX_SIDE, MIN_SIDE, PixelFormat,
    decode::{self, Limits},
};

use super::picture;
use crate::{
    caps, errors,
    settings::{FitMode, assign},
    strings,
    timing::FrameGrid,
};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("stillsrc", gst::DebugColorFlags::empty(), Some("Still image source"))
});

#[derive(Debug, Clone, Default)]
struct Settings {
    location: PathBuf,
    fit: FitMode,
    limits: Limits,
}

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
    settings: Mutex<Settings>,
    /// The user was told why this run failed.
    told: AtomicBool,
}

impl StillSrc {
    /// The first of the formats that downstream prefers, and for an open choice the picture's own.
    fn fixate_format(structure: &mut gst::StructureRef, own: PixelFormat) {
        let names: Vec<String> = match structure.get::<gst::List>("format") {
            Ok(list) => list.iter().filter_map(|name| name.get().ok()).collect(),
            Err(_) => return,
        };
        let offered: Vec<PixelFormat> = names
            .iter()
            .filter_map(|name| PixelFormat::ALL.into_iter().find(|format| format.name() == name))
            .collect();
        let open = offered.len() == PixelFormat::ALL.len();
        let alike = offered.iter().find(|format| format.has_alpha() == own.has_alpha());
        let chosen = if open { Some(&own) } else { alike.or(offered.first()) };
        if let Some(format) = chosen {
            structure.set("format", format.name());
        }
    }

    fn image(&self) -> Option<Arc<Image>> {
        self.state.lock().image.clone()
    }

    /// Picks caps in the order of downstream.
    fn choose_caps(&self, image: &Image) -> Result<gst::Caps, gst::LoggableError> {
        let pad = self.obj().src_pad().clone();
        let mut caps = pad
            .peer_query_caps(None)
            .intersect_with_mode(&pad.pad_template_caps(), gst::CapsIntersectMode::First);
        caps.truncate();
        let size = (image.width(), image.height());
        let structure = caps
            .make_mut()
            .structure_mut(0)
            .ok_or_else(|| gst::loggable_error!(CAT, "downstream takes no raw video"))?;
        Self::fixate_format(structure, image.format());
        caps::fixate_size(structure, size, size);
        let still = gst::Fraction::new(0, 1);
        structure.fixate_field_nearest_fraction("framerate", still);
        if structure.has_field("pixel-aspect-ratio") {
            let square = gst::Fraction::new(1, 1);
            structure.fixate_field_nearest_fraction("pixel-aspect-ratio", square);
        }
        caps.fixate();
        let complete = VideoInfo::from_caps(&caps).and_then(|info| info.to_caps());
        Ok(complete.unwrap_or(caps))
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
            let default = Limits::default();
            vec![
                glib::ParamSpecString::builder("location")
                    .nick("File location")
                    .blurb("Path of the picture")
                    .default_value(Some(""))
                    .mutable_ready()
                    .build(),
                FitMode::param_spec(),
                glib::ParamSpecUInt::builder("max-side")
                    .nick("Largest side")
                    .blurb("Pictures with a longer side, in pixels, are refused")
                    .minimum(MIN_SIDE)
                    .maximum(MAX_SIDE)
                    .default_value(default.max_side)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt64::builder("max-bytes")
                    .nick("Most memory")
                    .blurb("Pictures that take more bytes to decode are refused")
                    .minimum(1)
                    .default_value(default.max_bytes)
                    .mutable_ready()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings.lock();
        match pspec.name() {
            "location" => {
                // File names are bytes; those that are not UTF-8 are opened all the same.
                let bytes = strings::bytes(value).unwrap_or_default();
                settings.location = OsString::from_vec(bytes).into();
            }
            "fit" => assign(&mut settings.fit, value),
            "max-side" => assign(&mut settings.limits.max_side, value),
            "max-bytes" => assign(&mut settings.limits.max_bytes, value),
            _ => (),
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings.lock();
        match pspec.name() {
            "location" => settings.location.to_string_lossy().to_value(),
            "fit" => settings.fit.to_value(),
            "max-side" => settings.limits.max_side.to_value(),
            "max-bytes" => settings.limits.max_bytes.to_value(),
            _ => pspec.default_value().clone(),
        }
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
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let (direction, presence) = (gst::PadDirection::Src, gst::PadPresence::Always);
            let template = gst::PadTemplate::new("src", direction, presence, &caps::any_video());
            template.into_iter().collect()
        });
        &TEMPLATES
    }

    fn post_message(&self, message: gst::Message) -> bool {
        // The base class follows each failure with a general message that explains nothing.
        let error = message.type_() == gst::MessageType::Error;
        if error && self.told.swap(true, Ordering::Relaxed) {
            return true;
        }
        self.parent_post_message(message)
    }
}

impl BaseSrcImpl for StillSrc {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        self.told.store(false, Ordering::Relaxed);
        let settings = self.settings.lock().clone();
        if settings.location.as_os_str().is_empty() {
            return Err(gst::error_msg!(
                gst::ResourceError::Settings,
                ("location is empty, allowed is the path of a picture")
            ));
        }
        let image = decode::load(&settings.location, &settings.limits)
            .map_err(|error| errors::decode(&error))?;
        let (width, height) = (image.width(), image.height());
        gst::info!(CAT, imp = self, "read {width}x{height} {}", image.format());
        let title = settings.location.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        *self.state.lock() = State {
            image: Some(Arc::new(image)),
            tags: Some(tags(title.as_deref().unwrap_or_default())),
            ..State::default()
        };
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

fn tags(title: &str) -> gst::TagList {
    let mut tags = gst::TagList::new();
    let list = tags.make_mut();
    // A tag cannot hold an empty text.
    if !title.is_empty() {
        list.add::<gst::tags::Title>(&title, gst::TagMergeMode::Replace);
    }
    // The picture stands upright already: nobody may turn it again.
    list.add::<gst::tags::ImageOrientation>(&"rotate-0", gst::TagMergeMode::Replace);
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(caps: &str, own: PixelFormat) -> String {
        gst::init().unwrap();
        let mut caps = caps
            .parse::<gst::Caps>()
            .unwrap()
            .intersect_with_mode(&caps::any_video(), gst::CapsIntersectMode::First);
        let structure = caps.make_mut().structure_mut(0).unwrap();
        StillSrc::fixate_format(structure, own);
        structure.get("format").unwrap()
    }

    #[test]
    fn the_format_that_downstream_prefers_is_taken() {
        let encoder = "video/x-raw,format={Y444,NV12,I420}";
        assert_eq!(chosen(encoder, PixelFormat::Rgb), "NV12");
        assert_eq!(chosen(encoder, PixelFormat::Rgba), "NV12");
        assert_eq!(chosen("video/x-raw,format=BGRx", PixelFormat::Rgba), "BGRx");
    }

    #[test]
    fn alpha_is_kept_where_that_is_possible_and_not_made_up() {
        let mixed = "video/x-raw,format={BGRx,I420,BGRA}";
        assert_eq!(chosen(mixed, PixelFormat::Rgba), "BGRA");
        assert_eq!(chosen("video/x-raw,format={BGRA,I420}", PixelFormat::Rgb), "I420");
    }

    #[test]
    fn an_open_choice_keeps_the_format_of_the_picture() {
        assert_eq!(chosen("video/x-raw", PixelFormat::Rgb), "RGB");
        assert_eq!(chosen("video/x-raw", PixelFormat::Rgba), "RGBA");
    }
}
