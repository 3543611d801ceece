#!/bin/sh
# `gibbsflow transport`: what it prints and keeps, and what it refuses. Usage: test_transport.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

half=$models/xxz_jprime_half.yaml

test_results() {
    accept transport "$half" --sites 8 --at 0,0 --at 0.5,-0.2 --end 4 --times 5 -o transport.h5
    check "transport: verdict" contains "$said" "not settled"
    check "transport: D of a ring: $said" lacks "$said" "D ="
    check "transport: K(0)" contains "$said" " 16             0            31 "
    accept info transport.h5
    check "transport: info: $said" contains "$said" "holds: /transport"
    for name in lambda density susceptibility mean_current time correlation correlation_error onsager \
        onsager_error drude reliable/time reliable/onsager limit/verdict limit/onsager limit/diffusion; do
        check "transport: no $name" h5dump -H -d "/transport/$name" transport.h5 >/dev/null
    done
    accept transport "$half" --sites 8 --grid 3,2 --symmetrised --json
    check "transport: JSON" contains "$said" '"verdict": "not settled"'
    accept transport "$half" --sites 6 --exact --alone --times 3
    check "transport: alone" lacks "$said" "beside"
    accept transport "$models/pump_loss.yaml" --sites 5 --at=-0.3,0.2 --times 3
    accept transport "$models/chiral.yaml" --sites 6 --times 3
    accept transport "$models/dimerised.yaml" --sites 8 --times 3
    accept transport "$reference" --sites 6 --set J=0 --set Jp=0 --at 0.2,0.1 --times 3 # nothing moves
    check "transport: nothing moves: $said" lacks "$said" "nan"
}

test_operator_space() {
    accept transport "$half" --method operator-space --strings 8 --at 0,0 --at=-0.1,0 --end 2 --times 3 -o operators.h5 --force
    check "transport: operator space: $said" contains "$said" "2 of 2 states settled or extrapolated"
    check "transport: operator space: D" contains "$said" "D = 72.3"
    for name in choices/longest choices/free choices/damping choices/onsager; do
        check "transport: no $name" h5dump -H -d "/transport/$name" operators.h5 >/dev/null
    done
    [ "$(sized all some)" = all ] || return # what follows are the same ways on other chains
    accept transport "$models/xxz_jprime.yaml" --method operator-space --strings 8 --end 1 --times 2
    check "transport: near an integrable chain" contains "$said" "a conservation law must be"
}

# Random vectors: the same from a checkpoint, which a finished run takes away.
test_vectors() {
    sed 's/^sites:.*/sites: 9/; $a typicality: {exact: 2}' "$half" >vectors.yaml
    set -- transport vectors.yaml --method typicality --end 2 --times 9 --at 0,0 --at 0.4,-0.2 --seed 5
    accept "$@" -o vectors.h5
    check "transport: vectors: $said" contains "$said" "2 random vectors in the largest sector beside N = 7"
    check "transport: vectors: $said" contains "$said" "statistical errors of sigma_11"
    check "transport: vectors: checkpoint is gone" test ! -e vectors.h5.vectors
    check "transport: vectors: scatter" h5dump -H -d /transport/onsager_scatter vectors.h5 >/dev/null
    "$program" export vectors.h5 /transport/onsager >vectors.csv
    accept "$@" -o again.h5 --threads 3 --checkpoint 0
    "$program" export again.h5 /transport/onsager >again.csv
    check "transport: vectors: threads" cmp -s vectors.csv again.csv
    accept figure vectors.h5 -o vectors.pdf
    echo "no HDF5" >broken.h5.vectors
    refuse 1 "remove this checkpoint to start anew" "$@" -o broken.h5
    check "transport: vectors: nothing is written" test ! -e broken.h5
    rm broken.h5.vectors
}

# Slow modes: a bound, and no D where they say nothing.
test_memory() {
    accept transport "$models/xxz_jprime.yaml" --sites 14 --method memory --at 0,-0.26 -o modes.h5
    check "transport: memory: $said" contains "$said" "lower bound"
    check "transport: memory: $said" contains "$said" "J_1 of magnetisation has no overlap"
    check "transport: memory: $said" contains "$said" "Jp^2 D = nan 0 0 4.2"
    for name in memory memory_error overlap; do
        check "transport: no modes/$name" h5dump -H -d "/transport/modes/$name" modes.h5 >/dev/null
    done
    refuse 1 "no K(t) to be drawn" figure modes.h5 -o modes.pdf
    refuse_to_write 1 "integrable: [0, 1]" transport "$half" --sites 8 --method memory
    refuse 2 "no --method operator-space or memory" transport "$half" --tail --method memory
}

test_tail() {
    accept transport "$half" --sites 10 --tail --strings 8 --weight 8 --at=0.3,-0.1 --end 2 --times 17 -o tail.h5
    check "transport: tail: $said" contains "$said" "1 of 1 states settled or extrapolated"
    check "transport: tail: ways" contains "$said" "ratio at t* of the smaller chain"
    for name in tail/lambda1 tail/time tail/way tail/onsager limit/reason; do
        check "transport: no $name" h5dump -H -d "/transport/$name" tail.h5 >/dev/null
    done
    [ "$(sized all some)" = all ] || return
    accept transport "$models/xxz_jprime.yaml" --sites 8 --tail --strings 8 --at 0,-0.26 --end 1 --times 9
    check "transport: tail near an integrable chain: $said" contains "$said" "at lambda2 = 0 and the same m"
}

# A table of D, and a run that takes it, with its errors.
test_table() {
    accept transport "$half" --sites 8 --table 9,9 --strings 8 --weight 8 --end 2 --times 17 -o diffusion.h5 -q
    check "transport: table: $said" contains "$said" "D on 9 x 9 nodes: known on"
    for name in magnetization energy matrix matrix_error relative_error origin; do
        check "transport: no /diffusion/$name" h5dump -H -d "/diffusion/$name" diffusion.h5 >/dev/null
    done
    accept forces "$half" --sites 6 -o forces.h5
    cat >run.yaml <<END
equation: hydrodynamics
table: forces.h5
parameters: {epsilon: 0.1, diffusion: diffusion.h5}
noise: {drive_scale: 0, thermal_scale: 0}
force: bare
space: {length: 5120, spacing: 64}
time: {step: 0.5, end: 40, sample_every: 10}
integrator: weak-trapezoidal
initial: {profile: wall}
sweep: {diffusion_scale: [-1, 0, 1]}
END
    accept langevin run.yaml -o run.h5 -q
    accept langevin run.yaml --set diffusion_scale=0 -o one.h5 -q
    for file in run one; do "$program" export $file.h5 /statistics/second_moment >$file.csv; done
    check "langevin: diffusion_scale 0 is another run" [ "$(sed -n '/^0,/p' run.csv | cut -d, -f2-)" = "$(sed -n '/^0,/p' one.csv | cut -d, -f2-)" ]
    check "langevin: diffusion_scale changes nothing" [ "$(sed -n '/^-1,/p' run.csv | cut -d, -f2-)" != "$(sed -n '/^1,/p' run.csv | cut -d, -f2-)" ]
    refuse 2 "expected how many values of m" transport "$half" --table 4294967305,9 -o t.h5 # 2^32 + 9
    refuse_to_write 1 "D is not positive at" langevin run.yaml --set diffusion_scale=-100
    sed 's/diffusion: diffusion.h5/diffusion: 1/' run.yaml >number.yaml
    refuse_to_write 1 "which only a file has" langevin number.yaml
    if [ "$(sized all some)" = all ]; then
        refuse_to_write 1 "so no table of it" transport "$models/xxz_jprime.yaml" --sites 8 --table 5,5 --strings 8 --end 1 --times 9 -q
    fi
    command -v gnuplot >/dev/null || return
    accept figure diffusion.h5 -o diffusion.pdf
    accept figure tail.h5 --beside tail.h5 -o beside.svg
    refuse 1 "its first state is another" figure tail.h5 --beside diffusion.h5 -o new.pdf
    refuse 1 "--beside belongs to --kind transport" figure diffusion.h5 --beside tail.h5 -o new.pdf
}

# The same file for any number of threads.
test_threads() {
    for threads in 1 3; do
        accept transport "$half" --sites 9 --at 0.5,-0.2 --times 9 --threads $threads -o threads$threads.h5 -q
        "$program" export threads$threads.h5 /transport/onsager >threads$threads.csv
    done
    check "transport: threads" cmp -s threads1.csv threads3.csv
}

test_refusals() {
    refuse 2 "expected LAMBDA1,LAMBDA2" transport "$half" --at 0.3
    refuse 2 "expected how many values" transport "$half" --grid 3
    refuse 2 "give one of them" transport "$half" --grid 3,3 --at 0,0
    refuse 2 "expected full, typicality, operator-space or memory" transport "$half" --method guess
    refuse 2 "full or typicality" transport "$half" --method operator-space --exact
    refuse 2 "belong to --method typicality" transport "$half" --samples 4
    refuse 2 "expected 2 to" transport "$half" --method typicality --samples 1
    refuse 2 "expected 2 to" transport "$half" --method typicality --samples 0
    refuse 2 "with --method operator-space" transport "$half" --strings 9
    refuse 2 "number of sites" transport "$half" --method operator-space --strings 0
    refuse 2 "number of letters" transport "$half" --weight 6
    refuse 2 "number of letters" transport "$half" --method operator-space --weight=-1
    refuse 2 "number of letters" transport "$half" --tail --weight 0
    refuse_to_write 1 "a weight of 2 is too small" transport "$half" --method operator-space --weight 2
    refuse_to_write 1 "use --method full there" transport "$half" --method operator-space --at 0,0.1
    refuse_to_write 1 "take 8 to 16" transport "$half" --method operator-space --strings 7
    refuse_to_write 1 "boundary: periodic" transport "$models/pump_loss.yaml" --method operator-space
    refuse 2 "no --method operator-space or memory, no --alone" transport "$half" --tail --alone
    refuse 2 "leave out --at and --grid" transport "$half" --table 9,9 --at 0,0 -o table.h5
    refuse 2 "needs a file for the table" transport "$half" --table 9,9
    refuse 2 "an odd number" transport "$half" --table 8,9 -o table.h5
    refuse 2 "expected a positive time" transport "$half" --end=-1
    refuse 2 "--times 1" transport "$half" --times 1
    refuse_to_write 1 "too short for a current" transport "$half" --sites 4
    refuse_to_write 1 "beyond what double precision holds" transport "$half" --sites 6 --at 0,1000
    refuse_to_write 1 "lost to rounding" transport "$half" --sites 6 --end 1e12 --exact
    refuse_to_write 1 "of memory" transport "$half" --sites 30 -q
}

test_results
test_operator_space
test_vectors
$(sized test_memory :) # two long chains: tests/transport/test_memory.c has shorter ones
test_tail
test_table
test_threads
test_refusals
finish
