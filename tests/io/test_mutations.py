"""Files of every kind, spoilt in structure, are refused with a message or read to a sane end.

Every dataset and attribute is dropped, reshaped, made of another type, filled with what is no number,
emptied or exchanged for its neighbour; then each command that reads such a file is called. It must
exit with 0, or with 1 and a message; never crash, hang, or make a sanitizer complain.

    python3 test_mutations.py PROGRAM MODELS [all]

Without `all`, a sample of the mutations of a few kinds of files, the same every time.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError:
    print("h5py is missing")
    sys.exit(77)
import kinds

SAMPLE = 10  # `ctest --preset slow` runs them all
SECONDS = 60  # a command takes a hundredth of that
HOUSEKEEPING = {"DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS", "CLASS", "NAME", "units",
                "description"}

# --- what is done to a dataset or an attribute --------------------------------------------------


def other_type(values):
    return numpy.full(values.shape, b"text", dtype=h5py.string_dtype()) \
        if values.dtype.kind in "iufc" else numpy.ones(values.shape)


def filled(number):
    def fill(values):
        if values.dtype.kind == "i":
            return numpy.full_like(values, -1 if number != number else int(max(min(number, 2e18), -2e18)))
        if values.dtype.kind in "fc":
            return numpy.full_like(values, number)
        return numpy.full(values.shape, b"", dtype=h5py.string_dtype())
    return fill


def one_spoilt(number):
    def spoil(values):
        out = filled(number)(values) if values.dtype.kind == "O" else values.copy()
        if out.size > 0 and values.dtype.kind in "ifc":
            out.flat[out.size // 2] = -7 if values.dtype.kind == "i" else number
        return out
    return spoil


def cut(axis, keep):
    def take(values):
        return numpy.take(values, range(min(keep, values.shape[axis])), axis) if values.ndim else values
    return take


VALUES = {
    "one more axis": lambda v: v[..., None],
    "one axis fewer": lambda v: v.reshape(v.shape[:-2] + (-1,)) if v.ndim > 1 else v.reshape(-1)[:1].reshape(()),
    "last axis cut to 1": cut(-1, 1),
    "first axis cut to 1": cut(0, 1),
    "first axis empty": cut(0, 0),
    "first axis doubled": lambda v: numpy.concatenate([v, v]) if v.ndim else v,
    "last axis doubled": lambda v: numpy.concatenate([v, v], -1) if v.ndim else v,
    "axes exchanged": lambda v: v.T,
    "another type": other_type,
    "single precision": lambda v: v.astype("f4") if v.dtype.kind == "f" else v,
    "NaN": filled(float("nan")),
    "huge": filled(1e300),
    "infinite": filled(float("inf")),
    "negative": filled(-1),
    "zero": filled(0),
    "one NaN": one_spoilt(float("nan")),
    "one infinite": one_spoilt(float("inf")),
    "backwards": lambda v: v[::-1] if v.ndim else v,
}


def replace_dataset(file, path, values):
    attributes = dict(file[path].attrs)
    del file[path]
    if values.dtype.kind == "O":
        values = values.astype(h5py.string_dtype())
    data = file.create_dataset(path, data=values)
    for name, value in attributes.items():
        if name in ("units", "description"):
            data.attrs[name] = value


def mutate_values(change):
    def mutate(file, path, _):
        replace_dataset(file, path, numpy.ascontiguousarray(change(file[path][()]))
                        if file[path].ndim else numpy.asarray(change(file[path][()])))
    return mutate


def drop(file, path, _):
    del file[path]


def hollow(file, path, _):
    shape, kind = file[path].shape, file[path].dtype
    del file[path]
    file.create_dataset(path, shape, kind)


def become_group(file, path, _):
    del file[path]
    file.create_group(path)


def exchange(file, path, paths):
    other = paths[(paths.index(path) + 1) % len(paths)]
    file.move(path, "/spare")
    file.move(other, path)
    file.move("/spare", other)


DATASETS = {f"values: {name}": mutate_values(change) for name, change in VALUES.items()}
DATASETS.update({"dropped": drop, "without data": hollow, "a group": become_group,
                 "exchanged with the next": exchange})

ATTRIBUTES = {"dropped": None, "another type": lambda v: 3.0 if isinstance(v, str) else "text",
              "an array": lambda v: numpy.full(5, v) if not isinstance(v, str) else ["a", "b"],
              "fixed length": lambda v: numpy.bytes_(b"text") if isinstance(v, str) else v,
              "empty": lambda v: "" if isinstance(v, str) else h5py.Empty("f8"),
              "cut in half": lambda v: v[:len(v) // 2] if isinstance(v, str) else v / 2,
              "NaN": lambda v: "nan" if isinstance(v, str) else float("nan"),
              "huge": lambda v: v * 100 if isinstance(v, str) else 1e300,
              "negative": lambda v: "-" + v if isinstance(v, str) else -1.0}

# --- which commands read a file ------------------------------------------------------------------


def commands(kind):
    """Lines of arguments; FILE is the file, OUT a new one."""
    table = [["fixed-points", "FILE", "-o", "OUT.h5", "-q"], ["info", "FILE"],
             ["figure", "FILE", "-o", "OUT.pdf"],
             ["figure", "FILE", "--kind", "basins", "--with", "nullclines", "-o", "OUT.gp"],
             ["figure", "FILE", "--kind", "map", "--of", "noise", "-o", "OUT.gp"]]
    run = [["info", "FILE"], ["walls", "FILE"], ["langevin", "-q", "--resume", "FILE", "-o", "OUT.h5"],
           ["figure", "FILE", "-o", "OUT.pdf"]]
    figures = {"row": ["walls", "space-time", "histogram", "correlations", "domains"], "well": ["profile", "histogram"],
               "fields": ["space-time", "trajectories", "walls"], "blocks": ["trajectories", "correlations"]}
    by_kind = {
        "spectrum": table[:2] + [["forces", "FILE", "-o", "OUT.h5", "-q"]],
        "table": table + [["langevin", "-q", "short.yaml", "--table", "FILE", "-o", "OUT.h5"]],
        "sampled": table, "plain": table[:2],
        "lines": table,
        "phase": [["info", "FILE"], ["figure", "FILE", "--kind", "phase", "-o", "OUT.pdf"]],
        "scan": [["info", "FILE"], ["figure", "FILE", "--kind", "scan", "-o", "OUT.pdf"]],
        "ladder": [["info", "FILE"], ["figure", "FILE", "--kind", "ladder", "-o", "OUT.pdf"]],
        "currents": [["info", "FILE"], ["figure", "FILE", "-o", "OUT.gp"]],
        "diffusion": [["info", "FILE"], ["figure", "FILE", "-o", "OUT.gp"],
                      ["langevin", "-q", "varying.yaml", "-o", "OUT.h5"]],
        "trial": [["info", "FILE"], ["figure", "FILE", "-o", "OUT.gp"]],
        "rates": [["info", "FILE"], ["trajectories", "jumps.h5", "--resume", "--rates", "FILE", "-q", "-o", "OUT.h5"]],
        "jumps": [["info", "FILE"], ["figure", "FILE", "-o", "OUT.gp"], ["trajectories", "-q", "--resume", "FILE"]],
        "instanton": [["info", "FILE"], ["figure", "FILE", "-o", "OUT.gp"]],
        "killed": [["info", "FILE"], ["spectrum", "chain.yaml", "--sites", "10", "-q", "-o", "killed.h5"]],
        "transport": [["langevin", "-q", "matrix.yaml", "-o", "OUT.h5"]],
    }
    more = [["figure", "FILE", "--kind", one, "-o", "OUT.pdf"] for one in figures.get(kind, [])]
    return by_kind.get(kind, run + more)


def collect(name):
    """(what, path, attribute or None, mutation) of a file."""
    found, datasets = [], []
    with h5py.File(name) as file:
        def visit(path, item):
            if isinstance(item, h5py.Dataset):
                datasets.append(path)
                found.extend((path, None, one) for one in DATASETS)
            found.extend((path, a, one) for a in item.attrs if a not in HOUSEKEEPING
                         for one in ATTRIBUTES)
        visit("/", file)
        file.visititems(visit)
    return found, datasets


def apply(source, target, path, attribute, mutation, datasets):
    """False if nothing came of it."""
    shutil.copy(source, target)
    with h5py.File(target, "r+") as file:
        if attribute is None:
            DATASETS[mutation](file, path, datasets)
            return True
        attributes = file[path].attrs
        value = attributes[attribute]
        del attributes[attribute]
        if ATTRIBUTES[mutation] is not None:
            changed = ATTRIBUTES[mutation](value)
            attributes[attribute] = changed
        return True


failures = calls = refused = 0


def check(program, label, arguments):
    global failures, calls, refused
    calls += 1
    try:
        status, output, error = kinds.run(program, *arguments, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        status, output, error = "none", b"", f"still at work after {SECONDS} s"
    refused += status == 1
    lines = error.strip().split("\n")
    sane = status == 0 or (status == 1 and len(lines) == 1 and lines[0].startswith("gibbsflow"))
    if not sane:
        failures += 1
        print(f"FAILED: {label}\n  gibbsflow {' '.join(arguments)}: exit status {status}\n  {error[:2000]}")
    for name in os.listdir("."):
        if name.startswith("OUT") or name.endswith(".part"):
            os.remove(name)


def try_all(program, cases):
    for number, (source, path, attribute, mutation, datasets) in enumerate(cases):
        if number % 100 == 0:
            print(f"{number} of {len(cases)}", flush=True)
        kind = source.split(".")[0].replace("_part", "")
        target = {"killed": "killed.h5.blocks", "transport": "transport.h5"}.get(kind, "FILE.h5")
        label = f"{source} {path}{' ' + attribute if attribute else ''}: {mutation}"
        apply(f"good/{source}", target, path, attribute, mutation, datasets)
        export = ["export", "FILE"] if number % 2 else ["export", "FILE", path]
        for line in commands(kind) + [export]:
            check(program, label, [word.replace("FILE", target) for word in line])
            if kind == "killed" and os.path.exists("killed.h5"):
                os.remove("killed.h5")


program, models = map(os.path.abspath, sys.argv[1:3])
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    every = sys.argv[3:] == ["all"]
    names = kinds.make_all(program, models, few=not every) + (["transport.h5"] if every else [])
    kinds.write("short.yaml", kinds.FIELDS % ("1", 400, 320))
    kinds.write("varying.yaml", kinds.FIELDS % ("FILE.h5", 400, 320))
    shutil.copy(os.path.join(models, "xxz_jprime.yaml"), "chain.yaml")
    os.mkdir("good")
    for one in names:
        shutil.move(one, "good")
    shutil.copy("good/table.h5", "table.h5")
    kinds.write("gnuplot", "#!/bin/sh\ncat >/dev/null\n")  # what it would draw is not looked at
    os.chmod("gnuplot", 0o755)
    kinds.ENVIRONMENT["PATH"] = folder + ":" + os.environ["PATH"]
    kinds.ENVIRONMENT["ASAN_OPTIONS"] += ":allocator_may_return_null=1"
    kinds.write("suppressions", "leak:^H5\n")  # it forgets memory on broken references
    kinds.ENVIRONMENT["LSAN_OPTIONS"] = f"print_suppressions=0:suppressions={folder}/suppressions"
    cases = []
    for one in names:
        found, datasets = collect(f"good/{one}")
        cases += [(one, *case, datasets) for case in found]
    total = len(cases)
    if not every:
        cases = random.Random(1).sample(cases, SAMPLE)
    try_all(program, cases)
    os.chdir("/")
print(f"{len(cases)} of {total} mutations, {calls} commands, {refused} refused, {failures} failed")
sys.exit(1 if failures or refused == 0 else 0)
