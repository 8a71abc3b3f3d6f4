// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pipeline of a render. Settings are set as properties, so that no text of the user is
//! ever read as the description of a pipeline.

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use gst::prelude::*;
use stillmotion_engine::worker::ModelSettings;

use super::Settings;
use crate::{
    failure::Failure,
    output::{Container, Output},
};

/// Properties as text, for the elements whose names are ours and not the user's.
type Fixed = &'static [(&'static str, &'static str)];

/// H.264 at a constant quality that hides the coding; faster presets smear fine texture.
const X264: (&str, Fixed) =
    ("x264enc", &[("pass", "qual"), ("quantizer", "18"), ("speed-preset", "faster")]);
const VP9: (&str, Fixed) = (
    "vp9enc",
    &[
        ("end-usage", "cq"),
        ("cq-level", "24"),
        ("target-bitrate", "0"),
        ("deadline", "1"),
        ("cpu-used", "4"),
        ("row-mt", "true"),
    ],
);

/// A pipeline from the still to the file.
pub struct Pipeline {
    pipeline: gst::Pipeline,
    sink: gst::Element,
    frames: Arc<AtomicU64>,
}

impl Pipeline {
    /// Builds it; nothing is opened yet.
    pub fn new(settings: &Settings<'_>) -> Result<Self, Failure> {
        gst::init().map_err(|e| Failure::Failed(format!("GStreamer does not start: {e}")))?;
        stillmotion_elements::register(None).map_err(failed)?;
        let source = source(settings)?;
        let generator = generator(settings)?;
        let caps = make("capsfilter", &[])?;
        caps.set_property("caps", raw_caps(settings));
        let convert = make("videoconvert", &[])?;
        let (encoder, muxer, sink) = match &settings.output {
            Output::Video(container, _) => {
                let ((encoder, fixed), muxer) = match container {
                    Container::Mp4 => (X264, "mp4mux"),
                    Container::Mov => (X264, "qtmux"),
                    Container::Mkv => (X264, "matroskamux"),
                    Container::WebM => (VP9, "webmmux"),
                };
                (make(encoder, fixed)?, Some(make(muxer, &[])?), make("filesink", &[])?)
            }
            Output::Frames(_) => (make("pngenc", &[])?, None, make("multifilesink", &[])?),
        };
        let frames = count_buffers(&encoder)?;
        let mut chain = vec![source, generator, caps, convert, encoder];
        chain.extend(muxer);
        chain.push(sink.clone());
        let pipeline = gst::Pipeline::new();
        pipeline.add_many(&chain).map_err(failed)?;
        gst::Element::link_many(&chain).map_err(failed)?;
        Ok(Self { pipeline, sink, frames })
    }

    /// Says where the result goes.
    pub fn write_to(&self, location: OsString) {
        self.sink.set_property("location", PathBuf::from(location));
    }

    /// Starts, and gives the bus on which the end is told. What fails at the start is told there
    /// as well, and better than by the state change.
    pub fn start(&self) -> Result<gst::Bus, Failure> {
        let bus =
            self.pipeline.bus().ok_or_else(|| Failure::Failed("no message bus".to_owned()))?;
        let started = self.pipeline.set_state(gst::State::Playing);
        if started.is_err() && !bus.have_pending() {
            return Err(Failure::Failed("the pipeline does not start".to_owned()));
        }
        Ok(bus)
    }

    /// Asks for an early end with a playable file.
    pub fn end(&self) {
        self.pipeline.send_event(gst::event::Eos::new());
    }

    /// Frees everything.
    pub fn stop(&self) {
        // Going to NULL does not fail.
        let _ = self.pipeline.set_state(gst::State::Null);
    }

    /// Frames that left the encoder.
    pub fn frames_done(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }
}

fn failed(error: glib::BoolError) -> Failure {
    Failure::Failed(error.to_string())
}

fn source(settings: &Settings<'_>) -> Result<gst::Element, Failure> {
    let source = make("stillsrc", &[])?;
    source.set_property("location", settings.image.to_owned());
    source.set_property_from_str("fit", settings.fit);
    source.set_property("max-side", settings.limits.max_side);
    source.set_property("max-bytes", settings.limits.max_bytes);
    Ok(source)
}

fn generator(settings: &Settings<'_>) -> Result<gst::Element, Failure> {
    let generator = make("motiongen", &[])?;
    let clip = &settings.clip;
    // A C string ends at the first zero byte.
    generator.set_property("prompt", clip.prompt.replace('\0', " "));
    generator.set_property("motion", clip.controls.motion);
    generator.set_property("seed", clip.seed);
    generator.set_property("duration", clip.duration.as_nanos() as u64);
    generator.set_property("static-camera", clip.controls.static_camera);
    generator.set_property_from_str("fit", settings.fit);
    generator.set_property("loop", settings.aids.loops);
    for (name, path) in &settings.aids.files {
        generator.set_property(name, path);
    }
    for (name, text) in &settings.aids.texts {
        generator.set_property_from_str(name, &text.replace('\0', " "));
    }
    if let Some(model) = &settings.model {
        set_model(&generator, model);
        generator.set_property("preview", settings.preview.is_some());
    }
    for (axis, value) in clip.controls.axes.named() {
        generator.set_property(axis, value);
    }
    Ok(generator)
}

fn set_model(generator: &gst::Element, settings: &ModelSettings) {
    let ModelSettings { model, device, precision, sampling, first_frame } = settings;
    generator.set_property("model", model);
    generator.set_property("device", device);
    generator.set_property_from_str("precision", precision.name());
    generator.set_property("negative-prompt", sampling.negative_prompt.replace('\0', " "));
    generator.set_property("steps", sampling.steps.unwrap_or(0));
    generator.set_property("guidance-scale", sampling.guidance_scale.unwrap_or(0.0));
    generator.set_property_from_str("first-frame", first_frame.name());
}

/// What the frames are to be. Video gets I420: from RGB, encoders would choose a profile with
/// full chroma, which many players cannot show.
fn raw_caps(settings: &Settings<'_>) -> gst::Caps {
    let rate = settings.clip.frame_rate;
    let rate = gst::Fraction::new(rate.numerator as i32, rate.denominator as i32);
    let mut caps = gst::Caps::builder("video/x-raw").field("framerate", rate);
    caps = match settings.output {
        Output::Video(..) => caps.field("format", "I420"),
        Output::Frames(_) => caps.field("format", gst::List::new(["RGB", "RGBA"])),
    };
    if let Some((width, height)) = settings.size {
        caps = caps.field("width", width as i32).field("height", height as i32);
    }
    caps.build()
}

fn count_buffers(encoder: &gst::Element) -> Result<Arc<AtomicU64>, Failure> {
    let frames = Arc::new(AtomicU64::new(0));
    let count = frames.clone();
    let pad = encoder.static_pad("src").ok_or_else(|| Failure::Failed("no pad".to_owned()))?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    Ok(frames)
}

fn make(factory: &'static str, fixed: Fixed) -> Result<gst::Element, Failure> {
    let element = gst::ElementFactory::make(factory).build().map_err(|_| {
        let package = match factory {
            "x264enc" => "gstreamer1.0-plugins-ugly",
            "videoconvert" => "gstreamer1.0-plugins-base",
            "capsfilter" | "filesink" => "libgstreamer1.0-0",
            _ => "gstreamer1.0-plugins-good",
        };
        Failure::Failed(format!("GStreamer has no {factory}: install {package}"))
    })?;
    for (name, value) in fixed {
        element.set_property_from_str(name, value);
    }
    Ok(element)
}
