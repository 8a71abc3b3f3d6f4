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
    process::{TICK, WorkerError},
    protocol::{
        Fault, GenerateOrder, MAX_GUIDANCE, MAX_STEPS, Order, Packet, Precision, Progress, Report,
        SamplingWishes, Size,
    },
};
use crate::{
    fit::{self, Fit},
    generator::{Clip, Generator, GeneratorError, check_frame},
    image::{FrameMut, Image, MAX_SIDE, MIN_SIDE, Plane, planes_of_rgb, to_rgb},
    request::{
        Check, Controls, DEFAULT_FRAME_RATE, DEFAULT_MOTION, InvalidSettings, MAX_PROMPT_BYTES,
        Request,
    },
};

/// How long a worker may take to give up an order.
const CANCEL: Duration = Duration::from_millis(500);
/// The longest side of a still as a worker gets it: more than any model looks at.
const LONGEST_SIDE: u32 = 2048;
/// The most bytes of frames that a clip keeps.
const MAX_CLIP_BYTES: u64 = 2 << 30;

/// What a clip of a model begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstFrame {
    /// The still, byte for byte, in the place of what the model makes of it. What the model loses
    /// of the still is given back to the frames after it, as far as the model says.
    #[default]
    Input,
    /// What the model makes of the still; every frame is the model's own.
    Model,
}

impl FirstFrame {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Input, Self::Model];

    /// As people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Model => "model",
        }
    }
}

/// What a clip that is being sampled looks like so far, in its middle.
#[derive(Debug, PartialEq)]
pub struct Preview {
    /// Steps that are done.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// RGB, in the size of the model's frames.
    pub pixels: Image,
}

/// Which model makes a clip, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSettings {
    /// The folder of the model.
    pub model: PathBuf,
    /// `auto`, `cpu` or `cuda:N`.
    pub device: String,
    /// What its networks compute with.
    pub precision: Precision,
    /// How models that sample do it.
    pub sampling: SamplingWishes,
    /// What the clip begins with.
    pub first_frame: FirstFrame,
}

impl ModelSettings {
    /// Looks at the settings. Whether the folder holds a model is the worker's to say.
    fn validate(&self) -> Result<(), InvalidSettings> {
        let mut check = Check::default();
        check_device(&mut check, &self.device);
        let SamplingWishes { negative_prompt, steps, guidance_scale, .. } = &self.sampling;
        let length = negative_prompt.len();
        if length > MAX_PROMPT_BYTES {
            check.problem("negative-prompt", length, format!("at most {MAX_PROMPT_BYTES} bytes"));
        }
        if let Some(steps) = steps.filter(|steps| !(1..=MAX_STEPS).contains(steps)) {
            check.problem("steps", steps, format!("1 to {MAX_STEPS}"));
        }
        if let Some(scale) = guidance_scale.filter(|scale| !(1.0..=MAX_GUIDANCE).contains(scale)) {
            check.problem("guidance-scale", scale, format!("1 to {MAX_GUIDANCE}"));
        }
        check.finish()
    }

    fn key(&self) -> Key {
        Key { model: self.model.clone(), device: self.device.clone(), precision: self.precision }
    }

    /// The order of one picture out of `seed`.
    fn order(&self, prompt: &str, seed: u64) -> GenerateOrder {
        GenerateOrder {
            model: self.model.clone(),
            device: self.device.clone(),
            precision: self.precision,
            still: None,
            prompt: prompt.to_owned(),
            motion: DEFAULT_MOTION,
            seed,
            frames: 1,
            frame_rate: DEFAULT_FRAME_RATE,
            first: 0,
            place: None,
            sampling: self.sampling.clone(),
        }
    }
}

/// Notes in `check` when `text` does not name a device: `auto`, `cpu` or `cuda:N`.
pub fn check_device(check: &mut Check, text: &str) {
    let number = text.strip_prefix("cuda:").map(str::parse::<u8>);
    if !matches!((text, number), ("auto" | "cpu", _) | (_, Some(Ok(_)))) {
        let allowed = "auto, cpu, or cuda:N with N from 0 to 255".to_owned();
        check.problem("device", text, allowed);
    }
}

/// Makes clips with a model that runs in a worker.
#[derive(Debug, Clone)]
pub struct ModelGenerator(pub ModelSettings);

impl Generator for ModelGenerator {
    fn open(&self, request: Request) -> Result<Box<dyn Clip>, GeneratorError> {
        request.validate()?;
        self.0.validate()?;
        let still = for_worker(&request.image)?;
        let frames = request.frames();
        let order = GenerateOrder {
            still: Some(Size { width: still.width(), height: still.height() }),
            motion: request.controls.motion,
            frames,
            frame_rate: request.frame_rate,
            ..self.0.order(&request.prompt, request.seed)
        };
        let fetch = Job::start(self.0.key(), order, Some(still))?;
        Ok(Box::new(ModelClip {
            still: request.image,
            frames,
            first_frame: self.0.first_frame,
            fetch,
            shown: Mutex::default(),
        }))
    }
}

/// A picture that a model makes from a seed alone, in the size that is the model's own. `go_on` is
/// asked now and then, with how far it is and what it looks like so far.
///
/// # Errors
/// What is wrong with the settings, the model or the worker; `None` where `go_on` said no.
pub fn picture(
    settings: &ModelSettings,
    prompt: &str,
    seed: u64,
    mut go_on: impl FnMut(Option<Progress>, Option<Arc<Preview>>) -> bool,
) -> Result<Option<Image>, GeneratorError> {
    settings.validate()?;
    let fetch = Job::start(settings.key(), settings.order(prompt, seed), None)?;
    loop {
        let mut state = fetch.0.state.lock();
        if let Some(frame) = state.frame(0)? {
            return Ok(Some(frame.pixels.clone()));
        }
        fetch.0.changed.wait_for(&mut state, TICK);
        let (progress, preview) = (state.progress, state.preview.clone());
        drop(state);
        if !go_on(progress, preview) {
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
    progress: Option<Progress>,
    /// The newest.
    preview: Option<Arc<Preview>>,
    failed: Option<Arc<WorkerError>>,
    cancelled: bool,
}

impl State {
    /// A frame, `None` where it is not there yet.
    fn frame(&self, index: u64) -> Result<Option<Arc<Small>>, GeneratorError> {
        let frame = usize::try_from(index).ok().and_then(|at| self.frames.get(at));
        match (frame, &self.failed) {
            (None, Some(error)) => Err(Arc::clone(error).into()),
            (frame, _) => Ok(frame.cloned()),
        }
    }
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

/// What a job brings. Dropping it cancels what is not there yet.
struct Fetch(Arc<Got>);

impl Drop for Fetch {
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
}

impl Job {
    fn start(
        key: Key,
        order: GenerateOrder,
        pixels: Option<Image>,
    ) -> Result<Fetch, GeneratorError> {
        let fetch = Fetch(Arc::default());
        let mut job = Self { key, order, pixels, got: Arc::clone(&fetch.0) };
        let thread = thread::Builder::new().name("worker-clip".to_owned());
        match thread.spawn(move || job.run()) {
            Ok(_) => Ok(fetch),
            Err(error) => Err(GeneratorError::Failed(format!("no thread for the worker: {error}"))),
        }
    }

    fn run(&mut self) {
        let mut died_at = None;
        loop {
            let Some(mut lease) = self.lease() else { return };
            match self.carry_out(&mut lease) {
                Ok(End::Done) => return,
                Ok(End::Cancelled) => {
                    give_up(&mut lease);
                    return;
                }
                Err(error) => {
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
    fn carry_out(&mut self, lease: &mut Lease) -> Result<End, WorkerError> {
        self.order.first = self.got.state.lock().frames.len() as u64;
        let pixels = self.pixels.as_ref().map_or(&[][..], |image| &image.planes()[0].data);
        let Some(worker) = lease.start(|| !self.got.is_cancelled())? else {
            return Ok(End::Cancelled);
        };
        worker.send(&Order::Generate(self.order.clone()), pixels)?;
        while !self.got.is_cancelled() {
            if let Some(packet) = worker.receive(TICK)?
                && self.take(packet)?
            {
                return Ok(End::Done);
            }
        }
        Ok(End::Cancelled)
    }

    /// Takes in a report; true when it is the last one.
    fn take(&mut self, Packet { message, pixels }: Packet<Report>) -> Result<bool, WorkerError> {
        match message {
            Report::Progress(progress) => self.got.state.lock().progress = Some(progress),
            Report::Frame { index, size, still } => {
                self.keep(index, Small { pixels: size.picture(pixels)?, still })?;
            }
            Report::Preview { step, steps, size } => {
                let preview = Preview { step, steps, pixels: size.picture(pixels)? };
                self.got.state.lock().preview = Some(Arc::new(preview));
            }
            Report::Found { place } => self.order.place = Some(place),
            Report::Done => return Ok(true),
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
    let Some(worker) = lease.worker() else { return };
    let mut ended = worker.send(&Order::Cancel, &[]);
    while ended.is_ok() {
        match worker.receive(TICK) {
            Ok(Some(Packet { message: Report::Done, .. })) | Err(WorkerError::Refused { .. }) => {
                return;
            }
            Ok(_) if Instant::now() < until => (),
            late => ended = late.and(Err(WorkerError::Silent)),
        }
    }
    lease.discard();
}

/// A clip of [`ModelGenerator`].
struct ModelClip {
    still: Arc<Image>,
    frames: u64,
    first_frame: FirstFrame,
    fetch: Fetch,
    /// The model's frame 0, as large as the still: what the frames that keep something of the
    /// still are compared with.
    shown: Mutex<Option<Arc<Image>>>,
}

impl ModelClip {
    /// Frame `index`, once it is there.
    fn wait(&self, index: u64) -> Result<Arc<Small>, GeneratorError> {
        let mut state = self.fetch.0.state.lock();
        loop {
            if let Some(frame) = state.frame(index)? {
                return Ok(frame);
            }
            self.fetch.0.changed.wait(&mut state);
        }
    }

    /// `frame` in the format and the size of the still.
    fn enlarge(&self, frame: &Small) -> Result<Image, GeneratorError> {
        let (format, matrix) = (self.still.format(), self.still.matrix());
        let Plane { data, width, height, .. } = &frame.pixels.planes()[0];
        let planes = planes_of_rgb(data, (*width, *height), format, matrix);
        Ok(fit::enlarge(&planes, format, matrix, (self.still.width(), self.still.height()))?)
    }

    /// Whether frame `index` is the still itself.
    fn is_still(&self, index: u64) -> bool {
        index == 0 && self.first_frame == FirstFrame::Input
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
            self.is_still(wanted) || state.failed.is_some() || state.frames.len() as u64 > wanted
        };
        let until = Instant::now() + patience;
        let mut state = self.fetch.0.state.lock();
        while !there(&state) {
            if self.fetch.0.changed.wait_until(&mut state, until).timed_out() {
                return there(&state);
            }
        }
        true
    }

    fn progress(&self) -> Option<Progress> {
        self.fetch.0.state.lock().progress
    }

    fn preview(&self) -> Option<Arc<Preview>> {
        self.fetch.0.state.lock().preview.clone()
    }

    fn frame(
        &self,
        index: u64,
        _controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        check_frame(&self.still, out)?;
        let index = index.min(self.frames.saturating_sub(1));
        if self.is_still(index) {
            out.copy(&self.still);
            return Ok(());
        }
        let frame = self.wait(index)?;
        let mut image = self.enlarge(&frame)?;
        if frame.still > 0.0 && self.first_frame == FirstFrame::Input {
            image.add_difference(&self.still, &*self.first()?, frame.still);
        }
        out.copy(&image);
        Ok(())
    }
}
