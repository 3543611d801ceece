#!/bin/sh
# `gibbsflow converge`. Usage: test_converge.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

# Both ladders of the shipped model, stored, read again and drawn.
test_converge() {
    accept converge "$reference" --sites 5:11 -o ladder.h5
    cp $out ladder
    for part in "fixed point, saddle" "fixed point, stable" "better of both 33 of 33 within" \
        "state at lambda1 = 0, lambda2 = -0.2596"; do
        check "converge: lacks '$part'" contains "$said" "$part"
    done
    check "converge: not a number" lacks "$said" "nan"
    accept converge ladder.h5 --sites 5:11 --threads 1
    check "converge: threads or the stored model change what is printed" cmp $out ladder
    accept info ladder.h5
    check "converge: not stored" contains "$said" "/ladder"
    accept fixed-points ladder.h5 # starts from its spectrum
    check "converge: no spectrum of the largest chain" contains "$said" "0.690933"
    accept converge "$models/dephasing.yaml" --sites 4:8 --at 0,-0.1 --at 0.3,0.2
    check "converge: points where there is a line" contains "$said" "no isolated fixed point"
    check "converge: the states asked for" contains "$said" "lambda1 = 0.3, lambda2 = 0.2"
    check "converge: a check from too few sizes" contains "$said" "it takes 7 sizes"
    refuse_to_write 1 "GiB of memory" converge "$reference" --sites 6:28
    refuse 1 "6 to 12 sites are 4 sizes of whole cells of 2; errors take 5 sizes" converge "$models/dimerised.yaml" --sites 6:12
    refuse 1 "no whole number of cells of 2" fixed-points "$models/dimerised.yaml" --sites 7
    refuse 1 "nowhere/new.h5: cannot be written" converge "$reference" --sites 4:8 -o nowhere/new.h5
    head -c 4000 ladder.h5 >short.h5
    refuse_to_write 1 "short.h5" figure short.h5
    command -v gnuplot >/dev/null || return
    accept figure ladder.h5 -o ladder.pdf
    check "figure: no ladder.pdf" [ "$(head -c 4 ladder.pdf)" = "%PDF" ]
    check "figure: complains of the ladder: $complained" [ ! -s $err ]
    states="--at 0,0 --at 0,0.1 --at 0,0.2 --at 0,0.3 --at 0,0.4 --at 0,0.5"
    # shellcheck disable=SC2086 # several words
    for shown in "" "6 of 7 states shown"; do
        accept converge "$reference" --sites 4:8 $states ${shown:+--at 0,0.6} -o states.h5
        accept figure states.h5 -o states.svg
        check "figure: how many states of a ladder" \
            [ "$(grep -o '[0-9]* of [0-9]* states shown' states.svg)" = "$shown" ]
    done
    refuse_to_write 1 "scan" figure ladder.h5 --kind scan
}

test_converge
finish
