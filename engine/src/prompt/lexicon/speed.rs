// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words for how fast and how strong.

use super::super::sense::Sense::{self, Speed, TimeLapse, Very};

const BARELY: f64 = 0.35;
const SLOW: f64 = 0.5;
const FAST: f64 = 1.6;
const CRASH: f64 = 2.5;

/// Adjectives, from which the adverbs are made.
pub(super) const SPEEDS: &[(&str, Sense)] = &[
    ("barely", Speed(BARELY)),
    ("hardly", Speed(BARELY)),
    ("imperceptible", Speed(BARELY)),
    ("almost imperceptible", Speed(BARELY)),
    ("almost still", Speed(BARELY)),
    ("nearly still", Speed(BARELY)),
    ("almost a photograph", Speed(BARELY)),
    ("minimal", Speed(BARELY)),
    ("glacial", Speed(BARELY)),
    ("slow", Speed(SLOW)),
    ("slow motion", Speed(SLOW)),
    ("slowmo", Speed(SLOW)),
    ("slow mo", Speed(SLOW)),
    ("gentle", Speed(SLOW)),
    ("gradual", Speed(SLOW)),
    ("subtle", Speed(SLOW)),
    ("slight", Speed(SLOW)),
    ("softly", Speed(SLOW)),
    ("calmly", Speed(SLOW)),
    ("quietly", Speed(SLOW)),
    ("a bit", Speed(SLOW)),
    ("a little bit", Speed(SLOW)),
    ("tiny bit", Speed(SLOW)),
    ("tiny movement", Speed(SLOW)),
    ("lazy", Speed(SLOW)),
    ("leisurely", Speed(SLOW)),
    ("patient", Speed(SLOW)),
    ("careful", Speed(SLOW)),
    ("fast", Speed(FAST)),
    ("quick", Speed(FAST)),
    ("rapid", Speed(FAST)),
    ("swift", Speed(FAST)),
    ("energetic", Speed(FAST)),
    ("brisk", Speed(FAST)),
    ("speedy", Speed(FAST)),
    ("hectic", Speed(FAST)),
    ("sudden", Speed(FAST)),
    ("full speed", Speed(CRASH)),
    ("high speed", Speed(CRASH)),
    ("top speed", Speed(CRASH)),
    ("crash", Speed(CRASH)),
    ("hyperspeed", Speed(CRASH)),
    ("hyper speed", Speed(CRASH)),
    ("breakneck", Speed(CRASH)),
    ("lightning fast", Speed(CRASH)),
    ("frantic", Speed(CRASH)),
    ("violent", Speed(CRASH)),
    ("time lapse", TimeLapse),
    ("timelapse", TimeLapse),
    ("time lapsed", TimeLapse),
    ("very", Very),
    ("super", Very),
    ("really", Very),
    ("extremely", Very),
    ("ultra", Very),
    ("incredibly", Very),
];
