// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion train`: pictures or a video become a network that makes more of the kind.

mod pictures;

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use indicatif::{ProgressBar, ProgressStyle};
use stillmotion_engine::{
    request::Check,
    worker::{
        WorkerError,
        clip::check_device,
        protocol::{Fault, TrainWishes},
        train::{DEFAULT_PICTURES, MAX_PICTURES, News, Training},
    },
};

use crate::{args::TrainArgs, failure::Failure, settings::whole, signals, write};

/// All that a training needs to know.
struct Settings<'a> {
    input: &'a Path,
    checkpoint: &'a Path,
    wishes: TrainWishes,
    pictures: u32,
    device: String,
}

/// Trains, shows how far it is, and says where the result lies.
pub fn run(args: &TrainArgs) -> Result<(), Failure> {
    let settings = check(args)?;
    let stop = signals::watch()?;
    let go_on = || !stop.load(Ordering::Relaxed);
    let opened = Training::open(settings.checkpoint, &settings.device, &settings.wishes, go_on)?;
    let interrupted = || Failure::Interrupted("ended before the training began".to_owned());
    let mut training = opened.ok_or_else(interrupted)?;
    pictures::add_all(&mut training, settings.input, settings.pictures, &go_on)?;
    if !go_on() {
        return Err(interrupted());
    }
    let folder = settings.checkpoint.display();
    let (first, steps) = (training.step(), training.steps());
    if first >= steps {
        write::note(&format!("{folder}: it has {first} steps behind it, {steps} were asked for"));
        return Ok(());
    }
    let count = training.pictures();
    write::note(&format!("{folder}: training from {count} pictures, step {first} to {steps}"));
    let done = train(training, &stop)?;
    if done < steps {
        let ended =
            format!("ended: {folder} has {done} of {steps} steps; the same command goes on");
        return Err(Failure::Interrupted(ended));
    }
    write::note(&format!("{folder}: {steps} steps; look at its losses.png and samples"));
    let show = format!("stillmotion render photo.jpg -o out.mp4 --model {folder}");
    write::note(&format!("To see what it makes of a still: {show}"));
    Ok(())
}

/// Trains to the end or to where the user ends it; gives the number of the last step.
fn train(training: Training, stop: &AtomicBool) -> Result<u64, Failure> {
    let mut done = training.step();
    let bar = ProgressBar::new(training.steps()).with_position(done);
    let template = "{bar:30} {pos}/{len} steps  {per_sec}  {eta} left  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.reset_eta();
    let ended = training.run(|news| {
        match news {
            Some(News::Step { step, .. }) => {
                done = step;
                bar.set_position(step);
            }
            Some(News::Losses(losses)) => bar.set_message(format!(
                "losses {:.2} (discriminator) {:.2} (generator)",
                losses.discriminator, losses.generator
            )),
            Some(News::Wrote(path)) if path.extension().is_some_and(|e| e == "gif") => {
                bar.suspend(|| write::note(&format!("sample clip: {}", path.display())));
            }
            _ => (),
        }
        !stop.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    ended?;
    Ok(done)
}

fn check(args: &TrainArgs) -> Result<Settings<'_>, Failure> {
    let mut check = Check::default();
    let text = |text: &Option<std::ffi::OsString>| {
        text.as_ref().map(|text| text.to_string_lossy().into_owned())
    };
    let mut number = |name, text: &Option<std::ffi::OsString>| {
        text.as_ref().map(|text| whole(&mut check, name, Some(text), 0, 0..=u64::MAX))
    };
    let small = |number: Option<u64>| number.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let wishes = TrainWishes {
        kind: text(&args.kind),
        size: small(number("size", &args.size)),
        steps: number("steps", &args.steps),
        batch_size: small(number("batch-size", &args.batch_size)),
        learning_rate: text(&args.learning_rate).map(|text| text.parse().unwrap_or(f64::NAN)),
        seed: number("seed", &args.seed),
        sample_every: number("sample-every", &args.sample_every),
    };
    let pictures = args.pictures.as_deref();
    let pictures = whole(&mut check, "pictures", pictures, DEFAULT_PICTURES, 1..=MAX_PICTURES);
    let device = text(&args.device).unwrap_or_else(|| "auto".to_owned());
    check_device(&mut check, &device);
    if let Err(more) = wishes.validate() {
        check.merge(more);
    }
    check.finish()?;
    Ok(Settings { input: &args.input, checkpoint: &args.checkpoint, wishes, pictures, device })
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Refused { fault: Fault::Settings, message } => Self::Settings(message),
            error => Self::Failed(error.to_string()),
        }
    }
}
