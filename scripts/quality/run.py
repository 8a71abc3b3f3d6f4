# SPDX-License-Identifier: MIT OR Apache-2.0
"""Measures clips of all photos and prompts, writes docs/src/quality.md, and fails where a gate
does.

Wants the example `quality_probe` in release; scripts/quality.sh sees to that."""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import cv2

import clips
import gates
import report
import sheets
from engine import ROOT, Engine

LANDSCAPES = Path("/usr/share/backgrounds/mate/nature")
FIXTURES = ROOT / "tests/fixtures/photos"
PHOTOS = [
    FIXTURES / "astronaut.jpg",
    FIXTURES / "chelsea.jpg",
    FIXTURES / "coffee.jpg",
    FIXTURES / "motorcycle_left.jpg",
    FIXTURES / "rocket.jpg",
    LANDSCAPES / "Dune.jpg",
    LANDSCAPES / "Garden.jpg",
    LANDSCAPES / "GreenMeadow.jpg",
    LANDSCAPES / "Storm.jpg",
]
# What is enough to see that nothing is broken.
QUICK_PHOTOS = ("coffee", "Dune")
QUICK_PROMPTS = ("push", "truck", "alive")

_engine = None


def start_engine():
    """Each process of the pool has an engine of its own, and one core."""
    global _engine
    cv2.setNumThreads(1)
    os.environ["RAYON_NUM_THREADS"] = "1"
    _engine = Engine()


def work(job):
    """Measures of one piece of work: a function of `clips`, and what it is given."""
    function, photo, prompt, *rest = job
    found = function(_engine, photo, prompt, *rest)
    return [gates.Measure(gate, photo.stem, prompt.id, float(v), note) for gate, v, note in found]


def jobs(photos, prompts, thorough):
    """The longest first, so that the cores finish together."""
    moves = [p for p in prompts if p.camera != "static"]
    still = [p for p in prompts if p.camera == "static"]
    work = [(clips.moving, photo, p, thorough) for photo in photos for p in moves]
    work += [(clips.once, photo, moves[i % len(moves)]) for i, photo in enumerate(photos)]
    return work + [(clips.static, photo, p) for photo in photos for p in still]


def label(job):
    function, photo, prompt, *_ = job
    return f"{function.__name__} {photo.stem}, {prompt.id}"


def measure(work_list, processes):
    """All measures, with a line for each piece of work that is done."""
    found, start = [], time.monotonic()
    known = {gate.name: gate for gate in gates.GATES}
    with ProcessPoolExecutor(processes, initializer=start_engine) as pool:
        running = {pool.submit(work, job): job for job in work_list}
        for done, future in enumerate(as_completed(running), 1):
            measures = future.result()
            found += measures
            bad = [f"{m.gate} {m.value:.3f}" for m in measures if not known[m.gate].holds(m.value)]
            rest = (time.monotonic() - start) / done * (len(running) - done)
            line = f"[{done}/{len(running)}] {label(running[future])}; about {rest:.0f} s left"
            print(
                f"{line}; outside: {', '.join(bad)}" if bad else line, file=sys.stderr, flush=True
            )
    return found


def complain(verdicts):
    """Names each number that breaks a gate."""
    for verdict in verdicts:
        for m in verdict.failed:
            note = f" ({m.note})" if m.note else ""
            print(
                f"quality: {verdict.gate.name} fails at {m.photo}, {m.prompt}:"
                f" {verdict.gate.text(m.value)}, limit {verdict.gate.limit()}{note}"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="two photos, three prompts, few motions"
    )
    parser.add_argument("--photos", nargs="+", help="only photos of these names, no page")
    parser.add_argument("--prompts", nargs="+", help="only prompts of these ids, no page")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    names = options.photos or (QUICK_PHOTOS if options.quick else None)
    ids = options.prompts or (QUICK_PROMPTS if options.quick else None)
    photos = [p for p in PHOTOS if names is None or p.stem in names]
    known = clips.prompts()
    prompts = [p for p in known if ids is None or p.id in ids]
    if not photos or not any(p.camera != "static" for p in prompts):
        parser.error("no photo, or no prompt that moves the camera, is called so")
    found = measure(jobs(photos, prompts, thorough=not options.quick), options.processes)
    verdicts = gates.verdicts(found)
    if photos == PHOTOS and prompts == known:
        with Engine() as engine:
            pictures = sheets.write(engine, photos, prompts)
        report.write(verdicts, prompts, pictures)
    print(report.table(verdicts))
    complain(verdicts)
    return 1 if any(verdict.failed for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
