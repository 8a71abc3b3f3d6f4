// SPDX-License-Identifier: MIT OR Apache-2.0
//! A user's own depth model: what works, and what is said of what does not.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use proptest::prelude::*;
use stillmotion_engine::{
    onnx::OnnxError,
    scene::depth::{
        Thumbnail,
        model::{DepthModel, DepthModelError, Meaning},
    },
};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/onnx").join(name)
}

fn open(name: &str) -> Result<Arc<DepthModel>, DepthModelError> {
    DepthModel::open(&fixture(name), Some(Meaning::Nearness))
}

fn picture(width: usize, height: usize) -> Thumbnail {
    let value = |i: usize| (i * 7919 % 256) as f32 / 255.0;
    Thumbnail { width, height, rgb: (0..3 * width * height).map(value).collect() }
}

/// What `name` gives for a picture, as an error that starts with the name of the file.
fn refusal(name: &str) -> (DepthModelError, String) {
    let out = open(name).and_then(|model| model.nearness(&picture(60, 40)));
    let error = out.expect_err(name);
    let text = error.to_string();
    assert!(text.starts_with(&*fixture(name).to_string_lossy()), "{text}");
    assert!(text.lines().count() == 1 && text.len() < 1200, "{text}");
    (error, text)
}

/// Red to the right, green to the bottom.
fn smooth(width: usize, height: usize) -> Thumbnail {
    let share = |at: usize, of: usize| at as f32 / of as f32;
    let pixel = |i: usize| [share(i % width, width), share(i / width, height), 0.5];
    Thumbnail { width, height, rgb: (0..width * height).flat_map(pixel).collect() }
}

#[test]
fn models_of_every_layout_give_a_depth_of_the_size_of_the_picture() {
    for name in ["fixed", "patches_14", "any_size", "normalises_itself", "half_weights"] {
        let model = open(&format!("{name}.onnx")).expect(name);
        let depth = model.nearness(&smooth(60, 40)).expect(name);
        assert_eq!((depth.width, depth.height, depth.confidence), (60, 40, 1.0), "{name}");
        assert!(depth.nearness.iter().all(|v| (0.0..=1.0).contains(v)), "{name}");
        let count = |test: fn(&f32) -> bool| depth.nearness.iter().filter(|v| test(v)).count();
        assert!(count(|v| *v < 0.2) > 20 && count(|v| *v > 0.8) > 20, "{name}: a narrow range");
        assert_eq!(model.nearness(&smooth(60, 40)).unwrap(), depth, "{name}: other bits");
    }
}

#[test]
fn ports_that_are_not_those_of_a_depth_model_are_named() {
    for (name, words) in [
        ("two_inputs.onnx", ["2 inputs", "mask float [1, 3, 28, 42]"]),
        ("two_outputs.onnx", ["2 outputs", "features"]),
        ("gray_input.onnx", ["[1, 1, 28, 42]", "float [1, 3, height, width]"]),
        ("three_axes_input.onnx", ["[3, 28, 42]", "float [1, 3, height, width]"]),
        ("integer_input.onnx", ["integer [1, 3, 28, 42]", "float"]),
        ("wide_input.onnx", ["[1, 3, 28, 100000]", "2048"]),
        ("one_axis_output.onnx", ["[1176]", "[1, height, width]"]),
        ("five_axes_output.onnx", ["[1, 1, 1, 28, 42]", "[1, height, width]"]),
        ("two_channels_output.onnx", ["[1, 2, 28, 42]", "[1, height, width]"]),
    ] {
        let (_, text) = refusal(name);
        for word in words {
            assert!(text.contains(word), "{text:?} does not say {word:?}");
        }
    }
}

#[test]
fn what_a_model_cannot_do_is_told() {
    let (error, text) = refusal("unknown_operator.onnx");
    assert!(matches!(error, DepthModelError::Onnx(OnnxError::Unusable { .. })), "{error:?}");
    assert!(text.contains("Guess"), "{text}");
    let (error, text) = refusal("wrong_shapes.onnx");
    let failed = matches!(
        error,
        DepthModelError::Onnx(OnnxError::Failed { .. } | OnnxError::Unusable { .. })
    );
    assert!(failed, "{text}");
    let (error, text) = refusal("nan.onnx");
    assert!(matches!(error, DepthModelError::NotFinite { count: 1176, .. }), "{text}");
    let (error, text) = refusal("constant.onnx");
    assert!(matches!(error, DepthModelError::Constant { .. }), "{text}");
    let (error, text) = refusal("outside.onnx");
    assert!(matches!(error, DepthModelError::Onnx(OnnxError::OutsideWeights { .. })), "{error:?}");
    assert!(text.contains("outside.weights") && text.contains("onnx.save"), "{text}");
}

#[test]
fn the_meaning_of_the_output_is_found_out() {
    let asked = |name| DepthModel::open(&fixture(name), None);
    let nearness = asked("portrait_nearness.onnx").unwrap();
    assert_eq!(nearness.meaning(), Meaning::Nearness);
    let distance = asked("portrait_distance.onnx").unwrap();
    assert_eq!(distance.meaning(), Meaning::Distance);
    let (a, b) = (picture(84, 56), picture(84, 56));
    let (a, b) = (nearness.nearness(&a).unwrap(), distance.nearness(&b).unwrap());
    for (a, b) in a.nearness.iter().zip(&b.nearness) {
        assert!((a - b).abs() < 0.01, "one over metres is nearness: {a}, {b}");
    }
    let error = asked("any_size.onnx").unwrap_err();
    assert!(matches!(error, DepthModelError::Ambiguous { asked: 25, .. }), "{error:?}");
    assert!(error.to_string().contains("say whether it gives nearness or distance"), "{error}");
}

#[test]
fn what_is_no_onnx_file_is_refused_with_advice() {
    let model = fs::read(fixture("fixed.onnx")).unwrap();
    for (bytes, words) in [
        (&b"PK\x03\x04 and more"[..], ["zip", "torch.onnx.export"]),
        (b"\x80\x02}q\x00.", ["pickle", "torch.onnx.export"]),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", ["Git LFS", "git lfs pull"]),
        (b"\x40\0\0\0\0\0\0\0{\"a\":1}", ["safetensors", "torch.onnx.export"]),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["picture", "depth picture"]),
        (b"<!DOCTYPE html>", ["text", "ONNX"]),
        (b"", ["empty", ""]),
        (b"\x01\x02\x03\x04\x05", ["not an ONNX model", "damaged"]),
        (&model[..model.len() / 2], ["not an ONNX model", "cut off"]),
    ] {
        let error = DepthModel::load(bytes.to_vec(), "a.onnx", Some(Meaning::Nearness));
        let text = error.unwrap_err().to_string();
        assert!(text.starts_with("a.onnx: ") && text.lines().count() == 1, "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text:?} does not say {words:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe.onnx");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, word) in [
        (dir.path(), "directory"),
        (&pipe, "pipe"),
        (Path::new("/dev/zero"), "device"),
        (Path::new("/no/such.onnx"), "no such file"),
    ] {
        let error = DepthModel::open(path, None).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_file_above_the_limit_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("huge.onnx");
    fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    let error = DepthModel::open(&path, None).unwrap_err();
    assert!(matches!(error, DepthModelError::Onnx(OnnxError::TooLarge { .. })), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_model_is_shared_until_its_file_changes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.onnx");
    let open = |meaning| DepthModel::open(&path, Some(meaning)).unwrap();
    fs::copy(fixture("fixed.onnx"), &path).unwrap();
    let first = open(Meaning::Nearness);
    std::os::unix::fs::symlink(&path, dir.path().join("link")).unwrap();
    let linked = DepthModel::open(&dir.path().join("link"), Some(Meaning::Nearness)).unwrap();
    assert!(Arc::ptr_eq(&first, &linked));
    assert!(!Arc::ptr_eq(&first, &open(Meaning::Distance)), "another meaning is another model");
    fs::copy(fixture("any_size.onnx"), &path).unwrap();
    assert!(!Arc::ptr_eq(&first, &open(Meaning::Nearness)), "the file has changed");
}

#[test]
fn there_is_no_depth_in_no_picture() {
    let model = open("fixed.onnx").unwrap();
    for (width, height, values) in [(0, 4, 0), (2, 2, 11), (usize::MAX, 2, 6)] {
        let error = model.nearness(&Thumbnail { width, height, rgb: vec![0.5; values] });
        assert!(matches!(error, Err(DepthModelError::NoPicture { .. })));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_picture_of_any_size_and_any_values_has_a_depth(
        width in 1_usize..90,
        height in 1_usize..90,
        odd in prop::sample::select(vec![f32::NAN, f32::INFINITY, -1e30, 0.5]),
        name in prop::sample::select(vec!["fixed.onnx", "patches_14.onnx"]),
    ) {
        let mut picture = picture(width, height);
        picture.rgb[width * height] = odd;
        let depth = open(name).unwrap().nearness(&picture).unwrap();
        prop_assert_eq!((depth.width, depth.height), (width, height));
        prop_assert_eq!(depth.nearness.len(), width * height);
        prop_assert!(depth.nearness.iter().all(|v| (0.0..=1.0).contains(v)));
    }
}
