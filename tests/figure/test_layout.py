"""A figure is the same picture in every format, and nothing touches the edge of its page.

Usage: test_layout.py PROGRAM MODELS. Every kind of figure is drawn. PDF and SVG are turned into
pixels and compared with PNG, as mean darkness of squares of 2 mm.
"""
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print(missing)
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "io"))
import kinds

PROGRAM, MODELS = (os.path.realpath(path) for path in sys.argv[1:3])
SANITIZED = os.environ.get("GF_SANITIZED") == "1"
RESOLUTION, SQUARE = 100, 8  # pixels: per inch, of a square
LARGEST, MEAN = 0.35, 0.01  # differences of darkness in a square, and over the page
MEANS = {"space-time": 0.03}  # rsvg blurs the cells of images, which are noise there
MARGIN = 4  # pixels that stay white: 1 mm

MODEL = """name: "'' it's ''"
sites: 8
boundary: periodic
parameters: {J: 1, Delta: 1, Jp: 0.01, gamma: 0.9}
hamiltonian: ["J*(X[0]*X[1] + Y[0]*Y[1])", "J*Delta*Z[0]*Z[1]", "Jp*(X[0]*X[2] + Y[0]*Y[2])"]
lindblad:
  - {name: flip, rate: J*(1-gamma), operator: "X[0]"}
  - {name: align, rate: J*gamma, operator: "Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]"}
"""
WALL = """equation: hydrodynamics
table: forces.h5
parameters: {epsilon: 0.1, diffusion: 1}
noise: {drive_scale: 0, thermal_scale: 0}
force: bare
space: {length: 400, spacing: 4, boundary: fixed}
time: {step: 2, end: 400, sample_every: 400}
integrator: weak-trapezoidal
initial: {profile: wall}
snapshots: {every: 400, spacing: 4}
sweep: {epsilon: [0.1, 0.05, 0.0125]}
"""
FIELDS = (kinds.FIELDS % ("1", 2000, 1600)).replace("table.h5", "forces.h5").replace("spacing: 40", "spacing: 8") \
    .replace("bins: 4", "bins: 40").replace("bins: 3", "bins: 40")  # images of few cells are blurred by rsvg
TEXTS = {"model": MODEL, "row": kinds.ROW % (200, 40) + kinds.ROW_MEASURES, "well": kinds.WELL, "wall": WALL, "fields": FIELDS}
TEXTS["row"] = TEXTS["row"].replace("spacing: 10", "spacing: 2")
# How the files are made, and which figures are drawn of them.
FILES = {
    "forces": (["forces", "model.yaml"],
               [["forces"], ["nullclines", "--size", "column"], ["map", "--of", "noise", "--size", "page"],
                ["basins", "--with", "nullclines", "--range=-0.9:0.5,0:1"]]),
    "scan": (["fixed-points", "forces.h5", "--scan", "gamma=0.8:1:5"],
             [["scan", "--log", "--size", "column", "--title", "it's J_1"]]),
    "phase": (["fixed-points", "model.yaml", "--scan", "Delta=0.5:2:6", "--scan", "gamma=0.8:0.99:9"],
              [["phase"], ["phase", "--size", "column"]]),
    "ladder": (["converge", "model.yaml", "--sites", "4:8"], [["ladder"]]),
    "transport": (["transport", "model.yaml", "--at", "0,0", "--at=0.5,-0.2"],
                  [["transport"], ["transport", "--size", "column"]]),
    "fig3": (["langevin", f"{MODELS}/fig3.yaml", "--set", "length=60"], [["profile"]]),
    "well": (["langevin", "well.yaml"], [["histogram", "--log"]]),
    "row": (["langevin", "row.yaml"], [["space-time"], ["walls", "--size", "column"],
                                         ["correlations"], ["domains", "--size", "column"]]),
    "wall": (["langevin", "wall.yaml"], [["profile"]]),
    "fields": (["langevin", "fields.yaml"],
               [["space-time", "--size", "page"], ["histogram"],
                ["trajectories", "--with", "separatrices"]]),
}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"FAILED: {' '.join(command)}: {done.stderr}")


def pixels_of(name):
    """A figure in pixels, 200 to an inch."""
    base, ending = os.path.splitext(name)
    if ending == ".pdf":
        run("pdftoppm", "-r", "200", "-png", "-singlefile", name, f"{base}-pdf")
        name = f"{base}-pdf.png"
    if ending == ".svg":
        run("rsvg-convert", "--background-color", "white", "-z", str(200 / 96), name, "-o",
            f"{base}-svg.png")
        name = f"{base}-svg.png"
    return Image.open(name).convert("RGB")


def darkness(picture, size):
    """0: white, 1: black; the strongest of the three colours."""
    return 1 - np.asarray(picture.resize(size, Image.BOX)).min(axis=2) / 255


def blur(pixels):
    """Means over squares."""
    rows, columns = (length // SQUARE for length in pixels.shape)
    part = pixels[: rows * SQUARE, : columns * SQUARE]
    return part.reshape(rows, SQUARE, columns, SQUARE).mean(axis=(1, 3))


def compare(figure, mean):
    """What is wrong with the formats of a figure."""
    wrong = []
    pictures = {ending: pixels_of(f"{figure}.{ending}") for ending in ("png", "pdf", "svg")}
    page = pictures["png"].size
    size = [round(pixels * RESOLUTION / 200) for pixels in page]
    for ending, picture in pictures.items():
        if max(abs(a - b) for a, b in zip(picture.size, page)) > 4:
            wrong.append(f"{figure}.{ending}: a page of {picture.size}, not {page}")
        pixels = darkness(picture, size)
        edge = np.ones(pixels.shape, bool)
        edge[MARGIN:-MARGIN, MARGIN:-MARGIN] = False
        if pixels[edge].max() > 0.02:
            wrong.append(f"{figure}.{ending}: something touches the edge of the page")
        apart = np.abs(blur(pixels) - blur(darkness(pictures["png"], size)))
        print(f"{figure}.{ending}: {apart.max():.3f} at most, {apart.mean():.4f} on the mean")
        if apart.max() > LARGEST or apart.mean() > mean:
            wrong.append(f"{figure}.{ending}: not the picture of the PNG")
    return wrong


def check(task):
    """Draws a figure in every format, and compares them; under the sanitizers in one format."""
    name, number, options = task
    figure = f"{name}-{number}-{options[0]}"
    formats = ("svg",) if SANITIZED else ("png", "pdf", "svg")
    for ending in formats:
        run(PROGRAM, "figure", f"{name}.h5", "--kind", *options, "-o", f"{figure}.{ending}")
    return [] if SANITIZED else compare(figure, MEANS.get(options[0], MEAN))


def main():
    for tool in ("gnuplot", "pdftoppm", "rsvg-convert"):
        if shutil.which(tool) is None:
            print(f"{tool} is missing")
            sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, text in TEXTS.items():
            kinds.write(f"{name}.yaml", text)
        for name, (arguments, _) in FILES.items():
            run(PROGRAM, *arguments, "-o", f"{name}.h5")
        tasks = [(name, number, options) for name, (_, figures) in FILES.items()
                 for number, options in enumerate(figures)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            wrong = sum(workers.map(check, tasks), [])
        os.chdir("/")
    print("\n".join(f"FAILED: {one}" for one in wrong))
    sys.exit(1 if wrong else 0)


main()
