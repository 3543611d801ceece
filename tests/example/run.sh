#!/bin/sh
# Builds the example, as C and as C++, against a library installed at PREFIX, with CMake and with
# pkg-config, and checks that every program finds the three fixed points of the shipped model. Nothing
# is told where the library is: the programs must know.
#
#   sh run.sh PREFIX MODEL
set -eu
prefix=$(cd "$1" && pwd) model=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LD_LIBRARY_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name gibbsflow.pc)")
export PKG_CONFIG_PATH

cmake -S "$here" -B "$work" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work" >/dev/null
# shellcheck disable=SC2046 # the flags are words
cc -std=c17 "$here/example.c" -o "$work/pkg-config-c" $(pkg-config --cflags --libs gibbsflow)
# shellcheck disable=SC2046
c++ -std=c++17 "$here/example.cpp" -o "$work/pkg-config-c++" $(pkg-config --cflags --libs gibbsflow)

for program in example-c example-c++ pkg-config-c pkg-config-c++; do
    "$work/$program" "$model" >"$work/out"
    [ "$(grep -c '^stable: m = -\{0,1\}0.690933, e = 0.664003$' "$work/out")" -eq 2 ]
    grep -q '^saddle: m = -\{0,1\}0.000000, e = 0.551545$' "$work/out"
    if "$work/$program" "$model.no" 2>"$work/out"; then
        echo "$program: no error for a model that is not there"
        exit 1
    fi
    grep -q 'No such file' "$work/out"
done
"$prefix/bin/gibbsflow" --version
echo "the example works against the installed library"
