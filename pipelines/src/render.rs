// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion render`: a still becomes a video file or numbered pictures.

mod pipeline;

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use image::RgbImage;
use pipeline::Pipeline;
use stillmotion_engine::{
    image::decode::Limits,
    request::{Check, FrameRate},
    worker::ModelSettings,
};

use crate::{
    args::RenderArgs,
    failure::Failure,
    output::{self, Output, Staged},
    progress::Progress,
    settings::{self, Aids, Clip},
    signals, write,
};

/// All that a render needs to know.
struct Settings<'a> {
    image: &'a Path,
    output: Output,
    clip: Clip,
    aids: Aids,
    model: Option<ModelSettings>,
    /// Where to show what a model makes so far.
    preview: Option<&'a Path>,
    size: Option<(u32, u32)>,
    fit: &'static str,
    limits: Limits,
}

impl Settings<'_> {
    fn frames(&self) -> u64 {
        let FrameRate { numerator, denominator } = self.clip.frame_rate;
        let ticks = self.clip.duration.as_nanos() * u128::from(numerator);
        let per_frame = 1_000_000_000 * u128::from(denominator);
        u64::try_from(ticks.div_ceil(per_frame)).unwrap_or(u64::MAX)
    }
}

/// Renders, shows how far it is, and puts the result in its place.
pub fn run(args: &RenderArgs) -> Result<(), Failure> {
    let settings = check(args)?;
    let stop = signals::watch()?;
    let pipeline = Pipeline::new(&settings)?;
    let staged = Staged::new(&settings.output)?;
    pipeline.write_to(staged.location());
    let started = Instant::now();
    let progress = Progress::new(settings.frames(), "frames");
    let (ended, place) = play(&pipeline, &stop, &progress, settings.preview);
    pipeline.stop();
    progress.finish();
    ended?;
    let frames = pipeline.frames_done();
    let output = args.output.display();
    if frames == 0 {
        let interrupted = Failure::Interrupted("ended before the first frame".to_owned());
        let empty = Failure::Failed(format!("{output}: no frame was made"));
        return Err(if stop.load(Ordering::Relaxed) { interrupted } else { empty });
    }
    staged.commit(frames)?;
    if stop.load(Ordering::Relaxed) && frames < settings.frames() {
        let total = settings.frames();
        return Err(Failure::Interrupted(format!(
            "ended: {output} has {frames} of {total} frames"
        )));
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = frames as f64 / seconds.max(1e-3);
    write::note(&format!("{output}: {frames} frames in {seconds:.1} s, {rate:.0} a second"));
    if let Some(place) = place {
        write::note(&format!("To go on from its end: --extend {place}"));
    }
    Ok(())
}

fn check(args: &RenderArgs) -> Result<Settings<'_>, Failure> {
    let mut check = Check::default();
    let output = Output::parse(&mut check, &args.output);
    let even = output.as_ref().is_some_and(Output::needs_even_sides);
    let clip = settings::clip(&mut check, &args.motion, &args.time);
    let aids = settings::aids(&mut check, &args.aids);
    let model = settings::model(&mut check, &args.model);
    let preview = args.preview.as_deref();
    if let Some(path) = preview {
        output::check_png(&mut check, "preview", path);
    }
    let size = settings::size(&mut check, args.picture.size.as_deref(), even);
    let fit = settings::fit(&mut check, args.picture.fit.as_deref());
    let limits = settings::limits(&mut check, &args.limits);
    check.finish()?;
    let Some(output) = output else {
        return Err(Failure::Settings("output: no file was named".to_owned()));
    };
    Ok(Settings { image: &args.image, output, clip, aids, model, preview, size, fit, limits })
}

/// How often the bar moves and the flag is looked at.
const TICK: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// How long the encoder may take to write what it holds after Ctrl-C.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// Plays to the end, or to where the user ends it. Gives also the place at which the clip ended.
fn play(
    pipeline: &Pipeline,
    stop: &AtomicBool,
    progress: &Progress,
    preview: Option<&Path>,
) -> (Result<(), Failure>, Option<String>) {
    let mut place = None;
    let bus = match pipeline.start() {
        Ok(bus) => bus,
        Err(failure) => return (Err(failure), None),
    };
    let told = [gst::MessageType::Eos, gst::MessageType::Error, gst::MessageType::Element];
    let mut asked_to_end = None;
    let ended = loop {
        let message = bus.timed_pop_filtered(TICK, &told);
        progress.show(pipeline.frames_done());
        match message.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Eos(_)) => break Ok(()),
            Some(gst::MessageView::Error(e)) => break Err(Failure::Failed(e.error().to_string())),
            Some(gst::MessageView::Element(said)) => {
                match said.structure().map(|said| (said.name().as_str(), said)) {
                    Some(("stillmotion-clip", clip)) => place = clip.get("place").ok().or(place),
                    Some(("stillmotion-progress", said)) => say(progress, said),
                    Some(("stillmotion-preview", said)) => {
                        // A picture to look at is not worth the end of a render.
                        if let Some(Err(failure)) = preview.map(|path| show(path, said)) {
                            write::note(&failure.to_string());
                        }
                    }
                    _ => (),
                }
            }
            _ => {}
        }
        if stop.load(Ordering::Relaxed) {
            let since = *asked_to_end.get_or_insert_with(|| {
                pipeline.end();
                Instant::now()
            });
            if since.elapsed() > LAST_WORDS {
                let late = "the encoder did not come to an end".to_owned();
                break Err(Failure::Interrupted(late));
            }
        }
    };
    (ended, place)
}

/// Says what a model is busy with, where that is not frames.
fn say(progress: &Progress, said: &gst::StructureRef) {
    let Ok(phase) = said.get::<&str>("phase") else { return };
    let [done, total] = ["done", "total"].map(|name| said.get::<u64>(name).unwrap_or_default());
    let busy = phase != "generating" && done < total;
    progress.say(&if busy { format!("{phase} {done}/{total}") } else { String::new() });
}

/// Writes what a model makes so far.
fn show(path: &Path, said: &gst::StructureRef) -> Result<(), Failure> {
    let picture = said.get::<gst::Sample>("sample").ok().and_then(|sample| picture(&sample));
    let none = || Failure::unwritable(path, "the preview is no picture");
    output::write_png(path, &picture.ok_or_else(none)?.into())
}

fn picture(sample: &gst::Sample) -> Option<RgbImage> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let map = sample.buffer()?.map_readable().ok()?;
    let stride = usize::try_from(*info.stride().first()?).ok()?;
    let row = 3 * info.width() as usize;
    let rows = map.chunks(stride).filter_map(|line| line.get(..row));
    RgbImage::from_raw(info.width(), info.height(), rows.flatten().copied().collect())
}
