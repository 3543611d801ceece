"""The pieces of Python in models/README.md run, and draw something.

    python3 test_snippets.py PROGRAM MODELS
"""
import os
import re
import sys
import tempfile

os.environ["MPLBACKEND"] = "agg"
os.environ["OMP_NUM_THREADS"] = "1"
try:
    import h5py
    import matplotlib
    import matplotlib.pyplot as plt
except ImportError as missing:
    print(missing)
    sys.exit(77)

FOLDER = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "io"))
import kinds

PROGRAM, MODELS = (os.path.realpath(path) for path in sys.argv[1:3])
failures = 0


def fail(*what):
    global failures
    failures += 1
    print("FAILED:", *what)


def make_files():
    """Small ones of the names that the pieces read."""
    make = lambda *arguments: kinds.make(PROGRAM, *arguments, "-q")
    with open(os.path.join(MODELS, "xxz_jprime.yaml"), encoding="utf-8") as file:
        model = re.sub(r"^grid:(\n[ #].*)*", "", file.read(), flags=re.M)
    kinds.write("model.yaml", model + "\ngrid: {magnetization: {points: 21}, energy: {points: 25}}\n")
    make("forces", "model.yaml", "--sites", "8", "-o", "fig2.h5")
    make("fixed-points", "fig2.h5", "--scan", "gamma=0.8:0.95:5", "-o", "scan.h5")
    make("fixed-points", "model.yaml", "--sites", "4", "--scan", "Delta=0.9:1.1:3", "--scan",
         "gamma=0.8:0.95:4", "-o", "phase.h5")
    make("converge", "model.yaml", "--sites", "4:8", "-o", "ladder.h5")
    kinds.write("well.yaml", kinds.WELL)
    kinds.write("row.yaml", kinds.ROW % (200, 40))
    kinds.write("exact.yaml", (kinds.ROW % (200, 40)).replace("thermal: 0.5", "thermal: 0").replace(
        "[0.1, 0.2]", "[0.1, 0.15, 0.2, 0.25, 0.3]"))
    fields = (kinds.FIELDS % ("1", 400, 800)).replace("table.h5", "fig2.h5")
    kinds.write("fields.yaml", fields + kinds.FIELDS_MEASURES)
    kinds.write("wall.yaml", fields.replace("length: 400", "length: 400, boundary: fixed").replace(
        "[random, wall], domain: 80", "wall"))
    kinds.write("block.yaml", kinds.BLOCKS.replace("table.h5", "fig2.h5")
                + "histogram: {from: -1, to: 1, bins: 8, energy: {from: -1, to: 1, bins: 6}}\n")
    make("langevin", os.path.join(MODELS, "fig3.yaml"), "--set", "length=60", "-o", "fig3.h5")
    for name, output in (("well", "fig1"), ("row", "fig4"), ("exact", "fig6"), ("fields", "run"),
                         ("wall", "wall"), ("block", "block")):
        make("langevin", f"{name}.yaml", "-o", f"{output}.h5")


def has_content():
    """Every axes of the figure shows finite data."""
    drawn = [artist for axes in plt.gcf().axes for artist in axes.lines + axes.patches + axes.collections]
    numbers = [axes.dataLim.width > 0 or axes.dataLim.height > 0 for axes in plt.gcf().axes]
    return len(drawn) > 0 and len(numbers) > 0 and all(numbers)


def run_snippet(number, text):
    names = {}
    exec(compile("import h5py, numpy as np, matplotlib.pyplot as plt", "imports", "exec"), names)
    plt.close("all")
    try:
        exec(compile(text, f"piece {number}", "exec"), names)
    except Exception as problem:  # whatever is wrong with it
        fail(f"piece {number}: {type(problem).__name__}: {problem}:\n{text}")
        return
    saved = re.findall(r'savefig\("([^"]*)"\)', text)
    if len(saved) != 1 or os.path.getsize(saved[0]) < 3000 or not has_content():
        fail(f"piece {number} draws nothing:\n{text}")


def check_basins():
    """The flow in ten lines divides the plane where the separatrix does: at m = 0."""
    with open(os.path.join(MODELS, "README.md"), encoding="utf-8") as file:
        text = re.search(r"Kind `basins`.*?```python\n(.*?)```", file.read(), re.S).group(1)
    names = {}
    exec(compile("import h5py, numpy as np, matplotlib.pyplot as plt", "imports", "exec"), names)
    exec(compile(text, "basins", "exec"), names)
    m, basin = names["m"], names["basin"]
    inside = names["np"].isfinite(names["force"][..., 0])
    for row, magnetization in enumerate(m):
        if abs(magnetization) > 0.05 and not (basin[row][inside[row]] == (magnetization > 0)).all():
            fail(f"the basin of m = {magnetization} is that of the other side")


def main():
    with open(os.path.join(MODELS, "README.md"), encoding="utf-8") as file:
        section = file.read().split("\n## Figures in Python\n")[1].split("\n## ")[0]
    pieces = re.findall(r"```python\n(.*?)```", section, re.S)
    if len(pieces) < 14:
        fail(f"only {len(pieces)} pieces of Python in models/README.md")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_files()
        for number, text in enumerate(pieces[1:], 1):
            run_snippet(number, text)
        check_basins()
        os.chdir("/")
    print(f"{len(pieces)} pieces")
    sys.exit(1 if failures else 0)


main()
