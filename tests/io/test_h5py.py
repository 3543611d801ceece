"""Every dataset of every kind of file, read with h5py: units that are true, axes that name what runs along
them, dimension scales that can be followed both ways and have the right length. What `gibbsflow export`
makes of it is the same, to the last bit.

    python3 test_h5py.py PROGRAM MODELS
"""
import csv
import io
import itertools
import json
import os
import re
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError:
    print("h5py is missing")
    sys.exit(77)
import kinds
from kinds import write

# What runs along an axis that has no values of its own.
WORDS = {"approximation", "bifurcation", "bound", "branch", "cell", "channel", "charge", "choice", "corner", "departure",
         "coupled gap", "end", "fixed point", "gap", "group", "level", "line", "pair", "parameter", "point", "power", "realisation",
         "row", "side", "state", "task", "way"}
failures = 0

SANITIZED = os.environ.get("GF_SANITIZED") == "1"  # all takes ten times as long, and numbers are the same


def fail(*what):
    global failures
    failures += 1
    print("FAILED:", *what)


def check_axis(name, data, k):
    try:
        scales = list(data.dims[k].values())
    except Exception as problem:  # whatever h5py makes of a broken reference
        fail(name, data.name, f"axis {k}: {problem}")
        return
    label = data.dims[k].label
    own = h5py.h5ds.is_scale(data.id)
    if len(scales) > 1 or not (scales or own or label in WORDS):
        fail(name, data.name, f"axis {k}, '{label}', has {len(scales)} scales")
    for scale in scales:
        if scale.shape != (data.shape[k],):
            fail(name, data.name, f"axis {k} is {data.shape[k]} long, {scale.name} {scale.shape}")
        if scale.name.rsplit("/", 1)[1] != label:
            fail(name, data.name, f"axis {k}, '{label}', has the scale {scale.name}")


def check_references(name, data):
    for reference, _ in data.attrs.get("REFERENCE_LIST", ()):
        if not reference or not isinstance(data.file[reference], h5py.Dataset):
            fail(name, data.name, "is said to be the axis of what is not there")


# The units of all that carries an energy E, by path; components in the order in which they lie.
UNITS = [(re.compile(f"({path})$"), units) for path, units in (
    ("(?!walls|domains).*/(density|density_error|(bifurcation|line|special)_density|corners)", "1 per site; E per site"),
    (".*/(lambda|(bifurcation|line|special)_lambda)", "1; 1/E"),
    (".*/(lambda)_error", "1; 1/E"),
    ("(?!spectrum|trial).*/(force|force_error)|(rates|trajectories)/force/(?!spread).*|rates/relaxation/slope",
     "epsilon E per site; epsilon E^2 per site"),
    ("(?!spectrum|trajectories).*/(noise|noise_error)|trajectories/noise/.*",
     "epsilon E per site; epsilon E^2 per site; epsilon E^2 per site; epsilon E^3 per site"),
    (".*/(susceptibility|susceptibility_error)", "1 per site; E per site; E per site; E^2 per site"),
    (".*/channel_force|spectrum/force", "1 per site; E per site"),
    (".*/channel_noise|spectrum/noise", "1 per site; E per site; E per site; E^2 per site"),
    ("fitted_grid/channel_shift", "1; E"),
    (".*/channel_noise_shift", "1; E; E; E^2"),
    (".*/(eigenvalues|eigenvalues_error|border_rate)|channels/rate", "epsilon E"),
    (".*/force_residual|trajectories/jump_rate(_error)?", "epsilon E per site"),
    ("rates/((coupled/)?gap(_frequency)?|trial/even|trial/odd)|trial/(even|odd)", "epsilon E"),
    ("rates/relaxation/time", "1/(epsilon E)"),
    ("(rates/((distribution|trial|relaxation|coupled|expansion)/)?|trial/|trajectories/(.*/)?)energy(_error)?", "E per site"),
    ("trajectories/(time|realisations/stay)", "1/E"),
    ("trajectories/realisations/drift", "1; E"),
    ("trajectories/realisations/noise", "1; E; E^2"),
    ("(spectrum|blocks|rates/level)/energy", "E"),
    ("(density_grid|histogram|diffusion)/energy|fitted_grid/(corner_energy|border)", "E per site"),
    ("lambda_grid/lambda2", "1/E"),
    ("transport/(reliable/|tail/)?time", "1/E"),
    ("transport/mean_current", "E a per site; E^2 a per site"),
    ("transport/(correlation(_error)?|drude)",
     "E^2 a^2 per site; E^3 a^2 per site; E^3 a^2 per site; E^4 a^2 per site"),
    ("transport/(.*/)?onsager(_error)?", "E a^2 per site; E^2 a^2 per site; E^2 a^2 per site; E^3 a^2 per site"),
    ("transport/limit/diffusion(_error)?", "E a^2; a^2; E^2 a^2; E a^2"),
    ("diffusion/matrix(_error)?", "E a^2; a^2; E^2 a^2; E a^2"),
    ("(statistics|snapshots|correlations)/time", "1/E"),
    ("statistics/passages", "E"),
    ("switching/(mean_time|standard_error)", "1/E"),
    ("statistics/mean|snapshots/field|correlations/(mean|field_sum)", "1 per site; E per site"),
    ("correlations/(value|standard_error|sum)",
     "1 per site^2; E per site^2; E per site^2; E^2 per site^2"),
    ("statistics/(smoothed_)?second_moment", "1 per site^2; E^2 per site^2"),
    ("moments/energy(_standard_error)?", "E per site"),
    ("moments/second_energy(_standard_error)?", "E^2 per site^2"),
)]
# Said of other quantities by these words alone.
PLAIN = re.compile("1|1 per site|1/a|a|sample_every|standard errors|of the parameter|A and B in 1/a, c in 1")


def check_units(name, path, data, unit):
    said = data.attrs["units"]
    expected = [units for pattern, units in UNITS if pattern.match(path)]
    if unit is None:  # of one field: no energy
        return
    if len(expected) > 1:
        fail(path, "has several units expected of it")
    elif expected and said != expected[0].replace("E", unit):
        fail(name, path, f"is said to be in '{said}', not in '{expected[0].replace('E', unit)}'")
    elif not expected and not PLAIN.fullmatch(said) and not path.startswith(("checkpoint", "blocks")):
        fail(name, path, f"is said to be in '{said}'; a unit that the test does not know")
    charges = sum(axis.label == "charge" for axis in data.dims)
    if ";" in said and charges > 0 and len(said.split("; ")) != 2**charges:
        fail(name, path, f"has {2**charges} components and the units '{said}'")


SCALED = """name: scaled
energy_unit: E
sites: 6
boundary: periodic
parameters: {J: 1, Delta: 0.8, gamma: 0.9}
hamiltonian: ["J*(X[0]*X[1] + Y[0]*Y[1])", "J*Delta*Z[0]*Z[1]", "0.1*J*(X[0]*X[2] + Y[0]*Y[2])"]
lindblad:
  - {name: flip, rate: J*(1-gamma), operator: "X[0]"}
  - {name: align, rate: J*gamma, operator: "Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]"}
grid:
  lambda1: {from: -2, to: 2, points: 5}
  lambda2: {from: -1/J, to: 1/J, points: 4}
  magnetization: {points: 6}
  energy: {from: -1.5*J, to: 0.9*J, points: 7}
  fitted: {magnetization: 9, energy: 11}
"""


def powers(units):
    """Of E, in each component."""
    return [sum((-1 if over else 1) * int(power or 1)
                for over, power in re.findall(r"(/?)E(?:\^(\d))?", component))
            for component in units.split("; ")]


def check_scaling(program):
    """That units say the truth: with energies and rates s times as large every component is s to the
    power that its unit says, also where s is extreme."""
    write("scaled.yaml", SCALED)
    for s in (1, 1e28, 1e-28):
        kinds.make(program, "forces", "-q", "scaled.yaml", "--set", f"J={s}", "-o", f"scaled{s:g}.h5")
        kinds.make(program, "transport", "-q", "scaled.yaml", "--set", f"J={s}", "--at", f"0.4,{0.25 / s}",
                   "--end", f"{4 / s}", "--times", "5", "-o", f"currents{s:g}.h5")
        kinds.make(program, "rates", "-q", "scaled.yaml", "--set", f"J={s}", "--sites", "4", "-o", f"rates{s:g}.h5")
    for s, kind in itertools.product((1e28, 1e-28), ("scaled", "currents", "rates")):
        with h5py.File(f"{kind}1.h5") as one, h5py.File(f"{kind}{s:g}.h5") as many:
            one.visititems(lambda path, data, s=s, many=many: compare_scaled(path, data, many, s))


def compare_scaled(path, data, many, s):
    # |f| where the search ended is rounding, and so is the order of equal rates
    if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "fc" or path.endswith(("residual", "gap_sector")):
        return
    power, shape = powers(data.attrs["units"]), [1] * data.ndim
    if len(power) > 1:
        shape = [data.shape[k] if data.dims[k].label == "charge" else 1 for k in range(data.ndim)]
    unit = numpy.reshape([float(s)**p for p in power], shape)
    x, y = data[()], many[path][()] / unit
    axes = tuple(k for k in range(data.ndim) if shape[k] == 1)
    size = numpy.max(abs(numpy.where(numpy.isfinite(x), x, 0)), axis=axes, keepdims=True, initial=0)
    rounding = 1e-14  # of what is zero by symmetry, where the others are of order one
    same = (abs(x - y) <= 1e-9 * size + rounding) | (x == y) | (numpy.isnan(x) & numpy.isnan(y))
    if not same.all():
        fail(path, f"does not scale like '{data.attrs['units']}' with a factor of {s:g}")


def unit_of(file, name):
    if "model" not in file:
        return None
    unit = file["model"].attrs["energy_unit"]
    expected = "J" if name in ("plain.h5", "lines.h5", "killed.h5.blocks") else kinds.UNIT
    if unit != expected:
        fail(name, f"the unit of energy is {unit}, not {expected}")
    return unit


def check_file(name):
    count = 0

    def check(path, data):
        nonlocal count
        if not isinstance(data, h5py.Dataset):
            return
        count += 1
        data[()]
        if not str(data.attrs.get("units", "")):
            fail(name, path, "has no units")
        else:
            check_units(name, path, data, unit)
        for k in range(data.ndim):
            check_axis(name, data, k)
        check_references(name, data)

    with h5py.File(name) as file:
        if file.attrs["program"] != "gibbsflow" or int(file.attrs["format"]) < 1:
            fail(name, "does not say who wrote it, and in which format")
        unit = unit_of(file, name)
        file.visititems(check)
    if count == 0:
        fail(name, "has no datasets")
    print(f"{name}: {count} datasets")


def coordinates(data, k):
    """What stands in the column of an axis."""
    scales = list(data.dims[k].values()) if not h5py.h5ds.is_scale(data.id) else [data]
    label = data.dims[k].label
    if scales:
        return [cell(value) for value in scales[0][()]]
    words = label.split(", ")
    if label == "charge":
        return ["magnetization", "energy"]
    return words if len(words) == data.shape[k] > 1 else [str(i) for i in range(data.shape[k])]


def cell(value):
    """As CSV has it."""
    if isinstance(value, (bytes, str)):
        return value.decode() if isinstance(value, bytes) else value
    return str(value) if isinstance(value, (int, numpy.integer)) else "%.17g" % value


def check_export(name, data):
    """The table of a dataset: rows in the order of its axes, values that read back as they are."""
    status, output, error = kinds.run(program, "export", name, data.name)
    rows = list(csv.reader(io.StringIO(output.decode())))
    if status != 0:
        return fail(name, data.name, "cannot be exported:", error)
    axes = [coordinates(data, k) for k in range(data.ndim)]
    own = data.ndim == 1 and h5py.h5ds.is_scale(data.id)
    expected = []
    for place, value in zip(itertools.product(*axes), numpy.ravel(data[()])):
        parts = [value.real, value.imag] if data.dtype.kind == "c" else [] if own else [value]
        expected.append([*place, *(cell(part) for part in parts)])
    if rows[1:] != expected:
        wrong = [pair for pair in zip(rows[1:], expected) if pair[0] != pair[1]]
        fail(name, data.name, f"exported as {len(rows) - 1} rows of {len(expected)}; {wrong[:2]}")
    units = data.attrs["units"]
    if f"[{units}]" not in rows[0][-1] or any(len(row) != len(rows[0]) for row in rows):
        fail(name, data.name, f"exported with the heading {rows[0]}")
    return None


def check_exports(name):
    """The list has everything; of datasets that are alike in form the last is exported."""
    status, output, error = kinds.run(program, "export", name, "--json")
    if status != 0:
        return fail(name, "cannot be listed:", error)
    listed = {one["dataset"]: one for one in json.loads(output)["datasets"]}
    with h5py.File(name) as file:
        alike, paths = {}, set()

        def visit(path, data):
            if isinstance(data, h5py.Dataset):
                paths.add("/" + path)
                alike[data.ndim, data.dtype.kind, h5py.h5ds.is_scale(data.id)] = data
        file.visititems(visit)
        if set(listed) != paths:
            fail(name, "the list of export lacks", paths - set(listed))
        some = list(alike.values())
        for data in some[:1] if SANITIZED else some:
            if listed[data.name]["shape"] != list(data.shape):
                fail(name, data.name, "is listed as", listed[data.name])
            check_export(name, data)
    return None


program, models = map(os.path.abspath, sys.argv[1:])
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for one in kinds.make_all(program, models):
        check_file(one)
        check_exports(one)
    if not SANITIZED:
        check_scaling(program)
    os.chdir("/")
sys.exit(1 if failures else 0)
