// SPDX-License-Identifier: MIT OR Apache-2.0
//! Judges a word by the words around it.

use super::{
    clause::Item,
    sense::{Dir, Noun, Sense, Verb},
    subject::Subject,
    tags,
    vocabulary::Form,
};

/// A clause while it is read.
pub(super) struct Scan<'a> {
    pub items: &'a [Item],
    pub refusal_goes_on: bool,
    /// Directions that belong to a verb already.
    pub used: Vec<bool>,
}

impl Scan<'_> {
    /// Whether a "no" within `reach` takes back the item at `at`.
    pub fn is_refused(&self, at: usize, reach: usize) -> bool {
        let before = self.items[..at].iter().rev();
        for item in before.take(reach) {
            if item.is(Sense::But) {
                return false;
            }
            if item.is(Sense::Not) {
                return true;
            }
        }
        self.refusal_goes_on
    }

    /// "no sudden moves".
    pub fn only_speed_is_refused(&self, at: usize) -> bool {
        let since_no = self.items[..at].iter().rev().take_while(|item| !item.is(Sense::Not));
        since_no.into_iter().any(|item| item.any(|sense| matches!(sense, Sense::Speed(_))))
    }

    /// "with flies": nobody does it, and it leads nowhere.
    pub fn is_plural(&self, at: usize, verb: Verb, subject: Subject) -> bool {
        self.items[at].form() == Form::S
            && verb.anybody
            && subject == Subject::Nobody
            && !self.goes_on(at)
    }

    /// A direction or a way follows the verb.
    pub fn goes_on(&self, at: usize) -> bool {
        self.items.get(at + 1).is_some_and(|next| {
            next.is(Sense::Along)
                || next.is(Sense::From)
                || next.dir().is_some_and(|dir| !matches!(dir, Dir::In | Dir::Out))
        })
    }

    /// "rolling hills", "cruise ship": tells what a thing is like.
    pub fn is_adjective(&self, at: usize, verb: Verb, subject: Subject) -> bool {
        let names = |item: &Item| {
            item.is_noun() && !item.is(Sense::Camera)
                || item.senses.is_empty() && item.form() != Form::Ly
        };
        let form = self.items[at].form();
        // "to the rolling lava", even of a camera.
        let article = form == Form::Ing && at > 0 && self.items[at - 1].is_article();
        matches!(form, Form::Ing | Form::Plain)
            && verb.anybody
            && !verb.object
            && (article || !matches!(subject, Subject::Camera | Subject::Being))
            && self.items.get(at + 1).is_some_and(names)
    }

    /// "the pan", "a truck": a thing, not a move.
    pub fn is_thing(&self, at: usize, verb: Verb, directed: bool) -> bool {
        let countable = verb.noun != Noun::Never && self.items[at].form() == Form::S;
        if self.items[at].form() != Form::Plain && !countable {
            return false;
        }
        let mut before = self.items[..at].iter().rev();
        let first = before.next();
        let adjective = first.is_some_and(|item| item.senses.is_empty());
        let article = if adjective { before.next() } else { first };
        let Some(article) = article.filter(|item| item.is_article()) else { return false };
        match verb.noun {
            Noun::Thing => true,
            Noun::Either => {
                let kitchen = self.items.iter().any(|item| item.is(Sense::Kitchen));
                kitchen || !directed || article.is(Sense::Definite)
            }
            Noun::Never => {
                let named = article.is(Sense::Definite) && !adjective;
                verb.anybody && (named || !directed && !self.goes_on(at))
            }
        }
    }

    /// Whether a verb that also names a thing is a move without any direction.
    pub fn is_bare_move(&self, at: usize, verb: Verb, subject: Subject) -> bool {
        let next = self.items.get(at + 1);
        let speed = |item: &Item| item.any(|sense| matches!(sense, Sense::Speed(_)));
        let previous = at.checked_sub(1).map(|i| &self.items[i]);
        let object =
            verb.object && next.is_some_and(|next| !next.is(Sense::Of) && !next.is(Sense::At));
        let alone = self
            .items
            .iter()
            .enumerate()
            .all(|(i, item)| i == at || item.is_light() || item.is(Sense::Camera));
        verb.noun == Noun::Never
            || subject == Subject::Camera
            || previous.is_some_and(|item| {
                speed(item) || item.any(|sense| matches!(sense, Sense::Carrier(_)))
            })
            || next.is_some_and(speed)
            || self.goes_on(at)
            || object
            || alone
    }

    /// "the flags wave", "she waves".
    pub fn a_flag_waves(&self, at: usize) -> bool {
        let before = self.items[..at].iter().rev().find(|item| !item.is_light());
        before.is_some_and(|item| {
            item.is(Sense::Being)
                || item.is(Sense::Garment)
                || item.is(Sense::Ambient(&[tags::CLOTH]))
                || item.is(Sense::Ambient(&[tags::HAIR]))
        })
    }
}
