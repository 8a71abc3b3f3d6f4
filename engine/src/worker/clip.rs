// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips whose frames come from a worker.
//!
//! A thread of its own fetches the frames, in order, and keeps them as the model made them. They
//! are brought to the size and the format of the still when they are shown. A worker that dies is
//! started again and goes on at the frame that is missing; a second death with no frame in
//! between is told.

use std::{
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{
    pool::{self, Key, Lease},
    process::WorkerError,
    protocol::{Fault, GenerateOrder, Order, Packet, Progress, Report, Size},
};
use crate::{
    fit::{self, Fit},
    generator::{Clip, Generator, GeneratorError, check_frame},
    image::{FrameMut, Image, MAX_SIDE, MIN_SIDE, Plane, planes_of_rgb, to_rgb},
    request::{Check, Controls, Request},
};

/// How often a thread that waits for a worker looks whether its clip is still wanted.
const TICK: Duration = Duration::from_millis(20);
/// How long a worker may take to give up an order.
const CANCEL: Duration = Duration::from_millis(500);
/// The longest side of a still as a worker gets it: more than any model looks at.
const LONGEST_SIDE: u32 = 2048;
/// The most bytes of frames that a clip keeps.
const MAX_CLIP_BYTES: u64 = 2 << 30;

/// Which model makes a clip, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSettings {
    /// The folder of the model.
    pub model: PathBuf,
    /// `auto`, `cpu` or `cuda:N`.
    pub device: String,
}

impl ModelSettings {
    /// Adds what is wrong to `check`. Whether the folder holds a model is the worker's to say.
    pub fn check(&self, check: &mut Check) {
        if !is_device(&self.device) {
            let allowed = "auto, cpu, or cuda:N with N from 0 to 255".to_owned();
            check.problem("device", &self.device, allowed);
        }
    }

    fn key(&self) -> Key {
        Key { model: self.model.clone(), device: self.device.clone() }
    }
}

/// Whether `text` names a device: `auto`, `cpu` or `cuda:N`.
#[must_use]
pub fn is_device(text: &str) -> bool {
    let number = text.strip_prefix("cuda:");
    matches!(text, "auto" | "cpu") || number.is_some_and(|number| number.parse::<u8>().is_ok())
}

/// Makes clips with a model that runs in a worker.
#[derive(Debug, Clone)]
pub struct ModelGenerator(pub ModelSettings);

impl Generator for ModelGenerator {
    fn open(&self, request: Request) -> Result<Box<dyn Clip>, GeneratorError> {
        request.validate()?;
        let mut check = Check::default();
        self.0.check(&mut check);
        check.finish()?;
        let still = for_worker(&request.image)?;
        let size = Size { width: still.width(), height: still.height() };
        let order = self.order(&request, Some(size));
        let frames = order.frames;
        let job = Job { key: self.0.key(), order, pixels: Some(still), got: Arc::default() };
        let got = Arc::clone(&job.got);
        job.start()?;
        Ok(Box::new(ModelClip { still: request.image, frames, got, shown: Mutex::default() }))
    }
}

impl ModelGenerator {
    fn order(&self, request: &Request, still: Option<Size>) -> GenerateOrder {
        GenerateOrder {
            model: self.0.model.clone(),
            device: self.0.device.clone(),
            still,
            prompt: request.prompt.clone(),
            motion: request.controls.motion,
            seed: request.seed,
            frames: request.frame_rate.frames_in(request.duration),
            frame_rate: request.frame_rate,
            first: 0,
            place: None,
        }
    }
}

/// A picture that a model makes from a seed alone, in the size that is the model's own. `go_on` is
/// asked now and then, also with how far it is.
///
/// # Errors
/// What is wrong with the settings, the model or the worker; `None` where `go_on` said no.
pub fn picture(
    settings: &ModelSettings,
    prompt: &str,
    seed: u64,
    mut go_on: impl FnMut(Option<Progress>) -> bool,
) -> Result<Option<Image>, GeneratorError> {
    let mut check = Check::default();
    settings.check(&mut check);
    check.finish()?;
    let order = GenerateOrder {
        model: settings.model.clone(),
        device: settings.device.clone(),
        still: None,
        prompt: prompt.to_owned(),
        motion: crate::request::DEFAULT_MOTION,
        seed,
        frames: 1,
        frame_rate: crate::request::DEFAULT_FRAME_RATE,
        first: 0,
        place: None,
    };
    let job = Job { key: settings.key(), order, pixels: None, got: Arc::default() };
    let got = Arc::clone(&job.got);
    job.start()?;
    let cancel = CancelOnDrop(got);
    loop {
        let mut state = cancel.0.state.lock();
        if let Some(frame) = state.frames.first() {
            return Ok(Some(frame.pixels.clone()));
        }
        if let Some(error) = &state.failed {
            return Err(GeneratorError::Worker(Arc::clone(error)));
        }
        cancel.0.changed.wait_for(&mut state, TICK);
        let progress = state.progress;
        drop(state);
        if !go_on(progress) {
            return Ok(None);
        }
    }
}

/// The still as RGB, no larger than a model looks at.
fn for_worker(image: &Image) -> Result<Image, GeneratorError> {
    let (width, height) = (image.width(), image.height());
    let longest = width.max(height);
    if longest <= LONGEST_SIDE {
        return Ok(to_rgb(image));
    }
    let scaled = |side: u32| {
        let exact = u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest);
        u32::try_from(exact).unwrap_or(MAX_SIDE).clamp(MIN_SIDE, MAX_SIDE)
    };
    Ok(to_rgb(&fit::fit(image, scaled(width), scaled(height), Fit::Stretch)?))
}

/// A frame as the model made it.
#[derive(Debug)]
struct Small {
    /// RGB.
    pixels: Image,
    /// How much of what the still has beside frame 0 is added, 0..1.
    still: f32,
}

/// What has come so far.
#[derive(Debug, Default)]
struct State {
    /// In order, without a hole.
    frames: Vec<Arc<Small>>,
    bytes: u64,
    progress: Option<Progress>,
    failed: Option<Arc<WorkerError>>,
    cancelled: bool,
}

#[derive(Debug, Default)]
struct Got {
    state: Mutex<State>,
    changed: Condvar,
}

impl Got {
    fn is_cancelled(&self) -> bool {
        self.state.lock().cancelled
    }

    fn fail(&self, error: WorkerError) {
        self.state.lock().failed = Some(Arc::new(error));
        self.changed.notify_all();
    }
}

struct CancelOnDrop(Arc<Got>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.state.lock().cancelled = true;
    }
}

/// An order, and where its frames go.
struct Job {
    key: Key,
    order: GenerateOrder,
    pixels: Option<Image>,
    got: Arc<Got>,
}

/// How an order ended.
enum End {
    Done,
    Cancelled,
    Failed(WorkerError),
}

impl Job {
    fn start(mut self) -> Result<(), GeneratorError> {
        let thread = thread::Builder::new().name("worker-clip".to_owned());
        let started = thread.spawn(move || self.run());
        let failed = |error| GeneratorError::Failed(format!("no thread for the worker: {error}"));
        started.map(drop).map_err(failed)
    }

    fn run(&mut self) {
        let mut died_at = None;
        loop {
            let Some(mut lease) = self.lease() else { return };
            match self.carry_out(&mut lease) {
                End::Done => return,
                End::Cancelled => {
                    give_up(&mut lease);
                    return;
                }
                End::Failed(error) => {
                    let death = error.is_death();
                    // Who was idle may have been dying when it was taken.
                    let counts = !lease.is_reused();
                    if death {
                        lease.discard();
                    }
                    drop(lease);
                    let frames = self.got.state.lock().frames.len();
                    if !death || counts && died_at.replace(frames) == Some(frames) {
                        self.got.fail(error);
                        return;
                    }
                }
            }
        }
    }

    fn lease(&self) -> Option<Lease> {
        while !self.got.is_cancelled() {
            if let Some(lease) = pool::lease(&self.key, TICK) {
                return Some(lease);
            }
        }
        None
    }

    /// Sends the order and takes what comes, until the end.
    fn carry_out(&mut self, lease: &mut Lease) -> End {
        self.order.first = self.got.state.lock().frames.len() as u64;
        let pixels = self.pixels.as_ref().map_or(&[][..], |image| &image.planes()[0].data);
        let sent = lease
            .worker()
            .and_then(|worker| worker.send(&Order::Generate(self.order.clone()), pixels));
        if let Err(error) = sent {
            return End::Failed(error);
        }
        while !self.got.is_cancelled() {
            match lease.worker().and_then(|worker| worker.receive(TICK)) {
                Ok(None) => (),
                Ok(Some(packet)) => match self.take(packet) {
                    Ok(false) => (),
                    Ok(true) => return End::Done,
                    Err(error) => return End::Failed(error),
                },
                Err(error) => return End::Failed(error),
            }
        }
        End::Cancelled
    }

    /// Takes in a report; true when it is the last one.
    fn take(&mut self, Packet { message, pixels }: Packet<Report>) -> Result<bool, WorkerError> {
        match message {
            Report::Progress(progress) => self.got.state.lock().progress = Some(progress),
            Report::Frame { index, size, still } => {
                self.keep(index, Small { pixels: size.picture(pixels)?, still })?;
            }
            Report::Found { place } => self.order.place = Some(place),
            Report::Done => return Ok(true),
            Report::Failed { fault, message } => {
                return Err(WorkerError::Refused { fault, message });
            }
            _ => return Err(out_of_turn("a clip needs frames only")),
        }
        self.got.changed.notify_all();
        Ok(false)
    }

    fn keep(&self, index: u64, frame: Small) -> Result<(), WorkerError> {
        let mut state = self.got.state.lock();
        if index != state.frames.len() as u64 || index >= self.order.frames {
            return Err(out_of_turn("a frame is not the next one"));
        }
        let size = |frame: &Small| (frame.pixels.width(), frame.pixels.height());
        if state.frames.first().is_some_and(|first| size(first) != size(&frame)) {
            return Err(out_of_turn("a frame is of another size"));
        }
        let bytes = frame.pixels.bytes() as u64;
        if bytes.saturating_mul(self.order.frames) > MAX_CLIP_BYTES {
            let (frames, most) = (self.order.frames, MAX_CLIP_BYTES / bytes.max(1));
            let (width, height) = size(&frame);
            let message = format!(
                "duration: a clip of {frames} frames of {width}x{height} is too long for memory, at \
                 most {most} frames are allowed"
            );
            return Err(WorkerError::Refused { fault: Fault::Settings, message });
        }
        state.bytes += bytes;
        state.frames.push(Arc::new(frame));
        Ok(())
    }
}

fn out_of_turn(what: &'static str) -> WorkerError {
    super::protocol::ProtocolError::OutOfTurn(what).into()
}

/// Has the worker forget its order. One that does not within [`CANCEL`] is ended.
fn give_up(lease: &mut Lease) {
    let until = Instant::now() + CANCEL;
    let Ok(worker) = lease.worker() else { return };
    let mut over = worker.send(&Order::Cancel, &[]).is_err();
    let mut discard = over;
    while !over {
        match worker.receive(TICK) {
            Ok(Some(Packet { message: Report::Done | Report::Failed { .. }, .. })) => over = true,
            Ok(_) if Instant::now() < until => (),
            _ => (over, discard) = (true, true),
        }
    }
    if discard {
        lease.discard();
    }
}

/// A clip of [`ModelGenerator`]. Dropping it cancels what is not made yet.
struct ModelClip {
    still: Arc<Image>,
    frames: u64,
    got: Arc<Got>,
    /// The model's frame 0, as large as the still: what the frames that keep something of the
    /// still are compared with.
    shown: Mutex<Option<Arc<Image>>>,
}

impl Drop for ModelClip {
    fn drop(&mut self) {
        self.got.state.lock().cancelled = true;
    }
}

impl ModelClip {
    /// Frame `index`, once it is there.
    fn wait(&self, index: u64) -> Result<Arc<Small>, GeneratorError> {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let mut state = self.got.state.lock();
        loop {
            if let Some(frame) = state.frames.get(at) {
                return Ok(Arc::clone(frame));
            }
            if let Some(error) = &state.failed {
                return Err(GeneratorError::Worker(Arc::clone(error)));
            }
            self.got.changed.wait(&mut state);
        }
    }

    /// `frame` in the format and the size of the still.
    fn enlarge(&self, frame: &Small) -> Result<Image, GeneratorError> {
        let (format, matrix) = (self.still.format(), self.still.matrix());
        let Plane { data, width, height, .. } = &frame.pixels.planes()[0];
        let planes = planes_of_rgb(data, (*width, *height), format, matrix);
        Ok(fit::enlarge(&planes, format, matrix, (self.still.width(), self.still.height()))?)
    }

    fn first(&self) -> Result<Arc<Image>, GeneratorError> {
        if let Some(first) = &*self.shown.lock() {
            return Ok(Arc::clone(first));
        }
        let first = Arc::new(self.enlarge(&*self.wait(0)?)?);
        *self.shown.lock() = Some(Arc::clone(&first));
        Ok(first)
    }
}

impl Clip for ModelClip {
    fn still(&self) -> &Arc<Image> {
        &self.still
    }

    fn frames(&self) -> u64 {
        self.frames
    }

    fn ready(&self, index: u64, patience: Duration) -> bool {
        let wanted = index.min(self.frames.saturating_sub(1));
        let there = |state: &State| {
            wanted == 0 || state.failed.is_some() || state.frames.len() as u64 > wanted
        };
        let until = Instant::now() + patience;
        let mut state = self.got.state.lock();
        while !there(&state) {
            if self.got.changed.wait_until(&mut state, until).timed_out() {
                return there(&state);
            }
        }
        true
    }

    fn progress(&self) -> Option<Progress> {
        self.got.state.lock().progress
    }

    fn frame(
        &self,
        index: u64,
        _controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        check_frame(&self.still, out)?;
        let index = index.min(self.frames.saturating_sub(1));
        if index == 0 {
            out.copy(&self.still);
            return Ok(());
        }
        let frame = self.wait(index)?;
        let mut image = self.enlarge(&frame)?;
        if frame.still > 0.0 {
            image.add_difference(&self.still, &*self.first()?, frame.still);
        }
        out.copy(&image);
        Ok(())
    }
}
