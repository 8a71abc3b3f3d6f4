// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cuts tokens into parts that follow each other, and parts into clauses.

use super::{
    sense::{Dir, Sense},
    text::Token,
    timing::Time,
    vocabulary::{Form, VOCABULARY, Word},
};

/// A word or a phrase with what it may mean; nothing for a word that is not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub senses: &'static [Sense],
    /// The first word, as it was written.
    pub word: Word,
}

impl Item {
    pub fn is(&self, sense: Sense) -> bool {
        self.senses.contains(&sense)
    }

    pub fn any(&self, test: impl Fn(Sense) -> bool) -> bool {
        self.senses.iter().any(|&sense| test(sense))
    }

    pub fn dir(&self) -> Option<Dir> {
        self.senses.iter().find_map(|sense| match sense {
            Sense::Dir(dir) => Some(*dir),
            _ => None,
        })
    }

    pub fn is_verb(&self) -> bool {
        self.any(|sense| matches!(sense, Sense::Verb(_)))
    }

    pub fn form(&self) -> Form {
        match self.word {
            Word::Known { form, .. } => form,
            Word::Unknown { s: true, .. } => Form::S,
            Word::Unknown { ly: true, .. } => Form::Ly,
            Word::Unknown { .. } => Form::Plain,
        }
    }

    /// Names who or what is in the picture.
    pub fn is_noun(&self) -> bool {
        self.any(|sense| {
            use Sense::{Ambient, Being, Garment, Kitchen, Light, Thing, Wave, Way};
            matches!(sense, Being | Thing | Way | Kitchen | Garment | Wave | Ambient(_) | Light(_))
        })
    }

    /// "the" or "a".
    pub fn is_article(&self) -> bool {
        self.is(Sense::Definite) || self.is(Sense::Indefinite)
    }

    /// Says nothing about who moves: adverbs and the like.
    pub fn is_light(&self) -> bool {
        let ly = self.senses.is_empty() && self.form() == Form::Ly;
        ly || self.any(|sense| {
            use Sense::{But, Eases, Filler, Speed, Very};
            matches!(sense, Filler | Very | Speed(_) | Eases(_) | But)
        })
    }
}

/// A longer clause is cut: a word is judged by those around it, and hostile text has many.
const LONGEST_CLAUSE: usize = 64;

/// How a clause hangs on the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// A new sentence.
    Start,
    Comma,
    While,
    And,
}

/// A stretch of a prompt with, as a rule, one thing said in it.
#[derive(Debug)]
pub(super) struct Clause {
    pub link: Link,
    pub items: Vec<Item>,
}

/// Clauses of one moment.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub clauses: Vec<Clause>,
    /// When that moment is.
    pub time: Time,
}

impl Part {
    /// This part with the clauses of `other`, at the same time.
    fn with(mut self, other: Self) -> Self {
        self.clauses.extend(other.clauses);
        self.time = self.time.or(other.time);
        self
    }
}

/// A prompt, cut up.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// What stands in brackets: `[Truck left, Pan right]`.
    pub groups: Vec<Part>,
    /// The rest, with the groups where they are only words.
    pub parts: Vec<Part>,
}

/// Cuts `tokens` into bracket groups and the parts of the text around them.
pub(super) fn outline(tokens: &[Token]) -> Outline {
    let mut outline = Outline::default();
    let mut around = Vec::new();
    let mut rest = tokens;
    while let Some(open) = rest.iter().position(|token| *token == Token::Open) {
        around.extend_from_slice(&rest[..open]);
        around.push(Token::Comma);
        rest = &rest[open + 1..];
        if let Some(close) = rest.iter().position(|token| *token == Token::Close) {
            let inside = parts(&rest[..close]).into_iter();
            outline.groups.push(inside.fold(Part::default(), Part::with));
            rest = &rest[close + 1..];
        }
    }
    around.extend_from_slice(rest);
    outline.parts = parts(&around);
    outline
}

/// Cuts tokens into parts, each of them into clauses. Empty ones are left out.
pub(super) fn parts(tokens: &[Token]) -> Vec<Part> {
    let mut cutter = Cutter::default();
    for run in tokens.chunk_by(|a, b| is_word(a) && is_word(b)) {
        match &run[0] {
            Token::Word(_) => cutter.words(run),
            Token::Arrow => cutter.next_part(),
            Token::Time(time) => cutter.time(*time),
            Token::Stop => cutter.next_clause(Link::Start),
            Token::Comma | Token::Open | Token::Close if cutter.order_turned => cutter.next_part(),
            Token::Comma | Token::Open | Token::Close => cutter.next_clause(Link::Comma),
        }
    }
    cutter.next_part();
    cutter.parts
}

fn is_word(token: &Token) -> bool {
    matches!(token, Token::Word(_))
}

#[derive(Default)]
struct Cutter {
    parts: Vec<Part>,
    part: Part,
    items: Vec<Item>,
    link: Option<Link>,
    /// "After panning left" was read: the next comma begins the next part.
    order_turned: bool,
}

impl Cutter {
    fn next_clause(&mut self, link: Link) {
        let items = std::mem::take(&mut self.items);
        if !items.is_empty() {
            let link = self.link.take().unwrap_or(Link::Start);
            self.part.clauses.push(Clause { link, items });
        }
        // The strongest cut in a row decides: ". and" starts a sentence.
        self.link = match (self.link, link) {
            (Some(Link::Start), _) | (_, Link::Start) => Some(Link::Start),
            _ => Some(link),
        };
    }

    fn next_part(&mut self) {
        self.next_clause(Link::And);
        self.order_turned = false;
        let part = std::mem::take(&mut self.part);
        if !part.clauses.is_empty() {
            self.parts.push(part);
        }
    }

    /// Says when the part at hand is, or begins the next one where that is said already.
    fn time(&mut self, time: Time) {
        let old = self.part.time;
        if time.starts.is_some() || old.lasts.is_some() && time.lasts.is_some() {
            // What was said since the last comma belongs to the new time.
            let items = std::mem::take(&mut self.items);
            self.next_part();
            self.items = items;
        }
        self.part.time = self.part.time.or(time);
    }

    fn words(&mut self, run: &[Token]) {
        let items = items(run);
        for (i, item) in items.iter().enumerate() {
            let next = items.get(i + 1);
            if item.is(Sense::Then) {
                self.next_part();
            } else if item.is(Sense::After) {
                self.order_turned = next.is_some_and(|next| next.form() == Form::Ing);
            } else if item.is(Sense::While) {
                self.next_clause(Link::While);
            } else if item.is(Sense::And) {
                if !leads_to_direction(&items[i + 1..]) {
                    self.next_clause(Link::And);
                }
            } else {
                if self.items.len() == LONGEST_CLAUSE {
                    self.next_clause(Link::Comma);
                }
                self.items.push(*item);
            }
        }
    }
}

/// Finds the phrases in a run of words.
fn items(run: &[Token]) -> Vec<Item> {
    let words: Vec<Word> = run
        .iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(VOCABULARY.word(word)),
            _ => None,
        })
        .collect();
    let mut items = Vec::with_capacity(words.len());
    let mut rest = &words[..];
    while let Some(&word) = rest.first() {
        let (count, senses) = VOCABULARY.phrase(rest).unwrap_or((1, &[]));
        items.push(Item { senses, word });
        rest = &rest[count..];
    }
    items
}

/// Whether what follows an "and" is one more direction for the verb before: "up and to the left".
fn leads_to_direction(items: &[Item]) -> bool {
    let mut items = items.iter().skip_while(|item| {
        item.is_light() || item.is(Sense::Dir(Dir::Toward)) || item.is_article()
    });
    let Some(dir) = items.next().and_then(Item::dir) else { return false };
    let follower = items.next();
    !matches!(dir, Dir::Toward | Dir::In | Dir::Over)
        && !follower.is_some_and(|next| next.is_verb() || next.is_noun())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::text::tokens;

    /// The number of items in each clause of each part.
    fn shape(prompt: &str) -> Vec<Vec<usize>> {
        let part = |part: &Part| part.clauses.iter().map(|clause| clause.items.len()).collect();
        parts(&tokens(prompt)).iter().map(part).collect()
    }

    #[test]
    fn commas_and_conjunctions_part_clauses() {
        assert_eq!(shape("pan left, fog drifts. stars"), [[2, 2, 1]]);
        assert_eq!(shape("pan left while stars rise and fog drifts"), [[2, 2, 2]]);
    }

    #[test]
    fn directions_joined_by_and_stay_with_their_verb() {
        assert_eq!(shape("move up and to the left"), [[5]]);
        assert_eq!(shape("move up and look left"), [[2, 2]]);
    }

    #[test]
    fn sequences_are_parts() {
        assert_eq!(shape("pan left, then tilt up -> zoom in"), [[2], [2], [2]]);
        assert_eq!(shape("after panning left, tilt up"), [[2], [2]]);
        assert_eq!(shape("then then, ->"), [[0usize; 0]; 0]);
    }

    #[test]
    fn brackets_are_groups_when_they_close() {
        let outline = outline(&tokens("a [pan left] b [zoom in"));
        assert_eq!((outline.groups.len(), outline.parts.len()), (1, 1));
    }

    #[test]
    fn no_clause_is_endless() {
        let shape = shape(&"zoom ".repeat(1000));
        assert!(shape[0].iter().all(|&items| items <= LONGEST_CLAUSE));
        assert_eq!(shape[0].iter().sum::<usize>(), 1000);
    }
}
