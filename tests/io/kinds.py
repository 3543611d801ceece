"""Files of every kind that gibbsflow writes, small, for the tests that look into them."""
import os
import signal
import subprocess
import time

ENVIRONMENT = dict(os.environ, LC_ALL="C", OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive")
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):  # a report must not pass for an ordinary failure
    ENVIRONMENT[name] = "exitcode=99:" + os.environ.get(name, "")

UNIT = "meV"  # of energy, of the files made from model.yaml

ROW = """equation: order-parameter
parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: 4, thermal: 0.5}
force: renormalised
space: {length: %d, spacing: 1}
time: {step: 0.1, end: %d, warm_up: 2, sample_every: 1}
integrator: heun
initial: {profile: [random, domains]}
realisations: 2
walls: {smoothing: 4, threshold: 0.5}
snapshots: {every: 2, spacing: 10}
histogram: {from: -2, to: 2, bins: 6}
sweep: {epsilon: [0.1, 0.2]}
"""

WELL = """equation: double-well
parameters: {alpha: 0.2, mu: 1}
space: {length: 50, spacing: 1}
time: {step: 0.05, end: 10, warm_up: 5, sample_every: 1}
integrator: leimkuhler-matthews
initial: {profile: uniform}
histogram: {from: -2, to: 2, bins: 6}
"""

FIELDS = """equation: hydrodynamics
table: table.h5
parameters: {epsilon: 0.02, diffusion: %s}
noise: {cutoff: 32}
force: renormalised
space: {length: %d, spacing: 8}
time: {step: 8, end: %d, warm_up: 160, sample_every: 80}
integrator: weak-trapezoidal
initial: {profile: [random, wall], domain: 80}
realisations: 2
walls: {smoothing: 64, threshold: 0.5}
snapshots: {every: 160, spacing: 40}
histogram: {from: -1, to: 1, bins: 4, energy: {from: -1, to: 1, bins: 3}}
sweep: {epsilon: [0.01, 0.02]}
"""

BLOCKS = """equation: hydrodynamics
table: table.h5
parameters: {epsilon: 0.02}
noise: {}
space: {cells: 20, sites: 24}
time: {step: 1, end: 800, sample_every: 20}
integrator: euler-maruyama
initial: {profile: fixed-point, which: stable+}
snapshots: {every: 20, spacing: 24}
"""


# What runs measure on request, to be added to the texts above.
ROW_MEASURES = """correlations: {lag: 2, distance: 20, spacing: 4}
domains: {to: 50, bins: 5}
"""
FIELDS_MEASURES = """correlations: {lag: 160, distance: 80, spacing: 16}
domains: {to: 400, bins: 4}
"""
BLOCKS_MEASURES = "correlations: {lag: 40, every: 20}\n"


def run(program, *arguments, timeout=300):
    """The exit status and what it prints on the error stream."""
    done = subprocess.run(
        [program, *arguments], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=timeout)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def make(program, *arguments):
    status, _, error = run(program, *arguments)
    if status != 0:
        raise SystemExit(f"gibbsflow {' '.join(arguments)}: exit status {status}: {error}")


def interrupt(program, file, final, *arguments):
    """Kills a command when it has written `file`, a checkpoint, and not yet `final`."""
    for _ in range(20):
        with subprocess.Popen([program, *arguments], env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            while not os.path.exists(file) and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        if os.path.exists(file) and not final():
            return
        if os.path.exists(file):
            os.remove(file)
    raise SystemExit(f"gibbsflow {' '.join(arguments)} could not be interrupted")


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def is_complete(name):
    import h5py
    with h5py.File(name) as file:
        return file["run"].attrs["done"] >= 1


def make_all(program, models, few=False):
    """Fills the working directory; returns the names of the files, of a few kinds alone if these will do."""
    reference = os.path.join(models, "xxz_jprime.yaml")
    small = open(reference, encoding="utf-8").read()
    small = small[:small.index("\ngrid:")] if "\ngrid:" in small else small
    small = small.replace("energy_unit: J", f"energy_unit: {UNIT}")
    write("model.yaml", small + "\ngrid: {lambda1: {from: -2, to: 2, points: 5}, "
          "lambda2: {from: -1, to: 1, points: 4}, magnetization: {points: 6}, energy: {points: 7}}\n")
    write("sampled.yaml", "method: typicality\ntypicality: {exact: 6, samples: 8}\n"
          + open("model.yaml", encoding="utf-8").read())
    make(program, "spectrum", "model.yaml", "--sites", "6", "-o", "spectrum.h5")
    make(program, "forces", "spectrum.h5", "-o", "table.h5")
    if few:
        make(program, "fixed-points", "spectrum.h5", "--scan", "gamma=0.8:0.95:4", "-o", "scan.h5")
        write("row.yaml", ROW % (100, 10))
        make(program, "langevin", "-q", "row.yaml", "-o", "row.h5")
        return ["spectrum.h5", "table.h5", "scan.h5", "row.h5"]
    make(program, "forces", "sampled.yaml", "--sites", "8", "-o", "sampled.h5", "-q")
    make(program, "fixed-points", "spectrum.h5", "--scan", "gamma=0.8:0.95:4", "-o", "scan.h5")
    make(program, "fixed-points", "model.yaml", "--sites", "6", "--scan", "Delta=0.5:2:5", "--scan",
         "gamma=0.8:0.99:6", "-o", "phase.h5")
    make(program, "forces", os.path.join(models, "dephasing.yaml"), "--sites", "4", "-o", "lines.h5")
    make(program, "converge", "model.yaml", "--sites", "4:9", "-o", "ladder.h5")
    make(program, "transport", "model.yaml", "--sites", "6", "--at", "0,0", "--at=0.4,-0.2", "--times", "5", "-o",
         "currents.h5")
    make(program, "transport", "model.yaml", "--set", "Jp=0.5", "--sites", "8", "--table", "5,5", "--strings", "8",
         "--end", "2", "--times", "17", "-o", "diffusion.h5", "-q")
    make(program, "rates", "model.yaml", "--sites", "4:5", "-o", "trial.h5", "-q")
    make(program, "rates", "model.yaml", "--sites", "4", "--at", "0,0.2", "--epsilon", "0.1", "-o", "rates.h5",
         "-q")
    make(program, "trajectories", "model.yaml", "--sites", "4", "--epsilon", "0.5", "--trajectories", "4", "--end",
         "4", "--rates", "rates.h5", "--table", "table.h5", "-o", "jumps.h5", "-q")
    make(program, "spectrum", os.path.join(models, "pump_loss.yaml"), "--sites", "4",
         "--no-symmetry", "-o", "plain.h5")
    interrupt(program, "killed.h5.blocks", lambda: os.path.exists("killed.h5"), "spectrum",
              reference, "--sites", "10", "--checkpoint", "0", "-o", "killed.h5")
    write("row.yaml", ROW % (100, 10) + ROW_MEASURES)
    write("well.yaml", WELL)
    write("fields.yaml", FIELDS % ("1", 400, 800) + FIELDS_MEASURES)
    write("matrix.yaml", FIELDS % ("transport.h5", 400, 800))
    write("blocks.yaml", BLOCKS + BLOCKS_MEASURES)
    write_transport("transport.h5")
    for name in ("row", "well", "fields", "blocks", "matrix"):
        make(program, "langevin", "-q", f"{name}.yaml", "-o", f"{name}.h5")
    make(program, "instanton", "-q", "row.yaml", "--tolerance", "0.05", "-o", "instanton.h5")
    write("row_part.yaml", ROW % (1000, 200) + ROW_MEASURES)
    write("fields_part.yaml", FIELDS % ("1", 8000, 16000) + FIELDS_MEASURES)
    for name in ("row_part", "fields_part"):
        interrupt(program, f"{name}.h5", lambda: is_complete(f"{name}.h5"), "langevin", "-q",
                  f"{name}.yaml", "-o", f"{name}.h5", "--checkpoint", "0.01")
    return ["spectrum.h5", "table.h5", "sampled.h5", "scan.h5", "phase.h5", "lines.h5", "ladder.h5",
            "plain.h5", "killed.h5.blocks", "currents.h5", "diffusion.h5", "trial.h5", "rates.h5",
            "jumps.h5", "instanton.h5", "row.h5", "well.h5", "fields.h5", "blocks.h5", "matrix.h5",
            "row_part.h5", "fields_part.h5"]


def write_transport(name):
    """Diffusion as a user would give it."""
    import h5py
    import numpy
    with h5py.File(name, "w") as file:
        file["diffusion/magnetization"] = numpy.linspace(-1, 1, 5)
        file["diffusion/energy"] = numpy.linspace(-1, 1, 4)
        file["diffusion/matrix"] = numpy.eye(2) * numpy.ones((5, 4, 1, 1))
