// SPDX-License-Identifier: MIT OR Apache-2.0
//! A model of Wan as a folder of diffusers has it, and clips out of it: `WanPipeline` and
//! `WanImageToVideoPipeline`.

use std::path::{Path, PathBuf};

use stillmotion_engine::worker::protocol::Phase;
use tch::{Device, Kind, Tensor};

use super::{
    motion,
    text::{MAX_WORDS, TextReader},
    transformer::{Condition, Transformer, TransformerConfig},
    vae::{Vae, VaeConfig},
};
use crate::{
    clip_vision::{ClipVision, ClipVisionConfig, Head},
    config,
    error::ModelError,
    host::Host,
    memory,
    model_index::{self, ModelIndex},
    nn::{KeyBias, Numbers},
    pillow::{Filter, Picture},
    playback, random,
    scheduler::SchedulerConfig,
    tensor,
    weights::{self, Weights},
};

const WEIGHTS: &str = "diffusion_pytorch_model";
/// The names of its pipelines in `model_index.json`.
pub const CLASSES: [&str; 2] = ["WanPipeline", "WanImageToVideoPipeline"];

/// What `model_index.json` says beside the components.
#[derive(Debug)]
struct Index {
    boundary_ratio: Option<f64>,
    expand_timesteps: bool,
}

impl Index {
    fn load(folder: &Path) -> Result<Self, ModelError> {
        let index = ModelIndex::load(folder)?;
        let boundary_ratio: Option<f64> = index.setting(folder, "boundary_ratio")?;
        let mut wrong = config::Wrong::default();
        let known = CLASSES.contains(&&*index.class_name);
        wrong.unless(known, "_class_name", &CLASSES.join(" or "));
        index.expect(
            &mut wrong,
            &[
                ("text_encoder", "UMT5EncoderModel"),
                ("transformer", "WanTransformer3DModel"),
                ("vae", "AutoencoderKLWan"),
            ],
        );
        let boundary = boundary_ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio));
        wrong.unless(boundary, "boundary_ratio", "null or 0 to 1");
        let second = index.class_of("transformer_2").is_some() == boundary_ratio.is_some();
        wrong.unless(second, "transformer_2 and boundary_ratio", "both there or both null");
        let image = matches!(index.class_of("image_encoder"), None | Some("CLIPVisionModel"));
        wrong.unless(image, "image_encoder", "null or CLIPVisionModel");
        wrong.finish(&folder.join(model_index::FILE))?;
        let expand_timesteps = index.setting(folder, "expand_timesteps")?;
        Ok(Self { boundary_ratio, expand_timesteps })
    }
}

/// What a clip is sampled with.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// What should be seen.
    pub prompt: String,
    /// What should not. It counts only with a guidance above 1.
    pub negative_prompt: String,
    /// Width in pixels, a multiple of [`WanPipeline::multiple`].
    pub width: u32,
    /// Height in pixels, likewise.
    pub height: u32,
    /// Frames: one, and four more for each latent frame.
    pub frames: u32,
    /// Steps from noise to clip.
    pub steps: u32,
    /// How much the prompt counts more than the negative one (Ho and Salimans 2022); 1 for models
    /// that are distilled.
    pub guidance_scale: f64,
    /// The seed of the noise, as diffusers takes it.
    pub seed: u64,
    /// How much moves, 1..10; 5 is what the model does by itself.
    pub motion: f64,
    /// Whether what is sampled so far is shown after each step.
    pub previews: bool,
}

/// A model that is open. Its networks are loaded when they are needed.
pub struct WanPipeline {
    folder: PathBuf,
    device: Device,
    numbers: Numbers,
    index: Index,
    scheduler: SchedulerConfig,
    /// Of one expert, or of the one for much noise and the one for little.
    experts: Vec<Expert>,
    vae_config: VaeConfig,
    vae: Option<Vae>,
    text: TextReader,
    vision: Option<Vision>,
}

/// What the model sees of the image beside its latent frame. It is small, but rarely asked.
struct Vision {
    folder: PathBuf,
    config: ClipVisionConfig,
}

impl Vision {
    fn open(folder: &Path) -> Result<Self, ModelError> {
        let config = ClipVisionConfig::load(&folder.join("config.json"))?;
        Ok(Self { folder: folder.to_owned(), config })
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        Ok(Weights::open(&weights::of_component(&self.folder, "model"))?)
    }

    fn look(&self, image: &Picture, device: Device) -> Result<Tensor, ModelError> {
        let network =
            ClipVision::load(&self.config, &self.weights()?, device, Kind::Float, Head::None)?;
        network.penultimate(image)
    }
}

/// Where a model looks at the image that a clip starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImagePlace {
    /// It makes clips from text alone.
    Nowhere,
    /// It is the first latent frame, which is never noise: `expand_timesteps`, Wan 2.2 TI2V.
    First,
    /// It is beside each latent frame, and there must be one: Wan 2.2 I2V.
    Beside,
}

/// What a clip is made from.
struct Given {
    /// Tokens of the prompt, and of the negative one where it counts.
    text: Vec<Tensor>,
    /// Tokens of the image, for models that look at some.
    seen: Option<Tensor>,
    start: Start,
    /// From the image as it is blurred in the first steps, where it is.
    blurred: Option<Start>,
}

/// What the noise has with it.
enum Start {
    Noise,
    /// The first latent frame `[1, z_dim, 1, h, w]`.
    First(Tensor),
    /// Mask and image `[1, 4 + z_dim, T, h, w]`.
    Beside(Tensor),
}

impl Start {
    /// What the transformer gets.
    fn beside(&self, latents: &Tensor) -> Result<Tensor, ModelError> {
        match self {
            Self::Beside(image) => Ok(Tensor::f_cat(&[latents, image], 1)?),
            _ => self.put_first(latents),
        }
    }

    /// The latent clip with its first frame, where that is known.
    fn put_first(&self, latents: &Tensor) -> Result<Tensor, ModelError> {
        let Self::First(first) = self else { return Ok(latents.shallow_clone()) };
        let rest = latents.f_narrow(2, 1, latents.size()[2] - 1)?;
        Ok(Tensor::f_cat(&[first, &rest], 2)?)
    }
}

struct Expert {
    folder: PathBuf,
    config: TransformerConfig,
    network: Option<Transformer>,
}

impl WanPipeline {
    /// Opens the folder: reads what it says of itself, and none of its weights.
    ///
    /// # Errors
    /// What is wrong with it, each file's faults at once.
    pub fn open(
        folder: &Path,
        device: Device,
        numbers: impl Into<Numbers>,
    ) -> Result<Self, ModelError> {
        let numbers = numbers.into();
        let index = Index::load(folder)?;
        let scheduler = SchedulerConfig::load(&folder.join("scheduler/scheduler_config.json"))?;
        let vae_config = VaeConfig::load(&folder.join("vae/config.json"))?;
        let names = ["transformer", "transformer_2"];
        let count = 1 + usize::from(index.boundary_ratio.is_some());
        let experts = names[..count].iter().map(|name| Expert::open(&folder.join(name)));
        let experts: Vec<Expert> = experts.collect::<Result<_, _>>()?;
        let sees = experts.iter().any(|expert| expert.config.image_dim.is_some());
        let vision = sees.then(|| Vision::open(&folder.join("image_encoder"))).transpose()?;
        let pipeline = Self {
            folder: folder.to_owned(),
            device,
            numbers,
            index,
            scheduler,
            experts,
            vae_config,
            vae: None,
            text: TextReader::new(folder, device, numbers.kind),
            vision,
        };
        pipeline.check()?;
        Ok(pipeline)
    }

    /// Makes sure that the parts fit together.
    fn check(&self) -> Result<(), ModelError> {
        let mut wrong = config::Wrong::default();
        let (z, beside) = (self.vae_config.z_dim, self.channels_beside());
        let alike = self.experts.iter().all(|expert| {
            let first = &self.experts[0].config;
            expert.config.in_channels == first.in_channels
                && expert.config.patch_size == first.patch_size
        });
        wrong.unless(alike, "in_channels and patch_size", "the same in both transformers");
        for expert in &self.experts {
            let takes = format!("{z}, or {beside} with an image, for a VAE with z_dim {z}");
            let inputs = expert.config.in_channels;
            wrong.unless(inputs == z || inputs == beside, "in_channels", &takes);
            wrong.unless(expert.config.out_channels == z, "out_channels", &format!("{z}"));
            let tokens = self.vision.as_ref().map(|vision| vision.config.hidden_size);
            let fits = expert.config.image_dim.is_none_or(|dim| Some(dim) == tokens);
            wrong.unless(fits, "image_dim", "null, or hidden_size of the image encoder");
            let one = expert.config.pos_embed_seq_len.is_none();
            wrong.unless(one, "pos_embed_seq_len", "null: a last image is not known");
            wrong.unless(expert.config.patch_size[0] == 1, "patch_size", "1 in time");
        }
        wrong.finish(&self.folder.join("transformer/config.json"))
    }

    /// Channels of the input where the image is beside each latent frame: those of the clip, a
    /// mask for each frame that a latent one stands for, and those of the image.
    fn channels_beside(&self) -> i64 {
        2 * self.vae_config.z_dim + self.vae_config.scale_factor_temporal
    }

    /// Where the model looks at an image.
    #[must_use]
    pub fn image_place(&self) -> ImagePlace {
        let inputs = self.experts.first().map_or(0, |expert| expert.config.in_channels);
        match self.index.expand_timesteps {
            true => ImagePlace::First,
            false if inputs == self.channels_beside() => ImagePlace::Beside,
            false => ImagePlace::Nowhere,
        }
    }

    /// The weights of each part, looked at and not read, or what is wrong with them.
    #[must_use]
    pub fn check_weights(&self) -> Vec<(String, Result<Weights, ModelError>)> {
        let mut parts = vec![("text_encoder".to_owned(), self.text.check())];
        for expert in &self.experts {
            let name = expert.folder.file_name().unwrap_or_default().to_string_lossy();
            let weights = expert.weights();
            let weights = weights.and_then(|weights| Transformer::check(&expert.config, weights));
            parts.push((name.into_owned(), weights));
        }
        if let Some(vision) = &self.vision {
            let weights = vision.weights();
            let weights =
                weights.and_then(|weights| ClipVision::check(&vision.config, weights, Head::None));
            parts.push(("image_encoder".to_owned(), weights));
        }
        let vae = self.vae_weights();
        let vae = vae.and_then(|weights| Vae::check(&self.vae_config, weights));
        parts.push(("vae".to_owned(), vae));
        parts
    }

    fn vae_weights(&self) -> Result<Weights, ModelError> {
        Ok(Weights::open(&weights::of_component(&self.folder.join("vae"), WEIGHTS))?)
    }

    /// What width and height of a clip are multiples of, in pixels.
    #[must_use]
    pub fn multiple(&self) -> u32 {
        let patch = self.experts.first().map_or(2, |expert| expert.config.patch_size[1]);
        u32::try_from(self.vae_config.scale_factor_spatial * patch).unwrap_or(16)
    }

    /// Width and height in pixels, and frames per second, that the model was made for.
    #[must_use]
    pub fn format(&self) -> ((u32, u32), u32) {
        if self.vae_config.is_residual { ((1280, 704), 24) } else { ((832, 480), 16) }
    }

    /// Samples a clip and hands its frames `[1, 3, T, H, W]`, f32 in -1..1, to `take` as they are
    /// decoded: one, then four at a time. `image` is what the clip starts from, in any size.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`], what `take` says, or what went wrong.
    pub fn clip(
        &mut self,
        sampling: &Sampling,
        image: Option<&Picture>,
        host: &mut dyn Host,
        mut take: impl FnMut(&Tensor, &mut dyn Host) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        let _guard = tch::no_grad_guard();
        host.progress(Phase::Reading, 0, 1)?;
        let text = self.read(sampling, host)?;
        host.progress(Phase::Loading, 0, 1)?;
        let image_frame = image.map(|image| self.frame(sampling, image)).transpose()?;
        let start = self.start(sampling, image_frame.as_ref())?;
        let blurs = motion::is_blurred(sampling.motion, 0, sampling.steps);
        let blurred = image_frame.filter(|_| blurs).map(|frame| {
            let frame = motion::blur(&frame)?;
            self.start(sampling, Some(&frame))
        });
        let blurred = blurred.transpose()?;
        let seen = match (&self.vision, image) {
            (Some(vision), Some(image)) => Some(vision.look(image, self.device)?),
            _ => None,
        };
        let given = Given { text, seen, start, blurred };
        let latents = self.sample(sampling, &given, host)?;
        if self.device == Device::Cpu {
            // What it takes to read them again is little beside the steps of the next clip.
            self.experts.iter_mut().for_each(|expert| expert.network = None);
            memory::give_back();
        }
        let vae = self.vae()?;
        let latents = vae.denormalise(&latents.f_to_kind(vae.kind())?)?;
        let count = latents.size()[2];
        let mut decoding = vae.decode();
        for at in 0..count {
            host.progress(Phase::Decoding, at.unsigned_abs(), count.unsigned_abs())?;
            let frames = decoding.next(&latents.f_narrow(2, at, 1)?)?;
            take(&frames.f_to_kind(Kind::Float)?, host)?;
        }
        Ok(())
    }

    /// The tokens of the prompt, and of the negative one where it counts.
    fn read(
        &mut self,
        sampling: &Sampling,
        host: &mut dyn Host,
    ) -> Result<Vec<Tensor>, ModelError> {
        let negative = motion::negative_prompt(sampling.motion, &sampling.negative_prompt);
        let mut prompts = vec![&*sampling.prompt];
        if sampling.guidance_scale > 1.0 {
            prompts.push(&negative);
        }
        self.text.read(&prompts, host)
    }

    fn vae(&mut self) -> Result<&Vae, ModelError> {
        let vae = match self.vae.take() {
            Some(vae) => vae,
            // It is small, and the reference keeps it exact.
            None => Vae::load(&self.vae_config, &self.vae_weights()?, self.device, Kind::Float)?,
        };
        Ok(self.vae.insert(vae))
    }

    /// An image as a frame of the clip, `[1, 3, 1, H, W]` f32 in -1..1.
    fn frame(&self, sampling: &Sampling, image: &Picture) -> Result<Tensor, ModelError> {
        let (width, height) = (sampling.width, sampling.height);
        let scaled = image.resize(width as usize, height as usize, Filter::Lanczos);
        let frame = tensor::from_rgb(&scaled.bytes, [1, height.into(), width.into()], Device::Cpu)?;
        Ok(frame.f_unsqueeze(2)?.f_to_device(self.device)?)
    }

    /// What the clip starts from, of an image `[1, 3, 1, H, W]`.
    fn start(&mut self, sampling: &Sampling, image: Option<&Tensor>) -> Result<Start, ModelError> {
        let place = self.image_place();
        let [_, _, latent_frames, ..] = self.latent_shape(sampling);
        let Some(image) = image else {
            return match place {
                ImagePlace::Beside => {
                    let what = "this model makes clips from an image, and none is given";
                    Err(ModelError::Torch(what.to_owned()))
                }
                _ => Ok(Start::Noise),
            };
        };
        let vae = self.vae()?;
        let encode = |frames: &Tensor| -> Result<Tensor, ModelError> {
            Ok(vae.normalise(&vae.encode(frames)?)?.f_to_kind(Kind::Float)?)
        };
        let image = image.f_to_kind(vae.kind())?;
        match place {
            ImagePlace::First => Ok(Start::First(encode(&image)?)),
            ImagePlace::Beside => {
                let frames = i64::from(sampling.frames) - 1;
                let latents = encode(&image.f_constant_pad_nd([0, 0, 0, 0, 0, frames])?)?;
                let known = latents.f_narrow(1, 0, 1)?.f_narrow(2, 0, 1)?.f_ones_like()?;
                let mask = known.f_constant_pad_nd([0, 0, 0, 0, 0, latent_frames - 1])?;
                let count = vae.config().scale_factor_temporal;
                let mask = mask.f_repeat([1, count, 1, 1, 1])?;
                Ok(Start::Beside(Tensor::f_cat(&[mask, latents], 1)?))
            }
            ImagePlace::Nowhere => {
                let what = "this model makes clips from text alone";
                Err(ModelError::Torch(what.to_owned()))
            }
        }
    }

    /// The latent clip `[1, z_dim, T, h, w]` f32, normalised.
    fn sample(
        &mut self,
        sampling: &Sampling,
        given: &Given,
        host: &mut dyn Host,
    ) -> Result<Tensor, ModelError> {
        let Given { text, seen, start, blurred } = given;
        let shape = self.latent_shape(sampling);
        let [noise] = random::torch_normals(sampling.seed, [&shape])?;
        let mut latents = noise.f_to_device(self.device)?;
        let mut scheduler = self.scheduler.scheduler(sampling.steps);
        let sigmas = scheduler.sigmas().to_vec();
        let times: Vec<f64> = scheduler.timesteps().iter().map(|time| f64::from(*time)).collect();
        let boundary = self.index.boundary_ratio.unwrap_or_default() * self.scheduler.times();
        for (step, time) in times.into_iter().enumerate() {
            host.progress(Phase::Sampling, step as u64, sampling.steps.into())?;
            let expert = if time >= boundary { 0 } else { self.experts.len() - 1 };
            let network = self.expert(expert)?;
            let [_, height, width] = network.config().patch_size;
            let frame = (shape[3] / height) * (shape[4] / width);
            let all = frame * shape[2];
            let times = match start {
                Start::First(_) => vec![(frame, 0.0), (all - frame, time)],
                _ => vec![(all, time)],
            };
            let logits = motion::image_bias(sampling.motion, step, sampling.steps);
            let bias = match start {
                Start::Noise => None,
                _ => logits.map(|logits| KeyBias { first: frame, logits }),
            };
            let blurs = motion::is_blurred(sampling.motion, step, sampling.steps);
            let input = blurred.as_ref().filter(|_| blurs).unwrap_or(start).beside(&latents)?;
            let predict = |text: &Tensor| -> Result<Tensor, ModelError> {
                let padding = MAX_WORDS as i64 - text.size()[1];
                let condition = Condition { text, padding, image: seen.as_ref(), bias };
                Ok(network.forward(&input, &times, &condition)?.f_to_kind(Kind::Float)?)
            };
            let mut velocity = predict(&text[0])?;
            if let Some(negative) = text.get(1) {
                let without = predict(negative)?;
                let more = velocity.f_sub(&without)?.f_mul_scalar(sampling.guidance_scale)?;
                velocity = without.f_add(&more)?;
            }
            if sampling.previews {
                // Along the velocity to where no noise is left.
                let so_far = latents.f_sub(&velocity.f_mul_scalar(f64::from(sigmas[step]))?)?;
                let picture = self.middle(&start.put_first(&so_far)?)?;
                playback::preview(&picture, [step as u64 + 1, sampling.steps.into()], host)?;
            }
            latents = scheduler.step(&velocity, &latents)?;
        }
        host.progress(Phase::Sampling, sampling.steps.into(), sampling.steps.into())?;
        start.put_first(&latents)
    }

    /// The latent frame in the middle of a clip, decoded by itself: `[1, 3, 1, H, W]`.
    fn middle(&mut self, latents: &Tensor) -> Result<Tensor, ModelError> {
        let vae = self.vae()?;
        let middle = latents.f_narrow(2, latents.size()[2] / 2, 1)?;
        vae.decode().next(&vae.denormalise(&middle.f_to_kind(vae.kind())?)?)
    }

    fn latent_shape(&self, sampling: &Sampling) -> [i64; 5] {
        let VaeConfig { z_dim, scale_factor_temporal, scale_factor_spatial, .. } = self.vae_config;
        let frames = (i64::from(sampling.frames) - 1) / scale_factor_temporal + 1;
        let side = |pixels: u32| i64::from(pixels) / scale_factor_spatial;
        [1, z_dim, frames, side(sampling.height), side(sampling.width)]
    }

    /// The expert, loaded; of two, the other one is let go: few machines have room for both.
    fn expert(&mut self, number: usize) -> Result<&Transformer, ModelError> {
        for (other, expert) in self.experts.iter_mut().enumerate() {
            if other != number {
                expert.network = None;
            }
        }
        self.experts[number].network(self.device, self.numbers)
    }
}

impl Expert {
    fn open(folder: &Path) -> Result<Self, ModelError> {
        let config = TransformerConfig::load(&folder.join("config.json"))?;
        Ok(Self { folder: folder.to_owned(), config, network: None })
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        Ok(Weights::open(&weights::of_component(&self.folder, WEIGHTS))?)
    }

    fn network(&mut self, device: Device, numbers: Numbers) -> Result<&Transformer, ModelError> {
        let network = match self.network.take() {
            Some(network) => network,
            None => {
                let weights = self.weights()?;
                memory::check(weights.path(), Transformer::count(&self.config)?, device, numbers)?;
                Transformer::load(&self.config, &weights, device, numbers)?
            }
        };
        Ok(self.network.insert(network))
    }
}
