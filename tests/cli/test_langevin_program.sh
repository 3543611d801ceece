#!/bin/sh
# End-to-end tests of `gibbsflow langevin`, `walls` and `figure`: kill -9 and resume, signals, a full
# disk, wrong usage. Usage: test_langevin_program.sh PROGRAM
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
space: {length: 2000, spacing: 0.5}
time: {step: 0.05, end: $1, warm_up: 20, sample_every: 5}
integrator: leimkuhler-matthews
initial: {profile: [random, domains]}
realisations: 3
walls: {smoothing: 4, threshold: 0.5}
snapshots: {every: 20, spacing: 20}
sweep: {epsilon: [0.1, 0.15, 0.2, 0.3]}
END
}

# --- kill -9 at any moment, and resume: the same file as without ------------------------------

mkdir whole parts
write_run 600
cp run.yaml whole
cp run.yaml parts
(cd whole && "$program" langevin -q run.yaml -o run.h5) || fail "the whole run"
cd parts || exit 1
"$program" langevin -q run.yaml -o run.h5 --checkpoint 0.02 &
for pause in 0.4 0.3 0.5 0.2; do
    process=$!
    sleep $pause
    kill -9 $process 2> /dev/null
    wait $process 2> /dev/null
    [ -f run.h5 ] || { "$program" langevin -q run.yaml -o run.h5 --checkpoint 0.02 & continue; }
    h5dump -a /run/done run.h5 > /dev/null || fail "the checkpoint cannot be read after kill -9"
    "$program" langevin -q --resume run.h5 --checkpoint 0.02 &
done
wait $!
"$program" langevin -q --resume run.h5 || fail "the last part"
cd ..
content whole/run.h5 > whole.txt
content parts/run.h5 > parts.txt
cmp -s whole.txt parts.txt || fail "kill -9 and resume changed the result: $(diff whole.txt parts.txt | head -5)"
rm -f parts/*.part

# --- a signal: checkpoint, message, exit 1; then the same result -------------------------------

# interrupt SIGNAL: starts the run and sends the signal after its first checkpoint, in $status how it
# ended. False if it was always too late; then there is nothing to test.
interrupt() {
    for attempt in 1 2 3 4 5 6 7 8; do
        rm -f run.h5
        "$program" langevin run.yaml -o run.h5 --checkpoint 0.01 2> err.txt &
        process=$!
        while [ ! -f run.h5 ] && kill -0 $process 2> /dev/null; do
            sleep 0.01
        done
        kill "-$1" $process 2> /dev/null
        wait $process
        status=$?
        h5dump -a /run/done run.h5 | grep -q '(0): 1$' || return 0
    done
    echo "the run was complete before SIG$1, $attempt times: not tested"
    return 1
}

mkdir signal
cp run.yaml signal
cd signal || exit 1
if interrupt TERM; then
    [ "$status" -eq 1 ] || fail "SIGTERM: the exit status is $status, not 1"
    grep -q -- "--resume run.h5" err.txt || fail "SIGTERM: '$(cat err.txt)'"
    "$program" langevin -q --resume run.h5 || fail "resume after SIGTERM"
fi
cd ..
content signal/run.h5 | cmp -s - whole.txt || fail "SIGTERM and resume changed the result"
expect 0 "complete" "$program" langevin --resume signal/run.h5
expect 0 "complete" "$program" langevin --resume signal/run.h5 -o copy.h5
content copy.h5 | cmp -s - whole.txt || fail "--resume of a complete run with -o wrote another"

# --- an unfinished run is not overwritten; what is ignored stays ignored -----------------------

cd signal || exit 1
if interrupt TERM; then
    expect 1 "--resume" "$program" langevin run.yaml -o run.h5
    (
        trap '' HUP
        "$program" langevin -q --resume run.h5 &
        while kill -HUP $! 2> /dev/null; do
            sleep 0.02
        done
        wait $!
    ) || fail "a hangup that is ignored stopped the run"
fi
cd ..

# --- a full disk: a message, and the last checkpoint intact ------------------------------------

mkdir full
cp run.yaml full
cd full || exit 1
if interrupt KILL; then
    rm -f ./*.part # of the process killed
    cp run.h5 before.h5
    (
        trap '' XFSZ # a write beyond the limit fails, as on a full disk
        ulimit -f 8
        "$program" langevin -q --resume run.h5 --checkpoint 0.1 2> err.txt
    )
    [ $? -eq 1 ] || fail "full disk: the exit status is not 1"
    grep -q "run.h5: cannot" err.txt || fail "full disk: '$(cat err.txt)'"
    cmp -s run.h5 before.h5 || fail "full disk: the checkpoint has changed"
    [ "$(find . -name '*.part' | wc -l)" -eq 0 ] || fail "full disk: an unfinished file is left"
    "$program" langevin -q --resume run.h5 || fail "resume after a full disk"
fi
cd ..
content full/run.h5 | cmp -s - whole.txt || fail "a full disk and resume changed the result"

# --- what runs print and draw ------------------------------------------------------------------

"$program" walls whole/run.h5 > walls.txt || fail "walls"
grep -q "steady" walls.txt || fail "walls prints no state"
[ "$(grep -c 'chi^2' walls.txt)" -ge 2 ] || fail "walls prints no fits"
if command -v gnuplot > /dev/null; then
    for kind in walls space-time; do
        "$program" figure whole/run.h5 --kind $kind -o $kind.pdf || fail "figure $kind"
        [ -s $kind.pdf ] || fail "figure $kind is empty"
    done
    expect 0 "" "$program" langevin run.yaml --set thermal=0 -o exact.h5
    expect 0 "" "$program" figure exact.h5 --kind walls -o exact.pdf
    expect 1 "does not hold" "$program" figure whole/run.h5 --kind histogram -o no.pdf
    expect 2 "--kind pie: expected" "$program" figure whole/run.h5 --kind pie -o no.pdf
    [ ! -e no.pdf ] || fail "a figure that failed is there"
fi

# --- wrong usage and wrong input ---------------------------------------------------------------

expect 2 "-o FILE" "$program" langevin run.yaml
expect 2 "must end in" "$program" langevin run.yaml -o run.txt
expect 2 "--sites: unknown option" "$program" langevin run.yaml --sites 8 -o out.h5
expect 1 "cannot be read" "$program" langevin absent.yaml -o out.h5
expect 1 "such.h5: " "$program" langevin --resume such.h5
expect 1 "unstable" "$program" langevin run.yaml --set step=0.25 -o out.h5
expect 1 "nothing of that name" "$program" langevin run.yaml --set colour=1 -o out.h5
expect 2 "no --set" "$program" langevin --resume whole/run.h5 --set seed=2
expect 2 "seconds" "$program" langevin run.yaml --checkpoint -3 -o out.h5
echo "equation: [" > broken.yaml
expect 1 "broken.yaml:" "$program" langevin broken.yaml -o out.h5
: > empty.yaml
expect 1 "empty" "$program" langevin empty.yaml -o out.h5
head -c 3000 whole/run.h5 > cut.h5
expect 1 "cut.h5" "$program" walls cut.h5
expect 1 "absent.h5" "$program" walls absent.h5
[ ! -e out.h5 ] || fail "a failed command has left out.h5"

finish
