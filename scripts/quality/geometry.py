# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the renderer itself says of a frame: where in the still each point of a grid is sampled."""

import cv2
import numpy as np


def cells(places, front, step, size):
    """For each cell of the grid inside the frame of `size` (width, height): the four numbers of the
    Jacobian from frame to still (`[rows, columns, 2, 2]`), and whether its corners lie on one
    surface."""
    columns, rows = (size[0] - 1) // step, (size[1] - 1) // step
    places = places[:, : rows + 1, : columns + 1].astype(np.float64)
    front = front[: rows + 1, : columns + 1]
    across = np.diff(places, axis=2)[:, :-1] / step
    down = np.diff(places, axis=1)[:, :, :-1] / step
    jacobian = np.stack([np.moveaxis(across, 0, -1), np.moveaxis(down, 0, -1)], -1)
    corner = front[:-1, :-1]
    one = (corner == front[1:, :-1]) & (corner == front[:-1, 1:]) & (corner == front[1:, 1:])
    return jacobian, one


def stretched(places, front, step, size):
    """Share of the frame where the picture is torn out of shape: a condition number above 4, an
    area that is enlarged more than 4 times, or one that is turned over."""
    jacobian, one = cells(places, front, step, size)
    condition, area = shape(jacobian)
    bad = (condition > 4.0) | (area < 0.25)
    return float((bad & one).mean())


def shape(jacobian):
    """Condition number and determinant of each 2x2 matrix."""
    determinant = np.linalg.det(jacobian)
    squares = (jacobian**2).sum((-1, -2))
    # From the sum and the product of the squares of the singular values.
    root = np.sqrt(np.maximum(squares**2 - 4 * determinant**2, 0.0))
    small = np.sqrt(np.maximum((squares - root) / 2, 1e-12))
    large = np.sqrt((squares + root) / 2)
    return large / small, determinant


def outside(places, step, size):
    """Share of the frame that shows nothing but repeated pixels of the still's edge."""
    columns, rows = (size[0] - 1) // step, (size[1] - 1) // step
    places = places[:, : rows + 1, : columns + 1]
    smeared = np.zeros((rows, columns), bool)
    for axis, last in enumerate((size[0] - 1, size[1] - 1)):
        edge = (places[axis] <= 0.0) | (places[axis] >= last)
        # Both ends of a cell along the axis at the edge: nothing but the edge lies between.
        if axis == 0:
            smeared |= (edge[:, :-1] & edge[:, 1:])[:-1]
        else:
            smeared |= (edge[:-1] & edge[1:])[:, :-1]
    return float(smeared.mean())


def moved(places, step):
    """`[rows, columns, 2]` pixels: how far each grid point is from what it shows of the still."""
    _, rows, columns = places.shape
    at_rest = np.stack(np.meshgrid(np.arange(columns) * step, np.arange(rows) * step))
    return np.moveaxis(places - at_rest, 0, -1)


def amount(before, after, size):
    """How far two frames are apart, as a share of the height: the mean distance in the still
    between what a grid point shows in the one and in the other."""
    return float(np.hypot(*(after - before)).mean() / size[1])


def sampled(field, places, size):
    """`[rows, columns]`: `field`, which lies over the still, where `places` are."""
    h, w = field.shape
    xs = np.clip(((places[0] + 0.5) * w / size[0] - 0.5).round().astype(int), 0, w - 1)
    ys = np.clip(((places[1] + 0.5) * h / size[1] - 0.5).round().astype(int), 0, h - 1)
    return field[ys, xs]


def one_surface(front, step, size):
    """`[height, width]`: pixels of a frame of `size` that are not close to where a surface ends."""
    outline = cv2.morphologyEx(front, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]] // step
    return outline[ys, xs] == 0


def resampled(still, places, step):
    """The frame that a nearly ideal sampler (Lanczos, eight taps each way) makes of `still`."""
    ys, xs = np.mgrid[0 : still.shape[0], 0 : still.shape[1]].astype(np.float32) / step
    maps = [cv2.remap(axis.astype(np.float32), xs, ys, cv2.INTER_LINEAR) for axis in places]
    return cv2.remap(still, *maps, cv2.INTER_LANCZOS4, None, cv2.BORDER_REPLICATE)
