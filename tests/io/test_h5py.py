"""Every dataset of every kind of file, read with h5py: units, axes that name what runs along them,
dimension scales that can be followed both ways and have the right length. What `gibbsflow export`
makes of it is the same, to the last bit.

    python3 test_h5py.py PROGRAM MODELS
"""
import csv
import io
import itertools
import json
import os
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError:
    print("h5py is missing")
    sys.exit(77)
import kinds

# What runs along an axis that has no values of its own.
WORDS = {"bifurcation", "branch", "cell", "channel", "charge", "corner", "fixed point", "line", "point",
         "power", "realisation", "row", "side", "state", "task"}
failures = 0


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
        for k in range(data.ndim):
            check_axis(name, data, k)
        check_references(name, data)

    with h5py.File(name) as file:
        if file.attrs["program"] != "gibbsflow" or int(file.attrs["format"]) < 1:
            fail(name, "does not say who wrote it, and in which format")
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
        for data in alike.values():
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
    os.chdir("/")
sys.exit(1 if failures else 0)
