#!/bin/sh
# Commands that are interrupted: no debris, and files that are whole or as before.
# Usage: test_interruption.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

accept spectrum "$reference" --sites 6 -o spectrum.h5
accept forces spectrum.h5 -o forces.h5

# in_list WORD LIST...: true if the word is one of the others.
in_list() {
    word=$1
    shift
    for one in "$@"; do
        [ "$one" = "$word" ] && return 0
    done
    return 1
}

# interrupt_after SIGNAL SECONDS ARGUMENTS... -o FILE: whenever the signal comes, there is no debris, and
# FILE is either as it was before or complete; blocks that are kept can be read.
interrupt_after() {
    signal=$1 seconds=$2
    shift 2
    remember_files
    timeout --preserve-status -s "$signal" "$seconds" "$program" "$@" >$out 2>$err
    status=$?
    [ $status -eq 0 ] || stopped=$((stopped + 1))
    title="SIG$signal after $seconds s, $*"
    case $signal in INT) expected=130 ;; TERM) expected=143 ;; HUP) expected=129 ;; esac
    check "$title: exit status $status" in_list "$status" 0 "$expected"
    for result in new.h5 old.h5 new.h5.blocks old.h5.blocks; do
        if [ -e $result ] && ! cmp -s $result old.pdf; then
            check "$title: incomplete $result" "$program" info $result >$out
        fi
    done
    rm -f new.h5 new.h5.blocks old.h5.blocks new.h5.vectors old.h5.vectors # what was finished is kept: below
    echo "the old file" >old.h5
    check_files "$title"
}

test_interruption() {
    write_model large.yaml grid 'grid: {lambda1: {from: -3, to: 3, points: 401}, lambda2: {from: -1, to: 1, points: 401}, energy: {points: 11}}'
    stopped=0
    for signal in INT TERM; do
        for seconds in 0.01 0.1 0.4 1; do
            interrupt_after "$signal" $seconds forces "$reference" --sites 14 -o old.h5
        done
        interrupt_after "$signal" 0.7 forces "$reference" --sites 14 -o new.h5
    done
    interrupt_after HUP 0.3 forces "$reference" --sites 14 -o new.h5
    check "no diagonalisation was interrupted" [ $stopped -gt 0 ]
    stopped=0
    for attempt in $(seq "$(sized 20 6)"); do
        byte=$(od -An -N1 -tu1 /dev/urandom)
        case $((attempt % 2)) in 0) signal=INT ;; 1) signal=TERM ;; esac
        interrupt_after "$signal" "0.$(printf %03d $((2 * byte)))" forces large.yaml -o old.h5
    done
    check "no table was interrupted" [ $stopped -gt 0 ]
}

# Whatever transport is at: levels, vectors in time, strings, points, writing.
test_interruption_of_transport() {
    half=$models/xxz_jprime_half.yaml
    sed 's/^sites:.*/sites: 9/; $a typicality: {exact: 2}' "$half" >vectors.yaml
    stopped=0
    for seconds in 0.05 0.2 0.5; do
        interrupt_after INT $seconds transport "$half" --sites 12 --grid 41,41 -o old.h5
        interrupt_after TERM $seconds transport vectors.yaml --method typicality --grid 99,9 --checkpoint 0 -o new.h5
        interrupt_after INT $seconds transport "$half" --sites 8 --table 9,9 --strings 8 --end 2 --times 17 -o old.h5
    done
    check "no transport was interrupted" [ $stopped -gt 0 ]
}

# Random vectors are kept when all are done; what is then made of them is not waited for. The grid of the second
# run has the same lambda2, which is what vectors depend on.
test_kept_vectors() {
    set -- transport vectors.yaml --method typicality --end 2 --seed 5 --checkpoint 1000 -o kept.h5
    "$program" "$@" --grid 500,9 >$out 2>$err </dev/null &
    process=$!
    while [ ! -e kept.h5.vectors ] && kill -0 $process 2>/dev/null; do
        sleep 0.01
    done
    kill -TERM $process
    wait $process 2>/dev/null
    status=$?
    read_text $err
    check "kept vectors: exit status $status" [ "$status" -eq 143 ]
    check "kept vectors: says '$text'" contains "$text" "are kept in kept.h5.vectors"
    check "kept vectors: debris" [ "$(echo kept.h5*)" = kept.h5.vectors ]
    accept "$@" --grid 1,9
    check "kept vectors: not used: $complained" contains "$complained" "finished vectors were taken from kept.h5.vectors"
    check "kept vectors: left behind" [ ! -e kept.h5.vectors ]
    rm -f kept.h5
}

# interrupt_in_place SECONDS: `fixed-points FILE.h5` killed while it may be at work on its copy.
interrupt_in_place() {
    cp large.h5 before.h5
    remember_files
    timeout --preserve-status -s INT "$1" "$program" fixed-points large.h5 >$out 2>$err
    status=$?
    [ $status -eq 0 ] || stopped=$((stopped + 1))
    check_files "fixed-points in place, interrupted after $1 s"
    check "fixed-points in place: exit status $status" in_list "$status" 0 130
    accept info large.h5 # complete in any case
    check "fixed-points in place: not stored" contains "$said" "/fixed_points"
    rm -f ./*.part # counted above
}

# test_kept_blocks SIGNAL STATUS: what is diagonalised is kept at once, though no checkpoint was due, and the
# user is told how to go on.
test_kept_blocks() {
    "$program" spectrum "$reference" --sites 12 --no-symmetry --checkpoint 1000 --progress 0 -o kept.h5 \
        >$out 2>$err </dev/null &
    process=$!
    while ! grep -q '^diagonalising: .* % after ' $err && kill -0 $process 2>/dev/null; do
        sleep 0.01
    done
    kill "-$1" $process
    wait $process 2>/dev/null
    status=$?
    read_text $err
    check "kept blocks, SIG$1: exit status $status" [ "$status" -eq "$2" ]
    check "kept blocks: says '$text'" contains "$text" "are kept in kept.h5.blocks"
    check "kept blocks: not there" [ -s kept.h5.blocks ]
    accept spectrum "$reference" --sites 12 --no-symmetry -o kept.h5
    check "kept blocks: not used: $complained" contains "$complained" "were taken from kept.h5.blocks"
    check "kept blocks: left behind" [ ! -e kept.h5.blocks ]
    rm -f kept.h5
}

# Operator space keeps nothing, and says so.
test_nothing_kept() {
    remember_files
    "$program" transport "$models/xxz_jprime_half.yaml" --method operator-space --progress 0 -o new.h5 \
        >$out 2>$err </dev/null &
    process=$!
    while ! grep -q '^currents in operator space: .* % after ' $err && kill -0 $process 2>/dev/null; do
        sleep 0.01
    done
    kill -TERM $process
    wait $process 2>/dev/null
    status=$?
    read_text $err
    check "nothing kept: exit status $status" [ "$status" -eq 143 ]
    check "nothing kept: says '$text'" contains "$text" "interrupted; nothing is kept"
    check_files "nothing kept"
}

test_interruption_in_place() {
    accept forces large.yaml -o large.h5
    stopped=0
    for seconds in 0.02 0.04 0.06 0.09 0.12 0.16; do
        interrupt_in_place $seconds
    done
    check "no search was interrupted" [ $stopped -gt 0 ]
}

# True while a gnuplot works in this folder.
drawing() {
    for one in /proc/[0-9]*; do
        [ "$(readlink "$one/cwd")" = "$folder" ] && grep -qs gnuplot "$one/comm" && return 0
    done
    return 1
}

# The program alone is told to stop, not its process group: gnuplot must not go on without it.
test_interruption_of_figures() {
    command -v gnuplot >/dev/null || return
    remember_files
    stopped=0
    for seconds in 0.05 0.08 0.11 0.14; do
        timeout --foreground --preserve-status -s TERM $seconds "$program" figure forces.h5 -o new.pdf \
            >$out 2>$err || stopped=$((stopped + 1))
        rm -f new.pdf
    done
    check "no figure was interrupted" [ $stopped -gt 0 ]
    for try in $(seq 100); do
        drawing || break
        sleep 0.1
    done
    check "gnuplot goes on after its program" [ "$try" -lt 100 ]
    rm -f new.pdf
    check_files "interrupted figures"
    rm -f ./*.part
}

# What was told to survive a hangup survives it, whenever and however often one comes.
test_hangup() {
    trap '' HUP # before the program starts, which may otherwise be hit too early
    "$program" forces "$reference" --sites 12 -o new.h5 >$out 2>$err </dev/null &
    trap 'exit 2' HUP
    hangups=0
    while [ ! -e new.h5 ] && kill -HUP $! 2>/dev/null; do
        hangups=$((hangups + 1))
        sleep 0.02
    done
    wait $!
    status=$?
    check "exit status $status after $hangups hangups" [ $status -eq 0 ]
    check "no result after $hangups hangups" [ -s new.h5 ]
    check "only $hangups hangups" [ $hangups -gt 1 ]
    rm -f new.h5
}

test_kept_blocks TERM 143
test_kept_blocks USR1 138
test_nothing_kept
test_interruption
test_interruption_of_transport
test_kept_vectors
test_interruption_in_place
test_interruption_of_figures
test_hangup
finish
