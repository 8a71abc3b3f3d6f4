// SPDX-License-Identifier: MIT OR Apache-2.0
//! Timelines rendered by `ges-launch-1.0`, and the frames of what came out.

use std::path::{Path, PathBuf};

use gst::ClockTime;

use crate::{flow::Gray, launch, photos, pictures, pipeline};

/// Size of every timeline, in pixels.
pub const SIZE: (usize, usize) = (320, 240);

/// A muxer and an encoder that lose nothing.
const LOSSLESS: &str = "video/x-matroska:video/x-ffv,ffvversion=(int)1";

/// `ges-launch-1.0` for a timeline of video, 320x240 at 25 frames per second.
///
/// The shape of the pixels is named, too. If it is not, the mixer of GES 1.22 adds it to its caps
/// while it plays, and the `videorate` in front of the encoder throws a frame away with the old
/// caps. It shows the next one twice, or, behind the last one, none.
pub const GES: &str = "ges-launch-1.0 --no-interactive --track-types=video \
     --video-caps 'video/x-raw,width=(int)320,height=(int)240,framerate=(fraction)25/1,\
     pixel-aspect-ratio=(fraction)1/1'";

/// A folder with `still.png`, a photo, and `clip.mp4` and `clip.mkv`, two moving videos of two
/// seconds.
///
/// # Panics
/// When they cannot be made.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let photo = photos::fixture("photos/coffee.jpg");
    pipeline::play(&format!(
        "filesrc location={} ! jpegdec ! videoscale ! video/x-raw,width=320,height=240 ! \
         videoconvert ! pngenc ! filesink location={}",
        photo.display(),
        at("still.png"),
    ));
    for (pattern, muxer, name) in
        [("ball", "mp4mux", "clip.mp4"), ("smpte", "matroskamux", "clip.mkv")]
    {
        pipeline::play(&format!(
            "videotestsrc num-buffers=60 pattern={pattern} ! \
             video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! \
             x264enc key-int-max=15 ! {muxer} ! filesink location={}",
            at(name),
        ));
    }
    folder
}

/// Decoded frames.
#[derive(Debug, Default)]
pub struct Frames {
    /// When each is shown.
    pub times: Vec<ClockTime>,
    /// The pixels of each, RGB, packed.
    pub pictures: Vec<Vec<u8>>,
}

impl Frames {
    /// The frames of a file, by whatever decodes it.
    ///
    /// # Panics
    /// When it does not play.
    #[track_caller]
    pub fn of_file(path: &Path) -> Self {
        let arrived = pipeline::play(&format!(
            "filesrc location={} ! decodebin ! videoconvert ! video/x-raw,format=RGB ! \
             fakesink name=out",
            path.display(),
        ));
        let Some(caps) = arrived.caps else { return Self::default() };
        let buffers = &arrived.buffers;
        Self {
            times: buffers.iter().filter_map(|buffer| buffer.pts()).collect(),
            pictures: buffers.iter().map(|buffer| pictures::samples(buffer, &caps)).collect(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.pictures.len()
    }

    /// Checks that they are `count` frames at the times of 25 frames per second.
    ///
    /// # Panics
    /// When they are not.
    #[track_caller]
    pub fn check_times(&self, count: usize) {
        let expected: Vec<_> = (0..count as u64).map(|i| 40 * i).collect();
        let times: Vec<_> = self.times.iter().map(|time| time.mseconds()).collect();
        assert_eq!(times, expected);
        assert_eq!(self.count(), count);
    }

    /// A frame in gray.
    pub fn gray(&self, frame: usize) -> Gray {
        let pixels = self.pictures[frame].chunks_exact(3);
        let values = pixels.map(|p| p.iter().map(|v| f32::from(*v)).sum::<f32>() / 3.0).collect();
        Gray { width: SIZE.0, height: SIZE.1, values }
    }
}

/// Renders `timeline`, arguments of `ges-launch-1.0`, without loss, and gives the frames.
///
/// Nothing is mixed, so the frames are those of the effect, and the same each time. It is also
/// the strictest way to play in GES: an event with a seqnum that nobody knows ends in a hang.
///
/// # Panics
/// When the program fails.
#[track_caller]
pub fn render(timeline: &str, folder: &Path) -> Frames {
    let (line, out) = rendering(&format!("{GES} --disable-mixing {timeline}"), folder);
    launch::run_leaky(&line, folder);
    Frames::of_file(&out)
}

/// As [`render`], with the mixer, whose GES prints a warning about transitions.
///
/// # Panics
/// When the program fails.
#[track_caller]
pub fn render_mixed(timeline: &str, folder: &Path) -> Frames {
    let (line, out) = rendering(&format!("env -u G_DEBUG {GES} {timeline}"), folder);
    launch::run_leaky(&line, folder);
    Frames::of_file(&out)
}

/// Renders a project.
///
/// # Panics
/// When the program fails.
#[track_caller]
pub fn render_project(project: &Path, folder: &Path) -> Frames {
    let load = format!(
        "ges-launch-1.0 --no-interactive --disable-mixing --load file://{}",
        project.display()
    );
    let (line, out) = rendering(&load, folder);
    launch::run_leaky(&line, folder);
    Frames::of_file(&out)
}

/// Saves `timeline` as a project.
///
/// # Panics
/// When the program fails.
#[track_caller]
pub fn save(timeline: &str, folder: &Path, name: &str) -> PathBuf {
    let project = folder.join(name);
    // GES 1.22 prints a critical warning of its own when it only saves.
    let line = format!("env -u G_DEBUG {GES} {timeline} --save-only file://{}", project.display());
    launch::run_leaky(&line, folder);
    project
}

fn rendering(line: &str, folder: &Path) -> (String, PathBuf) {
    let out = folder.join("out.mkv");
    let _ = std::fs::remove_file(&out);
    (format!("{line} -o file://{} --format '{LOSSLESS}'", out.display()), out)
}
