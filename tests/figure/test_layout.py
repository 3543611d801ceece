"""A figure is the same picture in every format, and nothing touches the edge of its page.

Usage: test_layout.py PROGRAM MODELS. PDF and SVG are turned into pixels and compared with PNG, as
mean darkness of squares of 2 mm.
"""
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

PROGRAM, MODELS = (os.path.realpath(path) for path in sys.argv[1:3])
RESOLUTION, SQUARE = 100, 8  # pixels: per inch, of a square
LARGEST, MEAN = 0.35, 0.01  # differences of darkness in a square, and over the page
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
# How the files are made, and which kinds of figure are drawn of them.
FILES = {
    "forces": (["forces", "model.yaml"], ["forces"]),
    "scan": (["fixed-points", "forces.h5", "--scan", "gamma=0.8:1:5"], ["scan"]),
    "phase": (["fixed-points", "model.yaml", "--scan", "Delta=0.5:2:6", "--scan", "gamma=0.8:0.99:9"],
              ["phase"]),
    "ladder": (["converge", "model.yaml", "--sites", "4:8"], ["ladder"]),
    "fig3": (["langevin", f"{MODELS}/fig3.yaml", "--set", "length=60"], ["profile"]),
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


def compare(figure):
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
        if apart.max() > LARGEST or apart.mean() > MEAN:
            wrong.append(f"{figure}.{ending}: not the picture of the PNG")
    return wrong


def main():
    for tool in ("gnuplot", "pdftoppm", "rsvg-convert"):
        if shutil.which(tool) is None:
            print(f"{tool} is missing")
            sys.exit(77)
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("model.yaml", "w", encoding="utf-8") as file:
            file.write(MODEL)
        for name, (arguments, kinds) in FILES.items():
            run(PROGRAM, *arguments, "-o", f"{name}.h5")
            for kind in kinds:
                for ending in ("png", "pdf", "svg"):
                    run(PROGRAM, "figure", f"{name}.h5", "--kind", kind, "-o",
                        f"{name}-{kind}.{ending}")
                wrong += compare(f"{name}-{kind}")
        os.chdir("/")
    print("\n".join(f"FAILED: {one}" for one in wrong))
    sys.exit(1 if wrong else 0)


main()
