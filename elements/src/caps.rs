// SPDX-License-Identifier: MIT OR Apache-2.0
//! The caps that the elements have in common.

use gst_video::{VideoCapsBuilder, VideoFormat, VideoInfo};
use stillmotion_engine::{
    fit,
    image::{ImageError, MAX_SIDE, MIN_SIDE, PixelFormat},
    request::{Check, DEFAULT_FRAME_RATE, FrameRate, InvalidSettings},
};

use crate::{cues, errors, frame::video_format};

/// GStreamer's names of the formats, the one that encoders take first.
pub fn formats() -> impl Iterator<Item = VideoFormat> {
    PixelFormat::ALL.into_iter().map(video_format)
}

/// Raw video of every format, size and rate. Every size is let in, so that one that cannot be
/// worked with gets a message that says so and not a plain "not negotiated".
pub fn any_video() -> gst::Caps {
    VideoCapsBuilder::new().format_list(formats()).build()
}

/// Pad templates `sink` and `src`, always there, for any video.
pub fn filter_templates() -> Option<Vec<gst::PadTemplate>> {
    let caps = any_video();
    [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
        .into_iter()
        .map(|(name, direction)| {
            gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
        })
        .collect()
}

/// The pad template `src` alone, always there, for any video.
pub fn source_templates() -> Option<Vec<gst::PadTemplate>> {
    let (direction, presence) = (gst::PadDirection::Src, gst::PadPresence::Always);
    Some(vec![gst::PadTemplate::new("src", direction, presence, &any_video()).ok()?])
}

/// The templates of an element that takes video and gives none.
pub fn sink_templates() -> Option<Vec<gst::PadTemplate>> {
    let (direction, presence) = (gst::PadDirection::Sink, gst::PadPresence::Always);
    Some(vec![gst::PadTemplate::new("sink", direction, presence, &any_video()).ok()?])
}

/// The templates of an element that makes video of a still and of prompts.
pub fn generator_templates() -> Option<Vec<gst::PadTemplate>> {
    let mut templates = filter_templates()?;
    templates.push(cues::template()?);
    Some(templates)
}

/// `caps` with any size and any frame rate. What is made here has no fields, so the way in
/// which `caps` interleave them is left out too.
pub fn open_size_and_rate(caps: &gst::CapsRef) -> gst::Caps {
    let mut open = caps.to_owned();
    for structure in open.make_mut().iter_mut() {
        structure.set("width", any_side());
        structure.set("height", any_side());
        structure.set("framerate", any_rate());
        structure.remove_fields(["max-framerate", "interlace-mode", "field-order"]);
    }
    open
}

fn any_side() -> gst::IntRange<i32> {
    gst::IntRange::new(1, i32::MAX)
}

fn any_rate() -> gst::FractionRange {
    gst::FractionRange::new(gst::Fraction::new(0, 1), gst::Fraction::new(i32::MAX, 1))
}

/// Fixes the size of `structure` for a still of `source` (width, height) pixels: `wish` where
/// that is open, and otherwise the largest size of the same shape that is allowed.
pub fn fixate_size(structure: &mut gst::StructureRef, source: (u32, u32), wish: (u32, u32)) {
    let mut nearest = structure.to_owned();
    nearest.fixate_field_nearest_int("width", int(wish.0));
    nearest.fixate_field_nearest_int("height", int(wish.1));
    let side = |name| nearest.get::<i32>(name).map_or(1, |side| side.max(1).unsigned_abs());
    let (width, height) = (side("width"), side("height"));
    let fixed = |name| structure.get::<i32>(name).is_ok();
    let size = match (fixed("width"), fixed("height")) {
        (true, true) => (width, height),
        (true, false) => fit::complete_size(source, Some(width), None),
        (false, true) => fit::complete_size(source, None, Some(height)),
        (false, false) if (width, height) == wish => wish,
        (false, false) => {
            let narrower =
                u64::from(width) * u64::from(wish.1) <= u64::from(height) * u64::from(wish.0);
            // The side that was cut most leads, or the one that had to grow most.
            let grown = width > wish.0 || height > wish.1;
            let by_width = narrower != grown;
            fit::complete_size(source, by_width.then_some(width), (!by_width).then_some(height))
        }
    };
    structure.fixate_field_nearest_int("width", int(size.0));
    structure.fixate_field_nearest_int("height", int(size.1));
}

fn int(side: u32) -> i32 {
    i32::try_from(side).unwrap_or(i32::MAX)
}

/// Fixes the frame rate of `structure`, to the usual one where that is open. A variable rate
/// (0/1) is taken only where nothing else is allowed.
pub fn fixate_rate(structure: &mut gst::StructureRef) {
    let FrameRate { numerator, denominator } = DEFAULT_FRAME_RATE;
    let usual = gst::Fraction::new(int(numerator), int(denominator));
    let slowest = gst::Fraction::new(1, i32::MAX);
    let constant = gst::FractionRange::new(slowest, gst::Fraction::new(i32::MAX, 1));
    let constant = gst::Structure::builder(structure.name()).field("framerate", constant).build();
    let allowed = structure.intersect(&constant);
    if let Some(Ok(rates)) = allowed.as_ref().map(|allowed| allowed.value("framerate")) {
        structure.set_value("framerate", rates.clone());
    }
    structure.fixate_field_nearest_fraction("framerate", usual);
}

/// The rate that the caps name, or `None` for a variable one.
pub fn frame_rate(info: &VideoInfo) -> Option<FrameRate> {
    let fps = info.fps();
    let numerator = u32::try_from(fps.numer()).ok().filter(|&n| n > 0)?;
    Some(FrameRate { numerator, denominator: u32::try_from(fps.denom()).ok()? })
}

/// Checks the caps of a stream that is worked on as it is.
pub fn check_input(info: &VideoInfo, rate: Option<FrameRate>) -> Result<(), gst::ErrorMessage> {
    let (width, height) = (info.width(), info.height());
    let usable = MIN_SIDE..=MAX_SIDE;
    if !usable.contains(&width) || !usable.contains(&height) {
        return Err(errors::image(&ImageError::Size { width, height }));
    }
    let mut check = Check::default();
    if let Some(rate) = rate {
        check.frame_rate(rate);
    }
    check.finish().map_err(|error| errors::negotiation(&error))
}

/// Checks an output that was agreed on.
pub fn check_output(width: u32, height: u32, rate: FrameRate) -> Result<(), InvalidSettings> {
    let mut check = Check::default();
    check.size(width, height);
    check.frame_rate(rate);
    check.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(caps: &str, source: (u32, u32)) -> (i32, i32) {
        gst::init().unwrap();
        let open = any_video();
        let asked = caps.parse::<gst::Caps>().unwrap();
        let mut both = open.intersect(&asked);
        let structure = both.make_mut().structure_mut(0).unwrap();
        fixate_size(structure, source, fit::output_size(source.0, source.1));
        (structure.get("width").unwrap(), structure.get("height").unwrap())
    }

    #[test]
    fn an_open_size_is_that_of_the_still() {
        assert_eq!(size("video/x-raw", (640, 480)), (640, 480));
        assert_eq!(size("video/x-raw", (1920, 1080)), (1920, 1080));
    }

    #[test]
    fn a_given_size_is_kept() {
        assert_eq!(size("video/x-raw,width=100,height=300", (640, 480)), (100, 300));
    }

    #[test]
    fn one_given_side_keeps_the_shape() {
        assert_eq!(size("video/x-raw,width=320", (640, 480)), (320, 240));
        assert_eq!(size("video/x-raw,height=1080", (640, 480)), (1440, 1080));
    }

    #[test]
    fn a_limit_keeps_the_shape() {
        assert_eq!(size("video/x-raw,width=[1,320],height=[1,320]", (640, 480)), (320, 240));
        assert_eq!(size("video/x-raw,height=[1,240]", (640, 480)), (320, 240));
        assert_eq!(size("video/x-raw,width=[1280,4096]", (640, 480)), (1280, 960));
    }

    #[test]
    fn the_usual_rate_is_taken_and_a_variable_one_only_when_asked_for() {
        gst::init().unwrap();
        let rate = |caps: &str| {
            let mut both = any_video().intersect(&caps.parse::<gst::Caps>().unwrap());
            let structure = both.make_mut().structure_mut(0).unwrap();
            fixate_rate(structure);
            let rate = structure.get::<gst::Fraction>("framerate").unwrap();
            (rate.numer(), rate.denom())
        };
        assert_eq!(rate("video/x-raw"), (24, 1));
        assert_eq!(rate("video/x-raw,framerate=[25/1,60/1]"), (25, 1));
        assert_eq!(rate("video/x-raw,framerate=30000/1001"), (30000, 1001));
        assert_eq!(rate("video/x-raw,framerate={0/1,60/1}"), (60, 1));
        assert_eq!(rate("video/x-raw,framerate=0/1"), (0, 1));
    }
}
