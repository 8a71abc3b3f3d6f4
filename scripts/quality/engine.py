# SPDX-License-Identifier: MIT OR Apache-2.0
"""Clips of the engine, by way of its example `quality_probe`."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PROBE = ROOT / "target/release/examples/quality_probe"


class EngineError(Exception):
    """The engine refused a request, or has died."""


@dataclass
class Clip:
    """What the engine answered: the arrays that were asked for, by name."""

    count: int
    """Frames in the whole clip."""
    arrays: dict
    place: str | None = None
    step: int = 4
    """Pixels between the points of the grid of `places`."""

    def __getattr__(self, name):
        try:
            return self.arrays[name]
        except KeyError:
            raise AttributeError(name) from None


class Engine:
    """One process of the engine. It keeps what it has found out about a photo."""

    def __init__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([PROBE], stdin=pipe, stdout=pipe)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ask(self, **wish):
        """The clip of a request, whose fields are those of `Wish` in the example."""
        wish = {name: value for name, value in wish.items() if value is not None}
        wish["photo"] = str(wish["photo"])
        self.process.stdin.write((json.dumps(wish) + "\n").encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise EngineError(f"the engine ended at {wish}")
        head = json.loads(line)
        if "error" in head:
            raise EngineError(f"{head['error']}: {wish}")
        arrays = {entry["name"]: self._array(entry) for entry in head["arrays"]}
        return Clip(head["count"], arrays, head.get("place"), head.get("step", 4))

    def _array(self, entry):
        kind = np.dtype(entry["type"])
        size = int(np.prod(entry["shape"])) * kind.itemsize
        data = self.process.stdout.read(size)
        if len(data) != size:
            raise EngineError("the engine ended in the middle of an answer")
        return np.frombuffer(data, kind).reshape(entry["shape"])
