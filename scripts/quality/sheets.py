# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sheets of frames for the page: the first, the middle and the last one, at motion 5 and 10."""

from PIL import Image

import clips
from engine import ROOT

FOLDER = ROOT / "docs/src/pictures/quality"
TILE = (400, 225)
QUALITY = 76


def write(engine, photos, prompts):
    """Writes a sheet for each photo, each with another prompt, and returns their names and what
    they show."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    moves = [p for p in prompts if p.camera != "static"]
    written = []
    for i, photo in enumerate(photos):
        prompt = moves[i % len(moves)]
        path = FOLDER / f"{photo.stem}.jpg"
        sheet(engine, photo, prompt).save(path, quality=QUALITY, optimize=True)
        written.append((path.name, photo.stem, prompt.text))
    return written


def sheet(engine, photo, prompt):
    picture = Image.new("RGB", (3 * TILE[0], 2 * TILE[1]))
    for row, motion in enumerate((5, 10)):
        shown = [0, clips.FRAMES // 2, clips.LAST]
        clip = clips.ask(engine, photo, prompt, motion=motion, frames=shown)
        for column, frame in enumerate(clip.frames):
            tile = Image.fromarray(frame).resize(TILE, Image.Resampling.LANCZOS)
            picture.paste(tile, (column * TILE[0], row * TILE[1]))
    return picture
