// SPDX-License-Identifier: MIT OR Apache-2.0
//! A prompt to the tokens that the transformer looks at.

use std::{
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

use stillmotion_engine::worker::protocol::Phase;
use tch::{Device, Kind, Tensor};
use tokenizers::{Tokenizer, TruncationParams};

use crate::{
    error::ModelError,
    host::Host,
    sentencepiece,
    umt5::{Umt5Config, Umt5Encoder},
    weights::{self, Weights},
};

/// The most words of a prompt, with the one that ends it; networks see so many tokens of each.
pub const MAX_WORDS: usize = 512;
/// Prompts whose tokens are kept: an editor asks for the same ones again and again.
const MAX_KEPT: usize = 16;

/// Reads prompts. The encoder is the largest part of a model; it is read for prompts that are new,
/// a block at a time.
pub struct TextReader {
    folder: PathBuf,
    device: Device,
    kind: Kind,
    /// The newest last.
    kept: Vec<(String, Tensor)>,
}

impl TextReader {
    /// For the model in `folder`.
    #[must_use]
    pub fn new(folder: &Path, device: Device, kind: Kind) -> Self {
        Self { folder: folder.to_owned(), device, kind, kept: Vec::new() }
    }

    /// The tokens `[1, L, text_dim]` of each prompt, L of [`MAX_WORDS`] at most.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`], or what is wrong with the tokenizer or the encoder of the model.
    pub fn read(
        &mut self,
        prompts: &[&str],
        host: &mut dyn Host,
    ) -> Result<Vec<Tensor>, ModelError> {
        let cleaned: Vec<String> = prompts.iter().map(|prompt| clean(prompt)).collect();
        let new: Vec<&String> =
            cleaned.iter().filter(|prompt| self.find(prompt).is_none()).collect();
        if !new.is_empty() {
            let tokenizer = self.tokenizer()?;
            let texts: Vec<Vec<u32>> =
                new.iter().map(|prompt| words(&tokenizer, prompt)).collect::<Result<_, _>>()?;
            let (config, weights) = self.open()?;
            let encoder = Umt5Encoder::open(&config, weights, self.device, self.kind)?;
            let blocks = config.num_layers.unsigned_abs();
            let go_on = |block: i64| host.progress(Phase::Reading, block.unsigned_abs(), blocks);
            let mut read = Vec::new();
            for (prompt, tokens) in new.into_iter().zip(encoder.forward(&texts, go_on)?) {
                read.push((prompt.clone(), tokens));
            }
            self.kept.append(&mut read);
        }
        let found = cleaned.iter().filter_map(|prompt| self.find(prompt)).collect();
        let extra = self.kept.len().saturating_sub(MAX_KEPT);
        self.kept.drain(..extra);
        Ok(found)
    }

    fn find(&self, prompt: &str) -> Option<Tensor> {
        let (_, tokens) = self.kept.iter().find(|(known, _)| known == prompt)?;
        Some(tokens.shallow_clone())
    }

    /// Looks at the tokenizer, and at the weights of the encoder, which it gives.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<Weights, ModelError> {
        self.tokenizer()?;
        let (config, weights) = self.open()?;
        Umt5Encoder::check(&config, weights)
    }

    fn tokenizer(&self) -> Result<Tokenizer, ModelError> {
        let folder = self.folder.join("tokenizer");
        let (json, spiece) = (folder.join("tokenizer.json"), folder.join("spiece.model"));
        let path = match (json.exists(), spiece.exists()) {
            (true, _) => json,
            (false, true) => spiece,
            (false, false) => {
                let reason = "has no tokenizer: neither tokenizer.json nor spiece.model is there";
                return Err(ModelError::NotAModel { path: folder, reason: reason.to_owned() });
            }
        };
        let bad = |reason: String| ModelError::NotAModel { path: path.clone(), reason };
        let bytes = weights::file::read_small(&path, "the tokenizer in bytes", MAX_TOKENIZER)?;
        let mut tokenizer = match path.extension() {
            Some(extension) if extension == "model" => sentencepiece::tokenizer(&path, &bytes)?,
            _ => Tokenizer::from_bytes(bytes)
                .map_err(|error| bad(format!("no tokenizer: {error}")))?,
        };
        let truncation = TruncationParams { max_length: MAX_WORDS, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| bad(error.to_string()))?;
        tokenizer.with_padding(None);
        Ok(tokenizer)
    }

    fn open(&self) -> Result<(Umt5Config, Weights), ModelError> {
        let folder = self.folder.join("text_encoder");
        let config = Umt5Config::load(&folder.join("config.json"))?;
        Ok((config, Weights::open(&weights::of_component(&folder, "model"))?))
    }
}

/// The largest tokenizer, in bytes. That of UMT5 has 16 MB.
const MAX_TOKENIZER: u64 = 64 << 20;

fn words(tokenizer: &Tokenizer, prompt: &str) -> Result<Vec<u32>, ModelError> {
    let no_words = |reason: String| ModelError::Torch(format!("the prompt has no words: {reason}"));
    // Tables of characters that point out of themselves are found by the library when it follows
    // them, and it panics.
    let encoding = panic::catch_unwind(AssertUnwindSafe(|| tokenizer.encode(prompt, true)));
    let encoding = encoding.map_err(|_| no_words("the tokenizer is broken".to_owned()))?;
    Ok(encoding.map_err(|error| no_words(error.to_string()))?.get_ids().to_vec())
}

/// A prompt as diffusers' `prompt_clean` leaves it: entities of HTML resolved twice, and each run
/// of white space one blank. (It also mends text that was decoded wrongly, with `ftfy`; what is
/// text already stays as it is there too.)
fn clean(prompt: &str) -> String {
    let once = html_escape::decode_html_entities(prompt);
    let twice = html_escape::decode_html_entities(&once);
    twice.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_cleaned() {
        assert_eq!(clean("  a\tboat &amp;amp; a\n\n cabin&nbsp;"), "a boat & a cabin");
        assert_eq!(clean("静态 &#39;quoted&#39;"), "静态 'quoted'");
        assert_eq!(clean(""), "");
    }

    #[test]
    fn a_broken_table_of_characters_is_an_error() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/spiece/spiece.model");
        let mut model = std::fs::read(path).unwrap();
        let said = |model: &[u8]| {
            words(&sentencepiece::tokenizer(Path::new(path), model).unwrap(), "a boat")
        };
        assert!(said(&model).is_ok());
        let name = b"nmt_nfkc";
        let at = model.windows(name.len()).position(|part| part == name).unwrap();
        // Behind the name, the table with three bytes of length, and the size of its tree.
        model[at + name.len() + 8..][..4000].fill(0xFE);
        assert!(said(&model).unwrap_err().to_string().contains("broken"));
    }
}
