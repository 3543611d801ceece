#!/bin/sh
# `gibbsflow forces` and `fixed-points`: different ways to the same numbers agree.
# Usage: test_forces.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

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

test_consistency
finish
