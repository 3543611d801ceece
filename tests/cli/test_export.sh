#!/bin/sh
# `gibbsflow export`: the list, columns, what is refused. That the values are those of the file is held
# against h5py in io/h5py. Usage: test_export.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

write_model chain.yaml grid \
    'grid: {lambda1: {points: 3}, lambda2: {points: 2}, magnetization: {points: 5}, energy: {points: 4}}'
accept forces chain.yaml -o forces.h5
accept fixed-points forces.h5 --scan gamma=0.8:0.95:3 -o scan.h5

test_list() {
    accept export forces.h5
    check "list: no force" grep -Eq '^/density_grid/force +magnetization 5, energy 4, charge 2  \[' $out
    check "list: no text" grep -Eq '^/fixed_points/stability ' $out
    accept export forces.h5 --json
    check "list: no JSON" contains "$said" '{"dataset": "/density_grid/force", "shape": [5, 4, 2], "axes": ["/density_grid/magnetization", "/density_grid/energy", "charge"]'
}

test_columns() {
    accept export forces.h5 density_grid/noise
    check "noise: $(head -1 $out)" grep -Eq '^magnetization \[.*\],energy \[.*\],charge,charge 2,.*density_grid/noise \[' $out
    check "noise: $lines lines" [ "$(grep -c . $out)" -eq $((5 * 4 * 4 + 1)) ]
    check "noise: second row: $(sed -n 3p $out)" grep -Eq '^-1,-[0-9.]+,magnetization,energy,nan$' $out
    accept export forces.h5 /fixed_points/eigenvalues /fixed_points/density -o points.csv
    check "side by side: prints" [ ! -s $out ]
    check "side by side: $(head -1 points.csv)" grep -q 'eigenvalues (real) .*eigenvalues (imaginary) .*fixed_points/density ' points.csv
    accept export forces.h5 /fixed_points/stability
    check "texts: $said" grep -q '^[0-9]*,"stable"$' $out
    accept export scan.h5 /scan/parameter
    check "an axis: $said" [ "$(sed -n 2p $out)" = 0.80000000000000004 ]
    accept export scan.h5 /scan/parameter /scan/continuum
    check "an axis beside its values: $said" [ "$(sed -n 2p $out)" = 0.80000000000000004,0 ]
}

test_refusals() {
    write_model model.yaml
    refuse 2 "which file?" export
    refuse 1 "model.yaml is a model file; expected FILE.h5" export model.yaml
    refuse 1 "has no /nothing" export forces.h5 /nothing
    refuse 1 "/region is a group" export forces.h5 /region
    refuse 1 "have not the same axes" export forces.h5 /density_grid/force /lambda_grid/force
    refuse 2 "must end in .csv" export forces.h5 /region/corners -o new.h5
    refuse 2 "goes with the name of a dataset" export forces.h5 -o new.csv
    refuse 2 "--json goes with the list" export forces.h5 /region/corners --json
    refuse 1 "cannot be written" export forces.h5 /region/corners -o nowhere/new.csv
    refuse 1 "no.h5" export no.h5
}

test_list
test_columns
test_refusals
finish
