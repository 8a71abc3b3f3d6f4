// SPDX-License-Identifier: MIT OR Apache-2.0
//! The prompts that must be understood, in the notation of their file: labels with remarks, and
//! in parentheses what else is right.

use std::collections::BTreeSet;

use stillmotion_engine::prompt::{
    parse,
    tags::{AMBIENT, LIGHT},
};

use crate::{answer, jaccard};

const LABELS: &[&str] = &[
    "walk",
    "fly",
    "follow",
    "dolly_in",
    "dolly_out",
    "truck_l",
    "truck_r",
    "pedestal_u",
    "pedestal_d",
    "pan_l",
    "pan_r",
    "tilt_u",
    "tilt_d",
    "roll_cw",
    "roll_ccw",
    "zoom_in",
    "zoom_out",
    "dolly_zoom",
    "orbit",
    "crane_u",
    "crane_d",
    "handheld",
    "static",
    "default",
];

/// What a column asks for, and what it also accepts: `dolly_in (a walk)`.
fn answers(column: &str) -> Vec<&str> {
    let (wanted, remark) = column.split_once('(').unwrap_or((column, ""));
    let also = remark.strip_prefix("a ").map(|remark| remark.trim_end_matches(')'));
    std::iter::once(wanted.trim()).chain(also).collect()
}

fn labels(wanted: &str) -> BTreeSet<String> {
    let labels = wanted.split_whitespace().filter(|word| LABELS.contains(word));
    let labels: BTreeSet<String> = labels.map(str::to_owned).collect();
    // "gain x.35": nothing about the camera.
    if labels.is_empty() { BTreeSet::from(["default".to_owned()]) } else { labels }
}

/// The tags in `wanted`: the first word of each piece, the rest are remarks.
fn ambient(wanted: &str) -> BTreeSet<String> {
    let firsts = wanted.split([',', '/']).filter_map(|piece| piece.split_whitespace().next());
    firsts.filter(|word| AMBIENT.contains(word)).map(str::to_owned).collect()
}

fn light(wanted: &str) -> BTreeSet<String> {
    let tag = wanted.replace("->", "_to_").replace(' ', "_");
    LIGHT.contains(&tag.as_str()).then_some(tag).into_iter().collect()
}

#[test]
fn every_required_prompt_comes_out_right() {
    let text = include_str!("../../../tests/fixtures/prompts.tsv");
    let rows: Vec<&str> = text.lines().skip(1).filter(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 31);
    for row in rows {
        let columns: Vec<&str> = row.split('\t').collect();
        let [_, prompt, camera_column, ambient_column, light_column] = columns[..] else {
            panic!("not five columns: {row}");
        };
        let script = parse(prompt);
        let got = answer(&script);
        let camera =
            answers(camera_column).into_iter().any(|wanted| got.camera == [labels(wanted)]);
        assert!(camera, "{row}: {:?}", got.camera);
        let close = answers(ambient_column)
            .into_iter()
            .any(|wanted| jaccard(&ambient(wanted), &got.ambient) >= 0.8);
        assert!(close, "{row}: {:?}", got.ambient);
        let lit = answers(light_column).into_iter().any(|wanted| light(wanted) == got.light);
        assert!(lit, "{row}: {:?}", got.light);
        check_speed(row, camera_column, script.segments[0].speed);
    }
}

fn check_speed(row: &str, camera_column: &str, speed: f64) {
    let says = |word| answers(camera_column)[0].contains(word);
    if says("x.35") {
        assert_eq!(speed, 0.35, "{row}");
    } else if says("weak") || says("slow") {
        assert_eq!(speed, 0.5, "{row}");
    } else if says("fast") {
        assert!(speed > 1.0, "{row}: {speed}");
    }
}
