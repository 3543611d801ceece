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

test_figures
finish
