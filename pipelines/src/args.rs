// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line. Values stay text here: [`crate::settings`] checks all of them together.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  stillmotion render photo.jpg -o out.mp4 --prompt \"slow orbit around the statue\" --motion 5
  stillmotion render photo.jpg -o frames/%05d.png --frames 48 --size 1280x720
  stillmotion preview photo.jpg -o sheet.png --prompt \"walk towards the house\"
  stillmotion depth photo.jpg -o depth.png
  stillmotion check /models/Wan2.2-TI2V-5B-Diffusers
  stillmotion explain \"slow push in while tilting up toward the dome\"
  stillmotion sheet photo.jpg -o sheet.png --motions 1,5,10
  stillmotion train photos/ --checkpoint my-model --steps 20000";

const TRAIN_EXAMPLES: &str = "\
Examples:
  stillmotion train photos/ --checkpoint my-model --steps 20000
  stillmotion train film.mp4 --checkpoint sea --steps 20000 --size 128 --pictures 500
  stillmotion render photo.jpg -o out.mp4 --model my-model --motion 6

The first Ctrl-C saves the training where it is; the same command goes on from there.";

const RENDER_EXAMPLES: &str = "\
Examples:
  stillmotion render photo.jpg -o out.mp4
  stillmotion render photo.jpg -o out.mp4 --prompt \"walk towards the house\" --motion 7
  stillmotion render photo.jpg -o out.mp4 --preset \"Aerial drone\"
  stillmotion render photo.jpg -o out.webm --duration 2 --size 1280x720 --fps 30000/1001
  stillmotion render photo.jpg -o frames/%05d.png --frames 48 --pan 3 --zoom=-2
  stillmotion render photo.jpg -o loop.mp4 --loop --prompt \"orbit around the statue\"
  stillmotion render day.jpg -o day-to-night.mp4 --end-image night.jpg
  stillmotion render photo.jpg -o out.mp4 --mask paint.png --brush \"red: ambient=6; blue: horizontal=3\"";

const PREVIEW_EXAMPLES: &str = "\
Examples:
  stillmotion preview photo.jpg -o sheet.png
  stillmotion preview photo.jpg -o sheet.png --prompt \"fly over the valley\" --motion 7 --seed 40
  stillmotion preview --model /models/Wan2.1-T2V-1.3B-Diffusers -o sheet.png --prompt \"a cabin in lush woods, film still\"";

/// Turns a still image into video, steered by a text prompt and a motion amount from 1 to 10.
#[derive(Debug, Parser)]
#[command(name = "stillmotion", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the command can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render a still to a video file or to numbered pictures
    #[command(after_help = RENDER_EXAMPLES)]
    Render(Box<RenderArgs>),
    /// Draw four seeds beside each other, clips or the stills of a model, and print the commands
    /// that render them
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview(Box<PreviewArgs>),
    /// Write the estimated depth of a still: 16-bit gray PNG, near is bright
    Depth(DepthArgs),
    /// Show how a prompt is understood, as JSON
    Explain(ExplainArgs),
    /// Draw frames of a clip beside each other, or clips of several motion amounts
    Sheet(Box<SheetArgs>),
    /// Train a small network from pictures or a video, to be rendered with --model
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(Box<TrainArgs>),
    /// Say what the folder of a model holds, how much memory it takes, and what is wrong with it
    Check(CheckArgs),
}

/// `stillmotion render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// The still: PNG, JPEG, GIF, WebP, BMP, TIFF, PNM or TGA
    pub image: PathBuf,
    /// out.mp4, .mov, .mkv or .webm, or numbered pictures: frames/%05d.png
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub motion: MotionArgs,
    #[command(flatten)]
    pub aids: AidArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    /// A PNG file that shows what the model makes so far, written anew after each step
    #[arg(long, value_name = "FILE", requires = "model", help_heading = "Model")]
    pub preview: Option<PathBuf>,
    #[command(flatten)]
    pub time: TimeArgs,
    #[command(flatten)]
    pub picture: PictureArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// `stillmotion preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// The still. Without one, a model makes four of them from the prompt
    #[arg(required_unless_present = "model")]
    pub image: Option<PathBuf>,
    /// The PNG file to write. Stills of a model are written beside it in full size
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Width of each small picture in pixels [default: 320]
    #[arg(long, value_name = "PIXELS")]
    pub tile_width: Option<OsString>,
    #[command(flatten)]
    pub motion: MotionArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub time: TimeArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// `stillmotion depth`.
#[derive(Debug, Args)]
pub struct DepthArgs {
    /// The still
    pub image: PathBuf,
    /// The PNG file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// `stillmotion check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The folder of the model
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// `stillmotion explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The prompt; - reads it from stdin
    #[arg(allow_hyphen_values = true)]
    pub prompt: OsString,
}

/// `stillmotion sheet`.
#[derive(Debug, Args)]
pub struct SheetArgs {
    /// The still
    pub image: PathBuf,
    /// The PNG file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Last frames of clips with these motion amounts, such as 1,5,10, and below each one how
    /// far it is from the still
    #[arg(long, value_name = "LIST")]
    pub motions: Option<OsString>,
    /// Width of each small picture in pixels [default: 480]
    #[arg(long, value_name = "PIXELS")]
    pub tile_width: Option<OsString>,
    #[command(flatten)]
    pub motion: MotionArgs,
    #[command(flatten)]
    pub time: TimeArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// `stillmotion train`.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// A folder of pictures, or a video
    #[arg(value_name = "FOLDER_OR_VIDEO")]
    pub input: PathBuf,
    /// The folder of the network, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub checkpoint: PathBuf,
    /// Steps in all, with those that the checkpoint has behind it [default: 50000]
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub steps: Option<OsString>,
    /// conv (convolutional) or mlp (fully connected, 64x64) [default: conv]
    #[arg(long, value_name = "WHAT")]
    pub kind: Option<OsString>,
    /// Width and height of what it makes: 64, 128 or 256 [default: 64]
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true)]
    pub size: Option<OsString>,
    /// Pictures a step [default: 32]
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub batch_size: Option<OsString>,
    /// Of both optimizers [default: 0.0002]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub learning_rate: Option<OsString>,
    /// Where the random numbers start [default: 0]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub seed: Option<OsString>,
    /// Steps from one sample clip and checkpoint to the next [default: 1000]
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub sample_every: Option<OsString>,
    /// The most pictures to train from, spread over the folder or the video [default: 2000]
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub pictures: Option<OsString>,
    /// Where it runs: auto, cpu or cuda:N [default: auto]
    #[arg(long, value_name = "WHICH")]
    pub device: Option<OsString>,
}

/// What moves, and how much.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Motion")]
pub struct MotionArgs {
    /// A ready-made look, such as "Slow push" or "Orbit"; --prompt and --motion go before it
    #[arg(long, value_name = "NAME")]
    pub preset: Option<OsString>,
    /// What should happen, in plain words [default: a gentle move]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub prompt: Option<OsString>,
    /// How much moves, 1 (nearly still) to 10 (strong) [default: 5]
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub motion: Option<OsString>,
    /// Picks among equally good choices; the same seed gives the same frames [default: 0]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub seed: Option<OsString>,
    /// Camera moves sideways, -10 to 10, positive to the right
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub horizontal: Option<OsString>,
    /// Camera moves up or down, -10 to 10, positive up
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub vertical: Option<OsString>,
    /// Camera turns sideways, -10 to 10, positive to the right
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub pan: Option<OsString>,
    /// Camera turns up or down, -10 to 10, positive up
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub tilt: Option<OsString>,
    /// Camera moves closer or away, -10 to 10, positive closer
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub zoom: Option<OsString>,
    /// Camera rolls, -10 to 10, positive clockwise
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub roll: Option<OsString>,
    /// The camera stands still, whatever the prompt says
    #[arg(long)]
    pub static_camera: bool,
}

/// What else there is beside the still.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Still")]
pub struct AidArgs {
    /// The depth of the still as a gray picture: white is near
    #[arg(long, value_name = "FILE", conflicts_with = "depth_model")]
    pub depth: Option<PathBuf>,
    /// An ONNX model that finds the depth, such as Depth Anything V2 Small
    #[arg(long, value_name = "FILE")]
    pub depth_model: Option<PathBuf>,
    /// What large values of the model mean: auto, nearness or distance [default: auto]
    #[arg(long, value_name = "WHAT", requires = "depth_model")]
    pub depth_meaning: Option<OsString>,
    /// A picture that paints where the still may move by itself: red (or white), green, blue,
    /// yellow, magenta; black stays
    #[arg(long, value_name = "FILE")]
    pub mask: Option<PathBuf>,
    /// How what is painted moves, such as "red: horizontal=3 ambient=2; blue: proximity=4"
    #[arg(long, value_name = "TEXT", requires = "mask")]
    pub brush: Option<OsString>,
    /// The picture that the clip travels to
    #[arg(long, value_name = "FILE")]
    pub end_image: Option<PathBuf>,
    /// Go on from the end of another clip: what the render of that one printed
    #[arg(long, value_name = "PLACE")]
    pub extend: Option<OsString>,
    /// End where it began, so that it can be shown over and over without a seam
    #[arg(long = "loop", conflicts_with = "end_image")]
    pub loops: bool,
}

/// A model in the place of the built-in generator.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// The folder of a model that makes the clip: of Wan or Stable Video Diffusion in the layout of
    /// diffusers, or such as `train` makes it [default: built in]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Where the model runs: auto, cpu or cuda:N [default: auto]
    #[arg(long, value_name = "WHICH", requires = "model")]
    pub device: Option<OsString>,
    /// What its networks compute with: auto, f32, bf16, f16 or int8 [default: auto]
    #[arg(long, value_name = "WHAT", requires = "model")]
    pub precision: Option<OsString>,
    /// What should not be seen, for models with guidance
    #[arg(long, value_name = "TEXT", requires = "model")]
    pub negative_prompt: Option<OsString>,
    /// Steps from noise to clip, for models that sample [default: the model's own]
    #[arg(long, value_name = "COUNT", requires = "model", allow_negative_numbers = true)]
    pub steps: Option<OsString>,
    /// How much the prompt counts more than the negative one; 1 is none, which distilled models
    /// want [default: the model's own]
    #[arg(long, value_name = "SCALE", requires = "model", allow_negative_numbers = true)]
    pub guidance_scale: Option<OsString>,
    /// What the clip of a model begins with: input, the still exactly, or model, what the model
    /// makes of it [default: input]
    #[arg(long, value_name = "WHICH", requires = "model")]
    pub first_frame: Option<OsString>,
}

/// How long, and how many frames a second.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Time")]
pub struct TimeArgs {
    /// Length of the clip in seconds [default: 4]
    #[arg(long, value_name = "SECONDS", conflicts_with = "frames", allow_negative_numbers = true)]
    pub duration: Option<OsString>,
    /// Length of the clip in frames
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub frames: Option<OsString>,
    /// Frames per second: a whole number or a fraction such as 30000/1001 [default: 24]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub fps: Option<OsString>,
}

/// The shape of the video.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Picture")]
pub struct PictureArgs {
    /// Width and height of the video, such as 1280x720 [default: those of the still]
    #[arg(long, value_name = "WxH", allow_negative_numbers = true)]
    pub size: Option<OsString>,
    /// How a still of another shape fills the video: cover, contain or stretch [default: cover]
    #[arg(long, value_name = "HOW")]
    pub fit: Option<OsString>,
}

/// What the still may cost.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Refuse stills that are wider or higher than this [default: 16384]
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true)]
    pub max_side: Option<OsString>,
    /// Refuse stills that need more memory to decode [default: 536870912]
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true)]
    pub max_bytes: Option<OsString>,
}
