// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion render`, run as users run it.

mod support;

use std::{
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use support::{assert_done, assert_fails, names, photo, run, stillmotion};

/// Width, height, frame rate and number of frames of a video, by decoding it.
fn probe(path: &Path) -> String {
    let output = Command::new("gst-discoverer-1.0")
        .arg("-v")
        .arg(path)
        .output()
        .expect("gst-discoverer-1.0");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let field = |name: &str| {
        let line = text.lines().map(str::trim).find(|line| line.starts_with(name));
        line.unwrap_or_default().to_owned()
    };
    format!("{} {} {} {}", field("Width"), field("Height"), field("Frame rate"), field("Duration"))
}

#[test]
fn a_video_has_the_size_rate_and_length_that_were_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    for name in ["out.mp4", "out.mov", "out.mkv", "out.webm"] {
        let out = dir.path().join(name);
        let wish = ["--size", "128x72", "--fps", "25", "--duration", "0.4", "--pan", "-3"];
        let mut args: Vec<_> = ["render".into(), photo.clone(), "-o".into(), out.clone()].into();
        args.extend(wish.map(Into::into));
        assert_done(&run(args));
        let found = probe(&out);
        for want in ["Width: 128", "Height: 72", "Frame rate: 25/1", "Duration: 0:00:00.4"] {
            assert!(found.contains(want), "{name}: {found}");
        }
    }
}

#[test]
fn frames_are_numbered_and_the_first_is_the_still() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    // What printf would read as a pattern is just a name here.
    let folder = dir.path().join("50%s %n");
    let pattern = folder.join("a%03d.png");
    let args = [Path::new("render"), &photo, Path::new("-o"), &pattern, Path::new("--frames=5")];
    assert_done(&run(args));
    assert_eq!(names(&folder), ["a000.png", "a001.png", "a002.png", "a003.png", "a004.png"]);
    let first = image::open(folder.join("a000.png")).unwrap().into_rgb8();
    assert!(first == image::open(&photo).unwrap().into_rgb8(), "frame 0 is not the still");
    let last = image::open(folder.join("a004.png")).unwrap().into_rgb8();
    assert!(first != last, "nothing moves");
}

#[test]
fn the_same_seed_gives_the_same_frames() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    let render = |seed: &str| {
        let pattern = dir.path().join("%d.png");
        let mut command = stillmotion();
        command.arg("render").arg(&photo).arg("-o").arg(&pattern);
        assert_done(&command.args(["--frames", "3", "--seed", seed]).output().unwrap());
        fs::read(dir.path().join("2.png")).unwrap()
    };
    assert_eq!(render("7"), render("7"));
}

#[test]
fn every_wrong_setting_is_told_at_once() {
    let args = "render photo.jpg -o out.avi --motion 11 --seed -1 --tilt up --fps 0 --duration 0 \
                --size 1x1 --fit zoom --max-side 3";
    let output = run(args.split_whitespace());
    let words = [
        "output is out.avi",
        "motion is 11, allowed is 1 to 10",
        "seed is -1",
        "tilt is up",
        "framerate is 0/1",
        "duration is 0 s",
        "size is 1x1",
        "fit is zoom",
        "max-side is 3",
    ];
    assert_fails(&output, 2, &words);
}

#[test]
fn a_wrong_command_line_is_one_line() {
    assert_fails(&run(["render", "photo.jpg"]), 2, &["--output <FILE>", "--help"]);
    assert_fails(&run(["paint"]), 2, &["paint"]);
    let both = run(["render", "a", "-o", "b.mp4", "--duration", "1", "--frames", "2"]);
    assert_fails(&both, 2, &["--frames"]);
    assert_fails(&run(["render", "a", "-o", "b.mp4", "--size", "33x32"]), 2, &["even"]);
}

#[test]
fn a_failure_leaves_nothing_behind_and_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.mp4");
    fs::write(&out, "older").unwrap();
    fs::write(dir.path().join("text.jpg"), "this is not a picture at all").unwrap();
    for (photo, word) in [("missing.jpg", "no such file"), ("text.jpg", "not an image")] {
        let photo = dir.path().join(photo);
        let output = run([Path::new("render"), &photo, Path::new("-o"), &out]);
        assert_fails(&output, 1, &[word, &photo.display().to_string()]);
    }
    assert_eq!(names(dir.path()), ["out.mp4", "text.jpg"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), "older");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    fs::create_dir(dir.path().join("taken.mp4")).unwrap();
    for place in ["taken.mp4", "photo.png/out.mp4"] {
        let out = dir.path().join(place);
        let output = run([Path::new("render"), &photo, Path::new("-o"), &out]);
        assert_fails(&output, 1, &[&out.display().to_string(), "cannot be written"]);
    }
}

#[test]
fn limits_can_be_set() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    let out = dir.path().join("out.mp4");
    let base = [Path::new("render"), &photo, Path::new("-o"), &out];
    let output = run(base.into_iter().chain([Path::new("--max-side=100")]));
    assert_fails(&output, 1, &["160x90", "16 to 100"]);
}

#[test]
fn names_and_prompts_may_be_any_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let odd = dir.path().join(std::ffi::OsStr::from_bytes(b"a \xFF.png"));
    fs::rename(photo(dir.path()), &odd).unwrap();
    let out = dir.path().join(std::ffi::OsStr::from_bytes(b"b \xFF.mp4"));
    let mut command = stillmotion();
    command.arg("render").arg(&odd).arg("-o").arg(&out).args(["--frames", "2", "--prompt"]);
    assert_done(&command.arg(std::ffi::OsStr::from_bytes(b"pan left \xFF")).output().unwrap());
    assert!(out.exists());
}

#[test]
fn ctrl_c_ends_with_a_playable_file() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    let out = dir.path().join("out.mkv");
    let child = stillmotion()
        .arg("render")
        .args([&photo, Path::new("-o"), &out, Path::new("--duration=80000")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Long enough to have frames; the clip would take hours.
    let deadline = Instant::now() + Duration::from_secs(60);
    let growing = || {
        let sizes = fs::read_dir(dir.path()).unwrap().flatten();
        sizes.filter(|e| e.file_name() != "photo.png").any(|e| e.metadata().unwrap().len() > 10_000)
    };
    while !growing() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_fails(&output, 130, &["out.mkv", "frames"]);
    assert!(probe(&out).contains("Width: 160"), "{}", probe(&out));
    assert_eq!(names(dir.path()), ["out.mkv", "photo.png"]);
}

#[test]
fn a_clip_is_extended_with_what_the_render_before_it_printed() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    let render = |name: &str, rest: &[&str]| {
        let mut command = stillmotion();
        command.arg("render").arg(&photo).arg("-o").arg(dir.path().join(name).join("%d.png"));
        let output = command.args(["--frames=12", "--prompt=truck left"]).args(rest).output();
        let output = output.unwrap();
        assert_done(&output);
        String::from_utf8(output.stderr).unwrap()
    };
    let said = render("one", &[]);
    let place = said.trim().rsplit(' ').next().unwrap();
    render("two", &["--extend", place]);
    let frame = |name: &str| image::open(dir.path().join(name)).unwrap().into_rgb8().into_raw();
    let apart = |a: &str, b: &str| -> u64 {
        frame(a).iter().zip(frame(b)).map(|(a, b)| u64::from(a.abs_diff(b))).sum()
    };
    let (usual, seam) = (apart("one/10.png", "one/11.png"), apart("one/11.png", "two/0.png"));
    assert!(seam > 0 && seam < 2 * usual, "{seam} at the seam, {usual} before it");
    assert!(apart("one/0.png", "two/0.png") > 2 * usual, "it starts from the still");
}

#[test]
fn a_clip_ends_with_the_end_image_and_a_loop_has_no_seam() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    let end = dir.path().join("end.png");
    image::open(&photo).unwrap().flipv().save(&end).unwrap();
    let render = |name: &str, rest: &[&std::ffi::OsStr]| {
        let mut command = stillmotion();
        command.arg("render").arg(&photo).arg("-o").arg(dir.path().join(name));
        assert_done(&command.args(["--frames=8", "--fps=8"]).args(rest).output().unwrap());
    };
    let frame = |name: &str| image::open(dir.path().join(name)).unwrap().into_rgb8().into_raw();
    render("end%d.png", &["--end-image".as_ref(), end.as_os_str()]);
    assert!(frame("end0.png") == frame("photo.png") && frame("end7.png") == frame("end.png"));
    render("loop%d.png", &["--loop".as_ref(), "--prompt=pan left".as_ref()]);
    let apart = |a: &str, b: &str| -> u64 {
        frame(a).iter().zip(frame(b)).map(|(a, b)| u64::from(a.abs_diff(b))).sum()
    };
    let (last, first) = (apart("loop7.png", "loop0.png"), apart("loop0.png", "loop1.png"));
    assert!(last < 2 * first && first < 2 * last, "{last}, then {first}");
}
