# SPDX-License-Identifier: MIT OR Apache-2.0
"""Videos of ours and of DepthFlow: from the same still and depth, through the same encoder."""

import os
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from engine import ROOT, Engine

DEPTHFLOW = [ROOT / "build/depthflow-venv/bin/python", ROOT / "scripts/bench/depthflow_clip.py"]
# Without a display, and on the processor even where there is a graphics card.
HEADLESS = {"WINDOW_BACKEND": "headless", "LIBGL_ALWAYS_SOFTWARE": "1"}
FPS = 24
# Hardly any work, and hardly any loss.
PRESET, CRF = "ultrafast", "1"
# Frames that the engine is asked for at a time.
CHUNK = 8


class RendererError(Exception):
    """A renderer gave no video."""


def inputs(photo, size, folder):
    """The photo fitted to `size` and our depth of it, as pictures that both read: their paths."""
    with Engine() as engine:
        arrays = ["still", "nearness"]
        clip = engine.ask(photo=photo, width=size[0], height=size[1], arrays=arrays)
    still, depth = folder / "still.png", folder / "depth.png"
    Image.fromarray(clip.still).save(still)
    # Of the size of the still, as a shader does not smooth what is coarse as well as we do.
    nearness = Image.fromarray((clip.nearness * 255).round().astype(np.uint8))
    nearness.resize(size, Image.Resampling.BICUBIC).save(depth)
    return still, depth


def depthflow(still, depth, size, count, out):
    """Lets DepthFlow make `count` frames."""
    width, height = map(str, size)
    command = [*DEPTHFLOW, "input", "-i", still, "-d", depth]
    command += ["h264", "--preset", PRESET, "--crf", CRF]
    command += ["main", "-w", width, "-h", height]
    command += ["-f", str(FPS), "-t", str(count / FPS), "-o", out]
    run = subprocess.run(command, env={**os.environ, **HEADLESS}, capture_output=True, text=True)
    if run.returncode != 0 or not Path(out).exists():
        raise RendererError(f"DepthFlow failed:\n{run.stdout}{run.stderr}")


def stillmotion(still, depth, size, count, out, prompt="truck left"):
    """Lets a fresh engine make `count` frames, and encodes them as DepthFlow does."""
    width, height = size
    command = ["ffmpeg", "-loglevel", "error", "-f", "rawvideo", "-s", f"{width}x{height}"]
    command += ["-pix_fmt", "rgb24", "-r", str(FPS), "-i", "-", "-c:v", "libx264"]
    command += ["-preset", PRESET, "-crf", CRF, "-pix_fmt", "yuv420p", out, "-y"]
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE)
    wish = {"photo": still, "depth": str(depth), "width": width, "height": height}
    wish |= {"prompt": prompt, "fps": FPS, "seconds": count / FPS}
    with Engine() as engine:
        for first in range(0, count, CHUNK):
            indices = list(range(first, min(first + CHUNK, count)))
            encoder.stdin.write(engine.ask(**wish, frames=indices).frames.tobytes())
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise RendererError("ffmpeg failed")
