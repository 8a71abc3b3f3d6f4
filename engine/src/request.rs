// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wished of a generator, and the one place that checks it.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    brush::Brush,
    fit::Fit,
    image::{Image, MAX_SIDE, MIN_SIDE},
    scene::{
        Place,
        depth::{Depth, model::DepthModel},
    },
};

/// The range of the motion amount: 1 is nearly still, 10 is strong.
pub const MOTION: std::ops::RangeInclusive<f64> = 1.0..=10.0;
/// The motion amount when nothing is said.
pub const DEFAULT_MOTION: f64 = 5.0;
/// The range of each camera axis.
pub const AXIS: std::ops::RangeInclusive<f64> = -10.0..=10.0;
/// The length of a clip when nothing is said.
pub const DEFAULT_DURATION: Duration = Duration::from_secs(4);
/// The longest clip, so that frame counts stay small integers.
pub const MAX_DURATION: Duration = Duration::from_secs(24 * 3600);
/// The frame rate when nothing is said.
pub const DEFAULT_FRAME_RATE: FrameRate = FrameRate { numerator: 24, denominator: 1 };
/// The longest prompt that is read, in bytes; what lies behind is left out.
pub const MAX_PROMPT_BYTES: usize = 16 * 1024;

/// Six camera axes, each -10..10, added to what the prompt asks for. The meanings are those of
/// the field: the camera moves or turns, so the picture goes the other way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Axes {
    /// The camera moves along X: positive to the right.
    pub horizontal: f64,
    /// The camera moves along Y: positive up.
    pub vertical: f64,
    /// The camera turns about Y: positive to the right.
    pub pan: f64,
    /// The camera turns about X: positive up.
    pub tilt: f64,
    /// The camera moves towards the scene: positive closer.
    pub zoom: f64,
    /// The camera turns about its own axis: positive clockwise.
    pub roll: f64,
}

impl Axes {
    /// Name and value of each axis, in the order of the properties.
    pub fn named(&self) -> [(&'static str, f64); 6] {
        [
            ("horizontal", self.horizontal),
            ("vertical", self.vertical),
            ("pan", self.pan),
            ("tilt", self.tilt),
            ("zoom", self.zoom),
            ("roll", self.roll),
        ]
    }
}

/// How finely a frame is worked out. Each step takes away what is missed least, for a machine that
/// cannot keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Detail {
    /// Everything.
    #[default]
    Full,
    /// What moves by itself is worked out on half as many rows of the grid.
    CoarseMotion,
    /// One layer: outlines stretch what lies behind them.
    OneLayer,
    /// The camera too is worked out on half as many rows of the grid.
    CoarseGeometry,
}

impl Detail {
    /// From the finest to the coarsest.
    pub const ALL: [Self; 4] =
        [Self::Full, Self::CoarseMotion, Self::OneLayer, Self::CoarseGeometry];
}

/// What may change from frame to frame while a clip plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controls {
    /// The motion amount, 1..10.
    pub motion: f64,
    /// The numeric camera.
    pub axes: Axes,
    /// The camera stands still, whatever the prompt and the axes say.
    pub static_camera: bool,
    /// How finely frames are worked out.
    pub detail: Detail,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            motion: DEFAULT_MOTION,
            axes: Axes::default(),
            static_camera: false,
            detail: Detail::Full,
        }
    }
}

/// Where the depth of a still comes from.
#[derive(Debug, Clone, Default)]
pub enum DepthSource {
    /// The built-in estimate.
    #[default]
    BuiltIn,
    /// A user's own network.
    Model(Arc<DepthModel>),
    /// A user's own depth picture, of the still before it was fitted like that.
    Picture(Arc<Depth>, Fit),
}

/// Frames per second, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameRate {
    /// Frames in `denominator` seconds.
    pub numerator: u32,
    /// Seconds in which `numerator` frames pass.
    pub denominator: u32,
}

impl FrameRate {
    /// Frames that start within `duration`, at least one.
    pub fn frames_in(self, duration: Duration) -> u64 {
        let ticks = duration.as_nanos() * u128::from(self.numerator);
        let per_frame = 1_000_000_000 * u128::from(self.denominator.max(1));
        u64::try_from(ticks.div_ceil(per_frame)).unwrap_or(u64::MAX).max(1)
    }
}

/// Everything that decides how the frames of one clip look, but for [`Controls`].
#[derive(Debug, Clone)]
pub struct Request {
    /// The still, already in the format and the size of the output.
    pub image: Arc<Image>,
    /// What should happen; empty for the default move.
    pub prompt: String,
    /// Picks among equally good choices, such as the side to which the default move drifts.
    pub seed: u64,
    /// Length of the clip.
    pub duration: Duration,
    /// Frames per second of the clip.
    pub frame_rate: FrameRate,
    /// The camera settings at the start.
    pub controls: Controls,
    /// Where the camera was in the clip that this one takes over from. It glides from there to
    /// its own path within the first 1.5 s, or the first half of a short clip. Behind that the
    /// frames are those of the clip without this, but for what moves in the scene by itself: that
    /// goes on as if there had been no change of clips.
    pub from: Option<Place>,
    /// The clip ends where it began: the frame behind its last one would be its first, and so on
    /// round after round.
    pub loops: bool,
    /// The still that the clip travels to: its last frame. In the format and the size of `image`.
    pub end: Option<Arc<Image>>,
    /// Where the depth of the still comes from.
    pub depth: DepthSource,
    /// Where the still may move by itself; `None` for anywhere.
    pub brush: Option<Arc<Brush>>,
}

impl Request {
    /// A request for `image` with the default of everything else.
    pub fn new(image: Arc<Image>) -> Self {
        Self {
            image,
            prompt: String::new(),
            seed: 0,
            duration: DEFAULT_DURATION,
            frame_rate: DEFAULT_FRAME_RATE,
            controls: Controls::default(),
            from: None,
            loops: false,
            end: None,
            depth: DepthSource::default(),
            brush: None,
        }
    }

    /// Checks everything at once.
    ///
    /// # Errors
    /// [`InvalidSettings`] lists each setting that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        let mut check = Check::default();
        check.range("motion", self.controls.motion, *MOTION.start(), *MOTION.end());
        for (name, value) in self.controls.axes.named() {
            check.range(name, value, *AXIS.start(), *AXIS.end());
        }
        check.size(self.image.width(), self.image.height());
        check.duration(self.duration);
        check.frame_rate(self.frame_rate);
        if let Some(end) = &self.end {
            check.end(end, &self.image, self.loops);
        }
        check.finish()
    }

    /// Frames in the clip: those whose start lies before its end, at least one.
    pub fn frames(&self) -> u64 {
        self.frame_rate.frames_in(self.duration)
    }
}

/// Collects every wrong setting, so that a user mends all of them in one go.
#[derive(Debug, Default)]
pub struct Check {
    problems: Vec<Problem>,
}

impl Check {
    /// Notes `value` unless it lies in `low..=high`.
    pub fn range(&mut self, setting: &'static str, value: f64, low: f64, high: f64) {
        if !(low..=high).contains(&value) {
            self.problem(setting, value, format!("{low} to {high}"));
        }
    }

    /// Notes an output size that cannot be made.
    pub fn size(&mut self, width: u32, height: u32) {
        let sides = MIN_SIDE..=MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            let allowed = format!("{MIN_SIDE}x{MIN_SIDE} to {MAX_SIDE}x{MAX_SIDE}");
            self.problem("size", format_args!("{width}x{height}"), allowed);
        }
    }

    /// Notes a duration that is zero or above [`MAX_DURATION`].
    pub fn duration(&mut self, duration: Duration) {
        if duration.is_zero() || duration > MAX_DURATION {
            let allowed = format!("above 0 s, up to {} s", MAX_DURATION.as_secs());
            self.problem("duration", format_args!("{} s", duration.as_secs_f64()), allowed);
        }
    }

    /// Notes a frame rate outside 1/1000 to 1000 frames per second.
    pub fn frame_rate(&mut self, rate: FrameRate) {
        let FrameRate { numerator, denominator } = rate;
        let fps = f64::from(numerator) / f64::from(denominator);
        if !(0.001..=1000.0).contains(&fps) {
            let allowed = "1/1000 to 1000 frames per second".to_owned();
            self.problem("framerate", format_args!("{numerator}/{denominator}"), allowed);
        }
    }

    /// Notes an end image that is not of the shape of the still, or that a loop has no use for.
    fn end(&mut self, end: &Image, still: &Image, loops: bool) {
        let shape =
            |image: &Image| format!("{}x{} {}", image.width(), image.height(), image.format());
        if shape(end) != shape(still) {
            let allowed = format!("a picture as the still is, {}", shape(still));
            self.problem("end", shape(end), allowed);
        } else if end.matrix() != still.matrix() {
            self.problem("end", "of other YUV colours", "those of the still".to_owned());
        }
        if loops {
            self.problem("end", "given", "none in a clip that loops".to_owned());
        }
    }

    /// Notes a problem of any other kind.
    pub fn problem(&mut self, setting: &'static str, value: impl fmt::Display, allowed: String) {
        self.problems.push(Problem { setting, value: value.to_string(), allowed });
    }

    /// Notes what somebody else found.
    pub fn merge(&mut self, other: InvalidSettings) {
        self.problems.extend(other.0);
    }

    /// All problems, or none.
    ///
    /// # Errors
    /// [`InvalidSettings`] when anything was noted.
    pub fn finish(self) -> Result<(), InvalidSettings> {
        if self.problems.is_empty() { Ok(()) } else { Err(InvalidSettings(self.problems)) }
    }
}

/// One setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the setting, as the user spells it.
    pub setting: &'static str,
    /// The value that was given.
    pub value: String,
    /// What would have been right.
    pub allowed: String,
}

/// Every setting that is wrong, with what each may be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct InvalidSettings(pub Vec<Problem>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Problem { setting, value, allowed }) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{setting} is {value}, allowed is {allowed}")?;
        }
        Ok(())
    }
}
