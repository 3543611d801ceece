#!/bin/sh
# `gibbsflow spectrum`: killed and continued, and what does not fit in memory.
# Usage: test_spectrum.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

# Some blocks are kept, not all.
unfinished() {
    [ -e killed.h5.blocks ] && [ ! -e killed.h5 ] || {
        rm -f killed.h5
        false
    }
}

test_killed_diagonalisation() {
    sites=$(sized 13 12)
    interrupt KILL killed.h5.blocks "$program" spectrum "$reference" --sites "$sites" --checkpoint 0 \
        -o killed.h5
    check "spectrum: killed, but exit status $status" [ $status -eq 137 ]
    check "spectrum: no checkpoint" [ -e killed.h5.blocks ]
    cp killed.h5.blocks kept.blocks
    refuse 1 "another model" spectrum "$reference" --sites "$sites" --set Delta=2 -o killed.h5
    refuse 1 "other symmetries" spectrum "$reference" --sites "$sites" --no-symmetry -o killed.h5
    check "spectrum: changes a foreign checkpoint" cmp -s killed.h5.blocks kept.blocks
    accept spectrum "$reference" --sites "$sites" -o killed.h5
    check "spectrum: says '$complained'" contains "$complained" "taken from killed.h5.blocks"
    check "spectrum: leaves its checkpoint" [ ! -e killed.h5.blocks ]
    accept spectrum "$reference" --sites "$sites" -o direct.h5
    accept fixed-points direct.h5
    whole=$said
    accept fixed-points killed.h5
    check "spectrum: a kill changes the result" [ "$said" = "$whole" ]
    rm -f killed.h5 direct.h5 kept.blocks
    for interval in -1 nan; do
        refuse_to_write 2 "--checkpoint takes" spectrum "$reference" --checkpoint $interval
    done
}

test_memory() {
    for command in spectrum forces fixed-points; do
        refuse_to_write 1 "GiB of memory" $command "$reference" --sites 28
    done
    run info "$reference" --sites 28
    check "info --sites 28: exit status $status" [ $status -eq 1 ]
    check "info --sites 28: says $complained" contains "$complained" "GiB of memory"
}

# Days of work, or more memory than there is: both point to random vectors.
test_advice() {
    "$program" spectrum "$reference" --sites 22 -o long.h5 2>$err &
    waits=0
    while kill -0 $! 2>/dev/null && ! grep -q typicality $err && [ $waits -lt 600 ]; do
        waits=$((waits + 1))
        sleep 0.1
    done
    kill -KILL $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    check "22 sites: says '$(head -c 300 $err)'" grep -q -- "--method typicality" $err
    rm -f long.h5*
}

test_killed_diagonalisation
test_memory
[ "$(sized 1 0)" = 0 ] || test_advice
finish
