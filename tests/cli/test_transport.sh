#!/bin/sh
# `gibbsflow transport`: what it prints and keeps, and what it refuses. Usage: test_transport.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

half=$models/xxz_jprime_half.yaml

test_results() {
    accept transport "$half" --sites 8 --at 0,0 --at 0.5,-0.2 --end 4 --times 5 -o transport.h5
    check "transport: verdict" contains "$said" "not settled"
    check "transport: D of a ring: $said" lacks "$said" "D ="
    check "transport: K(0)" contains "$said" " 16.000000    0.000000   31.000000 "
    run info transport.h5
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
    refuse 2 "expected full" transport "$half" --method guess
    refuse 2 "expected a positive time" transport "$half" --end=-1
    refuse 2 "--times 1" transport "$half" --times 1
    refuse_to_write 1 "too short for a current" transport "$half" --sites 4
    refuse_to_write 1 "beyond what double precision holds" transport "$half" --sites 6 --at 0,1000
    refuse_to_write 1 "lost to rounding" transport "$half" --sites 6 --end 1e12 --exact
    refuse_to_write 1 "of memory" transport "$half" --sites 30 -q
}

test_results
test_threads
test_refusals
finish
