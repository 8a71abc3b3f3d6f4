// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a clip takes over from the one before it: the camera glides from where it was.
//!
//! Everything that a frame is made with (pose, reach, disparity) is a list of numbers. At the
//! change each number of the old clip lies beside that of the new one by some offset, and changes
//! at another speed. The offset and its speed fade to nothing over a short time, along a cubic
//! Hermite curve. So nothing jumps, not even speed, and however many prompts follow each other
//! the camera always returns to the path of the newest, which starts from the still.

use std::time::Duration;

use super::border::Reach;
use crate::camera::Pose;

/// How long the camera glides, unless half of the clip is shorter.
pub const GLIDE: Duration = Duration::from_millis(1500);

/// Seven numbers of the pose, five of the reach, and the disparity.
pub(super) type Values = [f64; VALUES];
pub(super) const VALUES: usize = 13;

/// What a frame is made with, beside the still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shot {
    pub pose: Pose,
    pub reach: Reach,
    /// How far the camera shifts the nearest things, for the edges of the relief.
    pub disparity: f64,
}

impl Shot {
    /// The still as it is.
    pub fn at_rest(disparity: f64) -> Self {
        Self { pose: Pose::default(), reach: Reach::none(), disparity }
    }

    /// Whether this shows the still as it is.
    pub fn is_at_rest(&self) -> bool {
        *self == Self::at_rest(self.disparity)
    }

    /// All numbers, none of which depends on the size of the picture.
    fn values(&self, size: [u32; 2]) -> Values {
        let [x, y, dolly, pan, tilt, roll, zoom] = self.pose.numbers();
        let [left, right, top, bottom] = self.reach.stretch_shares(size);
        let overscan = self.reach.overscan;
        [x, y, dolly, pan, tilt, roll, zoom, overscan, left, right, top, bottom, self.disparity]
    }

    /// A shot of these numbers, which shows no edge of the still and folds nothing over.
    fn of(values: Values, size: [u32; 2]) -> Self {
        let [x, y, dolly, pan, tilt, roll, zoom, overscan, left, right, top, bottom, disparity] =
            values;
        let pose = Pose::of([x, y, dolly, pan, tilt, roll, zoom]);
        let reach = Reach::covering(&pose, overscan, [left, right, top, bottom], size);
        Self { pose, reach, disparity: disparity.max(pose.disparity()) }
    }
}

/// Where the camera of a clip stands at some frame, how it moves there, and how long the scene has
/// been alive by then.
///
/// It holds for any still, size and frame rate. As a text it can be kept and read again, exactly:
/// so a clip can be extended by one that is rendered another day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub(super) values: Values,
    /// Change per second.
    pub(super) speed: Values,
    /// Seconds for which waves have run and leaves have fallen.
    pub(super) scene_seconds: f64,
}

impl Place {
    /// The place of `now` on a picture of `size` pixels, where the scene is `scene_seconds` old. One
    /// frame of `seconds` earlier, `before` was shown; `None` for a camera that does not move.
    pub(super) fn new(
        now: &Shot,
        before: Option<&Shot>,
        seconds: f64,
        scene_seconds: f64,
        size: [u32; 2],
    ) -> Self {
        let values = now.values(size);
        let speed = before.map_or([0.0; 13], |before| {
            let before = before.values(size);
            std::array::from_fn(|i| (values[i] - before[i]) / seconds)
        });
        Self { values, speed, scene_seconds }
    }

    /// Where the camera is `seconds` later, if it just goes on.
    pub(super) fn ahead(&self, seconds: f64) -> Self {
        let values = std::array::from_fn(|i| self.values[i] + self.speed[i] * seconds);
        Self { values, ..*self }
    }

    /// The shot `seconds` after the change to a clip of `clip_seconds`. `own` is what that clip
    /// has then by itself, `next` what it has `frame_seconds` after its start. `None` once the
    /// camera has arrived.
    pub(super) fn glide(
        &self,
        own: &Shot,
        next: &Shot,
        seconds: f64,
        frame_seconds: f64,
        clip_seconds: f64,
        size: [u32; 2],
    ) -> Option<Shot> {
        let length = GLIDE.as_secs_f64().min(clip_seconds / 2.0);
        if seconds >= length {
            return None;
        }
        let done = seconds / length;
        // The Hermite basis for an end of 0 that is reached at a speed of 0.
        let offset = (1.0 - done).powi(2) * (1.0 + 2.0 * done);
        let speed = (1.0 - done).powi(2) * done * length;
        let (values, next) = (own.values(size), next.values(size));
        let start = Shot::at_rest(own.disparity).values(size);
        let values = std::array::from_fn(|i| {
            let own_speed = (next[i] - start[i]) / frame_seconds;
            values[i] + (self.values[i] - start[i]) * offset + (self.speed[i] - own_speed) * speed
        });
        Some(Shot::of(values, size))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        generator::Clip,
        image::{Image, PixelFormat, YuvMatrix},
        request::{Controls, FrameRate, Request},
        scene::SceneClip,
    };

    const SIZE: [u32; 2] = [64, 36];
    const PROMPTS: [&str; 14] = [
        "walk through the forest",
        "fly over the valley",
        "dolly in",
        "dolly out",
        "truck left",
        "rise straight up",
        "pan right",
        "tilt down",
        "roll clockwise",
        "zoom out",
        "dolly zoom on the hero",
        "orbit around the statue",
        "shaky handheld camera",
        "static shot",
    ];

    fn still() -> Arc<Image> {
        let bytes = (0..SIZE[0] * SIZE[1]).flat_map(|i| [(i % 64 * 4) as u8, (i / 64) as u8, 9]);
        let planes = vec![bytes.collect()];
        let rgb = PixelFormat::Rgb;
        Arc::new(Image::from_packed(rgb, SIZE[0], SIZE[1], YuvMatrix::default(), planes).unwrap())
    }

    fn clip(prompt: &str, fps: u32, from: Option<Place>) -> SceneClip {
        let frame_rate = FrameRate { numerator: fps, denominator: 1 };
        let request = Request::new(still());
        SceneClip::open(Request { prompt: prompt.to_owned(), frame_rate, from, ..request }).unwrap()
    }

    fn at(motion: f64) -> Controls {
        Controls { motion, ..Controls::default() }
    }

    /// The largest difference of what the camera does; what is left for stretching aside.
    fn difference(one: &Values, other: &Values) -> f64 {
        (0..8).map(|i| (one[i] - other[i]).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn neither_the_pose_nor_its_speed_jumps() {
        const FPS: u32 = 1000;
        for (i, old) in PROMPTS.iter().enumerate() {
            for new in [PROMPTS[(i + 1) % PROMPTS.len()], PROMPTS[(i + 6) % PROMPTS.len()], old] {
                for (change, controls) in [(30, at(5.0)), (1700, at(5.0)), (2600, at(2.0))] {
                    let before = clip(old, FPS, None);
                    let place = before.place(change - 1, change, &controls);
                    let after = clip(new, FPS, place);
                    let values = |clip: &SceneClip, i| clip.shot(i, &controls).values(SIZE);
                    let (last, first) = (values(&before, change), values(&after, 0));
                    for (last, first) in last.iter().zip(first) {
                        assert!((last - first).abs() < 1e-9, "{old}, then {new}: {last}, {first}");
                    }
                    let step = |clip, from, to| {
                        let (from, to) = (values(clip, from), values(clip, to));
                        std::array::from_fn(|i| f64::from(FPS) * (to[i] - from[i]))
                    };
                    let jump = difference(&step(&before, change - 1, change), &step(&after, 0, 1));
                    assert!(jump < 2.5e-3, "{old}, then {new} at {change}: {jump} per second");
                }
            }
        }
    }

    #[test]
    fn the_camera_arrives_on_the_path_of_the_new_prompt() {
        let controls = at(7.0);
        let place = clip("pan right", 24, None).place(60, 61, &controls);
        for (prompt, frames) in PROMPTS.iter().zip(36..) {
            let (alone, after) = (clip(prompt, 24, None), clip(prompt, 24, place));
            assert_ne!(alone.shot(20, &controls), after.shot(20, &controls), "{prompt}");
            assert_eq!(alone.shot(36, &controls), after.shot(36, &controls), "{prompt}");
            assert_eq!(alone.shot(frames, &controls), after.shot(frames, &controls), "{prompt}");
        }
        let still = clip("static shot", 24, place);
        assert!(!still.shot(35, &controls).is_at_rest());
        assert!(still.shot(36, &controls).is_at_rest());
    }

    #[test]
    fn many_prompts_one_after_the_other_do_not_lead_away() {
        for prompt in PROMPTS {
            for (frames, motion) in [(1, 10.0), (3, 10.0), (12, 10.0), (30, 10.0), (48, 5.0)] {
                let controls = at(motion);
                let alone = clip(prompt, 24, None);
                let farthest = |clip: &SceneClip, frames| {
                    let shots = (0..=frames).map(|i| clip.shot(i, &controls).values(SIZE));
                    let rest = Shot::at_rest(0.0).values(SIZE);
                    shots.map(|values| difference(&values, &rest)).fold(0.0, f64::max)
                };
                let most = farthest(&alone, 95);
                let mut place = None;
                for _ in 0..60 {
                    let clip = clip(prompt, 24, place);
                    let reached = farthest(&clip, frames);
                    // A shake that is cut off takes its speed with it, each time the same way.
                    let longer = if prompt.contains("shaky") { 3.5 } else { 1.6 };
                    let bound = longer * most + 0.03;
                    assert!(reached <= bound, "{prompt}, {frames}: {reached} of {most}");
                    place = clip.place(frames - 1, frames, &controls);
                }
            }
        }
    }

    #[test]
    fn the_scene_goes_on_in_phase_through_all_extensions() {
        let controls = at(5.0);
        let mut place = None;
        for part in 0..20 {
            let clip = clip(PROMPTS[part % PROMPTS.len()], 24, place);
            let moments = [0, 95].map(|index| clip.moment(index, &controls));
            assert!((moments[0].seconds - 4.0 * part as f64).abs() < 1e-9);
            assert_eq!(moments[0].presence(), if part == 0 { 0.0 } else { 1.0 });
            assert!((moments[1].seconds - moments[0].seconds - 95.0 / 24.0).abs() < 1e-9);
            place = clip.place(95, 96, &controls);
        }
    }

    #[test]
    fn a_camera_that_must_stand_still_does_not_glide() {
        let place = clip("pan right", 24, None).place(60, 61, &at(5.0));
        let controls = Controls { static_camera: true, ..at(5.0) };
        assert!(clip("orbit", 24, place).shot(3, &controls).is_at_rest());
    }

    #[test]
    fn frames_that_do_not_follow_each_other_have_no_speed() {
        let clip = clip("pan right", 24, None);
        let speed = |before, now| clip.place(before, now, &at(5.0)).unwrap().speed;
        assert_eq!(speed(95, 0), [0.0; 13], "a loop");
        assert_eq!(speed(95, 200), [0.0; 13], "the last frame is held");
        assert!(speed(95, 96) != [0.0; 13], "the clip is extended");
        let (forward, backward) = (speed(50, 51), speed(51, 50));
        assert!((0..13).all(|i| (forward[i] + backward[i]).abs() < 1e-9));
        assert!(forward != [0.0; 13]);
    }
}
