# SPDX-License-Identifier: MIT OR Apache-2.0
"""The page docs/src/quality.md."""

from engine import ROOT

PAGE = ROOT / "docs/src/quality.md"

HEAD = """# Quality

`make quality` makes clips of nine photos with ten prompts, measures them by classical means, and
fails where a number breaks its limit. It writes this page. Clips are 960x540, 4 s at 24 frames a
second, straight from the engine, before any encoder. Flow is that of DIS (preset medium) between
samples an eighth of a second apart. The photos are those of the tests and four of Debian's
`mate-backgrounds`.
"""

PROMPTS = """
## Prompts

| name | prompt | the camera that must be seen |
|---|---|---|
"""

GATES = """
## Gates

The worst value of each, and where it was found. What has no limit is reported only.

"""

PHOTOS = """
## By photo

The worst value of each gate over the prompts. What breaks its limit is bold.

"""

PICTURES = """
## Pictures

The first, the middle and the last frame of clips: motion 5 above, motion 10 below.
"""


def table(verdicts):
    """The gates, as a table in Markdown."""
    lines = ["| gate | what | limit | worst | where | |", "|---|---|---|---|---|---|"]
    for verdict in verdicts:
        gate, worst = verdict.gate, verdict.worst
        note = f": {worst.note}" if worst.note else ""
        verdict_text = "" if gate.reported else ("**fails**" if verdict.failed else "holds")
        value = gate.text(worst.value)
        if gate.share is not None:
            kept = sum(gate.holds(m.value) for m in verdict.measures)
            value = f"{value} ({kept} of {len(verdict.measures)} hold)"
        lines.append(
            f"| {gate.name} | {gate.formula} | {gate.limit()} | {value}"
            f" | {worst.photo}, {worst.prompt}{note} | {verdict_text} |"
        )
    return "\n".join(lines) + "\n"


def by_photo(verdicts):
    """A row for each gate, a column for each photo."""
    photos = sorted({m.photo for v in verdicts for m in v.measures}, key=str.lower)
    lines = [f"| gate | {' | '.join(photos)} |", "|---|" + "---|" * len(photos)]
    for verdict in verdicts:
        gate, row = verdict.gate, []
        for photo in photos:
            values = [m.value for m in verdict.measures if m.photo == photo]
            if not values:
                row.append("")
                continue
            worst = min(values, key=gate.margin)
            text = f"{worst:.{gate.digits}f}"
            row.append(text if gate.holds(worst) else f"**{text}**")
        lines.append(f"| {gate.name} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def write(verdicts, prompts, pictures):
    text = HEAD + GATES + table(verdicts) + PHOTOS + by_photo(verdicts) + PROMPTS
    for prompt in prompts:
        words = prompt.text or "(none)"
        text += (
            f"| {prompt.id} | {words} | {prompt.camera.replace(' ', ', ').replace('_', ' ')} |\n"
        )
    text += PICTURES
    for file, photo, words in pictures:
        said = f"“{words}”" if words else "no prompt"
        text += f"\n{photo}, {said}:\n\n![Frames of {photo}, {said}](pictures/quality/{file})\n"
    PAGE.write_text(text, encoding="utf-8")
