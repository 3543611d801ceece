#!/bin/sh
# `gibbsflow figure` of tables and scans. Usage: test_figure.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

accept spectrum "$reference" --sites 6 -o spectrum.h5
accept forces spectrum.h5 -o forces.h5
accept fixed-points spectrum.h5 --scan gamma=0.8:0.95:3 -o scan.h5

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
    for name in "''" "'" "''a" "a'''b''" "'a'"; do
        write_model quotes.yaml name "name: \"$name\""
        accept forces quotes.yaml -o quotes.h5
        accept figure quotes.h5 -o quotes.svg
    done
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

# What the options ask for and cannot have: a message, and no file.
test_options() {
    refuse 2 "--kind nothing: expected forces" figure forces.h5 --kind nothing -o new.pdf
    refuse 2 "from a smaller to a larger" figure forces.h5 --range 1:0 -o new.pdf
    refuse 2 "--size 8kmx5cm: expected column" figure forces.h5 --size 8kmx5cm -o new.pdf
    refuse 2 "from 4 to 200 cm" figure forces.h5 --size 1cm -o new.pdf
    refuse 1 "--with all: expected flow" figure forces.h5 --with nullclines,all -o new.pdf
    refuse 1 "--of spin: expected force" figure forces.h5 --kind map --of spin -o new.pdf
    refuse 1 "--of belongs to --kind map" figure forces.h5 --of noise -o new.pdf
    refuse 1 "takes 2 ranges at most, not 3" figure forces.h5 --range 0:1,0:1,0:1 -o new.pdf
    refuse 1 "of the force is not positive everywhere" figure forces.h5 --kind map --log -o new.pdf
    refuse 1 "has no room for this figure" figure forces.h5 --size 4cmx4cm -o new.pdf
    refuse 1 "drawn from /density_grid, which it has not" figure scan.h5 --kind basins -o new.pdf
    refuse 1 "is not one of the plane of m and e" figure scan.h5 --with basins -o new.pdf
    refuse 1 "a figure of kind walls is one of a run" figure forces.h5 --kind walls -o new.pdf
    accept fixed-points spectrum.h5 --scan gamma=0:1:2 -o from_zero.h5
    refuse 1 "it has no logarithmic scale" figure from_zero.h5 --log -o new.pdf
    accept figure forces.h5 --kind map --of log_partition --log -o log.gp
    # fixed points that are a line have no basins, and a force that is nowhere other than zero no arrows
    accept forces "$models/dephasing.yaml" --sites 4 -o line.h5
    refuse 1 "there are no basins to draw" figure line.h5 --kind basins -o new.pdf
    accept figure line.h5 --kind nullclines -o line.gp
    # a file of an older version
    accept forces spectrum.h5 -o old_table.h5
    /usr/bin/python3 -c 'import h5py; del h5py.File("old_table.h5", "a")["separatrices"]' 2>/dev/null || return
    refuse 1 "holds no separatrices" figure old_table.h5 --with separatrices -o new.pdf
    accept figure old_table.h5 -o old_table.gp
}

test_figures
test_options
finish
