"""Every dataset of every kind of file, read with h5py: units, axes that name what runs along them,
dimension scales that can be followed both ways and have the right length.

    python3 test_h5py.py PROGRAM MODELS
"""
import os
import sys
import tempfile

try:
    import h5py
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


program, models = map(os.path.abspath, sys.argv[1:])
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for one in kinds.make_all(program, models):
        check_file(one)
    os.chdir("/")
sys.exit(1 if failures else 0)
