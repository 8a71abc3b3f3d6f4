# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a clip must keep to, and what is only reported."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gate:
    """One number of a clip and its limit."""

    name: str
    formula: str
    """In words."""
    low: float | None = None
    high: float | None = None
    share: float | None = None
    """The share of the clips that must keep to the limit; all of them if there is none."""
    unit: str = ""
    digits: int = 3
    less_is_worse: bool = False
    """For a number without a limit."""

    @property
    def reported(self):
        """Whether there is no limit."""
        return self.low is None and self.high is None

    def holds(self, value):
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high)

    def margin(self, value):
        """How far inside the limit: the least is the worst."""
        if self.reported:
            return value if self.less_is_worse else -value
        sides = [value - self.low] if self.low is not None else []
        sides += [self.high - value] if self.high is not None else []
        return min(sides)

    def limit(self):
        if self.reported:
            return "none"
        if self.low is not None and self.high is not None:
            text = f"{self.low:g} to {self.high:g}" if self.low != self.high else f"{self.low:g}"
        else:
            text = f"≥ {self.low:g}" if self.low is not None else f"≤ {self.high:g}"
        text += f" {self.unit}".rstrip()
        return text if self.share is None else f"{text} in {self.share:.0%}"

    def text(self, value):
        return f"{value:.{self.digits}f}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Measure:
    """A number that was found."""

    gate: str
    photo: str
    prompt: str
    value: float
    note: str = ""


GATES = [
    Gate(
        "first frame",
        "largest difference of a byte of frame 0 to the fitted still",
        high=0,
        digits=0,
    ),
    Gate(
        "fit",
        "PSNR of the fitted still to the photo as Pillow fits it",
        low=35,
        unit="dB",
        digits=1,
    ),
    Gate(
        "motion step",
        "least growth of A, the mean flow where it is known, from a motion amount to the next",
        low=1.05,
        digits=3,
    ),
    Gate("exact step", "the same by what the renderer says of itself", low=1.05),
    Gate("motion range", "A at motion 10 over A at motion 1", low=6, digits=1),
    Gate(
        "camera",
        "1 if the fit of seven moves sees the one that was asked for, else 0",
        low=1,
        share=0.95,
        digits=0,
    ),
    Gate(
        "dynamic",
        "1 if VBench's rule calls the clip dynamic at motion 10",
        digits=0,
        less_is_worse=True,
    ),
    Gate(
        "jitter",
        "mean second difference of tracked points and their neighbours on straight moves",
        high=0.05,
        unit="px/frame²",
    ),
    Gate(
        "backward steps",
        "steps of tracked points against their way on straight moves",
        high=0,
        digits=0,
    ),
    Gate("warp error", "what flow does not explain of the difference of two frames"),
    Gate(
        "stretch at 5",
        "share of the frame with a Jacobian of condition > 4 or determinant < 0.25",
        high=0.01,
    ),
    Gate("stretch at 10", "the same at motion 10", high=0.04),
    Gate(
        "bending at 5",
        "how far straight edges are bent at the end, of their length: the worst twentieth",
    ),
    Gate("bending at 10", "the same at motion 10"),
    Gate("border", "share of the frame that only repeats the still's edge, at motion 10", high=0),
    Gate(
        "stillness",
        "median flow of a static shot outside what moves by itself",
        high=0.05,
        unit="px",
    ),
    Gate("unasked", "share of the frame that moves by itself where the prompt names nothing"),
    Gate("steadiness", "VBench's temporal flickering of a static shot", low=0.995, digits=4),
    Gate(
        "light",
        "deviation of the mean of what does not move in a static shot",
        high=0.003,
        digits=4,
    ),
    Gate(
        "loop",
        "largest difference of a byte of the frame behind a loop's last to its first",
        high=0,
        digits=0,
    ),
    Gate("loop speed", "kink of the speed at the seam of a loop, of the mean speed", high=0.05),
    Gate(
        "sharpness",
        "variance of the Laplacian of the last frame at motion 5 over that of an ideal sampler",
        low=0.7,
        high=1.2,
        digits=2,
    ),
    Gate("detail", "the same over that of the first frame", digits=2, less_is_worse=True),
    Gate(
        "same seed", "bytes that differ when another process makes the clip again", high=0, digits=0
    ),
    Gate("other seed", "1 if another seed gives another clip", low=1, digits=0),
    Gate(
        "extended", "bytes that differ when a clip is extended in another process", high=0, digits=0
    ),
    Gate(
        "extended seam", "kink of the speed where a clip is extended, of the mean speed", high=0.05
    ),
]


@dataclass
class Verdict:
    """All that was found for one gate."""

    gate: Gate
    measures: list

    @property
    def worst(self):
        return min(self.measures, key=lambda m: self.gate.margin(m.value))

    @property
    def failed(self):
        """The measures that break the limit, unless few enough may."""
        bad = [m for m in self.measures if not self.gate.holds(m.value)]
        allowed = 0.0 if self.gate.share is None else 1.0 - self.gate.share
        return bad if len(bad) > allowed * len(self.measures) + 1e-9 else []


def verdicts(measures):
    """One for each gate that was measured, in order."""
    known = {gate.name for gate in GATES}
    unknown = {m.gate for m in measures} - known
    if unknown:
        raise KeyError(f"no gate is called {sorted(unknown)}")
    found = [Verdict(gate, [m for m in measures if m.gate == gate.name]) for gate in GATES]
    return [verdict for verdict in found if verdict.measures]
