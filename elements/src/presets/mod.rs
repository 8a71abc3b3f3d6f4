// SPDX-License-Identifier: MIT OR Apache-2.0
//! Presets that come with the elements: `motiongen @preset="Slow push"`.
//!
//! They need no file and no environment variable. What a user saves under one of these names
//! goes first.

mod interface;

use gst::prelude::*;
use stillmotion_engine::request::{Axes, DEFAULT_MOTION};

use crate::settings::AtEnd;
pub use interface::Presets;

/// One look, ready to use.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// What to write behind `@preset=`.
    pub name: &'static str,
    /// What it is for; `gst-inspect-1.0` prints it.
    pub comment: &'static str,
    /// What the property `prompt` becomes.
    pub prompt: &'static str,
    /// What the property `motion` becomes.
    pub motion: f64,
    /// `None` leaves the property as it is.
    at_end: Option<AtEnd>,
}

impl BuiltIn {
    const fn new(
        name: &'static str,
        comment: &'static str,
        prompt: &'static str,
        motion: f64,
    ) -> Self {
        Self { name, comment, prompt, motion, at_end: None }
    }

    /// Sets the properties that make up the look. Axes and a static camera are put back, so that
    /// the look is the same whatever was set before; length, seed and size stay.
    fn apply(&self, element: &gst::Object) {
        element.set_property("prompt", self.prompt);
        element.set_property("motion", self.motion);
        element.set_property("static-camera", false);
        for (axis, value) in Axes::default().named() {
            element.set_property(axis, value);
        }
        if let Some(at_end) = self.at_end {
            element.set_property("at-end", at_end);
        }
    }
}

/// The looks that come with every generating element.
pub const BUILT_IN: [BuiltIn; 12] = [
    BuiltIn::new(
        "Slow push",
        "A slow move towards the subject: portraits, products, the opening of a story",
        "slow push in",
        DEFAULT_MOTION,
    ),
    BuiltIn::new(
        "Pull back",
        "A slow move away that shows the surroundings: endings, credits",
        "slow pull back",
        DEFAULT_MOTION,
    ),
    BuiltIn::new(
        "Walk forward",
        "A walk into the picture with the bob of steps: paths, streets, halls",
        "walk forward",
        6.0,
    ),
    BuiltIn::new(
        "Orbit",
        "A slow arc around the subject: statues, cars, things on a table",
        "slow orbit around the subject",
        6.0,
    ),
    BuiltIn::new(
        "Aerial drone",
        "A flight forward over the scene: landscapes, cities, coasts",
        "aerial drone shot, flying forward",
        7.0,
    ),
    BuiltIn::new(
        "Crane up",
        "A rise over the scene: crowds, gardens, buildings",
        "crane up",
        DEFAULT_MOTION,
    ),
    BuiltIn::new(
        "Handheld",
        "The small shakes of a camera in the hand: news, documentary",
        "handheld camera",
        4.0,
    ),
    BuiltIn::new(
        "Vertigo",
        "Forward while the lens widens: the subject keeps its size, the background moves",
        "dolly zoom",
        7.0,
    ),
    BuiltIn::new(
        "Pan right",
        "A turn to the right across the view: panoramas, group pictures",
        "slow pan right",
        DEFAULT_MOTION,
    ),
    BuiltIn::new(
        "Parallax",
        "A sideways move in which near things pass far ones: pictures with depth",
        "truck right",
        DEFAULT_MOTION,
    ),
    BuiltIn::new(
        "Nearly still",
        "Only just alive: backgrounds behind text, long holds",
        "slow push in",
        1.0,
    ),
    BuiltIn {
        at_end: Some(AtEnd::PingPong),
        ..BuiltIn::new(
            "Cinemagraph",
            "A slight sway to and fro, without a seam and without an end: loops, wallpapers",
            "slow truck right",
            2.0,
        )
    },
];

/// Finds a look. GStreamer leaves the quotes on where a pipeline is parsed from one text.
fn built_in(name: &str) -> Option<&'static BuiltIn> {
    let name = name.trim_matches('"');
    BUILT_IN.iter().find(|preset| preset.name == name)
}
