#!/bin/sh
# `gibbsflow walls`: no precision that is not there. Usage: test_walls.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

write_run() { # NOISE
    cat >run.yaml <<END
equation: order-parameter
parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: $1, thermal: 0}
force: bare
space: {length: 400, spacing: 0.5}
time: {step: 0.05, end: 30, warm_up: 10, sample_every: 2}
integrator: heun
initial: {profile: [domains], domain: 100}
realisations: 1
walls: {smoothing: 4, threshold: 0.5}
sweep: {epsilon: [0.1, 0.15, 0.2, 0.3]}
END
}

# Without noise walls stand still: their number is what it is, and no statistics are made of it.
test_no_noise() {
    write_run 0
    accept langevin run.yaml -o run.h5
    accept walls run.h5
    check "no noise: complains: $complained" [ ! -s $err ]
    check "no noise: not said" contains "$said" "no noise"
    check "no noise: no walls" grep -Eq '^ +0.1 +0.01 +- +- +- +- ' $out
    check "no noise: asks for points" lacks "$said" "at least 3 points"
    check "no noise: no reason" contains "$said" "no fits: without noise"
}

# With too little noise to move a wall, nothing is known of the error.
test_frozen() {
    write_run 1e-6
    accept langevin run.yaml -o run.h5
    accept walls run.h5
    check "frozen: an error" grep -Eq '^ +0.1 +0.01 +- +1 .*too short' $out
    check "frozen: no warning" contains "$complained" "the number of walls never changed"
    check "frozen: a fit without errors" contains "$said" "3 points with walls and a standard error; there are 0"
}

test_no_noise
test_frozen
finish
