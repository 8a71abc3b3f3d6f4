// SPDX-License-Identifier: MIT OR Apache-2.0
//! What host and worker say to each other over their socket.
//!
//! A packet is two lengths (`u32`, little endian), a message as JSON of the first length, and
//! pixels of the second. Both lengths have a cap, which is looked at before a byte of the packet
//! is, and pixels must be as many as the message says. The first packet each way is the hello, with
//! the version: two programs of different versions part there with a sentence.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::{
    image::{Image, ImageError, PixelFormat, YuvMatrix},
    request::FrameRate,
};

/// The version of the messages. Goes up with each change to them.
pub const VERSION: u32 = 3;
/// The longest message, in bytes: two prompts of the longest kind with every character escaped.
pub const MAX_MESSAGE: u32 = 256 * 1024;
/// The most bytes of pixels in one packet: RGB of 8K.
pub const MAX_PIXELS: u32 = 7680 * 4320 * 3;

/// Why a packet could not be read or written.
#[derive(Debug, Error)]
pub enum ProtocolError {
    /// The other side is gone.
    #[error("the other side closed the connection")]
    Closed,
    /// The system did not carry it.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// A length beyond its cap.
    #[error("a packet announces {got} bytes of {what}, at most {max} are allowed")]
    TooLong {
        /// Which part.
        what: &'static str,
        /// What the packet says.
        got: u32,
        /// The cap.
        max: u32,
    },
    /// Not a message of this version.
    #[error("a message cannot be understood: {0}")]
    NotAMessage(serde_json::Error),
    /// The pixels are not those that the message announces.
    #[error("a packet has {got} bytes of pixels, a picture of {width}x{height} has {want}")]
    WrongPixels {
        /// Bytes there are.
        got: usize,
        /// Bytes that the size asks for.
        want: u64,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Pixels that make no picture.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The other side is of another version.
    #[error(
        "the worker speaks version {worker}, this program speaks version {VERSION}: \
         install stillmotion-worker and the plugin together"
    )]
    Version {
        /// What the other side says.
        worker: u32,
    },
    /// A message that has no place here.
    #[error("{0}")]
    OutOfTurn(&'static str),
}

/// From the host to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Order {
    /// The first message.
    Hello {
        /// [`VERSION`] of the host.
        version: u32,
    },
    /// Make a clip. The pixels of the still come with it, unless it has no size.
    Generate(GenerateOrder),
    /// Say what a folder holds, without loading it.
    Check {
        /// The folder.
        model: PathBuf,
    },
    /// Train a network, from the pictures that follow.
    Train(TrainOrder),
    /// A picture to train from; its pixels come with it.
    Picture(Size),
    /// All pictures were sent.
    Begin,
    /// Save the training where it is, and end it.
    Stop,
    /// Forget the order that is carried out.
    Cancel,
}

/// Width and height in pixels of a picture that comes as RGB, `[H, W, 3]` bytes, rows packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// What the networks of a model compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// What suits the device: f32 on a CPU, 16 bits on a GPU.
    #[default]
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits, with the range of f32.
    Bf16,
    /// 16 bits.
    F16,
    /// The large matrices as 8-bit integers, the rest as `Auto`.
    Int8,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Auto, Self::F32, Self::Bf16, Self::F16, Self::Int8];

    /// As people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::Int8 => "int8",
        }
    }
}

/// A clip that a model is to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerateOrder {
    /// The folder of the model.
    pub model: PathBuf,
    /// `auto`, `cpu` or `cuda:N`.
    pub device: String,
    /// What the networks compute with.
    pub precision: Precision,
    /// The still, or `None` where the model makes one from the seed.
    pub still: Option<Size>,
    /// What should happen.
    pub prompt: String,
    /// How much moves, 1..10.
    pub motion: f64,
    /// Picks among equally good clips.
    pub seed: u64,
    /// How many frames the clip has.
    pub frames: u64,
    /// Frames per second.
    pub frame_rate: FrameRate,
    /// The first frame that is still wanted.
    pub first: u64,
    /// Where the still was found before, as [`Report::Found`] said, so that nobody looks again.
    pub place: Option<Vec<f32>>,
    /// How models that sample do it.
    pub sampling: SamplingWishes,
}

/// The most steps from noise to clip.
pub const MAX_STEPS: u32 = 1000;
/// The largest guidance.
pub const MAX_GUIDANCE: f64 = 100.0;

/// How a clip is to be sampled from noise; a model's own way where nothing is said.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingWishes {
    /// What should not be seen.
    pub negative_prompt: String,
    /// Steps from noise to clip.
    pub steps: Option<u32>,
    /// How much the prompt counts more than the negative one; 1 is no guidance.
    pub guidance_scale: Option<f64>,
    /// Whether what is sampled so far is shown after each step.
    pub previews: bool,
}

/// A network that is to be trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainOrder {
    /// The folder in which the network is, or will be.
    pub checkpoint: PathBuf,
    /// `auto`, `cpu` or `cuda:N`.
    pub device: String,
    /// The wishes; what is `None` is as in the checkpoint, or the default.
    pub wishes: TrainWishes,
}

/// How to train.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainWishes {
    /// `mlp` or `conv`.
    pub kind: Option<String>,
    /// Width and height of what is generated, in pixels.
    pub size: Option<u32>,
    /// Steps in all, with those that the checkpoint has behind it.
    pub steps: Option<u64>,
    /// Pictures a step.
    pub batch_size: Option<u32>,
    /// Of both optimizers.
    pub learning_rate: Option<f64>,
    /// Where the random numbers start.
    pub seed: Option<u64>,
    /// Steps from one sample clip, and one checkpoint, to the next.
    pub sample_every: Option<u64>,
}

/// From the worker to the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Report {
    /// The first message.
    Hello {
        /// [`VERSION`] of the worker.
        version: u32,
        /// What it runs on, such as `libtorch 2.11.0, 2 threads, no GPU`.
        about: String,
    },
    /// How far a phase is.
    Progress(Progress),
    /// What the pictures of a training must be scaled to: square, this many pixels a side.
    Ready {
        /// Width and height in pixels.
        size: u32,
        /// Steps that were done before.
        step: u64,
        /// Steps in all.
        steps: u64,
    },
    /// Where the model found the still: numbers that mean something to the model alone.
    Found {
        /// The numbers.
        place: Vec<f32>,
    },
    /// Frame `index` of the clip; its pixels come with it.
    Frame {
        /// Number of the frame.
        index: u64,
        /// Of the pixels.
        size: Size,
        /// How much of what the still has beside the model's frame 0 is added, 0..1.
        still: f32,
    },
    /// What the clip looks like so far, in its middle; its pixels come with it.
    Preview {
        /// Steps that are done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Of the pixels.
        size: Size,
    },
    /// What a folder holds.
    Checked(Checked),
    /// The losses of a step.
    Losses(Losses),
    /// A file that a training wrote: a sample clip or the plot.
    Wrote {
        /// Where it lies.
        path: PathBuf,
    },
    /// The order was carried out, or was cancelled.
    Done,
    /// The order could not be carried out.
    Failed {
        /// Whose fault it is.
        fault: Fault,
        /// One sentence or more.
        message: String,
    },
}

/// How far a phase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// What is done.
    pub phase: Phase,
    /// Parts that are done.
    pub done: u64,
    /// Parts in all.
    pub total: u64,
}

/// What a worker is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Reads the weights.
    Loading,
    /// Reads the prompt.
    Reading,
    /// Goes from noise to a clip, step by step.
    Sampling,
    /// Makes frames out of what was sampled.
    Decoding,
    /// Looks for the still in what the model can make.
    Inverting,
    /// Makes frames.
    Generating,
    /// Trains.
    Training,
}

impl Phase {
    /// The phase in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Reading => "reading",
            Self::Sampling => "sampling",
            Self::Decoding => "decoding",
            Self::Inverting => "inverting",
            Self::Generating => "generating",
            Self::Training => "training",
        }
    }
}

/// Binary cross-entropy of the two networks of a GAN, in nats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
    /// Steps that are done.
    pub step: u64,
    /// Of the discriminator, mean of the steps since the last report.
    pub discriminator: f64,
    /// Of the generator, likewise.
    pub generator: f64,
}

/// What a folder holds, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// The kind of model, in a few words.
    pub kind: String,
    /// Its networks.
    pub parts: Vec<CheckedPart>,
    /// Bytes of memory for the weights that are needed at one time, f32.
    pub memory: u64,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
}

/// A network of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedPart {
    /// What it is called in the folder.
    pub name: String,
    /// Numbers that it has learned.
    pub parameters: u64,
    /// Bytes of its weights on disk.
    pub bytes: u64,
}

/// Whose fault it is that an order was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A file or a folder is not there.
    NotFound,
    /// A file or a folder cannot be read.
    Read,
    /// A file cannot be written.
    Write,
    /// A file is not what it should be.
    Model,
    /// A setting is wrong.
    Settings,
    /// Memory ran out.
    Memory,
    /// Anything else.
    Other,
}

/// A message with its pixels, which may be none.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet<M> {
    /// What is said.
    pub message: M,
    /// The pixels that come with it.
    pub pixels: Vec<u8>,
}

/// Writes a packet. Cheap where `to` has a buffer: three writes.
///
/// # Errors
/// [`ProtocolError::TooLong`] before anything is written, [`ProtocolError::Broken`].
pub fn write<M: Serialize>(
    to: &mut impl Write,
    message: &M,
    pixels: &[u8],
) -> Result<(), ProtocolError> {
    let json = serde_json::to_vec(message).map_err(ProtocolError::NotAMessage)?;
    let message_bytes = capped("message", json.len(), MAX_MESSAGE)?;
    let pixel_bytes = capped("pixels", pixels.len(), MAX_PIXELS)?;
    let mut head = Vec::with_capacity(8 + json.len());
    head.extend_from_slice(&message_bytes.to_le_bytes());
    head.extend_from_slice(&pixel_bytes.to_le_bytes());
    head.extend_from_slice(&json);
    to.write_all(&head)?;
    to.write_all(pixels)?;
    to.flush()?;
    Ok(())
}

/// Reads a packet.
///
/// # Errors
/// Every variant of [`ProtocolError`] but those of the hello.
pub fn read<M: DeserializeOwned>(from: &mut impl Read) -> Result<Packet<M>, ProtocolError> {
    let mut lengths = [0; 8];
    from.read_exact(&mut lengths).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => ProtocolError::Closed,
        _ => ProtocolError::Broken(error),
    })?;
    let [a, b, c, d, e, f, g, h] = lengths;
    let message = capped("message", u32::from_le_bytes([a, b, c, d]) as usize, MAX_MESSAGE)?;
    let pixels = capped("pixels", u32::from_le_bytes([e, f, g, h]) as usize, MAX_PIXELS)?;
    let message = bytes(from, message)?;
    let message = serde_json::from_slice(&message).map_err(ProtocolError::NotAMessage)?;
    Ok(Packet { message, pixels: bytes(from, pixels)? })
}

fn capped(what: &'static str, length: usize, max: u32) -> Result<u32, ProtocolError> {
    let got = u32::try_from(length).unwrap_or(u32::MAX);
    if got > max { Err(ProtocolError::TooLong { what, got, max }) } else { Ok(got) }
}

fn bytes(from: &mut impl Read, count: u32) -> Result<Vec<u8>, ProtocolError> {
    let mut bytes = Vec::with_capacity(count as usize);
    from.by_ref().take(u64::from(count)).read_to_end(&mut bytes)?;
    if bytes.len() < count as usize { Err(ProtocolError::Closed) } else { Ok(bytes) }
}

impl Size {
    /// The picture of this size that `pixels` are.
    ///
    /// # Errors
    /// [`ProtocolError::WrongPixels`], [`ProtocolError::Image`] for a size that is no picture's.
    pub fn picture(self, pixels: Vec<u8>) -> Result<Image, ProtocolError> {
        let Self { width, height } = self;
        let want = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(3);
        if pixels.len() as u64 != want {
            let got = pixels.len();
            return Err(ProtocolError::WrongPixels { got, want, width, height });
        }
        let matrix = YuvMatrix::default();
        Ok(Image::from_packed(PixelFormat::Rgb, width, height, matrix, vec![pixels])?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(message: &Order, pixels: &[u8]) -> Vec<u8> {
        let mut wire = Vec::new();
        write(&mut wire, message, pixels).unwrap();
        wire
    }

    fn order(prompt: &str) -> Order {
        Order::Generate(GenerateOrder {
            model: "/models/gan".into(),
            device: "auto".to_owned(),
            precision: Precision::Int8,
            still: Some(Size { width: 16, height: 16 }),
            prompt: prompt.to_owned(),
            motion: 5.0,
            seed: u64::MAX,
            frames: 96,
            frame_rate: FrameRate { numerator: 24, denominator: 1 },
            first: 0,
            place: Some(vec![0.1, -1e-30]),
            sampling: SamplingWishes {
                negative_prompt: prompt.to_owned(),
                steps: Some(30),
                guidance_scale: Some(4.5),
                previews: true,
            },
        })
    }

    #[test]
    fn packets_follow_each_other() {
        let mut wire = sent(&order("walk \u{1F332}\n"), &[7; 768]);
        wire.extend(sent(&Order::Cancel, &[]));
        let mut from = &wire[..];
        let first: Packet<Order> = read(&mut from).unwrap();
        assert_eq!((first.message, first.pixels), (order("walk \u{1F332}\n"), vec![7; 768]));
        assert_eq!(read::<Order>(&mut from).unwrap().message, Order::Cancel);
        assert!(matches!(read::<Order>(&mut from), Err(ProtocolError::Closed)));
    }

    #[test]
    fn the_longest_prompt_passes() {
        let longest = "\u{1}".repeat(crate::request::MAX_PROMPT_BYTES);
        let wire = sent(&order(&longest), &[]);
        assert_eq!(read::<Order>(&mut &wire[..]).unwrap().message, order(&longest));
    }

    #[test]
    fn lengths_are_looked_at_before_anything_is_read() {
        for (message, pixels) in [(MAX_MESSAGE + 1, 0), (2, MAX_PIXELS + 1), (u32::MAX, u32::MAX)] {
            let mut wire = message.to_le_bytes().to_vec();
            wire.extend(pixels.to_le_bytes());
            let mut from = &wire[..];
            assert!(matches!(read::<Order>(&mut from), Err(ProtocolError::TooLong { .. })));
        }
        let too_long = order(&"x".repeat(MAX_MESSAGE as usize));
        let error = write(&mut Vec::new(), &too_long, &[]).unwrap_err();
        assert!(matches!(error, ProtocolError::TooLong { what: "message", .. }));
    }

    #[test]
    fn every_packet_that_is_cut_off_is_refused() {
        let wire = sent(&order("walk"), &[1; 48]);
        for end in 0..wire.len() {
            assert!(
                matches!(read::<Order>(&mut &wire[..end]), Err(ProtocolError::Closed)),
                "{end}"
            );
        }
    }

    #[test]
    fn pixels_must_be_as_many_as_the_size_says() {
        let size = Size { width: 16, height: 16 };
        assert!(size.picture(vec![0; 768]).is_ok());
        assert!(matches!(size.picture(vec![0; 767]), Err(ProtocolError::WrongPixels { .. })));
        let huge = Size { width: u32::MAX, height: u32::MAX };
        assert!(matches!(huge.picture(vec![]), Err(ProtocolError::WrongPixels { .. })));
        let none = Size { width: 0, height: 0 };
        assert!(matches!(none.picture(vec![]), Err(ProtocolError::Image(_))));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read::<Order>(&mut &bytes[..]);
            let _ = read::<Report>(&mut &bytes[..]);
        }

        #[test]
        fn garbage_behind_honest_lengths_never_panics(text in ".{0,200}") {
            let mut wire = u32::try_from(text.len()).unwrap().to_le_bytes().to_vec();
            wire.extend([0; 4]);
            wire.extend(text.as_bytes());
            prop_assert!(read::<Order>(&mut &wire[..]).is_err() || text.contains('"'));
        }
    }
}
