// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where results go. A file is made beside its place and only takes it once it is whole, so a
//! failure leaves nothing behind and an older result as it was.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::PermissionsExt,
    },
    path::{Path, PathBuf},
};

use image::{DynamicImage, ImageFormat};
use stillmotion_engine::request::Check;
use tempfile::{NamedTempFile, TempDir};

use crate::failure::Failure;

/// The kinds of video file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// H.264 in MP4.
    Mp4,
    /// H.264 in QuickTime.
    Mov,
    /// H.264 in Matroska.
    Mkv,
    /// VP9 in WebM.
    WebM,
}

/// What a render is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// One video file.
    Video(Container, PathBuf),
    /// A PNG for each frame.
    Frames(FrameNames),
}

/// Names of numbered pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameNames {
    folder: PathBuf,
    before: String,
    digits: usize,
    behind: String,
}

impl FrameNames {
    /// Reads a name such as `frames/%05d.png`. The folder may have any name.
    fn parse(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (before, rest) = name.split_once('%')?;
        let (digits, behind) = rest.split_once('d')?;
        let digits = match digits {
            "" => 0,
            _ => digits.strip_prefix('0')?.parse().ok().filter(|n| (1..=18).contains(n))?,
        };
        if behind.contains('%') {
            return None;
        }
        let (before, behind) = (before.to_owned(), behind.to_owned());
        Some(Self { folder: folder_of(path), before, digits, behind })
    }

    fn path(&self, index: u64) -> PathBuf {
        let Self { folder, before, digits, behind } = self;
        folder.join(format!("{before}{index:0digits$}{behind}"))
    }
}

impl Output {
    /// Decides by the name. A name that says nothing is noted in `check`.
    pub fn parse(check: &mut Check, path: &Path) -> Option<Self> {
        let container = match extension(path).as_str() {
            "mp4" => Some(Container::Mp4),
            "mov" => Some(Container::Mov),
            "mkv" => Some(Container::Mkv),
            "webm" => Some(Container::WebM),
            _ => None,
        };
        let frames = || FrameNames::parse(path).filter(|_| extension(path) == "png");
        let output = container
            .map(|container| Self::Video(container, path.to_owned()))
            .or_else(|| frames().map(Self::Frames));
        if output.is_none() {
            let allowed = "a .mp4, .mov, .mkv or .webm file or pictures such as frames/%05d.png";
            check.problem("output", path.display(), allowed.to_owned());
        }
        output
    }

    /// Whether the sides must be even.
    pub fn needs_even_sides(&self) -> bool {
        matches!(self, Self::Video(..))
    }
}

/// Notes a name that does not end in `.png`.
pub fn check_png(check: &mut Check, setting: &'static str, path: &Path) {
    if extension(path) != "png" {
        check.problem(setting, path.display(), "a .png file".to_owned());
    }
}

/// Writes a picture, whole or not at all.
pub fn write_png(path: &Path, picture: &DynamicImage) -> Result<(), Failure> {
    let mut file = staged_file(path)?;
    picture
        .write_to(&mut io::BufWriter::new(file.as_file_mut()), ImageFormat::Png)
        .map_err(|e| Failure::unwritable(path, e))?;
    place(file, path)
}

/// A render on its way: what is written to [`Staged::location`] takes its place with
/// [`Staged::commit`]. Dropped before that, it is gone.
pub enum Staged {
    /// A file beside its place.
    Video(NamedTempFile, PathBuf),
    /// A folder inside the folder of the pictures.
    Frames(TempDir, FrameNames),
}

impl Staged {
    /// Makes the place, and its folder where there is none.
    pub fn new(output: &Output) -> Result<Self, Failure> {
        match output {
            Output::Video(_, path) => staged_file(path).map(|file| Self::Video(file, path.clone())),
            Output::Frames(names) => {
                let folder = &names.folder;
                fs::create_dir_all(folder)
                    .and_then(|()| builder().tempdir_in(folder))
                    .map(|dir| Self::Frames(dir, names.clone()))
                    .map_err(|e| Failure::unwritable(folder, e))
            }
        }
    }

    /// What the sink is told. For pictures that is a pattern for `printf`, in which a percent
    /// sign of the user's folder is doubled.
    pub fn location(&self) -> OsString {
        match self {
            Self::Video(file, _) => file.path().as_os_str().to_owned(),
            Self::Frames(dir, _) => numbered_in(dir.path()),
        }
    }

    /// Gives the result of `frames` frames its name.
    pub fn commit(self, frames: u64) -> Result<(), Failure> {
        match self {
            Self::Video(file, path) => place(file, &path),
            Self::Frames(dir, names) => (0..frames).try_for_each(|index| {
                let (from, to) = (dir.path().join(format!("{index}")), names.path(index));
                fs::rename(from, &to).map_err(|e| Failure::unwritable(&to, e))
            }),
        }
    }
}

/// The pattern of `printf` for a number as the name in `folder`.
fn numbered_in(folder: &Path) -> OsString {
    let mut pattern = Vec::new();
    for byte in folder.as_os_str().as_bytes() {
        pattern.extend_from_slice(if *byte == b'%' { b"%%" } else { std::slice::from_ref(byte) });
    }
    pattern.extend_from_slice(b"/%d");
    OsString::from_vec(pattern)
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stillmotion-");
    builder
}

fn staged_file(path: &Path) -> Result<NamedTempFile, Failure> {
    let folder = folder_of(path);
    if path.is_dir() {
        return Err(Failure::unwritable(path, "this is a directory"));
    }
    let mut builder = builder();
    // What any new file has; the umask takes its share.
    builder.permissions(fs::Permissions::from_mode(0o666));
    fs::create_dir_all(&folder)
        .and_then(|()| builder.tempfile_in(&folder))
        .map_err(|e| Failure::unwritable(path, e))
}

fn place(file: NamedTempFile, path: &Path) -> Result<(), Failure> {
    file.persist(path).map(drop).map_err(|e| Failure::unwritable(path, e.error))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Option<Output> {
        Output::parse(&mut Check::default(), Path::new(name))
    }

    #[test]
    fn the_name_says_what_is_written() {
        assert!(matches!(parse("a/b.MP4"), Some(Output::Video(Container::Mp4, _))));
        assert!(matches!(parse("b.webm"), Some(Output::Video(Container::WebM, _))));
        for name in ["b", "b.avi", "b.png", "%05d.jpg", "%s.png", "%5d.png", "%d%d.png", "%n%d.png"]
        {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn frames_are_numbered() {
        let Some(Output::Frames(names)) = parse("50%s/a%05d_b.png") else { panic!("frames") };
        assert_eq!(names.path(7), Path::new("50%s/a00007_b.png"));
        let Some(Output::Frames(names)) = parse("%d.png") else { panic!("frames") };
        assert_eq!(names.path(12), Path::new("./12.png"));
    }

    #[test]
    fn a_percent_sign_in_a_folder_is_plain_text_to_the_sink() {
        assert_eq!(numbered_in(Path::new("/a%n/%s")), "/a%%n/%%s/%d");
    }

    #[test]
    fn what_is_not_committed_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.mp4");
        fs::write(&path, "older").unwrap();
        let staged = Staged::new(&Output::Video(Container::Mp4, path.clone())).unwrap();
        fs::write(staged.location(), "half").unwrap();
        drop(staged);
        assert_eq!(fs::read_to_string(&path).unwrap(), "older");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
