// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a word of a prompt can mean.

use super::{Easing, Move};

/// One meaning of a word or a phrase. A word may have several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sense {
    /// Something the camera, or anybody, may do.
    Verb(Verb),
    /// Where to: "left", "closer", "clockwise".
    Dir(Dir),
    /// How fast: a factor, 1 is plain.
    Speed(f64),
    /// How fast the scene moves by itself: a factor, 1 is plain.
    SceneSpeed(f64),
    /// How a move speeds up and slows down.
    Eases(Easing),
    /// What the camera does if nothing else is said: "ease in on the face".
    Unless(Move),
    /// What water and smoke do: they go somewhere, and no camera goes with them.
    Flows,
    /// Makes a speed stronger: "very".
    Very,
    /// Takes back what follows: "no", "without".
    Not,
    /// Ends the reach of a "no": "just", "but".
    But,
    /// The camera or who looks through it: "camera", "shot", "we".
    Camera,
    /// A person or an animal, who moves on their own.
    Being,
    /// A thing, or a crowd: it may move, and the camera does not go after it.
    Thing,
    /// A street, a corridor, a town: one goes along or about in it.
    Way,
    /// Says that a pan is a pan.
    Kitchen,
    /// "a", "one".
    Indefinite,
    /// "the", "her".
    Definite,
    /// Where something is, not where it goes: "on", "at".
    At,
    /// "from", which turns a direction round.
    From,
    /// "of".
    Of,
    /// "after", which turns an order round no further than to the next comma.
    After,
    /// A preposition that a move may be followed by: "across", "past".
    Along,
    /// Says nothing by itself.
    Filler,
    /// "static", which needs nothing beside it.
    Static,
    /// "still", "fixed": about the camera only when it stands beside it.
    Still,
    /// "hold", "stop": the camera stays when nobody else is meant.
    Hold,
    /// What carries the camera, and is meant when no move is named: drone, tripod.
    Carrier(Carrier),
    /// Hours in seconds.
    TimeLapse,
    /// What moves in the picture.
    Ambient(&'static [&'static str]),
    /// "wave": the sea's, or a flag's.
    Wave,
    /// Moves in the picture when there is wind in the prompt: clothes.
    Garment,
    /// Wind, or what it does.
    Wind,
    /// What the light does.
    Light(&'static [&'static str]),
    /// The next part of a sequence begins.
    Then,
    /// At the same time.
    While,
    /// "and".
    And,
    /// "or", "nor": holds a list together.
    Or,
}

/// What carries the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// Drone, helicopter.
    Air,
    /// A body that walks smoothly.
    Steadicam,
    /// A tripod.
    Tripod,
}

/// A direction, as far as families of moves tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dir {
    Left,
    Right,
    Up,
    Down,
    /// The bare "in", often a mere preposition.
    In,
    /// "forward", "closer".
    Near,
    /// "to", "through": closer, when nothing else is said.
    Toward,
    /// The bare "out".
    Out,
    /// "back", "away".
    Far,
    Around,
    Clockwise,
    Counter,
    /// To a side that is not named.
    Sideways,
    /// "over", "above".
    Over,
}

/// Moves that understand directions in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Pan,
    /// A pan that flies when it goes over something: "sweep".
    Sweep,
    /// Turns, but only with a direction: "look", "turn".
    Look,
    Tilt,
    Dolly,
    Push,
    Pull,
    Truck,
    /// To a side, right when none is named.
    Slide,
    /// What people call zoom: on a still it is a dolly.
    Zoom,
    /// What only a lens can do.
    LensZoom,
    Pedestal,
    Crane,
    Roll,
    Rotate,
    Orbit,
    Walk,
    Fly,
    /// Down through the air.
    Dive,
    /// Needs a direction: "move", "go".
    Go,
    /// Forward when no direction is named: "glide", "drive".
    Travel,
    Rise,
    Sink,
    Track,
    Follow,
    Approach,
    Retreat,
    DollyZoom,
    Handheld,
}

/// A verb of motion and how freely it may be taken for the camera's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verb {
    pub family: Family,
    /// The speed in the word itself: "creep" is slow.
    pub speed: f64,
    /// Anybody may do it, so it matters who does.
    pub anybody: bool,
    /// Whether the word also names a thing.
    pub noun: Noun,
    /// Takes an object directly: "orbit the statue".
    pub object: bool,
}

/// Whether a verb also names a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noun {
    Never,
    /// "a pan" may be either.
    Either,
    /// "a truck" is one with wheels.
    Thing,
}

impl Verb {
    /// Camera language: whoever is named, the camera does it.
    pub const fn term(family: Family) -> Self {
        Self { family, speed: 1.0, anybody: false, noun: Noun::Never, object: false }
    }

    /// Something that anybody may do.
    pub const fn motion(family: Family) -> Self {
        Self { anybody: true, ..Self::term(family) }
    }

    pub const fn speed(self, speed: f64) -> Self {
        Self { speed, ..self }
    }

    pub const fn noun(self, noun: Noun) -> Self {
        Self { noun, ..self }
    }

    pub const fn object(self) -> Self {
        Self { object: true, ..self }
    }
}
