// SPDX-License-Identifier: MIT OR Apache-2.0
//! What OBS does with a pipeline, by way of the plugin obs-gstreamer: frames of its own memory
//! are pushed into a filter one by one, or pulled out of a source.

use glib::translate::from_glib_full;
use gst::{ClockTime, prelude::*};
use gst_video::VideoInfo;

/// How long to wait for a frame. OBS waits for ever, so a filter that gives none stops its
/// drawing. No test measures time with this.
const GIVE_UP: ClockTime = ClockTime::from_seconds(60);

/// The formats in which OBS has its frames.
pub const FORMATS: [&str; 9] =
    ["I420", "NV12", "Y42B", "YVYU", "YUY2", "UYVY", "RGBA", "BGRA", "BGRx"];

/// Caps of a frame of OBS.
pub fn caps(format: &str, width: u32, height: u32) -> gst::Caps {
    format!("video/x-raw,width={width},height={height},format={format},framerate=0/1")
        .parse()
        .expect("caps")
}

/// A filter that a user typed.
pub struct Filter {
    /// The whole pipeline. An element that the user named is found in it.
    pub pipeline: gst::Pipeline,
    src: gst_app::AppSrc,
    sink: gst_app::AppSink,
    caps: gst::Caps,
    info: VideoInfo,
    /// The frame of OBS: one piece of memory that is used again and again.
    frame: *mut [u8],
}

impl Filter {
    /// Starts the filter `typed` for frames of `format`.
    ///
    /// # Panics
    /// When it does not start.
    #[track_caller]
    pub fn new(typed: &str, format: &str, width: u32, height: u32) -> Self {
        crate::init();
        let caps = caps(format, width, height);
        let pipeline = gst::parse::launch(&format!(
            "appsrc name=appsrc format=time ! {caps} ! videoconvert ! {typed} ! videoconvert ! \
             {caps} ! appsink name=appsink sync=false"
        ));
        let pipeline = pipeline.expect(typed).downcast::<gst::Pipeline>().expect("a pipeline");
        let named = |name| pipeline.by_name(name).expect(name);
        let src = named("appsrc").downcast::<gst_app::AppSrc>().expect("an appsrc");
        let sink = named("appsink").downcast::<gst_app::AppSink>().expect("an appsink");
        let info = VideoInfo::from_caps(&caps).expect("video caps");
        pipeline.set_state(gst::State::Playing).expect("PLAYING");
        let frame = Box::into_raw(vec![0; info.size()].into_boxed_slice());
        Self { pipeline, src, sink, caps, info, frame }
    }

    /// Caps of the frames.
    pub fn caps(&self) -> &gst::CapsRef {
        &self.caps
    }

    /// Sends a frame that holds `picture` at `time` through the filter and waits for what comes
    /// out. The memory of the frame is not copied, and is overwritten after that.
    ///
    /// # Panics
    /// When nothing comes out, or more than one frame.
    #[track_caller]
    pub fn through(&self, picture: &[u8], time: ClockTime) -> gst::Sample {
        // SAFETY: the memory came from a box and lives as long as `self`. No element that keeps
        // to its contract still reads it; one that does not is what the tests look for.
        let frame = unsafe { &mut *self.frame };
        frame.copy_from_slice(picture);
        let mut buffer = gst::Buffer::new();
        let owned = buffer.get_mut().expect("the only reference");
        owned.append_memory(self.wrapped());
        owned.set_pts(time);
        self.src.push_buffer(buffer).expect("the frame is taken");
        let out = self.sink.try_pull_sample(GIVE_UP).expect("a frame comes out");
        // SAFETY: as above.
        unsafe { &mut *self.frame }.fill(0xEE);
        assert!(self.sink.try_pull_sample(ClockTime::ZERO).is_none(), "one for one");
        out
    }

    /// The memory of OBS, without a copy and with nobody told when GStreamer is done with it.
    fn wrapped(&self) -> gst::Memory {
        let (data, size) = (self.frame.cast::<u8>(), self.info.size());
        // SAFETY: the memory has `size` bytes and lives as long as the pipeline.
        unsafe {
            from_glib_full(gst::ffi::gst_memory_new_wrapped(
                gst::ffi::GST_MEMORY_FLAG_READONLY,
                data.cast(),
                size,
                0,
                size,
                std::ptr::null_mut(),
                None,
            ))
        }
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        let stopped = self.pipeline.set_state(gst::State::Null);
        // SAFETY: it came from a box, and nothing runs any more.
        drop(unsafe { Box::from_raw(self.frame) });
        if !std::thread::panicking() {
            stopped.expect("NULL");
        }
    }
}

/// A source that a user typed; it links to `video.`.
pub struct Source {
    /// The whole pipeline.
    pub pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
}

impl Source {
    /// Starts the source `typed`.
    ///
    /// # Panics
    /// When it does not start.
    #[track_caller]
    pub fn new(typed: &str) -> Self {
        crate::init();
        let pipeline = gst::parse::launch(&format!(
            "videoconvert name=video ! \
             video/x-raw,format={{I420,NV12,BGRA,BGRx,RGBx,RGBA,YUY2,YVYU,UYVY}} ! \
             appsink name=appsink sync=false max-buffers=2 {typed}"
        ));
        let pipeline = pipeline.expect(typed).downcast::<gst::Pipeline>().expect("a pipeline");
        let sink = pipeline.by_name("appsink").expect("a sink");
        let sink = sink.downcast::<gst_app::AppSink>().expect("an appsink");
        pipeline.set_state(gst::State::Playing).expect("PLAYING");
        Self { pipeline, sink }
    }

    /// The bytes of the next frame and its time in the stream, or `None` at the end. As in OBS,
    /// no sample is held while the next one is pulled: the sink of GStreamer 1.22 reuses it.
    ///
    /// # Panics
    /// When neither comes.
    #[track_caller]
    pub fn pull(&self) -> Option<(ClockTime, Vec<u8>)> {
        let Some(sample) = self.sink.try_pull_sample(GIVE_UP) else {
            assert!(self.sink.is_eos(), "no frame, and no end");
            return None;
        };
        let segment = sample.segment().and_then(|s| s.downcast_ref::<ClockTime>());
        let buffer = sample.buffer().expect("a buffer");
        let time = segment.expect("a segment in time").to_stream_time(buffer.pts());
        let bytes = buffer.map_readable().expect("memory").to_vec();
        Some((time.expect("a time"), bytes))
    }

    /// The seek of the media controls, and of the restart at the end.
    ///
    /// # Panics
    /// When the pipeline cannot seek.
    #[track_caller]
    pub fn seek(&self, time: ClockTime) {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT;
        self.pipeline.seek_simple(flags, time).expect("it seeks");
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let stopped = self.pipeline.set_state(gst::State::Null);
        if !std::thread::panicking() {
            stopped.expect("NULL");
        }
    }
}
