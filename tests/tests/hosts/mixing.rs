// SPDX-License-Identifier: MIT OR Apache-2.0
//! A still with alpha over a video: a lower third that moves.

use super::{HEIGHT, KEPT, WIDTH, assert_times, folder, kept, still};

/// The photo, opaque in the middle and transparent around it.
fn lower_third() -> image::RgbaImage {
    let still = still();
    image::RgbaImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let at = (y * WIDTH + x) as usize * 3;
        let inside = (60..260).contains(&x) && (60..150).contains(&y);
        image::Rgba([still[at], still[at + 1], still[at + 2], if inside { 255 } else { 0 }])
    })
}

fn pixel(frame: &[u8], x: u32, y: u32) -> [u8; 3] {
    let at = (y * WIDTH + x) as usize * 3;
    [frame[at], frame[at + 1], frame[at + 2]]
}

/// The green of `videotestsrc pattern=green`.
fn is_green(pixel: [u8; 3]) -> bool {
    pixel[0] < 12 && pixel[1] > 240 && pixel[2] < 12
}

#[test]
fn what_is_transparent_stays_transparent_in_motion() {
    let folder = folder();
    lower_third().save(folder.path().join("alpha.png")).unwrap();
    let rate = "video/x-raw,framerate=25/1";
    // Which branch is looked at: above all of a still, or as an effect on a stream of it.
    for branch in [
        format!("pngdec ! motiongen num-buffers=30 prompt=\"push in\" ! {rate}"),
        format!(
            "pngdec ! imagefreeze num-buffers=30 ! {rate} ! motionfilter prompt=\"push in\" ! \
             queue"
        ),
    ] {
        let frames = kept(
            &format!(
                "gst-launch-1.0 compositor name=c ! {KEPT} videotestsrc pattern=green \
                 num-buffers=30 ! video/x-raw,width=320,height=180,framerate=25/1 ! c.sink_0 \
                 filesrc location=alpha.png ! {branch} ! c.sink_1"
            ),
            folder.path(),
        );
        assert_eq!(frames.len(), 30);
        assert_times(&frames, 25);
        let still = still();
        for (i, frame) in frames.iter().enumerate() {
            for corner in [(2, 2), (317, 2), (2, 177), (317, 177)] {
                let seen = pixel(&frame.rgb, corner.0, corner.1);
                assert!(is_green(seen), "frame {i} at {corner:?}: {seen:?} ({branch})");
            }
            assert!(!is_green(pixel(&frame.rgb, 160, 100)), "frame {i}: the photo is gone");
        }
        let centre = pixel(&frames[0].rgb, 160, 100);
        let there = pixel(&still, 160, 100);
        let near = std::iter::zip(centre, there).all(|(a, b)| a.abs_diff(b) <= 3);
        assert!(near, "{centre:?} is not {there:?}");
        assert!(frames[29].rgb != frames[0].rgb, "it moves");
    }
}

#[test]
fn a_lower_third_can_be_faded() {
    let folder = folder();
    lower_third().save(folder.path().join("alpha.png")).unwrap();
    let frames = kept(
        &format!(
            "gst-launch-1.0 compositor name=c sink_1::alpha=0.5 ! {KEPT} videotestsrc \
             pattern=green num-buffers=10 ! \
             video/x-raw,width=320,height=180,framerate=25/1 ! c.sink_0 filesrc \
             location=alpha.png ! pngdec ! motiongen num-buffers=10 ! \
             video/x-raw,framerate=25/1 ! c.sink_1"
        ),
        folder.path(),
    );
    assert_eq!(frames.len(), 10);
    let (seen, photo) = (pixel(&frames[0].rgb, 160, 100), pixel(&still(), 160, 100));
    for (channel, green) in [0, 255, 0].into_iter().enumerate() {
        let half = (i32::from(photo[channel]) + green) / 2;
        let off = (i32::from(seen[channel]) - half).abs();
        assert!(off <= 8, "{seen:?} is not half of {photo:?} over green");
    }
    assert!(is_green(pixel(&frames[0].rgb, 2, 2)));
}
