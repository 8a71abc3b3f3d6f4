// SPDX-License-Identifier: MIT OR Apache-2.0
//! A model of Stable Video Diffusion as a folder of diffusers has it, and clips out of it:
//! `StableVideoDiffusionPipeline`.

use std::path::{Path, PathBuf};

use stillmotion_engine::worker::protocol::Phase;
use tch::{Device, Kind, Tensor};

use super::{
    image, layers,
    motion::Motion,
    unet::{Unet, UnetConfig},
    vae::{self, Decoder, Encoder, VaeConfig},
};
use crate::{
    clip_vision::{self, ClipVision, ClipVisionConfig, Head},
    config,
    error::ModelError,
    host::Host,
    memory,
    model_index::{self, ModelIndex},
    nn::Numbers,
    pillow::{Filter, Picture},
    playback, random,
    scheduler::EulerConfig,
    tensor,
    weights::{self, Weights},
};

/// The pipeline's name in `model_index.json`.
pub const CLASS: &str = "StableVideoDiffusionPipeline";
/// Frames per second that the network is told: the pipeline's default.
pub const FRAMES_PER_SECOND: u32 = 7;
const WEIGHTS: &str = "diffusion_pytorch_model";

/// What a clip is sampled with.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Width in pixels, a multiple of the VAE's scale.
    pub width: u32,
    /// Height in pixels, likewise.
    pub height: u32,
    /// Frames.
    pub frames: u32,
    /// Steps from noise to clip.
    pub steps: u32,
    /// How much the image counts more than nothing, in the last frame; in the first one it is 1
    /// (`max_guidance_scale`, `min_guidance_scale`).
    pub guidance_scale: f64,
    /// The seed of the noise, as diffusers takes it.
    pub seed: u64,
    /// How much moves, 1..10; 5 is what the pipeline does by itself.
    pub motion: f64,
    /// Whether what is sampled so far is shown after each step.
    pub previews: bool,
}

/// A model that is open. Its networks are loaded when they are needed.
pub struct SvdPipeline {
    folder: PathBuf,
    device: Device,
    numbers: Numbers,
    scheduler: EulerConfig,
    unet_config: UnetConfig,
    unet: Option<Unet>,
    vae_config: VaeConfig,
    decoder: Option<Decoder>,
    vision_config: ClipVisionConfig,
}

/// What the network sees of the image.
struct Given {
    /// The image, `[1, 1, image]`.
    token: Tensor,
    /// The image with noise, `[T, latent_channels, h, w]`.
    beside: Tensor,
    /// Noise for the clip, `[T, latent_channels, h, w]`.
    noise: Tensor,
}

impl SvdPipeline {
    /// Opens the folder: reads what it says of itself, and none of its weights. `numbers` are those
    /// of the networks; what encodes the image is f32.
    ///
    /// # Errors
    /// What is wrong with it, each file's faults at once.
    pub fn open(
        folder: &Path,
        device: Device,
        numbers: impl Into<Numbers>,
    ) -> Result<Self, ModelError> {
        let index = ModelIndex::load(folder)?;
        let mut wrong = config::Wrong::default();
        wrong.unless(index.class_name == CLASS, "_class_name", CLASS);
        index.expect(
            &mut wrong,
            &[
                ("image_encoder", "CLIPVisionModelWithProjection"),
                ("unet", "UNetSpatioTemporalConditionModel"),
                ("vae", "AutoencoderKLTemporalDecoder"),
            ],
        );
        wrong.finish(&folder.join(model_index::FILE))?;
        let pipeline = Self {
            folder: folder.to_owned(),
            device,
            numbers: numbers.into(),
            scheduler: EulerConfig::load(&folder.join("scheduler/scheduler_config.json"))?,
            unet_config: UnetConfig::load(&folder.join("unet/config.json"))?,
            unet: None,
            vae_config: VaeConfig::load(&folder.join("vae/config.json"))?,
            decoder: None,
            vision_config: ClipVisionConfig::load(&folder.join("image_encoder/config.json"))?,
        };
        pipeline.check()?;
        Ok(pipeline)
    }

    /// Makes sure that the parts fit together.
    fn check(&self) -> Result<(), ModelError> {
        let mut wrong = config::Wrong::default();
        let z = self.vae_config.latent_channels;
        let (inputs, outputs) = (self.unet_config.in_channels, self.unet_config.out_channels);
        wrong.unless(inputs == 2 * z, "in_channels", &format!("{}, twice the VAE's", 2 * z));
        wrong.unless(outputs == z, "out_channels", &format!("{z}, as the VAE has"));
        let token = self.vision_config.projection_dim;
        let fits = self.unet_config.sees(token);
        wrong.unless(fits, "cross_attention_dim", &format!("{token}, as the image encoder has"));
        wrong.finish(&self.folder.join("unet/config.json"))
    }

    /// The weights of each part, looked at and not read, or what is wrong with them.
    #[must_use]
    pub fn check_weights(&self) -> Vec<(String, Result<Weights, ModelError>)> {
        let vision = self.weights("image_encoder", "model");
        let vision = vision
            .and_then(|weights| ClipVision::check(&self.vision_config, weights, Head::Projection));
        let unet = self.weights("unet", WEIGHTS);
        let unet = unet.and_then(|weights| Unet::check(&self.unet_config, weights));
        let vae = self.weights("vae", WEIGHTS);
        let vae = vae.and_then(|weights| vae::check(&self.vae_config, weights));
        [("image_encoder", vision), ("unet", unet), ("vae", vae)]
            .map(|(name, weights)| (name.to_owned(), weights))
            .into()
    }

    fn weights(&self, part: &str, name: &str) -> Result<Weights, ModelError> {
        Ok(Weights::open(&weights::of_component(&self.folder.join(part), name))?)
    }

    /// What width and height of a clip are multiples of, in pixels, where all levels of the network
    /// halve without a rest.
    #[must_use]
    pub fn multiple(&self) -> u32 {
        self.vae_config.scale() << (self.unet_config.levels() - 1).min(8)
    }

    /// Frames that the network was trained to make.
    #[must_use]
    pub fn num_frames(&self) -> u32 {
        self.unet_config.num_frames
    }

    /// Samples a clip that starts from `image` and hands its frames `[1, 3, T, H, W]`, f32 in
    /// -1..1, to `take`, all at once: its VAE normalises over all of time.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`], what `take` says, or what went wrong.
    pub fn clip(
        &mut self,
        sampling: &Sampling,
        image: &Picture,
        host: &mut dyn Host,
        take: impl FnOnce(&Tensor, &mut dyn Host) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        let _guard = tch::no_grad_guard();
        host.progress(Phase::Loading, 0, 1)?;
        let given = self.look(sampling, image)?;
        let latents = self.sample(sampling, &given, host)?;
        if self.device == Device::Cpu {
            // What it takes to read it again is little beside the steps of the next clip.
            self.unet = None;
            memory::give_back();
        }
        let frames =
            self.decode(&latents, |done, total| host.progress(Phase::Decoding, done, total))?;
        take(&frames, host)
    }

    /// Latents `[T, latent_channels, h, w]` to frames `[1, 3, T, H, W]` f32 in -1..1.
    fn decode(
        &mut self,
        latents: &Tensor,
        go_on: impl FnMut(u64, u64) -> Result<(), ModelError>,
    ) -> Result<Tensor, ModelError> {
        let latents = latents.f_div_scalar(self.vae_config.scaling_factor)?;
        let decoder = self.decoder()?;
        let frames = decoder.forward(&latents.f_to_kind(decoder.kind())?, go_on)?;
        layers::clip(&frames.f_to_kind(Kind::Float)?.f_clamp(-1.0, 1.0)?)
    }

    fn look(&self, sampling: &Sampling, image: &Picture) -> Result<Given, ModelError> {
        let vision = self.weights("image_encoder", "model")?;
        let config = &self.vision_config;
        let token = {
            let network = ClipVision::load(
                config,
                &vision,
                self.device,
                self.numbers.kind,
                Head::Projection,
            )?;
            let square = image::square(image, config.image_size)?;
            network.image_embeds(&clip_vision::normalise(&square)?)?.f_unsqueeze(1)?
        };
        let (width, height) = (sampling.width, sampling.height);
        let scaled = image.resize(width as usize, height as usize, Filter::Lanczos);
        let pixels =
            tensor::from_rgb(&scaled.bytes, [1, height.into(), width.into()], Device::Cpu)?;
        let shape = self.latent_shape(sampling);
        let [on_image, noise] = random::torch_normals(sampling.seed, [&pixels.size(), &shape])?;
        let on_image = on_image.f_mul_scalar(Motion::of(sampling.motion).noise)?;
        let pixels = pixels.f_add(&on_image)?.f_to_device(self.device)?;
        let vae = self.weights("vae", WEIGHTS)?;
        // It is small, and half as exact it can overflow.
        let encoder = Encoder::load(&self.vae_config, &vae, self.device, Kind::Float)?;
        let beside = encoder.forward(&pixels)?.f_repeat([shape[0], 1, 1, 1])?;
        drop(encoder);
        memory::give_back();
        Ok(Given { token, beside, noise: noise.f_to_device(self.device)? })
    }

    /// The latent clip `[T, latent_channels, h, w]` f32.
    fn sample(
        &mut self,
        sampling: &Sampling,
        given: &Given,
        host: &mut dyn Host,
    ) -> Result<Tensor, ModelError> {
        let mut scheduler = self.scheduler.scheduler(sampling.steps);
        let motion = Motion::of(sampling.motion);
        let told = [f64::from(FRAMES_PER_SECOND - 1), motion.bucket, motion.noise];
        let guidance = self.guidance(sampling)?;
        let (kind, steps) = (self.numbers.kind, u64::from(sampling.steps));
        let mut latents = given.noise.f_mul_scalar(scheduler.first_noise())?;
        let nothing = (given.beside.f_zeros_like()?, given.token.f_zeros_like()?);
        let times: Vec<f64> = scheduler.timesteps().iter().map(|time| f64::from(*time)).collect();
        for (step, time) in times.into_iter().enumerate() {
            host.progress(Phase::Sampling, step as u64, steps)?;
            let unet = self.unet()?;
            let predict = |x: &Tensor, beside: &Tensor, time, token: &Tensor| {
                let input = Tensor::f_cat(&[x, beside], 1)?.f_to_kind(kind)?;
                let velocity = unet.forward(&input, time, told, token)?;
                Ok::<_, ModelError>(velocity.f_to_kind(Kind::Float)?)
            };
            let x = scheduler.scale(&latents)?;
            let mut velocity = predict(&x, &given.beside, time, &given.token)?;
            if sampling.guidance_scale > 1.0 {
                let without = predict(&x, &nothing.0, time, &nothing.1)?;
                velocity = without.f_add(&velocity.f_sub(&without)?.f_mul(&guidance)?)?;
            }
            if sampling.previews {
                let so_far = scheduler.clip(&velocity, &latents)?;
                let middle = so_far.f_narrow(0, i64::from(sampling.frames) / 2, 1)?;
                let picture = self.decode(&middle, |_, _| Ok(()))?;
                playback::preview(&picture, [step as u64 + 1, steps], host)?;
            }
            latents = scheduler.step(&velocity, &latents)?;
        }
        host.progress(Phase::Sampling, steps, steps)?;
        Ok(latents)
    }

    /// How much the image counts in each frame, `[T, 1, 1, 1]`.
    fn guidance(&self, sampling: &Sampling) -> Result<Tensor, ModelError> {
        let (count, options) = (i64::from(sampling.frames), (Kind::Float, self.device));
        let each = Tensor::f_linspace(1.0, sampling.guidance_scale, count, options)?;
        Ok(each.f_reshape([-1, 1, 1, 1])?)
    }

    fn latent_shape(&self, sampling: &Sampling) -> [i64; 4] {
        let side = |pixels: u32| i64::from(pixels / self.vae_config.scale());
        let channels = self.vae_config.latent_channels;
        [sampling.frames.into(), channels, side(sampling.height), side(sampling.width)]
    }

    fn unet(&mut self) -> Result<&Unet, ModelError> {
        let unet = match self.unet.take() {
            Some(unet) => unet,
            None => {
                let weights = self.weights("unet", WEIGHTS)?;
                let count = Unet::count(&self.unet_config)?;
                memory::check(weights.path(), count, self.device, self.numbers)?;
                Unet::load(&self.unet_config, &weights, self.device, self.numbers)?
            }
        };
        Ok(self.unet.insert(unet))
    }

    fn decoder(&mut self) -> Result<&Decoder, ModelError> {
        let decoder = match self.decoder.take() {
            Some(decoder) => decoder,
            None => {
                let weights = self.weights("vae", WEIGHTS)?;
                Decoder::load(&self.vae_config, &weights, self.device, self.numbers.kind)?
            }
        };
        Ok(self.decoder.insert(decoder))
    }
}
