#!/usr/bin/python3
"""Trajectories of the shipped chain (J' = 0.5, epsilon = 0.1): QuTiP's mcsolve against gibbsflow, side by side.

Usage: bench_qutip.py PROGRAM MODEL [SITES [ROUNDS]]

QuTiP (Debian package python3-qutip) with its own tolerances, one process; gibbsflow (1e-12) on one thread. Both start with all
spins along x and take samples of m and e. Times are those of the processor, per trajectory and unit of time, the making of
operators left out: of gibbsflow the difference between a long and a short run.
"""
import os
import resource
import subprocess
import sys
import time

import numpy
import qutip

EPSILON, GAMMA, NEXT = 0.1, 0.9, 0.5
TIME, TRAJECTORIES = 10, 8


def qutip_model(sites):
    def at(operators):
        one = [qutip.qeye(2)] * sites
        for site, operator in operators.items():
            one[site % sites] = operator
        return qutip.tensor(one)

    x, y, z = qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()
    up, down = (1 + z) / 2, (1 - z) / 2
    plus, minus = (x + 1j * y) / 2, (x - 1j * y) / 2
    hamiltonian, jumps = 0, []
    for j in range(sites):
        hamiltonian += sum(at({j: a, j + 1: a}) for a in (x, y, z))
        hamiltonian += NEXT * sum(at({j: a, j + 2: a}) for a in (x, y))
        jumps.append(numpy.sqrt(EPSILON * (1 - GAMMA)) * at({j: x}))
        align = at({j - 1: up, j: plus, j + 1: up}) + at({j - 1: down, j: minus, j + 1: down})
        jumps.append(numpy.sqrt(EPSILON * GAMMA) * align)
    start = qutip.tensor([(qutip.basis(2, 0) + qutip.basis(2, 1)).unit()] * sites)
    magnetization = sum(at({j: z}) for j in range(sites))
    return hamiltonian, start, jumps, [magnetization / sites, hamiltonian / sites]


def seconds_of_qutip(model):
    options = qutip.Options(num_cpus=1)
    begin = time.process_time()
    qutip.mcsolve(model[0], model[1], numpy.linspace(0, TIME, 21), model[2], model[3], ntraj=TRAJECTORIES,
                  options=options, progress_bar=None, map_func=qutip.serial_map)
    return (time.process_time() - begin) / (TIME * TRAJECTORIES)


def seconds_of_gibbsflow(program, model, sites, trajectories):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, "trajectories", model, "--quiet", "--threads", "1", f"--sites={sites}", f"--epsilon={EPSILON}",
                    f"--end={TIME}", "--interval=0.5", "--product=+", f"--trajectories={trajectories}"],
                   check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    program, model = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    sites = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    theirs, ours, many = [], [], max(2, 400 * 2**10 // 2**sites)
    made = qutip_model(sites)
    for _ in range(rounds):
        theirs.append(1e3 * seconds_of_qutip(made))
        long, short = (seconds_of_gibbsflow(program, model, sites, count) for count in (many + 1, 1))
        ours.append(1e3 * (long - short) / (many * TIME))
    print(f"{sites} sites, ms of processor time per trajectory and unit of time, medians of {rounds}:")
    print(f"QuTiP {qutip.__version__}: {numpy.median(theirs):.3g}   gibbsflow: {numpy.median(ours):.3g}   "
          f"ratio {numpy.median(theirs) / numpy.median(ours):.0f}")


main()
