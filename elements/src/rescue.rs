// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is shown where a frame cannot be made, so that a channel stays on air.

use gst_video::{VideoFrameRef, VideoInfo, prelude::*};

use crate::errors::FrameFailure;

/// What happens where a frame cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstStillMotionOnError")]
pub enum OnError {
    /// The stream ends with an error message.
    #[default]
    #[enum_value(name = "Error: the stream ends with an error message", nick = "error")]
    Error,
    /// The last good frame stays until a frame can be made again.
    #[enum_value(name = "Hold: the last good frame stays, with a warning", nick = "hold")]
    Hold,
    /// What came in is shown as it is until a frame can be made again.
    #[enum_value(name = "Passthrough: what came in is shown, with a warning", nick = "passthrough")]
    Passthrough,
}

/// A copy of the last good frame, kept only while `on-error` is `hold`, since it costs time.
#[derive(Debug, Default)]
pub struct Rescue {
    last: Option<(gst::Buffer, VideoInfo)>,
    /// Frames that failed since the last good one.
    failed: u64,
}

/// A frame of memory that can be written.
type Target<'a> = VideoFrameRef<&'a mut gst::BufferRef>;

/// What became of a frame.
#[derive(Debug)]
pub enum Outcome {
    /// It is as it should be.
    Made,
    /// Something else is shown. The user is to be told of the failure once, until there is a good
    /// frame again.
    Replaced(Option<FrameFailure>),
}

impl Rescue {
    /// Sees to it that `frame` can be shown, after it was `made` or not: with the last good frame
    /// or with what `pass` writes, as `on_error` says.
    ///
    /// # Errors
    /// The failure, where the stream is to end.
    pub fn settle(
        &mut self,
        made: Result<(), FrameFailure>,
        on_error: OnError,
        frame: &mut Target<'_>,
        pass: impl FnOnce(&mut Target<'_>) -> bool,
    ) -> Result<Outcome, FrameFailure> {
        let failure = match made {
            Ok(()) => {
                self.failed = 0;
                self.last = if on_error == OnError::Hold { self.copy_of(frame) } else { None };
                return Ok(Outcome::Made);
            }
            Err(failure) => failure,
        };
        let shown = match on_error {
            OnError::Error => false,
            OnError::Hold => self.hold(frame) || pass(frame),
            OnError::Passthrough => pass(frame),
        };
        if !shown {
            return Err(failure);
        }
        self.failed += 1;
        Ok(Outcome::Replaced((self.failed == 1).then_some(failure)))
    }

    /// The memory of the last copy is used again where it fits.
    fn copy_of(&mut self, frame: &Target<'_>) -> Option<(gst::Buffer, VideoInfo)> {
        let info = frame.info().clone();
        let old = self.last.take().filter(|(_, old)| *old == info).map(|(buffer, _)| buffer);
        let mut buffer = old.or_else(|| gst::Buffer::with_size(info.size()).ok())?;
        let mut copy = VideoFrameRef::from_buffer_ref_writable(buffer.get_mut()?, &info).ok()?;
        frame.copy(&mut copy).ok()?;
        drop(copy);
        Some((buffer, info))
    }

    /// Fills `frame` with the last good one. False where there is none of this kind.
    fn hold(&self, frame: &mut Target<'_>) -> bool {
        let Some((buffer, info)) = &self.last else { return false };
        let last = VideoFrameRef::from_buffer_ref_readable(buffer, info);
        last.is_ok_and(|last| last.copy(frame).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use gst::prelude::*;

    const ELEMENTS: [&str; 3] = ["motionfilter", "motiongen", "motionsrc"];
    const FRAMES: usize = 9;

    /// What came out of a stream of equal stills, and the kinds of messages that were posted.
    struct Run {
        frames: Vec<Vec<u8>>,
        warnings: Vec<String>,
        errors: Vec<String>,
        failed: u64,
    }

    /// Runs a clip of which frames 3, 4 and 5 cannot be made.
    fn run(factory: &str, on_error: &str) -> Run {
        gst::init().expect("GStreamer starts");
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| crate::register(None).expect("the elements register"));
        let caps = "video/x-raw,format=RGBA,width=64,height=48,framerate=24/1";
        let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/photos/coffee.jpg");
        let still = format!("videotestsrc num-buffers={FRAMES} pattern=smpte75 ! {caps}");
        let line = match factory {
            "motionfilter" => format!("{still} ! motionfilter name=it"),
            "motiongen" => format!("{still} ! motiongen name=it num-buffers={FRAMES}"),
            _ => format!("{factory} name=it location={photo} num-buffers={FRAMES} ! {caps}"),
        };
        let line = format!("{line} ! fakesink name=out");
        let pipeline = gst::parse::launch(&line).expect(&line);
        let pipeline = pipeline.downcast::<gst::Pipeline>().expect("a pipeline");
        let it = pipeline.by_name("it").expect("it");
        it.set_property("prompt", "broken 3..6");
        it.set_property("motion", 10.0);
        it.set_property_from_str("on-error", on_error);
        let frames = std::sync::Arc::new(parking_lot::Mutex::new(Vec::new()));
        let seen = frames.clone();
        let pad = pipeline.by_name("out").and_then(|out| out.static_pad("sink")).expect("a pad");
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer() {
                seen.lock().push(buffer.map_readable().expect("readable").to_vec());
            }
            gst::PadProbeReturn::Ok
        });
        let bus = pipeline.bus().expect("a bus");
        pipeline.set_state(gst::State::Playing).expect("it plays");
        let mut run = Run { frames: vec![], warnings: vec![], errors: vec![], failed: 0 };
        for message in bus.iter_timed(gst::ClockTime::from_seconds(60)) {
            match message.view() {
                gst::MessageView::Eos(_) => break,
                gst::MessageView::Warning(warning) => {
                    run.warnings.push(warning.error().to_string());
                }
                gst::MessageView::Error(error) => {
                    run.errors.push(error.error().to_string());
                    break;
                }
                _ => (),
            }
        }
        let stats = it.property::<gst::Structure>("stats");
        run.failed = stats.get("failed").expect("a count");
        pipeline.set_state(gst::State::Null).expect("it stops");
        run.frames = std::mem::take(&mut frames.lock());
        run
    }

    #[test]
    fn an_error_ends_the_stream() {
        for factory in ELEMENTS {
            let run = run(factory, "error");
            assert_eq!(run.frames.len(), 3, "{factory}");
            assert!(run.errors[0].contains("frame 3 is broken"), "{factory}: {:?}", run.errors);
        }
    }

    #[test]
    fn the_last_good_frame_is_held() {
        for factory in ELEMENTS {
            let run = run(factory, "hold");
            assert_eq!((run.frames.len(), run.failed), (FRAMES, 3), "{factory}");
            let [good, held @ .., next] = &run.frames[2..7] else { unreachable!() };
            assert!(held.iter().all(|frame| frame == good), "{factory}");
            assert!(next != good, "{factory}: it goes on");
            assert_eq!(run.warnings.len(), 1, "{factory}: {:?}", run.warnings);
            assert!(run.warnings[0].contains("frame 3 is broken"), "{factory}");
        }
    }

    #[test]
    fn what_came_in_is_passed_on() {
        for factory in ELEMENTS {
            let run = run(factory, "passthrough");
            assert_eq!((run.frames.len(), run.failed), (FRAMES, 3), "{factory}");
            let still = &run.frames[0];
            assert!(run.frames[3..6].iter().all(|frame| frame == still), "{factory}");
            assert!(run.frames[2] != *still && run.frames[6] != *still, "{factory}");
            assert_eq!(run.warnings.len(), 1, "{factory}");
        }
    }
}
