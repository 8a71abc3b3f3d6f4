// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model makes a clip or a picture, where it runs, and what is told while it works.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::PathBuf,
    sync::LazyLock,
    time::{Duration, Instant},
};

use gst::prelude::*;
use stillmotion_engine::worker::{self, ModelSettings, protocol::Progress};

use crate::strings;

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

/// The properties `model` and `device`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    folder: PathBuf,
    device: String,
}

impl Default for Model {
    fn default() -> Self {
        Self { folder: PathBuf::new(), device: "auto".to_owned() }
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
        ]
    }

    /// Sets the property `name` if it is one of these.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            // File names are bytes; those that are not UTF-8 are refused when they are used.
            "model" => {
                let bytes = strings::bytes(value).unwrap_or_default();
                self.folder = OsString::from_vec(bytes).into();
            }
            "device" => self.device = strings::lossy(value),
            _ => (),
        }
    }

    /// The value of the property `name` if it is one of these.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        match name {
            "model" => Some(self.folder.to_string_lossy().to_value()),
            "device" => Some(self.device.to_value()),
            _ => None,
        }
    }

    /// What is asked for, or `None` for the built-in generator.
    pub fn settings(&self) -> Option<ModelSettings> {
        let named = !self.folder.as_os_str().is_empty();
        named.then(|| ModelSettings { model: self.folder.clone(), device: self.device.clone() })
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

/// How often progress is told.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells how far a model is.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    told: Option<(Progress, Instant)>,
}

impl Teller {
    /// Posts what is new: a message PROGRESS, whose text people read, and the element message
    /// `stillmotion-progress` for programs. Hold no lock: who listens may call back.
    pub fn tell(&mut self, element: &gst::Element, progress: Option<Progress>) {
        let Some(progress) = progress else { return };
        let news = match self.told {
            None => true,
            Some((told, _)) if told == progress => false,
            Some((told, at)) => {
                told.phase != progress.phase
                    || progress.done == progress.total
                    || at.elapsed() > PAUSE
            }
        };
        if !news {
            return;
        }
        let kind = match (self.told, progress.done == progress.total) {
            (_, true) => gst::ProgressType::Complete,
            (None, false) => gst::ProgressType::Start,
            (Some(_), false) => gst::ProgressType::Continue,
        };
        self.told = Some((progress, Instant::now()));
        let Progress { phase, done, total } = progress;
        let text = format!("{} {done} of {total}", phase.name());
        let message =
            gst::message::Progress::builder(kind, phase.name(), &text).src(element).build();
        let said = gst::Structure::builder("stillmotion-progress")
            .field("phase", phase.name())
            .field("done", done)
            .field("total", total)
            .build();
        // Only an element without a bus takes none.
        let _ = element.post_message(message);
        let _ = element.post_message(gst::message::Element::builder(said).src(element).build());
    }
}
