#!/bin/sh
# HDF5 files that cannot be used, whole or cut short. Usage: test_stored_files.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

test_stored_files() {
    accept spectrum "$reference" --sites 6 -o spectrum.h5
    accept forces spectrum.h5 -o forces.h5
    accept fixed-points spectrum.h5 --scan gamma=0.8:0.95:3 -o scan.h5
    refuse_to_write 1 "holds nothing to draw" figure spectrum.h5
    refuse_to_write 1 "forces.h5" figure forces.h5 --kind scan
    refuse_to_write 1 "scan.h5" figure scan.h5 --kind forces
    refuse_to_write 2 "--kind nonsense: expected forces, map" figure forces.h5 --kind nonsense
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
}

test_truncated_files() {
    size=$(wc -c <forces.h5)
    for length in 1 7 8 9 95 96 97 512 800 2048 $((size / 3)) $((size / 2)) $((size - 1000)) $((size - 1)); do
        head -c $length forces.h5 >short.h5
        refuse_to_write 1 "short.h5" forces short.h5
        refuse 1 "short.h5" info short.h5
    done
    refuse_to_write 1 "short.h5" figure short.h5
    refuse 1 "short.h5" fixed-points short.h5
    { head -c 8 forces.h5 && head -c 4000 "$program"; } >foreign.h5
    refuse_to_write 1 "foreign.h5" forces foreign.h5
    refuse_to_write 1 "foreign.h5" figure foreign.h5
    refuse 1 "foreign.h5" info foreign.h5
}

test_stored_files
test_truncated_files
finish
