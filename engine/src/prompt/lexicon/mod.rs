// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words that the parser knows, as tables of phrase and meaning. A phrase is written with
//! base forms; its endings are made by [`super::vocabulary`]. A phrase in several rows has
//! several meanings.

mod ambient;
mod camera;
mod grammar;
mod guards;
mod light;
mod scene;
mod speed;

use super::sense::Sense;
pub(super) use guards::LOOKALIKES;

/// Which endings the words of a table take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endings {
    /// As written.
    None,
    /// Plural.
    Noun,
    /// Third person, -ing, past; and plural, which looks like the third person.
    Verb,
    /// -ly, -er.
    Adjective,
}

/// Every table, with the endings of its words.
pub(super) const TABLES: &[(&[(&str, Sense)], Endings)] = &[
    (guards::GUARDS, Endings::None),
    (grammar::SMALL_WORDS, Endings::None),
    (grammar::DIRECTIONS, Endings::None),
    (camera::VERBS, Endings::Verb),
    (camera::TERMS, Endings::Noun),
    (speed::SPEEDS, Endings::Adjective),
    (scene::SCENE_VERBS, Endings::Verb),
    (ambient::AMBIENTS, Endings::Verb),
    (light::LIGHTS, Endings::Verb),
    (scene::NOUNS, Endings::Noun),
    (grammar::FILLERS, Endings::None),
];

/// Forms that no rule makes: form, base form.
pub(super) const IRREGULAR: &[(&str, &str)] = &[
    ("went", "go"),
    ("came", "come"),
    ("flew", "fly"),
    ("flown", "fly"),
    ("rose", "rise"),
    ("risen", "rise"),
    ("dove", "dive"),
    ("ran", "run"),
    ("rode", "ride"),
    ("drove", "drive"),
    ("swung", "swing"),
    ("sank", "sink"),
    ("spun", "spin"),
    ("crept", "creep"),
    ("swept", "sweep"),
    ("shook", "shake"),
    ("held", "hold"),
    ("froze", "freeze"),
    ("blew", "blow"),
    ("backs", "back"),
    ("backing", "back"),
    ("backed", "back"),
    ("leaves", "leaf"),
    ("leaving", "leave"),
    ("getting", "get"),
    ("setting", "set"),
    ("running", "run"),
    ("stopping", "stop"),
    ("travelling", "travel"),
    ("travelled", "travel"),
];
