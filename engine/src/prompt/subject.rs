// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds who does what a verb says.

use super::{
    clause::{Item, Link},
    sense::{Dir, Noun, Sense, Verb},
    vocabulary::Form,
};

/// Who moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Subject {
    /// Nobody is named: it is a request, and the camera moves.
    #[default]
    Nobody,
    /// The camera, or who looks through it.
    Camera,
    /// A person or an animal.
    Being,
    /// Anything else.
    Thing,
}

impl Subject {
    /// Who a clause is about, for a clause after it that names nobody.
    pub fn of_clause(items: &[Item]) -> Self {
        let who = items.iter().map(|item| {
            if item.is(Sense::Camera) {
                Self::Camera
            } else if item.is(Sense::Being) {
                Self::Being
            } else if item.is_noun() {
                Self::Thing
            } else {
                Self::Nobody
            }
        });
        // A verb before any name: a request.
        let named =
            items.iter().zip(who).find(|(item, who)| *who != Self::Nobody || item.is_verb());
        named.map_or(Self::Nobody, |(_, who)| who)
    }

    /// This one, or `other` when nobody is named.
    pub fn or(self, other: Self) -> Self {
        if self == Self::Nobody { other } else { self }
    }
}

/// Who does the verb at `at`, in a clause that hangs by `link` on one about `before`.
pub(super) fn subject(items: &[Item], at: usize, link: Link, before: Subject) -> Subject {
    let verb = &items[at];
    let mut i = at;
    while i > 0 {
        i -= 1;
        let item = &items[i];
        if item.is(Sense::Camera) {
            return Subject::Camera;
        }
        if item.is(Sense::Being) {
            return Subject::Being;
        }
        if is_wheeled(items, i) {
            return Subject::Thing;
        }
        if item.is_verb() && !item.is(Sense::Thing) {
            // "starts walking": the same as for the verb before.
            return subject(items, i, link, before);
        }
        if item.is_noun() {
            match preposition_before(items, i) {
                Some(preposition) => i = preposition,
                None => return Subject::Thing,
            }
        } else if item.senses.is_empty() && is_name(items, i, verb) {
            return Subject::Thing;
        }
    }
    carried(link, before, verb.form())
}

/// "a truck", "the cranes": the thing, not the move.
fn is_wheeled(items: &[Item], at: usize) -> bool {
    let thing = |sense| matches!(sense, Sense::Verb(Verb { noun: Noun::Thing, .. }));
    let article = items[..at].iter().rev().find(|item| !item.senses.is_empty());
    items[at].any(thing)
        && matches!(items[at].form(), Form::Plain | Form::S)
        && article.is_some_and(Item::is_article)
}

/// The preposition of the noun at `at`: "in the old forest" says where, not who.
fn preposition_before(items: &[Item], at: usize) -> Option<usize> {
    let first = at.saturating_sub(3);
    for i in (first..at).rev() {
        let item = &items[i];
        let place = item.is(Sense::At)
            || item.is(Sense::Along)
            || item.is(Sense::From)
            || item.dir().is_some_and(|dir| matches!(dir, Dir::In | Dir::Toward | Dir::Over));
        if place {
            return Some(i);
        }
        if !(item.is_article() || item.is_light() || item.senses.is_empty()) {
            return None;
        }
    }
    None
}

/// Whether the unknown word at `at` names who does `verb`, rather than how.
fn is_name(items: &[Item], at: usize, verb: &Item) -> bool {
    let form = items[at].form();
    if form == Form::Ly || preposition_before(items, at).is_some() {
        return false;
    }
    let article = items[..at].iter().rev().find(|item| !item.senses.is_empty());
    let definite = article.is_some_and(|item| item.is(Sense::Definite));
    let indefinite = article.is_some_and(|item| item.is(Sense::Indefinite));
    match verb.form() {
        Form::S | Form::Ing => true,
        Form::Plain => definite || (form == Form::S && !indefinite),
        Form::Past | Form::Ly => definite || indefinite || form == Form::S,
    }
}

/// The subject of a clause that names none.
fn carried(link: Link, before: Subject, form: Form) -> Subject {
    match (link, before) {
        (_, Subject::Camera | Subject::Nobody) => before,
        (Link::Start, _) => Subject::Nobody,
        (Link::And, _) => before,
        // "a man on a beach, walking".
        (Link::Comma | Link::While, Subject::Being) if form != Form::Plain => before,
        (Link::While, Subject::Thing) if form == Form::Ing => before,
        _ => Subject::Nobody,
    }
}
