# SPDX-License-Identifier: MIT OR Apache-2.0
"""Asks the engine for clips and measures them. Each public function of a photo and a prompt is a
piece of work for one process; it yields the name of a gate, a value, and what there is to say."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import camera
import flow
import frames
import geometry
import lines
from engine import Engine

SIZE = (960, 540)
FPS = 24
FRAMES = 96
LAST = FRAMES - 1
# Frames between samples, of which there are 8 a second, as in VBench.
SAMPLE = FPS // 8
# Pairs of samples, spread over the clip, between which flow is looked at.
PAIRS = 6
MOTIONS = range(1, 11)
# What a quick run looks at: both ends and one step in the middle.
FEW_MOTIONS = (1, 5, 6, 10)


@dataclass(frozen=True)
class Prompt:
    """A row of prompts.tsv."""

    id: str
    text: str
    camera: str
    """The moves one of which must be seen, as `camera.name` calls them, or `static`."""
    straight: bool
    """The camera goes one way, evenly."""
    alive: bool
    """Parts of the still are asked to move by themselves."""


def prompts():
    path = Path(__file__).with_name("prompts.tsv")
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if row and row[0][0] != "#"]
    return [Prompt(i, text, move, s == "yes", a == "yes") for i, text, move, s, a in rows]


def ask(engine, photo, prompt, seed=1, **wish):
    width, height = SIZE
    return engine.ask(
        photo=photo, width=width, height=height, prompt=prompt.text, seed=seed, **wish
    )


def samples():
    """Indices of pairs of samples, one behind the other."""
    starts = np.linspace(0, LAST - SAMPLE, PAIRS).round().astype(int)
    return [int(index) for start in starts for index in (start, start + SAMPLE)]


def moving(engine, photo, prompt, thorough=True):
    """All that is measured of a clip whose camera moves."""
    motions = MOTIONS if thorough else FEW_MOTIONS
    amounts, exact = {}, {}
    for motion in motions:
        arrays = ["frames", "places"]
        clip = ask(engine, photo, prompt, motion=motion, frames=samples(), arrays=arrays)
        grays = flow.gray(clip.frames)
        flows = [flow.both(*pair) for pair in zip(grays[::2], grays[1::2])]
        amounts[motion] = flow.amount(flows, grays[::2])
        pairs = zip(clip.places[::2], clip.places[1::2], strict=True)
        exact[motion] = np.mean([geometry.amount(*pair, SIZE) for pair in pairs])
        if motion == 5:
            yield "warp error", _warp_error(grays, flows), ""
        if motion == 10:
            yield "dynamic", flow.is_dynamic([there for there, _ in flows]), ""
    for gate, of in (("motion step", amounts), ("exact step", exact)):
        steps = {m: of[m + 1] / of[m] for m in motions if m + 1 in of}
        least = min(steps, key=steps.get)
        yield gate, steps[least], f"from {least} to {least + 1}"
    yield "motion range", amounts[10] / amounts[1], f"A(1) = {amounts[1]:.5f}"
    yield from _camera(engine, photo, prompt)
    yield from _shape(engine, photo, prompt, 5)
    yield from _shape(engine, photo, prompt, 10)
    if prompt.straight:
        yield from _smoothness(engine, photo, prompt)


def _camera(engine, photo, prompt):
    """Whether the camera is seen to do what was asked for: by flow from each frame to the one half
    a second later, through the whole clip, so that what goes to and fro counts for nothing."""
    indices = [*range(0, LAST, FPS // 2), LAST]
    arrays = ["frames", "places", "nearness"]
    clip = ask(engine, photo, prompt, motion=5, frames=indices, arrays=arrays)
    grays, step = flow.gray(clip.frames), clip.step
    flows = [flow.flow(a, b)[::step, ::step] / SIZE[0] for a, b in zip(grays, grays[1:])]
    rows, columns = flows[0].shape[:2]
    seen_places = clip.places[:-1, :, :rows, :columns]
    nearness = [geometry.sampled(clip.nearness, places, SIZE) for places in seen_places]
    known = [flow.textured(gray)[::step, ::step] for gray in grays[:-1]]
    seen, amounts = camera.seen(flows, nearness, known)
    largest = sorted(amounts.items(), key=lambda entry: -abs(entry[1]))[:3]
    said = ", ".join(f"{family} {SIZE[0] * amount:+.1f}" for family, amount in largest)
    yield "camera", seen in prompt.camera.split(), f"saw {seen} ({said} px)"


def _warp_error(grays, flows):
    """How much of what changes flow does not explain."""
    pairs = zip(grays[::2], grays[1::2])
    return np.mean([flow.warp_error(*pair, *there_and_back) for pair, there_and_back in zip(pairs, flows)])


def _shape(engine, photo, prompt, motion):
    """Whether things keep their shape."""
    indices = [24, 48, 72, LAST]
    arrays = ["still", "frames", "places", "front"]
    clip = ask(engine, photo, prompt, motion=motion, frames=indices, arrays=arrays)
    shares = [geometry.stretched(p, f, clip.step, SIZE) for p, f in zip(clip.places, clip.front)]
    yield f"stretch at {motion}", max(shares), f"frame {indices[int(np.argmax(shares))]}"
    first, *_, last = flow.gray([clip.still, *clip.frames])
    bends = lines.bending(first, clip.places[-1], clip.step)
    yield f"bending at {motion}", lines.worst(bends), f"{len(bends)} lines"
    if motion == 5:
        ideal = geometry.resampled(first, clip.places[-1], clip.step)
        mask = geometry.one_surface(clip.front[-1], clip.step, SIZE)
        kept = frames.sharpness(last, mask) / frames.sharpness(ideal, mask)
        yield "sharpness", kept, f"seen on {mask.mean():.0%} of the frame"
        yield "detail", frames.sharpness(last) / frames.sharpness(first), ""
    else:
        yield "border", max(geometry.outside(p, clip.step, SIZE) for p in clip.places), ""


def _smoothness(engine, photo, prompt):
    """In the middle of the clip, where the camera neither starts nor stops."""
    clip = ask(engine, photo, prompt, motion=5, frames=list(range(32, 65)))
    # Not of what moves by itself, even unasked.
    wish = {"motion": 5, "frames": [24, 48, 72], "arrays": ["places"]}
    alone = ask(engine, photo, replace(prompt, text="static shot"), **wish)
    tracks = frames.tracks(flow.gray(clip.frames), _at_rest(_by_itself(alone)))
    # Of fewer points a mean says little.
    if tracks.shape[1] >= 10:
        bend, backward = frames.jitter(tracks)
        yield "jitter", bend, f"{tracks.shape[1]} points"
        yield "backward steps", backward, f"of {tracks.shape[1] * (len(tracks) - 1)}"


def static(engine, photo, prompt):
    """All that is measured of a clip whose camera stands still."""
    middle = list(range(36, 49))
    indices = sorted({0, 12, 24, *middle, 72, LAST})
    clip = ask(engine, photo, prompt, motion=10, frames=indices, arrays=["frames", "places"])
    grays = flow.gray(clip.frames)
    farthest = _by_itself(clip)
    if not prompt.alive:
        yield "unasked", (farthest > 0.5).mean(), ""
    mask = _at_rest(farthest)
    note = f"{1 - mask.mean():.0%} moves by itself, or lies beside it"
    if mask.mean() > 0.02:
        later = [flow.flow(grays[0], grays[indices.index(i)])[mask] for i in (24, 48, LAST)]
        yield "stillness", max(np.median(flow.lengths(f)) for f in later), note
        yield "light", frames.light_flicker(grays, mask), note
    yield "steadiness", frames.steadiness([clip.frames[indices.index(i)] for i in middle]), note


def _by_itself(clip):
    """`[rows, columns]`: how many pixels each grid point of a static shot moves at most."""
    moved = [np.hypot(*np.moveaxis(geometry.moved(p, clip.step), -1, 0)) for p in clip.places]
    columns, rows = (side // clip.step for side in SIZE)
    return np.max(moved, axis=0)[:rows, :columns]


def _at_rest(farthest):
    """`[height, width]`: what does not move by itself, nor lies close to what does."""
    moves = cv2.dilate((farthest > 0.1).astype(np.uint8), np.ones((9, 9), np.uint8))
    return cv2.resize(moves, SIZE, interpolation=cv2.INTER_NEAREST) == 0


def once(engine, photo, prompt):
    """What is measured once for a photo: its first frame, and clips that must fit together."""
    indices = [0, 30, LAST]
    clip = ask(engine, photo, prompt, frames=indices, arrays=["still", "frames"], place=True)
    yield "first frame", frames.largest_difference(clip.frames[0], clip.still), ""
    yield "fit", frames.psnr(clip.still, _covered(photo)), ""
    goes_on = {"from": clip.place, "frames": indices}
    # What is kept as text must do in a process that has seen nothing else.
    with Engine() as other:
        again = ask(other, photo, prompt, frames=indices)
        there = ask(other, photo, prompt, **goes_on)
    yield "same seed", np.count_nonzero(again.frames != clip.frames), ""
    here = ask(engine, photo, prompt, **goes_on)
    yield "extended", np.count_nonzero(here.frames != there.frames), ""
    elsewhere = ask(engine, photo, prompt, seed=2, frames=indices)
    yield "other seed", np.any(elsewhere.frames != clip.frames), ""
    yield from _seams(engine, photo, prompt, clip.place)


def _seams(engine, photo, prompt, place):
    """Where a loop comes round, and where a clip is extended."""
    clip = ask(engine, photo, prompt, loops=True, frames=[0, FRAMES])
    yield "loop", frames.largest_difference(*clip.frames), ""

    def places(indices, **wish):
        return ask(engine, photo, prompt, frames=indices, arrays=["places"], **wish).places

    spread = list(range(0, FRAMES, 8))
    around = places(list(range(FRAMES - 2, FRAMES + 3)), loops=True)
    yield "loop speed", *_kink(around, places(spread, loops=True))
    before, after = places([LAST - 1, LAST]), places([0, 1, 2], **{"from": place})
    yield "extended seam", *_kink(np.concatenate([before, after]), places(spread))


def _kink(five, spread):
    """The change of speed in the middle of five frames beyond the mean change beside it, as a share
    of the mean speed over the clip, known from every eighth frame; and where it is largest."""
    speed = np.hypot(*np.moveaxis(np.diff(spread, axis=0), 1, 0)).mean() / 8
    beside, there, behind = np.hypot(*np.moveaxis(np.diff(five, n=2, axis=0), 1, 0))
    excess = max(there.mean() - (beside.mean() + behind.mean()) / 2, 0.0)
    sides = np.concatenate([there[:, :20], there[:, -20:]], axis=1).mean()
    middle = there[20:-20, 20:-20].mean()
    return excess / speed, f"{sides:.3f} px/frame² at the sides, {middle:.3f} in the middle"


def _covered(photo):
    """The photo, cut to the shape of the frame and scaled, by Pillow."""
    picture = Image.open(photo).convert("RGB")
    scale = max(SIZE[0] / picture.width, SIZE[1] / picture.height)
    x, y = (max(side - out / scale, 0) / 2 for side, out in zip(picture.size, SIZE))
    box = (x, y, picture.width - x, picture.height - y)
    return np.array(picture.resize(SIZE, Image.Resampling.BILINEAR, box))
