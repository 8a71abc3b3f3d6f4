# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether what is straight in the still is straight in a frame: depth that changes along an edge
bends it, which no measure of stretch sees."""

import cv2
import numpy as np

# Of the lines that count, as a share of the height of the frame.
SHORTEST = 0.12
POINTS = 24
ROUNDS = 20
# A point that is not found to so many pixels is hidden in the frame.
FOUND = 0.5


def straight(gray):
    """`[n, POINTS, 2]` pixels: points along the long straight edges of a picture."""
    segments = cv2.createLineSegmentDetector().detect(cv2.GaussianBlur(gray, None, 1.0))[0]
    if segments is None:
        return np.empty((0, POINTS, 2))
    ends = segments.reshape(-1, 2, 2).astype(np.float64)
    long = np.hypot(*(ends[:, 1] - ends[:, 0]).T) > SHORTEST * gray.shape[0]
    share = np.linspace(0, 1, POINTS)[:, None]
    return ends[long, None, 0] * (1 - share) + ends[long, None, 1] * share


def found(points, places, step):
    """Where in the frame each point of the still is seen, and whether it is: `places` leads from
    the frame to the still, and is followed back step by step."""
    at = points.astype(np.float32).copy()
    grid = np.moveaxis(places, 0, -1).astype(np.float32)
    for _ in range(ROUNDS):
        there = _sampled(grid, at / step)
        at += 0.7 * (points - there).astype(np.float32)
    error = np.hypot(*np.moveaxis(points - _sampled(grid, at / step), -1, 0))
    rows, columns = grid.shape[:2]
    inside = ((at >= 0) & (at <= step * (np.array([columns, rows]) - 1))).all(-1)
    return at, (error < FOUND) & inside


def _sampled(grid, at):
    flat = at.reshape(-1, 1, 2)
    values = cv2.remap(grid, flat, None, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
    return values.reshape(*at.shape[:-1], 2)


def bending(gray, places, step):
    """For each long straight edge of the still that is seen in the frame: the root mean square of
    how far it is off a straight line there, as a share of its length."""
    points = straight(gray)
    if len(points) == 0:
        return np.empty(0)
    at, seen = found(points, places, step)
    bends = []
    for line, kept in zip(at, seen):
        if kept.mean() < 0.8:
            continue
        line = line[kept] - line[kept].mean(axis=0)
        # The spread across the line and along it.
        spread = np.linalg.svd(line.astype(np.float64), compute_uv=False) / np.sqrt(len(line))
        bends.append(spread[1] / (np.sqrt(12) * spread[0]))
    return np.array(bends)


def worst(bends):
    """The mean of the twentieth of the lines that bends most, at least one."""
    return float(np.sort(bends)[-max(len(bends) // 20, 1) :].mean()) if len(bends) else 0.0
