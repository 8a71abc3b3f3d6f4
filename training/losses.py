# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the network is taught by.

Scale-and-shift-invariant loss with trimming, and gradient matching on several scales: Ranftl et
al., "Towards Robust Monocular Depth Estimation" (2020), section 5. Ranking of pairs: Chen et al.,
"Single-Image Depth Perception in the Wild" (2016), section 4.
"""

import torch
import torch.nn.functional as F

TRIM = 0.1
SCALES = 4
PAIRS = 1500
# Pairs of points count as ordered if their nearness differs by this.
STEP = 0.03


def aligned(given, wanted):
    """`given` times a scale plus a shift, the best ones for each picture by least squares."""
    x, y = given.flatten(1), wanted.flatten(1)
    mx, my = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
    variance = ((x - mx) ** 2).mean(1, keepdim=True) + 1e-3
    scale = (((x - mx) * (y - my)).mean(1, keepdim=True) / variance).clamp(0.1, 10)
    return (scale * (x - mx) + my).view_as(given)


def trimmed(error):
    """The mean without the largest errors of each picture."""
    error = error.flatten(1)
    keep = int(error.shape[1] * (1 - TRIM))
    return torch.topk(error, keep, largest=False, sorted=False).values.mean()


def gradients(off):
    total = 0.0
    for scale in range(SCALES):
        step = off[:, :, :: 2**scale, :: 2**scale]
        total = total + (step[..., 1:] - step[..., :-1]).abs().mean()
        total = total + (step[..., 1:, :] - step[..., :-1, :]).abs().mean()
    return total / SCALES


def pairs(wanted, rng_count=PAIRS):
    """Random places of each picture, in two lists; half of the pairs are at the same height."""
    count, _, height, width = wanted.shape
    x = torch.randint(width, (2, count, rng_count))
    y = torch.randint(height, (2, count, rng_count))
    y[1, :, : rng_count // 2] = y[0, :, : rng_count // 2]
    return y * width + x


def ranking(given, wanted):
    """Loss of pairs in the wrong order, and the share in the right one."""
    first, second = pairs(wanted)
    g, w = given.flatten(1), wanted.flatten(1)
    step = torch.gather(w, 1, first) - torch.gather(w, 1, second)
    apart = torch.gather(g, 1, first) - torch.gather(g, 1, second)
    told = step.abs() > STEP
    right = (apart * step.sign())[told]
    if right.numel() == 0:
        return given.sum() * 0.0, None
    return F.softplus(-8.0 * right).mean() / 8.0, (right > 0).float().mean().item()


def membership(classes):
    """Six maps of 0 or 1; clouds are sky too."""
    parts = [(classes == 1) | (classes == 2)] + [classes == k for k in range(2, 7)]
    return torch.stack(parts, 1).float()


def loss(out, wanted, classes):
    """The sum of all, and its parts by name."""
    given, log_error, logits = out[:, :1], out[:, 1:2], out[:, 2:]
    best = aligned(given, wanted)
    off = best - wanted
    rank, order = ranking(given, wanted)
    residual = off.detach().abs()
    log_error = log_error.clamp(-6, 3)
    weight = torch.tensor([1.0, 1.5, 1.5, 1.5, 1.5, 4.0])[:, None, None]
    parts = {
        "ssi": trimmed(off.abs()),
        "direct": (given - wanted).abs().mean(),
        "gradient": gradients(off),
        "rank": rank,
        "doubt": (log_error + residual * torch.exp(-log_error)).mean(),
        "classes": F.binary_cross_entropy_with_logits(logits, membership(classes), pos_weight=weight),
    }
    shares = {"ssi": 1.0, "direct": 0.2, "gradient": 1.0, "rank": 1.5, "doubt": 0.03, "classes": 0.3}
    total = sum(shares[name] * part for name, part in parts.items())
    return total, {name: part.item() for name, part in parts.items()} | {"order": order}
