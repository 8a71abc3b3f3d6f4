// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture file of a source: its properties, how it is read, and what is told about it.

mod buffer;

use std::path::PathBuf;

use gst::prelude::*;
use gst_video::VideoInfo;
use stillmotion_engine::image::{
    Image, MAX_SIDE, MIN_SIDE, PixelFormat,
    decode::{self, Limits},
};

pub use buffer::buffer;

use crate::{
    caps, errors,
    settings::{FitMode, assign},
    strings,
};

/// Which picture is wished, and at what cost.
#[derive(Debug, Clone, Default)]
pub struct PictureSettings {
    pub location: PathBuf,
    pub fit: FitMode,
    pub limits: Limits,
}

impl PictureSettings {
    /// The properties `location`, `fit`, `max-side` and `max-bytes`.
    pub fn param_specs() -> Vec<glib::ParamSpec> {
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
    }

    /// Sets the property `name` if it is one of these.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "location" => self.location = strings::path(value),
            "fit" => assign(&mut self.fit, value),
            "max-side" => assign(&mut self.limits.max_side, value),
            "max-bytes" => assign(&mut self.limits.max_bytes, value),
            _ => (),
        }
    }

    /// The value of the property `name` if it is one of these.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "location" => self.location.to_string_lossy().to_value(),
            "fit" => self.fit.to_value(),
            "max-side" => self.limits.max_side.to_value(),
            "max-bytes" => self.limits.max_bytes.to_value(),
            _ => return None,
        })
    }

    /// Reads the picture: RGB, or RGBA where the file has alpha, and upright.
    pub fn load(&self) -> Result<Image, gst::ErrorMessage> {
        if self.location.as_os_str().is_empty() {
            return Err(gst::error_msg!(
                gst::ResourceError::Settings,
                ("location is empty, allowed is the path of a picture")
            ));
        }
        decode::load(&self.location, &self.limits).map_err(|error| errors::decode(&error))
    }

    /// What there is to tell about the picture.
    pub fn tags(&self) -> gst::TagList {
        let mut tags = gst::TagList::new();
        let list = tags.make_mut();
        let title = self.location.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        // A tag cannot hold an empty text.
        if let Some(title) = title.filter(|title| !title.is_empty()) {
            list.add::<gst::tags::Title>(&title.as_str(), gst::TagMergeMode::Replace);
        }
        // The picture stands upright already: nobody may turn it again.
        list.add::<gst::tags::ImageOrientation>(&"rotate-0", gst::TagMergeMode::Replace);
        tags
    }
}

/// Picks the caps of one frame of `image`, in its own size where that is open, in the order of
/// `allowed`. `None` where nothing is allowed.
pub fn still_caps(mut allowed: gst::Caps, image: &Image) -> Option<gst::Caps> {
    allowed.truncate();
    let size = (image.width(), image.height());
    let structure = allowed.make_mut().structure_mut(0)?;
    fixate_format(structure, image.format());
    caps::fixate_size(structure, size, size);
    let still = gst::Fraction::new(0, 1);
    structure.fixate_field_nearest_fraction("framerate", still);
    if structure.has_field("pixel-aspect-ratio") {
        let square = gst::Fraction::new(1, 1);
        structure.fixate_field_nearest_fraction("pixel-aspect-ratio", square);
    }
    allowed.fixate();
    let complete = VideoInfo::from_caps(&allowed).and_then(|info| info.to_caps());
    Some(complete.unwrap_or(allowed))
}

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
        fixate_format(structure, own);
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
