// SPDX-License-Identifier: MIT OR Apache-2.0
//! The prompt parser, from outside.

mod measured;
mod required;
mod robust;
mod spoken;

use std::collections::BTreeSet;

use stillmotion_engine::prompt::{Script, Segment};

/// The camera labels of each part, without order.
type Camera = Vec<BTreeSet<String>>;

/// What the parser made of a prompt, in the words of the file.
struct Answer {
    camera: Camera,
    ambient: BTreeSet<String>,
    light: BTreeSet<String>,
}

fn answer(script: &Script) -> Answer {
    let labels = |segment: &Segment| {
        let json = serde_json::to_value(&segment.camera).unwrap();
        json.as_array().unwrap().iter().map(|label| label.as_str().unwrap().to_owned()).collect()
    };
    let tags = |pick: fn(&Segment) -> &Vec<&'static str>| {
        script.segments.iter().flat_map(pick).map(|tag| (*tag).to_owned()).collect()
    };
    Answer {
        camera: script.segments.iter().map(labels).collect(),
        ambient: tags(|segment| &segment.ambient),
        light: tags(|segment| &segment.light),
    }
}

fn jaccard(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let union = a.union(b).count();
    if union == 0 { 1.0 } else { a.intersection(b).count() as f64 / union as f64 }
}
