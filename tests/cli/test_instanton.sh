#!/bin/sh
# `gibbsflow instanton`: run files and runs, what files hold, the law in `walls` and figures, refusals.
# Usage: test_instanton.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

# c of the table that was printed, in column 2 of its first row.
printed() {
    awk '!/^#/ { print $2; exit }' $out
}

# between LOW VALUE HIGH
between() {
    echo "$1 $2 $3" | awk '{ exit !($1 < $2 && $2 < $3) }'
}

cat >run.yaml <<'END'
equation: order-parameter
parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: 4, thermal: 0}
force: bare
space: {length: 400, spacing: 0.5}
time: {step: 0.05, end: 100, warm_up: 10, sample_every: 2}
integrator: heun
initial: {profile: [random, domains], domain: 100}
realisations: 2
walls: {smoothing: 0, threshold: 0.5}
sweep: {epsilon: [0.1, 0.2, 0.4]}
END

# --- a run file, and its result --------------------------------------------------------------------

accept instanton run.yaml --tolerance 0.01 -o c.h5
check "c is $(printed), not 0.4949" between 0.490 "$(printed)" 0.500
check "memory is not told: $complained" contains "$complained" "GiB of memory"
check "not said that c is the same at every coupling" contains "$said" "the same at every epsilon"
for path in c error error_part action parameter path/0/time path/0/field path/0/momentum \
    path/0/action_density; do
    h5dump -H -d "/instanton/$path" c.h5 >/dev/null 2>&1 || fail "no /instanton/$path"
done
h5dump -a /instanton/law c.h5 | grep -qF 'exp(-c/sqrt(epsilon))' || fail "the law is not in the file"
accept info c.h5
check "info: $said" contains "$said" "least action: order-parameter"
accept instanton -q run.yaml --set drive=2 --set epsilon=0.1 --tolerance 0.01
check "drive: 2 gives $(printed)" between 0.980 "$(printed)" 1.000
check "complains though quiet: $complained" [ ! -s $err ]

# --- added to a run ---------------------------------------------------------------------------------

accept langevin -q run.yaml -o run.h5
accept walls -q run.h5
check "a law before there is one" lacks "$said" "law of rare walls"
accept instanton -q run.h5 --tolerance 0.01
accept walls -q run.h5
check "no law in walls" contains "$said" "the law of rare walls, computed"
check "no local exponents" contains "$said" "# x = 0.1, 0.2: c ="
check "not said what the simulation says of it" contains "$said" "# the simulation "
check "exact approach" contains "$said" "(E1-E0)/2 keeps to the law"
accept instanton -q run.h5 --tolerance 0.01 # again, in its place

# --- blocks and the double well ----------------------------------------------------------------------

accept instanton -q "$models/fig1.yaml" -o well.h5
check "double well: $(printed)" between 2.4975 "$(printed)" 2.5025
"$program" forces -q "$reference" --sites 6 -o fig2.h5 >/dev/null || fail "the table"
accept instanton -q "$models/hydrodynamics_block.yaml" --table fig2.h5 -o block.h5
check "blocks: $(printed)" between 0.020 "$(printed)" 0.035
check "blocks: no second departure" contains "$said" "from the state of smaller m"
test_rates() { # the slowest ones of blocks with bare coefficients
    sed 's/renormalised.*/bare/; /^snapshots/d' "$models/hydrodynamics_block.yaml" >bare.yaml
    c=$(printed)
    for sites in 100 125; do
        "$program" instanton -q bare.yaml --table fig2.h5 --set sites=$sites 2>$err |
            sed -n 's/.*slowest rate \([0-9.e-]*\) .*/\1/p'
    done >rates
    slope=$(xargs <rates | awk '{ print log($1 / $2) / 25 }')
    check "rates fall by $slope a site, not by c = $c" between "$c" "$slope" "$(echo "$c" | awk '{ print 1.1 * $1 }')"
}
$(sized test_rates :)

if command -v gnuplot >/dev/null; then
    for figure in "c.h5 path" "well.h5 path" "block.h5 path" "run.h5 walls" "run.h5 path" "run.h5 law"; do
        accept figure ${figure% *} --kind ${figure#* } -o figure.png
        check "no figure of $figure" [ -s figure.png ]
    done
    refuse 1 "does not hold" figure run.h5 --kind profile -o figure.pdf
fi

# --- refusals ----------------------------------------------------------------------------------------

refuse_to_write 1 "without noise" instanton -q run.yaml --set drive=0
refuse_to_write 1 "conserved noise alone" instanton -q run.yaml --set drive=0 --set thermal=1
refuse_to_write 1 "two stable" instanton -q "$models/hydrodynamics.yaml" --table fig2.h5 --set gamma=0.8
refuse_to_write 1 "is a force table" instanton -q fig2.h5
refuse_to_write 2 "--tolerance 1" instanton -q run.yaml --tolerance 1
refuse 2 "go with run files" instanton run.h5 --set gamma=0.9
refuse 1 "which would be lost" instanton -q run.yaml -o fig2.h5

finish
