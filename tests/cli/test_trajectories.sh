#!/bin/sh
# `gibbsflow trajectories`: what it prints, keeps, carries on and refuses. Usage: test_trajectories.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

# What is printed and kept, with what others say beside it.
test_ensemble() {
    accept forces "$reference" --sites 4 -o table.h5
    accept rates "$reference" --sites 4 --epsilon 0.2 -o exact.h5
    accept trajectories "$reference" --sites 4 --epsilon 0.2 --end 20 --interval 1 --trajectories 12 --at 0.2,0.4 \
        --rates exact.h5 --table table.h5 -o whole.h5
    check "ensemble: exact at its epsilon" contains "$said" "exact: P(M) at epsilon = 0.2"
    check "ensemble: its channels" contains "$said" "align"
    check "ensemble: where it starts" contains "$complained" "lambda = ("
    for name in time magnetization energy_error second_moment distribution/probability distribution/exact \
        force/measured force/exact force/table noise/measured_error noise/table jump_rate average/energy_error \
        realisations/probability realisations/finished; do
        check "ensemble: no $name" h5dump -H -d /trajectories/$name whole.h5 >/dev/null
    done
    accept info whole.h5
    check "ensemble: info" contains "$said" "/trajectories"
    accept trajectories --resume whole.h5 --json
    check "ensemble: JSON" contains "$said" '"by_magnetization"'
    refuse 1 "an ensemble of trajectories" forces whole.h5 -o other.h5
    refuse 1 "would be lost" spectrum "$reference" --sites 4 -o whole.h5
    if command -v gnuplot >/dev/null; then
        for kind in jumps trajectories; do
            accept figure whole.h5 --kind $kind -o $kind.pdf
            check "ensemble: no $kind.pdf" [ -s $kind.pdf ]
        done
    fi
}

unfinished() {
    h5dump -a /trajectories/done run.h5 2>/dev/null | grep -q '(0): 0'
}

# Threads, interruptions and more trajectories later: the same bits.
test_resumption() {
    set -- trajectories "$reference" --sites $(sized 10 6) --epsilon 0.2 --end $(sized 400 200) --interval 20 --seed 3
    accept "$@" --trajectories 40 --threads 1 -o one.h5
    accept "$@" --trajectories 15 --threads 2 -o more.h5
    accept trajectories --resume more.h5 --trajectories 40
    check "more: other results" h5diff -q one.h5 more.h5 /trajectories/realisations
    interrupt TERM run.h5 "$program" "$@" --trajectories 40 --threads 1 --checkpoint 0.01 -o run.h5
    check "interrupted: exit status $status" [ "$status" -eq 1 ]
    read_text $err
    check "interrupted: says '$text'" contains "$text" "--resume run.h5"
    refuse 1 "carry on with --resume" "$@" -o run.h5
    accept trajectories --resume run.h5
    check "interrupted: other results" h5diff -q one.h5 run.h5 /trajectories/realisations
    check "interrupted: other averages" h5diff -q one.h5 run.h5 /trajectories/distribution
}

test_refusals() {
    set -- trajectories "$reference" --sites 4
    refuse 2 "is needed" "$@"
    refuse 2 "expected a coupling above 0" "$@" --epsilon 0
    refuse 2 "expected a coupling above 0" "$@" --epsilon=-0.1
    refuse 2 "give one of them" "$@" --epsilon 0.1 --at 0,0 --lambda 0,0
    refuse 2 "expected two numbers" "$@" --epsilon 0.1 --at 0.3
    refuse 2 "takes --trajectories" trajectories --resume whole.h5 --epsilon 0.1
    refuse 1 "too many steps" "$@" --epsilon 1e300 --end 10 -o none.h5
    refuse 1 "too many steps" "$@" --epsilon 0.1 --end 1e300 -o none.h5
    refuse 1 "outside the reachable" "$@" --epsilon 0.1 --at 0.9,-1.5 -o none.h5
    refuse 1 "do not fill" "$@" --epsilon 0.1 --product udu -o none.h5
    refuse 1 "expected u, d" "$@" --epsilon 0.1 --product ux -o none.h5
    refuse 1 "--magnetization 3" "$@" --epsilon 0.1 --magnetization 3 -o none.h5
    refuse 1 "does nothing" "$@" --epsilon 0.1 --set J=0 -o none.h5
    refuse 1 "up to 20 sites" trajectories "$reference" --sites 22 --epsilon 0.1 --trajectories 1 -o none.h5
    refuse 1 "warm-up" "$@" --epsilon 0.1 --end 10 --warm-up 10 -o none.h5
    refuse 1 "holds no /rates" "$@" --epsilon 0.1 --rates table.h5 -o none.h5
    refuse 1 "of another length" trajectories "$reference" --sites 6 --epsilon 0.1 --end 1 --trajectories 2 \
        --rates exact.h5 -q
    check "refusal: a file was left" [ ! -e none.h5 ]
    accept trajectories "$models/pump_loss.yaml" --sites 4 --epsilon 0.2 --product ud+- --end 5 --trajectories 4
    accept trajectories "$reference" --sites 4 --epsilon 0.2 --magnetization 0 --lambda 0,-0.3 --end 5 --trajectories 4
}

test_ensemble
test_resumption
test_refusals
finish
