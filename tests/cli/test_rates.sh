#!/bin/sh
# `gibbsflow rates`: what it prints and keeps, and what it refuses. Usage: test_rates.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

# Two lengths: what is printed, kept and drawn.
test_ladder() {
    accept rates "$reference" --sites 4:6 -o trial.h5
    check "ladder: the exact values" contains "$said" "0.69768164"
    check "ladder: a verdict" contains "$said" "Two charges"
    check "ladder: switching" contains "$said" "switching"
    for name in /rates/sector /rates/second_moment /rates/population /rates/gap /rates/gap_parity \
        /rates/distribution/joint /rates/block/probability /rates/force/exact /rates/force/spread /trial/sites /trial/odd; do
        check "ladder: no $name" h5dump -H -d $name trial.h5 >/dev/null
    done
    accept info trial.h5
    check "ladder: info" contains "$said" "xxz-jprime"
    refuse 1 "a rate equation" forces trial.h5 -o other.h5
    refuse 1 "would be lost" spectrum "$reference" --sites 4 -o trial.h5
    if command -v gnuplot >/dev/null; then
        accept figure trial.h5 -o trial.pdf
        check "ladder: no figure" [ -s trial.pdf ]
    fi
}

test_relaxation() {
    accept rates "$reference" --sites 5 --lambda=-0.4,-0.2 --end 3
    check "relaxation: not said" contains "$said" "relaxation from lambda = (-0.4, -0.2)"
    accept rates "$models/dephasing.yaml" --sites 4
    check "dephasing: not said" contains "$said" "the bath conserves more than F"
}

# Levels that coincide are named: of six sites at J' = 0.5 two pairs at E = 0.
test_coincidences() {
    accept rates "$reference" --sites 6 --set Jp=0.5
    check "coincidences: not named" contains "$said" "levels that coincide: E = "
    check "coincidences: of which" contains "$said" "momentum 3, reflection -1"
    check "coincidences: the nearest" contains "$said" "the nearest others: E = "
}

# The whole Lindbladian beside its limit.
test_coupling() {
    accept rates "$reference" --sites 4 --epsilon 0.1 -o coupled.h5
    check "coupling: not said" contains "$said" "the whole Lindbladian at epsilon = 0.1"
    check "coupling: orders: $said" contains "$said" "    +1      -4:4        1            0            0            0"
    for name in second_moment energy magnetization probability gap gap_parity; do
        check "coupling: no $name" h5dump -H -d /rates/coupled/$name coupled.h5 >/dev/null
    done
    accept rates "$models/dephasing.yaml" --sites 4 --epsilon 0.1 # a state for each M, at any coupling
    check "coupling: dephasing: $said" contains "$said" "     -       2:2        4   0.25000000   0.00000000   0.50000000"
}

# Interrupted between two lengths, or within one: no file, no debris.
test_interruption() {
    remember_files
    for seconds in $(sized "0.3 0.8 1.5" 0.5); do
        timeout --preserve-status -s INT $seconds "$program" rates "$reference" --sites 8:14 -o new.h5 \
            >$out 2>$err
        status=$?
        check "interrupted after $seconds s: exit status $status" [ $status -eq 130 ]
        check_files "interrupted after $seconds s"
    done
}

test_refusals() {
    refuse 2 "expected a coupling above 0" rates "$reference" --sites 4 --epsilon 0
    refuse 2 "expected a coupling above 0" rates "$reference" --sites 4 --epsilon=-0.1
    refuse 2 "expected a coupling above 0" rates "$reference" --sites 4 --epsilon 1x
    refuse 2 "expected N, or FROM:TO" rates "$reference" --sites 8:6
    refuse 2 "expected N, or FROM:TO" rates "$reference" --sites 17
    refuse 2 "expected two numbers" rates "$reference" --sites 4 --at 0.3
    refuse 2 "give one of them" rates "$reference" --sites 4 --at 0,0 --lambda 0,0
    refuse 2 "--end" rates "$reference" --sites 4 --end=-1
    refuse 1 "outside the reachable" rates "$reference" --sites 4 --at 0.9,-1.5 -o none.h5
    refuse 1 "does nothing" rates "$reference" --sites 4 --set J=0 -o none.h5
    check "refusal: a file was left" [ ! -e none.h5 ]
}

test_ladder
test_relaxation
test_coincidences
test_coupling
test_interruption
test_refusals
finish
