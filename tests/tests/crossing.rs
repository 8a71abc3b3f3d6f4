// SPDX-License-Identifier: MIT OR Apache-2.0
//! What rides along with the pictures: captions, timecodes, regions, cues for the ad server. It
//! comes out with the frame with which it came in, and in the same order.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, prelude::*};
use gst_video::video_event::{DownstreamForceKeyUnitEvent, UpstreamForceKeyUnitEvent};
use stillmotion_tests::{FILTERS, pictures, pipeline, rig::Rig};

fn caps() -> gst::Caps {
    let mut caps = pictures::caps("I420", 32, 32);
    caps.make_mut().set("framerate", gst::Fraction::new(25, 1));
    caps
}

fn frame(i: u64) -> gst::Buffer {
    let mut frame = pictures::frame(&caps(), i as u8);
    let target = frame.make_mut();
    target.set_pts(ClockTime::from_mseconds(40 * i));
    target.set_duration(ClockTime::from_mseconds(40));
    frame
}

fn cue(number: u32) -> gst::Event {
    gst::event::CustomDownstream::new(
        gst::Structure::builder("scte-cue").field("number", number).build(),
    )
}

/// The numbers of the cues that came out, and a -1 for each buffer, in order.
fn order(rig: &Rig) -> std::sync::Arc<std::sync::Mutex<Vec<i64>>> {
    let order = std::sync::Arc::<std::sync::Mutex<Vec<i64>>>::default();
    let seen = std::sync::Arc::clone(&order);
    let pad = rig.element.static_pad("src").unwrap();
    let mask = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    pad.add_probe(mask, move |_, info| {
        let mark = match &info.data {
            Some(gst::PadProbeData::Buffer(_)) => Some(-1),
            Some(gst::PadProbeData::Event(event)) => match event.type_() {
                gst::EventType::Segment => Some(-2),
                gst::EventType::Eos => Some(-3),
                _ => event.structure().and_then(|s| s.get::<u32>("number").ok()).map(i64::from),
            },
            _ => None,
        };
        seen.lock().unwrap().extend(mark);
        gst::PadProbeReturn::Ok
    });
    order
}

#[test]
fn cues_cross_the_effect_between_the_frames_where_they_were() {
    let rig = Rig::new("motionfilter", &[]);
    let order = order(&rig);
    rig.play();
    assert!(rig.announce(&caps()));
    for i in 0..4 {
        assert!(rig.push_event(cue(i)));
        rig.push(frame(i.into())).unwrap();
    }
    assert!(rig.push_event(cue(4)));
    rig.push_event(gst::event::Eos::new());
    assert_eq!(*order.lock().unwrap(), [-2, 0, -1, 1, -1, 2, -1, 3, -1, 4, -3]);
}

#[test]
fn cues_before_the_still_leave_before_its_clip_and_behind_its_segment() {
    let rig = Rig::new("motiongen", &[("num-buffers", "2")]);
    let order = order(&rig);
    rig.play();
    assert!(rig.announce(&caps()));
    assert!(rig.push_event(cue(1)) && rig.push_event(cue(2)));
    assert_eq!(rig.push(frame(0)), Err(gst::FlowError::Eos));
    rig.to_eos();
    assert_eq!(*order.lock().unwrap(), [-2, 1, 2, -1, -1, -3]);
}

#[test]
fn cues_between_two_stills_leave_between_their_clips() {
    let rig = Rig::new("motiongen", &[("allow-replace", "true"), ("at-end", "hold")]);
    let order = order(&rig);
    rig.allow(3);
    rig.play();
    assert!(rig.announce(&caps()));
    rig.push(frame(0)).unwrap();
    rig.wait("a frame that waits", |out| out.blocked);
    assert!(rig.push_event(cue(7)));
    rig.push(frame(1)).unwrap();
    rig.allow(2);
    rig.wait("the second still", |out| out.buffers.len() == 5);
    let order = order.lock().unwrap();
    let cue = order.iter().position(|&mark| mark == 7).expect("the cue");
    assert_eq!(order[..cue], [-2, -1, -1, -1, -1]);
}

#[test]
fn a_cue_that_the_application_sends_leaves_before_the_next_frame() {
    let rig = Rig::new("motiongen", &[("num-buffers", "5")]);
    let order = order(&rig);
    rig.allow(2);
    rig.play();
    assert!(rig.announce(&caps()));
    assert_eq!(rig.push(frame(0)), Err(gst::FlowError::Eos));
    rig.wait("a frame that waits", |out| out.blocked);
    // As through a pipeline: the source in front has reached its end, and this is the other one.
    assert!(rig.element.send_event(cue(9)));
    rig.allow(usize::MAX);
    rig.to_eos();
    assert_eq!(*order.lock().unwrap(), [-2, -1, -1, -1, 9, -1, -1, -3]);
    assert!(!rig.element.send_event(cue(10)), "behind the end");
}

#[test]
fn a_cue_for_the_whole_pipeline_comes_once() {
    let rig = Rig::new("motiongen", &[("num-buffers", "1")]);
    let order = order(&rig);
    rig.play();
    assert!(rig.announce(&caps()));
    let cue = cue(3);
    assert!(rig.push_event(cue.clone()) && rig.element.send_event(cue));
    assert_eq!(rig.push(frame(0)), Err(gst::FlowError::Eos));
    rig.to_eos();
    assert_eq!(*order.lock().unwrap(), [-2, 3, -1, -3]);
}

#[test]
fn cues_of_a_stream_without_a_still_are_not_lost() {
    let rig = Rig::new("motiongen", &[]);
    let order = order(&rig);
    rig.play();
    assert!(rig.announce(&caps()) && rig.push_event(cue(1)));
    assert!(rig.push_event(gst::event::Eos::new()));
    assert_eq!(*order.lock().unwrap(), [1, -3]);
}

#[test]
fn requests_for_a_key_frame_pass_both_ways() {
    for factory in FILTERS {
        let rig = Rig::new(factory, &[]);
        rig.play();
        assert!(rig.announce(&caps()));
        let down = DownstreamForceKeyUnitEvent::builder().all_headers(true).count(5).build();
        assert!(rig.push_event(down));
        let asked = std::sync::Arc::<std::sync::Mutex<Vec<u32>>>::default();
        let seen = std::sync::Arc::clone(&asked);
        let peer = rig.element.static_pad("sink").unwrap().peer().unwrap();
        peer.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
            if let Some(gst::PadProbeData::Event(event)) = &info.data
                && let Ok(request) = UpstreamForceKeyUnitEvent::parse(event)
            {
                seen.lock().unwrap().push(request.count);
            }
            gst::PadProbeReturn::Ok
        });
        rig.push_upstream(UpstreamForceKeyUnitEvent::builder().count(6).build());
        assert_eq!(*asked.lock().unwrap(), [6], "{factory}");
        let _ = rig.push(frame(0));
        rig.wait("a frame", |out| !out.buffers.is_empty());
        let out = rig.out();
        let parsed = out.events.iter().find_map(|e| DownstreamForceKeyUnitEvent::parse(e).ok());
        assert_eq!(parsed.expect("it passed").count, 5, "{factory}");
    }
}

/// Puts everything on a buffer that broadcasters put there.
fn decorate(buffer: &mut gst::BufferRef, i: u8) {
    use gst_video::*;
    VideoRegionOfInterestMeta::add(buffer, "face", (1 + u32::from(i), 2, 8, 9));
    VideoCaptionMeta::add(buffer, VideoCaptionType::Cea708Raw, &[0x9c, i, 0x80, 0x80]);
    VideoAFDMeta::add(buffer, 0, VideoAFDSpec::AtscA53, VideoAFDValue::_43Full43Pillar);
    VideoBarMeta::add(buffer, 0, true, 2, 3);
    let code = VideoTimeCode::new(
        gst::Fraction::new(25, 1),
        None,
        VideoTimeCodeFlags::empty(),
        10,
        20,
        30,
        i.into(),
        0,
    );
    VideoTimeCodeMeta::add(buffer, &code.try_into().expect("a valid timecode"));
    let reference = gst::Caps::new_empty_simple("timestamp/x-ntp");
    let time = ClockTime::from_seconds(u64::from(i) + 100);
    gst::ReferenceTimestampMeta::add(buffer, &reference, time, ClockTime::NONE);
}

#[track_caller]
fn assert_decorated(buffer: &gst::BufferRef, i: u8) {
    use gst_video::*;
    let region = buffer.meta::<VideoRegionOfInterestMeta>().expect("a region");
    assert_eq!((region.roi_type(), region.rect()), ("face", (1 + u32::from(i), 2, 8, 9)));
    let caption = buffer.meta::<VideoCaptionMeta>().expect("captions");
    assert_eq!(caption.data(), [0x9c, i, 0x80, 0x80]);
    let afd = buffer.meta::<VideoAFDMeta>().expect("AFD").afd();
    assert_eq!(afd, VideoAFDValue::_43Full43Pillar);
    assert!(buffer.meta::<VideoBarMeta>().expect("bars").is_letterbox());
    let code = buffer.meta::<VideoTimeCodeMeta>().expect("a timecode").tc();
    assert_eq!(code.to_string(), format!("10:20:30:{i:02}"));
    let time = buffer.meta::<gst::ReferenceTimestampMeta>().expect("a reference").timestamp();
    assert_eq!(time, ClockTime::from_seconds(u64::from(i) + 100));
}

#[test]
fn what_broadcasters_put_on_a_frame_crosses_the_effect() {
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    assert!(rig.announce(&caps()));
    for i in 0..5 {
        let mut frame = frame(i.into());
        decorate(frame.make_mut(), i);
        rig.push(frame).unwrap();
        let out = rig.out().buffers.pop().unwrap();
        assert_decorated(&out, i);
        let count = out.iter_meta::<gst::Meta>().count();
        let video = out.iter_meta::<gst_video::VideoMeta>().count();
        assert_eq!(count - video, 6, "each meta once");
    }
}

#[test]
fn what_broadcasters_put_on_the_still_is_on_every_frame_of_its_clip() {
    let rig = Rig::new("motiongen", &[("num-buffers", "3")]);
    rig.play();
    assert!(rig.announce(&caps()));
    let mut frame = frame(0);
    decorate(frame.make_mut(), 7);
    assert_eq!(rig.push(frame), Err(gst::FlowError::Eos));
    for frame in rig.to_eos() {
        assert_decorated(&frame, 7);
    }
}

const PACKET: usize = 188;
const SPLICE_PID: u16 = 500;

/// A transport stream packet with a `splice_insert` of SCTE 35, "out of the network, now".
fn splice_packet(event_id: u32) -> [u8; PACKET] {
    // Protocol 0, not encrypted, no PTS adjustment, cw_index 255, tier 0xFFF, a command of 10
    // bytes, of type 5.
    let mut section = vec![0xFC, 0x30, 27, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xF0, 10, 5];
    section.extend(event_id.to_be_bytes());
    section.extend([0x7F, 0xDF, 0, 1, 0, 0]);
    // No descriptors.
    section.extend([0, 0]);
    section.extend(crc32_mpeg(&section).to_be_bytes());
    let mut packet = [0xFF; PACKET];
    packet[..5].copy_from_slice(&[0x47, 0x40 | (SPLICE_PID >> 8) as u8, SPLICE_PID as u8, 0x10, 0]);
    packet[5..5 + section.len()].copy_from_slice(&section);
    packet
}

fn crc32_mpeg(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
            (crc << 1) ^ if crc >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
        })
    })
}

/// The event numbers of the `splice_insert` commands in a transport stream.
fn splices(stream: &[u8]) -> Vec<u32> {
    let packets = stream.chunks_exact(PACKET);
    let ours =
        packets.filter(|packet| u16::from_be_bytes([packet[1] & 0x1F, packet[2]]) == SPLICE_PID);
    let sections = ours.filter_map(|packet| {
        let start = 5 + if packet[3] & 0x20 != 0 { usize::from(packet[4]) + 1 } else { 0 };
        let section = packet.get(start..)?;
        let insert = section[0] == 0xFC && section[13] == 5;
        insert.then(|| u32::from_be_bytes([section[14], section[15], section[16], section[17]]))
    });
    sections.collect()
}

/// Cues for the ad server come out of `tsdemux`, cross the effect, and `mpegtsmux` writes them
/// again.
#[test]
fn scte_35_crosses_the_effect_from_one_transport_stream_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.ts"), folder.path().join("to.ts"));
    let encode = "videoconvert ! x264enc tune=zerolatency key-int-max=10 ! \
                  mpegtsmux scte-35-pid=500";
    pipeline::play(&format!(
        "videotestsrc num-buffers=60 ! video/x-raw,width=64,height=48,framerate=30/1 ! {encode} \
         ! filesink location={}",
        from.display()
    ));
    let mut stream = std::fs::read(&from).unwrap();
    let middle = stream.len() / PACKET / 2 * PACKET;
    stream.splice(middle..middle, splice_packet(77));
    std::fs::write(&from, &stream).unwrap();
    for effect in ["identity", "motionfilter"] {
        pipeline::play(&format!(
            "filesrc location={} ! tsdemux send-scte35-events=true ! h264parse ! avdec_h264 ! \
             videoconvert ! {effect} ! {encode} ! filesink location={}",
            from.display(),
            to.display()
        ));
        assert_eq!(splices(&std::fs::read(&to).unwrap()), [77], "{effect}");
    }
}
