// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files and texts that say more of a still and its clip than the pixels do: its depth, where it
//! may move, the picture it travels to, the clip that it goes on from.
//!
//! They are properties of every generating element, read once when a stream starts.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use gst::prelude::*;
use gst_video::{VideoColorMatrix, VideoColorRange, VideoColorimetry, VideoInfo};
use parking_lot::Mutex;
use stillmotion_engine::{
    brush::{Brush, Strokes},
    generator::GeneratorError,
    image::{
        Image,
        decode::{self, Limits},
    },
    request::{Check, DepthSource},
    scene::{
        Place, PlaceError,
        depth::{
            Depth,
            model::{DepthModel, Meaning},
            picture as depth_picture,
        },
    },
};

use crate::{
    errors, frame, picture,
    settings::{FitMode, assign},
    strings,
};

/// What large values in the output of a depth model mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstStillMotionDepthMeaning")]
pub enum DepthMeaning {
    /// Found out from what the model makes of two test pictures.
    #[default]
    #[enum_value(name = "Auto: found out from the model's own answers", nick = "auto")]
    Auto,
    /// Large is near.
    #[enum_value(name = "Nearness: large is near (Depth Anything, MiDaS)", nick = "nearness")]
    Nearness,
    /// Large is far.
    #[enum_value(name = "Distance: large is far (metric models)", nick = "distance")]
    Distance,
}

impl DepthMeaning {
    fn meaning(self) -> Option<Meaning> {
        match self {
            Self::Auto => None,
            Self::Nearness => Some(Meaning::Nearness),
            Self::Distance => Some(Meaning::Distance),
        }
    }
}

/// The paths and texts, and what they led to when the stream started.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aids {
    depth_model: PathBuf,
    depth_meaning: DepthMeaning,
    depth_image: PathBuf,
    mask: PathBuf,
    brush: String,
    end_image: PathBuf,
    extend: String,
    loaded: Option<Arc<Loaded>>,
}

/// What was read.
#[derive(Debug, Default)]
struct Loaded {
    depth: DepthSource,
    brush: Option<Arc<Brush>>,
    end: Option<EndImage>,
    from: Option<Place>,
}

impl PartialEq for Loaded {
    /// Whether both were read at the same time.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// The picture at the end of a clip, as it was decoded, and as the last clip needed it.
#[derive(Debug)]
struct EndImage {
    decoded: Image,
    fit: FitMode,
    ready: Mutex<Option<Arc<Image>>>,
}

/// Names, nicks and blurbs of the properties that are text.
const TEXTS: [(&str, &str, &str); 6] = [
    (
        "depth-model",
        "Depth model",
        "Path of an ONNX model that finds the depth of the still; empty for the built-in one",
    ),
    (
        "depth-image",
        "Depth image",
        "Path of a gray picture with the depth of the still: white is near",
    ),
    (
        "mask",
        "Mask",
        "Path of a picture that paints where the still may move by itself, up to five regions: \
         red (or white), green, blue, yellow, magenta; black stays",
    ),
    (
        "brush",
        "Motion brush",
        "How the regions of the mask move, as in \"1: horizontal=3 ambient=2; blue: vertical=-1\"; \
         also proximity; each -10 to 10, ambient 0 to 10",
    ),
    ("end-image", "End image", "Path of the picture that the clip travels to and ends with"),
    (
        "extend",
        "Extend",
        "The place at which another clip ended, as its stillmotion-clip message gave it: the clip \
         goes on from there",
    ),
];

impl Aids {
    /// The properties.
    pub fn param_specs() -> Vec<glib::ParamSpec> {
        let text = |&(name, nick, blurb): &(&'static str, &str, &str)| {
            glib::ParamSpecString::builder(name)
                .nick(nick)
                .blurb(blurb)
                .default_value(Some(""))
                .mutable_ready()
                .build()
        };
        let mut specs: Vec<glib::ParamSpec> = TEXTS.iter().map(text).collect();
        specs.insert(
            1,
            glib::ParamSpecEnum::builder_with_default("depth-meaning", DepthMeaning::default())
                .nick("Depth meaning")
                .blurb("What large values in the output of the depth model mean")
                .mutable_ready()
                .build(),
        );
        specs
    }

    /// Sets the property `name` if it is one of these.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        let path = || strings::path(value);
        match name {
            "depth-model" => self.depth_model = path(),
            "depth-meaning" => assign(&mut self.depth_meaning, value),
            "depth-image" => self.depth_image = path(),
            "mask" => self.mask = path(),
            "brush" => self.brush = strings::lossy(value),
            "end-image" => self.end_image = path(),
            "extend" => self.extend = strings::lossy(value),
            _ => (),
        }
    }

    /// The value of the property `name` if it is one of these.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        let text = |path: &Path| path.to_string_lossy().to_value();
        Some(match name {
            "depth-model" => text(&self.depth_model),
            "depth-meaning" => self.depth_meaning.to_value(),
            "depth-image" => text(&self.depth_image),
            "mask" => text(&self.mask),
            "brush" => self.brush.to_value(),
            "end-image" => text(&self.end_image),
            "extend" => self.extend.to_value(),
            _ => return None,
        })
    }

    /// Reads everything that `find` finds in `settings`, with how stills are fitted. Takes as long as
    /// the files take; the lock is free meanwhile.
    ///
    /// # Errors
    /// The message names the file or the setting, and what is wrong with it.
    pub fn load_in<S>(
        settings: &Mutex<S>,
        find: impl Fn(&mut S) -> (&mut Self, FitMode),
    ) -> Result<(), gst::ErrorMessage> {
        let (wishes, fit) = {
            let mut settings = settings.lock();
            let (aids, fit) = find(&mut settings);
            (aids.clone(), fit)
        };
        let loaded = Arc::new(wishes.load(fit)?);
        find(&mut settings.lock()).0.loaded = Some(loaded);
        Ok(())
    }

    fn load(&self, fit: FitMode) -> Result<Loaded, gst::ErrorMessage> {
        let strokes = self.check()?;
        let limits = Limits::default();
        let picture = |path: &Path| {
            let read = || decode::load(path, &limits).map_err(|error| errors::decode(&error));
            (!path.as_os_str().is_empty()).then(read).transpose()
        };
        let brush = picture(&self.mask)?;
        let brush = brush.map(|mask| Arc::new(Brush::new(&mask, strokes, fit.into())));
        let end = picture(&self.end_image)?;
        let end = end.map(|decoded| EndImage { decoded, fit, ready: Mutex::default() });
        Ok(Loaded { depth: self.depth(fit, &limits)?, brush, end, from: self.from()? })
    }

    /// Forgets what was read.
    pub fn unload(&mut self) {
        self.loaded = None;
    }

    /// Looks at the texts together; gives the strokes of the brush.
    fn check(&self) -> Result<Strokes, gst::ErrorMessage> {
        let mut check = Check::default();
        let strokes = self.brush.parse().unwrap_or_else(|mistakes| {
            check.merge(mistakes);
            Strokes::default()
        });
        if !self.brush.is_empty() && self.mask.as_os_str().is_empty() {
            let allowed = "the path of a picture that paints the regions of the brush".to_owned();
            check.problem("mask", "empty", allowed);
        }
        if !self.depth_model.as_os_str().is_empty() && !self.depth_image.as_os_str().is_empty() {
            let given = self.depth_image.to_string_lossy();
            check.problem("depth-image", given, "empty beside a depth-model".to_owned());
        }
        check.finish().map_err(|e| gst::error_msg!(gst::LibraryError::Settings, ("{e}")))?;
        Ok(strokes)
    }

    fn depth(&self, fit: FitMode, limits: &Limits) -> Result<DepthSource, gst::ErrorMessage> {
        if !self.depth_image.as_os_str().is_empty() {
            let depth = depth_picture::load(&self.depth_image, limits);
            let depth = depth.map_err(|error| errors::decode(&error))?;
            return Ok(DepthSource::Picture(Arc::new(depth), fit.into()));
        }
        if self.depth_model.as_os_str().is_empty() {
            return Ok(DepthSource::BuiltIn);
        }
        let model = DepthModel::open(&self.depth_model, self.depth_meaning.meaning());
        Ok(DepthSource::Model(model.map_err(|error| errors::depth_model(&error))?))
    }

    fn from(&self) -> Result<Option<Place>, gst::ErrorMessage> {
        if self.extend.is_empty() {
            return Ok(None);
        }
        self.extend.trim().parse().map(Some).map_err(|error: PlaceError| {
            gst::error_msg!(gst::LibraryError::Settings, ("extend cannot be used: {error}"))
        })
    }

    /// Where the camera of the first clip comes from.
    pub fn start(&self) -> Option<Place> {
        self.loaded.as_ref().and_then(|loaded| loaded.from)
    }

    /// Whether this was read at the same time.
    pub fn is_loaded_as(&self, other: &Self) -> bool {
        self.loaded == other.loaded
    }

    /// Where the depth of a still comes from that was `source` (width, height) pixels large before
    /// it was fitted.
    ///
    /// # Errors
    /// When the user's depth picture is one of another shape.
    pub fn depth_of(&self, source: (u32, u32)) -> Result<DepthSource, GeneratorError> {
        let depth = self.loaded.as_ref().map(|loaded| loaded.depth.clone()).unwrap_or_default();
        if let DepthSource::Picture(picture, _) = &depth {
            check_aspect(picture, source)?;
        }
        Ok(depth)
    }

    /// Where the still may move, and how.
    pub fn brush(&self) -> Option<Arc<Brush>> {
        self.loaded.as_ref().and_then(|loaded| loaded.brush.clone())
    }

    /// The picture that the clip of `still` ends with, in its format and size.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn end(&self, still: &Image) -> Result<Option<Arc<Image>>, GeneratorError> {
        let end = self.loaded.as_ref().and_then(|loaded| loaded.end.as_ref());
        end.map(|end| end.like(still)).transpose()
    }
}

fn check_aspect(depth: &Depth, source: (u32, u32)) -> Result<(), GeneratorError> {
    let mut check = Check::default();
    if !depth_picture::has_aspect_of(depth, source) {
        let given = format_args!("{}x{}", depth.width, depth.height).to_string();
        let allowed = format!("the proportions of the still, {}x{}, to 2 %", source.0, source.1);
        check.problem("depth-image", given, allowed);
    }
    Ok(check.finish()?)
}

impl EndImage {
    /// The picture in the format and the size of `still`. Prompts follow each other, the shape
    /// stays: the last one is kept.
    fn like(&self, still: &Image) -> Result<Arc<Image>, GeneratorError> {
        let alike = |image: &Arc<Image>| {
            let shape =
                |image: &Image| (image.format(), image.width(), image.height(), image.matrix());
            shape(image) == shape(still)
        };
        if let Some(image) = self.ready.lock().clone().filter(alike) {
            return Ok(image);
        }
        let failed = |reason: String| GeneratorError::Failed(format!("the end image: {reason}"));
        let info = info_of(still).map_err(|error| failed(error.to_string()))?;
        let buffer = picture::buffer(&self.decoded, &info, self.fit.into());
        let buffer = buffer.map_err(|error| failed(error.to_string()))?;
        let image = frame::image_from_buffer(&buffer, &info);
        let image = Arc::new(image.map_err(|error| failed(error.to_string()))?);
        *self.ready.lock() = Some(Arc::clone(&image));
        Ok(image)
    }
}

/// What GStreamer calls frames that look as `still` does.
fn info_of(still: &Image) -> Result<VideoInfo, glib::BoolError> {
    let format = frame::video_format(still.format());
    let info = VideoInfo::builder(format, still.width(), still.height()).build()?;
    if !info.is_yuv() {
        return Ok(info);
    }
    let (usual, matrix) = (info.colorimetry(), still.matrix());
    let range =
        if matrix.full_range { VideoColorRange::Range0_255 } else { VideoColorRange::Range16_235 };
    let own = if matrix.bt709 { VideoColorMatrix::Bt709 } else { VideoColorMatrix::Bt601 };
    let colorimetry = VideoColorimetry::new(range, own, usual.transfer(), usual.primaries());
    VideoInfo::builder(format, still.width(), still.height()).colorimetry(&colorimetry).build()
}
