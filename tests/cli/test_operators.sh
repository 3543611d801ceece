#!/bin/sh
# `gibbsflow operators`, and the fixed points of every shipped model.
# Usage: test_operators.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

test_operators() {
    for model in "$models"/*.yaml; do
        if grep -q "^equation:" "$model"; then continue; fi # a run, not a model
        accept operators "$model"
        check "operators $model: no hamiltonian" contains "$said" "hamiltonian: "
        check "operators $model: no charges" contains "$said" "force energy"
        while read -r line; do
            case $line in
            *"{name: "*)
                line=${line#*"{name: "}
                check "operators $model: no ${line%%,*}" contains "$said" "  ${line%%,*}:"
                ;;
            esac
        done <"$model"
        accept fixed-points "$model" --sites 6 --quiet
        check "fixed-points $model: not a number" lacks "$said" "nan"
        check "fixed-points $model: --quiet complains" [ ! -s $err ]
    done
}

test_operators
finish
