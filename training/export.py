# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes trained weights as ONNX, and checks that onnxruntime makes of it what PyTorch does.

    python export.py RUN/net.pt WEIGHTS.onnx

Normalisation is folded into the layers before it. Weights are stored as half floats and cast to
single ones by the graph; biases are single floats. The graph is written layer by layer, so it has
no operation that was not asked for.
"""

import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, checker, helper, numpy_helper

from net import HEADS, Layer, Net, Plain, Up, Wide, places

FLOAT = TensorProto.FLOAT


class Graph:
    """Nodes and constants; each method gives the name of its output."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def node(self, operator, inputs, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def convolve(self, x, weight, bias, stride=1, groups=1):
        kernel = weight.shape[2]
        half = self.constant(weight.detach().numpy().astype(np.float16))
        wide = self.node("Cast", [half], to=FLOAT)
        bias = self.constant(bias.detach().numpy().astype(np.float32))
        return self.node("Conv", [x, wide, bias], kernel_shape=[kernel] * 2, strides=[stride] * 2,
                         pads=[kernel // 2] * 4, group=groups)

    def layer(self, x, layer):
        norm, conv = layer.norm, layer.conv
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        bias = norm.bias - norm.running_mean * scale
        x = self.convolve(x, conv.weight * scale[:, None, None, None], bias, conv.stride[0], conv.groups)
        return self.node("Relu", [x]) if layer.active else x

    def part(self, x, part):
        if isinstance(part, Layer):
            return self.layer(x, part)
        if isinstance(part, Plain):
            return self.node("Add", [x, self.layer(x, part.layer)])
        assert isinstance(part, Wide)
        y = self.layer(self.layer(self.layer(x, part.widen), part.filter), part.narrow)
        return self.node("Add", [x, y]) if part.residual else y

    def up(self, x, skip, up):
        assert isinstance(up, Up)
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        x = self.node("Resize", [self.layer(x, up.reduce), "", scales], mode="nearest",
                      coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        x = self.node("Relu", [self.node("Add", [x, self.layer(skip, up.skip)])])
        return self.node("Add", [self.layer(self.layer(x, up.filter), up.mix), x])


def model(net):
    graph, x, seen = Graph(), "picture", []
    for stage in net.stages:
        for part in stage if isinstance(stage, torch.nn.Sequential) else [stage]:
            x = graph.part(x, part)
        seen.append(x)
    mean = graph.node("GlobalAveragePool", [x])
    context = graph.convolve(mean, net.context.weight, net.context.bias)
    x = graph.node("Relu", [graph.node("Add", [x, context])])
    for up, skip in zip(net.ups, reversed(seen[:-1])):
        x = graph.up(x, skip, up)
    graph.convolve(x, net.head.weight, net.head.bias)
    graph.nodes[-1].output[0] = "maps"
    inputs = [helper.make_tensor_value_info("picture", FLOAT, [1, 5, "height", "width"])]
    outputs = [helper.make_tensor_value_info("maps", FLOAT, [1, HEADS, "half_height", "half_width"])]
    made = helper.make_graph(graph.nodes, "depth", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", 17)]
    made = helper.make_model(made, opset_imports=opsets, ir_version=8, producer_name="stillmotion")
    checker.check_model(made)
    return made


def main():
    weights, out = sys.argv[1:]
    net = Net().eval()
    net.load_state_dict(torch.load(weights))
    onnx.save(model(net), out)
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    for height, width in [(224, 384), (384, 32)]:
        x = torch.cat([torch.rand(1, 3, height, width), places(1, height, width)], 1)
        with torch.no_grad():
            wanted = net(x).numpy()
        given = session.run(None, {"picture": x.numpy()})[0]
        assert given.shape == wanted.shape
        off = np.abs(given - wanted).max() / np.abs(wanted).max()
        print(f"{width} x {height}: off by {off:.2e} of the largest value")
        assert off < 2e-2, "half floats cost more than they should"


if __name__ == "__main__":
    main()
