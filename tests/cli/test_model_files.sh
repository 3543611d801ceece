#!/bin/sh
# Model files that cannot be used are refused, with the place and the reason.
# Usage: test_model_files.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

# bad_model KEY TEXT MESSAGE: with that entry the model is refused.
bad_model() {
    write_model bad.yaml "$1" "$2"
    refuse 1 "$3" spectrum bad.yaml -o old.h5
}

test_input_files() {
    mkdir folder
    : >empty.yaml
    head -c 4000 "$program" >junk.yaml
    printf 'name: a\000b\n' >nul.yaml
    printf 'name: \377\376\n' >notutf8.yaml
    printf '# a remark and nothing else\n' >remark.yaml
    printf -- '- a\n- b\n' >list.yaml
    printf '\tname: a\n' >tab.yaml
    printf 'name: [a\n' >open.yaml
    printf 'a: 1\n---\nb: 2\n' >two.yaml
    printf 'name: *nowhere\n' >alias.yaml
    for command in $(sized "spectrum forces fixed-points" forces); do
        refuse_to_write 1 "missing.yaml: cannot be read: No such file" $command missing.yaml
        refuse_to_write 1 "folder: cannot be read: Is a directory" $command folder
        refuse_to_write 1 "empty.yaml: empty" $command empty.yaml
        refuse_to_write 1 "remark.yaml: empty" $command remark.yaml
        refuse_to_write 1 "junk.yaml" $command junk.yaml
    done
    for command in operators info; do
        refuse 1 "missing.yaml: cannot be read: No such file" $command missing.yaml
        refuse 1 "folder: cannot be read: Is a directory" $command folder
        refuse 1 "empty.yaml: empty" $command empty.yaml
        refuse 1 "junk.yaml" $command junk.yaml
    done
    refuse_to_write 1 "missing.h5" figure missing.h5
    refuse_to_write 1 "folder" figure folder
    refuse_to_write 1 "empty.yaml" figure empty.yaml
    refuse_to_write 1 "nul.yaml" spectrum nul.yaml
    refuse_to_write 1 "notutf8.yaml" spectrum notutf8.yaml
    refuse_to_write 1 "list.yaml:1:1: the model must be a mapping" spectrum list.yaml
    refuse_to_write 1 "tab.yaml:1:1: " spectrum tab.yaml
    refuse_to_write 1 "open.yaml:" spectrum open.yaml
    refuse_to_write 1 "two.yaml:3:1: a second YAML document" spectrum two.yaml
    refuse_to_write 1 "alias.yaml:1:7: " spectrum alias.yaml
}

# One mistake of each kind; tests/model/test_model.c has all that are known.
test_mistakes() {
    bad_model lindblad "# lindblad" "bad.yaml:1:1: the key 'lindblad' is missing"
    bad_model lindblad 'lindblad: [{name: a, rate: 1, operator: "X[0]", speed: 1}]' \
        "bad.yaml:6:49: unknown key 'speed'"
    bad_model sites "sites: 4.5" "bad.yaml:2:8: sites must be an integer from 1 to"
    bad_model parameters 'parameters: {a-b: 1}' "bad.yaml:4:14: 'a-b' cannot name a parameter"
    bad_model hamiltonian 'hamiltonian: ["J*Z[0] Z[1]"]' "bad.yaml:5:23: unexpected text"
    check "J*Z[0] Z[1]: the message does not quote it" contains "$complained" "J*Z[0] Z[1]"
    bad_model hamiltonian 'hamiltonian: ["Z[0]", "J*X[0]*X[1]"]' "bad.yaml:5:23: the Hamiltonian must conserve"
    bad_model lindblad 'lindblad: [{name: flip, rate: J-2, operator: "X[0]"}]' \
        "bad.yaml:6:31: the rate of channel 'flip' is -"
    bad_model lindblad 'lindblad: [{name: flip, rate: 1, operator: "X[0]*X[7]"}]' \
        "beyond the chain of 4 sites"
    bad_model grid "grid: {energy: {from: 1, to: -1, points: 5}}" "the axis energy is empty: from 1 to -1"
}

# Coefficients beyond what a double can hold, in the matrices if not in the terms.
test_overflow() {
    bad_model hamiltonian 'hamiltonian: ["1e308*Z[0]", "1e308*Pu[0]", "X[0]*X[1] + Y[0]*Y[1]"]' "add up to infinity"
    bad_model hamiltonian 'hamiltonian: ["1e308*(X[0]*X[1] + Y[0]*Y[1])"]' ""
}

test_settings() {
    write_model good.yaml
    for command in $(sized "spectrum forces fixed-points" forces); do
        refuse_to_write 1 "has no parameter 'delta' to set; it has: J gamma" $command good.yaml --set delta=1
        refuse_to_write 1 "good.yaml:6:31: the rate of channel 'flip' is -1" $command good.yaml --set gamma=2
        refuse_to_write 1 "beyond the chain of 1 sites" $command good.yaml --sites 1
    done
    refuse_to_write 1 "no parameter 'delta'" fixed-points good.yaml --scan delta=0:1:3
    refuse_to_write 1 "at 2: " fixed-points good.yaml --scan gamma=0:2:3
}

# An escape sequence in a stranger's file must not reach the terminal.
test_control_characters() {
    escape=$(printf '\033')
    bad_model boundary 'boundary: "open\e[31m"' 'boundary must be periodic or open, not '"'"'open\x1b[31m'
    bad_model name '"na\eme": x' 'unknown key '"'"'na\x1bme'
    bad_model hamiltonian 'hamiltonian: ["J*\e[2J"]' 'expected a number'
    check "expression: raw" lacks "$complained" "$escape"
    bad_model parameters 'parameters: {"J\e[2J": 1}' 'cannot name a parameter'
    check "parameter: raw" lacks "$complained" "$escape"
}

test_control_characters
test_input_files
test_mistakes
test_overflow
test_settings
finish
