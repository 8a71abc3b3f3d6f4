// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads when something happens: "for the first two seconds", "after 3 s", "from 0 to 2 seconds".

use super::text::Token;

/// A length of time, as a prompt gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Span {
    Seconds(f64),
    /// Of the clip, 0..1.
    Share(f64),
}

impl Span {
    /// As a share of a clip of `clip_seconds`.
    pub fn share(self, clip_seconds: f64) -> f64 {
        match self {
            Self::Seconds(seconds) => seconds / clip_seconds,
            Self::Share(share) => share,
        }
    }
}

/// When a part of the clip is, as far as the prompt says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Time {
    /// From the start of the clip.
    pub starts: Option<Span>,
    pub lasts: Option<Span>,
    /// What lasts so long is the end of the clip.
    pub is_last: bool,
}

impl Time {
    fn lasts(span: Span) -> Self {
        Self { lasts: Some(span), ..Self::default() }
    }

    fn starts(span: Span) -> Self {
        Self { starts: Some(span), ..Self::default() }
    }

    /// What this says, and what `other` says beside it.
    pub fn or(self, other: Self) -> Self {
        Self {
            starts: self.starts.or(other.starts),
            lasts: self.lasts.or(other.lasts),
            is_last: self.is_last || self.lasts.is_none() && other.is_last,
        }
    }
}

/// Puts a [`Token::Time`] in the place of all words that say when.
pub(super) fn with_times(tokens: Vec<Token>) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut rest = &tokens[..];
    while let Some(first) = rest.first() {
        match time(rest) {
            Some((count, time)) => {
                out.push(Token::Time(time));
                rest = &rest[count..];
            }
            None => {
                out.push(first.clone());
                rest = &rest[1..];
            }
        }
    }
    out
}

/// The words at the start of some tokens, one after the other.
#[derive(Clone, Copy)]
struct Words<'a> {
    tokens: &'a [Token],
    read: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        match self.tokens.get(self.read) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Reads the next word if it is one of `words`.
    fn take(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let next = self.peek()?;
        let found = words.iter().find(|word| **word == next)?;
        self.read += 1;
        Some(*found)
    }

    /// "two", "1.5", "a couple of".
    fn number(&mut self) -> Option<f64> {
        const WORDS: [&str; 10] =
            ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
        let start = *self;
        let word = self.peek()?;
        self.read += 1;
        if let Some(i) = WORDS.iter().position(|name| *name == word) {
            return Some(i as f64 + 1.0);
        }
        let number = match word {
            "a" if self.take(&["couple"]).is_some() => {
                self.take(&["of"]);
                Some(2.0)
            }
            "a" => Some(1.0),
            "half" if self.take(&["a"]).is_some() => Some(0.5),
            _ => word.parse::<f64>().ok().filter(|n| word.len() < 8 && (0.0..1e4).contains(n)),
        };
        if number.is_none() {
            *self = start;
        }
        number
    }

    /// "two seconds", "2s".
    fn seconds(&mut self) -> Option<f64> {
        let start = *self;
        if let Some(number) = self.peek().and_then(|word| word.strip_suffix('s'))
            && let Ok(number) = number.parse::<f64>()
            && (0.0..1e4).contains(&number)
        {
            self.read += 1;
            return Some(number);
        }
        let number = self.number();
        let unit = self.take(&["seconds", "second", "secs", "sec", "s"]);
        if number.is_none() || unit.is_none() {
            *self = start;
            return None;
        }
        number
    }
}

/// What the words at the start of `tokens` say of time, and how many they are.
fn time(tokens: &[Token]) -> Option<(usize, Time)> {
    let words = Words { tokens, read: 0 };
    let readings = [range, end_piece, piece, start, halves];
    readings.into_iter().find_map(|read| {
        let mut words = words;
        read(&mut words).map(|time| (words.read, time))
    })
}

/// "from 1 to 3 seconds", "0-2s".
fn range(words: &mut Words<'_>) -> Option<Time> {
    words.take(&["from", "between"]);
    let from = words.seconds().or_else(|| words.number())?;
    words.take(&["to", "and", "until", "till"]);
    let to = words.seconds().filter(|to| *to > from)?;
    let lasts = Some(Span::Seconds(to - from));
    Some(Time { starts: Some(Span::Seconds(from)), lasts, is_last: false })
}

const LEADS: &[&str] = &["for", "during", "in", "over", "within"];

/// "for the last two seconds".
fn end_piece(words: &mut Words<'_>) -> Option<Time> {
    words.take(LEADS);
    words.take(&["the"])?;
    words.take(&["last", "final"])?;
    let seconds = words.seconds()?;
    Some(Time { lasts: Some(Span::Seconds(seconds)), is_last: true, ..Time::default() })
}

/// "for two seconds", "for the first two seconds", "in the next second".
fn piece(words: &mut Words<'_>) -> Option<Time> {
    let lead = words.take(LEADS);
    words.take(&["the"]);
    let order = words.take(&["first", "next", "another", "about", "around"]);
    // "in two seconds" may mean anything.
    let clear = matches!(lead, Some("for" | "over" | "during")) || order.is_some();
    let seconds = if order == Some("first") && words.take(&["second"]).is_some() {
        1.0
    } else {
        words.seconds()?
    };
    let of = lead.is_none() && words.take(&["of"]).is_some();
    (clear || of).then_some(Time::lasts(Span::Seconds(seconds)))
}

/// "after two seconds", "at 3 s", "two seconds in".
fn start(words: &mut Words<'_>) -> Option<Time> {
    let lead = words.take(&["after", "at", "from"]);
    words.take(&["about", "around", "the"]);
    let seconds = words.seconds()?;
    let trail = words.take(&["in", "later", "mark", "on"]);
    let says = lead.is_some() || matches!(trail, Some("in" | "later"));
    says.then_some(Time::starts(Span::Seconds(seconds)))
}

/// "in the first half", "halfway through".
fn halves(words: &mut Words<'_>) -> Option<Time> {
    let halfway = words.take(&["halfway", "midway"]).is_some()
        || words.take(&["half"]).is_some() && words.take(&["way"]).is_some();
    if halfway {
        words.take(&["through"]);
        return Some(Time::starts(Span::Share(0.5)));
    }
    words.take(LEADS)?;
    words.take(&["the"])?;
    let order = words.take(&["first", "second", "last"])?;
    let share = match words.take(&["half", "third", "quarter"])? {
        "half" => 0.5,
        "third" if order != "second" => 1.0 / 3.0,
        "quarter" if order != "second" => 0.25,
        _ => return None,
    };
    let is_last = order != "first";
    Some(Time { lasts: Some(Span::Share(share)), is_last, ..Time::default() })
}

/// The least share of a clip that a part gets.
const LEAST_SHARE: f64 = 0.02;

/// Where the parts of a clip of `clip_seconds` start, and where the last of them ends, in shares.
/// What no prompt says is shared out evenly; what cannot be is made to fit.
pub(super) fn edges(times: &[Time], clip_seconds: f64) -> Vec<f64> {
    let count = times.len();
    let length = |i: usize| times[i].lasts.map(|span: Span| span.share(clip_seconds));
    let mut edges: Vec<Option<f64>> = vec![None; count + 1];
    for (edge, time) in edges.iter_mut().zip(times) {
        *edge = time.starts.map(|span| span.share(clip_seconds));
    }
    edges[0] = Some(0.0);
    for i in 0..count {
        if times[i].is_last && i > 0 {
            edges[i] = length(i).map(|length| 1.0 - length);
        }
        if let (Some(from), Some(length), None) = (edges[i], length(i), edges[i + 1]) {
            edges[i + 1] = Some(from + length);
        }
    }
    // Where it is said how long the last one lasts, the clip may be longer.
    edges[count] = Some(edges[count].unwrap_or(1.0));
    for i in (1..count).rev() {
        if let (Some(to), Some(length), None) = (edges[i + 1], length(i), edges[i]) {
            edges[i] = Some(to - length);
        }
    }
    fitted(&filled(&edges))
}

/// Shares out evenly what lies between the known edges.
fn filled(edges: &[Option<f64>]) -> Vec<f64> {
    let known: Vec<(usize, f64)> =
        edges.iter().enumerate().filter_map(|(i, edge)| edge.map(|edge| (i, edge))).collect();
    let mut out = vec![0.0; edges.len()];
    for pair in known.windows(2) {
        let ((i, from), (j, to)) = (pair[0], pair[1]);
        for (k, edge) in out[i..=j].iter_mut().enumerate() {
            *edge = from + (to - from) * (k as f64 / (j - i) as f64);
        }
    }
    out
}

/// Makes edges that rise, and end at 1 at the latest.
fn fitted(edges: &[f64]) -> Vec<f64> {
    let last = edges[edges.len() - 1];
    let rises = edges.windows(2).all(|pair| pair[1] - pair[0] >= LEAST_SHARE);
    if rises && last <= 1.0 {
        return edges.to_vec();
    }
    let widths: Vec<f64> =
        edges.windows(2).map(|pair| (pair[1] - pair[0]).max(LEAST_SHARE)).collect();
    let total: f64 = widths.iter().sum();
    let mut sum = 0.0;
    let mut out = vec![0.0];
    for width in &widths {
        sum += width;
        out.push(sum / total);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::text::tokens;

    fn times(prompt: &str) -> Vec<Time> {
        let time = |token| match token {
            Token::Time(time) => Some(time),
            _ => None,
        };
        tokens(prompt).into_iter().filter_map(time).collect()
    }

    fn seconds(seconds: f64) -> Option<Span> {
        Some(Span::Seconds(seconds))
    }

    #[test]
    fn lengths_are_read() {
        for (prompt, length) in [
            ("for the first two seconds pan left", 2.0),
            ("pan left for 1.5 seconds", 1.5),
            ("pan left for a second", 1.0),
            ("hold for half a second", 0.5),
            ("for a couple of seconds", 2.0),
            ("over 3s, push in", 3.0),
            ("for another 2 sec", 2.0),
        ] {
            assert_eq!(times(prompt), [Time { lasts: seconds(length), ..Time::default() }]);
        }
        let last = Time { lasts: seconds(1.0), is_last: true, ..Time::default() };
        assert_eq!(times("tilt up for the last 1 second"), [last]);
    }

    #[test]
    fn starts_and_ranges_are_read() {
        for prompt in ["after two seconds tilt up", "at 2s tilt up", "two seconds in, tilt up"] {
            let starts = Time { starts: seconds(2.0), ..Time::default() };
            assert_eq!(times(prompt), [starts], "{prompt}");
        }
        for prompt in ["from 1 to 3 seconds pan", "1-3s: pan", "1s-3s pan"] {
            let range = Time { starts: seconds(1.0), lasts: seconds(2.0), is_last: false };
            assert_eq!(times(prompt), [range], "{prompt}");
        }
    }

    #[test]
    fn other_numbers_say_nothing_of_time() {
        for prompt in [
            "two men, three dogs",
            "the second floor",
            "a 4k video of 2 trees",
            "for a long time",
            "1920s street",
            "one after the other",
        ] {
            let found = times(prompt);
            assert!(found.is_empty() || prompt.contains("1920s"), "{prompt}: {found:?}");
        }
    }

    #[test]
    fn edges_rise_whatever_is_said() {
        let lasts = |s| Time { lasts: seconds(s), ..Time::default() };
        let starts = |s| Time { starts: seconds(s), ..Time::default() };
        let none = Time::default();
        assert_eq!(edges(&[lasts(1.0), none, none], 4.0), [0.0, 0.25, 0.625, 1.0]);
        assert_eq!(edges(&[none, starts(3.0)], 4.0), [0.0, 0.75, 1.0]);
        assert_eq!(edges(&[none, lasts(1.0)], 4.0), [0.0, 0.75, 1.0]);
        assert_eq!(edges(&[lasts(2.0), lasts(1.0)], 4.0), [0.0, 0.5, 0.75]);
        assert_eq!(edges(&[lasts(8.0), lasts(8.0)], 4.0), [0.0, 0.5, 1.0]);
        for odd in [[starts(9.0), starts(1.0)], [lasts(0.0), none], [starts(1.0), starts(0.0)]] {
            let edges = edges(&odd, 4.0);
            assert!(edges.windows(2).all(|pair| pair[0] < pair[1]), "{odd:?}: {edges:?}");
            assert!(edges[2] <= 1.0);
        }
    }
}
