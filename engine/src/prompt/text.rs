// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cuts a prompt into words and marks.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::timing::{self, Time};
use crate::request::MAX_PROMPT_BYTES;

/// A piece of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// Lower-case letters and digits, no accents.
    Word(String),
    /// Parts of a sentence end here.
    Comma,
    /// A sentence ends here.
    Stop,
    /// An arrow: what follows comes after what stands before.
    Arrow,
    /// `[`
    Open,
    /// `]`
    Close,
    /// Words that say when.
    Time(Time),
}

/// Cuts the first [`MAX_PROMPT_BYTES`] of `prompt` into tokens.
pub(super) fn tokens(prompt: &str) -> Vec<Token> {
    let plain = plain(&prompt[..prompt.floor_char_boundary(MAX_PROMPT_BYTES)]);
    let mut tokens = Vec::new();
    for chunk in without_parameters(&plain) {
        push_chunk(chunk, &mut tokens);
    }
    timing::with_times(tokens)
}

/// Lower-case, without accents and apostrophes.
fn plain(text: &str) -> String {
    text.nfkd()
        .filter(|&c| !is_combining_mark(c) && !matches!(c, '\'' | '’' | '‘' | '`'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of `text` as they stand between blanks, without parameters such as `--ar 16:9`.
fn without_parameters(text: &str) -> impl Iterator<Item = &str> {
    let mut value_follows = false;
    text.split_inclusive(char::is_whitespace).filter(move |chunk| {
        if let Some(name) = chunk.trim_end().strip_prefix("--").filter(|name| !name.is_empty()) {
            // "--no rain" is a wish like any other.
            value_follows = name != "no";
            return name == "no";
        }
        let value = std::mem::take(&mut value_follows);
        !(value && chunk.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Adds the words and marks of one chunk.
fn push_chunk(chunk: &str, tokens: &mut Vec<Token>) {
    let mut word = String::new();
    let mut before = ' ';
    let mut chars = chunk.chars().peekable();
    while let Some(c) = chars.next() {
        let is_digit = |c: char| c.is_ascii_digit();
        let in_number = c == '.' && is_digit(before) && chars.peek().copied().is_some_and(is_digit);
        if c.is_alphanumeric() || in_number {
            word.push(c);
        } else {
            if !word.is_empty() {
                tokens.push(Token::Word(std::mem::take(&mut word)));
            }
            match c {
                '>' if matches!(before, '-' | '=') => tokens.push(Token::Arrow),
                '→' | '⇒' => tokens.push(Token::Arrow),
                ',' | ':' | '(' | ')' | '–' | '—' | '"' | '|' => tokens.push(Token::Comma),
                '.' | ';' | '!' | '?' | '\n' | '\0' => tokens.push(Token::Stop),
                '&' | '+' => tokens.push(Token::Word("and".to_owned())),
                '[' => tokens.push(Token::Open),
                ']' => tokens.push(Token::Close),
                _ => {}
            }
        }
        before = c;
    }
    if !word.is_empty() {
        tokens.push(Token::Word(word));
    } else if chunk.trim_end() == "-" {
        tokens.push(Token::Comma);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let word = |token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        };
        tokens(text).into_iter().filter_map(word).collect()
    }

    #[test]
    fn accents_case_and_apostrophes_go() {
        assert_eq!(words("DON’T Païn, don't"), ["dont", "pain", "dont"]);
    }

    #[test]
    fn a_hyphen_joins_nothing_and_a_dash_parts() {
        assert_eq!(words("push-in"), ["push", "in"]);
        assert_eq!(tokens("a - b")[1], Token::Comma);
        assert_eq!(tokens("a -> b")[1], Token::Arrow);
    }

    #[test]
    fn parameters_of_other_tools_are_left_out() {
        assert_eq!(words("castle --ar 16:9 --v 6 --raw fog"), ["castle", "fog"]);
        assert_eq!(words("castle --no rain"), ["castle", "no", "rain"]);
    }

    #[test]
    fn no_more_than_the_limit_is_read() {
        let long = "é".repeat(MAX_PROMPT_BYTES);
        assert_eq!(words(&long), ["e".repeat(MAX_PROMPT_BYTES / 2)]);
    }
}
