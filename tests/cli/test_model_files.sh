#!/bin/sh
# Model files that cannot be used: each is refused, with the place and the reason.
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

test_keys() {
    for key in name sites boundary hamiltonian lindblad; do
        bad_model $key "colour: red" "unknown key 'colour'"
        case $key in name) line=2 ;; *) line=1 ;; esac
        bad_model $key "# $key" "bad.yaml:$line:1: the key '$key' is missing"
    done
    bad_model name 'name: a
name: b' "bad.yaml:2:1: key 'name' stands twice"
    bad_model parameters 'parameters: {J: 1, gamma: 1, J: 2}' "bad.yaml:4:30: key 'J' stands twice"
    bad_model lindblad 'lindblad: [{name: a, rate: 1, operator: "X[0]", speed: 1}]' \
        "bad.yaml:6:49: unknown key 'speed'"
    bad_model lindblad 'lindblad: [{name: a, rate: 1}]' "bad.yaml:6:12: the key 'operator' is missing"
    bad_model lindblad 'lindblad: [{name: a, operator: "X[0]"}]' "6:12: the key 'rate' is missing"
    bad_model lindblad 'lindblad: [{rate: 1, operator: "X[0]"}]' "6:12: the key 'name' is missing"
    bad_model grid 'grid: {lambda3: {points: 3}}' "bad.yaml:7:8: unknown key 'lambda3'"
    bad_model grid 'grid: {energy: {steps: 3}}' "bad.yaml:7:17: unknown key 'steps'"
    bad_model name '[a, b]: c' "bad.yaml:1:1: a key of the model must be a plain word"
}

test_types() {
    bad_model name 'name: [a]' "bad.yaml:1:7: name must be a single value, not a list"
    bad_model name 'name:' "bad.yaml:1:6: name must not be empty"
    bad_model sites 'sites: {a: 1}' "bad.yaml:2:8: sites must be a single value, not a mapping"
    for sites in 0 -4 99 4.5 four 4x 0x4 1e1 99999999999999999999; do
        bad_model sites "sites: $sites" "bad.yaml:2:8: sites must be an integer from 1 to"
    done
    bad_model boundary 'boundary: twisted' "bad.yaml:3:11: boundary must be periodic or open, not 'twisted'"
    bad_model parameters 'parameters: [J, gamma]' "bad.yaml:4:13: parameters must be a mapping"
    bad_model parameters 'parameters: 3' "bad.yaml:4:13: parameters must be a mapping"
    bad_model parameters 'parameters: {J: [1], gamma: 1}' "bad.yaml:4:17: J must be a single value"
    bad_model parameters 'parameters: {X: 1}' "bad.yaml:4:14: 'X' cannot name a parameter"
    bad_model parameters 'parameters: {a-b: 1}' "bad.yaml:4:14: 'a-b' cannot name a parameter"
    bad_model parameters 'parameters: {J: gamma, gamma: 1}' "bad.yaml:4:17: unknown name 'gamma'"
    bad_model hamiltonian 'hamiltonian: "Z[0]"' "bad.yaml:5:14: hamiltonian must be a list"
    bad_model hamiltonian 'hamiltonian: []' "bad.yaml:5:14: hamiltonian must list at least one term"
    bad_model hamiltonian 'hamiltonian: [{a: 1}]' "bad.yaml:5:15: a Hamiltonian term must be a single"
    bad_model lindblad 'lindblad: {a: 1}' "bad.yaml:6:11: lindblad must be a list"
    bad_model lindblad 'lindblad: []' "bad.yaml:6:11: lindblad must list at least one channel"
    bad_model lindblad 'lindblad: [X]' "bad.yaml:6:12: a lindblad channel must be a mapping"
    bad_model lindblad 'lindblad: [{name: a, rate: 1, operator: "X[0]"}, {name: a, rate: 1, operator: "Z[0]"}]' \
        "bad.yaml:6:57: a second channel named 'a'"
    bad_model grid 'grid: [1]' "bad.yaml:7:7: grid must be a mapping"
    bad_model grid 'grid: {energy: 5}' "bad.yaml:7:16: energy must be a mapping"
}

# bad_term EXPRESSION MESSAGE: no term of a Hamiltonian; MESSAGE starts with the column.
bad_term() {
    bad_model hamiltonian "hamiltonian: [\"$1\"]" "bad.yaml:5:$2"
    check "$1: the message does not quote it" contains "$complained" "$1"
}

test_expressions() {
    bad_term 'W[0]*Z[1]' "16: unknown site factor"
    bad_term 'J*Q' "18: unknown name 'Q'"
    for term in 'S+[0]' X0 'sqrt*Z[0]'; do
        bad_term "$term" "16: unknown name '"
        check "$term: no site factors" contains "$complained" "site factors: X Y Z Sp Sm Pu Pd I"
    done
    bad_term 'J Z[0]' "18: unexpected text; expected + - * / ^ or the end"
    bad_term 'J^^2*Z[0]' "18: expected a number, a name or '('"
    bad_term 'log(J)*Z[0]' "16: 'log' is no function"
    bad_term 'J(2)*Z[0]' "16: 'J' is no function"
    bad_term 'X(0)' "17: expected '['"
    bad_term 'J^Z[0]' "17: an operator in an exponent"
    bad_term 'Z[0]^-1' "20: operators have whole powers"
    bad_term 'J*Z' "19: expected '['"
    bad_term 'J*Z[]' "20: expected an integer site index"
    bad_term 'J*Z[a]' "20: expected an integer site index"
    bad_term 'J*Z[0' "21: expected ']'"
    bad_term 'J*Z[99]' "20: site index beyond the chain"
    bad_term 'J*Z[-99999999999999999999]' "20: site index beyond the chain"
    bad_term '(J*Z[0]' "23: expected ')'"
    bad_term 'J*Z[0])' "22: unexpected text"
    bad_term 'J*Z[0] Z[1]' "23: unexpected text"
    bad_term 'J**Z[0]' "18: expected a number, a name or '('; powers are written with ^"
    bad_term 'J*' "18: expected a number, a name or '('"
    bad_term 'Z[0]/0' "20: division by zero"
    bad_term 'Z[0]/(J-J)' "20: division by zero"
    bad_term '1/Z[0]' "17: division by an operator"
    bad_term '1.2.3*Z[0]' "16: malformed number"
    bad_term '1e999*Z[0]' "16: number too large"
    bad_term '1e200*1e200*Z[0]' "16: value is not finite"
    bad_term 'J*Z[0]*Z[5]' "16: the term spans indices 0 to 5, beyond the chain of 4 sites"
    bad_term 'J*Z[-2]*Z[2]' "16: the term spans indices -2 to 2, beyond the chain of 4 sites"
    bad_model hamiltonian 'hamiltonian: [""]' "bad.yaml:5:15: a Hamiltonian term must not be empty"
}

test_physics_of_models() {
    bad_model hamiltonian 'hamiltonian: ["J*X[0]"]' "the Hamiltonian must conserve the magnetisation"
    check "X[0]: at $complained" contains "$complained" "bad.yaml:5:15: "
    bad_model hamiltonian 'hamiltonian: ["Z[0]", "J*X[0]*X[1]"]' "bad.yaml:5:23: the Hamiltonian must conserve"
    bad_model hamiltonian 'hamiltonian: ["Z[0]", "i*Z[0]*Z[1]"]' "bad.yaml:5:23: the Hamiltonian must be Hermitian"
    bad_model hamiltonian 'hamiltonian: ["Sp[0]*Sm[1]"]' "bad.yaml:5:15: the Hamiltonian must be Hermitian"
    for rate in -1 J-2 'gamma*(-1)'; do
        bad_model lindblad "lindblad: [{name: flip, rate: $rate, operator: \"X[0]\"}]" \
            "bad.yaml:6:31: the rate of channel 'flip' is -"
    done
    bad_model lindblad 'lindblad: [{name: flip, rate: 2*i, operator: "X[0]"}]' \
        "bad.yaml:6:31: expected a real number, but '2*i' is complex"
    bad_model lindblad 'lindblad: [{name: flip, rate: .nan, operator: "X[0]"}]' "bad.yaml:6:31: "
    bad_model lindblad 'lindblad: [{name: flip, rate: 1e200*1e200, operator: "X[0]"}]' \
        "bad.yaml:6:31: value is not finite"
    bad_model lindblad 'lindblad: [{name: flip, rate: "Z[0]", operator: "X[0]"}]' \
        "bad.yaml:6:32: expected a number, not the operator 'Z[0]'"
    bad_model lindblad 'lindblad: [{name: flip, rate: 1, operator: "X[0]*X[7]"}]' \
        "beyond the chain of 4 sites"
}

# Coefficients beyond what a double can hold, in the matrices if not in the terms.
test_overflow() {
    bad_model hamiltonian 'hamiltonian: ["1e308*Z[0]", "1e308*Pu[0]", "X[0]*X[1] + Y[0]*Y[1]"]' "add up to infinity"
    bad_model hamiltonian 'hamiltonian: ["1e308*(X[0]*X[1] + Y[0]*Y[1])"]' ""
}

test_grids() {
    for axis in lambda1 lambda2 magnetization energy; do
        bad_model grid "grid: {$axis: {from: 1, to: -1, points: 5}}" "the axis $axis is empty: from 1 to -1"
        bad_model grid "grid: {$axis: {from: 1, to: 1, points: 5}}" "the axis $axis is empty: from 1 to 1"
        for points in 0 -5 2.5 many 99999999999; do
            bad_model grid "grid: {$axis: {from: 0, to: 1, points: $points}}" "points must be an integer from 1"
        done
        bad_model grid "grid: {$axis: {from: i, to: 1, points: 5}}" "'i' is complex"
    done
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
test_keys
test_types
test_expressions
test_physics_of_models
test_overflow
test_grids
test_settings
finish
