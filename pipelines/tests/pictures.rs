// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion depth`, `explain` and `sheet`, run as users run them.

mod support;

use std::{ffi::OsStr, io::Write, os::unix::ffi::OsStrExt, path::Path, process::Stdio};

use image::ColorType;
use support::{assert_done, assert_fails, names, photo, run, stillmotion};

#[test]
fn depth_is_16_bit_gray_at_the_size_of_the_photo() {
    let dir = tempfile::tempdir().unwrap();
    let (photo, out) = (photo(dir.path()), dir.path().join("depth.png"));
    assert_done(&run([Path::new("depth"), &photo, Path::new("-o"), &out]));
    let depth = image::open(&out).unwrap();
    assert_eq!((depth.color(), depth.width(), depth.height()), (ColorType::L16, 160, 90));
}

#[test]
fn a_picture_goes_to_a_png_or_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photo(dir.path());
    for command in ["depth", "sheet", "preview"] {
        let out = dir.path().join("out.jpg");
        let output = run([Path::new(command), &photo, Path::new("-o"), &out]);
        assert_fails(&output, 2, &["out.jpg", ".png"]);
        let missing = dir.path().join("missing.jpg");
        let out = dir.path().join("out.png");
        let output = run([Path::new(command), &missing, Path::new("-o"), &out]);
        assert_fails(&output, 1, &["missing.jpg", "no such file"]);
    }
    assert_eq!(names(dir.path()), ["photo.png"]);
}

#[test]
fn explain_prints_the_segments() {
    let output = run(["explain", "slow push in while tilting up toward the dome"]);
    assert_done(&output);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let segment = &json["segments"][0];
    assert_eq!((&segment["from"], &segment["to"]), (&0.0.into(), &1.0.into()));
    assert!(segment["camera"].is_array() && segment["speed"].is_number(), "{json}");
    assert!(segment["ambient"].is_array() && segment["light"].is_array(), "{json}");
}

#[test]
fn explain_takes_a_prompt_of_any_bytes_and_any_length() {
    let bytes = [&b"pan left \xFF\xC3 "[..], &b"(".repeat(1 << 20)].concat();
    let mut child = stillmotion()
        .args(["explain", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The command stops reading where the longest prompt ends.
    let _ = child.stdin.take().unwrap().write_all(&bytes);
    let output = child.wait_with_output().unwrap();
    assert_done(&output);
    assert!(serde_json::from_slice::<serde_json::Value>(&output.stdout).is_ok());
    assert_done(&run([OsStr::new("explain"), OsStr::from_bytes(b"\xFF\xFE")]));
}

#[test]
fn a_closed_stdout_is_no_panic() {
    for args in [["explain", "pan left"], ["render", "--help"]] {
        let mut child =
            stillmotion().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn help_has_examples() {
    for args in [&["--help"][..], &["render", "--help"]] {
        let output = run(args);
        assert_done(&output);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("stillmotion render photo.jpg -o out.mp4"), "{text}");
    }
}

#[test]
fn a_sheet_has_twelve_frames_and_a_strip_two_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (photo, out) = (photo(dir.path()), dir.path().join("sheet.png"));
    let base = [Path::new("sheet"), &photo, Path::new("-o"), &out];
    let small = ["--tile-width=96", "--frames=12"].map(Path::new);
    assert_done(&run(base.into_iter().chain(small)));
    assert_eq!(image::image_dimensions(&out).unwrap(), (4 * 100 - 4, 3 * 58 - 4));
    assert_done(&run(base.into_iter().chain(small).chain([Path::new("--motions=1,10")])));
    let strip = image::open(&out).unwrap().into_rgb8();
    assert_eq!(strip.dimensions(), (2 * 100 - 4, 2 * 58 - 4));
    let far = |x0: u32| -> u64 {
        let pixels = (58..112).flat_map(|y| (x0..x0 + 96).map(move |x| (x, y)));
        pixels.map(|(x, y)| u64::from(strip.get_pixel(x, y).0[1])).sum()
    };
    assert!(far(100) > 2 * far(0), "motion 10 differs by {}, motion 1 by {}", far(100), far(0));
}

#[test]
fn wrong_lists_are_told() {
    let output = run(["sheet", "a.jpg", "-o", "b.png", "--motions", "1,zwei,11"]);
    assert_fails(&output, 2, &["motions is zwei", "motions is 11", "1 to 10"]);
}

#[test]
fn a_preview_shows_four_seeds_and_prints_how_to_render_them() {
    let dir = tempfile::tempdir().unwrap();
    let (photo, out) = (photo(dir.path()), dir.path().join("sheet.png"));
    let base = [Path::new("preview"), &photo, Path::new("-o"), &out];
    let rest = ["--tile-width=96", "--prompt=it's slow", "--seed=7", "--frames=6"].map(Path::new);
    let output = run(base.into_iter().chain(rest));
    assert_done(&output);
    assert_eq!(image::image_dimensions(&out).unwrap(), (4 * 100 - 4, 3 * 58 - 4));
    let text = String::from_utf8(output.stdout).unwrap();
    let commands: Vec<&str> = text.lines().collect();
    assert_eq!(commands.len(), 4, "{text}");
    for (seed, command) in (7..).zip(&commands) {
        assert!(command.contains(&format!("--seed={seed} ")), "{command}");
        // A shell runs it as it stands.
        let program = env!("CARGO_BIN_EXE_stillmotion");
        let line = command.replacen("stillmotion", program, 1);
        let mut shell = std::process::Command::new("sh");
        assert_done(&shell.args(["-c", &line]).current_dir(dir.path()).output().unwrap());
        assert!(dir.path().join(format!("photo-{seed}.mp4")).exists(), "{command}");
    }
}
