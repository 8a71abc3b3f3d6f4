# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ours beside DepthFlow: how fast, and what both look like. Prints Markdown, and writes pictures to
docs/src/pictures/depthflow.

usage: beside_depthflow.py [names of photos]; RUNS is how often each is timed."""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import flow
import frames
from engine import ROOT
from renderers import FPS, depthflow, inputs, stillmotion
from run import FIXTURES, LANDSCAPES

PHOTOS = [FIXTURES / "motorcycle_left.jpg", LANDSCAPES / "Dune.jpg", LANDSCAPES / "Garden.jpg"]
FOLDER = ROOT / "docs/src/pictures/depthflow"
# Sizes in pixels: what is timed, what is looked at, the crops of it, and tiles of a sheet.
TIMED = (1920, 1080)
JUDGED = (960, 540)
CROP = (320, 180)
TILE = (384, 216)
# Frames of the short and of the long clip that are timed.
COUNTS = {stillmotion: (24, 120), depthflow: (2, 10)}

HEAD = """## Beside DepthFlow

{runs} runs at {width}x{height}, medians, in turn.

| photo | stillmotion, frames/s | DepthFlow, frames/s | ratio | first frame: stillmotion | \
DepthFlow | unevenness: stillmotion | DepthFlow |
|---|---|---|---|---|---|---|---|"""


def rates(photo, folder, runs):
    """Frames a second of both, without what happens once: from a long clip less a short one."""
    still, depth = inputs(photo, TIMED, folder)
    found = []
    for number in range(runs):
        row = []
        for renderer, counts in COUNTS.items():
            took = []
            for count in counts:
                start = time.monotonic()
                renderer(still, depth, TIMED, count, str(folder / "timed.mp4"))
                took.append(time.monotonic() - start)
            row.append((counts[1] - counts[0]) / max(took[1] - took[0], 1e-3))
        found.append(row)
        text = f"{row[0]:.1f} frames/s, DepthFlow {row[1]:.2f}"
        print(f"bench: {photo.stem}, run {number + 1} of {runs}: {text}", file=sys.stderr)
    return [statistics.median(column) for column in zip(*found, strict=True)]


def decoded(path):
    """`[n, h, w, 3] u8`."""
    video = cv2.VideoCapture(str(path))
    found = []
    while True:
        there, frame = video.read()
        if not there:
            return np.stack(found)
        found.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def unevenness(clip):
    """Jitter of any smooth move: the second difference of what a curve of the fourth degree does
    not explain of each track, in pixels per frame squared."""
    tracks = frames.tracks(flow.gray(clip))
    times = np.linspace(-1, 1, len(tracks))
    columns = tracks.reshape(len(tracks), -1)
    smooth = np.stack([np.polyval(c, times) for c in np.polyfit(times, columns, 4).T], axis=1)
    bends = np.diff((columns - smooth).reshape(tracks.shape), n=2, axis=0)
    return float(np.hypot(bends[..., 0], bends[..., 1]).mean())


def displaced(clip):
    """How far each frame is from the first one, as a share of the height."""
    grays = flow.gray(clip)
    return np.array([flow.amount([flow.both(grays[0], gray)], grays[:1]) for gray in grays])


def steepest(depth, size):
    """The middle of the crop with the most cliff of depth in it, in pixels of a frame of `size`."""
    depth = cv2.resize(cv2.imread(str(depth), 0), size).astype(np.float32)
    steep = cv2.magnitude(cv2.Sobel(depth, -1, 1, 0), cv2.Sobel(depth, -1, 0, 1))
    inside = cv2.boxFilter(steep, -1, CROP)
    half = [side // 2 for side in CROP]
    inside = inside[half[1] : size[1] - half[1], half[0] : size[0] - half[0]]
    y, x = np.unravel_index(np.argmax(inside), inside.shape)
    return x + half[0], y + half[1]


def crop(frame, middle):
    x = int(np.clip(middle[0] - CROP[0] // 2, 0, frame.shape[1] - CROP[0]))
    y = int(np.clip(middle[1] - CROP[1] // 2, 0, frame.shape[0] - CROP[1]))
    return frame[y : y + CROP[1], x : x + CROP[0]]


def sheet(pictures, middles, path):
    """A column for each picture: all of it, and a crop around each of `middles`."""
    out = Image.new("RGB", (len(pictures) * TILE[0], (1 + len(middles)) * TILE[1]))
    for column, picture in enumerate(pictures):
        for row, part in enumerate([picture, *(crop(picture, m) for m in middles)]):
            tile = Image.fromarray(np.ascontiguousarray(part)).resize(
                TILE, Image.Resampling.LANCZOS
            )
            out.paste(tile, (column * TILE[0], row * TILE[1]))
    path.parent.mkdir(parents=True, exist_ok=True)
    out.save(path, quality=75, optimize=True)


def looks(photo, folder):
    """First-frame PSNR to the still and unevenness, of ours and of DepthFlow; writes the sheet."""
    still, depth = inputs(photo, JUDGED, folder)
    depthflow(still, depth, JUDGED, FPS, str(folder / "theirs.mp4"))
    theirs = decoded(folder / "theirs.mp4")
    # Ours goes to the side to which theirs goes, four times as long.
    first, last = flow.gray(theirs[[0, -1]])
    goes_left = flow.flow(first, last)[..., 0].mean() > 0
    prompt = "truck left" if goes_left else "truck right"
    stillmotion(still, depth, JUDGED, 4 * FPS, str(folder / "ours.mp4"), prompt)
    ours = decoded(folder / "ours.mp4")
    # Frames that are as far from their first ones as the less far of both comes.
    reaches = [displaced(clip) for clip in (ours, theirs)]
    reach = min(r[-1] for r in reaches)
    at = [int(np.argmin(np.abs(r - reach))) for r in reaches]
    picture = np.array(Image.open(still))
    edge = (0 if goes_left else JUDGED[0], JUDGED[1] // 2)
    middles = [steepest(depth, JUDGED), edge]
    sheet([picture, ours[at[0]], theirs[at[1]]], middles, FOLDER / f"{photo.stem}.jpg")
    psnr = [frames.psnr(clip[0], picture) for clip in (ours, theirs)]
    # As many frames of both; of ours those in the middle, where it neither starts nor stops.
    return psnr, [unevenness(ours[3 * FPS // 2 : 5 * FPS // 2]), unevenness(theirs)]


def row(photo, runs):
    """Measures a photo, and gives its row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        fast = rates(photo, Path(folder), runs)
        psnr, uneven = looks(photo, Path(folder))
    cells = [photo.name, f"{fast[0]:.1f}", f"{fast[1]:.2f}", f"{fast[0] / fast[1]:.0f}"]
    cells += [f"{value:.1f} dB" for value in psnr]
    cells += [f"{value:.3f} px/frame²" for value in uneven]
    return f"| {' | '.join(cells)} |"


def main():
    runs = int(os.environ.get("RUNS", "3"))
    photos = [p for p in PHOTOS if not sys.argv[1:] or p.stem in sys.argv[1:]]
    print(HEAD.format(runs=runs, width=TIMED[0], height=TIMED[1]))
    for photo in photos:
        print(row(photo, runs), flush=True)
    for photo in photos:
        words = (
            f"{photo.stem}: the still, stillmotion, DepthFlow; whole, at an outline, at the side"
        )
        print(f"\n![{words}](pictures/depthflow/{photo.stem}.jpg)")


if __name__ == "__main__":
    main()
