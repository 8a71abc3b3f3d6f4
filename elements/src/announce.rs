// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an element tells the world of the clips it makes: messages on the bus, and tags in the
//! stream that say what the pictures are.

use gst::{ClockTime, prelude::*};
use parking_lot::Mutex;

use crate::{clip::OpenClip, errors::FrameFailure, settings::Settings, takes::Take};

/// What happened to a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipEvent {
    /// Its first frame is about to be shown.
    Started,
    /// Its last frame was shown.
    Ended,
}

/// Posts the message `stillmotion-clip`. `settings` are those of the element, `origin` is the
/// stream time of the clip's first frame. At its end `place` says where the camera stands, for the
/// property `extend` of a clip that goes on from there. Hold no lock: who listens may call back.
pub fn post_clip(
    element: &gst::Element,
    event: ClipEvent,
    take: &Take,
    settings: &Settings,
    origin: ClockTime,
) {
    let name = match event {
        ClipEvent::Started => "started",
        ClipEvent::Ended => "ended",
    };
    let (clip, settings) = (take.clip(), take.settings(settings));
    let place = (event == ClipEvent::Ended).then(|| clip.end_place(&settings.controls)).flatten();
    let said = gst::Structure::builder("stillmotion-clip")
        .field("event", name)
        .field("prompt", &*settings.prompt)
        .field("motion", settings.controls.motion)
        .field("seed", settings.seed)
        .field("generator", clip.generator())
        .field("frames", clip.frames())
        .field("stream-time", origin)
        .field_if_some("place", place.map(|place| place.to_string()))
        .build();
    // Only an element without a bus does not take it.
    let _ = element.post_message(gst::message::Element::builder(said).src(element).build());
}

/// Sends `news` of [`StreamTags::of_take`] on `pad`. False where a flush swallowed it: behind the
/// flush the clip must be opened, and told of, again. Hold no lock.
pub fn send_tags(pad: &gst::Pad, news: gst::TagList, tags: &Mutex<StreamTags>) -> bool {
    let sent = pad.push_event(gst::event::Tag::new(news));
    let swallowed = !sent && pad.pad_flags().contains(gst::PadFlags::FLUSHING);
    if swallowed {
        tags.lock().own = None;
    }
    !swallowed
}

/// Posts a warning of a frame that had to be replaced. Hold no lock.
pub fn warn(element: &gst::Element, failure: &FrameFailure) {
    gst::element_warning!(element, gst::LibraryError::Failed, ("{failure}"));
}

/// Says in the words of tags what the pictures are: that no camera took them, with which prompt,
/// seed and generator they were made. The comment says all of it once more, since it is what
/// most containers keep.
fn tags(clip: &OpenClip, settings: &Settings) -> gst::TagList {
    let mut tags = gst::TagList::new();
    let Some(list) = tags.get_mut() else { return tags };
    let mode = gst::TagMergeMode::Append;
    let (prompt, seed, generator) = (&*settings.prompt, settings.seed, clip.generator());
    let version = env!("CARGO_PKG_VERSION");
    let comment = format!(
        "AI-generated: made from one still image by stillmotion {version}, generator {generator}, \
         seed {seed}, prompt \"{prompt}\""
    );
    list.set_scope(gst::TagScope::Stream);
    list.add::<gst::tags::Comment>(&comment.as_str(), mode);
    list.add::<gst::tags::Keywords>(&"AI-generated", mode);
    if !prompt.is_empty() {
        list.add::<gst::tags::Description>(&prompt, mode);
    }
    for pair in [format!("generator={generator}"), format!("seed={seed}")] {
        list.add::<gst::tags::ExtendedComment>(&pair.as_str(), mode);
    }
    tags
}

/// The stream's tags: those of upstream, and ours behind them. A second event with tags of the
/// stream takes the place of the first, so each one must hold both.
#[derive(Debug, Default)]
pub struct StreamTags {
    upstream: Option<gst::TagList>,
    own: Option<gst::TagList>,
}

impl StreamTags {
    /// Takes in what upstream says; gives what to send on in its place. Tags of a whole medium
    /// are not changed.
    pub fn merge_upstream(&mut self, tags: gst::TagList) -> gst::TagList {
        if tags.scope() != gst::TagScope::Stream {
            return tags;
        }
        self.upstream = Some(tags);
        self.merged()
    }

    /// Takes in what is to be said of `take`; gives what to send, if that is news.
    pub fn of_take(&mut self, take: &Take, settings: &Settings) -> Option<gst::TagList> {
        self.set_own(tags(take.clip(), &take.settings(settings)))
    }

    fn set_own(&mut self, tags: gst::TagList) -> Option<gst::TagList> {
        let news = self.own.as_ref() != Some(&tags);
        self.own = Some(tags);
        news.then(|| self.merged())
    }

    fn merged(&self) -> gst::TagList {
        match (&self.upstream, &self.own) {
            (Some(upstream), Some(own)) => upstream.merge(own, gst::TagMergeMode::Append),
            (Some(tags), None) | (None, Some(tags)) => tags.clone(),
            (None, None) => gst::TagList::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(scope: gst::TagScope, comment: &str) -> gst::TagList {
        gst::init().expect("GStreamer starts");
        let mut tags = gst::TagList::new();
        let list = tags.get_mut().expect("not shared yet");
        list.set_scope(scope);
        list.add::<gst::tags::Comment>(&comment, gst::TagMergeMode::Append);
        tags
    }

    fn comments(tags: &gst::TagList) -> Vec<String> {
        tags.iter_tag::<gst::tags::Comment>().map(|value| value.get().to_owned()).collect()
    }

    #[test]
    fn upstream_tags_and_ours_go_together_whichever_comes_first() {
        let stream = gst::TagScope::Stream;
        let mut tags = StreamTags::default();
        let sent = tags.merge_upstream(list(stream, "theirs"));
        assert_eq!(comments(&sent), ["theirs"]);
        let sent = tags.set_own(list(stream, "ours")).expect("news");
        assert_eq!(comments(&sent), ["theirs", "ours"]);
        assert!(tags.set_own(list(stream, "ours")).is_none(), "no news");
        let sent = tags.merge_upstream(list(stream, "theirs anew"));
        assert_eq!(comments(&sent), ["theirs anew", "ours"]);
    }

    #[test]
    fn tags_of_the_medium_pass_unchanged() {
        let mut tags = StreamTags::default();
        let _ = tags.set_own(list(gst::TagScope::Stream, "ours"));
        let sent = tags.merge_upstream(list(gst::TagScope::Global, "the film"));
        assert_eq!(comments(&sent), ["the film"]);
    }
}
