#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares what stillmotion makes with a model directory with what diffusers makes with it.

    python3 -m venv venv
    venv/bin/pip install torch==2.11.0 diffusers==0.42.1 transformers==5.23.0 ftfy
    make build worker
    venv/bin/python tests/parity/live.py /models/Wan2.2-TI2V-5B-Diffusers --image photo.jpg --steps 4

Takes Wan and Stable Video Diffusion. A model that takes an image makes a clip from one; any other
makes one frame from the prompt, in the size that it was made for. Exits with 1 where more than one
value of a thousand is off by more than one byte.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from diffusers import StableVideoDiffusionPipeline, WanImageToVideoPipeline, WanPipeline
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--image", type=pathlib.Path,
                        default=ROOT / "tests/fixtures/photos/coffee.jpg")
    parser.add_argument("--prompt", default="the camera slowly moves forward")
    parser.add_argument("--negative-prompt", default="static, blurry")
    parser.add_argument("--size", metavar="WxH", help="of a clip; by default as it was made for")
    parser.add_argument("--frames", type=int, default=13, help="of a clip; 4k + 1 for Wan")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--guidance-scale", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target/release",
                        help="where stillmotion and stillmotion-worker are")
    return parser.parse_args()


def is_svd(model):
    index = json.loads((model / "model_index.json").read_text())
    return index["_class_name"] == StableVideoDiffusionPipeline.__name__


def takes_image(model):
    """Whether the clips of this model start from an image."""
    if is_svd(model):
        return True
    index = json.loads((model / "model_index.json").read_text())
    transformer = json.loads((model / "transformer/config.json").read_text())
    inputs, outputs = transformer["in_channels"], transformer["out_channels"]
    return index.get("expand_timesteps", False) or inputs != outputs


def peer(args, image, size):
    """`[T, H, W, 3]` bytes of diffusers."""
    if is_svd(args.model):
        return svd(args, image, size)
    kind = WanPipeline if image is None else WanImageToVideoPipeline
    pipe = kind.from_pretrained(args.model, torch_dtype=torch.float32)
    call = dict(
        prompt=args.prompt, negative_prompt=args.negative_prompt, width=size[0], height=size[1],
        num_frames=1 if image is None else args.frames, num_inference_steps=args.steps,
        guidance_scale=args.guidance_scale, generator=torch.Generator().manual_seed(args.seed))
    if image is not None:
        call["image"] = image
    frames = pipe(**call, output_type="np").frames[0]
    return (frames * 255).round().astype(np.uint8)


def svd(args, image, size):
    pipe = StableVideoDiffusionPipeline.from_pretrained(args.model, torch_dtype=torch.float32)
    frames = pipe(
        image, width=size[0], height=size[1], num_frames=args.frames,
        num_inference_steps=args.steps, max_guidance_scale=args.guidance_scale,
        generator=torch.Generator().manual_seed(args.seed), output_type="np").frames[0]
    return (frames * 255).round().astype(np.uint8)


def made_for(model):
    """Size and frame rate."""
    if is_svd(model):
        return (1024, 576), 7
    config = json.loads((model / "vae/config.json").read_text())
    return ((1280, 704), 24) if config.get("is_residual", False) else ((832, 480), 16)


def ours(args, image, size, rate, folder):
    """`[T, H, W, 3]` bytes of stillmotion."""
    wishes = dict(prompt=args.prompt, steps=args.steps, seed=args.seed)
    wishes["negative-prompt"], wishes["guidance-scale"] = args.negative_prompt, args.guidance_scale
    if image is None:
        settings = [f"{name}={value}" for name, value in wishes.items()]
        line = ["gst-launch-1.0", "-q", f"--gst-plugin-path={args.bin}", "stillsrc", "num-buffers=1",
                f"model={args.model}", "device=cpu", *settings, "!", "video/x-raw,format=RGB", "!",
                "pngenc", "!", "filesink", f"location={folder}/00000.png"]
    else:
        still = folder / "still.bmp"
        image.save(still)
        settings = [part for name, value in wishes.items() for part in (f"--{name}", str(value))]
        line = [args.bin / "stillmotion", "render", still, "-o", folder / "%05d.png", "--model",
                args.model, "--device", "cpu", "--size", f"{size[0]}x{size[1]}", "--frames",
                str(args.frames), "--fps", str(rate), "--first-frame", "model", *settings]
    subprocess.run(line, check=True)
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.png"))]
    return np.stack([np.asarray(picture) for picture in pictures])


def main():
    args = arguments()
    size, rate = made_for(args.model)
    image = None
    if takes_image(args.model):
        if args.size:
            size = tuple(int(side) for side in args.size.split("x"))
        # Both get it in the size of the clip: hosts fit a still before a model sees it.
        image = Image.open(args.image).convert("RGB").resize(size, Image.LANCZOS)
    with tempfile.TemporaryDirectory() as folder:
        got = ours(args, image, size, rate, pathlib.Path(folder))
    want = peer(args, image, size)
    if got.shape != want.shape:
        sys.exit(f"live: stillmotion makes {got.shape}, diffusers {want.shape}")
    off = np.abs(got.astype(int) - want.astype(int))
    share = (off > 1).mean()
    print(f"{len(got)} frames of {size[0]}x{size[1]}: at most {off.max()} off, mean {off.mean():.4f}, "
          f"{100 * share:.4f} % of the values by more than one")
    sys.exit(int(share > 1e-3))


if __name__ == "__main__":
    main()
