// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the parser promises, one promise a test.

use stillmotion_engine::prompt::{Move, Move::*, Script, parse};

/// The moves of each segment.
fn moves(prompt: &str) -> Vec<Vec<Move>> {
    parse(prompt).segments.into_iter().map(|segment| segment.camera).collect()
}

/// The moves of a prompt that has one segment.
fn one(prompt: &str) -> Vec<Move> {
    let mut moves = moves(prompt);
    assert_eq!(moves.len(), 1, "{prompt}: {moves:?}");
    moves.remove(0)
}

fn speed(prompt: &str) -> f64 {
    parse(prompt).segments[0].speed
}

fn ambient(prompt: &str) -> Vec<&'static str> {
    parse(prompt).segments[0].ambient.clone()
}

#[test]
fn a_script_prints_as_json() {
    let script: Script = parse("slow push in while tilting up toward the dome, warm fog");
    let json = r#"{"segments":[{"from":0.0,"to":1.0,"camera":["dolly_in","tilt_u"],"#;
    let json = json.to_owned() + r#""speed":0.5,"ambient":["fog"],"light":["warm"]}]}"#;
    assert_eq!(serde_json::to_string(&script).unwrap(), json);
}

#[test]
fn plain_requests_of_the_camera() {
    assert_eq!(one("walk through the forest towards the wooden house"), [Walk]);
    assert_eq!(one("slow orbit around the statue"), [Orbit]);
    assert_eq!(speed("slow orbit around the statue"), 0.5);
    assert_eq!(one("rise straight up"), [PedestalU]);
    assert_eq!(one("crane up over the wall"), [CraneU]);
}

#[test]
fn people_who_say_zoom_get_a_dolly() {
    assert_eq!(one("zoom in on the door"), [DollyIn]);
    assert_eq!(one("optical zoom in on the door"), [ZoomIn]);
    assert_eq!(one("[Zoom in]"), [ZoomIn]);
}

#[test]
fn an_orbit_the_other_way_is_spelt_out() {
    assert_eq!(one("orbit clockwise around the statue"), [Orbit]);
    assert_eq!(one("orbit to the left"), [Orbit]);
    assert_eq!(one("orbit counter-clockwise around the statue"), [TruckR, PanL]);
    assert_eq!(one("orbit to the right"), [TruckR, PanL]);
    assert_eq!(one("truck left while panning right"), [Orbit]);
}

#[test]
fn speeds_multiply() {
    assert_eq!(speed("push in"), 1.0);
    assert_eq!(speed("slowly push in"), 0.5);
    assert_eq!(speed("barely push in"), 0.35);
    assert_eq!(speed("push in very slowly"), 0.35);
    assert_eq!(speed("fast push in"), 1.6);
    assert_eq!(speed("whip pan left"), 2.5);
    assert_eq!(speed("push in, not too fast"), 1.0);
    assert_eq!(speed("push in past a slow river"), 0.5);
}

#[test]
fn parts_of_a_sequence_share_the_clip() {
    let script = parse("first pan left, then tilt up, and finally zoom out");
    let bounds: Vec<_> = script.segments.iter().map(|s| (s.from, s.to)).collect();
    let third = 1.0 / 3.0;
    assert_eq!(bounds, [(0.0, third), (third, 2.0 * third), (2.0 * third, 1.0)]);
    assert_eq!(
        moves("first pan left, then tilt up, and finally zoom out"),
        [[PanL], [TiltU], [DollyOut]]
    );
    assert_eq!(moves("after panning left, tilt up"), [[PanL], [TiltU]]);
    assert_eq!(moves("zoom in and then out"), [[DollyIn], [DollyOut]]);
}

#[test]
fn a_part_without_a_camera_belongs_to_its_neighbour() {
    assert_eq!(one("pan left, then it starts to rain"), [PanL]);
    assert_eq!(one("a calm lake, then the camera rises"), [PedestalU]);
}

#[test]
fn no_more_than_eight_parts() {
    assert_eq!(moves(&"pan left then tilt up then ".repeat(20)).len(), 8);
}

#[test]
fn the_last_of_two_opposites_holds() {
    assert_eq!(one("pan left, pan right"), [PanR]);
    assert_eq!(one("push in, pan left, pull back"), [PanL, DollyOut]);
}

#[test]
fn a_still_camera_wins() {
    for prompt in [
        "static camera, pan left",
        "the camera stays still while clouds move",
        "no camera movement",
        "locked-off",
        "don't pan",
        "without zooming",
        "on a tripod",
        "don't move the camera",
    ] {
        assert_eq!(one(prompt), [Static], "{prompt}");
    }
}

#[test]
fn a_no_reaches_no_further_than_it_should() {
    assert_eq!(one("don't pan, just zoom in"), [DollyIn]);
    assert_eq!(one("no zoom, pan left slowly"), [PanL]);
    assert_eq!(one("not only pan left but also tilt up"), [PanL, TiltU]);
    assert_eq!(one("no shake, glide forward"), [DollyIn]);
    assert_eq!(one("glide forward with no sudden moves"), [DollyIn]);
    assert!(ambient("a street with no rain").is_empty());
}

#[test]
fn words_of_the_camera_are_things_too() {
    for prompt in [
        "a pan with sizzling onions",
        "the pan on the left burner",
        "the truck left the station",
        "two cranes above the docks",
        "a sushi roll on the right",
        "an orbit of rocks",
        "a still pond, static electricity",
        "planets orbiting the sun",
        "a train rolling into the station",
        "the dolly on the right",
    ] {
        assert_eq!(one(prompt), [Default], "{prompt}");
    }
}

#[test]
fn who_walks_matters() {
    assert_eq!(one("a man walks along the beach"), [Follow]);
    assert_eq!(one("an old woman, walking home"), [Follow]);
    assert_eq!(one("we walk along the beach"), [Walk]);
    assert_eq!(one("walking along the beach"), [Walk]);
    assert_eq!(one("a man walks along the beach, slow zoom in"), [DollyIn]);
    assert_eq!(one("waves rolling in"), [Default]);
}

#[test]
fn bracket_groups_follow_each_other() {
    assert_eq!(moves("[Push in] a castle [Pan left, Tilt up]"), [vec![DollyIn], vec![PanL, TiltU]]);
    assert_eq!(ambient("[Push in] a castle in the fog"), ["fog"]);
    assert_eq!(one("[a castle] pan left"), [PanL]);
}

#[test]
fn what_lives_in_the_picture_lives_in_every_part() {
    let script = parse("pan left, then tilt up to the clouds");
    assert!(script.segments.iter().all(|segment| segment.ambient == ["clouds"]));
}

#[test]
fn clothes_move_in_the_wind_alone() {
    assert_eq!(ambient("a woman in a red dress"), [""; 0]);
    assert_eq!(ambient("her dress blows in the wind"), ["cloth"]);
}
