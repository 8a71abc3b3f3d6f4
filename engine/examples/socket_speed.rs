// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many frames a second a worker can carry: `socket_speed [WIDTH HEIGHT]`.
//!
//! Starts itself as the worker, which sends frames as fast as the host takes them, through the
//! same code as the real one.

use std::{
    env,
    io::{self, BufReader},
    os::{fd::AsFd, unix::net::UnixStream},
    time::{Duration, Instant},
};

use stillmotion_engine::worker::{
    process::Worker,
    protocol::{self, Order, Report, Size},
};

const FRAMES: u64 = 600;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stdin = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    if stdin.peer_addr().is_ok() {
        return serve(stdin);
    }
    let sides: Vec<u32> = env::args().skip(1).filter_map(|side| side.parse().ok()).collect();
    let [width, height] = sides.try_into().unwrap_or([1920, 1080]);
    let mut worker = Worker::start(|| true)?.ok_or("it was called off")?;
    worker.send(&Order::Picture(Size { width, height }), &[])?;
    let start = Instant::now();
    let mut bytes = 0;
    for _ in 0..FRAMES {
        let packet = worker.receive(Duration::from_secs(10))?.ok_or("no frame came")?;
        bytes += packet.pixels.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = FRAMES as f64 / seconds;
    let gigabytes = bytes as f64 / seconds / 1e9;
    println!("{width}x{height} RGB over the socket: {rate:.0} frames/s, {gigabytes:.1} GB/s");
    Ok(())
}

/// The worker's side.
fn serve(mut socket: UnixStream) -> Result<(), Box<dyn std::error::Error>> {
    let mut from = BufReader::new(socket.try_clone()?);
    protocol::read::<Order>(&mut from)?;
    let hello = Report::Hello { version: protocol::VERSION, about: String::new() };
    protocol::write(&mut socket, &hello, &[])?;
    let Order::Picture(size) = protocol::read(&mut from)?.message else { return Ok(()) };
    let pixels = vec![128; (size.width * size.height * 3) as usize];
    for index in 0..FRAMES {
        protocol::write(&mut socket, &Report::Frame { index, size, still: 0.0 }, &pixels)?;
    }
    Ok(())
}
