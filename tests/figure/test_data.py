"""What a figure draws is what its file holds: the data blocks of scripts (.gp) against h5py.

    python3 test_data.py PROGRAM MODELS
"""
import os
import re
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(missing)
    sys.exit(77)

PROGRAM, models = (os.path.realpath(path) for path in sys.argv[1:3])
MODEL = """name: tilted
sites: 8
boundary: periodic
parameters: {J1: 1, Delta: 1, J_prime: 0.01, gamma_2: 0.92, pump: 0.01}
hamiltonian: ["J1*(X[0]*X[1] + Y[0]*Y[1])", "J1*Delta*Z[0]*Z[1]", "J_prime*(X[0]*X[2] + Y[0]*Y[2])"]
lindblad:
  - {name: flip, rate: J1*(1-gamma_2), operator: "X[0]"}
  - {name: align, rate: J1*gamma_2, operator: "Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]"}
  - {name: pump, rate: pump, operator: "Sp[0]"}
grid: {magnetization: {points: 41}, energy: {points: 31}}
"""
# All down is a dark state that repels, since what is up spreads faster than it decays.
CONTACT = """name: contact
sites: 6
boundary: periodic
parameters: {spread: 4, decay: 1}
hamiltonian: ["X[0]*X[1] + Y[0]*Y[1]", "0.5*Z[0]*Z[1]"]
lindblad:
  - {name: spread, rate: spread, operator: "Pu[-1]*Sp[0]"}
  - {name: decay, rate: decay, operator: "Sm[0]"}
"""
failures = 0


def check(what, good):
    global failures
    if not good:
        failures += 1
        print("FAILED:", what)


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"FAILED: {' '.join(arguments)}: {done.stderr}")


def script(file, *options):
    run("figure", file, *options, "-o", "figure.gp")
    with open("figure.gp", encoding="utf-8") as text:
        return text.read()


def block(text, name):
    """The numbers of a data block; a line of the figure each, without blank ones."""
    lines = re.search(rf"^\${name} << EOD\n(.*?)^EOD", text, re.M | re.S).group(1).split("\n")
    return np.array([[float(x) for x in line.split()] for line in lines if line])


def lines_of(file, group):
    return file[f"{group}/density"][:]


def distance(points, line):
    """From each point to the nearest of a line."""
    return np.min(np.hypot(*(points[:, None] - line[None]).transpose(2, 0, 1)), axis=1)


def check_maps(file):
    grid = file["density_grid"]
    components = {"force": [(0,), (1,)], "lambda": [(0,), (1,)], "log_partition": [()],
                  "noise": [(0, 0), (0, 1), (1, 1)], "susceptibility": [(0, 0), (0, 1), (1, 1)]}
    for name, indices in components.items():
        text = script("table.h5", "--kind", "map", "--of", name)
        for panel, index in enumerate(indices):
            stored = grid[name][:][(slice(None), slice(None), *index)].T
            drawn, inside = block(text, f"map{panel}"), np.isfinite(stored)
            check(f"{name}{index}: {drawn.shape}", drawn.shape == stored.shape)
            check(f"{name}{index}", np.allclose(drawn[inside], stored[inside], rtol=1e-9, atol=0))
            beside = np.isfinite(drawn) & ~inside  # pixels that reach into the region
            check(f"{name}{index}: beside", 0 < beside.sum() < inside.sum()
                  and np.isin(drawn[beside], drawn[inside]).all())
        check(f"{name}: symbols", "{/:Italic J}_{1} = 1, Δ = 1, {/:Italic J}′ = 0.01, γ_{2} = 0.92"
              in text)


def check_lines(file):
    text = script("table.h5", "--kind", "basins", "--with", "nullclines")
    points, kinds = file["fixed_points/density"][:], file["fixed_points/stability"].asstr()[:]
    check("three points", list(kinds) == ["stable", "saddle", "stable"])
    check("stable points", np.allclose(block(text, "stable"), points[[0, 2]], rtol=1e-9))
    check("saddle", np.allclose(block(text, "saddle"), points[1:2], rtol=1e-9))
    for name, group in (("flow", "flow_lines"), ("separatrices", "separatrices")):
        stored, drawn = lines_of(file, group), block(text, name)
        check(name, len(drawn) > 0.98 * len(stored) and distance(drawn, stored).max() < 1e-9)
    for name in ("nullcline1", "nullcline2"):
        check(name, distance(points, block(text, name)).max() < 0.02)  # one of its points is near
    raster = block(text, "basins")
    separatrix = block(text, "separatrices")
    for m, e in separatrix[:: max(1, len(separatrix) // 20)]:
        if -1.5 < e < 0.9:
            sides = [raster[np.argmin(np.hypot(raster[:, 0] - x, raster[:, 1] - e))]
                     for x in (m - 0.04, m + 0.04)]
            check(f"basins beside ({m:.2f}, {e:.2f})", [side[5] for side in sides] == [0, 2])
            check("colours of basins", list(sides[0][2:5]) != list(sides[1][2:5]))


def check_options(file):
    text = script("table.h5", "--range=-0.5:,:0.25", "--title", "it's γ_1", "--size", "column")
    check("range of x", "set xrange [-0.5:1." in text)
    check("range of y", re.search(r"set yrange \[-[0-9.]*:0\.25\]", text))
    check("title", r"it’s γ\_1" in text and "tilted" not in text)
    check("size", "size 8.6cm," in text)
    arrows = block(script("table.h5"), "arrows")
    largest = np.nanmax(np.hypot(*np.moveaxis(file["density_grid/force"][:], 2, 0)))
    check("arrows", 0.9 * largest < arrows[:, 4].max() <= largest * (1 + 1e-9))
    scan = script("scan.h5")
    check("symbol of the scan", "'γ_{2}'" in scan)


def check_rest(models):
    """Lines of fixed points, and dark states that repel."""
    run("forces", f"{models}/dephasing.yaml", "--sites", "6", "-o", "line.h5")
    with h5py.File("line.h5") as file:
        stored, drawn = file["fixed_points/lines/density"][:], block(script("line.h5"), "rest")
        check("line of fixed points", np.allclose(drawn, stored, rtol=1e-9, atol=1e-12))
    with open("contact.yaml", "w", encoding="utf-8") as out:
        out.write(CONTACT)
    run("forces", "contact.yaml", "-o", "contact.h5")
    text = script("contact.h5")
    check("dark state", block(text, "repelling").tolist() == [[-1, 0.5]])
    check("its legend", "dark state, repelling" in text and "attracting'" not in text)
    raster = block(script("contact.h5", "--kind", "basins"), "basins")[:, 5]
    check("nothing flows to it", set(raster) == {-1, 1})


def check_transport():
    """Whole up to t*, and after it from there on; the verdict in the legend."""
    run("transport", "model.yaml", "--at", "0,0", "--at", "0.5,-0.2", "--end", "6", "--times", "25", "-o", "transport.h5")
    text = script("transport.h5")
    with h5py.File("transport.h5") as stored:
        group, time = stored["transport"], stored["transport/time"][:]
        for q, name in enumerate(("correlation", "onsager")):
            for element, (i, j) in enumerate(((0, 0), (1, 1), (0, 1))):
                for point, end in enumerate(group["reliable/time"][:]):
                    drawn = block(text, f"q{q}e{element}p{point}")
                    before, after = np.split(drawn, np.flatnonzero(np.isnan(drawn[:, 0]))[:1] + 1)
                    value, error = (group[f"{name}{what}"][point, :, i, j] for what in ("", "_error"))
                    for part, inside in ((before[:-1], time <= end), (after[:-1], time >= end)):
                        expected = np.array([time, value, value - error, value + error]).T[inside]
                        check(f"{name} {i} {j} {point}", 0 < end < 6 and np.allclose(part, expected, rtol=1e-6, atol=1e-9))
        check("verdicts", text.count(": not settled") == 2)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("model.yaml", "w", encoding="utf-8") as out:
        out.write(MODEL)
    run("forces", "model.yaml", "-o", "table.h5")
    run("fixed-points", "table.h5", "--scan", "gamma_2=0.9:0.95:3", "-o", "scan.h5")
    with h5py.File("table.h5") as table:
        check_maps(table)
        check_lines(table)
        check_options(table)
    check_rest(models)
    check_transport()
    os.chdir("/")
sys.exit(1 if failures else 0)
