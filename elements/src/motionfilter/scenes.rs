// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which still a frame belongs to, and since when.
//!
//! A stream of stills stands, jumps or fades; a moving video moves. Only what a host can mean as
//! a new still starts a scene:
//!
//! * A **cut**: a frame that differs strongly from the one before. Behind a picture that stood
//!   still, less is enough than in the midst of movement.
//! * A picture that **settled**: it has stood still for a while and is clearly not the still
//!   that is shown. So ends a fade from one still to the next.
//!
//! Noise, and what a codec makes of a still, is neither; nor is a moving video without cuts.
//!
//! Behind a seek or a new segment there is no frame before. The stills of the stream are
//! remembered, each with the time at which it started, so that the same frames come again: first
//! by what they show, then by when they were seen.

use std::{
    mem,
    sync::{Arc, Weak},
};

use gst::ClockTime;
use stillmotion_engine::image::{Image, Sketch};

use super::course::{Course, Turn, is_other, is_same};

/// Scenes that are remembered.
const REMEMBERED: usize = 64;

/// A still of the stream, and its clip.
#[derive(Debug)]
struct Scene {
    sketch: Sketch,
    /// Stream time of frame 0.
    start: ClockTime,
    /// The scene was seen at these times, and between them.
    first_seen: ClockTime,
    last_seen: ClockTime,
    /// There as long as the scene is shown, or the still is in the cache of the engine.
    still: Weak<Image>,
}

impl Scene {
    fn shows(&self, sketch: &Sketch) -> bool {
        is_same(self.sketch.difference(sketch))
    }

    fn was_seen_at(&self, time: ClockTime) -> bool {
        (self.first_seen..=self.last_seen).contains(&time)
    }
}

/// The scenes of a stream.
#[derive(Debug, Default)]
pub struct Scenes {
    /// The one that is shown comes last, and before it the one that was shown before.
    known: Vec<Scene>,
    /// The still that is shown, if it was taken already.
    still: Option<Arc<Image>>,
    course: Option<Course>,
    interrupted: bool,
}

/// What a frame asks for.
#[derive(Debug)]
enum Verdict {
    /// The scene that is shown goes on.
    Stay,
    /// The scene at this place of the list comes again.
    Return(usize),
    /// The frame starts a scene.
    Start,
}

impl Scenes {
    /// The next frame need not follow the last one: a seek or a new segment.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// Finds the scene of a frame that looks like `sketch` and is shown at `time`, in a stream
    /// that may run in `reverse`. The first scene of all starts at `first_start`.
    ///
    /// Gives the start of the scene, and its still; where that is `None`, the frame is the still,
    /// and [`Scenes::keep`] must be told.
    pub fn place(
        &mut self,
        sketch: Sketch,
        time: ClockTime,
        first_start: ClockTime,
        reverse: bool,
    ) -> (ClockTime, Option<Arc<Image>>) {
        let interrupted = mem::take(&mut self.interrupted);
        let verdict = match &mut self.course {
            Some(course) if !interrupted && course.goes_on_at(time, reverse) => {
                let turn = course.turn(&sketch, time);
                self.follow(&sketch, time, turn, reverse)
            }
            course => {
                let moving = course.as_ref().is_some_and(Course::is_moving);
                *course = Some(Course::new(sketch.clone(), time, course.as_ref()));
                self.sought(&sketch, time, moving)
            }
        };
        match verdict {
            Verdict::Stay => (),
            Verdict::Return(place) => {
                self.known[place..].rotate_left(1);
                self.still = self.known.last().and_then(|scene| scene.still.upgrade());
            }
            Verdict::Start => {
                let start = if self.known.is_empty() { first_start } else { time };
                self.start(sketch, start, time);
            }
        }
        let Some(scene) = self.known.last_mut() else { return (first_start, None) };
        scene.first_seen = scene.first_seen.min(time);
        scene.last_seen = scene.last_seen.max(time);
        (scene.start, self.still.clone())
    }

    /// The still of the scene that is shown.
    pub fn keep(&mut self, still: &Arc<Image>) {
        if let Some(scene) = self.known.last_mut() {
            scene.still = Arc::downgrade(still);
            self.still = Some(Arc::clone(still));
        }
    }

    fn start(&mut self, sketch: Sketch, start: ClockTime, time: ClockTime) {
        if self.known.len() == REMEMBERED {
            self.known.remove(0);
        }
        let still = Weak::new();
        self.known.push(Scene { sketch, start, first_seen: time, last_seen: time, still });
        self.still = None;
    }

    /// A frame that follows the last one.
    fn follow(&self, sketch: &Sketch, time: ClockTime, turn: Turn, reverse: bool) -> Verdict {
        let shown = self.known.last();
        let starts = match (turn, shown) {
            (Turn::Cut, _) | (_, None) => true,
            (Turn::Rests, Some(shown)) => is_other(shown.sketch.difference(sketch)),
            (Turn::None, _) => false,
        };
        if !starts && shown.is_some_and(|shown| shown.shows(sketch)) {
            return Verdict::Stay;
        }
        let again = self.find(|scene| scene.shows(sketch) && scene.was_seen_at(time));
        match again {
            Some(place) => Verdict::Return(place),
            None if !starts => Verdict::Stay,
            // Backwards, the end of a still comes first, and not its start.
            None if reverse => self.sought(sketch, time, false),
            None => Verdict::Start,
        }
    }

    /// A frame that follows nothing, behind a video that was `moving` or stills that were not.
    fn sought(&self, sketch: &Sketch, time: ClockTime, moving: bool) -> Verdict {
        let shown = self.find(|scene| scene.shows(sketch) && scene.was_seen_at(time));
        let shown = shown.or_else(|| self.latest(time, |scene| scene.shows(sketch)));
        let seen = shown.or_else(|| self.find(|scene| scene.was_seen_at(time)));
        // Any frame of a moving video belongs to its first.
        let seen = seen.or_else(|| self.latest(time, |_| true).filter(|_| moving));
        match (seen, self.known.last()) {
            (Some(place), _) => Verdict::Return(place),
            (None, Some(scene)) if scene.start <= time => {
                let other = is_other(scene.sketch.difference(sketch));
                if other { Verdict::Start } else { Verdict::Stay }
            }
            (None, _) => Verdict::Start,
        }
    }

    /// The scene that was shown last, of those that are meant.
    fn find(&self, is_meant: impl Fn(&Scene) -> bool) -> Option<usize> {
        self.known.iter().rposition(is_meant)
    }

    /// The scene that started last before `time`, of those that are meant.
    fn latest(&self, time: ClockTime, is_meant: impl Fn(&Scene) -> bool) -> Option<usize> {
        let started = |(_, scene): &(usize, &Scene)| scene.start <= time && is_meant(scene);
        let scenes = self.known.iter().enumerate().filter(started);
        scenes.max_by_key(|(_, scene)| scene.start).map(|(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stillmotion_engine::image::{PixelFormat, PlaneRef};

    /// A picture with something of its own in every cell.
    fn picture(of: impl Fn(usize, usize) -> u8) -> Sketch {
        let data: Vec<u8> = (0..64 * 36 * 3).map(|i| of(i / 3 % 64, i / 3 / 64)).collect();
        let plane = PlaneRef { data: &data, stride: 64 * 3 };
        Sketch::new(PixelFormat::Rgb, 64, 36, &[plane]).unwrap()
    }

    fn slide(number: usize) -> Sketch {
        picture(|x, y| ((x / 8 * 37 + y / 8 * 91 + number * 53) * (number + 1)) as u8)
    }

    fn noisy(number: usize, seed: usize) -> Sketch {
        picture(|x, y| {
            let slide = ((x / 8 * 37 + y / 8 * 91 + number * 53) * (number + 1)) as u8;
            let hash = (x * 7919 + y * 104_729 + seed * 1_299_709).wrapping_mul(2_654_435_761);
            slide.saturating_add((hash >> 20) as u8 % 8)
        })
    }

    fn faded(from: usize, to: usize, share: f64) -> Sketch {
        let value = |number: usize, x: usize, y: usize| {
            f64::from(((x / 8 * 37 + y / 8 * 91 + number * 53) * (number + 1)) as u8)
        };
        picture(|x, y| (value(from, x, y) * (1.0 - share) + value(to, x, y) * share) as u8)
    }

    fn time(frame: u64) -> ClockTime {
        ClockTime::from_mseconds(40 * frame)
    }

    /// The frame at which the scene of `frame` started.
    fn place(scenes: &mut Scenes, sketch: Sketch, frame: u64) -> u64 {
        scenes.place(sketch, time(frame), ClockTime::ZERO, false).0.mseconds() / 40
    }

    #[test]
    fn slides_start_where_they_come() {
        let mut scenes = Scenes::default();
        for frame in 0..100 {
            let started = place(&mut scenes, slide(frame as usize / 25), frame);
            assert_eq!(started, frame / 25 * 25);
        }
    }

    #[test]
    fn slides_of_one_frame_each_second_start_where_they_come() {
        let mut scenes = Scenes::default();
        for second in 0..8 {
            assert_eq!(place(&mut scenes, slide(second as usize), second * 25), second * 25);
        }
    }

    #[test]
    fn noise_starts_nothing() {
        let mut scenes = Scenes::default();
        for frame in 0..200 {
            let sketch = noisy(frame as usize / 50, frame as usize);
            assert_eq!(place(&mut scenes, sketch, frame), frame / 50 * 50);
        }
    }

    #[test]
    fn a_fade_ends_in_one_new_scene() {
        for length in [10, 17, 42] {
            let mut scenes = Scenes::default();
            let mut starts = Vec::new();
            for frame in 0..150_u64 {
                let share = (frame.saturating_sub(50) as f64 / length as f64).min(1.0);
                starts.push(place(&mut scenes, faded(0, 1, share), frame));
            }
            starts.dedup();
            assert_eq!(starts.len(), 2, "{length}: {starts:?}");
            // Half a second after the fade.
            assert!((50 + length..50 + length + 15).contains(&starts[1]), "{length}: {starts:?}");
        }
    }

    #[test]
    fn a_moving_video_is_one_scene_and_a_cut_starts_another() {
        let mut scenes = Scenes::default();
        let moving = |frame: u64| {
            picture(|x, y| {
                let wave = (x as f64 + frame as f64) / 9.0 + y as f64 / 7.0;
                (if frame < 100 { 100.0 } else { 180.0 } + 70.0 * wave.sin()) as u8
            })
        };
        for frame in 0..200 {
            assert_eq!(place(&mut scenes, moving(frame), frame), frame / 100 * 100);
        }
        // Sought, anywhere: still the same.
        for frame in [20, 300, 150, 70, 1000] {
            scenes.interrupt();
            for frame in frame..frame + 5 {
                let expected = frame.min(100) / 100 * 100;
                assert_eq!(place(&mut scenes, moving(frame), frame), expected);
            }
        }
    }

    #[test]
    fn black_and_white_in_turn_do_not_flicker() {
        let mut scenes = Scenes::default();
        let starts = (0..50).map(|frame| {
            place(&mut scenes, picture(|_, _| if frame % 2 == 0 { 0 } else { 255 }), frame)
        });
        let mut starts: Vec<_> = starts.collect();
        starts.dedup();
        assert!(starts.len() <= 2, "{starts:?}");
    }

    #[test]
    fn a_slide_that_comes_again_starts_again_and_seeks_find_the_right_one() {
        let mut scenes = Scenes::default();
        let shown = |frame: u64| slide([0, 1, 0][frame as usize / 25]);
        for frame in 0..75 {
            assert_eq!(place(&mut scenes, shown(frame), frame), frame / 25 * 25);
        }
        for frame in [10, 60, 74, 24, 30, 0, 25, 50] {
            scenes.interrupt();
            assert_eq!(place(&mut scenes, shown(frame), frame), frame / 25 * 25, "{frame}");
        }
    }

    #[test]
    fn a_start_that_was_guessed_gives_way_to_one_that_was_seen() {
        let mut scenes = Scenes::default();
        let shown = |frame: u64| slide(frame as usize / 25);
        for frame in 0..10 {
            place(&mut scenes, shown(frame), frame);
        }
        scenes.interrupt();
        assert_eq!(place(&mut scenes, shown(60), 60), 60, "nobody knows when it started");
        assert_eq!(place(&mut scenes, shown(61), 61), 60);
        scenes.interrupt();
        for frame in 0..75 {
            assert_eq!(place(&mut scenes, shown(frame), frame), frame / 25 * 25);
        }
        scenes.interrupt();
        assert_eq!(place(&mut scenes, shown(60), 60), 50);
    }

    #[test]
    fn backwards_over_known_slides() {
        let mut scenes = Scenes::default();
        let shown = |frame: u64| slide(frame as usize / 25);
        for frame in 0..75 {
            place(&mut scenes, shown(frame), frame);
        }
        scenes.interrupt();
        for frame in (0..75).rev() {
            let start = scenes.place(shown(frame), time(frame), ClockTime::ZERO, true).0;
            assert_eq!(start, time(frame / 25 * 25));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut scenes = Scenes::default();
        for second in 0..200 {
            place(&mut scenes, slide(second as usize % 9), second * 25);
        }
        assert!(scenes.known.len() <= REMEMBERED);
    }
}
