#!/bin/sh
# End-to-end tests of the two-field equation: a table, runs from it, --table, kill -9 and resume, what
# files hold, figures, refusals. Usage: test_hydrodynamics.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

content() {
    h5dump -m '%.17g' -g /statistics -g /snapshots -g /walls -g /moments "$1" |
        sed -e '/^HDF5 /d' -e 's/DATASET [0-9]* "/DATASET "/'
}

"$program" forces -q "$models/xxz_jprime.yaml" --sites 8 -o fig2.h5 > /dev/null || fail "the table"
length=$(sized 4000 600)
cat > run.yaml << END
equation: hydrodynamics
table: fig2.h5
parameters: {epsilon: 0.02, diffusion: 1}
noise: {cutoff: 32}
force: renormalised
space: {length: $length, spacing: 8}
time: {step: 8, end: 24000, warm_up: 8000, sample_every: 400}
integrator: weak-trapezoidal
initial: {profile: [random, wall], domain: 500}
realisations: 4
walls: {smoothing: 64, threshold: 0.5}
snapshots: {every: 1600, spacing: 40}
sweep: {epsilon: [0.01, 0.02]}
END

# --- the same file after kill -9 and resume, without the table ---------------------------------

unfinished() {
    h5dump -a /run/done run.h5 | grep -q '(0): 0'
}

expect 0 "outside the region" "$program" langevin run.yaml -o whole.h5
interrupt KILL run.h5 "$program" langevin -q run.yaml -o run.h5 --checkpoint 0.02
check "killed, but exit status $status" [ "$status" -eq 137 ]
mv fig2.h5 away.h5
expect 0 "" "$program" langevin -q --resume run.h5
mv away.h5 fig2.h5
content whole.h5 >whole.txt
content run.h5 >parts.txt
check "the file after kill -9 and resume is another" cmp -s whole.txt parts.txt
h5dump -a /run/table run.h5 | grep -qF '"fig2.h5"' || fail "the file forgets its table"

# --- what a file holds ---------------------------------------------------------------------------

h5dump -A whole.h5 > layout.txt
for text in '"Ito"' '"weak-trapezoidal"' '"/statistics/outside"' 'GROUP "fitted_grid"'; do
    grep -qF "$text" layout.txt || grep -qF "${text##*/}" layout.txt || fail "no $text in the file"
done
h5dump -H -d /statistics/mean whole.h5 | grep -qF "( 2, 4, 60, 2 )" || fail "shape of the mean"
h5dump -H -d /snapshots/field whole.h5 | grep -qF "( 2, 4, 15, $((length / 40)), 2 )" || fail "shape of snapshots"
"$program" walls whole.h5 > walls.txt || fail "walls"
grep -qF "cutoff = 32" walls.txt || fail "walls tells no cutoff"
"$program" info whole.h5 | grep -qF "hydrodynamics" || fail "info"

# --- blocks, --table, rates ----------------------------------------------------------------------

mkdir elsewhere
cat > elsewhere/block.yaml << 'END'
equation: hydrodynamics
parameters: {epsilon: 0.02}
noise: {}
space: {cells: 20, sites: 24}
time: {step: 1, end: 8000, sample_every: 20}
integrator: euler-maruyama
initial: {profile: fixed-point, which: stable+}
snapshots: {every: 20, spacing: 24}
histogram: {from: -1, to: 1, bins: 20, energy: {from: -1, to: 1, bins: 15}}
END
expect 1 "table" "$program" langevin elsewhere/block.yaml -o block.h5
expect 0 "" "$program" langevin elsewhere/block.yaml --table fig2.h5 -o block.h5
grep -qF "coefficients: renormalised" err.txt || fail "blocks are not told of their coefficients"
grep -qF "blocks switch every" err.txt || fail "the switching time is not told"
h5dump -d /switching/mean_time block.h5 | grep -q "(0): [0-9]" || fail "no switching time"
expect 0 "" "$program" langevin elsewhere/block.yaml --table fig2.h5 --set gamma=0.95 -o other.h5
expect 0 "" "$program" langevin elsewhere/block.yaml --table fig2.h5 --set flip=0.05 -o other.h5
expect 1 "colour" "$program" langevin elsewhere/block.yaml --table fig2.h5 --set colour=1 -o no.h5
expect 1 "absent.h5" "$program" langevin elsewhere/block.yaml --table absent.h5 -o no.h5
expect 1 "name another with --table" "$program" langevin elsewhere/block.yaml --table absent.h5 -o no.h5
expect 2 "no --table" "$program" langevin --resume block.h5 --table fig2.h5
for reading in bare renormalised; do
    sed "s/^noise:.*/noise: {}\ncoefficients: $reading/" elsewhere/block.yaml > elsewhere/$reading.yaml
    expect 0 "" "$program" langevin elsewhere/$reading.yaml --table fig2.h5 -o $reading.h5
    if grep -qF "coefficients: renormalised" err.txt; then
        fail "coefficients are asked for though given"
    fi
    h5dump -a /run/noise $reading.h5 | grep -qF "\"$reading\"" || fail "the file forgets: $reading"
    content $reading.h5 > $reading.txt
done
content block.h5 > block.txt
check "bare is not what no key means" cmp -s block.txt bare.txt
cmp -s block.txt renormalised.txt && fail "renormalised coefficients change nothing"
expect 1 "two stable" "$program" langevin run.yaml --set gamma=0.8 -o no.h5
expect 1 "no thermal" "$program" langevin elsewhere/block.yaml --table fig2.h5 --set thermal_scale=2 \
    -o no.h5
[ ! -e no.h5 ] || fail "a command that failed has left a file"

# --- figures and shipped runs --------------------------------------------------------------------

if command -v gnuplot > /dev/null; then
    for kind in space-time walls trajectories; do
        expect 0 "" "$program" figure whole.h5 --kind $kind -o $kind.png
        [ -s $kind.png ] || fail "no figure $kind"
    done
    expect 0 "" "$program" figure block.h5 -o block.svg
    sed 's/profile:.*/profile: fixed-point, which: stable+}/' run.yaml > still.yaml
    expect 0 "" "$program" langevin still.yaml --set drive_scale=0 --set thermal_scale=0 -o still.h5
    expect 1 "no walls were counted" "$program" figure still.h5 --kind walls -o no.png
    expect 1 "does not hold" "$program" figure whole.h5 --kind profile -o no.png
fi

# Shipped run files, in Release alone: the code they run has been through the sanitizers by now.
shipped() { # NAME ARGUMENTS...
    file=$1
    shift
    expect 0 "" "$program" langevin "$models/hydrodynamics$file.yaml" --table fig2.h5 "$@" -o shipped.h5
}
if [ "$(sized 1 0)" = 1 ]; then
    shipped "" --set end=160000 --set length=400
    shipped _wall --set end=1000
    shipped _block --set cells=2 --set end=400000
    shipped _density --set epsilon=0.015 --set length=800 --set realisations=2 --set end=204800
fi

finish
