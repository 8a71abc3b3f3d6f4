# SPDX-License-Identifier: MIT OR Apache-2.0
"""Draws a log of training: python plot.py LOG.tsv OUT.png"""

import csv
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

log, out = sys.argv[1:]
with open(log) as file:
    rows = list(csv.DictReader(file, delimiter="\t"))
column = {key: [float(row[key]) for row in rows] for key in rows[0]}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for ax, (title, keys) in zip(axes, {
    "pairs in the right order": ["order", "seeds_order", "grammars_order"],
    "scale- and shift-invariant error": ["ssi", "seeds_ssi", "grammars_ssi"],
    "classes (cross entropy)": ["classes", "seeds_classes", "grammars_classes"],
}.items()):
    for key, label in zip(keys, ["training (crops)", "unseen seeds", "unseen grammars"]):
        ax.plot(column["minute"], column[key], label=label)
    ax.set(title=title, xlabel="minutes")
    ax.grid(alpha=0.3)
axes[0].legend()
figure.savefig(out, dpi=80)
