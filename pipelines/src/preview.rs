// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion preview`: four seeds beside each other, to choose from.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use image::{DynamicImage, Rgb, RgbImage};
use stillmotion_engine::{
    generator::Generator,
    image::{Image, MAX_SIDE, decode},
    request::Check,
    scene::SceneGenerator,
    worker::{ModelGenerator, ModelSettings, clip::picture, protocol::Progress as WorkerProgress},
};

use crate::{
    args::{ModelArgs, MotionArgs, PreviewArgs, TimeArgs},
    failure::Failure,
    output,
    progress::Progress,
    settings::{self, Clip},
    sheet::{OVERSAMPLING, frame, grid, open, prepare, tile, to_rgb},
    signals, write,
};

/// Seeds beside each other.
const SEEDS: u64 = 4;
/// What is shown of each clip, from top to bottom, as thirds of it.
const THIRDS: [u64; 3] = [1, 2, 3];

/// Draws the sheet, and prints how each clip is rendered in full.
pub fn run(args: &PreviewArgs) -> Result<(), Failure> {
    let mut check = Check::default();
    output::check_png(&mut check, "output", &args.output);
    let clip = settings::clip(&mut check, &args.motion, &args.time);
    let model = settings::model(&mut check, &args.model);
    let tile_width =
        settings::whole(&mut check, "tile-width", args.tile_width.as_deref(), 320, 64..=1920);
    let limits = settings::limits(&mut check, &args.limits);
    check.finish()?;
    let preview = Preview {
        clip,
        tile_width,
        stop: signals::watch()?,
        progress: Progress::new(SEEDS, "previews"),
    };
    let (tiles, commands) = match (&args.image, model) {
        (None, Some(model)) => preview.stills(&model, args)?,
        (Some(image), model) => preview.clips(&decode::load(image, &limits)?, model, args)?,
        (None, None) => return Err(Failure::Settings("image: no file was named".to_owned())),
    };
    preview.progress.finish();
    output::write_png(&args.output, &DynamicImage::from(grid(&tiles, SEEDS as u32)))?;
    write::result(&commands.join("\n"))
}

/// What all candidates have in common.
struct Preview {
    clip: Clip,
    tile_width: u32,
    stop: Arc<AtomicBool>,
    progress: Progress,
}

impl Preview {
    /// The clip of candidate `number`.
    fn candidate(&self, number: u64) -> Clip {
        self.progress.show(number);
        Clip { seed: self.clip.seed.wrapping_add(number), ..self.clip.clone() }
    }

    /// Whether to go on; says how far the work on a candidate is.
    fn go_on(&self, progress: Option<WorkerProgress>) -> bool {
        if let Some(WorkerProgress { phase, done, total }) = progress {
            self.progress.say(&format!("{} {done}/{total}", phase.name()));
        }
        !self.stop.load(Ordering::Relaxed)
    }

    /// Small pictures row by row, each column the clip of a seed, and the commands of these.
    fn clips(
        &self,
        still: &Image,
        model: Option<ModelSettings>,
        args: &PreviewArgs,
    ) -> Result<(Vec<RgbImage>, Vec<String>), Failure> {
        // What a model makes depends on the size of the still.
        let most = if model.is_some() { MAX_SIDE } else { self.tile_width * OVERSAMPLING };
        let still = Arc::new(prepare(still.clone(), most)?);
        let generator: Box<dyn Generator> = match model {
            Some(model) => Box::new(ModelGenerator(model)),
            None => Box::new(SceneGenerator),
        };
        let (mut columns, mut commands) = (Vec::new(), Vec::new());
        for number in 0..SEEDS {
            let clip = self.candidate(number);
            let opened = open(&*generator, &still, &clip)?;
            let last = opened.frames().saturating_sub(1);
            while !opened.ready(last, TICK) {
                if !self.go_on(opened.progress()) {
                    return Err(interrupted());
                }
            }
            let tile = |third| {
                tile(&frame(&*opened, &still, &clip, last * third / THIRDS[2])?, self.tile_width)
            };
            let mut tiles = THIRDS.into_iter().map(tile).collect::<Result<Vec<_>, _>>()?;
            write_number(&mut tiles[0], clip.seed);
            columns.push(tiles);
            commands.push(command(args, clip.seed));
        }
        let rows = (0..THIRDS.len()).flat_map(|row| columns.iter().map(move |c| c[row].clone()));
        Ok((rows.collect(), commands))
    }

    /// The stills of a model, each kept in a file, and the commands that make clips of these.
    fn stills(
        &self,
        model: &ModelSettings,
        args: &PreviewArgs,
    ) -> Result<(Vec<RgbImage>, Vec<String>), Failure> {
        let (mut tiles, mut commands) = (Vec::new(), Vec::new());
        for number in 0..SEEDS {
            let clip = self.candidate(number);
            let go_on = |progress, _| self.go_on(progress);
            let still = picture(model, &clip.prompt, clip.seed, go_on)?.ok_or_else(interrupted)?;
            let still = to_rgb(&still);
            let mut small = tile(&still, self.tile_width)?;
            write_number(&mut small, clip.seed);
            tiles.push(small);
            let stem = args.output.file_stem().unwrap_or(OsStr::new("still")).to_string_lossy();
            let path = args.output.with_file_name(format!("{stem}-{}.png", clip.seed));
            output::write_png(&path, &DynamicImage::from(still))?;
            commands.push(format!(
                "stillmotion render {} -o {}{}",
                quoted(path.as_os_str()),
                quoted(path.with_extension("mp4").as_os_str()),
                options(&[("prompt", &args.motion.prompt)])
            ));
        }
        Ok((tiles, commands))
    }
}

/// How often Ctrl-C is looked for.
const TICK: Duration = Duration::from_millis(100);

fn interrupted() -> Failure {
    Failure::Interrupted("ended before the sheet was drawn".to_owned())
}

/// The command that renders the clip of a seed in full.
fn command(args: &PreviewArgs, seed: u64) -> String {
    let MotionArgs { preset, prompt, motion, .. } = &args.motion;
    let MotionArgs { horizontal, vertical, pan, tilt, zoom, roll, .. } = &args.motion;
    let ModelArgs { model, device, precision, negative_prompt, .. } = &args.model;
    let ModelArgs { steps, guidance_scale, first_frame, .. } = &args.model;
    let TimeArgs { duration, frames, fps } = &args.time;
    let model = model.clone().map(PathBuf::into_os_string);
    let given = options(&[
        ("preset", preset),
        ("prompt", prompt),
        ("motion", motion),
        ("horizontal", horizontal),
        ("vertical", vertical),
        ("pan", pan),
        ("tilt", tilt),
        ("zoom", zoom),
        ("roll", roll),
        ("model", &model),
        ("device", device),
        ("precision", precision),
        ("negative-prompt", negative_prompt),
        ("steps", steps),
        ("guidance-scale", guidance_scale),
        ("first-frame", first_frame),
        ("duration", duration),
        ("frames", frames),
        ("fps", fps),
    ]);
    let image = args.image.as_deref().unwrap_or(Path::new(""));
    let output = Path::new(image.file_stem().unwrap_or(OsStr::new("clip")));
    let output = format!("{}-{seed}.mp4", output.display());
    let still = if args.motion.static_camera { " --static-camera" } else { "" };
    format!(
        "stillmotion render {} -o {} --seed={seed}{still}{given}",
        quoted(image.as_os_str()),
        quoted(OsStr::new(&output)),
    )
}

/// Those options that were given, as a shell reads them.
fn options(options: &[(&str, &Option<OsString>)]) -> String {
    let given = options.iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    given.map(|(name, value)| format!(" --{name}={}", quoted(value))).collect()
}

/// A word as a shell reads it.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=,:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Digits of three by five dots, a row of three bits after the other.
const DIGITS: [u16; 10] =
    [0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717];
/// Pixels of a side of a dot.
const DOT: u32 = 4;

/// Writes a number into the upper left corner of a picture, white on black.
fn write_number(picture: &mut RgbImage, number: u64) {
    let digits = number.to_string();
    let (width, height) = picture.dimensions();
    let dot = DOT.min(width / (4 * digits.len() as u32 + 1)).max(1);
    let size = (dot * (4 * digits.len() as u32 + 1), dot * 7);
    for y in 0..size.1.min(height) {
        for x in 0..size.0.min(width) {
            let lit = is_lit(digits.as_bytes(), x / dot, y / dot);
            picture.put_pixel(x, y, Rgb([if lit { u8::MAX } else { 0 }; 3]));
        }
    }
}

/// Whether a dot of the number's field is white; a dot of black is around each digit.
fn is_lit(digits: &[u8], x: u32, y: u32) -> bool {
    let (Some(column), Some(row)) = (x.checked_sub(1), y.checked_sub(1)) else { return false };
    let digit = digits.get((column / 4) as usize);
    let Some(digit) = digit.filter(|_| column % 4 < 3 && row < 5) else { return false };
    let bits = DIGITS[usize::from(digit - b'0')];
    bits >> (3 * (4 - row) + (2 - column % 4)) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_by_a_shell_as_it_was() {
        assert_eq!(quoted(OsStr::new("photo.jpg")), "photo.jpg");
        assert_eq!(quoted(OsStr::new("")), "''");
        assert_eq!(quoted(OsStr::new("it's $5")), r"'it'\''s $5'");
    }

    #[test]
    fn a_number_can_be_read_in_the_corner() {
        let mut picture = RgbImage::from_pixel(96, 54, Rgb([9; 3]));
        write_number(&mut picture, 17);
        let row = |y: u32| -> String {
            let lit = |x: u32| picture.get_pixel(x * DOT, y * DOT).0 == [u8::MAX; 3];
            (0..9).map(|x| if lit(x) { '#' } else { '.' }).collect()
        };
        assert_eq!(row(1), "..#..###.");
        assert_eq!(row(5), ".###...#.");
        assert_eq!(picture.get_pixel(95, 53).0, [9; 3]);
    }
}
