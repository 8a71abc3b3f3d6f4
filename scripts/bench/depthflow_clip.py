# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs in DepthFlow's environment: its preset Horizontal, but only the first quarter of the way,
from the middle to one side, so that the first frame is the still and the last the farthest.

usage: depthflow_clip.py, then the arguments of `depthflow`."""

import math
import sys

from depthflow.examples.presets import Horizontal


class Sideways(Horizontal):
    def update(self):
        super().update()
        self.state.offset = (0.80 * math.sin(self.cycle / 4), 0.0)


if __name__ == "__main__":
    Sideways().cli.meta(sys.argv[1:])
