// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prompts that come as subtitles.

use crate::request::MAX_PROMPT_BYTES;

/// Bytes of a cue that are read. Markup may be several times as long as its text.
const MAX_CUE_BYTES: usize = 4 * MAX_PROMPT_BYTES;
/// The longest entity that is looked for, such as `&#1114111;`.
const MAX_ENTITY_BYTES: usize = 12;

/// The prompt in a cue: one line, without blanks around it, no longer than
/// [`MAX_PROMPT_BYTES`]. Any bytes are fine: what is not UTF-8 becomes U+FFFD, control
/// characters become blanks. With `markup`, tags are left out and entities stand for what they
/// name, as in Pango markup; what is no valid markup is text.
pub fn text(bytes: &[u8], markup: bool) -> String {
    let read = &bytes[..bytes.len().min(MAX_CUE_BYTES)];
    let text = String::from_utf8_lossy(read);
    let plain = if markup { without_markup(&text) } else { text.into_owned() };
    one_line(&plain)
}

fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = behind_tag(rest) {
            rest = behind;
        } else if let Some((named, behind)) = entity(rest) {
            plain.push(named);
            rest = behind;
        } else {
            plain.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    plain.push_str(rest);
    plain
}

/// What stands behind the tag with which `text` starts.
fn behind_tag(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('<')?;
    let end = inside.find(['<', '>'])?;
    let is_tag = inside.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    (is_tag && inside[end..].starts_with('>')).then(|| &inside[end + 1..])
}

/// The character that the entity names with which `text` starts, and what stands behind it.
fn entity(text: &str) -> Option<(char, &str)> {
    let inside = text.strip_prefix('&')?;
    let near = &inside[..inside.floor_char_boundary(MAX_ENTITY_BYTES)];
    let (name, _) = near.split_once(';')?;
    let named = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((named, &inside[name.len() + 1..]))
}

/// Blanks of any kind as single spaces, and no longer than a prompt may be.
fn one_line(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let words = text.split(blank).filter(|word| !word.is_empty());
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.truncate(line.floor_char_boundary(MAX_PROMPT_BYTES));
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_are_left_out_and_entities_read() {
        assert_eq!(text(b"a red <b>fox</b> &amp; dog", true), "a red fox & dog");
        let spans = "<span foreground=\"red\" size='x-large'>slow</span> <i>pan</i>";
        assert_eq!(text(spans.as_bytes(), true), "slow pan");
        assert_eq!(text(b"&lt;b&gt; &quot;x&quot; &apos;&#65;&#x42;", true), "<b> \"x\" 'AB");
        assert_eq!(text(b"a red <b>fox</b> &amp; dog", false), "a red <b>fox</b> &amp; dog");
    }

    #[test]
    fn what_is_no_markup_is_text() {
        for plain in ["a < b > c", "1 <2", "fish & chips", "&bogus; &#xD800; &#;", "<b", "&"] {
            assert_eq!(text(plain.as_bytes(), true), plain);
        }
    }

    #[test]
    fn it_is_one_line_without_control_characters() {
        assert_eq!(text(b"  pan left,\r\n\tthen\0 up\n", true), "pan left, then up");
        assert_eq!(text(b"<i>\n</i> ", true), "");
        assert_eq!(text(b"a\xff\xfeb", true), "a\u{FFFD}\u{FFFD}b");
    }

    #[test]
    fn it_is_no_longer_than_a_prompt() {
        let long = "pan left é ".repeat(100_000);
        let read = text(long.as_bytes(), true);
        assert!((MAX_PROMPT_BYTES - 10..=MAX_PROMPT_BYTES).contains(&read.len()));
        assert_eq!(text("<".repeat(1 << 20).as_bytes(), true), "<".repeat(MAX_PROMPT_BYTES));
    }

    proptest! {
        #[test]
        fn any_bytes_are_fine(bytes in prop::collection::vec(any::<u8>(), 0..300), markup: bool) {
            let read = text(&bytes, markup);
            prop_assert!(!read.contains(char::is_control) && read.trim() == read);
        }

        #[test]
        fn what_is_escaped_comes_back(plain in "[a-z<>&\"' ]{0,60}") {
            let escaped = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            prop_assert_eq!(text(escaped.as_bytes(), true), text(plain.as_bytes(), false));
        }
    }
}
