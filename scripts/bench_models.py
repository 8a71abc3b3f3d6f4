#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Times clips of stillmotion-worker beside Python diffusers, with random weights in the published sizes.

    build/models-venv/bin/python scripts/bench_models.py target/release/stillmotion-worker
    build/models-venv/bin/python scripts/bench_models.py target/release/stillmotion-worker --model svd

Prints two tables. Both programs read the same folder and compute in f32, each in a process of its own,
in turn; the second table is stillmotion-worker with precision=int8 beside its own f32. With --device
cuda:0 there is only the first one, in bf16 for Wan and f16 for SVD; its peak memory is the host's.
Wan's text encoder (5.7 billion parameters) is cut to one of its 24 layers and 1000 of its words in
both, since it has no room here; transformer and VAE are whole.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))
from bench_worker import Worker  # noqa: E402

KINDS = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
ROOT = Path(__file__).resolve().parents[1]
STEPS = 2
SVD = dict(width=384, height=256, num_frames=14)
WAN = dict(width=832, height=480, num_frames=5)


def random_model(make, seed):
    """A network with random f16 weights that keep numbers in bounds."""
    with torch.device("meta"):
        module = make()
    module = module.to_empty(device="cpu").half()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            scale = parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.02
            parameter.normal_(0, scale, generator=generator)
            if parameter.dim() == 1:
                parameter.add_(1)
    return module.eval()


def make_svd(folder):
    import diffusers
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

    sys.path.insert(0, str(ROOT / "models/tests/fixtures"))
    from make_svd import PUBLISHED

    clip = CLIPVisionConfig(
        hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=16,
        patch_size=14, projection_dim=1024, hidden_act="gelu")
    vae = dict(block_out_channels=(128, 256, 512, 512), layers_per_block=2,
               down_block_types=("DownEncoderBlock2D",) * 4)
    diffusers.StableVideoDiffusionPipeline(
        image_encoder=random_model(lambda: CLIPVisionModelWithProjection(clip), 1),
        unet=random_model(diffusers.UNetSpatioTemporalConditionModel, 2),
        vae=random_model(lambda: diffusers.AutoencoderKLTemporalDecoder(**vae), 3),
        scheduler=diffusers.EulerDiscreteScheduler(**PUBLISHED),
        feature_extractor=CLIPImageProcessor()).save_pretrained(folder)


def make_wan(folder):
    import diffusers
    from transformers import UMT5Config, UMT5EncoderModel

    sys.path.insert(0, str(ROOT / "models/tests/fixtures"))
    from make_wan import tokenizer, unipc

    text = UMT5Config(vocab_size=1000, d_model=4096, d_kv=64, d_ff=10240, num_layers=1, num_heads=64)
    small = dict(num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=30)
    diffusers.WanPipeline(
        tokenizer=tokenizer(), text_encoder=random_model(lambda: UMT5EncoderModel(text), 1),
        transformer=random_model(lambda: diffusers.WanTransformer3DModel(**small), 2),
        vae=random_model(diffusers.AutoencoderKLWan, 3), scheduler=unipc()).save_pretrained(folder)


def still(size):
    return (np.random.default_rng(1).random((size["height"], size["width"], 3)) * 255).astype(np.uint8)


def summary(starts, decoding, first, end, peak):
    """Seconds and megabytes of a clip: when each step began, when the last one and the clip ended."""
    steps = [after - before for before, after in zip(starts, starts[1:])]
    return dict(start=starts[0], step=statistics.median(steps), first=first - decoding,
                decode=end - decoding, peak=peak)


def ours(program, name, folder, precision="f32", device="cpu"):
    worker = Worker(program)
    size = SVD if name == "svd" else WAN
    picture = still(size).tobytes() if name == "svd" else b""
    begin = time.perf_counter()
    worker.send({"generate": {
        "model": str(folder), "device": device, "precision": precision,
        "prompt": "a small boat", "motion": 5.0, "seed": 1,
        "still": {"width": size["width"], "height": size["height"]} if picture else None,
        "frames": size["num_frames"], "first": 0, "place": None,
        "frame_rate": {"numerator": 7 if name == "svd" else 16, "denominator": 1},
        "sampling": {"negative_prompt": "", "steps": STEPS, "guidance_scale": 1.0,
                     "previews": False},
    }}, picture)
    starts, decoding, first, frames = [], None, None, []
    while True:
        report, pixels = worker.receive()
        now = time.perf_counter() - begin
        progress = report.get("progress", {}) if isinstance(report, dict) else {}
        if progress.get("phase") == "sampling":
            starts.append(now)
        elif progress.get("phase") == "decoding":
            decoding = decoding or now
        elif "frame" in report:
            first = first or now
            frames.append(np.frombuffer(pixels, np.uint8))
        elif "failed" in report:
            raise SystemExit(f"no clip: {report}")
        elif report == "done":
            break
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    worker.socket.close()
    worker.process.wait()
    return summary(starts, decoding, first, now, peak), np.stack(frames)


def peer(name, folder, precision, device):
    """The same in this process, with diffusers."""
    import diffusers
    from PIL import Image

    kind = diffusers.StableVideoDiffusionPipeline if name == "svd" else diffusers.WanPipeline
    size = SVD if name == "svd" else WAN
    begin = time.perf_counter()
    pipe = kind.from_pretrained(folder, torch_dtype=KINDS[precision]).to(device)
    pipe.set_progress_bar_config(disable=True)
    network = pipe.unet if name == "svd" else pipe.transformer
    starts, times = [], {}

    def note(*_, **__):
        starts.append(time.perf_counter() - begin)

    network.register_forward_pre_hook(note)
    network.register_forward_hook(lambda *_: times.update(last=time.perf_counter() - begin))
    call = dict(**size, num_inference_steps=STEPS, generator=torch.Generator().manual_seed(1),
                output_type="np")
    if name == "svd":
        pipe(Image.fromarray(still(size)), max_guidance_scale=1.0, **call)
    else:
        pipe("a small boat", guidance_scale=1.0, **call)
    end = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return summary([*starts, times["last"]], times["last"], end, end, peak)


def rows(name, mine, theirs):
    for title, key in (("seconds from the order to the first step", "start"),
                       ("seconds a step", "step"), ("seconds to decode the clip", "decode"),
                       ("seconds from the last step to the first frame", "first"),
                       ("peak memory, MB", "peak")):
        a, b = mine[key], theirs[key]
        print(f"| {name} | {title} | {a:.2f} | {b:.2f} | {a / b:.2f} |", flush=True)


def int8_rows(name, exact, int8):
    (seconds, frames), (int8_seconds, int8_frames) = exact, int8
    rows(name, int8_seconds, seconds)
    off = np.abs(frames.astype(int) - int8_frames)
    print(f"| {name} | off in the mean, of 255 | {off.mean():.2f} | 0 | |", flush=True)
    print(f"| {name} | off by more than 5 of 255 | {(off > 5).mean():.2%} | 0 | |", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--model", choices=("svd", "wan"), action="append")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu (the default) or cuda:0")
    parser.add_argument("--peer", nargs=4, metavar=("MODEL", "DIR", "PRECISION", "DEVICE"),
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        print(json.dumps(peer(*args.peer)))
        return
    names = {"svd": f"SVD, {SVD['num_frames']} frames of {SVD['width']}x{SVD['height']}",
             "wan": f"Wan 2.1 T2V-1.3B, {WAN['num_frames']} frames of {WAN['width']}x{WAN['height']}"}
    int8 = {}
    on_gpu = args.device != "cpu"
    kinds = "bf16 or f16" if on_gpu else "f32"
    print(f"| model, {kinds}, random weights | | stillmotion-worker | diffusers | ratio |")
    print("|---|---|---|---|---|")
    for name in args.model or names:
        with tempfile.TemporaryDirectory() as folder:
            {"svd": make_svd, "wan": make_wan}[name](folder)
            precision = {"svd": "f16", "wan": "bf16"}[name] if on_gpu else "f32"
            results = [], []
            for _ in range(args.runs):
                exact = ours(args.program, name, folder, precision, args.device)
                results[0].append(exact[0])
                print(f"bench: {name}, stillmotion-worker: {exact[0]}", file=sys.stderr)
                said = subprocess.run(
                    [sys.executable, __file__, args.program, "--peer", name, folder, precision,
                     args.device], check=True, stdout=subprocess.PIPE).stdout
                results[1].append(json.loads(said.splitlines()[-1]))
                print(f"bench: {name}, diffusers: {results[1][-1]}", file=sys.stderr)
            rows(names[name], *({key: statistics.median(run[key] for run in side) for key in side[0]}
                                for side in results))
            if not on_gpu:
                int8[name] = exact, ours(args.program, name, folder, "int8")
    if not int8:
        return
    print("\n| model, random weights | | int8 | f32 | ratio |")
    print("|---|---|---|---|---|")
    for name, clips in int8.items():
        int8_rows(names[name], *clips)


if __name__ == "__main__":
    main()
