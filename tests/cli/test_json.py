"""What commands print with --json: JSON that a strict reader takes, with the values of the files.

    python3 test_json.py PROGRAM MODELS
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import time

try:
    import h5py
except ImportError:
    print("h5py is missing")
    sys.exit(77)

PROGRAM, MODELS = (os.path.realpath(path) for path in sys.argv[1:3])
ENVIRONMENT = dict(os.environ, LC_ALL="C")
for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    ENVIRONMENT[variable] = "exitcode=99:" + os.environ.get(variable, "")
failures = checks = 0

MODEL = r"""name: "a \"b\" \\ γ"
sites: 6
boundary: periodic
parameters: {J: 1, gamma: 0.9}
hamiltonian: ["J*(X[0]*X[1] + Y[0]*Y[1])", "J*Z[0]*Z[1]"]
lindblad:
  - {name: flip, rate: 1-gamma, operator: "X[0]"}
  - {name: align, rate: gamma, operator: "Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]"}
grid: {lambda1: {points: 3}, lambda2: {points: 3}, magnetization: {points: 5}, energy: {points: 5}}
"""
ROW = """equation: order-parameter
parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: %g, thermal: 0}
force: bare
space: {length: 400, spacing: 1}
time: {step: 0.1, end: 40, warm_up: 10, sample_every: 1}
integrator: heun
initial: {profile: [domains], domain: 100}
realisations: 2
sweep: {epsilon: [0.1, 0.2, 0.3, 0.4]}
"""


def check(what, fits):
    global failures, checks
    checks += 1
    if not fits:
        failures += 1
        print("FAILED:", what)


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def once(pairs):
    """An object; no key stands in it twice."""
    keys = [key for key, _ in pairs]
    check(f"keys that stand twice in {keys}", len(keys) == len(set(keys)))
    return dict(pairs)


def run(*arguments, options=("--json",)):
    """The output, parsed strictly."""
    done = subprocess.run([PROGRAM, *arguments, *options], env=ENVIRONMENT, capture_output=True, timeout=300)
    title = " ".join(arguments)
    check(f"{title}: exit status {done.returncode}: {done.stderr.decode()}", done.returncode == 0)
    if not options:
        return done.stdout.decode()
    check(f"{title}: control characters", all(byte >= 32 or byte == 10 for byte in done.stdout))
    data = json.loads(done.stdout.decode("utf-8"), parse_constant=refuse, object_pairs_hook=once)
    check(f"{title}: says what it is", data["command"] == arguments[0] and isinstance(data["units"], dict))
    for path in data["units"]:
        check(f"{title}: units of {path}, which is not there", find(data, path.split(".")))
    return data


def find(data, path):
    if not path:
        return True
    if isinstance(data, list):
        return any(find(one, path) for one in data)
    return isinstance(data, dict) and path[0] in data and find(data[path[0]], path[1:])


def same(value, stored):
    return value is None if not math.isfinite(stored) else value == stored


def check_points(title, data, file):
    group = file["fixed_points"]
    check(f"{title}: number of points", len(data["fixed_points"]) == len(group["stability"]) > 0)
    for k, point in enumerate(data["fixed_points"]):
        check(f"{title}: energy", point["energy"] == group["density"][k, 1])
        check(f"{title}: kind", point["kind"].encode() == group["stability"][k])
        check(f"{title}: eigenvalues", all(same(one["real"], group["eigenvalues"][k, i].real)
                                           for i, one in enumerate(point["eigenvalues"])))


def test_tables():
    data = run("forces", "model.yaml", "-o", "table.h5")
    check("a name to be quoted", data["model"] == "a \"b\" \\ γ")
    with h5py.File("table.h5") as file:
        check_points("forces", data, file)
        check_points("fixed-points", run("fixed-points", "table.h5", "-o", "points.h5"), file)
    text = run("fixed-points", "table.h5", "-o", "points.h5", options=())
    saddle = next(one for one in data["fixed_points"] if one["kind"] == "saddle")
    check("text and JSON agree", "%.6g" % saddle["energy"] in text)
    data = run("fixed-points", "table.h5", "--scan", "gamma=0.8:0.95:4", "-o", "scan.h5")
    with h5py.File("scan.h5") as file:
        stored = file["scan/bifurcation_parameter"][:]
        check("bifurcations", [one["value"] for one in data["bifurcations"]] == list(stored))
    data = run("spectrum", "model.yaml", "-o", "spectrum.h5", "-q")
    with h5py.File("spectrum.h5") as file:
        check("levels", data["levels"] == len(file["spectrum/energy"]))
    listed = run("export", "table.h5")["datasets"]
    check("export", any(one["dataset"] == "/region/corners" for one in listed))


def test_converge():
    data = run("converge", "model.yaml", "--sites", "4:8", "--at", "0,-0.3", "-o", "ladder.h5")
    with h5py.File("ladder.h5") as file:
        quantities = {one["name"]: one for one in data["states"][0]["quantities"]}
        check("limit of e", quantities["e"]["limit"]["value"] == file["ladder/states/limit/density"][0, 1])
        check("error of e", same(quantities["e"]["limit"]["error"],
                                 file["ladder/states/limit/density_error"][0, 1]))


def test_operators():
    data = run("operators", "model.yaml")
    check("jump", data["channels"][0]["jump"] == "Sp[0] + Sm[0]")
    check("force", data["channels"][0]["force"]["magnetization"] == "-2*Z[0]")
    check("current", data["currents"]["magnetization"] == "-4*i*Sm[0]*Sp[1] + 4*i*Sp[0]*Sm[1]")


def test_transport():
    data = run("transport", "model.yaml", "--at", "0.3,-0.1", "--times", "9", "-o", "currents.h5", "-q")
    with h5py.File("currents.h5") as file:
        point, group = data["points"][0], file["transport"]
        check("sigma(t*)", point["reliable_onsager"] == list(group["reliable/onsager"][0].flat))
        check("C", point["susceptibility"] == list(group["susceptibility"][0].flat))
        check("verdict", point["verdict"].encode() == group["limit/verdict"][0])
        check("no D", point["diffusion"] == [None] * 4)
    check("units of D", data["units"]["points.diffusion"].startswith("energy a^2; a^2"))


def test_rates():
    data = run("rates", "model.yaml", "--sites", "4:6", "--epsilon", "0.1", "--lambda=-0.3,-0.2", "-o", "rates.h5")
    check("rates: of the longest chain", data["sites"] == 6 and "Two charges" in data["trial"]["verdict"])
    with h5py.File("rates.h5") as file:
        for key in ("second_moment", "energy", "magnetization"):
            check(f"rates: {key}", all(same(one[key], value) for one, value in zip(data["sectors"], file["/rates"][key])))
        check("rates: slowest rates", all(same(one["rate"], value) for one, value in zip(data["rates"], file["/rates/gap"])))
        check("rates: finite coupling", all(same(one["rate"], value) for one, value in
                                            zip(data["coupled"]["rates"], file["/rates/coupled/gap"])))
        for i, key in enumerate(("force_m", "force_e")):
            for name in ("exact", "smooth", "gibbs"):
                check(f"rates: {key}, {name}", all(same(one[name], value) for one, value in
                                                   zip(data[key], file["/rates/force"][name][:, i])))
        check("rates: by size", [one["sites"] for one in data["trial"]["odd"]] == [4, 6])
        check("rates: switching", all(same(one["exact"], row[0]) for one, row in zip(data["trial"]["odd"], file["/trial/odd"])))
    check("rates: its start", same(data["relaxation"]["lambda1"], -0.3) and len(data["relaxation"]["course"]) > 10)


def test_info():
    check("threads", run("info")["threads"] >= 1)
    data = run("info", "model.yaml", "--blocks")
    check("blocks", sum(one["states"] * one["copies"] for one in data["blocks"]) == 64)
    run("info", "model.yaml", "--blocks", "--method", "typicality", "-q")
    check("holds", "/density_grid" in run("info", "table.h5")["holds"])
    with h5py.File("table.h5", "r+") as file:
        file["model"].attrs["name"] = "\x1b[31m \x85"
        file["model"].attrs.create("parameters", b"J=1 \xff\xc0", dtype=h5py.string_dtype())
    data = run("info", "table.h5")
    check("control characters", data["model"] == "\x1b[31m \x85")
    check("no UTF-8", data["parameters"] == "J=1 \ufffd\ufffd")
    check("done", run("info", "noisy.h5")["done"] == 1)


def test_runs():
    for name, drive in ("noisy", 4), ("still", 0):
        with open(f"{name}.yaml", "w", encoding="utf-8") as file:
            file.write(ROW % drive)
        done = run("langevin", f"{name}.yaml", "-o", f"{name}.h5", "-q")
        data = run("walls", f"{name}.h5")
        with h5py.File(f"{name}.h5") as file:
            for k, point in enumerate(data["points"]):
                check(f"{name}: walls", point["walls"]["mean"] == file["walls/density"][k]
                      == done["points"][k]["walls"]["mean"])
                error = file["walls/standard_error"][k] or math.nan  # 0: nothing varied
                check(f"{name}: error", same(point["walls"]["standard_error"], error))
                check(f"{name}: exact", same(point["exact_cells"]["count_density"],
                                             file["exact/cells/count_density"][k]))
            forms = [one["form"].encode() for one in data["fits"]]
            check(f"{name}: fits", forms == (list(file["fits/form"][:]) if "fits" in file and drive else []))
    check("units", data["units"]["points.walls.mean"] == "1/a")


def kill(file, *arguments):
    """Kills a command as soon as it has kept something in `file`."""
    with subprocess.Popen([PROGRAM, *arguments], env=ENVIRONMENT) as process:
        while not os.path.exists(file) and process.poll() is None:
            time.sleep(0.005)
        process.kill()
    return os.path.exists(file)


def test_checkpoints():
    """How far a checkpoint is, as its datasets have it."""
    with open("long.yaml", "w", encoding="utf-8") as file:
        file.write(ROW.replace("end: 40", "end: 1000").replace("length: 400", "length: 4000") % 4)
    kill("long.h5", "langevin", "long.yaml", "-o", "long.h5", "-q", "--checkpoint", "0.01")
    data, walls = run("info", "long.h5"), run("walls", "long.h5")
    with h5py.File("long.h5") as file:
        done = file["run"].attrs["done"]
        steps = file["checkpoint/steps"][:].reshape(4, 2) if done < 1 else 0
        check("done", data["done"] == done == walls["done"] < 1)
        for k, point in enumerate(data["points"]):
            check("done of a point", abs(point["done"] - steps[k].sum() / 20000) < 1e-12)
            # Means are over the first realisation, or over both as far as they have come.
            taken = [max(int(one) // 10 - 10, 0) for one in steps[k]]
            both = min(taken)
            shape = (2, both) if 2 * both > taken[0] else (1, taken[0])
            series = file["statistics/wall_density"][k, :shape[0], 10:10 + shape[1]]
            mean = series.mean() if series.size else math.nan
            check("walls so far", point["walls"]["mean"] is None if series.size == 0
                  else abs(point["walls"]["mean"] - mean) < 1e-12)
    if kill("blocks.h5.blocks", "spectrum", os.path.join(MODELS, "xxz_jprime.yaml"), "--sites", "12",
            "-o", "blocks.h5", "-q", "--checkpoint", "0"):
        data = run("info", "blocks.h5.blocks")
        with h5py.File("blocks.h5.blocks") as file:
            check("blocks", data["finished"] == len(file["blocks/block"])
                  and data["matrices"] == file["blocks"].attrs["of"] and 0 < data["done"] <= 1)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("model.yaml", "w", encoding="utf-8") as model:
        model.write(MODEL)
    test_tables()
    test_converge()
    test_operators()
    test_transport()
    test_rates()
    test_runs()
    test_info()
    test_checkpoints()
    os.chdir("/")
print(f"{checks} checks, {failures} failed")
sys.exit(1 if failures or not checks else 0)
