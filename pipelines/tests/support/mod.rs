// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the command, and makes the small files that it is given.
#![allow(dead_code, reason = "each test file uses its share")]

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use image::{Rgb, RgbImage};

/// The command, with nothing of the user's plugins.
pub fn stillmotion() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stillmotion"));
    command.env_remove("GST_PLUGIN_PATH");
    command
}

pub fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    stillmotion().args(args).output().expect("the command runs")
}

/// A small landscape with texture, so that motion shows.
pub fn photo(dir: &Path) -> PathBuf {
    let path = dir.join("photo.png");
    let pixel = |x: u32, y: u32| {
        let grain = (x * 7 + y * 13) % 32;
        let value = 60 + y as u8 + grain as u8;
        Rgb([value, value / 2 + x as u8 / 2, 255 - value])
    };
    RgbImage::from_fn(160, 90, pixel).save(&path).expect("a photo");
    path
}

/// What was said, which is one line.
#[track_caller]
pub fn one_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("valid UTF-8");
    assert_eq!(text.lines().count(), 1, "{text:?}");
    assert!(text.starts_with("stillmotion: "), "{text:?}");
    text.trim_end().to_owned()
}

/// Fails unless the command ended with `code` and one line that has all of `words`.
#[track_caller]
pub fn assert_fails(output: &Output, code: i32, words: &[&str]) {
    let line = one_line(output);
    assert_eq!(output.status.code(), Some(code), "{line}");
    for word in words {
        assert!(line.contains(word), "{line:?} does not say {word:?}");
    }
}

#[track_caller]
pub fn assert_done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Names in a folder, sorted.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
