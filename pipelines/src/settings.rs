// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the texts of the command line to values, with every mistake noted in one [`Check`].

use std::{
    ffi::{OsStr, OsString},
    fmt::Display,
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use stillmotion_elements::presets::{BUILT_IN, BuiltIn};
use stillmotion_engine::{
    brush::Strokes,
    image::{MAX_SIDE, MIN_SIDE, decode::Limits},
    request::{
        AXIS, Axes, Check, Controls, DEFAULT_DURATION, DEFAULT_FRAME_RATE, DEFAULT_MOTION,
        FrameRate, MOTION,
    },
    scene::Place,
    worker::{
        FirstFrame, ModelSettings,
        clip::check_device,
        protocol::{MAX_GUIDANCE, MAX_STEPS, Precision, SamplingWishes},
    },
};

use crate::args::{AidArgs, LimitArgs, ModelArgs, MotionArgs, TimeArgs};

/// How a clip is to move and how long it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    pub prompt: String,
    pub seed: u64,
    pub controls: Controls,
    pub duration: Duration,
    pub frame_rate: FrameRate,
}

/// Reads all that describes a clip.
pub fn clip(check: &mut Check, motion: &MotionArgs, time: &TimeArgs) -> Clip {
    let mut axis = |name, text: &Option<OsString>| number(check, name, text.as_deref(), 0.0, AXIS);
    let axes = Axes {
        horizontal: axis("horizontal", &motion.horizontal),
        vertical: axis("vertical", &motion.vertical),
        pan: axis("pan", &motion.pan),
        tilt: axis("tilt", &motion.tilt),
        zoom: axis("zoom", &motion.zoom),
        roll: axis("roll", &motion.roll),
    };
    let preset = preset(check, motion.preset.as_deref());
    let usual = preset.map_or(DEFAULT_MOTION, |preset| preset.motion);
    let amount = number(check, "motion", motion.motion.as_deref(), usual, MOTION);
    let usual = preset.map_or("", |preset| preset.prompt);
    let prompt = motion.prompt.as_deref().unwrap_or(OsStr::new(usual));
    let frame_rate = frame_rate(check, time.fps.as_deref());
    Clip {
        prompt: prompt.to_string_lossy().into_owned(),
        seed: whole(check, "seed", motion.seed.as_deref(), 0, 0..=u64::MAX),
        controls: Controls {
            motion: amount,
            axes,
            static_camera: motion.static_camera,
            ..Controls::default()
        },
        duration: duration(check, time, frame_rate),
        frame_rate,
    }
}

/// What there is beside the still. The elements read the files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aids {
    /// Property and path.
    pub files: Vec<(&'static str, PathBuf)>,
    /// Property and text.
    pub texts: Vec<(&'static str, String)>,
    pub loops: bool,
}

/// Reads what there is beside the still.
pub fn aids(check: &mut Check, args: &AidArgs) -> Aids {
    let files = [
        ("depth-image", &args.depth),
        ("depth-model", &args.depth_model),
        ("mask", &args.mask),
        ("end-image", &args.end_image),
    ];
    let files = files.into_iter().filter_map(|(name, path)| Some((name, path.clone()?)));
    let texts =
        [("depth-meaning", &args.depth_meaning), ("brush", &args.brush), ("extend", &args.extend)];
    let texts = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name, text.as_ref()?.to_string_lossy().into_owned())));
    let aids = Aids { files: files.collect(), texts: texts.collect(), loops: args.loops };
    for (name, text) in &aids.texts {
        match *name {
            "depth-meaning" if !MEANINGS.contains(&text.as_str()) => {
                check.problem("depth-meaning", text, MEANINGS.join(", "));
            }
            "brush" => {
                let _ = text.parse::<Strokes>().map_err(|mistakes| check.merge(mistakes));
            }
            "extend" => {
                if let Err(error) = text.trim().parse::<Place>() {
                    check.problem("extend", text, format!("what a render printed: {error}"));
                }
            }
            _ => (),
        }
    }
    aids
}

/// What the output of a depth model may mean, by the names that the elements give it.
const MEANINGS: [&str; 3] = ["auto", "nearness", "distance"];

/// Reads which model makes the clip; `None` for the built-in generator.
pub fn model(check: &mut Check, args: &ModelArgs) -> Option<ModelSettings> {
    let device = text(args.device.as_deref(), "auto");
    check_device(check, &device);
    let steps = whole(check, "steps", args.steps.as_deref(), 1, 1..=MAX_STEPS);
    let scale =
        number(check, "guidance-scale", args.guidance_scale.as_deref(), 1.0, 1.0..=MAX_GUIDANCE);
    let precision = args.precision.as_deref();
    let first = args.first_frame.as_deref();
    let precision = choice(check, "precision", precision, &Precision::ALL, Precision::name);
    let first_frame = choice(check, "first-frame", first, &FirstFrame::ALL, FirstFrame::name);
    Some(ModelSettings {
        model: args.model.clone()?,
        device,
        precision,
        sampling: SamplingWishes {
            negative_prompt: text(args.negative_prompt.as_deref(), ""),
            steps: args.steps.is_some().then_some(steps),
            guidance_scale: args.guidance_scale.is_some().then_some(scale),
            previews: false,
        },
        first_frame,
    })
}

fn text(text: Option<&OsStr>, usual: &str) -> String {
    text.unwrap_or(OsStr::new(usual)).to_string_lossy().into_owned()
}

/// Reads one of `all` by its name, by default the usual one of its type.
fn choice<T: Copy + Default>(
    check: &mut Check,
    setting: &'static str,
    text: Option<&OsStr>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> T {
    let Some(text) = text else { return T::default() };
    all.iter().copied().find(|one| text == name(*one)).unwrap_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        check.problem(setting, text.to_string_lossy(), names.join(", "));
        T::default()
    })
}

/// Reads what a still may cost.
pub fn limits(check: &mut Check, args: &LimitArgs) -> Limits {
    let default = Limits::default();
    let sides = MIN_SIDE..=MAX_SIDE;
    Limits {
        max_side: whole(check, "max-side", args.max_side.as_deref(), default.max_side, sides),
        max_bytes: whole(
            check,
            "max-bytes",
            args.max_bytes.as_deref(),
            default.max_bytes,
            1..=u64::MAX,
        ),
    }
}

/// Reads a list of motion amounts.
pub fn motions(check: &mut Check, text: Option<&OsStr>) -> Vec<f64> {
    let Some(text) = text else { return Vec::new() };
    let text = text.to_string_lossy();
    let amounts: Vec<_> = text.split(',').map(OsStr::new).collect();
    if amounts.len() > MAX_MOTIONS {
        check.problem("motions", &text, format!("1 to {MAX_MOTIONS} amounts"));
        return Vec::new();
    }
    amounts.into_iter().map(|a| number(check, "motions", Some(a), 0.0, MOTION)).collect()
}

/// Amounts of motion in one strip.
const MAX_MOTIONS: usize = 10;

/// Reads a size such as 1280x720. `even` is for video files, whose colour is halved both ways.
pub fn size(check: &mut Check, text: Option<&OsStr>, even: bool) -> Option<(u32, u32)> {
    let text = text?.to_string_lossy();
    let sides = text.split_once(['x', 'X']).map(|(w, h)| (w.trim().parse(), h.trim().parse()));
    let Some((Ok(width), Ok(height))) = sides else {
        check.problem("size", &text, "width x height in pixels, such as 1280x720".to_owned());
        return None;
    };
    check.size(width, height);
    if even && (width % 2 != 0 || height % 2 != 0) {
        check.problem("size", &text, "even sides in a video file".to_owned());
    }
    Some((width, height))
}

/// Reads the name of a ready-made look, in capitals or not.
fn preset(check: &mut Check, text: Option<&OsStr>) -> Option<BuiltIn> {
    let text = text?.to_string_lossy();
    let known = BUILT_IN.into_iter().find(|preset| preset.name.eq_ignore_ascii_case(text.trim()));
    if known.is_none() {
        check.problem("preset", &text, BUILT_IN.map(|preset| preset.name).join(", "));
    }
    known
}

/// Reads a way to fit, by the name that the elements give it.
pub fn fit(check: &mut Check, text: Option<&OsStr>) -> &'static str {
    const WAYS: [&str; 3] = ["cover", "contain", "stretch"];
    let Some(text) = text else { return WAYS[0] };
    WAYS.into_iter().find(|way| text == *way).unwrap_or_else(|| {
        check.problem("fit", text.to_string_lossy(), "cover, contain or stretch".to_owned());
        WAYS[0]
    })
}

/// Reads a whole number in a range.
pub fn whole<T: FromStr + Display + PartialOrd + Copy>(
    check: &mut Check,
    name: &'static str,
    text: Option<&OsStr>,
    default: T,
    range: RangeInclusive<T>,
) -> T {
    let Some(text) = text else { return default };
    let text = text.to_string_lossy();
    match text.trim().parse() {
        Ok(value) if range.contains(&value) => value,
        _ => {
            let allowed = format!("a whole number, {} to {}", range.start(), range.end());
            check.problem(name, &text, allowed);
            default
        }
    }
}

fn number(
    check: &mut Check,
    name: &'static str,
    text: Option<&OsStr>,
    default: f64,
    range: RangeInclusive<f64>,
) -> f64 {
    let Some(text) = text else { return default };
    let text = text.to_string_lossy();
    match text.trim().parse::<f64>() {
        Ok(value) => {
            check.range(name, value, *range.start(), *range.end());
            value
        }
        Err(_) => {
            check.problem(name, &text, format!("{} to {}", range.start(), range.end()));
            default
        }
    }
}

fn frame_rate(check: &mut Check, text: Option<&OsStr>) -> FrameRate {
    let Some(text) = text else { return DEFAULT_FRAME_RATE };
    let text = text.to_string_lossy();
    let (numerator, denominator) = text.split_once('/').unwrap_or((&text, "1"));
    // Caps hold a rate as two signed numbers of 32 bits.
    let part = |text: &str| text.trim().parse::<u32>().ok().filter(|n| i32::try_from(*n).is_ok());
    match (part(numerator), part(denominator)) {
        (Some(numerator), Some(denominator)) if denominator > 0 => {
            let rate = FrameRate { numerator, denominator };
            check.frame_rate(rate);
            rate
        }
        _ => {
            let allowed = "a whole number or a fraction such as 30000/1001".to_owned();
            check.problem("fps", &text, allowed);
            DEFAULT_FRAME_RATE
        }
    }
}

fn duration(check: &mut Check, time: &TimeArgs, rate: FrameRate) -> Duration {
    let duration = if let Some(text) = time.duration.as_deref() {
        let text = text.to_string_lossy();
        let seconds = text.trim().parse().ok().map(Duration::try_from_secs_f64);
        let Some(Ok(duration)) = seconds else {
            check.problem("duration", &text, "a number of seconds above 0".to_owned());
            return DEFAULT_DURATION;
        };
        duration
    } else if time.frames.is_some() {
        let frames = whole(check, "frames", time.frames.as_deref(), 1, 1..=u64::from(u32::MAX));
        let ns = u128::from(frames) * 1_000_000_000 * u128::from(rate.denominator);
        let ns = ns / u128::from(rate.numerator.max(1));
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    } else {
        return DEFAULT_DURATION;
    };
    check.duration(duration);
    duration
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stillmotion_engine::request::InvalidSettings;

    use super::*;

    fn problems(check: Check) -> Vec<(&'static str, String)> {
        let InvalidSettings(problems) = check.finish().expect_err("something is wrong");
        problems.into_iter().map(|p| (p.setting, p.value)).collect()
    }

    fn os(text: &str) -> Option<OsString> {
        Some(text.into())
    }

    #[test]
    fn every_mistake_is_noted() {
        let mut check = Check::default();
        let motion = MotionArgs {
            motion: os("11"),
            seed: os("-1"),
            pan: os("left"),
            roll: os("NaN"),
            preset: os("Spin"),
            ..MotionArgs::default()
        };
        let time = TimeArgs { duration: os("-2"), frames: None, fps: os("24/0") };
        clip(&mut check, &motion, &time);
        limits(&mut check, &LimitArgs { max_side: os("1"), max_bytes: os("many") });
        size(&mut check, Some(OsStr::new("641x20000")), true);
        fit(&mut check, Some(OsStr::new("zoom")));
        let names: Vec<_> = problems(check).into_iter().map(|(name, _)| name).collect();
        let want = [
            "pan",
            "roll",
            "preset",
            "motion",
            "fps",
            "seed",
            "duration",
            "max-side",
            "max-bytes",
            "size",
            "size",
            "fit",
        ];
        assert_eq!(names, want);
    }

    #[test]
    fn a_preset_yields_to_what_is_said_beside_it() {
        let look = |motion: MotionArgs| {
            let mut check = Check::default();
            let time = TimeArgs { frames: None, fps: None, duration: None };
            let clip = clip(&mut check, &motion, &time);
            check.finish().expect("nothing is wrong");
            (clip.prompt, clip.controls.motion)
        };
        let preset = || MotionArgs { preset: os(" aerial drone"), ..MotionArgs::default() };
        let (prompt, motion) = look(preset());
        assert!(prompt.contains("drone") && motion == 7.0, "{prompt} {motion}");
        assert_eq!(look(MotionArgs { motion: os("2"), ..preset() }), (prompt, 2.0));
        let said = look(MotionArgs { prompt: os("pan left"), ..preset() });
        assert_eq!(said, ("pan left".to_owned(), 7.0));
    }

    #[test]
    fn frames_become_a_duration_that_gives_as_many_frames() {
        for (frames, fps) in [("1", "24"), ("48", "24"), ("1001", "30000/1001"), ("7", "1/3")] {
            let mut check = Check::default();
            let time = TimeArgs { frames: os(frames), fps: os(fps), duration: None };
            let clip = clip(&mut check, &MotionArgs::default(), &time);
            check.finish().expect("nothing is wrong");
            let FrameRate { numerator, denominator } = clip.frame_rate;
            let ticks = clip.duration.as_nanos() * u128::from(numerator);
            let count = ticks.div_ceil(1_000_000_000 * u128::from(denominator));
            assert_eq!(count.to_string(), frames, "{fps}");
        }
    }

    #[test]
    fn a_list_of_motions() {
        let mut check = Check::default();
        assert_eq!(motions(&mut check, Some(OsStr::new("1, 5,10"))), [1.0, 5.0, 10.0]);
        assert!(check.finish().is_ok());
        let mut check = Check::default();
        motions(&mut check, Some(OsStr::new("1,,99")));
        assert_eq!(problems(check).len(), 2);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_noted(text in ".{0,12}") {
            let mut check = Check::default();
            let all = || os(&text);
            let motion = MotionArgs { motion: all(), seed: all(), zoom: all(), ..Default::default() };
            clip(&mut check, &motion, &TimeArgs { duration: all(), frames: None, fps: all() });
            clip(&mut check, &motion, &TimeArgs { duration: None, frames: all(), fps: None });
            size(&mut check, Some(OsStr::new(&text)), false);
            motions(&mut check, Some(OsStr::new(&text)));
        }
    }
}
