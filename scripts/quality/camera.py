# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which camera move flow shows: a fit of seven moves at once to a field of flow, with the depth
of what is seen. Flow is a sum of one field for each move, so this is linear; outliers (what moves
by itself) lose their weight step by step (iteratively reweighted least squares)."""

import numpy as np

# Each with the name of its positive and its negative direction: those of the camera.
FAMILIES = {
    "truck": ("truck_right", "truck_left"),
    "pedestal": ("pedestal_up", "pedestal_down"),
    "dolly": ("dolly_in", "dolly_out"),
    "pan": ("pan_right", "pan_left"),
    "tilt": ("tilt_up", "tilt_down"),
    "roll": ("roll_cw", "roll_ccw"),
    "zoom": ("zoom_in", "zoom_out"),
}
ROUNDS = 12


def fields(nearness):
    """`[7, h * w * 2]`: the flow that a unit of each move makes, in picture widths. What is right
    of the camera's way moves left, and so on: so signs are the camera's."""
    h, w = nearness.shape
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float64)
    xs, ys = (xs - (w - 1) / 2) / w, (ys - (h - 1) / 2) / w
    none, one, near = np.zeros_like(xs), np.ones_like(xs), nearness.astype(np.float64)
    pairs = [
        (-near, none),
        (none, near),
        (near * xs, near * ys),
        (-one, none),
        (none, one),
        # Clockwise as the camera sees it: the picture turns the other way.
        (ys, -xs),
        (xs, ys),
    ]
    return np.stack([np.stack(pair, -1).ravel() for pair in pairs])


def fit(flow, nearness, known):
    """The seven amounts of each move in `flow` (`[h, w, 2]`, in picture widths), by those places
    where it is `known` (`[h, w]`)."""
    a = fields(nearness)[:, np.repeat(known.ravel(), 2)]
    b = flow[known].astype(np.float64).ravel()
    weights = np.ones_like(b)
    amounts = np.zeros(len(a))
    for _ in range(ROUNDS):
        weighted = a * weights
        # A little ridge: in a flat scene two moves look the same.
        normal = weighted @ a.T
        normal += np.eye(len(a)) * 1e-6 * np.trace(normal)
        amounts = np.linalg.solve(normal, weighted @ b)
        rest = np.hypot(*(b - amounts @ a).reshape(-1, 2).T)
        scale = 1.4826 * np.median(rest) + 1e-6
        # Cauchy's weights.
        weights = np.repeat(1.0 / (1.0 + (rest / (2.385 * scale)) ** 2), 2)
    return amounts


def contributions(amounts, nearness):
    """How far each move shifts a pixel on average, in picture widths, with the sign of the move."""
    lengths = np.hypot(*np.moveaxis(fields(nearness).reshape(len(amounts), -1, 2), -1, 0))
    return amounts * lengths.mean(axis=1)


def seen(flows, nearnesses, knowns):
    """The move that a clip shows: its name, and the contribution of each family, summed up over
    pairs of frames. `nearnesses` are what each first frame shows, `knowns` where flow is known."""
    total = np.zeros(len(FAMILIES))
    for flow, nearness, known in zip(flows, nearnesses, knowns):
        total += contributions(fit(flow, nearness, known), nearness)
    amounts = dict(zip(FAMILIES, total.tolist()))
    return name(amounts), amounts


def name(amounts):
    """The family that contributes most, in its direction. A truck and a pan against it, neither
    less than half of the other, are an orbit."""
    main = max(amounts, key=lambda family: abs(amounts[family]))
    truck, pan = amounts["truck"], amounts["pan"]
    alike = 0.5 < abs(truck / pan) < 2.0 if pan else False
    if main in ("truck", "pan") and truck * pan < 0 and alike:
        return "orbit"
    return FAMILIES[main][0 if amounts[main] > 0 else 1]
