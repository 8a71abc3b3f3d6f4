// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words that the parser knows, as tables of phrase and meaning. A phrase is written with
//! base forms; its endings are made by `vocabulary`. A phrase in several rows has
//! several meanings.

mod ambient;
mod camera;
mod grammar;
mod guards;
mod light;
mod lookalikes;
mod pace;
mod scene;
mod speed;

use super::sense::Sense;
pub(super) use lookalikes::LOOKALIKES;

/// Which endings the words of a table take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endings {
    /// As written.
    None,
    /// Plural.
    Noun,
    /// Third person, -ing, past; and plural, which looks like the third person.
    Verb,
    /// -ly, -er.
    Adjective,
}

/// Rows that are treated alike.
pub(super) struct Table {
    pub rows: &'static [(&'static str, Sense)],
    pub endings: Endings,
    /// Misspellings are forgiven. Where it matters little, they are not: every word that is
    /// known makes other words look like a misspelling of it.
    pub forgiving: bool,
}

const fn table(rows: &'static [(&'static str, Sense)], endings: Endings) -> Table {
    Table { rows, endings, forgiving: true }
}

const fn strict(rows: &'static [(&'static str, Sense)], endings: Endings) -> Table {
    Table { rows, endings, forgiving: false }
}

/// Every table.
pub(super) const TABLES: &[Table] = &[
    strict(guards::GUARDS, Endings::None),
    strict(grammar::SMALL_WORDS, Endings::None),
    table(grammar::DIRECTIONS, Endings::None),
    table(camera::VERBS, Endings::Verb),
    table(camera::TERMS, Endings::Noun),
    table(speed::SPEEDS, Endings::Adjective),
    strict(pace::EASINGS, Endings::None),
    strict(pace::SCENE_SPEEDS, Endings::None),
    strict(pace::FLOWS, Endings::Verb),
    strict(scene::SCENE_VERBS, Endings::Verb),
    table(ambient::AMBIENT_VERBS, Endings::Verb),
    table(ambient::AMBIENT_NOUNS, Endings::Noun),
    table(light::LIGHT_VERBS, Endings::Verb),
    table(light::LIGHT_NOUNS, Endings::Noun),
    strict(scene::NOUNS, Endings::Noun),
    strict(grammar::FILLERS, Endings::None),
];

/// Forms that no rule makes: form, base form.
pub(super) const IRREGULAR: &[(&str, &str)] = &[
    ("went", "go"),
    ("came", "come"),
    ("flew", "fly"),
    ("flown", "fly"),
    ("risen", "rise"),
    ("ran", "run"),
    ("rode", "ride"),
    ("drove", "drive"),
    ("swung", "swing"),
    ("sank", "sink"),
    ("spun", "spin"),
    ("crept", "creep"),
    ("swept", "sweep"),
    ("shook", "shake"),
    ("held", "hold"),
    ("froze", "freeze"),
    ("blew", "blow"),
    ("backs", "back"),
    ("backing", "back"),
    ("backed", "back"),
    ("leaves", "leaf"),
    ("leaving", "leave"),
    ("getting", "get"),
    ("setting", "set"),
    ("running", "run"),
    ("stopping", "stop"),
    ("travelling", "travel"),
    ("travelled", "travel"),
    ("swivelling", "swivel"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_stands_twice() {
        let rows: Vec<_> = TABLES.iter().flat_map(|table| table.rows).collect();
        for (i, row) in rows.iter().enumerate() {
            assert!(!rows[i + 1..].contains(row), "{row:?}");
        }
    }

    #[test]
    fn phrases_are_words_with_one_blank_between() {
        for (phrase, _) in TABLES.iter().flat_map(|table| table.rows) {
            let sound =
                |word: &str| word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            assert!(phrase.split(' ').all(|word| !word.is_empty() && sound(word)), "{phrase:?}");
        }
    }
}
