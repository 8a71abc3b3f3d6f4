// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips of Stable Video Diffusion through the elements and the command, with tiny random weights.
//! That they are those of diffusers is what the tests of `models` show.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{fs, path::Path, process::Command};

use stillmotion_tests::{
    clip::photo,
    launch,
    model::{alone, copy, end_workers, tiny},
    pipeline::{bytes, fail},
};

fn clip(model: &Path, settings: &str) -> String {
    format!(
        "stillsrc location={} ! video/x-raw,format=RGB,width=64,height=32 ! \
         motiongen model={} steps=2 {settings} ! fakesink name=out",
        photo(),
        model.display()
    )
}

#[test]
fn a_clip_starts_with_the_still_and_follows_its_settings() {
    let _alone = alone();
    let model = tiny("svd/tiny-svd");
    // As many frames of 24 a second as the model's five of 7 a second last.
    let usual = bytes(&clip(&model, "duration=700000000 seed=3"));
    assert_eq!(usual.len(), 17);
    let still = bytes(&format!(
        "stillsrc location={} num-buffers=1 ! video/x-raw,format=RGB,width=64,height=32 ! \
         fakesink name=out",
        photo()
    ));
    assert_eq!(usual[0], still[0]);
    let changes = usual.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes >= 5, "{changes}: the still, and five frames of the model");
    end_workers();
    assert!(usual == bytes(&clip(&model, "duration=700000000 seed=3")), "another worker");
    for other in ["seed=4", "seed=3 steps=3", "seed=3 guidance-scale=1", "seed=3 motion=8"] {
        let line = clip(&model, &format!("duration=700000000 {other}"));
        assert!(usual[1..] != bytes(&line)[1..], "{other} changes nothing");
    }
}

#[test]
fn a_clip_can_start_with_what_the_model_makes_of_the_still() {
    let _alone = alone();
    let line = |more: &str| clip(&tiny("svd/tiny-svd"), &format!("duration=700000000 {more}"));
    let (usual, own) = (bytes(&line("")), bytes(&line("first-frame=model")));
    assert_eq!(usual[1..], own[1..]);
    assert_eq!(own[0], own[1], "both show the first frame of the model");
    assert_ne!(usual[0], usual[1]);
}

#[test]
fn a_clip_longer_than_the_model_makes_is_slower() {
    let _alone = alone();
    let frames = bytes(&clip(&tiny("svd/tiny-svd"), "duration=2000000000 seed=3"));
    assert_eq!(frames.len(), 48);
    let last = frames.iter().rposition(|frame| frame != &frames[47]).unwrap();
    assert_eq!(last, 38, "the last of five frames is there for a fifth of the clip");
}

#[test]
fn what_is_wrong_with_a_model_is_a_clear_sentence() {
    let _alone = alone();
    let scheduler = "scheduler/scheduler_config.json";
    for (file, old, new, part) in [
        ("model_index.json", "CLIPVisionModelWithProjection", "CLIPVisionModel", "image_encoder"),
        ("model_index.json", "StableVideoDiffusionPipeline", "LTXPipeline", "LTXPipeline"),
        ("unet/config.json", "\"in_channels\": 8", "\"in_channels\": 9", "in_channels must be 8"),
        (
            "unet/config.json",
            "\"out_channels\": 4",
            "\"out_channels\": 3",
            "out_channels must be 4",
        ),
        ("unet/config.json", "UpBlockSpatioTemporal", "UpBlock3D", "up_block_types"),
        ("unet/config.json", "\"cross_attention_dim\": 16", "\"cross_attention_dim\": 17", "16"),
        ("vae/config.json", "\"layers_per_block\": 1", "\"layers_per_block\": 0", "1 to 100"),
        (
            "vae/config.json",
            "\"scaling_factor\": 0.18215",
            "\"scaling_factor\": 0",
            "scaling_factor",
        ),
        (scheduler, "v_prediction", "epsilon", "prediction_type must be v_prediction"),
        (scheduler, "\"sigma_max\": 700.0", "\"sigma_max\": null", "sigma_max"),
    ] {
        let folder = copy("svd/tiny-svd");
        let path = folder.path().join(file);
        let json = fs::read_to_string(&path).unwrap();
        assert!(json.contains(old), "{file} has no {old}");
        fs::write(&path, json.replace(old, new)).unwrap();
        let text = fail(&clip(folder.path(), "")).remove(0).message().to_owned();
        assert!(text.contains(part), "{file}, {new}: {text}");
    }
    let error =
        fail(&format!("stillsrc model={} ! fakesink name=out", tiny("svd/tiny-svd").display()));
    assert!(error[0].message().contains("from a still"), "{error:?}");
}

#[test]
fn the_command_says_what_a_folder_holds_and_renders_with_it() {
    let command = launch::build(&["stillmotion", "stillmotion-models"]).join("stillmotion");
    let model = tiny("svd/tiny-svd-shards");
    let done = Command::new(&command).arg("check").arg(&model).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    for part in ["Stable Video Diffusion", "image_encoder", "unet", "vae", "GB of memory"] {
        assert!(done.status.success() && text.contains(part), "{part}: {text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut render = Command::new(&command);
    render.args(["render", &photo(), "-o"]).arg(folder.path().join("%05d.png"));
    render.arg("--model").arg(model).args(["--size", "64x32", "--frames", "5", "--fps", "7"]);
    let done = render.args(["--steps", "2", "--motion", "8"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
}
