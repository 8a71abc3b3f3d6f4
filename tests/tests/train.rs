// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motiontrain` and `stillmotion train`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs, io::Read, os::unix::process::CommandExt, path::Path, process::Stdio, time::Duration,
};

use gst::prelude::*;
use stillmotion_tests::{
    clip::photo,
    init, launch,
    model::{alone, end_workers, signal, signal_group, within, worker, workers},
    photos,
    pipeline::{fail, play},
};

/// A pipeline that trains from pictures that follow each other.
fn line(folder: &Path, more: &str) -> String {
    worker();
    let folder = folder.display();
    format!(
        "stillsrc location={} num-buffers=3 ! video/x-raw,framerate=1/1,width=200 ! \
         motiontrain name=out checkpoint={folder} batch-size=2 {more}",
        photo()
    )
}

fn step(folder: &Path) -> Option<String> {
    let bytes = fs::read(folder.join("model.safetensors")).ok()?;
    let text = String::from_utf8_lossy(&bytes[..4096.min(bytes.len())]).into_owned();
    let rest = text.split("\"step\":\"").nth(1)?;
    Some(rest.split('"').next()?.to_owned())
}

#[test]
fn a_stream_becomes_a_checkpoint_that_goes_on() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("new/net");
    play(&line(folder, "steps=3 sample-every=2"));
    assert_eq!(step(folder).unwrap(), "3");
    let files = ["config.json", "losses.png", "samples/step-000002.gif", "samples/step-000003.gif"];
    assert!(files.iter().all(|name| folder.join(name).is_file()));
    play(&line(folder, "steps=5"));
    assert_eq!(step(folder).unwrap(), "5");
    // It has them behind it.
    play(&line(folder, "steps=4"));
    assert_eq!(step(folder).unwrap(), "5");
    let other = fail(&line(folder, "steps=9 kind=mlp"));
    assert!(other[0].message().contains("conv, as the checkpoint has it"), "{other:?}");
}

#[test]
fn enough_pictures_end_the_stream() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    worker();
    // A source without an end.
    play(&format!(
        "videotestsrc ! video/x-raw,width=64,height=64 ! \
         motiontrain name=out checkpoint={} pictures=4 batch-size=2 steps=2",
        folder.path().display()
    ));
    assert_eq!(step(folder.path()).unwrap(), "2");
}

#[test]
fn wrong_settings_are_refused_at_the_start_all_at_once() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let text = fail(&line(folder.path(), "size=65 batch-size=1 learning-rate=0.00000001"));
    let text = text[0].message();
    for name in ["size", "batch-size", "learning-rate", "64, 128 or 256"] {
        assert!(text.contains(name), "{text}");
    }
    let text = fail(&line(Path::new("\"\""), ""));
    assert!(text[0].message().contains("checkpoint is empty"), "{text:?}");
}

fn start(line: &str) -> (gst::Pipeline, gst::Bus) {
    init();
    let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    (pipeline, bus)
}

/// Waits for the message that step `step` is done.
fn await_step(bus: &gst::Bus, step: u64) {
    loop {
        let message = bus.timed_pop(gst::ClockTime::from_seconds(60)).unwrap();
        assert!(!matches!(message.view(), gst::MessageView::Error(_)), "{message:?}");
        let said = message.structure().filter(|said| said.name() == "stillmotion-progress");
        if said.is_some_and(|said| said.get::<u64>("done").unwrap() >= step) {
            return;
        }
    }
}

#[test]
fn a_training_that_is_ended_early_is_saved() {
    let _alone = alone();
    for with_eos in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (pipeline, bus) = start(&line(folder.path(), "steps=100000"));
        await_step(&bus, 2);
        if with_eos {
            // As gst-launch does on Ctrl-C with -e.
            assert!(pipeline.send_event(gst::event::Eos::new()));
            let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
            let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds).unwrap();
            assert!(matches!(end.view(), gst::MessageView::Eos(_)), "{end:?}");
        }
        pipeline.set_state(gst::State::Null).unwrap();
        let step: u64 = step(folder.path()).unwrap().parse().unwrap();
        assert!((2..100_000).contains(&step), "{step}");
    }
}

#[test]
fn a_worker_that_is_killed_is_an_error_and_loses_only_what_was_not_saved() {
    let _alone = alone();
    end_workers();
    let folder = tempfile::tempdir().unwrap();
    play(&line(folder.path(), "steps=2"));
    end_workers();
    let (pipeline, bus) = start(&line(folder.path(), "steps=100000"));
    await_step(&bus, 4);
    for pid in workers() {
        signal(pid, "-KILL");
    }
    let error = bus
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &[gst::MessageType::Error])
        .unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    let gst::MessageView::Error(error) = error.view() else { unreachable!() };
    assert!(error.error().message().contains("signal 9"), "{error:?}");
    assert_eq!(step(folder.path()).unwrap(), "2");
    within(Duration::from_secs(5), || workers().is_empty());
}

/// Ctrl-C in a terminal goes to every process of the group, which the worker must not be in.
#[test]
fn ctrl_c_in_a_terminal_loses_nothing() {
    let folder = photo_folder();
    let programs = launch::build(&["stillmotion", "stillmotion-models"]);
    let mut command = std::process::Command::new(programs.join("stillmotion"))
        .args([
            "train",
            "photos",
            "--checkpoint",
            "net",
            "--batch-size",
            "2",
            "--sample-every",
            "2",
        ])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let net = folder.path().join("net");
    within(Duration::from_secs(60), || step(&net).is_some());
    signal_group(command.id(), "-INT");
    let mut said = String::new();
    command.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(command.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("the same command goes on"), "{said}");
    let saved = step(&net).unwrap();
    assert!(said.contains(&format!("has {saved} of 50000 steps")), "{said} {saved}");
}

/// The command, in a folder with three photos in `photos`.
fn command(folder: &Path, arguments: &str) -> (i32, String) {
    let programs = launch::build(&["stillmotion", "stillmotion-models"]);
    let output = std::process::Command::new(programs.join("stillmotion"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap_or(-1), said)
}

fn photo_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    for name in ["chelsea.jpg", "coffee.jpg", "rocket.jpg"] {
        let to = folder.path().join("photos").join(name);
        fs::copy(photos::fixture(&format!("photos/{name}")), to).unwrap();
    }
    fs::write(folder.path().join("photos/notes.txt"), "no picture").unwrap();
    fs::write(folder.path().join("photos/broken.png"), "no picture").unwrap();
    folder
}

#[test]
fn the_command_trains_from_a_folder_and_renders_with_the_result() {
    let folder = photo_folder();
    let path = folder.path();
    let (status, said) = command(path, "train photos --checkpoint net --steps 2 --batch-size 2");
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("from 3 pictures") && said.contains("left out: "), "{said}");
    assert_eq!(step(&path.join("net")).unwrap(), "2");
    let render = "render photos/coffee.jpg -o out/%03d.png --model net --frames 3 --size 160x90";
    fs::create_dir(path.join("out")).unwrap();
    let (status, said) = command(path, render);
    assert_eq!(status, 0, "{said}");
    assert_eq!(fs::read_dir(path.join("out")).unwrap().count(), 3);
    let (status, said) = command(path, "train photos --checkpoint net --steps 2");
    assert!(status == 0 && said.contains("2 steps behind it"), "{said}");
}

#[test]
fn the_command_trains_from_a_video() {
    let folder = photo_folder();
    let render = "render photos/coffee.jpg -o film.mkv --duration 1 --size 160x90";
    let (status, said) = command(folder.path(), render);
    assert_eq!(status, 0, "{said}");
    let train = "train film.mkv --checkpoint net --steps 2 --batch-size 2 --pictures 5";
    let (status, said) = command(folder.path(), train);
    assert!(status == 0 && said.contains("from 5 pictures"), "{said}");
}

#[test]
fn the_command_says_what_is_wrong() {
    let folder = photo_folder();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (arguments, status, why) in [
        ("train none --checkpoint net", 1, "none: there is no such folder or file"),
        ("train empty --checkpoint net", 1, "empty: there is no picture"),
        ("train photos/notes.txt --checkpoint net", 1, "notes.txt"),
        ("train photos --checkpoint net --size 65 --steps x --kind vae", 2, "steps"),
        ("train photos --checkpoint net --size 65 --device gpu", 2, "size"),
        ("train photos --checkpoint net --device cuda:99", 2, "cuda:99 is not here"),
        ("train photos --checkpoint /proc/net/x", 1, "cannot be written"),
        ("render photos/coffee.jpg -o x.mp4 --model none", 1, "none: there is no such model"),
    ] {
        let (got, said) = command(folder.path(), arguments);
        assert!(got == status && said.contains(why), "{arguments}: {got} {said}");
    }
}
