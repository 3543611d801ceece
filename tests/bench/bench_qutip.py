#!/usr/bin/python3
"""Trajectories of the shipped chain (J' = 0.5, epsilon = 0.1): QuTiP's mcsolve against gibbsflow, side by side.

Usage: bench_qutip.py PROGRAM MODEL [SITES [ROUNDS]]

Both (QuTiP: Debian package python3-qutip) take one core, start with all spins along x and take samples of m and e. QuTiP has its
turn twice, with its own tolerances and with those at which it is as accurate as gibbsflow. How accurate is found from what no
random number enters, held against the exponential of H - i epsilon/2 sum L'L:

  <H>/N   at the samples before the first jump
  clock   |psi|^2 at the first jump beside the number that it falls to, relative: QuTiP's from its seeds; of gibbsflow that of
          the same seed at twice the coupling, which has the same number

Times are those of the processor, per trajectory and unit of time, the making of operators left out: of gibbsflow the difference
between a long and a short run.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import h5py
import numpy
import qutip
from scipy.sparse.linalg import expm_multiply

EPSILON, GAMMA, NEXT = 0.1, 0.9, 0.5
TIME, SAMPLES, TRAJECTORIES = 10, 21, 8
OWN = {}
TIGHT = {"atol": 1e-15, "rtol": 1e-13, "norm_tol": 1e-11, "norm_t_tol": 1e-14, "norm_steps": 60, "nsteps": 100000}


class Chain:
    def __init__(self, sites):
        def at(operators):
            one = [qutip.qeye(2)] * sites
            for site, operator in operators.items():
                one[site % sites] = operator
            return qutip.tensor(one)

        x, y, z = qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()
        up, down = (1 + z) / 2, (1 - z) / 2
        plus, minus = (x + 1j * y) / 2, (x - 1j * y) / 2
        self.sites, self.hamiltonian, self.jumps = sites, 0, []
        for j in range(sites):
            self.hamiltonian += sum(at({j: a, j + 1: a}) for a in (x, y, z))
            self.hamiltonian += NEXT * sum(at({j: a, j + 2: a}) for a in (x, y))
            align = at({j - 1: up, j: plus, j + 1: up}) + at({j - 1: down, j: minus, j + 1: down})
            self.jumps += [numpy.sqrt(1 - GAMMA) * at({j: x}), numpy.sqrt(GAMMA) * align]
        self.start = qutip.tensor([(qutip.basis(2, 0) + qutip.basis(2, 1)).unit()] * sites)
        self.magnetization = sum(at({j: z}) for j in range(sites))
        self.decay = sum(jump.dag() * jump for jump in self.jumps)
        self.times = numpy.linspace(0, TIME, SAMPLES)
        states = expm_multiply(-1j * self.damped(EPSILON), self.start.full().ravel(), 0, TIME, SAMPLES)
        self.energy = [(psi.conj() @ (self.hamiltonian.data @ psi)).real / (psi.conj() @ psi).real / sites for psi in states]

    def damped(self, epsilon):
        return (self.hamiltonian - 0.5j * epsilon * self.decay).data.tocsc()

    def norm(self, epsilon, when):
        """|psi|^2 if there was no jump."""
        psi = expm_multiply(-1j * when * self.damped(epsilon), self.start.full().ravel())
        return (psi.conj() @ psi).real


# --- QuTiP ---------------------------------------------------------------------------------------


def run_qutip(chain, tolerances):
    options = qutip.Options(num_cpus=1, average_expect=False, **tolerances)
    options.seeds = numpy.arange(1, TRAJECTORIES + 1)
    jumps = [numpy.sqrt(EPSILON) * jump for jump in chain.jumps]
    observables = [chain.magnetization / chain.sites, chain.hamiltonian / chain.sites]
    begin = time.process_time()
    result = qutip.mcsolve(chain.hamiltonian, chain.start, chain.times, jumps, observables, ntraj=TRAJECTORIES, options=options,
                           progress_bar=None, map_func=qutip.serial_map)
    return result, 1e3 * (time.process_time() - begin) / (TIME * TRAJECTORIES)


def errors_of_qutip(chain, result):
    energy, clock = 0, 0
    for k in range(TRAJECTORIES):
        first = result.col_times[k][0] if len(result.col_times[k]) > 0 else numpy.inf
        before = chain.times < first
        energy = max(energy, numpy.abs(numpy.subtract(result.expect[k][1], chain.energy)[before]).max())
        if numpy.isfinite(first):
            fallen_to = numpy.random.RandomState(k + 1).rand(2)[0]
            clock = max(clock, abs(chain.norm(EPSILON, first) / fallen_to - 1))
    return energy, clock


# --- gibbsflow -----------------------------------------------------------------------------------


class Program:
    def __init__(self, path, model, sites):
        self.command = [path, "trajectories", model, "--quiet", "--threads", "1", f"--sites={sites}", "--product=+"]

    def run(self, *options):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        printed = subprocess.run(self.command + list(options), check=True, capture_output=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return printed, 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def milliseconds(self, trajectories):
        return self.run(f"--epsilon={EPSILON}", f"--end={TIME}", "--interval=0.5", f"--trajectories={trajectories}")[1]

    def has_jumped(self, epsilon, seed, when):
        printed, _ = self.run(f"--epsilon={epsilon}", f"--seed={seed}", f"--end={when!r}", f"--interval={when!r}", "--warm-up=0",
                              "--trajectories=1", "--json")
        return json.loads(printed)["jump_rate"] > 0

    def first_jump(self, epsilon, seed):
        low, high = 0, 1
        while not self.has_jumped(epsilon, seed, high):
            low, high = high, 2 * high
        while high - low > 1e-13 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if self.has_jumped(epsilon, seed, middle) else (middle, high)
        return high


def errors_of_gibbsflow(chain, program):
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "out.h5")
        program.run(f"--epsilon={EPSILON}", f"--end={TIME}", "--interval=0.5", "--trajectories=16", f"--output={name}")
        with h5py.File(name) as file:
            away = numpy.abs(file["trajectories/realisations/energy"] - numpy.array(chain.energy))
    energy, clock = away[away < 1e-6].max(), 0  # a jump changes <H>/N by far more
    for seed in (1, 2):
        norms = [chain.norm(factor * EPSILON, program.first_jump(factor * EPSILON, seed)) for factor in (1, 2)]
        clock = max(clock, abs(norms[0] / norms[1] - 1))
    return energy, clock


# --- side by side --------------------------------------------------------------------------------


def report(name, times, errors, ours):
    print(f"{name:28} {numpy.median(times):8.3g} ms {numpy.median(times) / numpy.median(ours):8.3g} times as long"
          f"   <H>/N off by {errors[0]:.1g}, clock by {errors[1]:.1g}")


def main():
    sites = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    chain, program = Chain(sites), Program(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sites)
    own, tight, ours, many = [], [], [], max(2, 400 * 2**10 // 2**sites)
    for _ in range(rounds):
        loose_result, spent = run_qutip(chain, OWN)
        own.append(spent)
        tight_result, spent = run_qutip(chain, TIGHT)
        tight.append(spent)
        ours.append((program.milliseconds(many + 1) - program.milliseconds(1)) / (many * TIME))
    print(f"{sites} sites, processor time per trajectory and unit of time, medians of {rounds}:")
    report(f"QuTiP {qutip.__version__}, own tolerances", own, errors_of_qutip(chain, loose_result), ours)
    report("QuTiP, as accurate", tight, errors_of_qutip(chain, tight_result), ours)
    report("gibbsflow", ours, errors_of_gibbsflow(chain, program), ours)


main()
