# SPDX-License-Identifier: MIT OR Apache-2.0
"""How often the network alone orders marked pairs of points of real pictures right.

    python evaluate.py RUN/net.pt PAIRS.tsv FOLDER... [--points POINTS.tsv] [--sides 256,384] [--sheet OUT.png]

As `depth_pairs` of the engine counts: a tie is wrong. The engine's example is the measure of what
is shipped; this is quicker while a network is trained. A picture is seen twice, once mirrored.
"""

import argparse
import collections
import pathlib

import numpy as np
import torch
from PIL import Image

from net import CLASSES, Net, places

TIE, SAME_HEIGHT = 0.01, 0.03


def look(net, picture, side):
    """Maps `[8, h, w]` of a PIL picture: nearness by percentiles, log error, probabilities."""
    long = max(picture.size)
    width, height = (max(1, round(v * side / long / 32)) * 32 for v in picture.size)
    small = picture.resize((width, height), Image.Resampling.BILINEAR)
    rgb = torch.from_numpy(np.asarray(small)).permute(2, 0, 1)[None].float() / 255
    total = 0
    with torch.no_grad():
        for flip in (False, True):
            seen = rgb.flip(3) if flip else rgb
            out = net(torch.cat([seen, places(1, height, width)], 1))[0]
            low, high = torch.quantile(out[0], 0.02), torch.quantile(out[0], 0.98)
            out[0] = (out[0] - low) / (high - low).clamp(min=1e-6)
            out[2:] = torch.sigmoid(out[2:])
            total = total + (out.flip(2) if flip else out)
    return (total / 2).numpy()


def rows(path):
    lines = [line.split("\t") for line in pathlib.Path(path).read_text().splitlines() if not line.startswith("#")]
    found = collections.defaultdict(list)
    for name, *fields in lines:
        found[name].append(fields)
    return found


def at(field, x, y):
    height, width = field.shape
    return field[min(int(float(y) * height), height - 1), min(int(float(x) * width), width - 1)]


def score(pairs, maps):
    """Right and of how many, at any height and at the same height."""
    table = np.zeros((2, 2), int)
    for near_x, near_y, far_x, far_y in pairs:
        same = abs(float(near_y) - float(far_y)) < SAME_HEIGHT
        right = at(maps[0], near_x, near_y) - at(maps[0], far_x, far_y) > TIE
        table[int(same)] += [int(right), 1]
    return table


def judge(points, maps, counts):
    """Adds to true and false positives and misses of each class; cloud is sky too."""
    for name, x, y in points:
        for k, of in enumerate(CLASSES):
            wanted = name == of or (of == "sky" and name == "cloud")
            given = at(maps[2 + k], x, y) > 0.5
            counts[of] += [wanted and given, given and not wanted, wanted and not given]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("pairs")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--points")
    parser.add_argument("--sides", default="384")
    parser.add_argument("--sheet")
    options = parser.parse_args()
    net = Net().eval()
    net.load_state_dict(torch.load(options.weights))
    torch.set_num_threads(1)
    pairs = rows(options.pairs)
    points = rows(options.points) if options.points else {}
    tiles = []
    for side in map(int, options.sides.split(",")):
        total, counts = np.zeros((2, 2), int), collections.defaultdict(lambda: np.zeros(3, int))
        by_picture = []
        for name, of_picture in pairs.items():
            path = next(folder / name for folder in options.folders if (folder / name).exists())
            picture = Image.open(path).convert("RGB")
            maps = look(net, picture, side)
            table = score(of_picture, maps)
            judge(points.get(name, []), maps, counts)
            total += table
            by_picture.append(f"{name.split('.')[0]} {table[:, 0].sum()}/{table[:, 1].sum()}")
            tiles.append(tile(picture, maps))
        shares = total[:, 0] / total[:, 1]
        print(f"{side}: any height {shares[0]:.3f} of {total[0, 1]}, same height {shares[1]:.3f} of {total[1, 1]}, "
              f"all {total[:, 0].sum() / total[:, 1].sum():.3f}")
        print("   " + ", ".join(by_picture))
        for name, (hit, wrong, missed) in counts.items():
            print(f"   {name}: found {hit} of {hit + missed}, wrongly {wrong}")
    if options.sheet:
        columns = 4
        lines = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles) - columns + 1, columns)]
        Image.fromarray(np.concatenate(lines, 0)).save(options.sheet)


def tile(picture, maps, size=(120, 90)):
    """The picture, its nearness and its classes, side by side."""
    small = np.asarray(picture.resize(size))
    grey = Image.fromarray((maps[0].clip(0, 1) * 255).astype(np.uint8)).resize(size)
    sky, _, water, foliage, grass, glow = maps[2:]
    colours = np.stack([np.maximum(glow, grass), np.maximum(foliage, grass), np.maximum(sky, 0.6 * water)], 2)
    classes = Image.fromarray((colours * 255).astype(np.uint8)).resize(size)
    return np.concatenate([small, np.repeat(np.asarray(grey)[..., None], 3, 2), np.asarray(classes)], 1)


if __name__ == "__main__":
    main()
