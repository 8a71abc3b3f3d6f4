// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads what a part of a prompt says about the camera, the picture and the light.

use super::{
    Easing, Move,
    clause::{Clause, Item, Link},
    direction::{directions, leads_to_way},
    moves,
    scan::Scan,
    scene::{self, Flow},
    sense::{Carrier, Dir, Family, Sense, Verb},
    subject::{Subject, subject},
    tags,
    timing::Time,
    vocabulary::Form,
};

/// A "no" reaches this many items ahead.
const REACH_OF_NO: usize = 6;
/// Takes back a thing, or a speed, only this near.
pub(super) const SHORT_REACH_OF_NO: usize = 3;

/// A move that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Said {
    pub mv: Move,
    /// The direction was not named.
    pub implied: bool,
    /// Said with a word for any travel, so what carries the camera may change it.
    pub travel: bool,
}

/// What a part of a prompt says.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub said: Vec<Said>,
    /// The camera shall stand still.
    pub still: bool,
    /// It does so for a while: "hold for a beat".
    pub holds: bool,
    /// A move was forbidden.
    pub refused: bool,
    /// Somebody in the picture walks.
    pub somebody_walks: bool,
    pub carrier: Option<Carrier>,
    /// Speeds of the camera.
    pub speeds: Vec<f64>,
    /// Speeds of the scene, for want of others.
    pub scene_speeds: Vec<f64>,
    /// How fast the scene moves by itself.
    pub own_speeds: Vec<f64>,
    /// Which way it moves.
    pub flow: Option<Flow>,
    pub easing: Option<Easing>,
    /// What the camera does if nothing else is said.
    pub unless: Option<Move>,
    /// When it is.
    pub time: Time,
    pub time_lapse: bool,
    pub ambient: Vec<&'static str>,
    pub light: Vec<&'static str>,
    pub garment: bool,
    pub wind: bool,
}

/// Reads parts one after the other, and remembers what a later one may leave out.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// "zoom" is meant of the lens, as in bracket groups.
    exact: bool,
    /// Who the sentence is about.
    subject: Subject,
    /// The last verb: "zoom in, then out".
    verb: Option<Verb>,
    /// The last verb was forbidden: "no pan, tilt or zoom".
    refused: bool,
}

impl Reader {
    /// Takes "zoom" for the lens's.
    pub fn exact() -> Self {
        Self { exact: true, ..Self::default() }
    }

    /// Reads the clauses of one part: a reading for each sentence and each "hold".
    pub fn read(&mut self, part: &[Clause]) -> Vec<Reading> {
        let holds = |clause: &Clause| clause.items.iter().any(|item| item.is(Sense::Hold));
        let sentences = part
            .chunk_by(|clause, next| next.link != Link::Start && !holds(clause) && !holds(next));
        let read = |sentence: &[Clause]| {
            let mut reading = Reading::default();
            for clause in sentence {
                self.clause(clause, &mut reading);
            }
            reading
        };
        sentences.map(read).collect()
    }

    fn clause(&mut self, clause: &Clause, reading: &mut Reading) {
        let items = &clause.items[..];
        if clause.link == Link::Start {
            self.subject = Subject::Nobody;
        }
        let refusal_goes_on = self.refused && goes_on_refusing(clause);
        self.refused = false;
        let moves_before = reading.said.len();
        let mut scan = Scan { items, refusal_goes_on, used: vec![false; items.len()] };
        let (still_before, refused_before) = (reading.still, reading.refused);
        for at in 0..items.len() {
            self.item(&mut scan, clause.link, at, reading);
        }
        if !items.iter().any(Item::is_verb) {
            self.bare_direction(&scan, reading);
        }
        let about_camera = reading.said.len() > moves_before
            || reading.still != still_before
            || reading.holds
            || reading.refused != refused_before
            || items.iter().all(Item::is_light);
        read_speeds(&scan, about_camera, reading);
        scene::read(&scan, about_camera, reading);
        self.subject = Subject::of_clause(items).or(self.subject);
    }

    fn item(&mut self, scan: &mut Scan<'_>, link: Link, at: usize, reading: &mut Reading) {
        let item = scan.items[at];
        for &sense in item.senses {
            let near_no = || scan.is_refused(at, SHORT_REACH_OF_NO);
            match sense {
                Sense::Verb(verb) => self.verb(scan, link, at, verb, reading),
                Sense::Static => reading.still |= !near_no(),
                Sense::Still => reading.still |= !near_no() && self.camera_is_still(scan, at),
                Sense::Hold => reading.holds |= !near_no() && self.camera_holds(scan, link, at),
                Sense::Carrier(carrier) if !near_no() => reading.carrier = Some(carrier),
                Sense::Eases(easing) if !near_no() => reading.easing = Some(easing),
                Sense::Unless(mv) if !near_no() => reading.unless = Some(mv),
                Sense::TimeLapse => reading.time_lapse |= !near_no(),
                Sense::Ambient(tags) if !near_no() => add(&mut reading.ambient, tags),
                Sense::Light(tags) if !near_no() => add(&mut reading.light, tags),
                Sense::Wave if scan.a_flag_waves(at) => reading.wind = true,
                Sense::Wave if !near_no() => add(&mut reading.ambient, &[tags::WAVES]),
                Sense::Garment => reading.garment = true,
                Sense::Wind => reading.wind |= !near_no(),
                _ => {}
            }
        }
    }

    /// Reads a verb: a move of the camera, a forbidden one, or what somebody else does.
    fn verb(
        &mut self,
        scan: &mut Scan<'_>,
        link: Link,
        at: usize,
        verb: Verb,
        reading: &mut Reading,
    ) {
        let subject = subject(scan.items, at, link, self.subject);
        let others = matches!(subject, Subject::Being | Subject::Thing);
        // "swept by the wind": a past is done to a thing, unless the camera did it.
        let done = verb.anybody && scan.items[at].form() == Form::Past;
        if done && subject != Subject::Camera
            || scan.is_adjective(at, verb, subject)
            || scan.is_plural(at, verb, subject)
        {
            return;
        }
        let refused = scan.is_refused(at, REACH_OF_NO);
        if verb.anybody && others {
            let walks = matches!(verb.family, Family::Walk | Family::Travel);
            let on_foot = walks && !scan.items[at].is(Sense::Thing);
            reading.somebody_walks |= on_foot && subject == Subject::Being && !refused;
            return;
        }
        let dirs = directions(scan.items, at, verb, &mut scan.used);
        if scan.is_thing(at, verb, !dirs.is_empty()) {
            return;
        }
        if refused {
            // "no sudden moves" and "no shake" leave the rest of the moves.
            self.refused = verb.family != Family::Handheld && !scan.only_speed_is_refused(at);
            reading.refused |= self.refused;
            return;
        }
        let before = reading.said.len();
        self.say(scan, at, verb, &dirs, subject, reading);
        if reading.said.len() > before {
            scan.used[at] = true;
            self.verb = Some(verb);
            if verb.speed != 1.0 {
                reading.speeds.push(verb.speed);
            }
        }
    }

    /// Adds the moves of a verb that is the camera's.
    fn say(
        &self,
        scan: &Scan<'_>,
        at: usize,
        verb: Verb,
        dirs: &[Dir],
        subject: Subject,
        reading: &mut Reading,
    ) {
        let family = match verb.family {
            Family::Zoom if self.exact => Family::LensZoom,
            Family::Follow if leads_to_way(&scan.items[at + 1..]) => Family::Travel,
            // "moves along the wall".
            Family::Go if scan.items.get(at + 1).is_some_and(|next| next.is(Sense::Along)) => {
                Family::Travel
            }
            family => family,
        };
        let travel = matches!(family, Family::Go | Family::Travel);
        let said = |mv, implied| Said { mv, implied, travel };
        let circles =
            dirs.contains(&Dir::Around) && moves::toward(family, Dir::Around) == Some(Move::Orbit);
        if circles || family == Family::Orbit {
            if family == Family::Orbit && dirs.is_empty() && !scan.is_bare_move(at, verb, subject) {
                return;
            }
            // The other way round has no label of its own: to the right, looking left.
            let counter = dirs.iter().any(|dir| matches!(dir, Dir::Counter | Dir::Right));
            let orbit: &[Move] = if counter { &[Move::TruckR, Move::PanL] } else { &[Move::Orbit] };
            reading.said.extend(orbit.iter().map(|&mv| said(mv, false)));
            return;
        }
        let before = reading.said.len();
        let named = dirs.iter().filter_map(|&dir| moves::toward(family, dir));
        reading.said.extend(named.map(|mv| said(mv, false)));
        if reading.said.len() == before && scan.is_bare_move(at, verb, subject) {
            reading.said.extend(moves::plain(family).map(|mv| said(mv, true)));
        }
    }

    /// Reads a clause of directions alone: "forward", "slowly upwards", "then out".
    fn bare_direction(&self, scan: &Scan<'_>, reading: &mut Reading) {
        let strong = |dir: &Dir| !matches!(dir, Dir::In | Dir::Toward | Dir::Over);
        let passive = |item: &Item| item.is_light() || item.is_article() || item.is(Sense::Camera);
        let to = |item: &Item| item.dir() == Some(Dir::Toward);
        let mut rest =
            scan.items.iter().skip_while(|item| to(item) || item.dir().is_none() && passive(item));
        let Some(first) = rest.next().and_then(Item::dir) else { return };
        let mut dirs: Vec<Dir> = vec![first];
        let mut alone = true;
        let closer = first == Dir::Near && rest.clone().next().is_some_and(to);
        for item in rest {
            dirs.extend(item.dir());
            alone &= item.dir().is_some() || passive(item);
        }
        let inward = first == Dir::In && self.verb.is_some();
        if !(alone && (strong(&first) || inward) || closer) {
            return;
        }
        let family = self.verb.map_or(Family::Go, |verb| verb.family);
        let family = if moves::toward(family, first).is_some() { family } else { Family::Go };
        let dirs = dirs.iter().filter(|dir| strong(dir) || inward);
        let named = dirs.filter_map(|&dir| moves::toward(family, dir));
        reading.said.extend(named.map(|mv| Said { mv, implied: false, travel: true }));
    }

    /// "fixed camera", "the camera stays perfectly still", or nothing but "perfectly still".
    fn camera_is_still(&self, scan: &Scan<'_>, at: usize) -> bool {
        let (before, after) = (&scan.items[..at], &scan.items[at + 1..]);
        let passive = |item: &&Item| item.is_light() || item.is_article() || item.is(Sense::Still);
        let next = after.iter().find(|item| !passive(item));
        if next.is_some_and(|next| next.is(Sense::Camera)) {
            return true;
        }
        let describes = after.first().is_some_and(|next| {
            next.senses.is_empty() && !next.is_light() || next.is_noun() || next.is_verb()
        });
        match before.iter().rev().find(|item| !passive(item)) {
            _ if describes => false,
            Some(head) => head.is(Sense::Camera),
            None if self.subject == Subject::Camera => true,
            None => self.subject == Subject::Nobody && next.is_none(),
        }
    }

    /// "hold for a beat", "the camera stops".
    fn camera_holds(&self, scan: &Scan<'_>, link: Link, at: usize) -> bool {
        match subject(scan.items, at, link, self.subject) {
            Subject::Camera => true,
            Subject::Nobody => {
                let article = at > 0 && scan.items[at - 1].is_article();
                scan.items[at].form() == Form::Plain && !article
            }
            Subject::Being | Subject::Thing => false,
        }
    }
}

/// "no pan, tilt or zoom": the list goes on.
fn goes_on_refusing(clause: &Clause) -> bool {
    let list = |item: &Item| item.is_verb() || item.is(Sense::Or) || item.is(Sense::Camera);
    let items = &clause.items;
    let bare = items.iter().all(list);
    let until_or = items[0].is_verb() && items.iter().any(|item| item.is(Sense::Or));
    matches!(clause.link, Link::Comma | Link::And) && (bare || until_or)
}

/// Reads how fast, and for whom.
fn read_speeds(scan: &Scan<'_>, about_camera: bool, reading: &mut Reading) {
    let moving = scan.items.iter().any(Item::is_verb);
    for (at, item) in scan.items.iter().enumerate() {
        let factor = item.senses.iter().find_map(|sense| match sense {
            Sense::Speed(factor) => Some(*factor),
            _ => None,
        });
        let Some(factor) = factor.filter(|_| !scan.is_refused(at, SHORT_REACH_OF_NO)) else {
            continue;
        };
        let very = at > 0 && scan.items[at - 1].is(Sense::Very);
        let factor = match very {
            true if factor < 1.0 => factor.min(0.35),
            true => factor.max(2.5),
            false => factor,
        };
        if about_camera {
            reading.speeds.push(factor);
        } else if moving || item.form() == Form::Ly {
            reading.scene_speeds.push(factor);
        }
    }
}

/// Adds what is not there yet.
pub(super) fn add(tags: &mut Vec<&'static str>, more: &[&'static str]) {
    for tag in more {
        if !tags.contains(tag) {
            tags.push(tag);
        }
    }
}
