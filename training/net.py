# SPDX-License-Identifier: MIT OR Apache-2.0
"""The depth network: an encoder of five stages, a context of the whole picture, and a decoder.

In the manner of FastDepth (Wofk et al. 2019, section III): depthwise separable layers, nearest
up-sampling, and skips that are added. Only operations that any ONNX runtime has.

Input `[N, 5, H, W]`: red, green, blue in 0..1, then x and y in -1..1. H and W are multiples of 32.
Output `[N, 8, H/2, W/2]`: nearness, the logarithm of its expected error, and six class logits.
"""

import torch
from torch import nn

HEADS = 8
CLASSES = ["sky", "cloud", "water", "foliage", "grass", "glow"]
# Channels of the stages, at 1/2, 1/4, ... 1/32 of the input.
WIDTHS = [16, 32, 56, 112, 176]
DECODER = [24, 32, 56, 96]


class Layer(nn.Module):
    """Convolution, normalisation over the batch, and perhaps ReLU."""

    def __init__(self, inputs, outputs, kernel=3, stride=1, groups=1, active=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, momentum=0.03)
        self.active = active

    def forward(self, x):
        if self.conv.groups > 1:
            # On processors the gradient of a depthwise layer is slow in bfloat16.
            with torch.autocast("cpu", enabled=False):
                x = self.norm(self.conv(x.float()))
        else:
            x = self.norm(self.conv(x))
        return torch.relu(x) if self.active else x


class Wide(nn.Module):
    """Inverted residual (MobileNetV2, section 3.3): widen, filter each channel, narrow."""

    def __init__(self, inputs, outputs, kernel=3, stride=1, factor=3):
        super().__init__()
        middle = inputs * factor
        self.widen = Layer(inputs, middle, 1)
        self.filter = Layer(middle, middle, kernel, stride, groups=middle)
        self.narrow = Layer(middle, outputs, 1, active=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.narrow(self.filter(self.widen(x)))
        return x + y if self.residual else y


class Plain(nn.Module):
    """Residual of one full convolution: quick where channels are few."""

    def __init__(self, channels):
        super().__init__()
        self.layer = Layer(channels, channels)

    def forward(self, x):
        return x + self.layer(x)


class Up(nn.Module):
    """Doubles the size, adds the encoder's view of it, and refines."""

    def __init__(self, inputs, skip, outputs):
        super().__init__()
        self.reduce = Layer(inputs, outputs, 1, active=False)
        self.skip = Layer(skip, outputs, 1, active=False)
        self.filter = Layer(outputs, outputs, 5, groups=outputs, active=False)
        self.mix = Layer(outputs, outputs, 1)

    def forward(self, x, skip):
        x = nn.functional.interpolate(self.reduce(x), scale_factor=2, mode="nearest")
        x = torch.relu(x + self.skip(skip))
        return self.mix(self.filter(x)) + x


class Net(nn.Module):
    """The network."""

    def __init__(self):
        super().__init__()
        a, b, c, d, e = WIDTHS
        self.stages = nn.ModuleList([
            nn.Sequential(Layer(5, a, 3, 2)),
            nn.Sequential(Layer(a, b, 3, 2), Plain(b)),
            nn.Sequential(Layer(b, c, 3, 2), Plain(c), Wide(c, c, 3)),
            nn.Sequential(Wide(c, d, 3, 2), Wide(d, d, 5), Wide(d, d, 3), Wide(d, d, 5)),
            nn.Sequential(Wide(d, e, 5, 2), Wide(e, e, 5), Wide(e, e, 5), Wide(e, e, 5)),
        ])
        self.context = nn.Conv2d(e, e, 1)
        self.ups = nn.ModuleList([
            Up(e, d, DECODER[3]), Up(DECODER[3], c, DECODER[2]),
            Up(DECODER[2], b, DECODER[1]), Up(DECODER[1], a, DECODER[0]),
        ])
        self.head = nn.Conv2d(DECODER[0], HEADS, 3, padding=1)

    def forward(self, x):
        seen = []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        x = torch.relu(x + self.context(x.mean((2, 3), keepdim=True)))
        for up, skip in zip(self.ups, reversed(seen[:-1])):
            x = up(x, skip)
        return self.head(x)


def places(count, height, width):
    """x and y of each pixel, -1..1 at pixel centres: `[count, 2, height, width]`."""
    x = (2 * torch.arange(width) + 1) / width - 1
    y = (2 * torch.arange(height) + 1) / height - 1
    grid = torch.stack([x.expand(height, width), y[:, None].expand(height, width)])
    return grid.expand(count, 2, height, width)
