// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the parser promises, one promise a test.

use std::time::Duration;

use stillmotion_engine::prompt::{Easing, Move, Move::*, Script, parse, parse_for};

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
    let json = json.to_owned() + r#""speed":0.5,"easing":"gentle","ambient":["fog"],"#;
    let json = json + r#""scene_speed":1.0,"flow":null,"light":["warm"]}]}"#;
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
    assert_eq!(moves("dolly to the left then to the right"), [[TruckL], [TruckR]]);
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

#[test]
fn how_fast_the_scene_is_by_itself() {
    let scene = |prompt: &str| parse(prompt).segments[0].scene_speed;
    for plain in ["", "pan left", "slow pan left", "a man walks slowly", "clouds drift", "a river"]
    {
        assert_eq!(scene(plain), 1.0, "{plain}");
    }
    for slow in ["slowly drifting clouds", "a calm lake", "gentle waves", "the river flows slowly"]
    {
        assert_eq!(scene(slow), 0.5, "{slow}");
    }
    for fast in ["a raging river", "clouds race across the sky", "the water flows fast"] {
        assert!(scene(fast) > 1.5, "{fast}: {}", scene(fast));
    }
    assert_eq!(scene("time-lapse of clouds over the city"), 4.0);
    assert_eq!(scene("smoke in slow motion"), 0.5);
    assert_eq!(scene("a strong man on the beach"), 1.0);
    assert!(scene("strong wind in the trees") > 1.2);
    let of_each = |prompt: &str| {
        let segments = parse(prompt).segments.into_iter();
        segments.map(|segment| (segment.speed, segment.scene_speed)).collect::<Vec<_>>()
    };
    assert_eq!(of_each("pan left while clouds drift slowly"), [(1.0, 0.5)]);
    let both = of_each("pan left, then tilt up to slowly drifting clouds");
    assert_eq!(both.iter().map(|both| both.1).collect::<Vec<_>>(), [0.5, 0.5], "it is one still");
}

#[test]
fn which_way_the_scene_moves() {
    let flow = |prompt: &str| parse(prompt).segments[0].flow;
    let (left, right) = (Some([-1.0, 0.0]), Some([1.0, 0.0]));
    let (up, down) = (Some([0.0, -1.0]), Some([0.0, 1.0]));
    for (prompt, wanted) in [
        ("clouds drift left to right", right),
        ("clouds drift from left to right", right),
        ("clouds moving to the left", left),
        ("wind from the right", left),
        ("wind blowing from the left", right),
        ("smoke rises from the chimney", up),
        ("smoke curls up", up),
        ("rising steam", up),
        ("water flows towards us", down),
        ("the river flows toward the camera", down),
        ("water flowing down", down),
        ("the river flows to the left", left),
        ("the river flows away from us", up),
        ("clouds drift towards us", up),
        ("pan left while the clouds drift right", right),
        ("static camera, leaves blow to the right", right),
    ] {
        assert_eq!(flow(prompt), wanted, "{prompt}");
    }
    let slanting = flow("smoke drifts up and to the left").unwrap();
    assert!(slanting[0] < -0.7 && slanting[1] < -0.7, "{slanting:?}");
    for prompt in [
        "",
        "snow falling",
        "clouds over the city",
        "pan left across the river",
        "trees to the left of the house",
        "a river on the right",
        "tilt up to the clouds",
        "rise straight up above the forest",
        "walk to the right along the beach",
    ] {
        assert_eq!(flow(prompt), None, "{prompt}");
    }
}

#[test]
fn how_a_move_speeds_up_and_slows_down() {
    let eased = |prompt: &str| {
        let script = parse(prompt);
        assert_eq!(script.segments.len(), 1, "{prompt}: {script:?}");
        (script.segments[0].camera.clone(), script.segments[0].easing)
    };
    for (prompt, moves, easing) in [
        ("push in", vec![DollyIn], Easing::Gentle),
        ("push in, slow at first, then fast", vec![DollyIn], Easing::In),
        ("push in slowly at first, then faster and faster", vec![DollyIn], Easing::In),
        ("pan left, accelerating", vec![PanL], Easing::In),
        ("pan left with ease in", vec![PanL], Easing::In),
        ("orbit, starts still", vec![Orbit], Easing::In),
        ("zoom in and slow down", vec![DollyIn], Easing::Out),
        ("truck right with an ease out", vec![TruckR], Easing::Out),
        ("tilt up, ease in and out", vec![TiltU], Easing::InOut),
        ("pan right at a constant speed", vec![PanR], Easing::Linear),
        ("ease in on her face", vec![DollyIn], Easing::In),
        ("speed ramp push in", vec![DollyIn], Easing::In),
    ] {
        assert_eq!(eased(prompt), (moves, easing), "{prompt}");
    }
}

#[test]
fn a_sequence_may_be_told_in_seconds() {
    let told = |prompt: &str| -> Vec<(f64, f64, Vec<Move>)> {
        let segments = parse(prompt).segments.into_iter();
        segments.map(|s| (s.from, s.to, s.camera)).collect()
    };
    for prompt in [
        "for the first second pan left, then tilt up",
        "pan left for a second, then tilt up",
        "pan left, after 1 second tilt up",
        "pan left, then tilt up for the last 3 seconds",
        "0-1s: pan left. 1-4s: tilt up",
    ] {
        assert_eq!(told(prompt), [(0.0, 0.25, vec![PanL]), (0.25, 1.0, vec![TiltU])], "{prompt}");
    }
    let halves = told("pan left in the first half, then tilt up");
    assert_eq!(halves, [(0.0, 0.5, vec![PanL]), (0.5, 1.0, vec![TiltU])]);
    let rest = told("after one second, tilt up");
    assert_eq!(rest, [(0.0, 0.25, vec![Static]), (0.25, 1.0, vec![TiltU])]);
    let rests = told("pan left for 1 second, then tilt up for 1 second");
    assert_eq!(rests[2], (0.5, 1.0, vec![Static]));
    let hold = told("hold still for the first 2 seconds, then push in");
    assert_eq!(hold, [(0.0, 0.5, vec![Static]), (0.5, 1.0, vec![DollyIn])]);
    let long = parse_for("pan left for 2 seconds, then tilt up", Duration::from_secs(8));
    assert_eq!((long.segments[0].to, long.segments[1].from), (0.25, 0.25));
}
