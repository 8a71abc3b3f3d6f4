# SPDX-License-Identifier: MIT OR Apache-2.0
"""Trains the depth network on rendered scenes.

    python train.py SHARDS RUN --minutes 110

Goes on from RUN/last.pt if there is one; the schedule ends after so many minutes in all. Writes
RUN/last.pt (every two minutes; all that is needed to go on), RUN/log.tsv and, with the averaged
weights, RUN/net.pt. Runs on the processor, one thread is enough for it.
"""

import argparse
import math
import os
import pathlib
import time

import numpy as np
import torch

import losses
import scenes
from net import Net, places

# Sizes of lying pictures (height, width) that are drawn up to a share of the schedule. They are
# small: what counts is how many pictures are seen in the time that there is.
SIZES = [
    (0.6, [(64, 96), (64, 128), (96, 96)]),
    (1.0, [(96, 128), (96, 160), (128, 128)]),
]
PEAK_RATE = 2e-3
# Pictures of the smallest size in a batch.
BATCH = 40
COLUMNS = ["minute", "pictures", "rate", "loss", "ssi", "gradient", "rank", "doubt", "classes", "order",
           "seeds_ssi", "seeds_order", "seeds_classes", "grammars_ssi", "grammars_order", "grammars_classes"]


def rate(progress):
    """Rises for a twentieth of the time, then falls as a cosine to nothing."""
    if progress < 0.05:
        return PEAK_RATE * (0.05 + 0.95 * progress / 0.05)
    return PEAK_RATE * (0.5 + 0.5 * math.cos(math.pi * (progress - 0.05) / 0.95)) + 1e-6


def batch(source, rng, progress):
    sizes = next(sizes for until, sizes in SIZES if progress <= until)
    height, width = sizes[rng.integers(len(sizes))]
    lying = rng.random() < 0.67 or not source.lists[False]
    size = (height, width) if lying else (width, height)
    count = BATCH * 64 * 96 // (height * width)
    rgb, nearness, classes = scenes.cut(source.draw(rng, count, lying), rng, size)
    x = torch.cat([scenes.develop(rgb, rng), places(count, *size)], 1)
    return x.contiguous(memory_format=torch.channels_last), scenes.target(nearness), classes


def forward(net, x):
    with torch.autocast("cpu", torch.bfloat16):
        out = net(x)
    return out.float()


class Checks:
    """Scenes of unseen seeds and of unseen grammars, whole, without changes of colour."""

    def __init__(self, folder):
        held = scenes.Scenes(folder, held_out=True)
        self.sets = {"seeds": [], "grammars": []}
        for lying in (True, False):
            for name, wanted in (("seeds", False), ("grammars", True)):
                of_kind = [(p, i) for p, i in held.lists[lying]
                           if (held.shards[p].grammars()[i] in scenes.HELD_OUT) == wanted]
                for start in range(0, min(len(of_kind), 48), 12):
                    part = [held.shards[p].scene(i) for p, i in of_kind[start : start + 12]]
                    rgb, nearness, classes = [torch.stack(t) for t in zip(*part)]
                    x = torch.cat([rgb, places(len(part), *rgb.shape[2:])], 1)
                    half = (slice(None), slice(None), slice(None, None, 2), slice(None, None, 2))
                    self.sets[name].append((x, scenes.target(nearness[half]), classes[half][:, 0].long()))

    def run(self, net):
        found = {}
        net.eval()
        random = torch.random.get_rng_state()
        torch.manual_seed(1)
        with torch.no_grad():
            for name, batches in self.sets.items():
                parts = [losses.loss(forward(net, x), wanted, classes)[1] for x, wanted, classes in batches]
                for key in ("ssi", "order", "classes"):
                    found[f"{name}_{key}"] = float(np.mean([p[key] for p in parts])) if parts else float("nan")
        torch.random.set_rng_state(random)
        return found


def save(path, what):
    part = path.with_suffix(".part")
    torch.save(what, part)
    os.replace(part, path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shards")
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    net = Net().to(memory_format=torch.channels_last)
    average = Net().to(memory_format=torch.channels_last)
    average.load_state_dict(net.state_dict())
    decayed = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}], fused=True)
    minutes, pictures, steps = 0.0, 0, 0
    last = options.run / "last.pt"
    if last.exists():
        state = torch.load(last)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        minutes, pictures, steps = state["minutes"], state["pictures"], state["steps"]
    # The counts of batches are not needed.
    mine, its = ([v for v in n.state_dict().values() if v.dtype.is_floating_point] for n in (average, net))
    source, checks = scenes.Scenes(options.shards), Checks(options.shards)
    rng = np.random.default_rng(steps + 1)
    torch.manual_seed(steps + 1)
    log = options.run / "log.tsv"
    if not log.exists():
        log.write_text("\t".join(COLUMNS) + "\n")
    began, saved, recent = time.monotonic() - 60 * minutes, minutes, []
    checked = minutes
    while minutes < options.minutes:
        progress = minutes / options.minutes
        x, wanted, classes = batch(source, rng, progress)
        net.train()
        total, parts = losses.loss(forward(net, x), wanted, classes)
        for group in optimiser.param_groups:
            group["lr"] = rate(progress)
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        steps += 1
        pictures += len(x)
        with torch.no_grad():
            # A short memory at first, of about 500 steps later.
            keep = min(0.998, (1 + steps) / (20 + steps))
            torch._foreach_lerp_(mine, its, 1 - keep)
        recent.append(parts | {"loss": total.item()})
        minutes = (time.monotonic() - began) / 60
        if minutes - saved > 2 or minutes >= options.minutes:
            saved = minutes
            save(last, {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                        "minutes": minutes, "pictures": pictures, "steps": steps})
            save(options.run / "net.pt", average.state_dict())
            source.look()
        if minutes - checked > 6 or minutes >= options.minutes:
            checked = minutes
            row = {key: np.mean([p[key] for p in recent if p.get(key) is not None]) for key in recent[0]}
            row |= checks.run(average) | {"minute": minutes, "pictures": pictures, "rate": rate(progress)}
            with log.open("a") as file:
                file.write("\t".join(f"{row[key]:.5g}" for key in COLUMNS) + "\n")
            recent = []
            print(f"{minutes:.1f} min, {pictures} pictures of {len(source)} scenes, loss {row['loss']:.4f}, "
                  f"order {row['seeds_order']:.3f} {row['grammars_order']:.3f}", flush=True)


if __name__ == "__main__":
    main()
