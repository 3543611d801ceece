#!/bin/sh
# `gibbsflow fixed-points`: scans, units of energy. Usage: test_fixed_points.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

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

# A reader that goes away must not cost the file: it is written before anything is printed.
test_pipe() {
    accept spectrum "$reference" --sites 4 -o spectrum.h5
    { "$program" fixed-points spectrum.h5 --scan gamma=0.8:0.95:61 -o scan.h5 2>$err && echo >whole; } | true
    check "scan | true: all was printed" [ ! -e whole ]
    check "scan | true: no file" [ -s scan.h5 ]
    run fixed-points spectrum.h5
    check "in place: does not say so: $complained" contains "$complained" "spectrum.h5: holds the fixed points now"
}

# Two scans: nodes, lines and special points, which the file holds; its spectra are kept until it is there.
test_phase_diagram() {
    set -- fixed-points "$reference" --sites 6 --scan Delta=0.5:2:7 --scan gamma=0.8:0.99:9
    accept "$@" -o phase.h5
    check "phase: no line of pitchforks: $said" contains "$said" "line of pitchforks from Delta = 0.5, gamma = 0.8"
    check "phase: no degenerate pitchfork: $said" contains "$said" "degenerate pitchfork at Delta = 1."
    check "phase: nodes: $said" contains "$said" " of 63 nodes: 2 stable, 1 saddle"
    check "phase: the spectra remain" [ ! -e phase.h5.spectra ]
    accept info phase.h5
    check "phase: not stored" contains "$said" "/phase"
    refuse 2 "one parameter, or two for a phase diagram" "$@" --scan J=1:2:3
    refuse 2 "is no range" fixed-points "$reference" --scan Delta=0:1:3 --scan gamma=1
    refuse 1 "both enter the Hamiltonian" fixed-points "$reference" --sites 4 --scan Delta=0:1:3 --scan Jp=0:1:3
    refuse 1 "the file holds a phase diagram, which would be lost" fixed-points "$reference" --sites 4 -o phase.h5
    accept spectrum "$reference" --sites 6 -o six.h5
    accept fixed-points six.h5 --scan Delta=0.5:2:7 --scan gamma=0.8:0.99:9 -o stored.h5
    check "phase: another diagram from a file" h5diff -q phase.h5 stored.h5 /phase
}

# Lines of fixed points, and what is said of dark states.
test_lines_and_borders() {
    accept fixed-points "$models/dephasing.yaml" --sites 6 -o line.h5
    check "line: not listed: $said" contains "$said" "line 1 of 1"
    check "line: not stored" h5dump -d /fixed_points/lines/density line.h5 >/dev/null
    accept fixed-points "$reference" --sites 6 --set gamma=1
    check "dark: $said" contains "$said" "point 1, at the border, is attracting (rates -1 to -1)"
}

# Advice that can be followed.
test_advice() {
    refuse 1 "a scan of it wants exact spectra" fixed-points "$reference" --sites 4 --scan Jp=0:1:3 --method typicality
    refuse 1 "no parameter" fixed-points "$reference" --sites 4 --scan nothing=0:1:3
    refuse 1 "random vectors (--method typicality)" fixed-points "$reference" --sites 28
}

# A scan of the Hamiltonian, killed half-way, goes on from the spectra that it kept, to the same result.
test_kept_spectra() {
    set -- fixed-points "$reference" --sites "$(sized 10 6)" --set gamma=0.83 --scan Delta=0.5:1:9 --threads 1
    accept "$@" -o whole.h5
    check "spectra: not removed" [ ! -e whole.h5.spectra ]
    check "spectra: no pitchfork: $said" contains "$said" "pitchfork at Delta = 0.73"
    unfinished() { [ ! -e killed.h5 ]; }
    interrupt KILL killed.h5.spectra/Delta=0.625.h5 "$program" "$@" -o killed.h5
    accept "$@" -o killed.h5
    check "spectra: none was taken: $complained" contains "$complained" " spectra were taken from killed.h5.spectra"
    check "spectra: the folder remains" [ ! -e killed.h5.spectra ]
    accept "$@" --quiet -o again.h5
    check "spectra: another result" h5diff -q killed.h5 again.h5 /scan
    check "spectra: another result than that of the whole" h5diff -q killed.h5 whole.h5 /scan
    accept spectrum "$reference" --sites 6 --set Jp=0.5 -o other.h5
    mkdir stale.h5.spectra && cp other.h5 stale.h5.spectra/Delta=0.5.h5
    expect 1 "is of an unfinished scan of another model" "$program" fixed-points "$reference" --sites 6 \
        --scan Delta=0.5:1:3 -o stale.h5
    check "spectra: touched those of another model" [ -e stale.h5.spectra/Delta=0.5.h5 ]
    rm -r stale.h5.spectra
}

test_kept_spectra
test_phase_diagram
test_lines_and_borders
test_scan
test_units
test_advice
test_pipe
finish
