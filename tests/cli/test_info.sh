#!/bin/sh
# `gibbsflow info`. Usage: test_info.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

accept spectrum "$reference" --sites 6 -o spectrum.h5
accept forces spectrum.h5 -o forces.h5

test_info() {
    accept info
    check "info: no version" contains "$said" "gibbsflow "
    check "info: no threads" contains "$said" "threads: "
    accept info "$reference" --sites 10 --set gamma=0.8
    for part in "model: xxz-jprime" "sites: 10" "flip (rate 0.2)" \
        "symmetries: translation, reflection, spin flip, complex conjugation"; do
        check "info MODEL: lacks '$part'" contains "$said" "$part"
    done
    accept info "$reference" --sites 10 --no-symmetry
    check "info --no-symmetry: no whole sector" contains "$said" " 252 "
    accept info forces.h5
    for part in "forces spectrum.h5 -o forces.h5" "sites: 6" "gamma=0.9" /spectrum /lambda_grid \
        /density_grid /fixed_points; do
        check "info FILE.h5: lacks '$part'" contains "$said" "$part"
    done
}

test_info
finish
