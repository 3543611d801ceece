#!/bin/sh
# End-to-end tests of the program: sh test_program.sh PATH_TO_GIBBSFLOW PATH_TO_MODELS
#
# Exit codes, messages, what is left on the disk, and that different ways to the same numbers agree.
# Prints one line per failed check and a closing count; the exit status is 0 if none failed.

set -u
export LC_ALL=C
# A sanitizer's report must not pass for an ordinary failure, which exits with 1.
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS-}" UBSAN_OPTIONS="exitcode=99:${UBSAN_OPTIONS-}"

if [ $# -ne 2 ]; then
    echo "usage: sh test_program.sh PATH_TO_GIBBSFLOW PATH_TO_MODELS" >&2
    exit 2
fi
program=$(realpath "$1") models=$(realpath "$2")
work=$(mktemp -d) && cd "$work" || exit 2
mkdir disk logs # a file system of its own, if that can be had; what the program says
out=logs/out err=logs/err
mounted=no passed=0 failed=0

clean_up() {
    [ $mounted = no ] || umount "$work/disk"
    cd / && chmod -R u+w "$work" && rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 2' INT TERM HUP

# --- what a check is -----------------------------------------------------------------------------

# check LABEL COMMAND...: the command succeeds.
check() {
    label=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'failed: %s\n' "$label"
    fi
}

contains() { # TEXT PART
    case $1 in *"$2"*) true ;; *) false ;; esac
}

lacks() { # TEXT PART
    ! contains "$@"
}

# run ARGUMENTS...: the program, with what it says in $out and $err, or $said and $complained.
run() {
    "$program" "$@" >$out 2>$err </dev/null
    status=$?
    said=$(cat $out) complained=$(cat $err)
}

list_files() {
    ls -A -I logs -I old.h5 -I old.pdf . disk
}

# The files of the working directory, before and after: no debris, nothing new, the old ones as
# they were.
remember_files() {
    echo "the old file" >old.h5
    echo "the old file" >old.pdf
    files=$(list_files)
}

check_files() { # LABEL
    check "$1: leaves other files than before" [ "$(list_files)" = "$files" ]
    check "$1: touches the old file" [ "$(cat old.h5 old.pdf)" = "the old file
the old file" ]
}

# refuse STATUS MESSAGE ARGUMENTS...: it ends with this status, nothing on the standard output, and
# a message that contains MESSAGE: one line, and for wrong usage another that points to --help.
refuse() {
    expected=$1 message=$2
    shift 2
    remember_files
    run "$@"
    title="gibbsflow $*"
    check "$title: exit status $status, not $expected" [ "$status" -eq "$expected" ]
    check "$title: says '$complained', not '$message'" contains "$complained" "$message"
    check "$title: message of other than $expected lines" [ "$(wc -l <$err)" -eq "$expected" ]
    check "$title: prints something" [ ! -s $out ]
    check_files "$title"
}

# The same for a command that writes: neither a new file nor an old one is touched.
refuse_to_write() {
    case $3 in figure) ending=pdf ;; *) ending=h5 ;; esac
    refuse "$@" -o "new.$ending"
    refuse "$@" -o "old.$ending"
}

# accept ARGUMENTS...: it ends well; complains of nothing if --quiet.
accept() {
    run "$@"
    check "gibbsflow $*: exit status $status: $complained" [ $status -eq 0 ]
    check "gibbsflow $*: sanitizer" lacks "$complained" "runtime error"
}

# write_model FILE [KEY TEXT]: a small model, one entry a line, with that of KEY replaced by TEXT.
write_model() {
    for entry in name sites boundary parameters hamiltonian lindblad grid; do
        if [ "$entry" = "${2-}" ]; then
            printf '%s\n' "$3"
            continue
        fi
        case $entry in
        name) echo 'name: test' ;;
        sites) echo 'sites: 4' ;;
        boundary) echo 'boundary: periodic' ;;
        parameters) echo 'parameters: {J: 1, gamma: 0.9}' ;;
        hamiltonian) echo 'hamiltonian: ["J*(X[0]*X[1] + Y[0]*Y[1])", "J*Z[0]*Z[1]"]' ;;
        lindblad) echo 'lindblad: [{name: flip, rate: 1-gamma, operator: "X[0]"}]' ;;
        grid) echo 'grid: {lambda1: {from: -1, to: 1, points: 5}, energy: {points: 5}}' ;;
        esac
    done >"$1"
}

# bad_model KEY TEXT MESSAGE: with that entry the model is refused.
bad_model() {
    write_model bad.yaml "$1" "$2"
    refuse 1 "$3" spectrum bad.yaml -o old.h5
}

reference=$models/xxz_jprime.yaml

# --- wrong usage ---------------------------------------------------------------------------------

test_usage() {
    write_model good.yaml
    for wrong in '' nonsense --nonsense -o ./good.yaml; do
        # shellcheck disable=SC2086 # an empty word is no command at all
        run $wrong
        check "gibbsflow $wrong: exit status $status" [ $status -eq 2 ]
        check "gibbsflow $wrong: prints something" [ ! -s $out ]
        check "gibbsflow $wrong: says '$complained'" contains "$complained" "Usage: gibbsflow"
        check "gibbsflow $wrong: does not name it" contains "$complained" "$wrong"
    done
    for command in operators spectrum forces fixed-points converge figure info; do
        run $command --help
        check "$command --help: exit status $status" [ $status -eq 0 ]
        check "$command --help: no example" contains "$said" "Example"
        check "$command --help: how to call it" contains "$said" "gibbsflow $command"
        check "$command --help: complains" [ ! -s $err ]
        refuse 2 "--nonsense: unknown option" $command --nonsense
        refuse 2 "-Q: unknown option" $command good.yaml -Q
        refuse 2 "one too many" $command good.yaml good.yaml
        refuse 2 "--threads" $command good.yaml --threads -1
        refuse 2 "--threads" $command good.yaml --threads 100000
        refuse 2 "numeric" $command good.yaml --threads abc
        refuse 2 "missing argument" $command good.yaml --threads
    done
    for command in operators spectrum forces fixed-points converge figure; do
        refuse 2 "which file?" $command
    done
    for command in spectrum forces figure; do
        refuse 2 "expected -o" $command good.yaml
        refuse 2 "must end in" $command good.yaml -o new.txt
        refuse 2 "must end in" $command good.yaml -o new
        refuse 2 "must end in" $command good.yaml -o ''
        refuse 2 "missing argument" $command good.yaml -o
    done
    refuse 2 "must end in" fixed-points good.yaml -o new.pdf
    refuse 2 "must end in" converge good.yaml -o new.pdf
    for command in spectrum forces fixed-points; do
        for sites in 0 -1 abc 4x 4.5 99 99999999999999999999 ''; do
            refuse 2 "--sites $sites" $command good.yaml --sites "$sites" -o old.h5
        done
        for wrong in gamma gamma= =1 '' gamma=x 'gamma=1 2' gamma=0.9x X=1 i=1 gamma=1/0 gamma=1e999 \
            gamma=i 'gamma=Z[0]' gamma=nan gamma=inf 'gamma=(1'; do
            refuse 2 "--set" $command good.yaml --set "$wrong" -o old.h5
        done
    done
    for command in spectrum forces fixed-points; do
        for method in '' some Full typical; do
            refuse 2 "--method $method" $command good.yaml --method "$method" -o old.h5
        done
        for samples in '' 0 1 -4 4x 2.5 1000001 99999999999999999999; do
            refuse 2 "--samples $samples" $command good.yaml --method typicality \
                --samples "$samples" -o old.h5
        done
        for seed in '' -4 x 1.5 9007199254740992 99999999999999999999; do
            refuse 2 "--seed $seed" $command good.yaml --seed "$seed" -o old.h5
        done
        refuse 2 "not full" $command good.yaml --seed 1 --method full -o old.h5
        refuse 1 "add --method typicality" $command good.yaml --samples 4 -o old.h5
    done
    refuse 2 "--kind pie" figure good.yaml --kind pie -o new.pdf
    refuse 2 "--method some" info good.yaml --method some
    for wrong in gamma gamma= =0:1:3 1=0:1:3 gamma=0 gamma=0:1 gamma=::: gamma=:1:3 gamma=0::3 gamma=0:1: \
        gamma=a:1:3 gamma=0:b:3 gamma=0:1:c gamma=0:1:3:4 gamma=0:1:0 gamma=0:1:-3 gamma=0:1:2.5 \
        gamma=0:1:1e99 gamma=0:1:99999999999999999999 gamma=1:0:3 gamma=1:1:3 gamma=nan:1:3 \
        gamma=0:inf:3 gamma=0:1/0:3 ''; do
        refuse 2 "--scan" fixed-points good.yaml --scan "$wrong" -o old.h5
    done
}

test_usage_of_converge() {
    for sites in '' 8 : 4: :9 4:8:1 4-9 a:9 4:b 4:9x 9:4 4:7 1:9 -4:9 4:33 4:99999999999999999999; do
        refuse 2 "--sites $sites" converge good.yaml --sites "$sites" -o old.h5
    done
    for point in '' 0 , 0, ,1 0,1,2 '0 1' a,0 0,b 0,nan inf,0 0,1e999; do
        refuse 2 "--at $point" converge good.yaml --sites 4:9 --at "$point" -o old.h5
    done
    refuse 2 "missing argument" converge good.yaml --at
    refuse 2 "--set" converge good.yaml --set gamma
    refuse_to_write 1 "too few for a ladder" converge good.yaml
    refuse_to_write 1 "beyond the chain of 1 sites" converge good.yaml --sites 2:7
    refuse_to_write 1 "no parameter 'delta'" converge good.yaml --sites 4:8 --set delta=1
}

test_overview() {
    accept --version
    check "--version: says '$said'" contains "$said" "gibbsflow "
    accept --help
    for command in operators spectrum forces fixed-points converge figure info; do
        check "--help: lacks $command" contains "$said" "$command"
    done
    check "--help: no example" contains "$said" "gibbsflow forces models/"
}

# --- input that cannot be used -------------------------------------------------------------------

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
    for command in spectrum forces fixed-points; do
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
    bad_model parameters 'parameters: {J: 1, gamma: J}' "bad.yaml:4:27: unknown name 'J'"
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
    bad_term 'J*Z' "19: expected '['"
    bad_term 'J*Z[]' "20: expected an integer site index"
    bad_term 'J*Z[a]' "20: expected an integer site index"
    bad_term 'J*Z[0' "21: expected ']'"
    bad_term 'J*Z[99]' "20: site index beyond the chain"
    bad_term 'J*Z[-99999999999999999999]' "20: site index beyond the chain"
    bad_term '(J*Z[0]' "23: expected ')'"
    bad_term 'J*Z[0])' "22: unexpected text"
    bad_term 'J*Z[0] Z[1]' "23: unexpected text"
    bad_term 'J**Z[0]' "18: expected a number, a name or '('"
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
    for command in spectrum forces fixed-points; do
        refuse_to_write 1 "has no parameter 'delta' to set; it has: J gamma" $command good.yaml --set delta=1
        refuse_to_write 1 "good.yaml:6:31: the rate of channel 'flip' is -1" $command good.yaml --set gamma=2
        refuse_to_write 1 "beyond the chain of 1 sites" $command good.yaml --sites 1
    done
    refuse_to_write 1 "no parameter 'delta'" fixed-points good.yaml --scan delta=0:1:3
    refuse_to_write 1 "at 2: " fixed-points good.yaml --scan gamma=0:2:3
}

# --- HDF5 files that cannot be used --------------------------------------------------------------

test_stored_files() {
    accept spectrum "$reference" --sites 6 -o spectrum.h5
    accept forces spectrum.h5 -o forces.h5
    accept fixed-points spectrum.h5 --scan gamma=0.8:0.95:3 -o scan.h5
    refuse_to_write 1 "holds nothing to draw" figure spectrum.h5
    refuse_to_write 1 "forces.h5" figure forces.h5 --kind scan
    refuse_to_write 1 "scan.h5" figure scan.h5 --kind forces
    refuse_to_write 2 "--kind nonsense: expected forces, scan" figure forces.h5 --kind nonsense
    refuse_to_write 1 "$reference" figure "$reference"
    cp "$reference" model.h5
    cp spectrum.h5 spectrum.yaml
    refuse_to_write 1 "model.h5" figure model.h5
    accept info model.h5 # what a file is follows from what it holds, not from its name
    check "info model.h5: no sectors" contains "$said" "sites: 12, periodic"
    accept fixed-points spectrum.yaml --set gamma=0.9
    for command in spectrum forces fixed-points; do
        refuse_to_write 1 "(J: 2, was 1)" $command spectrum.h5 --set J=2
        refuse_to_write 1 "(Jp: 0.5, was 0.01)" $command spectrum.h5 --set gamma=0.8 --set Jp=0.5
        refuse_to_write 1 "of 6 sites, periodic, not of 8" $command spectrum.h5 --sites 8
        refuse_to_write 1 "no parameter 'delta'" $command spectrum.h5 --set delta=1
        refuse_to_write 1 "the rate of channel 'flip' is -1" $command spectrum.h5 --set gamma=2
    done
    refuse_to_write 1 "(J: 0.5, was 1)" fixed-points spectrum.h5 --scan J=0.5:1:3
}

test_truncated_files() {
    size=$(wc -c <forces.h5)
    for length in 1 7 8 9 95 96 97 512 800 2048 $((size / 3)) $((size / 2)) $((size - 1000)) $((size - 1)); do
        head -c $length forces.h5 >short.h5
        refuse_to_write 1 "short.h5" forces short.h5
        refuse_to_write 1 "short.h5" figure short.h5
        refuse 1 "short.h5" fixed-points short.h5
        refuse 1 "short.h5" info short.h5
    done
    { head -c 8 forces.h5 && head -c 4000 "$program"; } >foreign.h5
    refuse_to_write 1 "foreign.h5" forces foreign.h5
    refuse_to_write 1 "foreign.h5" figure foreign.h5
    refuse 1 "foreign.h5" info foreign.h5
}

# --- places that cannot be written ---------------------------------------------------------------

test_places() {
    mkdir -p folder.h5 folder.pdf locked
    : >file
    for place in nowhere/new old.h5/new file/new folder /proc/new /dev/full/new; do
        for command in spectrum forces fixed-points; do
            refuse 1 "$place.h5: cannot be written" $command spectrum.h5 -o $place.h5
        done
        refuse 1 "$place.pdf: cannot be written" figure forces.h5 -o $place.pdf
    done
    if [ "$(id -u)" -ne 0 ]; then # root may write anywhere
        cp forces.h5 locked
        chmod 555 locked
        refuse 1 "cannot be written: Permission denied" spectrum spectrum.h5 -o locked/new.h5
        refuse 1 "cannot be written: Permission denied" figure forces.h5 -o locked/new.pdf
        chmod 755 locked
    fi
}

# check_full LABEL FILE: the last run failed for lack of room, said so of FILE, and left nothing.
check_full() {
    check "$1: exit status $status: $complained" [ $status -eq 1 ]
    check "$1: says '$complained', not $2" contains "$complained" "$2"
    check "$1: message of several lines" [ "$(wc -l <$err)" -eq 1 ]
    check_files "$1"
}

test_full_disk() {
    remember_files
    (ulimit -f 40 && exec "$program" forces spectrum.h5 -o new.h5) >$out 2>$err
    status=$? complained=$(cat $err)
    check_full "file size limit" new.h5
    (ulimit -f 40 && exec "$program" forces spectrum.h5 -o old.h5) >$out 2>$err
    status=$? complained=$(cat $err)
    check_full "file size limit, old file" old.h5
    (ulimit -f 40 && exec "$program" fixed-points forces.h5) >$out 2>$err
    status=$? complained=$(cat $err)
    check_full "file size limit, in place" forces.h5
    if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=200k tmpfs disk 2>/dev/null; then
        mounted=yes
        cp spectrum.h5 disk
        remember_files
        run forces spectrum.h5 -o disk/new.h5
        check_full "full disk" disk/new.h5
        cp spectrum.h5 disk/old.h5
        remember_files
        run forces spectrum.h5 -o disk/old.h5
        check_full "full disk, old file" disk/old.h5
        check "full disk: touches the old file" cmp spectrum.h5 disk/old.h5
        head -c 150000 /dev/zero >disk/ballast 2>/dev/null
        cp disk/spectrum.h5 before.h5
        remember_files
        run fixed-points disk/spectrum.h5
        check_full "full disk, in place" disk/spectrum.h5
        check "full disk, in place: touches the file" cmp before.h5 disk/spectrum.h5
        umount disk && mounted=no
    fi
}

test_full_output() {
    [ -w /dev/full ] || return
    for arguments in "info" "info forces.h5" "info $reference" "operators $reference" "info --help" \
        "fixed-points $reference --sites 4" "forces spectrum.h5 -o new.h5" "--help" "--version"; do
        # shellcheck disable=SC2086 # several arguments
        "$program" $arguments >/dev/full 2>$err
        status=$?
        check "$arguments to a full disk: exit status $status" [ $status -eq 1 ]
        check "$arguments to a full disk: message" [ "$(wc -l <$err)" -eq 1 ]
        rm -f new.h5
    done
}

# --- interruption --------------------------------------------------------------------------------

# in_list WORD LIST...: true if the word is one of the others.
in_list() {
    word=$1
    shift
    for one in "$@"; do
        [ "$one" = "$word" ] && return 0
    done
    return 1
}

# interrupt SIGNAL SECONDS ARGUMENTS... -o FILE: whenever the signal comes, there is no debris, and
# FILE is either as it was before or complete.
interrupt() {
    signal=$1 seconds=$2
    shift 2
    remember_files
    timeout --preserve-status -s "$signal" "$seconds" "$program" "$@" >$out 2>$err
    status=$?
    title="SIG$signal after $seconds s, $*"
    case $signal in INT) expected=130 ;; TERM) expected=143 ;; HUP) expected=129 ;; esac
    check "$title: exit status $status" in_list "$status" 0 "$expected"
    for result in new.h5 old.h5; do
        if [ -e $result ] && ! cmp -s $result old.pdf; then
            check "$title: incomplete $result" "$program" info $result >$out
        fi
    done
    rm -f new.h5
    echo "the old file" >old.h5
    check_files "$title"
}

test_interruption() {
    write_model large.yaml grid 'grid: {lambda1: {from: -3, to: 3, points: 401}, lambda2: {from: -1, to: 1, points: 401}, energy: {points: 11}}'
    for signal in INT TERM; do
        for seconds in 0.01 0.1 0.4 1; do
            interrupt "$signal" $seconds forces "$reference" --sites 14 -o old.h5
        done
        interrupt "$signal" 0.7 forces "$reference" --sites 14 -o new.h5
    done
    interrupt HUP 0.3 forces "$reference" --sites 14 -o new.h5
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        byte=$(od -An -N1 -tu1 /dev/urandom)
        case $((attempt % 2)) in 0) signal=INT ;; 1) signal=TERM ;; esac
        interrupt "$signal" "0.$(printf %03d $((2 * byte)))" forces large.yaml -o old.h5
    done
}

# interrupt_in_place SECONDS: `fixed-points FILE.h5` killed while it may be at work on its copy.
interrupt_in_place() {
    cp large.h5 before.h5
    remember_files
    timeout --preserve-status -s INT "$1" "$program" fixed-points large.h5 >$out 2>$err
    status=$?
    check_files "fixed-points in place, interrupted after $1 s"
    check "fixed-points in place: exit status $status" in_list "$status" 0 130
    accept info large.h5 # complete in any case
    check "fixed-points in place: not stored" contains "$said" "/fixed_points"
    rm -f ./*.part # counted above
}

test_interruption_in_place() {
    accept forces large.yaml -o large.h5
    for seconds in 0.02 0.04 0.06 0.09 0.12 0.16; do
        interrupt_in_place $seconds
    done
}

# The program alone is told to stop, not its process group: gnuplot must not go on without it.
test_interruption_of_figures() {
    command -v gnuplot >/dev/null || return
    remember_files
    for seconds in 0.05 0.08 0.11 0.14; do
        timeout --foreground -s TERM $seconds "$program" figure forces.h5 -o new.pdf >$out 2>$err
        rm -f new.pdf
    done
    sleep 0.5
    rm -f new.pdf
    check_files "interrupted figures"
    rm -f ./*.part
}

# What was told to survive a hangup survives it.
test_hangup() {
    timeout --preserve-status -s HUP 0.1 nohup "$program" forces "$reference" --sites 12 -o new.h5 \
        >$out 2>$err </dev/null
    status=$?
    check "nohup: exit status $status after a hangup" [ $status -eq 0 ]
    check "nohup: no result" [ -s new.h5 ]
    rm -f new.h5
}

# --- results -------------------------------------------------------------------------------------

test_consistency() {
    accept forces "$reference" --sites 8 --threads 1 -o one.h5
    cp $out one
    check "forces: prints no fixed points" contains "$said" "saddle"
    accept forces "$reference" --sites 8 --threads 2 -o two.h5
    check "forces: threads change what is printed" cmp $out one
    accept spectrum "$reference" --sites 8 -o levels.h5
    accept forces levels.h5 -o three.h5
    check "forces: other numbers from the stored spectrum" cmp $out one
    accept forces one.h5 -o one.h5 # onto itself
    check "forces: other numbers from its own file" cmp $out one
    accept fixed-points "$reference" --sites 8
    check "fixed-points: other numbers than forces" cmp $out one
    accept fixed-points levels.h5
    check "fixed-points: other numbers from the stored spectrum" cmp $out one
    accept info levels.h5
    check "fixed-points FILE.h5: not stored in the file" contains "$said" "/fixed_points"
    check "fixed-points FILE.h5: drops the spectrum" contains "$said" "/spectrum"
    accept forces levels.h5 -o four.h5
    check "forces: other numbers after storing fixed points" cmp $out one
    accept fixed-points levels.h5 --set gamma=0.8 # that is not the model of the file: only printed
    check "fixed-points: gamma = 0.8 has one point" lacks "$said" "saddle"
    accept forces levels.h5 --set gamma=0.8 -o set.h5
    accept fixed-points set.h5
    check "the parameters of a file: gamma = 0.8 is forgotten" lacks "$said" "saddle"
    accept fixed-points levels.h5 --set gamma=0.8 --set gamma=0.9
    check "--set: the last one counts" cmp $out one
    if command -v h5dump >/dev/null; then
        for data in /lambda_grid/force /density_grid/force /fixed_points/density; do
            h5dump -d $data -y one.h5 | tail -n +2 >one.txt
            h5dump -d $data -y three.h5 | tail -n +2 >three.txt
            check "$data: empty" [ -s one.txt ]
            check "$data: differs between model and stored spectrum" cmp one.txt three.txt
        done
        h5dump -A one.h5 >attributes
        for name in yaml program version command date units DIMENSION_LIST; do
            check "the file has no attribute $name" contains "$(cat attributes)" "\"$name\""
        done
    fi
}

# The value of the one pitchfork that the last run printed, in units of 1e-9.
pitchfork() {
    count=0 value=0
    while read -r kind _ name _ number _; do
        if [ "$kind" = pitchfork ]; then
            number=$(printf '%.9f' "${number%,}")
            count=$((count + 1)) value=$((1${number#0.} - 1000000000))
            check "scan: pitchfork of $name" [ "$name" = gamma ]
        fi
    done <$out
    check "scan: $count pitchforks, not one" [ $count -eq 1 ]
}

test_scan() {
    accept fixed-points "$reference" --sites 8 --scan gamma=0.82:0.96:11
    pitchfork
    coarse=$value
    accept fixed-points "$reference" --sites 8 --scan gamma=0.82:0.96:31 -o scan8.h5
    pitchfork
    difference=$((value - coarse))
    check "scan: the pitchfork at $coarse or $value" [ ${difference#-} -le 1000 ]
    accept fixed-points scan8.h5 --scan gamma=0.82:0.96:11
    pitchfork
    check "scan: the pitchfork at $coarse or $value from a file" [ "$value" -eq "$coarse" ]
    accept info scan8.h5
    check "scan: not stored" contains "$said" "/scan"
}

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

# The unit of energy is the user's: J = 1000 is the same chain as J = 1.
test_units() {
    for unit in 0.001 1000; do
        accept fixed-points "$reference" --sites 6 --set J=$unit --set Jp=0.01*$unit
        check "J = $unit: $said" [ "$(wc -l <$out)" -eq 4 ] # a title and three points
        check "J = $unit: the stable point is lost" grep -Eq '^stable +-0\.69' $out
        accept converge "$reference" --sites 4:8 --set J=$unit --set Jp=0.01*$unit
        check "J = $unit: no ladder" grep -Eq '^  m +0\.6909' $out
    done
}

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

# Kills a diagonalisation as soon as it has a checkpoint; 1 if it was done before.
kill_half_way() { # SITES
    "$program" spectrum "$reference" --sites "$1" --checkpoint 0 -o killed.h5 >$out 2>$err &
    process=$!
    while kill -0 $process 2>$err && [ ! -e killed.h5.blocks ]; do sleep 0.01; done
    kill -9 $process 2>$err
    wait $process 2>$err
    rm -f killed.h5*.part
    [ -e killed.h5.blocks ] && [ ! -e killed.h5 ]
}

test_killed_diagonalisation() {
    for sites in 10 12 14 16; do
        rm -f killed.h5
        kill_half_way $sites && break
    done
    check "spectrum: no checkpoint" [ -e killed.h5.blocks ]
    cp killed.h5.blocks kept.blocks
    refuse 1 "another model" spectrum "$reference" --sites $sites --set Delta=2 -o killed.h5
    refuse 1 "other symmetries" spectrum "$reference" --sites $sites --no-symmetry -o killed.h5
    check "spectrum: changes a foreign checkpoint" cmp -s killed.h5.blocks kept.blocks
    accept spectrum "$reference" --sites $sites -o killed.h5
    check "spectrum: says '$complained'" contains "$complained" "taken from killed.h5.blocks"
    check "spectrum: leaves its checkpoint" [ ! -e killed.h5.blocks ]
    accept spectrum "$reference" --sites $sites -o direct.h5
    accept fixed-points direct.h5
    whole=$said
    accept fixed-points killed.h5
    check "spectrum: a kill changes the result" [ "$said" = "$whole" ]
    rm -f killed.h5 direct.h5 kept.blocks
    for interval in -1 nan; do
        refuse_to_write 2 "--checkpoint takes" spectrum "$reference" --checkpoint $interval
    done
}

test_info() {
    accept info
    check "info: no version" contains "$said" "gibbsflow "
    check "info: no threads" contains "$said" "threads: "
    check "info: no version of OpenBLAS" contains "$said" "OpenBLAS version: 0"
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

test_memory() {
    for command in spectrum forces fixed-points; do
        refuse_to_write 1 "GiB of memory" $command "$reference" --sites 28
    done
    run info "$reference" --sites 28
    check "info --sites 28: exit status $status" [ $status -eq 1 ]
    check "info --sites 28: says $complained" contains "$complained" "GiB of memory"
}

test_typicality() {
    accept spectrum "$reference" --sites 8 --method full -o exact8.h5
    accept spectrum "$reference" --sites 8 --method typicality --samples 2 -o all8.h5 # none is sampled
    accept forces exact8.h5 -o exact.h5
    accept forces all8.h5 -o all.h5
    for name in force noise density; do
        if command -v h5diff >/dev/null; then
            check "typicality: $name of small sectors" h5diff -d 1e-10 exact.h5 all.h5 \
                /lambda_grid/$name
        fi
    done
    sed 's/^sites:/method: typicality\ntypicality: {exact: 10, samples: 4}\nsites:/' "$reference" \
        >sampled.yaml
    accept forces sampled.yaml --sites 8 --seed 5 -o sampled.h5
    check "typicality: no errors of the fixed points" contains "$said" "statistical error"
    check "typicality: no caution" contains "$complained" "warning: 4 samples are too few"
    accept fixed-points sampled.h5
    check "typicality: no caution from a file" contains "$complained" "warning: 4 samples"
    accept fixed-points sampled.h5 --quiet
    check "typicality: --quiet complains: $complained" [ ! -s $err ]
    accept fixed-points sampled.yaml --sites 8 --samples 8
    check "typicality: cautions of 8 samples" [ ! -s $err ]
    accept fixed-points all8.h5 # no vector, no scatter
    check "typicality: cautions without need" [ ! -s $err ]
    accept fixed-points sampled.yaml --sites 8 --seed 5
    first=$said
    accept fixed-points sampled.yaml --sites 8 --seed 5 --threads 1
    check "typicality: threads change the result" [ "$first" = "$said" ]
    accept fixed-points sampled.yaml --sites 8 --seed 6
    check "typicality: the seed changes nothing" [ "$first" != "$said" ]
    accept info sampled.h5
    accept fixed-points sampled.h5 --set gamma=0.95
    accept info "$reference" --sites 24 --method typicality
    check "info: no random vectors" contains "$said" "random vectors"
    for choice in "--method full" "--samples 4" "--seed 1"; do
        # shellcheck disable=SC2086 # two words
        refuse 2 "already" forces sampled.h5 $choice -o x.h5
    done
    refuse 1 "memory" spectrum "$reference" --sites 32 --method typicality -o x.h5
}

test_figures() {
    env PATH=/nonexistent "$program" figure forces.h5 -o new.pdf >$out 2>$err
    status=$? complained=$(cat $err)
    check "no gnuplot: exit status $status" [ $status -eq 1 ]
    check "no gnuplot: says $complained" contains "$complained" "gnuplot cannot be run"
    check "no gnuplot: a file" [ ! -e new.pdf ]
    command -v gnuplot >/dev/null || return
    write_model quotes.yaml name "name: \"it's a \\\"{/Symbol x}\\\" \$(date) \`date\` %d _^@&~ \\u03b3\""
    accept forces quotes.yaml -o quotes.h5
    for ending in pdf png svg; do
        for source in forces scan quotes; do
            accept figure $source.h5 -o $source.$ending
            check "figure: no $source.$ending" [ -s $source.$ending ]
            check "figure: complains of $source.h5: $complained" [ ! -s $err ]
        done
    done
    check "figure: no PDF" [ "$(head -c 4 forces.pdf)" = "%PDF" ]
    remember_files
    check_files "figures"
    # A name is text, and never a command.
    # shellcheck disable=SC2016 # nothing is to be expanded
    write_model quotes.yaml name 'name: "a `touch command1` b"'
    accept forces quotes.yaml -o quotes.h5
    run figure quotes.h5 -o quotes.svg
    write_model quotes.yaml name "name: \"a\\nsystem('touch command2')\\n#\""
    run forces quotes.yaml -o quotes.h5
    [ $status -ne 0 ] || run figure quotes.h5 -o quotes.svg
    check "figure: runs commands in names" [ ! -e command1 ]
    check "figure: runs lines of names" [ ! -e command2 ]
}

test_usage
test_usage_of_converge
test_overview
test_input_files
test_keys
test_types
test_expressions
test_physics_of_models
test_overflow
test_grids
test_settings
test_stored_files
test_truncated_files
test_places
test_full_disk
test_full_output
test_interruption
test_interruption_in_place
test_interruption_of_figures
test_hangup
test_consistency
test_scan
test_converge
test_units
test_operators
test_killed_diagonalisation
test_info
test_memory
test_typicality
test_figures

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
