#!/bin/sh
# Jobs of several ranks: the files of one process, a checkpoint that another number of ranks carries on, and
# trouble on one of them. For builds with GIBBSFLOW_MPI.
# Usage: test_ranks.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"
for tool in mpirun h5diff; do
    command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1

# ranks N ARGUMENTS...: the program as N ranks.
ranks() {
    count=$1
    shift
    timeout 60 mpirun -n "$count" "$program" "$@" >$out 2>$err </dev/null
    status=$?
}

# same LABEL FILE FILE: bit by bit, but for the command and the date.
same() {
    h5diff "$2" "$3" >logs/diff 2>&1
    other=$(grep -v -e '^attribute: <\(command\|date\) of </>>' -e 'differences found' logs/diff)
    check "$1: $other" [ -s logs/diff ] && check "$1: $other" [ -z "$other" ]
}

# as_one RANKS ARGUMENTS...: what so many ranks write is what one process does.
as_one() {
    numbers=$1
    shift
    accept "$@" -q -f -o one.h5
    for several in $numbers; do
        ranks "$several" "$@" -q -f -o several.h5
        check "$1, $several ranks: $(cat $err)" [ $status -eq 0 ]
        same "$1, $several ranks" one.h5 several.h5
    done
}

# says_once LABEL STATUS TEXT: it failed, and one rank says why.
says_once() {
    check "$1: exit status $status" [ $status -eq "$2" ]
    check "$1: not once '$3': $(cat $err)" [ "$(grep -cF -- "$3" $err)" -eq 1 ]
}

cat >run.yaml <<'RUN'
equation: order-parameter
parameters: {epsilon: 0.1, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: 4, thermal: 0}
force: bare
space: {length: 64, spacing: 0.5, boundary: periodic}
time: {step: 0.05, end: 100, warm_up: 10, sample_every: 1}
integrator: leimkuhler-matthews
initial: {profile: [random, domains], amplitude: 1, domain: 20}
realisations: 3
seed: 6
walls: {smoothing: 0, threshold: 0.5}
snapshots: {every: 10, spacing: 4}
histogram: {from: -2, to: 2, bins: 20}
sweep:
  epsilon: [0.1, 0.2]
  stretch: [2, 1]
RUN

as_one "1 2 4" langevin run.yaml
as_one 3 spectrum "$reference" --sites 8
# Blocks that all ranks do together: other eigenvectors' rounding, the same levels.
accept spectrum "$reference" --sites 10 -q -f -o one.h5
ranks 3 spectrum "$reference" --sites 10 --distribute-from 20 -q -f -o several.h5
check "distributed: $(cat $err)" [ $status -eq 0 ]
h5diff -d 1e-11 one.h5 several.h5 >logs/diff 2>&1
check "distributed: other levels: $(cat logs/diff)" lacks "$(cat logs/diff)" "dataset:"
ranks 2 rates "$reference" --sites 4 --distribute-from 2 -o new.h5
says_once "distributed rates" 2 "--distribute-from goes with commands that want levels alone"
as_one 4 spectrum "$reference" --sites 10 --method typicality --samples 8
as_one 3 forces "$reference" --sites 6
as_one 2 trajectories "$reference" --sites 4 --epsilon 0.5 --trajectories 6 --end 4
as_one 3 fixed-points "$reference" --sites 4 --scan gamma=0.8:0.95:4
as_one 2 fixed-points "$reference" --sites 4 --scan Delta=0.5:1.5:3 --scan gamma=0.8:0.95:3

# A run that ends early, and other numbers of ranks carry on. mpirun passes SIGUSR1 on and lets the ranks
# end by themselves. part N SIGNAL WHOM ARGUMENTS...: sends it to mpirun or to its last rank, when there
# is a new checkpoint.
part() {
    count=$1 signal=$2 whom=$3
    shift 3
    [ ! -e part.h5 ] || cp part.h5 logs/before
    mpirun -n "$count" "$program" langevin "$@" -q --checkpoint 0.05 >$out 2>$err </dev/null &
    job=$!
    while { [ ! -e part.h5 ] || cmp -s part.h5 logs/before; } && kill -0 $job 2>/dev/null; do
        sleep 0.05
    done
    process=$job
    [ "$whom" = mpirun ] || process=$(sed 's/.* \([0-9]\)/\1/; s/ *$//' "/proc/$job/task/$job/children")
    kill "-$signal" "$process"
    wait $job
    status=$?
}
long='--set end=20000'
# shellcheck disable=SC2086
accept langevin run.yaml $long -q -o whole.h5
# shellcheck disable=SC2086
part 3 USR1 mpirun run.yaml $long -o part.h5
says_once "SIGUSR1" 1 "carry on with 'gibbsflow langevin --resume part.h5'"
part 2 KILL rank --resume part.h5
check "a rank was killed, but exit status $status" [ $status -ne 0 ]
check "a rank was killed: no checkpoint" "$program" info part.h5 >$out
ranks 4 langevin --resume part.h5 -q
check "resume: $(cat $err)" [ $status -eq 0 ]
same "resume" whole.h5 part.h5

# Wrong input, seen by all; trouble of one rank alone; a place that cannot be written to.
ranks 3 langevin run.yaml --set lengt=3 -o new.h5
says_once "wrong input" 1 "--set lengt: the run has nothing of that name"
ranks 2 langevin run.yaml -o nowhere/new.h5
says_once "no such folder" 1 "nowhere/new.h5: cannot be written"
mpirun -n 1 "$program" spectrum "$reference" --sites 6 -o new.h5 : \
    -n 1 "$program" spectrum nothing.yaml -o new.h5 >$out 2>$err </dev/null
status=$?
says_once "one rank" 1 "rank 1: gibbsflow spectrum: nothing.yaml: cannot be read"
check "files of jobs that failed" [ ! -e new.h5 ]
ranks 4 --version
check "more than one rank prints" [ "$(cat $out)" = "$("$program" --version)" ]
finish
