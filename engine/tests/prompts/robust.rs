// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever is typed, a script comes out that can be played.

use proptest::prelude::*;
use stillmotion_engine::prompt::{
    Move, Script, parse,
    tags::{AMBIENT, LIGHT},
};

/// Everything a script promises.
fn check(prompt: &str) {
    let script = parse(prompt);
    let segments = &script.segments;
    assert!((1..=8).contains(&segments.len()));
    assert_eq!(segments[0].from, 0.0);
    assert_eq!(segments[segments.len() - 1].to, 1.0);
    assert!(segments.windows(2).all(|pair| pair[0].to == pair[1].from));
    for segment in segments {
        assert!(segment.from < segment.to);
        assert!((1..=3).contains(&segment.camera.len()), "{:?}", segment.camera);
        assert!((0.2..=4.0).contains(&segment.speed), "{}", segment.speed);
        assert!((0.2..=4.0).contains(&segment.scene_speed), "{}", segment.scene_speed);
        let length = segment.flow.map_or(1.0, |[x, y]| x.hypot(y));
        assert!((length - 1.0).abs() < 1e-9, "{:?}", segment.flow);
        assert!(segment.ambient.iter().all(|tag| AMBIENT.contains(tag)));
        assert!(segment.light.iter().all(|tag| LIGHT.contains(tag)));
        let alone = [Move::Static, Move::Default];
        let alone = segment.camera.iter().any(|mv| alone.contains(mv));
        assert!(!alone || segment.camera.len() == 1, "{:?}", segment.camera);
        for (one, other) in [
            (Move::DollyIn, Move::DollyOut),
            (Move::ZoomIn, Move::ZoomOut),
            (Move::TruckL, Move::TruckR),
            (Move::PedestalU, Move::PedestalD),
            (Move::PanL, Move::PanR),
            (Move::TiltU, Move::TiltD),
            (Move::RollCw, Move::RollCcw),
            (Move::CraneU, Move::CraneD),
        ] {
            assert!(!(segment.camera.contains(&one) && segment.camera.contains(&other)));
        }
    }
    assert_eq!(script, parse(prompt));
}

fn default_only(script: &Script) -> bool {
    script.segments.len() == 1 && script.segments[0].camera == [Move::Default]
}

/// Words that the parser does much with, in no order.
fn camera_language() -> impl Strategy<Value = String> {
    let words = "pan tilt zoom dolly truck crane orbit walk fly roll track push pull move rise \
        look left right up down in out back around clockwise no not without only then before after \
        and or while the a camera we man drone static still hold tripod slowly very fast fog wave \
        [ ] , . : -> street frying timelapse to from on of for first last half second seconds 2s 1.5 \
        river flows calm ease accelerate us";
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    prop::collection::vec(prop::sample::select(words), 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn any_text_gives_a_script(prompt in any::<String>()) {
        check(&prompt);
    }

    #[test]
    fn any_order_of_camera_words_gives_a_script(prompt in camera_language()) {
        check(&prompt);
    }

    #[test]
    fn one_wrong_letter_breaks_nothing(at in 0usize..60, letter in any::<char>()) {
        let prompt = "the camera slowly dollies forward, then pans left over the river";
        let letters = prompt.chars().enumerate();
        check(&letters.map(|(i, c)| if i == at { letter } else { c }).collect::<String>());
    }
}

#[test]
fn nothing_gives_the_default() {
    for prompt in ["", " ", "\n\t", "\0", "((((", "[]", "[[[[", "]", "->", "....", "🎥🎥"] {
        check(prompt);
        assert!(default_only(&parse(prompt)), "{prompt:?}");
    }
}

#[test]
fn hostile_text_gives_a_script() {
    let megabyte = 1 << 20;
    for piece in ["a", "zoom ", "no ", "the ", "[pan left]", "(", "then ", "\u{301}", "ﷺ", "עברית "]
    {
        check(&piece.repeat(megabyte / piece.len()));
    }
    check(&format!("pan left{}", "\u{301}".repeat(100_000)));
    check("\u{202e}tfel nap\u{202c} <|endoftext|> {{prompt}} \u{feff}");
}

#[test]
fn what_stands_behind_the_limit_is_not_read() {
    let long = format!("{} pan left", "x ".repeat(stillmotion_engine::request::MAX_PROMPT_BYTES));
    assert!(default_only(&parse(&long)));
}
