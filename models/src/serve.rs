// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole of `stillmotion-worker`: orders in, reports out.
//!
//! One thread owns every tensor and carries out one order after the other. Another one reads: so
//! an order can be cancelled while it is carried out, and the process ends the moment its host is
//! gone, whatever it is busy with.

use std::{
    env, fs, io,
    io::{BufReader, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::SystemTime,
};

use rustix::process::{Resource, Rlimit, setrlimit};
use stillmotion_engine::worker::{
    protocol::{
        self, GenerateOrder, Order, Packet, Phase, Precision, ProtocolError, Report, Size,
        TrainOrder,
    },
    train::DEFAULT_STEPS,
};

use crate::{
    device,
    error::ModelError,
    gan::{
        checkpoint::{self, Checkpoint},
        config::GanConfig,
        trainer::{Pictures, Trainer},
    },
    host::Host,
    model::{self, Model},
};

/// The environment variable that limits the address space of a worker, in bytes. What goes beyond
/// fails as memory that ran out.
pub const MEMORY_VARIABLE: &str = "STILLMOTION_WORKER_MEMORY";

/// The exit status of a worker whose host spoke what cannot be understood.
const GARBAGE: i32 = 2;

/// Serves the host at the other end of standard input until it goes.
///
/// # Errors
/// When standard input is no socket, or the host speaks another version.
pub fn serve() -> Result<(), String> {
    limit_memory()?;
    keep_memory();
    let stdin = io::stdin().as_fd().try_clone_to_owned().map_err(|error| error.to_string())?;
    let socket = UnixStream::from(stdin);
    let cannot = "this program is started by the elements of stillmotion, not by hand";
    let from = socket.try_clone().map_err(|_| cannot.to_owned())?;
    if rustix::net::getsockname(&socket).is_err() {
        return Err(cannot.to_owned());
    }
    device::open_cuda();
    let flags = Arc::<Flags>::default();
    let (orders, queue) = mpsc::channel();
    let seen = Arc::clone(&flags);
    let reader = thread::Builder::new().name("orders".to_owned());
    reader
        .spawn(move || read(from, &orders, &seen))
        .map_err(|error| format!("there is no thread for the orders: {error}"))?;
    let mut desk = Desk { host: Line { socket, flags, number: 0 }, queue, loaded: None };
    desk.work().map_err(|error| error.to_string())
}

fn limit_memory() -> Result<(), String> {
    let Some(limit) = env::var_os(MEMORY_VARIABLE) else { return Ok(()) };
    let bytes = limit.to_str().and_then(|text| text.parse().ok());
    let wrong = || format!("{MEMORY_VARIABLE} is {limit:?}, it must be a number of bytes");
    let bytes: u64 = bytes.ok_or_else(wrong)?;
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::As, limit).map_err(|error| format!("{MEMORY_VARIABLE}: {error}"))
}

/// Lets the allocator keep what tensors give back. By default it returns each large block to the
/// system, and a step of a training then spends half of its time on pages that come back empty.
fn keep_memory() {
    for option in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: it takes two numbers, and no other thread runs yet.
        unsafe { libc::mallopt(option, 1 << 30) };
    }
}

/// What the reader has seen and the worker has not: the number of the last order, counted from 1,
/// that is to be forgotten, or to be ended.
#[derive(Default)]
struct Flags {
    cancelled: AtomicU64,
    stopped: AtomicU64,
}

/// An order's packet with its number; what belongs to an order has the number of it.
type Numbered = (u64, Packet<Order>);

/// Reads orders until the host goes, and then ends the process: the other thread may be deep in
/// libtorch for minutes.
fn read(from: UnixStream, orders: &Sender<Numbered>, flags: &Flags) {
    let mut from = BufReader::new(from);
    let mut number = 0;
    loop {
        match protocol::read::<Order>(&mut from) {
            Ok(packet) => {
                match packet.message {
                    Order::Generate(_) | Order::Train(_) | Order::Check { .. } => number += 1,
                    Order::Cancel => flags.cancelled.store(number, Ordering::Relaxed),
                    Order::Stop => flags.stopped.store(number, Ordering::Relaxed),
                    _ => (),
                }
                if orders.send((number, packet)).is_err() {
                    return;
                }
            }
            Err(ProtocolError::Closed) => process::exit(0),
            Err(error) => {
                eprintln!("{error}");
                process::exit(GARBAGE);
            }
        }
    }
}

/// The line to the host.
struct Line {
    socket: UnixStream,
    flags: Arc<Flags>,
    /// Number of the order that is carried out.
    number: u64,
}

impl Host for Line {
    fn report(&mut self, report: Report, pixels: &[u8]) -> Result<(), ModelError> {
        Ok(protocol::write(&mut self.socket, &report, pixels)?)
    }

    fn is_cancelled(&self) -> bool {
        self.flags.cancelled.load(Ordering::Relaxed) >= self.number
    }

    fn is_stopped(&self) -> bool {
        self.flags.stopped.load(Ordering::Relaxed) >= self.number || self.is_cancelled()
    }
}

/// Where orders are carried out.
struct Desk {
    host: Line,
    queue: Receiver<Numbered>,
    loaded: Option<Loaded>,
}

impl Desk {
    fn work(&mut self) -> Result<(), ModelError> {
        while let Ok((number, Packet { message, pixels })) = self.queue.recv() {
            self.host.number = number;
            match message {
                Order::Hello { version: protocol::VERSION } => {
                    let about = device::about();
                    self.host.report(Report::Hello { version: protocol::VERSION, about }, &[])?;
                }
                Order::Hello { version } => {
                    // The host tells its user from this which one is old.
                    let version_here = protocol::VERSION;
                    eprintln!("the host speaks version {version}, this worker {version_here}");
                    let about = String::new();
                    self.host.report(Report::Hello { version: version_here, about }, &[])?;
                }
                Order::Generate(order) => self.answer(|desk| desk.generate(order, pixels))?,
                Order::Check { model } => self
                    .answer(|desk| desk.host.report(Report::Checked(model::check(&model)), &[]))?,
                Order::Train(order) => self.answer(|desk| desk.train(&order))?,
                // Of an order that is over.
                Order::Cancel | Order::Stop | Order::Picture(_) | Order::Begin => (),
            }
        }
        Ok(())
    }

    /// Carries out an order and reports how it ended. A panic is ours to mend, and an error like
    /// any other for the host.
    fn answer(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        let ended = panic::catch_unwind(AssertUnwindSafe(|| work(self)));
        let report = match ended {
            Ok(Ok(()) | Err(ModelError::Cancelled)) => Report::Done,
            Ok(Err(ModelError::Host(error))) => return Err(error.into()),
            Ok(Err(error)) => Report::Failed { fault: error.fault(), message: error.to_string() },
            Err(panic) => {
                self.loaded = None;
                let said = panic.downcast_ref::<String>().map_or("", String::as_str);
                let error = ModelError::of_panic(said);
                Report::Failed { fault: error.fault(), message: error.to_string() }
            }
        };
        self.host.report(report, &[])
    }

    fn generate(&mut self, order: GenerateOrder, pixels: Vec<u8>) -> Result<(), ModelError> {
        let still = order.still.map(|size| size.picture(pixels)).transpose()?;
        let stamp = Stamp::of(&order);
        let mut loaded = match self.loaded.take().filter(|loaded| loaded.stamp == stamp) {
            Some(loaded) => loaded,
            None => {
                self.host.progress(Phase::Loading, 0, 1)?;
                let model =
                    model::open(&order.model, device::named(&order.device)?, order.precision)?;
                self.host.progress(Phase::Loading, 1, 1)?;
                Loaded { stamp, model }
            }
        };
        let ended = loaded.model.generate(&order, still, &mut self.host);
        self.loaded = Some(loaded);
        ended
    }

    fn train(&mut self, order: &TrainOrder) -> Result<(), ModelError> {
        self.loaded = None;
        let folder = &order.checkpoint;
        let device = device::named(&order.device)?;
        let known = GanConfig::load(folder)?;
        let has_weights = known.is_some() && folder.join(checkpoint::FILE).exists();
        let config = GanConfig::with(known, &order.wishes)?;
        let checkpoint = match has_weights {
            true => Checkpoint::load(folder, config, device)?,
            false => Checkpoint::new(config, device)?,
        };
        let (size, step) = (checkpoint.config.size, checkpoint.step);
        let steps = order.wishes.steps.unwrap_or(DEFAULT_STEPS);
        self.host.report(Report::Ready { size, step, steps }, &[])?;
        let pictures = self.collect(size)?;
        Trainer::new(checkpoint, pictures, folder.clone(), device)?.run(steps, &mut self.host)
    }

    /// Takes pictures until the host says to begin.
    fn collect(&mut self, side: u32) -> Result<Pictures, ModelError> {
        let mut pictures = Pictures::default();
        while let Ok((_, Packet { message, pixels })) = self.queue.recv() {
            match message {
                Order::Picture(size) if size == (Size { width: side, height: side }) => {
                    let picture = size.picture(pixels)?;
                    pictures.bytes.extend_from_slice(&picture.planes()[0].data);
                    pictures.count += 1;
                }
                Order::Begin if pictures.count > 0 => return Ok(pictures),
                Order::Cancel | Order::Stop => return Err(ModelError::Cancelled),
                _ => {
                    let what = "a training needs pictures of its size, and then to begin";
                    return Err(ProtocolError::OutOfTurn(what).into());
                }
            }
        }
        Err(ModelError::Cancelled)
    }
}

/// A model that is loaded.
struct Loaded {
    stamp: Stamp,
    model: Box<dyn Model>,
}

/// What tells whether a model is still the one of its folder: a training may have gone on.
#[derive(PartialEq)]
struct Stamp {
    model: PathBuf,
    device: String,
    precision: Precision,
    written: Option<(SystemTime, u64)>,
}

impl Stamp {
    fn of(order: &GenerateOrder) -> Self {
        let written = fs::metadata(model::main_file(&order.model));
        let written = written.and_then(|file| Ok((file.modified()?, file.len()))).ok();
        Self {
            model: order.model.clone(),
            device: order.device.clone(),
            precision: order.precision,
            written,
        }
    }
}

/// Runs the worker; gives the exit status.
#[must_use]
pub fn main() -> u8 {
    match serve() {
        Ok(()) => 0,
        Err(message) => {
            let _ = writeln!(io::stderr(), "stillmotion-worker: {message}");
            1
        }
    }
}
