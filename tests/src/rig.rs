// SPDX-License-Identifier: MIT OR Apache-2.0
//! One element between two pads of the test: what goes in and out is seen exactly, and the pad
//! behind the element takes only as many buffers as the test allows.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gst::{ClockTime, prelude::*};

use crate::pictures;

/// How long to wait before the test gives up. No test measures time with it.
const GIVE_UP: Duration = Duration::from_secs(60);

/// What came out, since the last flush.
#[derive(Debug, Default)]
pub struct Out {
    /// The buffers.
    pub buffers: Vec<gst::Buffer>,
    /// The serialized events.
    pub events: Vec<gst::Event>,
    /// Buffers that may still come; the next one after that waits.
    pub allowed: usize,
    /// A buffer waits.
    pub blocked: bool,
    flushing: bool,
    /// What the next buffer gets as an answer instead of being taken.
    pub refuse: Option<gst::FlowError>,
}

impl Out {
    /// Whether EOS came.
    pub fn eos(&self) -> bool {
        self.events.iter().any(|event| event.type_() == gst::EventType::Eos)
    }

    /// The last segment.
    ///
    /// # Panics
    /// When none came.
    pub fn segment(&self) -> (gst::FormattedSegment<ClockTime>, gst::Seqnum) {
        let event = self.events.iter().rfind(|event| event.type_() == gst::EventType::Segment);
        let event = event.expect("a segment");
        let gst::EventView::Segment(segment) = event.view() else { unreachable!() };
        let segment = segment.segment().clone().downcast().expect("a segment in time");
        (segment, event.seqnum())
    }

    /// Numbers of the frames that came.
    pub fn indices(&self) -> Vec<u64> {
        self.buffers.iter().map(|buffer| buffer.offset()).collect()
    }
}

#[derive(Default)]
struct Shared {
    out: Mutex<Out>,
    changed: Condvar,
}

/// See the module.
pub struct Rig {
    /// The element under test.
    pub element: gst::Element,
    /// Its messages.
    pub bus: gst::Bus,
    src: gst::Pad,
    sink: gst::Pad,
    shared: Arc<Shared>,
}

impl Rig {
    /// An element made by `factory`, with `properties` as text, not started.
    ///
    /// # Panics
    /// When there is no such element.
    #[track_caller]
    pub fn new(factory: &str, properties: &[(&str, &str)]) -> Self {
        Self::with_caps(factory, properties, None)
    }

    /// As [`Rig::new`], with a pad behind the element that takes only `caps`.
    ///
    /// # Panics
    /// When there is no such element.
    #[track_caller]
    pub fn with_caps(factory: &str, properties: &[(&str, &str)], caps: Option<&str>) -> Self {
        crate::init();
        let mut builder = gst::ElementFactory::make(factory);
        for (name, value) in properties {
            builder = builder.property_from_str(name, value);
        }
        let element = builder.build().expect(factory);
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let shared = Arc::<Shared>::default();
        shared.lock().allowed = usize::MAX;
        let src = gst::Pad::builder(gst::PadDirection::Src).name("test-src").build();
        let sink = sink_pad(&shared, caps);
        // A source has none.
        if let Some(input) = element.static_pad("sink") {
            src.link(&input).expect("linked");
        }
        element.static_pad("src").expect("a source pad").link(&sink).expect("linked");
        src.set_active(true).expect("active");
        sink.set_active(true).expect("active");
        Self { element, bus, src, sink, shared }
    }

    /// The state that most tests want: PLAYING, with nothing asked about it.
    ///
    /// # Panics
    /// When the element does not start.
    #[track_caller]
    pub fn play(&self) {
        self.element.set_state(gst::State::Playing).expect("PLAYING");
    }

    /// Pushes stream-start, caps and a segment from 0 on. Says whether all were taken.
    pub fn announce(&self, caps: &gst::Caps) -> bool {
        let segment = gst::FormattedSegment::<ClockTime>::new();
        self.src.push_event(gst::event::StreamStart::new("test"))
            && self.src.push_event(gst::event::Caps::new(caps))
            && self.src.push_event(gst::event::Segment::new(&segment))
    }

    /// Pushes a buffer into the element.
    ///
    /// # Errors
    /// As the element says.
    pub fn push(&self, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.src.push(buffer)
    }

    /// Announces `caps` and pushes one picture of them: all that a clip is made of.
    ///
    /// # Panics
    /// When the element refuses it, or wants more.
    #[track_caller]
    pub fn give_still(&self, caps: &gst::Caps) {
        assert!(self.announce(caps), "{caps} are taken");
        let answer = self.push(pictures::frame(caps, 1));
        assert_eq!(answer, Err(gst::FlowError::Eos), "one still is enough");
    }

    /// Pushes an event into the element.
    pub fn push_event(&self, event: impl Into<gst::Event>) -> bool {
        self.src.push_event(event)
    }

    /// Flushes from upstream.
    pub fn flush(&self) {
        self.push_event(gst::event::FlushStart::new());
        self.push_event(gst::event::FlushStop::new(true));
    }

    /// Whether the element has a pad for video that comes in; a source has none.
    pub fn reads_from_pad(&self) -> bool {
        self.src.is_linked()
    }

    /// Sends an event upstream, as downstream would.
    pub fn push_upstream(&self, event: impl Into<gst::Event>) -> bool {
        self.sink.push_event(event)
    }

    /// A seek in time. `None` keeps the start, and leaves the end open.
    pub fn seek(
        &self,
        rate: f64,
        flags: gst::SeekFlags,
        start: Option<ClockTime>,
        stop: Option<ClockTime>,
    ) -> bool {
        let (set, keep) = (gst::SeekType::Set, gst::SeekType::None);
        let from = if start.is_some() { set } else { keep };
        self.push_upstream(gst::event::Seek::new(rate, flags, from, start, set, stop))
    }

    /// Asks the element, as downstream would.
    pub fn ask(&self, query: &mut gst::QueryRef) -> bool {
        self.sink.peer_query(query)
    }

    /// The pad behind the element.
    pub fn sink_pad(&self) -> &gst::Pad {
        &self.sink
    }

    /// What came out.
    ///
    /// # Panics
    /// When a thread of the test panicked.
    pub fn out(&self) -> MutexGuard<'_, Out> {
        self.shared.lock()
    }

    /// Lets `count` more buffers come.
    pub fn allow(&self, count: usize) {
        self.out().allowed = count;
        self.shared.changed.notify_all();
    }

    /// Waits until `done`.
    ///
    /// # Panics
    /// When that does not happen.
    #[track_caller]
    pub fn wait(&self, what: &str, done: impl Fn(&Out) -> bool) {
        let wait = self.shared.changed.wait_timeout_while(self.out(), GIVE_UP, |out| !done(out));
        let (out, timeout) = wait.expect("no panic");
        assert!(!timeout.timed_out(), "waited in vain for {what}: {out:?}");
    }

    /// Waits for EOS and gives the buffers that came since the last flush.
    ///
    /// # Panics
    /// When EOS does not come.
    #[track_caller]
    pub fn to_eos(&self) -> Vec<gst::Buffer> {
        self.wait("EOS", Out::eos);
        self.out().buffers.clone()
    }

    /// The caps in which the buffers came.
    ///
    /// # Panics
    /// When there are none.
    pub fn caps(&self) -> gst::Caps {
        self.sink.current_caps().expect("caps")
    }

    /// The errors that were posted.
    pub fn errors(&self) -> Vec<glib::Error> {
        let messages = std::iter::from_fn(|| self.bus.pop_filtered(&[gst::MessageType::Error]));
        messages
            .filter_map(|message| match message.view() {
                gst::MessageView::Error(error) => Some(error.error()),
                _ => None,
            })
            .collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.shared.set_flushing(true);
        let _ = self.sink.set_active(false);
        let stopped = self.element.set_state(gst::State::Null);
        let _ = self.src.set_active(false);
        if !std::thread::panicking() {
            stopped.expect("NULL");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Out> {
        // A test that failed elsewhere must still be able to tear this down.
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_flushing(&self, flushing: bool) {
        let mut out = self.lock();
        out.flushing = flushing;
        if !flushing {
            out.buffers.clear();
            out.events.clear();
        }
        self.changed.notify_all();
    }

    fn take(&self, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut out = self.lock();
        while out.allowed == 0 && !out.flushing {
            out.blocked = true;
            self.changed.notify_all();
            // As in `lock`; a panic here would end the whole process.
            out = self.changed.wait(out).unwrap_or_else(PoisonError::into_inner);
        }
        out.blocked = false;
        if out.flushing {
            return Err(gst::FlowError::Flushing);
        }
        if let Some(error) = out.refuse {
            return Err(error);
        }
        out.allowed -= 1;
        out.buffers.push(buffer);
        self.changed.notify_all();
        Ok(gst::FlowSuccess::Ok)
    }

    fn event(&self, event: gst::Event) {
        match event.type_() {
            gst::EventType::FlushStart => self.set_flushing(true),
            gst::EventType::FlushStop => self.set_flushing(false),
            _ => {
                self.lock().events.push(event);
                self.changed.notify_all();
            }
        }
    }
}

fn sink_pad(shared: &Arc<Shared>, caps: Option<&str>) -> gst::Pad {
    let (on_buffer, on_event) = (Arc::clone(shared), Arc::clone(shared));
    // A pad without a template would take nothing but the caps that it has.
    let allowed = caps.unwrap_or("ANY").parse::<gst::Caps>().expect("caps");
    gst::Pad::builder(gst::PadDirection::Sink)
        .name("test-sink")
        .chain_function(move |_, _, buffer| on_buffer.take(buffer))
        .event_function(move |_, _, event| {
            on_event.event(event);
            true
        })
        .query_function(move |pad, parent, query| {
            if let gst::QueryViewMut::Caps(query) = query.view_mut() {
                let filter = query.filter_owned();
                let answer = filter.map_or(allowed.clone(), |f| f.intersect(&allowed));
                query.set_result(&answer);
                return true;
            }
            gst::Pad::query_default(pad, parent, query)
        })
        .build()
}
