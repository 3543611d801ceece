#!/bin/sh
# End-to-end tests of `gibbsflow langevin`, `walls` and `figure`: kill -9 and resume, signals, a full
# disk, wrong usage. Usage: test_langevin.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

# The content of a file, without its name, date and command line.
content() {
    h5dump -m '%.17g' "$1" |
        sed -e '/^HDF5 /d' -e 's/"....-..-..T..:..:..Z"//' -e '/"gibbsflow langevin /d' \
            -e 's/DATASET [0-9]* "/DATASET "/' # where in the file a reference points
}

write_run() { # END
    cat > run.yaml << END
equation: order-parameter
parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: 4, thermal: 0.5}
force: renormalised
space: {length: $(sized 2000 500), spacing: 0.5}
time: {step: 0.05, end: $1, warm_up: 20, sample_every: 5}
integrator: leimkuhler-matthews
initial: {profile: [random, domains]}
realisations: 3
walls: {smoothing: 4, threshold: 0.5}
snapshots: {every: 20, spacing: 20}
sweep: {epsilon: [0.1, 0.15, 0.2, 0.3]}
END
}

unfinished() {
    h5dump -a /run/done run.h5 | grep -q '(0): 0'
}

# --- kill -9 after some checkpoints, and resume: the same file as without ----------------------

write_run "$(sized 600 200)"
"$program" langevin -q run.yaml -o whole.h5 || fail "the whole run"
content whole.h5 >whole.txt
interrupt KILL run.h5 "$program" langevin -q run.yaml -o run.h5 --checkpoint 0.02
expect 0 "" "$program" info run.h5
check "info of a run under way: $(cat out.txt)" grep -Eq 'finished: [0-4] of 4 sweep points, [0-9]+ of 12 real' out.txt
expect 0 "" "$program" walls run.h5
check "walls of a run under way: $(head -1 out.txt)" grep -q '^# a run under way, .* % done' out.txt
for part in 1 2 3; do
    check "killed, but exit status $status" [ "$status" -eq 137 ]
    interrupt KILL run.h5 "$program" langevin -q --resume run.h5 --checkpoint 0.02
done
"$program" langevin -q --resume run.h5 || fail "the last part"
check_result() { # LABEL
    content run.h5 >parts.txt
    check "$1 and resume changed the result: $(diff whole.txt parts.txt | head -5)" \
        cmp -s whole.txt parts.txt
}
check_result "kill -9"

# --- a signal: checkpoint, message, exit 1; then the same result -------------------------------

start_and_stop() { # SIGNAL
    rm -f run.h5
    interrupt "$1" run.h5 "$program" langevin run.yaml -o run.h5 --checkpoint 0.01
}

start_and_stop TERM
check "SIGTERM: the exit status is $status, not 1" [ "$status" -eq 1 ]
check "SIGTERM: '$(cat $err)'" grep -q -- "--resume run.h5" $err
"$program" langevin -q --resume run.h5 || fail "resume after SIGTERM"
check_result SIGTERM
expect 0 "complete" "$program" langevin --resume run.h5
expect 0 "complete" "$program" langevin --resume run.h5 -o copy.h5
content copy.h5 | cmp -s - whole.txt || fail "--resume of a complete run with -o wrote another"

# --- an unfinished run is not overwritten; what is ignored stays ignored -----------------------

start_and_stop TERM
expect 1 "--resume" "$program" langevin run.yaml -o run.h5
(
    trap '' HUP
    "$program" langevin -q --resume run.h5 &
    hangups=0
    while kill -HUP $! 2>/dev/null; do
        hangups=$((hangups + 1))
        sleep 0.02
    done
    wait $! && [ $hangups -gt 1 ]
) || fail "a hangup that is ignored stopped the run"

# --- a full disk: a message, and the last checkpoint intact ------------------------------------

start_and_stop KILL
cp run.h5 before.h5
(
    trap '' XFSZ # a write beyond the limit fails, as on a full disk
    ulimit -f 8
    "$program" langevin -q --resume run.h5 --checkpoint 0.1 2>err.txt
)
check "full disk: the exit status is not 1" [ $? -eq 1 ]
check "full disk: '$(cat err.txt)'" grep -q "run.h5: cannot" err.txt
check "full disk: the checkpoint has changed" cmp -s run.h5 before.h5
check "full disk: an unfinished file is left" [ "$(find . -name '*.part' | wc -l)" -eq 0 ]
"$program" langevin -q --resume run.h5 || fail "resume after a full disk"
check_result "a full disk"

# --- what runs print and draw ------------------------------------------------------------------

"$program" walls whole.h5 > walls.txt || fail "walls"
grep -q "steady" walls.txt || fail "walls prints no state"
[ "$(grep -c 'chi^2' walls.txt)" -ge 2 ] || fail "walls prints no fits"
if command -v gnuplot > /dev/null; then
    for kind in walls space-time; do
        "$program" figure whole.h5 --kind $kind -o $kind.pdf || fail "figure $kind"
        [ -s $kind.pdf ] || fail "figure $kind is empty"
    done
    expect 0 "" "$program" langevin run.yaml --set thermal=0 -o exact.h5
    expect 0 "" "$program" figure exact.h5 --kind walls -o exact.pdf
    expect 1 "its run file needs histogram:" "$program" figure whole.h5 --kind histogram -o no.pdf
    expect 2 "--kind pie: expected" "$program" figure whole.h5 --kind pie -o no.pdf
    [ ! -e no.pdf ] || fail "a figure that failed is there"
fi

# --- wrong usage and wrong input ---------------------------------------------------------------

expect 2 "-o FILE" "$program" langevin run.yaml
expect 2 "must end in" "$program" langevin run.yaml -o run.txt
expect 2 "--sites: unknown option" "$program" langevin run.yaml --sites 8 -o out.h5
expect 1 "cannot be read" "$program" langevin absent.yaml -o out.h5
expect 1 "such.h5: " "$program" langevin --resume such.h5
expect 1 "no time step can be stable" "$program" langevin run.yaml --set epsilon=1e300 --set J=1e300 -o out.h5
expect 1 "unstable" "$program" langevin run.yaml --set step=0.25 -o out.h5
expect 1 "nothing of that name" "$program" langevin run.yaml --set colour=1 -o out.h5
expect 2 "no --set" "$program" langevin --resume whole.h5 --set seed=2
expect 2 "seconds" "$program" langevin run.yaml --checkpoint -3 -o out.h5
echo "equation: [" > broken.yaml
expect 1 "broken.yaml:" "$program" langevin broken.yaml -o out.h5
: > empty.yaml
expect 1 "empty" "$program" langevin empty.yaml -o out.h5
head -c 3000 whole.h5 > cut.h5
expect 1 "cut.h5" "$program" walls cut.h5
expect 1 "absent.h5" "$program" walls absent.h5
[ ! -e out.h5 ] || fail "a failed command has left out.h5"

finish
