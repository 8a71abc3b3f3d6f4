// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokenizers of models that ship nothing but SentencePiece's own file, `spiece.model` (Kudo and
//! Richardson 2018): the Unigram kind, as T5 and UMT5 have it. Many folders have no
//! `tokenizer.json` beside it, and nobody should have to make one.

use std::path::Path;

use prost::Message;
use tokenizers::{
    AddedToken, Tokenizer,
    models::unigram::Unigram,
    normalizers::Precompiled,
    pre_tokenizers::{
        PreTokenizerWrapper,
        metaspace::{Metaspace, PrependScheme},
        sequence::Sequence,
        whitespace::WhitespaceSplit,
    },
    processors::template::TemplateProcessing,
};

use crate::{config, error::ModelError};

/// The most pieces. UMT5 has 256,000.
const MAX_PIECES: usize = 1_000_000;
/// What ends a text.
const END: &str = "</s>";

/// The part of `sentencepiece_model.proto` that is needed here.
#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, repeated, tag = "1")]
    pieces: Vec<Piece>,
    #[prost(message, optional, tag = "2")]
    trainer_spec: Option<TrainerSpec>,
    #[prost(message, optional, tag = "3")]
    normalizer_spec: Option<NormalizerSpec>,
}

#[derive(Clone, PartialEq, Message)]
struct Piece {
    #[prost(string, optional, tag = "1")]
    piece: Option<String>,
    #[prost(float, optional, tag = "2")]
    score: Option<f32>,
    #[prost(int32, optional, tag = "3", default = "1")]
    kind: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct TrainerSpec {
    #[prost(int32, optional, tag = "3", default = "1")]
    model_type: Option<i32>,
    #[prost(bool, optional, tag = "35")]
    byte_fallback: Option<bool>,
    #[prost(int32, optional, tag = "40")]
    unk_id: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct NormalizerSpec {
    #[prost(bytes = "vec", optional, tag = "2")]
    precompiled_charsmap: Option<Vec<u8>>,
}

/// A `model_type`.
const UNIGRAM: i32 = 1;
/// Kinds of pieces that stand for themselves wherever they are in a text: control, user-defined.
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

/// A tokenizer out of the bytes of the file `path`. It ends each text with `</s>`.
///
/// # Errors
/// [`ModelError::NotAModel`] when the bytes are no SentencePiece model, or one that is not known
/// here.
pub fn tokenizer(path: &Path, bytes: &[u8]) -> Result<Tokenizer, ModelError> {
    let bad = |reason: String| ModelError::NotAModel { path: path.to_owned(), reason };
    let proto = ModelProto::decode(bytes)
        .map_err(|error| bad(format!("this is no SentencePiece model: {error}")))?;
    let pieces = &proto.pieces;
    let trainer = proto.trainer_spec.unwrap_or_default();
    let unknown = usize::try_from(trainer.unk_id()).ok();
    let end = pieces.iter().position(|piece| piece.piece() == END);
    check(path, pieces, &trainer, unknown, end)?;
    let vocabulary =
        pieces.iter().map(|piece| (piece.piece().to_owned(), piece.score().into())).collect();
    let unigram = Unigram::from(vocabulary, unknown, trainer.byte_fallback())
        .map_err(|error| bad(error.to_string()))?;
    let mut tokenizer = Tokenizer::new(unigram);
    let charsmap = proto.normalizer_spec.and_then(|spec| spec.precompiled_charsmap);
    if let Some(charsmap) = charsmap.filter(|charsmap| !charsmap.is_empty()) {
        let normalizer = Precompiled::from(&charsmap)
            .map_err(|error| bad(format!("its table of characters: {error}")))?;
        tokenizer.with_normalizer(Some(normalizer));
    }
    let words = Metaspace::new('▁', PrependScheme::Always, true);
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
        PreTokenizerWrapper::WhitespaceSplit(WhitespaceSplit),
        PreTokenizerWrapper::Metaspace(words),
    ])));
    let end = u32::try_from(end.unwrap_or_default()).unwrap_or_default();
    let template = TemplateProcessing::builder()
        .try_single(format!("$A {END}"))
        .map_err(|error| bad(error.to_string()))?
        .special_tokens(vec![(END, end)])
        .build()
        .map_err(|error| bad(error.to_string()))?;
    tokenizer.with_post_processor(Some(template));
    let standing = pieces.iter().filter(|piece| [CONTROL, USER_DEFINED].contains(&piece.kind()));
    let standing: Vec<AddedToken> = standing
        .map(|piece| AddedToken::from(piece.piece(), piece.kind() == CONTROL).normalized(false))
        .collect();
    tokenizer.add_tokens(&standing);
    Ok(tokenizer)
}

fn check(
    path: &Path,
    pieces: &[Piece],
    trainer: &TrainerSpec,
    unknown: Option<usize>,
    end: Option<usize>,
) -> Result<(), ModelError> {
    let mut wrong = config::Wrong::default();
    let count = (1..=MAX_PIECES).contains(&pieces.len());
    wrong.unless(count, "the number of pieces", &format!("1 to {MAX_PIECES}"));
    let scores = pieces.iter().all(|piece| piece.score().is_finite());
    wrong.unless(scores, "each score", "a number");
    wrong.unless(trainer.model_type() == UNIGRAM, "model_type", "UNIGRAM");
    let inside = unknown.is_some_and(|id| id < pieces.len());
    wrong.unless(inside, "unk_id", "the number of a piece");
    wrong.unless(end.is_some(), END, "one of the pieces");
    wrong.finish(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/spiece/");

    fn read(name: &str) -> Vec<u8> {
        std::fs::read(format!("{FOLDER}{name}")).unwrap()
    }

    fn open(bytes: &[u8]) -> Result<Tokenizer, ModelError> {
        tokenizer(Path::new("spiece.model"), bytes)
    }

    #[derive(Deserialize)]
    struct Row {
        text: String,
        ids: Vec<u32>,
    }

    #[test]
    fn texts_are_cut_as_sentencepiece_cuts_them() {
        let tokenizer = open(&read("spiece.model")).unwrap();
        let rows: Vec<Row> = serde_json::from_slice(&read("expected.json")).unwrap();
        assert!(rows.len() > 10);
        for Row { text, ids } in rows {
            assert_eq!(tokenizer.encode(&*text, true).unwrap().get_ids(), ids, "{text:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let mut proto = ModelProto::decode(&*read("spiece.model")).unwrap();
        proto.pieces.retain(|piece| piece.piece() != END);
        proto.pieces[5].score = Some(f32::NAN);
        proto.trainer_spec =
            Some(TrainerSpec { model_type: Some(2), unk_id: Some(-1), ..TrainerSpec::default() });
        let text = open(&proto.encode_to_vec()).unwrap_err().to_string();
        for part in ["spiece.model", "score", "UNIGRAM", "unk_id", END] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for bytes in [&b""[..], b"{\"model\": 1}"] {
            assert!(open(bytes).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            at in 0_usize..4000,
            bytes in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut model = read("spiece.model");
            let at = at.min(model.len());
            let end = (at + bytes.len()).min(model.len());
            model.splice(at..end, bytes);
            let _ = open(&model);
        }
    }
}
