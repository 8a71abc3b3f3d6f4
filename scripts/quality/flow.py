# SPDX-License-Identifier: MIT OR Apache-2.0
"""What can be told of a clip from its optical flow, found by DIS (Kroeger and others 2016)."""

import cv2
import numpy as np

_dis = None


def gray(frames):
    """`[n, h, w, 3] u8` as `[n, h, w] u8`."""
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])


def flow(one, other):
    """`[h, w, 2]` pixels: how far on each pixel of `one` is in `other`, both gray. The two are
    brought to the same mean first, so that light that flickers does not count as motion."""
    global _dis
    if _dis is None:
        _dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    gain = float(one.mean()) / max(float(other.mean()), 1.0)
    other = cv2.convertScaleAbs(other, alpha=gain) if abs(gain - 1) > 1e-3 else other
    return _dis.calc(one, other, None)


def both(one, other):
    """Flow there and back."""
    return flow(one, other), flow(other, one)


def textured(gray):
    """`[h, w]`: where flow can be known, as there is detail along both axes (the smaller eigenvalue
    of the structure tensor, as for corners). All of the frame where hardly any of it is."""
    smooth = cv2.GaussianBlur(gray, None, 1.0)
    there = cv2.cornerMinEigenVal(smooth, 9) > 1e-5
    return there if there.mean() > 0.005 else np.ones_like(there)


def confirmed(forward, backward):
    """`[h, w]`: where the flow back undoes the flow there. In the dark, in noise and where things
    come out from behind others it does not, and what was found is worth nothing."""
    apart = lengths(forward + follow(backward, forward))
    return apart < 0.1 + 0.05 * lengths(forward)


def amount(flows, grays):
    """Mean length of flow where the first frames have texture and the flow back confirms it, as a
    share of the frame's height. `flows` are there and back."""
    means = []
    for (there, back), gray in zip(flows, grays):
        known = textured(gray) & confirmed(there, back)
        means.append(lengths(there)[known].mean() if known.any() else 0.0)
    return float(np.mean(means) / grays[0].shape[0])


def lengths(f):
    return np.hypot(f[..., 0], f[..., 1])


def is_dynamic(flows):
    """The rule of VBench's dynamic degree, with DIS in the place of RAFT: in a quarter of the pairs
    the fastest 5 % of the pixels move by 6/256 of the short side or more, on average."""
    limit = 6.0 * min(flows[0].shape[:2]) / 256.0

    def fastest(f):
        all_lengths = np.sort(lengths(f), axis=None)
        return all_lengths[-len(all_lengths) // 20 :].mean()

    moving = sum(fastest(f) > limit for f in flows)
    return moving >= round(4 * len(flows) / 16)


def follow(image, f):
    """`image` sampled where `f` leads from each pixel."""
    h, w = image.shape[:2]
    xs, ys = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    return cv2.remap(
        image, xs + f[..., 0], ys + f[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
    )


def warp_error(one, other, forward, backward):
    """Mean difference of `one` to `other` brought back along the flow, of what both show, over
    their mean difference as they are plus 1."""
    back = follow(backward, forward)
    squares = (forward**2).sum(-1) + (back**2).sum(-1)
    seen = ((forward + back) ** 2).sum(-1) <= 0.01 * squares + 0.5
    moved = np.abs(one.astype(np.float32) - follow(other, forward).astype(np.float32))
    plain = np.abs(one.astype(np.float32) - other.astype(np.float32)).mean()
    return float(moved[seen].mean() / (plain + 1.0)) if seen.any() else 0.0
