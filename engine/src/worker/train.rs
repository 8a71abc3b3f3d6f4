// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trains a network with a worker: pictures go in, losses and files come out.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    process::{TICK, Worker, WorkerError},
    protocol::{
        Fault, Losses, Order, Packet, Phase, Progress, ProtocolError, Report, Size, TrainOrder,
        TrainWishes,
    },
};
use crate::{
    fit::{self, Fit},
    image::{Image, to_rgb},
    request::{Check, InvalidSettings},
};

/// Steps of a training when nothing is said.
pub const DEFAULT_STEPS: u64 = 50_000;
/// Pictures that are collected when nothing is said.
pub const DEFAULT_PICTURES: u32 = 2000;
/// The most pictures that a training keeps in memory.
pub const MAX_PICTURES: u32 = 100_000;
/// How long a worker may take to load its network.
const LOAD: Duration = Duration::from_secs(120);
/// How long a worker may take to save a training and end.
const SAVE: Duration = Duration::from_secs(60);

/// Sides of what a convolutional network can make, in pixels.
pub const SIZES: [u32; 3] = [64, 128, 256];

impl TrainWishes {
    /// Checks everything at once.
    ///
    /// # Errors
    /// [`InvalidSettings`] lists each wish that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        let mut check = Check::default();
        if let Some(kind) = self.kind.as_ref().filter(|kind| !matches!(&***kind, "mlp" | "conv")) {
            check.problem("kind", kind, "mlp or conv".to_owned());
        }
        if let Some(size) = self.size.filter(|size| !SIZES.contains(size)) {
            check.problem("size", size, "64, 128 or 256 pixels".to_owned());
        }
        if let (Some("mlp"), Some(size)) = (self.kind.as_deref(), self.size)
            && SIZES.contains(&size)
            && size != 64
        {
            check.problem("size", size, "64 pixels where the kind is mlp".to_owned());
        }
        let mut whole = |name, value: Option<u64>, least: u64, most: u64| {
            if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
                check.problem(name, value, format!("{least} to {most}"));
            }
        };
        whole("steps", self.steps, 1, 100_000_000);
        whole("batch-size", self.batch_size.map(u64::from), 2, 1024);
        whole("sample-every", self.sample_every, 1, 100_000_000);
        if let Some(rate) = self.learning_rate.filter(|rate| !(1e-7..=0.1).contains(rate)) {
            check.problem("learning-rate", rate, "0.0000001 to 0.1".to_owned());
        }
        check.finish()
    }
}

/// What happened in a training.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// It is in step `step` of `steps`.
    Step {
        /// Steps that are done.
        step: u64,
        /// Steps in all.
        steps: u64,
    },
    /// Losses, every 100 steps.
    Losses(Losses),
    /// A file was written: a sample clip, the plot.
    Wrote(PathBuf),
}

/// A training that collects its pictures.
#[derive(Debug)]
pub struct Training {
    worker: Worker,
    size: u32,
    step: u64,
    steps: u64,
    pictures: u32,
}

impl Training {
    /// Starts a worker for the checkpoint folder, which is made if it is not there. `go_on` is
    /// asked while it loads.
    ///
    /// # Errors
    /// What the worker finds wrong; `None` where `go_on` said no.
    pub fn open(
        checkpoint: &Path,
        device: &str,
        wishes: &TrainWishes,
        go_on: impl Fn() -> bool,
    ) -> Result<Option<Self>, WorkerError> {
        let Some(mut worker) = Worker::start(&go_on)? else { return Ok(None) };
        let order = TrainOrder {
            checkpoint: checkpoint.to_owned(),
            device: device.to_owned(),
            wishes: wishes.clone(),
        };
        worker.send(&Order::Train(order), &[])?;
        let until = Instant::now() + LOAD;
        while go_on() && Instant::now() < until {
            match worker.receive(TICK)?.map(|packet| packet.message) {
                Some(Report::Ready { size, step, steps }) => {
                    return Ok(Some(Self { worker, size, step, steps, pictures: 0 }));
                }
                Some(Report::Progress(_)) | None => (),
                Some(_) => return Err(out_of_turn()),
            }
        }
        if go_on() { Err(WorkerError::Silent) } else { Ok(None) }
    }

    /// Width and height of the pictures it trains from.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Steps that the checkpoint has behind it.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Steps in all.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Pictures that were sent.
    pub fn pictures(&self) -> u32 {
        self.pictures
    }

    /// Sends a picture: the middle square of it, in the size of the network.
    ///
    /// # Errors
    /// When the worker is gone.
    pub fn add(&mut self, picture: &Image) -> Result<(), WorkerError> {
        if self.pictures >= MAX_PICTURES {
            return Ok(());
        }
        let square = fit::fit(picture, self.size, self.size, Fit::Cover);
        let square = to_rgb(&square.map_err(ProtocolError::from)?);
        let size = Size { width: self.size, height: self.size };
        self.worker.send(&Order::Picture(size), &square.planes()[0].data)?;
        self.pictures += 1;
        Ok(())
    }

    /// Trains until the end, or until `tell` says no: then the training is saved where it is.
    /// `tell` is asked every few milliseconds, with what is new or with `None`.
    ///
    /// # Errors
    /// What went wrong. What was saved before is still there.
    pub fn run(mut self, mut tell: impl FnMut(Option<News>) -> bool) -> Result<(), WorkerError> {
        if self.pictures == 0 {
            let message = "there is no picture to train from".to_owned();
            return Err(WorkerError::Refused { fault: Fault::Model, message });
        }
        self.worker.send(&Order::Begin, &[])?;
        let mut stop_by = None;
        loop {
            let news = match self.worker.receive(TICK)?.map(|Packet { message, .. }| message) {
                None => None,
                Some(Report::Progress(Progress { phase: Phase::Training, done, total })) => {
                    Some(News::Step { step: done, steps: total })
                }
                Some(Report::Progress(_)) => None,
                Some(Report::Losses(losses)) => Some(News::Losses(losses)),
                Some(Report::Wrote { path }) => Some(News::Wrote(path)),
                Some(Report::Done) => return Ok(()),
                Some(_) => return Err(out_of_turn()),
            };
            let go_on = tell(news);
            match stop_by {
                None if !go_on => {
                    self.worker.send(&Order::Stop, &[])?;
                    stop_by = Some(Instant::now() + SAVE);
                }
                Some(limit) if Instant::now() > limit => return Err(WorkerError::Silent),
                _ => (),
            }
        }
    }
}

fn out_of_turn() -> WorkerError {
    ProtocolError::OutOfTurn("a training has no use for this message").into()
}
