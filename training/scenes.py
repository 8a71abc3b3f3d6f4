# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads shards of rendered scenes, and makes batches of them."""

import math
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F

# Grammars that the network never learns from: they tell what it makes of kinds of scene it has
# not seen. Their numbers in the renderer's list.
HELD_OUT = [9, 12]
# The first shards hold seeds that the network never learns from.
HELD_OUT_SHARDS = 3
# Inverse depth is learnt to this power, so that far things are told apart too.
POWER = 0.6


class Shard:
    """A file of scenes of one size; `renderer/src/shard.rs` tells its format."""

    def __init__(self, path):
        with open(path, "rb") as file:
            magic, self.width, self.height, self.count = struct.unpack("<4sIII", file.read(16))
        assert magic == b"DSCN", path
        self.pixels = self.width * self.height
        self.scenes = np.memmap(path, np.uint8, "r", 16, (self.count, 6 * self.pixels + 4))

    def grammars(self):
        return np.array(self.scenes[:, 6 * self.pixels])

    def scene(self, index):
        """RGB `[3, h, w]` in 0..1, inverse depth (one over metres) and class, both `[1, h, w]`."""
        data, n = np.array(self.scenes[index]), self.pixels
        size = (self.height, self.width)
        rgb = torch.from_numpy(data[: 3 * n].reshape(*size, 3)).permute(2, 0, 1).float() / 255
        nearness = torch.from_numpy(data[3 * n : 5 * n].view(np.float16).astype(np.float32).reshape(1, *size))
        classes = torch.from_numpy(data[5 * n : 6 * n].reshape(1, *size).astype(np.float32))
        return rgb, nearness, classes


class Scenes:
    """All scenes in a folder; new shards are taken in by `look`."""

    def __init__(self, folder, held_out=False):
        self.folder, self.held_out = pathlib.Path(folder), held_out
        self.shards, self.known = {}, set()
        # (shard, index) by shape: lying pictures and standing ones.
        self.lists = {True: [], False: []}
        self.look()

    def look(self):
        for path in sorted(self.folder.glob("*.bin")):
            if path in self.known or (int(path.stem[1:]) <= HELD_OUT_SHARDS) != self.held_out:
                continue
            self.known.add(path)
            shard = Shard(path)
            self.shards[path] = shard
            for index, grammar in enumerate(shard.grammars()):
                if self.held_out or grammar not in HELD_OUT:
                    self.lists[shard.width >= shard.height].append((path, index))

    def __len__(self):
        return sum(map(len, self.lists.values()))

    def draw(self, rng, count, lying):
        """A batch of random scenes of one shape, as three tensors."""
        chosen = self.lists[lying]
        picks = [chosen[i] for i in rng.integers(len(chosen), size=count)]
        return [torch.stack(parts) for parts in zip(*(self.shards[p].scene(i) for p, i in picks))]


def target(nearness):
    """What is learnt: 0 for infinitely far, 1 for the 98th percentile of nearness."""
    near = torch.quantile(nearness.flatten(1), 0.98, dim=1).clamp(min=1e-6)
    return (nearness / near[:, None, None, None]).clamp(max=1.3) ** POWER


def cut(batch, rng, size):
    """Random parts of a batch, turned, scaled and mirrored, at `size` (height, width); depth and
    classes at half of that. The parts keep the proportions of things within a fifth."""
    rgb, nearness, classes = batch
    count, _, height, width = rgb.shape
    theta = torch.zeros(count, 2, 3)
    for i in range(count):
        # Shares of the picture that are shown.
        most = min(width / size[1], height / size[0])
        zoom = most * rng.uniform(0.55, 1.0) if rng.random() < 0.75 else most
        stretch = math.exp(rng.uniform(-0.18, 0.18))
        across = min(zoom * size[1] * stretch / width, 1.0)
        down = min(zoom * size[0] / stretch / height, 1.0)
        mirror = -1.0 if rng.random() < 0.5 else 1.0
        angle = rng.normal() * 0.03
        theta[i, 0] = torch.tensor([across * mirror * math.cos(angle), -down * math.sin(angle), rng.uniform(across - 1, 1 - across)])
        theta[i, 1] = torch.tensor([across * mirror * math.sin(angle), down * math.cos(angle), rng.uniform(down - 1, 1 - down)])
    grid = F.affine_grid(theta, (count, 3, *size), align_corners=False)
    half = F.affine_grid(theta, (count, 3, size[0] // 2, size[1] // 2), align_corners=False)
    how = {"align_corners": False, "padding_mode": "reflection"}
    both = F.grid_sample(torch.cat([nearness, classes], 1), half, mode="nearest", **how)
    return F.grid_sample(rgb, grid, mode="bilinear", **how), both[:, :1], both[:, 1].round().long()


def develop(rgb, rng):
    """Changes colours, light, sharpness and grain, as cameras, films and painters differ."""
    count = len(rgb)

    def each(low, high):
        return torch.from_numpy(rng.uniform(low, high, (count, 1, 1, 1))).float()

    def some(share, changed, plain):
        chosen = torch.from_numpy(rng.random((count, 1, 1, 1)) < share)
        return torch.where(chosen, changed, plain)

    grey = (rgb * torch.tensor([0.3, 0.59, 0.11])[:, None, None]).sum(1, keepdim=True)
    rgb = grey + (rgb - grey) * each(0.5, 1.7)
    rgb = some(0.06, grey * (1 + 0.15 * torch.from_numpy(rng.normal(size=(count, 3, 1, 1))).float()), rgb)
    rgb = rgb.clamp(0, 1) ** torch.exp(each(-0.5, 0.4))
    rgb = 0.5 + (rgb - 0.5) * each(0.75, 1.5) + each(-0.12, 0.12)
    rgb = rgb * (1 + 0.12 * torch.from_numpy(rng.normal(size=(count, 3, 1, 1))).float())
    # Hues turned: channels in another order.
    order = torch.from_numpy(np.stack([rng.permutation(3) if rng.random() < 0.06 else np.arange(3) for _ in range(count)]))
    rgb = torch.gather(rgb, 1, order[:, :, None, None].expand_as(rgb))
    soft = F.avg_pool2d(F.pad(rgb, (1, 1, 1, 1), mode="replicate"), 3, 1)
    rgb = some(0.25, soft, rgb)
    rgb = some(0.2, rgb + each(0.3, 1.2) * (rgb - soft), rgb)
    height, width = rgb.shape[2:]
    x, y = torch.linspace(-1, 1, width), torch.linspace(-1, 1, height)[:, None]
    rgb = some(0.3, rgb * (1 - each(0.1, 0.5) * (x * x + y * y) / 2), rgb)
    grain = torch.randn(rgb.shape) * each(0.0, 0.05)
    blocky = F.interpolate(F.avg_pool2d(grain, 2), size=rgb.shape[2:], mode="nearest") * 2
    rgb = some(0.5, rgb + grain, some(0.3, rgb + blocky, rgb))
    return rgb.clamp(0, 1)
