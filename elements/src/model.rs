// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model makes a clip or a picture, where it runs, and what is told while it works.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use gst::prelude::*;
use parking_lot::Mutex;
use stillmotion_engine::worker::{
    self, ModelSettings, Preview,
    protocol::{self, MAX_GUIDANCE, MAX_STEPS, Progress, SamplingWishes},
};

use crate::{frame, settings::assign, strings};

/// What the workers write to stderr.
static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    let colour = gst::DebugColorFlags::empty();
    gst::DebugCategory::new("stillmotion-worker", colour, Some("What stillmotion-worker says"))
});

/// Lets workers be found beside the plugin, and their words come to the debug log.
pub(crate) fn prepare(plugin: Option<&gst::Plugin>) {
    if let Some(folder) = plugin.and_then(|plugin| plugin.filename()?.parent().map(PathBuf::from)) {
        worker::look_in(&folder);
    }
    worker::on_log(|line| gst::info!(CAT, "{line}"));
}

/// What a clip of a model begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstStillMotionFirstFrame")]
pub enum FirstFrame {
    /// The still, exactly.
    #[default]
    #[enum_value(name = "Input: the still itself, exactly", nick = "input")]
    Input,
    /// What the model makes of the still.
    #[enum_value(name = "Model: what the model makes of the still", nick = "model")]
    Model,
}

impl From<FirstFrame> for worker::FirstFrame {
    fn from(first: FirstFrame) -> Self {
        match first {
            FirstFrame::Input => Self::Input,
            FirstFrame::Model => Self::Model,
        }
    }
}

/// What the networks of a model compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstStillMotionPrecision")]
pub enum Precision {
    /// What suits the device.
    #[default]
    #[enum_value(name = "Auto: f32 on a CPU, 16 bits on a GPU", nick = "auto")]
    Auto,
    /// 32 bits.
    #[enum_value(name = "f32: 32 bits", nick = "f32")]
    F32,
    /// 16 bits, with the range of f32.
    #[enum_value(name = "bf16: 16 bits, with the range of f32", nick = "bf16")]
    Bf16,
    /// 16 bits.
    #[enum_value(name = "f16: 16 bits", nick = "f16")]
    F16,
    /// 8 bits.
    #[enum_value(name = "int8: large matrices as 8-bit integers", nick = "int8")]
    Int8,
}

impl From<Precision> for protocol::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Auto => Self::Auto,
            Precision::F32 => Self::F32,
            Precision::Bf16 => Self::Bf16,
            Precision::F16 => Self::F16,
            Precision::Int8 => Self::Int8,
        }
    }
}

/// The properties `model` and `device`, how a model samples, and what its clip begins with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    folder: PathBuf,
    device: String,
    precision: Precision,
    negative_prompt: String,
    /// 0 for the model's own.
    steps: u32,
    /// 0 for the model's own.
    guidance_scale: f64,
    preview: bool,
    first_frame: FirstFrame,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            device: "auto".to_owned(),
            precision: Precision::default(),
            negative_prompt: String::new(),
            steps: 0,
            guidance_scale: 0.0,
            preview: false,
            first_frame: FirstFrame::default(),
        }
    }
}

impl Model {
    /// The properties.
    pub fn param_specs() -> Vec<glib::ParamSpec> {
        vec![
            glib::ParamSpecString::builder("model")
                .nick("Model")
                .blurb("Folder of the model that makes the pictures; empty for the built-in one")
                .default_value(Some(""))
                .mutable_ready()
                .build(),
            device_spec(),
            glib::ParamSpecEnum::builder_with_default("precision", Precision::default())
                .nick("Precision")
                .blurb("What the networks of a model compute with")
                .mutable_ready()
                .build(),
            glib::ParamSpecString::builder("negative-prompt")
                .nick("Negative prompt")
                .blurb("What should not be seen, for models with guidance")
                .default_value(Some(""))
                .mutable_ready()
                .build(),
            glib::ParamSpecUInt::builder("steps")
                .nick("Steps")
                .blurb("Steps from noise to clip; 0 for the model's own number")
                .maximum(MAX_STEPS)
                .mutable_ready()
                .build(),
            glib::ParamSpecDouble::builder("guidance-scale")
                .nick("Guidance scale")
                .blurb(
                    "How much the prompt counts more than the negative one; up to 1 is none, \
                     which distilled models want; 0 for the model's own",
                )
                .minimum(0.0)
                .maximum(MAX_GUIDANCE)
                .mutable_ready()
                .build(),
            glib::ParamSpecBoolean::builder("preview")
                .nick("Preview")
                .blurb(
                    "Post a message stillmotion-preview after each step of a model, with a sample \
                     of what it makes so far",
                )
                .mutable_ready()
                .build(),
        ]
    }

    /// Sets the property `name` if it is one of these.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "model" => self.folder = strings::path(value),
            "device" => self.device = strings::lossy(value),
            "precision" => assign(&mut self.precision, value),
            "negative-prompt" => self.negative_prompt = strings::lossy(value),
            "steps" => assign(&mut self.steps, value),
            "guidance-scale" => {
                let mut scale = f64::NAN;
                assign(&mut scale, value);
                if !scale.is_nan() {
                    self.guidance_scale = scale;
                }
            }
            "preview" => assign(&mut self.preview, value),
            "first-frame" => assign(&mut self.first_frame, value),
            _ => (),
        }
    }

    /// The value of the property `name` if it is one of these.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        match name {
            "model" => Some(self.folder.to_string_lossy().to_value()),
            "device" => Some(self.device.to_value()),
            "precision" => Some(self.precision.to_value()),
            "negative-prompt" => Some(self.negative_prompt.to_value()),
            "steps" => Some(self.steps.to_value()),
            "guidance-scale" => Some(self.guidance_scale.to_value()),
            "preview" => Some(self.preview.to_value()),
            "first-frame" => Some(self.first_frame.to_value()),
            _ => None,
        }
    }

    /// What is asked for, or `None` for the built-in generator.
    pub fn settings(&self) -> Option<ModelSettings> {
        let named = !self.folder.as_os_str().is_empty();
        named.then(|| ModelSettings {
            model: self.folder.clone(),
            device: self.device.clone(),
            precision: self.precision.into(),
            sampling: SamplingWishes {
                negative_prompt: self.negative_prompt.clone(),
                steps: (self.steps > 0).then_some(self.steps),
                guidance_scale: (self.guidance_scale > 0.0).then(|| self.guidance_scale.max(1.0)),
                previews: self.preview,
            },
            first_frame: self.first_frame.into(),
        })
    }

    /// The last part of the folder, as people know the model.
    pub fn name(&self) -> Option<String> {
        let name = self.folder.file_name()?;
        Some(name.to_string_lossy().into_owned())
    }
}

/// The property `device`.
pub(crate) fn device_spec() -> glib::ParamSpec {
    glib::ParamSpecString::builder("device")
        .nick("Device")
        .blurb("Where the model runs: auto, cpu or cuda:N")
        .default_value(Some("auto"))
        .mutable_ready()
        .build()
}

/// The property `first-frame`, for elements that make clips.
pub(crate) fn first_frame_spec() -> glib::ParamSpec {
    glib::ParamSpecEnum::builder_with_default("first-frame", FirstFrame::default())
        .nick("First frame")
        .blurb("What the clip of a model begins with")
        .mutable_ready()
        .build()
}

/// How often progress is told.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells how far a model is. What it starts it must also end before anything is pushed:
/// `gst-launch-1.0` does not go to PLAYING while something is in progress.
#[derive(Debug, Default)]
pub(crate) struct Teller(Mutex<Told>);

/// Held for no longer than it takes to look.
#[derive(Debug, Default)]
struct Told {
    last: Option<(Progress, Instant)>,
    open: bool,
    shown: Option<Arc<Preview>>,
}

impl Teller {
    /// Posts what is new. Hold no lock: who listens may call back.
    pub fn tell(&self, element: &gst::Element, progress: Option<Progress>) {
        let news = self.0.lock().news(progress);
        if let Some(news) = news {
            news.post(element);
        }
    }

    /// Posts what the clip looks like so far, where that is new. Hold no lock.
    pub fn show(&self, element: &gst::Element, preview: Option<Arc<Preview>>) {
        let Some(preview) = preview else { return };
        let shown = self.0.lock().shown.replace(Arc::clone(&preview));
        if shown.is_some_and(|shown| Arc::ptr_eq(&shown, &preview)) {
            return;
        }
        let Some(sample) = frame::sample_of(&preview.pixels) else { return };
        let said = gst::Structure::builder("stillmotion-preview")
            .field("step", preview.step)
            .field("steps", preview.steps)
            .field("sample", sample)
            .build();
        let _ = element.post_message(gst::message::Element::builder(said).src(element).build());
    }

    /// Posts that nobody waits any more: the work is done, or it was called off. Hold no lock.
    pub fn end(&self, element: &gst::Element, done: bool) {
        let news = self.0.lock().end(done);
        if let Some(news) = news {
            news.post(element);
        }
    }
}

impl Told {
    fn news(&mut self, progress: Option<Progress>) -> Option<News> {
        let progress = progress?;
        if let Some((last, at)) = self.last {
            let milestone = last.phase != progress.phase || progress.done == progress.total;
            if last == progress || (!milestone && at.elapsed() <= PAUSE) {
                return None;
            }
        }
        self.last = Some((progress, Instant::now()));
        let goes_on = std::mem::replace(&mut self.open, true);
        let kind = if goes_on { gst::ProgressType::Continue } else { gst::ProgressType::Start };
        Some(News { kind, progress })
    }

    fn end(&mut self, done: bool) -> Option<News> {
        let (progress, _) = self.last?;
        let kind = if done { gst::ProgressType::Complete } else { gst::ProgressType::Canceled };
        std::mem::take(&mut self.open).then_some(News { kind, progress })
    }
}

/// How far a model is, to be told.
#[derive(Debug)]
struct News {
    kind: gst::ProgressType,
    progress: Progress,
}

impl News {
    /// Posts a message PROGRESS, whose text people read, and the element message
    /// `stillmotion-progress` for programs.
    fn post(self, element: &gst::Element) {
        let Progress { phase, done, total } = self.progress;
        let text = format!("{} {done} of {total}", phase.name());
        let message = gst::message::Progress::builder(self.kind, "model", &text);
        // Only an element without a bus takes none.
        let _ = element.post_message(message.src(element).build());
        if matches!(self.kind, gst::ProgressType::Start | gst::ProgressType::Continue) {
            let said = gst::Structure::builder("stillmotion-progress")
                .field("phase", phase.name())
                .field("done", done)
                .field("total", total)
                .build();
            let _ = element.post_message(gst::message::Element::builder(said).src(element).build());
        }
    }
}

#[cfg(test)]
mod tests {
    use stillmotion_engine::worker::protocol::Phase;

    use super::*;

    #[test]
    fn what_starts_ends_and_nothing_is_told_too_often() {
        let mut told = Told::default();
        let mut kinds = Vec::new();
        for (phase, done) in [
            (Phase::Inverting, 0),
            (Phase::Inverting, 0),
            (Phase::Inverting, 1),
            (Phase::Inverting, 3),
            (Phase::Generating, 0),
        ] {
            let news = told.news(Some(Progress { phase, done, total: 3 }));
            kinds.push(news.map(|news| news.kind));
        }
        let [start, next] = [gst::ProgressType::Start, gst::ProgressType::Continue].map(Some);
        assert_eq!(kinds, [start, None, None, next, next]);

        let ends = [true, true].map(|done| told.end(done).map(|news| news.kind));
        assert_eq!(ends, [Some(gst::ProgressType::Complete), None]);

        let again = told.news(Some(Progress { phase: Phase::Generating, done: 3, total: 3 }));
        assert_eq!(again.map(|news| news.kind), start);
        assert_eq!(told.end(false).map(|news| news.kind), Some(gst::ProgressType::Canceled));
        assert!(told.news(None).is_none());
    }
}
