// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds the directions that belong to a verb.

use super::{
    clause::Item,
    sense::{Dir, Family, Sense, Verb},
};

/// A direction stands at most this many items behind its verb.
const REACH: usize = 7;

/// The directions of the verb at `at`. `used` marks those that a verb before has taken.
pub(super) fn directions(items: &[Item], at: usize, verb: Verb, used: &mut [bool]) -> Vec<Dir> {
    let mut found = Vec::new();
    let mut opposite = None;
    for i in at.saturating_sub(2)..at {
        let Some(dir) = items[i].dir().filter(|&dir| !used[i] && is_adjective(dir)) else {
            continue;
        };
        if !is_place(items, i) && items[i + 1..at].iter().all(Item::is_light) {
            used[i] = true;
            found.push(dir);
        }
    }
    for i in at + 1..items.len().min(at + 1 + REACH) {
        if items[i].is_verb() {
            break;
        }
        let Some(dir) = items[i].dir().filter(|_| !used[i] && !is_place(items, i)) else {
            continue;
        };
        if comes_from(items, i) {
            opposite = reversed(dir);
        } else if dir != Dir::In || is_inward(items, at, i, verb.family) {
            used[i] = true;
            found.push(along_a_way(items, i, dir, verb.family));
        }
    }
    if found.contains(&Dir::Far) {
        // "backwards out of the door" is backwards.
        found.retain(|&dir| dir != Dir::Out);
    }
    if found.iter().any(|&dir| !is_weak(dir)) {
        found.retain(|&dir| !is_weak(dir));
    } else if let Some(dir) = opposite {
        found = vec![dir];
    }
    found
}

/// May stand before its verb: "leftward truck".
fn is_adjective(dir: Dir) -> bool {
    !matches!(dir, Dir::In | Dir::Out | Dir::Toward | Dir::Over | Dir::Around)
}

/// Counts only when no other direction is named.
fn is_weak(dir: Dir) -> bool {
    matches!(dir, Dir::Toward | Dir::Over | Dir::Sideways)
}

fn reversed(dir: Dir) -> Option<Dir> {
    match dir {
        Dir::Left => Some(Dir::Right),
        Dir::Right => Some(Dir::Left),
        Dir::Up => Some(Dir::Down),
        Dir::Down => Some(Dir::Up),
        _ => None,
    }
}

/// "from the left".
pub(super) fn comes_from(items: &[Item], at: usize) -> bool {
    let before = items[..at].iter().rev().find(|item| !item.is_article());
    before.is_some_and(|item| item.is(Sense::From)) && reversed_exists(items, at)
}

fn reversed_exists(items: &[Item], at: usize) -> bool {
    items[at].dir().and_then(reversed).is_some()
}

/// "on the left", "the left bank", "the back wall": where something is.
pub(super) fn is_place(items: &[Item], at: usize) -> bool {
    let dir = items[at].dir();
    let mut before = items[..at].iter().rev();
    let Some(first) = before.next() else { return false };
    if first.is(Sense::At) {
        return true;
    }
    if !first.is_article() {
        return false;
    }
    let preposition = before.next();
    let somewhere = preposition.is_some_and(|p| p.is(Sense::At) || p.is(Sense::Dir(Dir::In)));
    let to = preposition.is_some_and(|p| p.is(Sense::Dir(Dir::Toward)));
    let of_a_thing = items
        .get(at + 1)
        .is_some_and(|next| next.is_noun() || (next.senses.is_empty() && !next.is_light()));
    let side = matches!(dir, Some(Dir::Left | Dir::Right));
    somewhere || dir == Some(Dir::Far) || (side && of_a_thing && !to)
}

/// Whether "in" is a direction: "zoom in", not "move in the dark".
fn is_inward(items: &[Item], verb: usize, at: usize, family: Family) -> bool {
    let adjacent = items[verb + 1..at].iter().all(Item::is_light);
    let next = items.get(at + 1);
    let ends = next.is_none_or(|next| {
        next.is(Sense::At) || next.dir().is_some() || next.is_light() || next.is(Sense::While)
    });
    let always = matches!(
        family,
        Family::Zoom | Family::LensZoom | Family::Dolly | Family::Push | Family::Pull
    );
    adjacent && (always || ends)
}

/// "down the street" and "around the town" are no more than forward.
fn along_a_way(items: &[Item], at: usize, dir: Dir, family: Family) -> Dir {
    let goes = matches!(
        family,
        Family::Go
            | Family::Travel
            | Family::Walk
            | Family::Fly
            | Family::Dolly
            | Family::Push
            | Family::Track
    );
    let vertical = matches!(dir, Dir::Up | Dir::Down);
    let about = dir == Dir::Around && family != Family::Dolly;
    if goes && (vertical || about) && leads_to_way(&items[at + 1..]) { Dir::Near } else { dir }
}

/// Whether the next thing named is a way: "the old street".
pub(super) fn leads_to_way(items: &[Item]) -> bool {
    let name = items.iter().take(4).take_while(|item| {
        item.is_article() || item.is_light() || item.is_noun() || item.senses.is_empty()
    });
    let mut nouns = name.skip_while(|item| !item.is_noun());
    nouns.any(|item| item.is(Sense::Way))
}
