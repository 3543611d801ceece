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
        check "operators $model: no currents" contains "$said" "current energy: "
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

# Lines that fit a terminal, and no terms that are rounding: here J - 0.7 - 0.2 cancels down to 1e-17.
test_lines() {
    accept operators "$reference"
    check "operators: lines beyond 79" [ "$(awk 'length($0) > 79' $out | wc -l)" -eq 0 ]
    write_model rounding.yaml hamiltonian \
        'hamiltonian: ["0.1*Z[0]*Z[1]", "0.2*Z[0]*Z[1]", "-0.3*Z[0]*Z[1]", "X[0]*X[1] + Y[0]*Y[1]"]'
    accept operators rounding.yaml
    check "operators: rounding: $said" lacks "$said" "e-1"
    accept operators "$reference" --sites 4
    check "operators: currents of a short ring" contains "$said" "# no currents: the ring of 4 sites"
}

test_operators
test_lines
finish
