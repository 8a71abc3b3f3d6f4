# SPDX-License-Identifier: MIT OR Apache-2.0
"""What can be told of a clip from its frames."""

import cv2
import numpy as np

# Points this close to each other, in pixels, are taken together.
BLOCK = 120


def largest_difference(one, other):
    """Of any byte of two frames."""
    return int(np.abs(one.astype(np.int16) - other.astype(np.int16)).max())


def psnr(one, other):
    """In dB; infinite for equal frames."""
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))


def sharpness(gray, mask=None):
    """The variance of the Laplacian, of what is in `mask` if there is one."""
    detail = cv2.Laplacian(gray, cv2.CV_64F)
    return float(detail.var() if mask is None else detail[mask].var())


def steadiness(frames):
    """VBench's temporal flickering: 1 less the mean difference of frames that follow each other,
    of 255."""
    steps = [np.abs(a.astype(np.float32) - b).mean() for a, b in zip(frames, frames[1:])]
    return float((255.0 - np.mean(steps)) / 255.0)


def light_flicker(grays, mask):
    """Standard deviation over time of the mean of what is in `mask`, as a share of that mean."""
    means = np.array([gray[mask].mean() for gray in grays])
    return float(means.std() / max(means.mean(), 1.0))


def tracks(grays, mask=None, count=400):
    """`[frames, points, 2]` pixels: points, in `mask` if there is one, that were followed through
    all frames by KLT, each step forward and backward to drop those that got lost."""
    mask = None if mask is None else mask.astype(np.uint8)
    points = cv2.goodFeaturesToTrack(grays[0], count, 0.01, 12, mask=mask)
    if points is None:
        return np.empty((len(grays), 0, 2))
    options = dict(
        winSize=(21, 21),
        maxLevel=3,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-3),
    )
    kept, all_points = np.ones(len(points), bool), [points]
    h, w = grays[0].shape
    for before, after in zip(grays, grays[1:]):
        there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, all_points[-1], None, **options)
        back, _, _ = cv2.calcOpticalFlowPyrLK(after, before, there, None, **options)
        error = np.abs(back - all_points[-1]).reshape(-1, 2).max(1)
        inside = ((there > 12) & (there < np.array([w - 12, h - 12]))).reshape(-1, 2).all(1)
        kept &= (found.ravel() == 1) & (error < 0.1) & inside
        all_points.append(there)
    return np.stack(all_points)[:, kept, 0, :].astype(np.float64)


def jitter(tracks):
    """Of points that were followed through a move: the second difference, in pixels per frame
    squared, and how many steps lead backward, against the way of the point.

    Each point is only known to a few hundredths of a pixel, so the second difference is that of the
    mean of neighbours: what jitters moves them together. Its mean length is given."""
    bends = np.diff(tracks, n=2, axis=0)
    block = (tracks[0] // BLOCK).astype(int) @ np.array([1, 1000])
    together = [bends[:, block == b].mean(axis=1) for b in np.unique(block)]
    weights = [np.count_nonzero(block == b) for b in np.unique(block)]
    lengths = [np.hypot(t[:, 0], t[:, 1]).mean() for t in together]
    steps = np.diff(tracks, axis=0)
    mean = steps.mean(axis=0)
    speed = np.hypot(mean[:, 0], mean[:, 1])
    moving = speed > 0.15
    along = (steps[:, moving] * (mean[moving] / speed[moving, None])).sum(-1)
    # Less than what the tracking itself is good to is no jump.
    return float(np.average(lengths, weights=weights)), int((along < -0.1).sum())
