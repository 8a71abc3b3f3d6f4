// SPDX-License-Identifier: MIT OR Apache-2.0
//! The element itself.

use std::{
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use gst::{prelude::*, subclass::prelude::*};
use gst_base::{prelude::*, subclass::prelude::*};
use gst_video::VideoInfo;
use parking_lot::Mutex;
use stillmotion_engine::worker::{
    WorkerError,
    protocol::{Phase, Progress, TrainWishes},
    train::{DEFAULT_PICTURES, DEFAULT_STEPS, MAX_PICTURES, News, Training},
};

use super::TrainKind;
use crate::{
    caps, errors, frame,
    model::{Teller, device_spec},
    settings::assign,
    strings,
};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    let colour = gst::DebugColorFlags::empty();
    gst::DebugCategory::new("motiontrain", colour, Some("Trains a network from pictures"))
});

/// What a user wishes. Survives every state change. Numbers of 0 are as in the checkpoint, or the
/// default.
#[derive(Debug, Clone)]
struct Settings {
    checkpoint: PathBuf,
    steps: u64,
    kind: TrainKind,
    size: u32,
    batch_size: u32,
    learning_rate: f64,
    seed: u64,
    sample_every: u64,
    pictures: u32,
    device: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            checkpoint: PathBuf::new(),
            steps: DEFAULT_STEPS,
            kind: TrainKind::Auto,
            size: 0,
            batch_size: 0,
            learning_rate: 0.0,
            seed: 0,
            sample_every: 0,
            pictures: DEFAULT_PICTURES,
            device: "auto".to_owned(),
        }
    }
}

impl Settings {
    fn wishes(&self) -> TrainWishes {
        fn wish<T: Default + PartialEq>(value: T) -> Option<T> {
            Some(value).filter(|value| *value != T::default())
        }
        let kind = match self.kind {
            TrainKind::Auto => None,
            TrainKind::Conv => Some("conv"),
            TrainKind::Mlp => Some("mlp"),
        };
        TrainWishes {
            kind: kind.map(str::to_owned),
            size: wish(self.size),
            steps: Some(self.steps),
            batch_size: wish(self.batch_size),
            learning_rate: wish(self.learning_rate),
            seed: wish(self.seed),
            sample_every: wish(self.sample_every),
        }
    }

    fn param_specs() -> Vec<glib::ParamSpec> {
        let default = Self::default();
        vec![
            glib::ParamSpecString::builder("checkpoint")
                .nick("Checkpoint")
                .blurb("Folder of the network, which is made if it is not there")
                .default_value(Some(""))
                .mutable_ready()
                .build(),
            glib::ParamSpecUInt64::builder("steps")
                .nick("Steps")
                .blurb("Steps in all, with those that the checkpoint has behind it")
                .minimum(1)
                .maximum(100_000_000)
                .default_value(default.steps)
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("kind", default.kind)
                .nick("Kind")
                .blurb("The architecture of the network")
                .mutable_ready()
                .build(),
            number("size", "Size", "Width and height of what is generated: 64, 128 or 256", 256),
            number("batch-size", "Batch size", "Pictures a step, 2 or more; 0 is 32", 1024),
            glib::ParamSpecDouble::builder("learning-rate")
                .nick("Learning rate")
                .blurb("Of both optimizers, 0.0000001 or more; 0 is as before, or 0.0002")
                .minimum(0.0)
                .maximum(0.1)
                .default_value(default.learning_rate)
                .mutable_ready()
                .build(),
            glib::ParamSpecUInt64::builder("seed")
                .nick("Seed")
                .blurb("Where the random numbers start; the same seed gives the same network")
                .default_value(default.seed)
                .mutable_ready()
                .build(),
            glib::ParamSpecUInt64::builder("sample-every")
                .nick("Sample every")
                .blurb("Steps from one sample clip and checkpoint to the next; 0 is 1000")
                .maximum(100_000_000)
                .default_value(default.sample_every)
                .mutable_ready()
                .build(),
            glib::ParamSpecUInt::builder("pictures")
                .nick("Pictures")
                .blurb("The most pictures that are collected before the training starts")
                .minimum(1)
                .maximum(MAX_PICTURES)
                .default_value(default.pictures)
                .mutable_ready()
                .build(),
            device_spec(),
        ]
    }
}

fn number(name: &'static str, nick: &str, blurb: &str, most: u32) -> glib::ParamSpec {
    glib::ParamSpecUInt::builder(name).nick(nick).blurb(blurb).maximum(most).mutable_ready().build()
}

/// One run of the stream.
#[derive(Default)]
struct State {
    info: Option<VideoInfo>,
    training: Option<Training>,
    /// The training is over; whatever comes is too late.
    done: bool,
}

/// Locks are taken in the order `state`, `settings`. Neither is held while the worker works.
#[derive(Default)]
pub struct MotionTrain {
    settings: Mutex<Settings>,
    state: Mutex<State>,
    /// Somebody flushes or stops: the training is to be saved and ended.
    called_away: AtomicBool,
}

impl MotionTrain {
    fn go_on(&self) -> bool {
        !self.called_away.load(Ordering::Relaxed)
    }

    fn fail(&self, error: &WorkerError) -> gst::FlowError {
        self.post_error_message(errors::worker(error));
        gst::FlowError::Error
    }

    /// The training that collects pictures, started if there is none.
    fn open(&self) -> Result<Option<Training>, WorkerError> {
        if let Some(training) = self.state.lock().training.take() {
            return Ok(Some(training));
        }
        let settings = self.settings.lock().clone();
        let training =
            Training::open(&settings.checkpoint, &settings.device, &settings.wishes(), || {
                self.go_on()
            })?;
        if let Some(training) = &training {
            let (size, step, steps) = (training.size(), training.step(), training.steps());
            gst::info!(CAT, imp = self, "{size}x{size} pixels, step {step} of {steps}");
        }
        Ok(training)
    }

    /// Adds a frame; true when there are enough.
    fn collect(&self, buffer: &gst::Buffer) -> Result<bool, gst::FlowError> {
        let info = self.state.lock().info.clone().ok_or(gst::FlowError::NotNegotiated)?;
        let image = frame::image_from_buffer(buffer, &info).map_err(|error| {
            self.post_error_message(error.into());
            gst::FlowError::Error
        })?;
        let opened = self.open().map_err(|error| self.fail(&error))?;
        let Some(mut training) = opened else { return Err(gst::FlowError::Flushing) };
        training.add(&image).map_err(|error| self.fail(&error))?;
        let enough = training.pictures() >= self.settings.lock().pictures;
        self.state.lock().training = Some(training);
        Ok(enough)
    }

    /// Trains with what was collected, until the end or until somebody calls it away.
    fn train(&self) -> Result<(), gst::FlowError> {
        let training = {
            let mut state = self.state.lock();
            state.done = true;
            state.training.take()
        };
        let Some(training) = training else { return Ok(()) };
        let count = training.pictures();
        gst::info!(CAT, imp = self, "training from {count} pictures");
        let teller = Teller::default();
        let ended = training.run(|news| {
            self.tell(&teller, news);
            self.go_on()
        });
        teller.end(self.obj().upcast_ref(), ended.is_ok() && self.go_on());
        ended.map_err(|error| self.fail(&error))
    }

    fn tell(&self, teller: &Teller, news: Option<News>) {
        let element = self.obj();
        let said = match news {
            None => return,
            Some(News::Step { step, steps }) => {
                let progress = Progress { phase: Phase::Training, done: step, total: steps };
                teller.tell(element.upcast_ref(), Some(progress));
                return;
            }
            Some(News::Losses(losses)) => gst::Structure::builder("stillmotion-losses")
                .field("step", losses.step)
                .field("discriminator", losses.discriminator)
                .field("generator", losses.generator)
                .build(),
            Some(News::Wrote(path)) => gst::Structure::builder("stillmotion-wrote")
                .field("path", path.to_string_lossy().as_ref())
                .build(),
        };
        let message = gst::message::Element::builder(said).src(&*element).build();
        // Only an element without a bus does not take it.
        let _ = element.post_message(message);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for MotionTrain {
    const NAME: &'static str = "GstMotionTrain";
    type Type = super::MotionTrain;
    type ParentType = gst_base::BaseSink;
}

impl ObjectImpl for MotionTrain {
    fn constructed(&self) {
        self.parent_constructed();
        // Pictures are taken as fast as they come.
        self.obj().set_sync(false);
        // A bin hands events of the application on to its sources: this one wants EOS too.
        self.obj().set_element_flags(gst::ElementFlags::SOURCE);
    }

    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(Settings::param_specs);
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings.lock();
        match pspec.name() {
            "checkpoint" => settings.checkpoint = strings::path(value),
            "steps" => assign(&mut settings.steps, value),
            "kind" => assign(&mut settings.kind, value),
            "size" => assign(&mut settings.size, value),
            "batch-size" => assign(&mut settings.batch_size, value),
            "learning-rate" => {
                let mut rate = 0.0;
                assign(&mut rate, value);
                if !f64::is_nan(rate) {
                    settings.learning_rate = rate;
                }
            }
            "seed" => assign(&mut settings.seed, value),
            "sample-every" => assign(&mut settings.sample_every, value),
            "pictures" => assign(&mut settings.pictures, value),
            "device" => settings.device = strings::lossy(value),
            _ => (),
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings.lock();
        match pspec.name() {
            "checkpoint" => settings.checkpoint.to_string_lossy().to_value(),
            "steps" => settings.steps.to_value(),
            "kind" => settings.kind.to_value(),
            "size" => settings.size.to_value(),
            "batch-size" => settings.batch_size.to_value(),
            "learning-rate" => settings.learning_rate.to_value(),
            "seed" => settings.seed.to_value(),
            "sample-every" => settings.sample_every.to_value(),
            "pictures" => settings.pictures.to_value(),
            "device" => settings.device.to_value(),
            _ => pspec.default_value().clone(),
        }
    }
}

impl GstObjectImpl for MotionTrain {}

impl ElementImpl for MotionTrain {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Trainer of a picture generator",
                "Sink/Video",
                "Trains a small generative network from the pictures of a stream",
                "The stillmotion developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| caps::sink_templates().unwrap_or_default());
        &TEMPLATES
    }

    fn send_event(&self, event: gst::Event) -> bool {
        if event.type_() != gst::EventType::Eos {
            return self.parent_send_event(event);
        }
        // The streaming thread may be in the middle of the training, with the source waiting for
        // it: it is to end it now. The source has the same event from the application.
        self.called_away.store(true, Ordering::Relaxed);
        true
    }
}

impl BaseSinkImpl for MotionTrain {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = self.settings.lock().clone();
        self.called_away.store(false, Ordering::Relaxed);
        *self.state.lock() = State::default();
        if settings.checkpoint.as_os_str().is_empty() {
            return Err(gst::error_msg!(
                gst::ResourceError::Settings,
                ("checkpoint is empty, allowed is the path of a folder")
            ));
        }
        let wrong = |error| gst::error_msg!(gst::LibraryError::Settings, ("{error}"));
        settings.wishes().validate().map_err(wrong)
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        // Ends the worker of a training that never began.
        let old = std::mem::take(&mut *self.state.lock());
        drop(old);
        Ok(())
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        self.called_away.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        self.called_away.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        self.state.lock().info = Some(VideoInfo::from_caps(caps)?);
        Ok(())
    }

    fn render(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        if self.state.lock().done {
            return Err(gst::FlowError::Eos);
        }
        if self.collect(buffer)? {
            self.train()?;
            // Upstream need not go on; it sends EOS, and the pipeline ends.
            return Err(gst::FlowError::Eos);
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::Eos {
            // The base class tells the pipeline of the end behind this.
            if self.train().is_err() {
                return false;
            }
        }
        self.parent_event(event)
    }
}
