// SPDX-License-Identifier: MIT OR Apache-2.0
//! The settings that every generating element has: one table, one meaning everywhere.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use gst::prelude::*;
use stillmotion_engine::{
    fit,
    request::{AXIS, Controls, DEFAULT_DURATION, DEFAULT_MOTION, MAX_DURATION, MOTION},
};

use crate::{
    aids::Aids,
    model::{self, Model},
    strings,
};
pub use crate::{
    aids::DepthMeaning,
    model::{FirstFrame, Precision},
    rescue::OnError,
};

/// What is shown behind the last frame of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstStillMotionAtEnd")]
pub enum AtEnd {
    /// The last frame stays.
    #[enum_value(name = "Hold: the last frame stays", nick = "hold")]
    Hold,
    /// The clip starts again at its first frame.
    #[enum_value(name = "Loop: the clip starts again", nick = "loop")]
    Loop,
    /// The clip runs backwards, then forwards, and so on.
    #[enum_value(name = "Ping-pong: the clip runs backwards, then forwards", nick = "ping-pong")]
    PingPong,
    /// The stream ends.
    #[enum_value(name = "EOS: the stream ends", nick = "eos")]
    Eos,
}

impl AtEnd {
    /// The frame of a clip of `frames` frames that is shown at position `index` of the stream,
    /// or `None` where the stream is over.
    pub fn frame(self, index: u64, frames: u64) -> Option<u64> {
        let last = frames.saturating_sub(1);
        match self {
            _ if index <= last => Some(index),
            Self::Hold => Some(last),
            Self::Loop => Some(index % frames.max(1)),
            Self::PingPong => {
                let turn = index % last.saturating_mul(2).max(1);
                Some(turn.min(last.saturating_mul(2) - turn))
            }
            Self::Eos => None,
        }
    }
}

/// How a still of one shape fills a frame of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstStillMotionFit")]
pub enum FitMode {
    /// Fill the frame; what sticks out on two sides is cut off evenly.
    #[default]
    #[enum_value(name = "Cover: fill the frame, cut off what sticks out", nick = "cover")]
    Cover,
    /// Show the whole still, with black on two sides.
    #[enum_value(name = "Contain: show all of it, with black beside it", nick = "contain")]
    Contain,
    /// Fill the frame by changing the proportions.
    #[enum_value(name = "Stretch: fill the frame, change the proportions", nick = "stretch")]
    Stretch,
}

impl FitMode {
    /// The property `fit`.
    pub(crate) fn param_spec() -> glib::ParamSpec {
        glib::ParamSpecEnum::builder_with_default("fit", Self::default())
            .nick("Fit")
            .blurb("How the still fills an output of another shape")
            .mutable_ready()
            .build()
    }
}

impl From<FitMode> for fit::Fit {
    fn from(mode: FitMode) -> Self {
        match mode {
            FitMode::Cover => Self::Cover,
            FitMode::Contain => Self::Contain,
            FitMode::Stretch => Self::Stretch,
        }
    }
}

/// A property that is a number in [`Controls`].
struct Number {
    name: &'static str,
    nick: &'static str,
    blurb: &'static str,
    range: RangeInclusive<f64>,
    default: f64,
    field: fn(&mut Controls) -> &mut f64,
}

impl Number {
    const fn axis(
        name: &'static str,
        nick: &'static str,
        blurb: &'static str,
        field: fn(&mut Controls) -> &mut f64,
    ) -> Self {
        Self { name, nick, blurb, range: AXIS, default: 0.0, field }
    }
}

const NUMBERS: [Number; 7] = [
    Number {
        name: "motion",
        nick: "Motion",
        blurb: "How much moves: 1 is nearly still, 10 is strong",
        range: MOTION,
        default: DEFAULT_MOTION,
        field: |c| &mut c.motion,
    },
    Number::axis(
        "horizontal",
        "Horizontal",
        "Camera moves sideways, positive to the right; added to the prompt",
        |c| &mut c.axes.horizontal,
    ),
    Number::axis(
        "vertical",
        "Vertical",
        "Camera moves up (positive) or down; added to the prompt",
        |c| &mut c.axes.vertical,
    ),
    Number::axis(
        "pan",
        "Pan",
        "Camera turns sideways, positive to the right; added to the prompt",
        |c| &mut c.axes.pan,
    ),
    Number::axis("tilt", "Tilt", "Camera turns up (positive) or down; added to the prompt", |c| {
        &mut c.axes.tilt
    }),
    Number::axis(
        "zoom",
        "Zoom",
        "Camera moves closer (positive) or away; added to the prompt",
        |c| &mut c.axes.zoom,
    ),
    Number::axis("roll", "Roll", "Camera rolls, positive clockwise; added to the prompt", |c| {
        &mut c.axes.roll
    }),
];

/// What a user wishes. Survives every state change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Shared, because it may be long and is looked at for every frame.
    pub prompt: Arc<str>,
    pub seed: u64,
    pub duration: Duration,
    pub at_end: AtEnd,
    pub on_error: OnError,
    /// The clip ends where it began.
    pub loops: bool,
    pub controls: Controls,
    pub aids: Aids,
    pub model: Model,
}

impl Settings {
    pub fn new(at_end: AtEnd) -> Self {
        Self {
            prompt: Arc::from(""),
            seed: 0,
            duration: DEFAULT_DURATION,
            at_end,
            on_error: OnError::default(),
            loops: false,
            controls: Controls::default(),
            aids: Aids::default(),
            model: Model::default(),
        }
    }

    /// The properties, with the default of `at-end` that the element has.
    pub fn param_specs(at_end: AtEnd) -> Vec<glib::ParamSpec> {
        let mut specs = vec![
            glib::ParamSpecString::builder("prompt")
                .nick("Prompt")
                .blurb("What should happen, in plain words; empty for a gentle default move")
                .default_value(Some(""))
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt64::builder("seed")
                .nick("Seed")
                .blurb("Picks among equally good choices; the same seed gives the same frames")
                .controllable()
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt64::builder("duration")
                .nick("Duration")
                .blurb("Length of the clip in nanoseconds")
                .minimum(1)
                .maximum(nanoseconds(MAX_DURATION))
                .default_value(nanoseconds(DEFAULT_DURATION))
                .controllable()
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder_with_default("at-end", at_end)
                .nick("At end")
                .blurb("What is shown behind the last frame of the clip")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder_with_default("on-error", OnError::default())
                .nick("On error")
                .blurb("What is shown where a frame cannot be made")
                .mutable_playing()
                .build(),
            glib::ParamSpecBoolean::builder("loop")
                .nick("Loop")
                .blurb("The clip ends where it began, so that at-end=loop shows no seam")
                .controllable()
                .mutable_playing()
                .build(),
            glib::ParamSpecBoolean::builder("static-camera")
                .nick("Static camera")
                .blurb("The camera stands still, whatever the prompt and the axes say")
                .controllable()
                .mutable_playing()
                .build(),
        ];
        specs.extend(NUMBERS.iter().map(|number| {
            glib::ParamSpecDouble::builder(number.name)
                .nick(number.nick)
                .blurb(number.blurb)
                .minimum(*number.range.start())
                .maximum(*number.range.end())
                .default_value(number.default)
                .controllable()
                .mutable_playing()
                .build()
        }));
        specs.extend(Aids::param_specs());
        specs.extend(Model::param_specs());
        specs.push(model::first_frame_spec());
        specs
    }

    /// Sets the property `name` if it is one of these. Never panics, whatever the host gives.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "prompt" => self.prompt = strings::lossy(value).into(),
            "seed" => assign(&mut self.seed, value),
            "duration" => {
                let mut time = nanoseconds(self.duration);
                assign(&mut time, value);
                self.duration = Duration::from_nanos(time);
            }
            "at-end" => assign(&mut self.at_end, value),
            "on-error" => assign(&mut self.on_error, value),
            "loop" => assign(&mut self.loops, value),
            "static-camera" => assign(&mut self.controls.static_camera, value),
            _ => {
                self.set_number(name, value);
                self.aids.set(name, value);
                self.model.set(name, value);
            }
        }
    }

    fn set_number(&mut self, name: &str, value: &glib::Value) {
        let number = NUMBERS.iter().find(|n| n.name == name);
        // GObject keeps values in their range, but lets "not a number" through.
        if let (Some(number), Ok(new)) = (number, value.get::<f64>())
            && !new.is_nan()
        {
            *(number.field)(&mut self.controls) = new;
        }
    }

    /// The value of the property `name` if it is one of these.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        let mut controls = self.controls;
        Some(match name {
            "prompt" => self.prompt.to_value(),
            "seed" => self.seed.to_value(),
            "duration" => nanoseconds(self.duration).to_value(),
            "at-end" => self.at_end.to_value(),
            "on-error" => self.on_error.to_value(),
            "loop" => self.loops.to_value(),
            "static-camera" => controls.static_camera.to_value(),
            _ => match NUMBERS.iter().find(|n| n.name == name) {
                Some(number) => (*(number.field)(&mut controls)).to_value(),
                None => return self.aids.get(name).or_else(|| self.model.get(name)),
            },
        })
    }
}

/// Replaces `field` when `value` is of its type; GObject has made sure that it is.
pub(crate) fn assign<T>(field: &mut T, value: &glib::Value)
where
    T: for<'a> glib::value::FromValue<'a> + 'static,
{
    if let Ok(new) = value.get_owned::<T>() {
        *field = new;
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_behind_the_end() {
        let shown = |at_end: AtEnd| (0..9).map(|i| at_end.frame(i, 3)).collect::<Vec<_>>();
        let some = |frames: [u64; 9]| frames.map(Some).to_vec();
        assert_eq!(shown(AtEnd::Hold), some([0, 1, 2, 2, 2, 2, 2, 2, 2]));
        assert_eq!(shown(AtEnd::Loop), some([0, 1, 2, 0, 1, 2, 0, 1, 2]));
        assert_eq!(shown(AtEnd::PingPong), some([0, 1, 2, 1, 0, 1, 2, 1, 0]));
        assert_eq!(shown(AtEnd::Eos)[..4], [Some(0), Some(1), Some(2), None]);
    }

    #[test]
    fn a_clip_of_one_frame_and_a_far_index_are_fine() {
        for at_end in [AtEnd::Hold, AtEnd::Loop, AtEnd::PingPong] {
            assert_eq!(at_end.frame(u64::MAX, 1), Some(0));
            assert!(at_end.frame(u64::MAX, u64::MAX).is_some());
        }
        assert_eq!(AtEnd::Eos.frame(1, 1), None);
    }

    #[test]
    fn not_a_number_changes_nothing() {
        let mut settings = Settings::new(AtEnd::Hold);
        settings.set("motion", &f64::NAN.to_value());
        settings.set("roll", &f64::NAN.to_value());
        assert_eq!(settings, Settings::new(AtEnd::Hold));
    }

    #[test]
    fn a_value_of_another_type_changes_nothing() {
        let mut settings = Settings::new(AtEnd::Hold);
        for name in [
            "seed",
            "duration",
            "at-end",
            "on-error",
            "loop",
            "static-camera",
            "motion",
            "depth-meaning",
        ] {
            settings.set(name, &"seven".to_value());
        }
        assert_eq!(settings, Settings::new(AtEnd::Hold));
    }

    #[test]
    fn each_axis_is_its_own_field() {
        let mut settings = Settings::new(AtEnd::Hold);
        let mut expected = Vec::new();
        for (i, (name, _)) in Controls::default().axes.named().into_iter().enumerate() {
            settings.set(name, &(i as f64 + 1.0).to_value());
            expected.push((name, i as f64 + 1.0));
        }
        assert_eq!(settings.controls.axes.named().to_vec(), expected);
    }
}
