// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures the parser on prompts that it was tuned on, and on prompts that it was not.

use std::collections::BTreeSet;

use stillmotion_engine::prompt::parse;

use crate::{Camera, answer, jaccard};

/// One row: a prompt and each of its acceptable answers.
struct Row {
    half: String,
    prompt: String,
    camera: Vec<Camera>,
    ambient: Vec<BTreeSet<String>>,
    light: Vec<BTreeSet<String>>,
}

fn set(text: &str, separator: char) -> BTreeSet<String> {
    text.split(separator).filter(|tag| *tag != "-").map(str::to_owned).collect()
}

fn rows() -> Vec<Row> {
    let text = include_str!("../../../tests/fixtures/prompts_heldout.tsv");
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [half, prompt, camera, ambient, light] = columns[..] else {
            panic!("not five columns: {line}");
        };
        Row {
            half: half.to_owned(),
            prompt: prompt.to_owned(),
            camera: camera
                .split('|')
                .map(|answer| answer.split('>').map(|part| set(part, '+')).collect())
                .collect(),
            ambient: ambient.split('|').map(|answer| set(answer, ',')).collect(),
            light: light.split('|').map(|answer| set(answer, ',')).collect(),
        }
    };
    lines.map(row).collect()
}

/// Scores one half of the file: the shares of right cameras, ambient sets and light.
fn score(half: &str) -> [f64; 3] {
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.half == half).collect();
    let [mut camera, mut ambient, mut light] = [0.0; 3];
    for row in &rows {
        let got = answer(&parse(&row.prompt));
        if row.camera.contains(&got.camera) {
            camera += 1.0;
        } else {
            println!("{half} camera: {:?} gave {:?}", row.prompt, got.camera);
        }
        let best = |wanted: &[BTreeSet<String>], got: &BTreeSet<String>| {
            wanted.iter().map(|wanted| jaccard(wanted, got)).fold(0.0, f64::max)
        };
        let close = best(&row.ambient, &got.ambient);
        ambient += close;
        light += best(&row.light, &got.light);
        if close < 1.0 || !row.light.contains(&got.light) {
            println!("{half} tags: {:?} gave {:?} {:?}", row.prompt, got.ambient, got.light);
        }
    }
    [camera, ambient, light].map(|sum| sum / rows.len() as f64)
}

#[test]
fn prompts_tuned_on_are_understood() {
    let [camera, ambient, light] = score("dev");
    println!("dev: camera {camera:.3} ambient {ambient:.3} light {light:.3}");
    assert!(camera >= 0.95 && ambient >= 0.9 && light >= 0.9, "{camera} {ambient} {light}");
}

#[test]
fn prompts_never_tuned_on_are_understood() {
    let [camera, ambient, light] = score("held");
    println!("held: camera {camera:.3} ambient {ambient:.3} light {light:.3}");
    assert!(camera >= 0.9 && ambient >= 0.8 && light >= 0.8, "{camera} {ambient} {light}");
}
