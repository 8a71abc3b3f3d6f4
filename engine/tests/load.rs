// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands at a path: a file is read, anything else is an error at once.
#![cfg(unix)]

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener},
    path::Path,
    process::Command,
};

use stillmotion_engine::image::{
    Image,
    decode::{DecodeError, Limits, load},
};

fn load_default(path: &Path) -> Result<Image, DecodeError> {
    load(path, &Limits::default())
}

fn write_picture(path: &Path) {
    image::RgbImage::new(20, 16)
        .save_with_format(path, image::ImageFormat::Png)
        .expect("a picture of 20 x 16 can be written");
}

#[test]
fn the_suffix_does_not_matter_and_the_name_may_be_any_bytes() {
    let dir = tempfile::tempdir().unwrap();
    for name in [&b"picture.jpg"[..], b"no suffix", b"not \xFF utf-8 \xC3.mp4", b"two\nlines"] {
        let path = dir.path().join(OsStr::from_bytes(name));
        write_picture(&path);
        let image = load_default(&path).unwrap();
        assert_eq!((image.width(), image.height()), (20, 16));
    }
}

#[test]
fn a_link_to_a_file_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    write_picture(&dir.path().join("a.png"));
    symlink("a.png", dir.path().join("b.png")).unwrap();
    assert!(load_default(&dir.path().join("b.png")).is_ok());
}

#[test]
fn a_missing_file_is_named() {
    let error = load_default(Path::new("/no/such/picture.jpg")).unwrap_err();
    assert!(matches!(error, DecodeError::NotFound { .. }), "{error:?}");
    assert_eq!(error.to_string(), "/no/such/picture.jpg: there is no such file");
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let (pipe, socket) = (dir.path().join("pipe"), dir.path().join("socket"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _listener = UnixListener::bind(&socket).unwrap();
    for (path, what) in [
        (dir.path(), "directory"),
        (&pipe, "pipe"),
        (&socket, "socket"),
        (Path::new("/dev/zero"), "device"),
    ] {
        let error = load_default(path).unwrap_err();
        assert!(matches!(error, DecodeError::NotAFile { kind, .. } if kind == what), "{error:?}");
    }
}

#[test]
fn paths_that_the_system_refuses() {
    let dir = tempfile::tempdir().unwrap();
    symlink("loop", dir.path().join("loop")).unwrap();
    for path in [
        dir.path().join("loop"),
        dir.path().join("x".repeat(5000)),
        Path::new("a\0b.png").to_owned(),
    ] {
        let error = load_default(&path).unwrap_err();
        assert!(matches!(error, DecodeError::Read { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.len() < 1000 && !text.contains('\0') && text.lines().count() == 1, "{text}");
    }
}

#[test]
fn a_file_of_too_many_bytes_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    write_picture(&path);
    let length = fs::metadata(&path).unwrap().len();
    let limits = |max_bytes| Limits { max_bytes, ..Limits::default() };
    let error = load(&path, &limits(length - 1)).unwrap_err();
    assert!(matches!(error, DecodeError::FileTooLarge { .. }), "{error:?}");
    // At the limit the file is read, and then the pixels are too many.
    let error = load(&path, &limits(length)).unwrap_err();
    assert!(matches!(error, DecodeError::TooMuchMemory { .. }), "{error:?}");
}
