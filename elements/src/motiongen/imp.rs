// SPDX-License-Identifier: MIT OR Apache-2.0
//! The element itself: pads, properties, states.

use std::sync::LazyLock;

use gst::{prelude::*, subclass::prelude::*};
use parking_lot::{Condvar, Mutex, MutexGuard};

use super::state::State;
use crate::{
    aids::Aids,
    announce::StreamTags,
    caps,
    cues::{self, Cues, HasCues},
    presets::Presets,
    qos::{self, Pressure},
    rescue::Rescue,
    settings::{AtEnd, FitMode, Settings, assign},
    stats::Stats,
};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("motiongen", gst::DebugColorFlags::empty(), Some("A still to a clip"))
});

/// The properties that only this element has, beside the shared ones.
#[derive(Debug, Clone)]
pub(super) struct OwnSettings {
    pub shared: Settings,
    pub fit: FitMode,
    /// -1 for no limit.
    pub num_buffers: i32,
    pub is_live: bool,
    pub allow_replace: bool,
    pub qos: bool,
}

impl Default for OwnSettings {
    fn default() -> Self {
        Self {
            shared: Settings::new(AtEnd::Eos),
            fit: FitMode::default(),
            num_buffers: -1,
            is_live: false,
            allow_replace: false,
            qos: true,
        }
    }
}

/// Locks are taken in the order `cues`, `state`, `settings`, `tags`, `rescue`, and none is held
/// while anything is pushed, queried, posted or rendered. The stream lock of the source pad comes
/// before them.
pub struct MotionGen {
    pub(super) cues: Cues,
    pub(super) sinkpad: gst::Pad,
    pub(super) srcpad: gst::Pad,
    state: Mutex<State>,
    /// Wakes a live task when `playing`, `flushing`, `active` or `asked_to_stop` changes.
    pub(super) changed: Condvar,
    settings: Mutex<OwnSettings>,
    pub(super) tags: Mutex<StreamTags>,
    pub(super) rescue: Mutex<Rescue>,
}

impl MotionGen {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, OwnSettings> {
        self.settings.lock()
    }

    pub(super) fn num_buffers(&self) -> Option<u64> {
        u64::try_from(self.settings().num_buffers).ok()
    }

    /// Lets the task see that something changed, wherever it waits.
    pub(super) fn wake(&self) {
        let (clock_wait, output, stopping) = {
            let state = self.state();
            self.changed.notify_all();
            let stopping = state.must_stop();
            (state.clock_wait.clone(), state.output.clone(), stopping)
        };
        if let Some(wait) = clock_wait {
            wait.unschedule();
        }
        if let Some(output) = output {
            output.set_flushing(stopping);
        }
        self.cues.wake();
    }

    /// Ends the task and waits until it is gone. From the task itself it can only be paused.
    pub(super) fn stop_task(&self) {
        let own = self.state().task_thread == Some(std::thread::current().id());
        // Both only fail when there is no task.
        let _ = if own { self.srcpad.pause_task() } else { self.srcpad.stop_task() };
    }

    /// Starts the task if there is something to do.
    pub(super) fn start_task(&self) {
        // A task that runs may hold the stream lock for as long as downstream likes.
        if self.srcpad.task_state() == gst::TaskState::Started {
            return;
        }
        // Under this lock no seek and no deactivation is half done.
        let _stream = self.srcpad.stream_lock();
        let ready = {
            let state = self.state();
            !state.must_stop() && state.still.is_some()
        };
        if !ready {
            return;
        }
        let weak = self.obj().downgrade();
        let started = self.srcpad.start_task(move || {
            if let Some(this) = weak.upgrade() {
                this.imp().iterate();
            }
        });
        if started.is_err() {
            gst::error!(CAT, imp = self, "the streaming task did not start");
        }
    }

    fn src_activate(&self, active: bool) {
        if active {
            self.state().active = true;
            return;
        }
        self.state().active = false;
        self.wake();
        // A seek that saw the pad active has started its task once this lock was had.
        drop(self.srcpad.stream_lock());
        self.stop_task();
    }

    fn reset(&self) {
        let fresh = State::new(self.num_buffers());
        let mut state = self.state();
        let active = state.active;
        let old = std::mem::replace(&mut *state, State { active, ..fresh });
        drop(state);
        // Frees a pool: not under the lock.
        drop(old);
        *self.tags.lock() = StreamTags::default();
        *self.rescue.lock() = Rescue::default();
    }

    /// How well the machine keeps up, as far as that counts.
    pub(super) fn pressure(&self) -> Pressure {
        let counts = self.settings().qos;
        if counts { self.state().pressure } else { Pressure::default() }
    }

    fn build_pads(klass: &<Self as ObjectSubclass>::Class) -> Option<[gst::Pad; 3]> {
        let sink = gst::Pad::builder_from_template(&klass.pad_template("sink")?)
            .chain_function(|_, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |this| this.sink_chain(buffer),
                )
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |this| this.sink_event(pad, event))
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |this| this.sink_query(pad, query))
            })
            .build();
        let src = gst::Pad::builder_from_template(&klass.pad_template("src")?)
            .activatemode_function(|_, parent, _, active| {
                let failed = || Err(gst::loggable_error!(CAT, "panicked"));
                Self::catch_panic_pad_function(parent, failed, |this| {
                    this.src_activate(active);
                    Ok(())
                })
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |this| this.src_event(pad, event))
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |this| this.src_query(pad, query))
            })
            .build();
        Some([sink, src, cues::build_pad::<Self>(&klass.pad_template("text_sink")?)])
    }
}

#[glib::object_subclass]
impl ObjectSubclass for MotionGen {
    const NAME: &'static str = "GstMotionGen";
    type Type = super::MotionGen;
    type ParentType = gst::Element;
    type Interfaces = (Presets,);

    fn with_class(klass: &Self::Class) -> Self {
        let pads = Self::build_pads(klass).expect("the templates are this element's");
        let [sinkpad, srcpad, text] = pads;
        Self {
            cues: Cues::new(text),
            sinkpad,
            srcpad,
            state: Mutex::new(State::new(None)),
            changed: Condvar::new(),
            settings: Mutex::new(OwnSettings::default()),
            tags: Mutex::default(),
            rescue: Mutex::default(),
        }
    }
}

impl ObjectImpl for MotionGen {
    fn constructed(&self) {
        self.parent_constructed();
        for pad in [&self.sinkpad, &self.srcpad, &self.cues.pad] {
            self.obj().add_pad(pad).expect("a new element has no pad of this name");
        }
        // A bin hands events of the application on to its sources, and looks for them when they
        // are added to it.
        self.obj().set_element_flags(gst::ElementFlags::SOURCE);
    }

    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let default = OwnSettings::default();
            let mut specs = Settings::param_specs(default.shared.at_end);
            specs.extend([
                FitMode::param_spec(),
                glib::ParamSpecInt::builder("num-buffers")
                    .nick("Number of buffers")
                    .blurb("Buffers to make before EOS, -1 for no limit")
                    .minimum(-1)
                    .default_value(default.num_buffers)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("is-live")
                    .nick("Is live")
                    .blurb("Make frames at the pace of the clock, starting when the still comes")
                    .default_value(default.is_live)
                    .mutable_ready()
                    .build(),
                glib::ParamSpecBoolean::builder("allow-replace")
                    .nick("Allow replace")
                    .blurb("A still that comes later replaces the one before it")
                    .default_value(default.allow_replace)
                    .mutable_playing()
                    .build(),
                qos::param_spec(),
                Stats::param_spec(),
            ]);
            specs
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        match pspec.name() {
            "fit" => assign(&mut settings.fit, value),
            "num-buffers" => assign(&mut settings.num_buffers, value),
            "is-live" => assign(&mut settings.is_live, value),
            "allow-replace" => assign(&mut settings.allow_replace, value),
            "qos" => assign(&mut settings.qos, value),
            name => settings.shared.set(name, value),
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if pspec.name() == "stats" {
            let stats = self.state().stats;
            return stats.to_structure(self.pressure()).to_value();
        }
        let settings = self.settings();
        match pspec.name() {
            "fit" => settings.fit.to_value(),
            "num-buffers" => settings.num_buffers.to_value(),
            "is-live" => settings.is_live.to_value(),
            "allow-replace" => settings.allow_replace.to_value(),
            "qos" => settings.qos.to_value(),
            name => settings.shared.get(name).unwrap_or_else(|| pspec.default_value().clone()),
        }
    }
}

impl HasCues for MotionGen {
    fn cues(&self) -> &Cues {
        &self.cues
    }
}

impl GstObjectImpl for MotionGen {}

impl ElementImpl for MotionGen {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Still to clip",
                "Filter/Effect/Video",
                "Turns a still image into a clip, steered by a prompt and a motion amount",
                "The stillmotion developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| caps::generator_templates().unwrap_or_default());
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        match transition {
            gst::StateChange::ReadyToPaused => {
                self.reset();
                Aids::load_in(&self.settings, |own| (&mut own.shared.aids, own.fit)).map_err(
                    |message| {
                        self.post_error_message(message);
                        gst::StateChangeError
                    },
                )?;
            }
            gst::StateChange::PausedToPlaying => {
                self.state().playing = true;
                self.wake();
            }
            gst::StateChange::PlayingToPaused => self.state().playing = false,
            _ => (),
        }
        let success = self.parent_change_state(transition)?;
        let live = self.settings().is_live;
        match transition {
            gst::StateChange::PausedToReady => {
                self.reset();
                self.settings().shared.aids.unload();
            }
            gst::StateChange::ReadyToPaused | gst::StateChange::PlayingToPaused if live => {
                return Ok(gst::StateChangeSuccess::NoPreroll);
            }
            _ => (),
        }
        Ok(success)
    }

    fn send_event(&self, event: gst::Event) -> bool {
        if !event.is_downstream() || !event.is_serialized() || !self.state().active {
            return self.parent_send_event(event);
        }
        if event.type_() == gst::EventType::Eos {
            // Also where no still came yet: it may be on its way, with upstream at its end.
            self.state().asked_to_stop = Some(event.seqnum());
            self.wake();
            return true;
        }
        self.state().keep_event(event)
    }
}
