#!/bin/sh
# Builds the example against a library installed at PREFIX, with CMake and with pkg-config, and checks
# that it tells the three fixed points of the shipped model.
#
#   sh run.sh PREFIX MODEL
set -eu
prefix=$1 model=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
library=$(dirname "$(find "$prefix" -name 'libgibbsflow.*' | head -n 1)")

cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/cmake" >/dev/null
# shellcheck disable=SC2046 # the flags are words
cc -std=c17 "$here/example.c" -o "$work/with-pkg-config" \
    $(PKG_CONFIG_PATH="$library/pkgconfig" pkg-config --cflags --libs gibbsflow)

for program in "$work/cmake/example" "$work/with-pkg-config"; do
    LD_LIBRARY_PATH="$library" "$program" "$model" >"$work/out"
    [ "$(grep -c '^stable: m = -\{0,1\}0.690933, e = 0.664003$' "$work/out")" -eq 2 ]
    grep -q '^saddle: m = -\{0,1\}0.000000, e = 0.551545$' "$work/out"
done
LD_LIBRARY_PATH="$library" "$prefix/bin/gibbsflow" --version
echo "the example works against the installed library"
