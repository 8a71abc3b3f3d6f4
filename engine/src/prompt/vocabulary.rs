// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lexicon made ready for reading: endings, irregular forms, misspellings, phrases.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::{
    lexicon::{Endings, IRREGULAR, LOOKALIKES, TABLES, Table},
    sense::Sense,
};

/// Built once, on the first prompt.
pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::new);

/// Misspellings are forgiven in words, or of words, of this many letters.
const FORGIVING_LENGTH: usize = 6;
/// Nothing in the lexicon is longer.
const LONGEST_WORD: usize = 24;

/// What was done to the base form of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Plain,
    /// Third person or plural.
    S,
    /// -ing.
    Ing,
    /// Past.
    Past,
    /// -ly.
    Ly,
}

/// A word of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A word of the lexicon.
    Known {
        /// Number of the base form.
        base: u16,
        form: Form,
    },
    /// Any other.
    Unknown {
        /// May be a plural or a third person.
        s: bool,
        /// Looks like an adverb.
        ly: bool,
    },
}

struct Phrase {
    bases: Vec<u16>,
    senses: Vec<Sense>,
}

/// A form of a word, as misspellings are compared with.
struct Spelling {
    text: String,
    letters: u32,
}

/// Every form of every word, and every phrase.
pub(super) struct Vocabulary {
    forms: HashMap<String, (u16, Form)>,
    /// The longer forms by first letter.
    spellings: HashMap<u8, Vec<Spelling>>,
    lookalikes: HashSet<&'static str>,
    /// Phrases by the base form of their first word, the longest first.
    phrases: HashMap<u16, Vec<Phrase>>,
}

impl Vocabulary {
    fn new() -> Self {
        let mut forms = Forms::default();
        let single = |table: &Table| {
            table.rows.iter().map(|(phrase, _)| *phrase).filter(|phrase| !phrase.contains(' '))
        };
        let mut forgiving = HashSet::new();
        for table in TABLES {
            for word in single(table) {
                let base = forms.base(word);
                if table.forgiving {
                    forgiving.insert(base);
                }
            }
        }
        for (form, base) in IRREGULAR {
            let base = forms.base(base);
            let kind = if form.ends_with("ing") { Form::Ing } else { Form::Past };
            let kind = if form.ends_with('s') { Form::S } else { kind };
            forms.add((*form).to_owned(), base, kind);
        }
        for table in TABLES {
            for word in single(table) {
                let base = forms.base(word);
                for (form, kind) in inflections(word, table.endings) {
                    forms.add(form, base, kind);
                }
            }
        }
        let mut senses: HashMap<Vec<u16>, Vec<Sense>> = HashMap::new();
        for (phrase, sense) in TABLES.iter().flat_map(|table| table.rows) {
            let bases = phrase.split(' ').map(|word| forms.base_of_form(word)).collect();
            senses.entry(bases).or_default().push(*sense);
        }
        let spellings = spellings(&forms.0, &forgiving);
        let lookalikes = LOOKALIKES.iter().copied().collect();
        Self { forms: forms.0, spellings, lookalikes, phrases: phrases(senses) }
    }

    /// Finds a word, in spite of a misspelling.
    pub fn word(&self, text: &str) -> Word {
        let known = self.forms.get(text).copied().or_else(|| self.misspelt(text));
        match known {
            Some((base, form)) => Word::Known { base, form },
            None => Word::Unknown {
                s: text.ends_with('s') && !text.ends_with("ss"),
                ly: text.ends_with("ly"),
            },
        }
    }

    fn misspelt(&self, text: &str) -> Option<(u16, Form)> {
        let sound = text.bytes().all(|c| c.is_ascii_lowercase()) && !self.lookalikes.contains(text);
        if !sound || !(3..=LONGEST_WORD).contains(&text.len()) {
            return None;
        }
        self.corrected(text)
    }

    fn corrected(&self, text: &str) -> Option<(u16, Form)> {
        let fewer = [2, 1].map(|most| limit_runs(text, most));
        let fewer = fewer.iter().find_map(|text| self.forms.get(text.as_str()).copied());
        fewer.or_else(|| self.one_edit_away(text))
    }

    /// The word that one missing, added, wrong or swapped letter, but for the first, leads to.
    fn one_edit_away(&self, text: &str) -> Option<(u16, Form)> {
        let letters = letters(text);
        let near = |spelling: &&Spelling| {
            let longer = text.len().max(spelling.text.len());
            longer >= FORGIVING_LENGTH
                && text.len().abs_diff(spelling.text.len()) <= 1
                && (letters ^ spelling.letters).count_ones() <= 2
                && strsim::osa_distance(text, &spelling.text) == 1
                && !is_other_consonant(text, &spelling.text)
        };
        let spelling = self.spellings.get(&text.as_bytes()[0])?.iter().find(near)?;
        self.forms.get(&spelling.text).copied()
    }

    /// The longest phrase at the start of `words`: how many words it has, what it means.
    pub fn phrase(&self, words: &[Word]) -> Option<(usize, &[Sense])> {
        let base = |word: &Word| match word {
            Word::Known { base, .. } => Some(*base),
            Word::Unknown { .. } => None,
        };
        let first = base(words.first()?)?;
        let fits = |phrase: &&Phrase| {
            phrase.bases.len() <= words.len()
                && phrase.bases.iter().zip(words).all(|(want, word)| base(word) == Some(*want))
        };
        let phrase = self.phrases.get(&first)?.iter().find(fits)?;
        Some((phrase.bases.len(), &phrase.senses))
    }
}

/// The phrases by first word, the longest first.
fn phrases(senses: HashMap<Vec<u16>, Vec<Sense>>) -> HashMap<u16, Vec<Phrase>> {
    let mut phrases: HashMap<u16, Vec<Phrase>> = HashMap::new();
    for (bases, senses) in senses {
        phrases.entry(bases[0]).or_default().push(Phrase { bases, senses });
    }
    for phrases in phrases.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.bases.len()));
    }
    phrases
}

/// The forms that a misspelling may be of, by first letter.
fn spellings(
    forms: &HashMap<String, (u16, Form)>,
    forgiving: &HashSet<u16>,
) -> HashMap<u8, Vec<Spelling>> {
    let mut spellings: HashMap<u8, Vec<Spelling>> = HashMap::new();
    for (text, (base, form)) in forms {
        // A past is rare in a request, and near to too many other words.
        let likely = forgiving.contains(base) && *form != Form::Past;
        if likely && text.len() + 1 >= FORGIVING_LENGTH {
            let spelling = Spelling { text: text.clone(), letters: letters(text) };
            spellings.entry(text.as_bytes()[0]).or_default().push(spelling);
        }
    }
    for spellings in spellings.values_mut() {
        // The order of a hash map must not decide between two equally near words.
        spellings.sort_by(|a, b| a.text.cmp(&b.text));
    }
    spellings
}

/// Every form with the number of its base form.
#[derive(Default)]
struct Forms(HashMap<String, (u16, Form)>);

impl Forms {
    /// The number of a base form, a new one if need be.
    fn base(&mut self, word: &str) -> u16 {
        // No table comes near 65536 words.
        let next = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        match self.0.get(word) {
            Some((base, Form::Plain)) => *base,
            _ => {
                self.0.insert(word.to_owned(), (next, Form::Plain));
                next
            }
        }
    }

    /// The number of the base form of any form, a new one if the word is new.
    fn base_of_form(&mut self, word: &str) -> u16 {
        match self.0.get(word) {
            Some((base, _)) => *base,
            None => self.base(word),
        }
    }

    /// Adds a form unless the word is known already.
    fn add(&mut self, form: String, base: u16, kind: Form) {
        self.0.entry(form).or_insert((base, kind));
    }
}

/// The regular forms of a word.
fn inflections(word: &str, endings: Endings) -> Vec<(String, Form)> {
    match endings {
        Endings::None => Vec::new(),
        Endings::Noun => vec![(with_s(word), Form::S)],
        Endings::Verb => {
            let stem = stem(word);
            let past = if let Some(stem) = consonant_y(word) {
                format!("{stem}ied")
            } else {
                format!("{stem}ed")
            };
            vec![(with_s(word), Form::S), (format!("{stem}ing"), Form::Ing), (past, Form::Past)]
        }
        Endings::Adjective => {
            let stem = consonant_y(word).map_or(word.to_owned(), |stem| format!("{stem}i"));
            let short = stem.strip_suffix('e').unwrap_or(&stem);
            let ly = match word.strip_suffix("le") {
                Some(stem) => format!("{stem}ly"),
                None => format!("{stem}ly"),
            };
            vec![(ly, Form::Ly), (format!("{short}er"), Form::Plain)]
        }
    }
}

/// "fly" without its y, when that becomes an i.
fn consonant_y(word: &str) -> Option<&str> {
    word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']))
}

fn with_s(word: &str) -> String {
    if let Some(stem) = consonant_y(word) {
        format!("{stem}ies")
    } else if word.ends_with(['s', 'x', 'z', 'o']) || word.ends_with("ch") || word.ends_with("sh") {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

/// What -ing is added to: "mov", "pann", "walk".
fn stem(word: &str) -> String {
    if let Some(stem) = word.strip_suffix('e').filter(|stem| !stem.ends_with('e')) {
        return stem.to_owned();
    }
    let vowel = |c: u8| b"aeiou".contains(&c);
    match *word.as_bytes() {
        [ref start @ .., a, b, c]
            if vowel(b) && !vowel(a) && !vowel(c) && !b"wxyh".contains(&c) =>
        {
            let one_syllable = !start.iter().copied().any(vowel);
            let last = if one_syllable { &word[word.len() - 1..] } else { "" };
            format!("{word}{last}")
        }
        _ => word.to_owned(),
    }
}

/// `text` with no letter more than `most` times in a row.
fn limit_runs(text: &str, most: usize) -> String {
    let mut run = 0;
    let mut before = None;
    text.chars()
        .filter(|&c| {
            run = if before == Some(c) { run + 1 } else { 1 };
            before = Some(c);
            run <= most
        })
        .collect()
}

/// Whether two words one edit apart differ in a consonant: then they are two words.
fn is_other_consonant(a: &str, b: &str) -> bool {
    let mut pairs = a.bytes().zip(b.bytes()).filter(|(a, b)| a != b);
    let first = pairs.next();
    let consonant = |c: u8| !b"aeiouy".contains(&c);
    let wrong = first.is_some_and(|(a, b)| consonant(a) || consonant(b));
    a.len() == b.len() && wrong && pairs.next().is_none()
}

/// The set of letters in a word: words one edit apart differ in at most two.
fn letters(text: &str) -> u32 {
    text.bytes().filter(u8::is_ascii_lowercase).fold(0, |letters, c| letters | 1 << (c - b'a'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Option<u16> {
        match VOCABULARY.word(text) {
            Word::Known { base, .. } => Some(base),
            Word::Unknown { .. } => None,
        }
    }

    fn form(text: &str) -> Option<Form> {
        match VOCABULARY.word(text) {
            Word::Known { form, .. } => Some(form),
            Word::Unknown { .. } => None,
        }
    }

    #[test]
    fn endings_lead_to_the_base_form() {
        let same = [
            ("walk", "walking"),
            ("pan", "panned"),
            ("dolly", "dollies"),
            ("move", "moving"),
            ("fly", "flew"),
            ("orbit", "orbiting"),
            ("travel", "travelling"),
            ("push", "pushes"),
            ("slow", "slowly"),
            ("gentle", "gently"),
            ("zoom", "zooming"),
        ];
        for (a, b) in same {
            assert!(base(a).is_some(), "{a}");
            assert_eq!(base(a), base(b), "{a} {b}");
        }
        assert_eq!(form("pans"), Some(Form::S));
        assert_eq!(form("gliding"), Some(Form::Ing));
    }

    #[test]
    fn misspellings_are_forgiven() {
        let same = [
            ("zoom", "zooom"),
            ("pan", "pann"),
            ("slowly", "slowy"),
            ("camera", "camara"),
            ("forward", "foward"),
            ("through", "trough"),
            ("walking", "walkking"),
        ];
        for (a, b) in same {
            assert!(base(a).is_some(), "{a}");
            assert_eq!(base(a), base(b), "{a} {b}");
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        for word in ["talking", "waking", "bright", "table", "cat9", "hiding", "tucked"] {
            assert_eq!(base(word), None, "{word}");
        }
    }

    #[test]
    fn every_lookalike_needs_its_place() {
        for word in LOOKALIKES {
            assert_eq!(base(word), None, "{word} is in the lexicon itself");
            assert!(VOCABULARY.corrected(word).is_some(), "{word} looks like nothing");
        }
    }

    #[test]
    fn the_longest_phrase_wins() {
        let words = ["dolly", "zoom", "in"].map(|word| VOCABULARY.word(word));
        assert_eq!(VOCABULARY.phrase(&words).map(|(count, _)| count), Some(2));
    }
}
