// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads a prompt: what the camera does, how fast, what moves in the picture, what light does.
//!
//! There is no language model in here. Text becomes words (`text`), words become known ones in
//! spite of endings and misspellings (`vocabulary`, over the tables of `lexicon`), and the
//! longest known phrases cut into clauses (`clause`). For each verb of motion in a clause the
//! parser asks who does it (`subject`), whether it is forbidden (`reading`), and which way it
//! goes (`direction`, `moves`). The answers become segments (`compose`).

mod clause;
mod compose;
pub mod cue;
mod direction;
mod lexicon;
mod moves;
mod reading;
mod scan;
mod scene;
mod sense;
mod subject;
pub mod tags;
mod text;
mod timing;
mod vocabulary;

use std::time::Duration;

use serde::Serialize;

use crate::request::DEFAULT_DURATION;

/// A camera move that a prompt can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Forward at eye height with the bob of steps.
    Walk,
    /// Forward through the air.
    Fly,
    /// Forward behind somebody, at half strength.
    Follow,
    /// The camera moves closer.
    DollyIn,
    /// The camera moves away.
    DollyOut,
    /// The camera moves to the left.
    TruckL,
    /// The camera moves to the right.
    TruckR,
    /// The camera rises.
    PedestalU,
    /// The camera sinks.
    PedestalD,
    /// The camera turns to the left.
    PanL,
    /// The camera turns to the right.
    PanR,
    /// The camera turns up.
    TiltU,
    /// The camera turns down.
    TiltD,
    /// The camera rolls clockwise.
    RollCw,
    /// The camera rolls counter-clockwise.
    RollCcw,
    /// The lens closes in, with no parallax.
    ZoomIn,
    /// The lens opens, with no parallax.
    ZoomOut,
    /// The camera moves closer while the lens opens.
    DollyZoom,
    /// The camera circles the subject: clockwise seen from above, which is truck left, pan right.
    /// The other way round has no label of its own: it is [`Move::TruckR`] with [`Move::PanL`].
    Orbit,
    /// The camera rises on an arm and looks down a little.
    CraneU,
    /// The camera sinks on an arm and looks up a little.
    CraneD,
    /// A camera in the hand: small shakes.
    Handheld,
    /// The camera stands still.
    Static,
    /// Nothing was said about the camera.
    Default,
}

/// How the speed of a move changes from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Easing {
    /// Nothing was said: the clip starts and ends at half speed, and parts flow into each other.
    #[default]
    Gentle,
    /// The same speed all the way.
    Linear,
    /// Slow at first, then faster and faster.
    In,
    /// Fast at first, then slower and slower.
    Out,
    /// From rest to rest.
    InOut,
}

/// What a part of the clip shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// Where the part starts, as a share of the clip, 0..1.
    pub from: f64,
    /// Where the part ends, as a share of the clip, 0..1.
    pub to: f64,
    /// What the camera does, all at once: one to three moves, no two against each other.
    /// [`Move::Static`] and [`Move::Default`] stand alone.
    pub camera: Vec<Move>,
    /// How strong and fast, 0.2 to 4, and 1 for a plain prompt: 0.35 barely, 0.5 slow, 1.6 fast,
    /// 2.5 as fast as a whip.
    pub speed: f64,
    /// How the camera's speed changes in this part.
    pub easing: Easing,
    /// What moves in the picture, of [`tags::AMBIENT`]. The same in every segment: the picture
    /// is one still.
    pub ambient: Vec<&'static str>,
    /// How fast that moves by itself, 0.2 to 4, and 1 for a plain prompt: 0.5 for slowly drifting
    /// clouds, 2.2 for a raging river, 4 in a time lapse.
    pub scene_speed: f64,
    /// Which way that moves in the picture, where the prompt says so: a unit vector, right and
    /// down are positive. Smoke that rises has `[0.0, -1.0]`, wind from the right `[-1.0, 0.0]`,
    /// water that flows towards us `[0.0, 1.0]`. What falls anyway needs none.
    pub flow: Option<[f64; 2]>,
    /// What the light does, of [`tags::LIGHT`]. What has begun goes on in later segments.
    pub light: Vec<&'static str>,
}

/// A prompt, understood: parts that follow each other without a gap from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Script {
    /// The parts, in order; at least one.
    pub segments: Vec<Segment>,
}

/// Reads a prompt for a clip of the default length; [`parse_for`] is for any other, which matters
/// only where a prompt speaks of seconds.
///
/// Any text is fine: what is not understood changes nothing.
/// No more than [`MAX_PROMPT_BYTES`](crate::request::MAX_PROMPT_BYTES) are read.
pub fn parse(prompt: &str) -> Script {
    parse_for(prompt, DEFAULT_DURATION)
}

/// Reads a prompt for a clip of length `duration`, as [`parse`] does.
pub fn parse_for(prompt: &str, duration: Duration) -> Script {
    let tokens = text::tokens(prompt);
    compose::script(&clause::outline(&tokens), duration.as_secs_f64().max(1e-3))
}
