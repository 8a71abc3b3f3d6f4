#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Times trainings and clips of stillmotion-worker beside the same loop in Python PyTorch.

    bench_worker.py target/release/stillmotion-worker --device cpu --steps 40 --runs 3

Prints rows of a Markdown table: medians of runs that take turns. Needs torch 2.11.0. With --keep DIR
it trains one network there for --steps and renders a clip from it, from the pictures of --pictures.
"""

import argparse
import json
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "models/tests/fixtures"))


def protocol_version():
    """The version that this tree speaks."""
    source = Path(__file__).parent / "../engine/src/worker/protocol.rs"
    return int(re.search(r"pub const VERSION: u32 = (\d+);", source.read_text()).group(1))


class Worker:
    """A worker process, and both sides of its protocol: engine/src/worker/protocol.rs."""

    def __init__(self, program):
        self.socket, theirs = socket.socketpair()
        # As engine/src/worker/process.rs starts it.
        environment = os.environ | {
            "OMP_WAIT_POLICY": "passive", "OMP_DYNAMIC": "FALSE", "MKL_DYNAMIC": "FALSE"}
        self.process = subprocess.Popen(
            [program], stdin=theirs, stdout=subprocess.DEVNULL, env=environment)
        theirs.close()
        self.send({"hello": {"version": protocol_version()}})
        self.about = self.receive()[0]["hello"]["about"]

    def send(self, message, pixels=b""):
        text = json.dumps(message).encode()
        self.socket.sendall(struct.pack("<II", len(text), len(pixels)) + text + pixels)

    def receive(self):
        message, pixels = struct.unpack("<II", self.read(8))
        return json.loads(self.read(message)), self.read(pixels)

    def read(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise SystemExit("the worker is gone")
            data += part
        return bytes(data)

    def close(self):
        self.socket.close()
        self.process.wait()

    def train(self, folder, pictures, device, steps, **wishes):
        """Yields the reports of a training with the time of each."""
        wishes = {"kind": None, "size": None, "batch_size": None, "learning_rate": None, "seed": None,
                  "sample_every": None} | wishes | {"steps": steps}
        self.send({"train": {"checkpoint": str(folder), "device": device, "wishes": wishes}})
        ready = self.receive()[0]
        if "ready" not in ready:
            raise SystemExit(f"no training: {ready}")
        side = ready["ready"]["size"]
        for picture in pictures(side):
            self.send({"picture": {"width": side, "height": side}}, picture)
        self.send("begin")
        while True:
            report = self.receive()[0]
            if "failed" in report:
                raise SystemExit(f"the training failed: {report}")
            yield time.perf_counter(), report
            if report == "done":
                return

    def clip(self, folder, device, frames, still=None, size=0):
        """Frames of a clip with the time of each."""
        self.send({"generate": {
            "model": str(folder), "device": device, "precision": "auto",
            "prompt": "", "motion": 5.0, "seed": 1,
            "still": still and {"width": size, "height": size}, "frames": frames,
            "frame_rate": {"numerator": 24, "denominator": 1}, "first": 0, "place": None,
            "sampling": {"negative_prompt": "", "steps": None, "guidance_scale": None,
                         "previews": False},
        }}, still or b"")
        while True:
            report, pixels = self.receive()
            if "frame" in report:
                yield time.perf_counter(), pixels
            if "failed" in report:
                raise SystemExit(f"no clip: {report}")
            if report == "done":
                return


def noise(side):
    for seed in range(16):
        yield os.urandom(side * side * 3)


def worker_rate(program, device, kind, batch, steps):
    worker = Worker(program)
    with tempfile.TemporaryDirectory() as folder:
        marks = {}
        for at, report in worker.train(folder, noise, device, steps, kind=kind, batch_size=batch,
                                       sample_every=10**6):
            if isinstance(report, dict) and "progress" in report:
                marks[report["progress"]["done"]] = at
    worker.close()
    warm = steps // 4
    return (steps - warm) / (marks[steps] - marks[warm])


def python_rate(device, kind, batch, steps):
    import torch
    from torch.nn import functional as F
    import make_gan

    if kind == "mlp":
        generator = make_gan.MlpGenerator(100, 256, 512, 1024, 12288)
        discriminator = make_gan.MlpDiscriminator(12288, 1024, 512, 256, 1)
        latent, betas = 100, (0.9, 0.999)
    else:
        generator, discriminator = make_gan.ConvGenerator(64), make_gan.ConvDiscriminator(64)
        latent, betas = 128, (0.5, 0.999)
    generator, discriminator = generator.to(device), discriminator.to(device)
    average = [p.detach().clone() for p in generator.parameters()]
    adam_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=betas)
    adam_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=betas)
    pictures = torch.randint(0, 256, (16, 64, 64, 3), dtype=torch.uint8)

    def augment(x):
        n, _, side, _ = x.shape
        each = lambda: torch.rand(n, 1, 1, 1, device=device)
        x = x + each() - 0.5
        gray = x.mean(1, keepdim=True)
        x = (x - gray) * each() * 2 + gray
        mean = x.mean((1, 2, 3), keepdim=True)
        x = (x - mean) * (each() + 0.5) + mean
        most = side // 8
        wide = F.pad(x, [most] * 4)
        ramp = torch.arange(side)
        rows = torch.randint(0, 2 * most + 1, (n, 1)) + ramp
        columns = torch.randint(0, 2 * most + 1, (n, 1)) + ramp
        columns = torch.where(torch.rand(n, 1) < 0.5, columns, columns.flip(1))
        rows = rows.to(device).view(n, 1, side, 1).expand(-1, 3, -1, side + 2 * most)
        columns = columns.to(device).view(n, 1, 1, side).expand(-1, 3, side, -1)
        x = wide.gather(2, rows).gather(3, columns)
        mask = torch.ones(n, 1, side, side)
        for i, (t, l) in enumerate(torch.randint(0, side + 1, (n, 2)).tolist()):
            q = side // 4
            mask[i, :, max(t - q, 0):t + q, max(l - q, 0):l + q] = 0
        return x * mask.to(device)

    change = augment if kind == "conv" else lambda x: x
    ones, zeros = torch.ones(batch, 1, device=device), torch.zeros(batch, 1, device=device)
    loss = F.binary_cross_entropy_with_logits
    sums = torch.zeros(2, device=device)
    warm = steps // 4
    for step in range(steps):
        if step == warm:
            sums.cpu()
            start = time.perf_counter()
        real = pictures[torch.randint(0, 16, (batch,))].to(device)
        real = real.permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.no_grad():
            fake = generator(torch.randn(batch, latent).to(device))
        slope = kind == "conv" and (step + 1) % 8 == 0
        real.requires_grad_(slope)
        judged = discriminator(change(real))
        d = loss(judged, ones) + loss(discriminator(change(fake)), zeros)
        if slope:
            (steep,) = torch.autograd.grad(judged.sum(), real, create_graph=True)
            d = d + steep.square().sum() * 4 / batch
        adam_d.zero_grad()
        d.backward()
        adam_d.step()
        g = loss(discriminator(change(generator(torch.randn(batch, latent).to(device)))), ones)
        adam_g.zero_grad()
        g.backward()
        adam_g.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, list(generator.parameters()), 0.002)
            sums += torch.stack([d.detach(), g.detach()])
    sums.cpu()
    return (steps - warm) / (time.perf_counter() - start)


def compare(args):
    print("| training, 64x64 | stillmotion-worker, steps/s | Python PyTorch, steps/s | ratio |")
    print("|---|---|---|---|")
    for kind, batch in [("conv", 32), ("mlp", 32)]:
        ours, theirs = [], []
        for _ in range(args.runs):
            ours.append(worker_rate(args.program, args.device, kind, batch, args.steps))
            theirs.append(python_rate(args.device, kind, batch, args.steps))
        ours, theirs = statistics.median(ours), statistics.median(theirs)
        print(f"| {kind}, batch {batch}, {args.device} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} |")


def start_up(args):
    """A worker from nothing to its first frame, and the next clip."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(args.program)
        list(worker.train(folder, noise, args.device, 2, batch_size=2))
        worker.close()
        start = time.perf_counter()
        worker = Worker(args.program)
        cold = next(worker.clip(folder, args.device, 1))[0] - start
        worker.receive()
        worker.receive()
        start = time.perf_counter()
        times = [at for at, _ in worker.clip(folder, args.device, 480)]
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        peak = int(next(l.split()[1] for l in status.splitlines() if l.startswith("VmHWM"))) / 1024
        rate = (len(times) - 8) / (times[-1] - times[7])
        worker.close()
    print(f"First frame from a seed: {cold:.2f} s with a cold worker, {times[0] - start:.3f} s with a warm "
          f"one; then {rate:.0f} frames/s of 64x64; {peak:.0f} MB resident at most ({worker.about}).")


def keep(args):
    """Trains for real and renders what came of it."""
    from PIL import Image

    def pictures(side):
        for path in sorted(Path(args.pictures).iterdir()):
            picture = Image.open(path).convert("RGB")
            short = min(picture.size)
            left, top = (picture.width - short) // 2, (picture.height - short) // 2
            yield picture.crop((left, top, left + short, top + short)).resize((side, side)).tobytes()

    worker = Worker(args.program)
    print(worker.about, flush=True)
    start = time.perf_counter()
    for at, report in worker.train(args.keep, pictures, args.device, args.steps, size=args.size):
        if isinstance(report, dict) and "losses" in report and report["losses"]["step"] % 1000 == 0:
            losses = report["losses"]
            print(f"{at - start:7.1f} s  step {losses['step']}  discriminator "
                  f"{losses['discriminator']:.3f}  generator {losses['generator']:.3f}", flush=True)
    frames = [pixels for _, pixels in worker.clip(args.keep, args.device, 96)]
    worker.close()
    print(f"a clip of {len(frames)} frames of {len(frames[0])} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep")
    parser.add_argument("--pictures")
    parser.add_argument("--size", type=int, default=64)
    args = parser.parse_args()
    if args.keep:
        keep(args)
        return
    compare(args)
    print()
    start_up(args)


if __name__ == "__main__":
    main()
