// SPDX-License-Identifier: MIT OR Apache-2.0
//! One worker process, from its start to its end.

use std::{
    collections::VecDeque,
    env, io,
    io::{BufRead, BufReader, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{
            net::UnixStream,
            process::{CommandExt, ExitStatusExt},
        },
    },
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, OnceLock},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{SendFlags, send},
};
use thiserror::Error;

use super::protocol::{self, Fault, Order, Packet, ProtocolError, Report};

/// The file name of the worker.
const PROGRAM: &str = "stillmotion-worker";
/// The environment variable that names another program.
const PROGRAM_VARIABLE: &str = "STILLMOTION_WORKER";
/// How long a worker may take to say hello: libtorch is some 500 MB to map.
const HELLO: Duration = Duration::from_secs(30);
/// What the threads of libtorch are told, unless the user tells them something else.
const THREADS: [(&str, &str); 3] = [
    // By default they spin while they wait for each other, which takes the cores from whoever
    // encodes the clip, and from themselves where both are busy.
    ("OMP_WAIT_POLICY", "passive"),
    // Sums depend on how many there are: the same seed gives the same bytes on a busy machine too.
    ("OMP_DYNAMIC", "FALSE"),
    ("MKL_DYNAMIC", "FALSE"),
];
/// How often whoever waits for a worker looks whether that is still wanted.
pub(super) const TICK: Duration = Duration::from_millis(20);
/// How long the rest of a packet may take once its start is there.
const REST_OF_PACKET: Duration = Duration::from_secs(10);
/// How long a worker whose socket was closed may take to end by itself.
const GRACE: Duration = Duration::from_millis(300);
/// Lines of a worker's stderr that are kept for the message about its death.
const LAST_WORDS: usize = 6;
/// The longest line of a worker's stderr that is passed on, in bytes.
const LONGEST_LINE: u64 = 4096;

/// Why a worker did not do what it should.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The program is not installed.
    #[error(
        "{PROGRAM} was not found in {}: build it with `make worker`, or name it in {PROGRAM_VARIABLE}",
        list(looked_in)
    )]
    NotInstalled {
        /// Where it was looked for.
        looked_in: Vec<PathBuf>,
    },
    /// The system did not start it.
    #[error("{}: cannot be started: {reason}", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// It ended, or it was ended.
    #[error("stillmotion-worker ended unexpectedly ({how}){last_words}")]
    Died {
        /// Exit status or signal.
        how: String,
        /// What it said last, behind a colon, or nothing.
        last_words: String,
    },
    /// It does not answer.
    #[error("stillmotion-worker does not answer")]
    Silent,
    /// What it says cannot be understood.
    #[error("stillmotion-worker: {0}")]
    Protocol(#[from] ProtocolError),
    /// It says why it did not carry out the order.
    #[error("{message}")]
    Refused {
        /// Whose fault it is.
        fault: Fault,
        /// One sentence or more.
        message: String,
    },
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}

impl WorkerError {
    /// Whether a worker died because it got no memory: the last words of a Rust program then.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Died { last_words, .. } if last_words.contains("memory allocation of"))
    }

    /// Whether another worker may do better.
    pub(super) fn is_death(&self) -> bool {
        matches!(self, Self::Died { .. } | Self::Protocol(_))
    }
}

static PLACES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static LOG: OnceLock<fn(&str)> = OnceLock::new();

/// Adds a folder in which the program of the worker may lie, such as that of a plugin.
pub fn look_in(folder: &Path) {
    let mut places = PLACES.lock();
    if !places.iter().any(|place| place == folder) {
        places.push(folder.to_owned());
    }
}

/// Takes the lines that workers write to stderr. Only the first call counts.
pub fn on_log(take: fn(&str)) {
    let _ = LOG.set(take);
}

/// The program: where the environment says, in the folders of [`look_in`], beside this program,
/// in the search path.
fn find() -> Result<PathBuf, WorkerError> {
    if let Some(named) = env::var_os(PROGRAM_VARIABLE).filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let mut places = PLACES.lock().clone();
    places.extend(env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned())));
    places.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    match places.iter().map(|place| place.join(PROGRAM)).find(|program| program.is_file()) {
        Some(program) => Ok(program),
        None => Err(WorkerError::NotInstalled { looked_in: places }),
    }
}

/// A running worker. It ends when this is dropped.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    socket: UnixStream,
    from: BufReader<UnixStream>,
    log: Option<JoinHandle<()>>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    about: String,
}

/// Writes without the signal that a broken pipe gives: hosts in C do not block it.
struct NoSignal<'a>(&'a UnixStream);

impl Write for NoSignal<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(self.0, bytes, SendFlags::NOSIGNAL)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Worker {
    /// Starts a worker and waits for its hello, for as long as `go_on` allows; `None` where it
    /// does not any more.
    ///
    /// # Errors
    /// Every variant of [`WorkerError`].
    pub fn start(go_on: impl FnMut() -> bool) -> Result<Option<Self>, WorkerError> {
        let program = find()?;
        let not_started = |reason| WorkerError::NotStarted { program: program.clone(), reason };
        let (socket, theirs) = UnixStream::pair().map_err(not_started)?;
        socket.set_read_timeout(Some(REST_OF_PACKET)).map_err(not_started)?;
        socket.set_write_timeout(Some(REST_OF_PACKET)).map_err(not_started)?;
        let from = BufReader::new(socket.try_clone().map_err(not_started)?);
        let unset = |(name, _): &(&str, &str)| env::var_os(name).is_none();
        let mut child = Command::new(&program)
            .envs(THREADS.into_iter().filter(unset))
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A terminal gives Ctrl-C to the whole group of the host: what that means for the
            // worker is the host's to say.
            .process_group(0)
            .spawn()
            .map_err(not_started)?;
        let last_words = Arc::default();
        let log = child.stderr.take().and_then(|stderr| pass_on(stderr, &last_words));
        let mut worker = Self { child, socket, from, log, last_words, about: String::new() };
        worker.send(&Order::Hello { version: protocol::VERSION }, &[])?;
        Ok(worker.greets(go_on)?.then_some(worker))
    }

    /// Waits for the hello; false where `go_on` says no before it comes.
    fn greets(&mut self, mut go_on: impl FnMut() -> bool) -> Result<bool, WorkerError> {
        let until = Instant::now() + HELLO;
        loop {
            match self.receive(TICK)?.map(|packet| packet.message) {
                None if !go_on() => return Ok(false),
                None if Instant::now() < until => (),
                None => return Err(WorkerError::Silent),
                Some(Report::Hello { version: protocol::VERSION, about }) => {
                    self.about = about;
                    return Ok(true);
                }
                Some(Report::Hello { version, .. }) => {
                    return Err(ProtocolError::Version { worker: version }.into());
                }
                Some(_) => {
                    let what = "its first message is not a hello";
                    return Err(ProtocolError::OutOfTurn(what).into());
                }
            }
        }
    }

    /// Itself, unless it has ended.
    pub(super) fn if_alive(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }

    /// What it runs on.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Sends an order with its pixels.
    ///
    /// # Errors
    /// [`WorkerError::Died`], [`WorkerError::Protocol`] for what cannot be sent.
    pub fn send(&mut self, order: &Order, pixels: &[u8]) -> Result<(), WorkerError> {
        let sent = protocol::write(&mut NoSignal(&self.socket), order, pixels);
        sent.map_err(|error| self.explain(error))
    }

    /// The next report, or `None` when none comes within `patience`. [`Report::Failed`] is an error.
    ///
    /// # Errors
    /// [`WorkerError::Refused`] for an order that could not be carried out, [`WorkerError::Died`],
    /// [`WorkerError::Protocol`] for what cannot be understood.
    pub fn receive(&mut self, patience: Duration) -> Result<Option<Packet<Report>>, WorkerError> {
        if self.from.buffer().is_empty() && !self.wait(patience) {
            return Ok(None);
        }
        match protocol::read(&mut self.from) {
            Ok(Packet { message: Report::Failed { fault, message }, .. }) => {
                Err(WorkerError::Refused { fault, message })
            }
            Ok(packet) => Ok(Some(packet)),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Whether something can be read within `patience`.
    fn wait(&self, patience: Duration) -> bool {
        let mut watched = [PollFd::new(&self.socket, PollFlags::IN)];
        let seconds = i64::try_from(patience.as_secs()).unwrap_or(i64::MAX);
        let limit = Timespec { tv_sec: seconds, tv_nsec: patience.subsec_nanos().into() };
        // A signal ends the wait early; whoever waits does so again.
        matches!(poll(&mut watched, Some(&limit)), Ok(1..))
    }

    /// A connection that ended is told as the death that ended it.
    fn explain(&mut self, error: ProtocolError) -> WorkerError {
        if !matches!(error, ProtocolError::Closed | ProtocolError::Broken(_)) {
            return error.into();
        }
        let how = match self.ended_within(GRACE) {
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit status {code}"),
                (_, Some(signal)) => format!("signal {signal}"),
                _ => "no status".to_owned(),
            },
            None => "it closed its connection".to_owned(),
        };
        if let Some(log) = self.log.take() {
            self.kill();
            // What it said may still be on its way.
            let _ = log.join();
        }
        let words: Vec<String> = self.last_words.lock().iter().cloned().collect();
        let last_words =
            if words.is_empty() { String::new() } else { format!(": {}", words.join(" / ")) };
        WorkerError::Died { how, last_words }
    }

    fn ended_within(&mut self, patience: Duration) -> Option<std::process::ExitStatus> {
        let until = Instant::now() + patience;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() >= until {
                return None;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn kill(&mut self) {
        // Both only fail where there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It sees the end of the connection and goes. Who is stuck is made to.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        if self.ended_within(GRACE).is_none() {
            self.kill();
        }
    }
}

/// Starts a thread that hands the lines of `stderr` to whoever asked for them.
fn pass_on(
    stderr: ChildStderr,
    last_words: &Arc<Mutex<VecDeque<String>>>,
) -> Option<JoinHandle<()>> {
    let last_words = Arc::clone(last_words);
    let read = move || {
        let mut from = BufReader::new(stderr);
        let mut line = Vec::new();
        while from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line);
            let text = crate::file::one_line(text.trim_end());
            if let Some(log) = LOG.get() {
                log(&text);
            }
            let mut kept = last_words.lock();
            kept.push_back(text);
            if kept.len() > LAST_WORDS {
                kept.pop_front();
            }
            line.clear();
        }
    };
    thread::Builder::new().name("worker-log".to_owned()).spawn(read).ok()
}
