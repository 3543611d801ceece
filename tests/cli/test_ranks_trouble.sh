#!/bin/sh
# Trouble in jobs of several ranks: one is killed, or refuses, or its disk is full; a time limit. What was
# finished is kept, and another number of ranks carries on.
# Usage: test_ranks_trouble.sh PROGRAM MODELS
here=$(dirname "$(realpath "$0")")
. "$here/expect.sh"
. "$here/ranks.sh"
half=$models/xxz_jprime_half.yaml
write_run

# says_once LABEL STATUS TEXT: it failed, and one rank says why.
says_once() {
    check "$1: exit status $status" [ $status -eq "$2" ]
    check "$1: not once '$3': $(cat $err)" [ "$(grep -cF -- "$3" $err)" -eq 1 ]
}

# goes_on FILE: it is not there yet, or as before; for `log` there is no line of progress beyond the first steps,
# of which nothing is kept.
goes_on() {
    if [ "$1" = log ]; then
        ! grep -q '[1-9][0-9]*\.[0-9] % after' $err
    else
        [ ! -s "$1" ] || cmp -s "$1" logs/before
    fi
}

# part N SIGNAL WHOM FILE ARGUMENTS...: a job that gets a signal, itself (mpirun passes SIGUSR1 on and
# lets the ranks end by themselves) or its last rank, as soon as there is a new FILE.
part() {
    count=$1 signal=$2 whom=$3 file=$4
    shift 4
    rm -f logs/before
    [ ! -e "$file" ] || cp "$file" logs/before
    mpirun -n "$count" "$program" "$@" >$out 2>$err </dev/null &
    job=$!
    while goes_on "$file" && kill -0 $job 2>/dev/null; do
        sleep 0.05
    done
    process=$job
    [ "$whom" = mpirun ] || process=$(sed 's/.* \([0-9]\)/\1/; s/ *$//' "/proc/$job/task/$job/children")
    kill "-$signal" "$process"
    wait $job
    status=$?
}

# carries_on LABEL N ARGUMENTS...: to the same result as that of one process in whole.h5.
carries_on() {
    label=$1 count=$2
    shift 2
    ranks "$count" "$@"
    check "$label: $(cat $err)" [ $status -eq 0 ]
    same "$label" whole.h5 part.h5
}

# test_resumed COMMAND ARGUMENTS...: what goes on with --resume.
test_resumed() {
    command=$1
    accept "$@" -q -f -o whole.h5
    part 3 USR1 mpirun part.h5 "$@" -q --checkpoint 0.05 -o part.h5
    says_once "$command, SIGUSR1" 1 "carry on with 'gibbsflow $command --resume part.h5'"
    part 2 KILL rank part.h5 "$command" --resume part.h5 -q --checkpoint 0.05
    check "$command: a rank was killed, but exit status $status" [ $status -ne 0 ]
    check "$command: a rank was killed: no checkpoint" "$program" info part.h5 >$out
    carries_on "$command, resumed" 4 "$command" --resume part.h5 -q
    rm -f part.h5
}

# The last checkpoint would have been long ago: it is made when the signal comes. `--progress 0` says when
# something is finished.
test_kept() { # WHAT FILE ARGUMENTS...
    what=$1 kept=$2
    shift 2
    accept "$@" -q -f -o whole.h5
    part 2 USR1 mpirun log "$@" --progress 0 --checkpoint 1000 -o part.h5
    check "$1, SIGUSR1: exit status $status" [ $status -ne 0 ]
    check "$1, SIGUSR1: not said: $(cat $err)" grep -q "$what that were finished .* are kept in $kept" $err
    check "$1, SIGUSR1: no $kept" [ -s "$kept" ]
    carries_on "$1, the same again" 3 "$@" -o part.h5
    check "$1: $what were not taken: $(cat $err)" grep -q "finished .* were taken from $kept" $err
    check "$1: $kept is left" [ ! -e "$kept" ]
    rm -f part.h5
}

# Between blocks that all ranks do together; other ranks round otherwise.
test_distributed() {
    set -- spectrum "$reference" --sites 12 --no-symmetry --distribute-from 200 -q
    accept "$@" -f -o whole.h5
    part 3 USR1 mpirun part.h5.blocks "$@" -o part.h5
    check "distributed, SIGUSR1: exit status $status" [ $status -ne 0 ]
    check "distributed, SIGUSR1: not told once: $(cat $err)" [ "$(grep -c 'are kept in part.h5.blocks' $err)" -eq 1 ]
    ranks 2 "$@" -o part.h5
    check "distributed, the same again: $(cat $err)" [ $status -eq 0 ]
    h5diff -d 1e-7 whole.h5 part.h5 >logs/diff 2>&1
    check "distributed, the same again: $(cat logs/diff)" lacks "$(cat logs/diff)" "dataset:"
    rm -f part.h5
}

# A rank is killed while blocks, or vectors, are at work.
test_killed() { # ARGUMENTS...
    part 3 KILL rank part.h5.blocks "$@" -q --checkpoint 0 -o part.h5
    check "$2: a rank was killed, but exit status $status" [ $status -ne 0 ]
    accept "$@" -q -f -o whole.h5
    carries_on "$2: the same again" 2 "$@" -q -o part.h5
    rm -f part.h5
}

# What one rank alone meets ends all. The transport that MPI prefers on one machine would hit the limit
# itself.
test_one_rank() {
    job -n 1 "$program" spectrum "$reference" --sites 6 -o new.h5 : \
        -n 1 "$program" spectrum nothing.yaml -o new.h5
    says_once "one rank's input" 1 "rank 1: gibbsflow spectrum: nothing.yaml: cannot be read"
    echo 'ulimit -v 3000000 && exec "$@"' >little
    [ "${GF_SANITIZED-0}" = 1 ] ||
        job -n 1 "$program" spectrum "$reference" --sites 16 --no-symmetry -q -o new.h5 : \
            -n 1 sh little "$program" spectrum "$reference" --sites 16 --no-symmetry -q -o new.h5
    [ "${GF_SANITIZED-0}" = 1 ] ||
        says_once "one rank's memory" 1 "rank 1: gibbsflow spectrum: full diagonalisation of 16 sites"
    echo 'ulimit -f 8 && exec "$@"' >small
    job --mca btl self,tcp -n 1 sh small "$program" spectrum "$reference" --sites 8 -q -o new.h5 : \
        -n 1 "$program" spectrum "$reference" --sites 8 -q -o new.h5
    says_once "rank 0's disk" 1 "gibbsflow spectrum: new.h5: cannot be written: File too large"
    ranks 3 langevin run.yaml --set lengt=3 -o new.h5
    says_once "wrong input" 1 "--set lengt: the run has nothing of that name"
    check "files of jobs that failed" [ ! -e new.h5 ]
}

test_resumed langevin run.yaml --set end=10000
test_resumed trajectories "$reference" --sites 8 --epsilon 0.5 --trajectories 300 --end 40
[ "${GF_SANITIZED-0}" = 1 ] ||
    test_kept blocks part.h5.blocks spectrum "$reference" --sites 12 --no-symmetry
{ cat "$half" && echo 'typicality: {exact: 3}'; } >few.yaml # so that there are vectors
{ cat "$half" && echo 'method: typicality' && echo 'typicality: {exact: 3, deflate: 0}'; } >random.yaml
test_kept "random vectors" part.h5.blocks spectrum random.yaml --sites 14
test_kept "random vectors" part.h5.vectors transport few.yaml --sites 12 --method typicality --times 9
[ "${GF_SANITIZED-0}" = 1 ] || test_distributed
test_killed spectrum "$reference" --sites 12 --no-symmetry
test_killed spectrum few.yaml --sites 14 --method typicality
test_one_rank
finish
