#!/bin/sh
# All tests, from nothing: installs what is missing, then checks the format of the sources, builds with
# warnings as errors, runs the tests, runs them again under AddressSanitizer and
# UndefinedBehaviorSanitizer, installs, and builds the example against the installed library.
set -eu
cd "$(dirname "$0")/.."
export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}" # an existing build keeps its own
sh src/setup.sh tests
workers=$(($(nproc) + 1)) # many tests wait for the disk or for a signal

echo "== format"
find src include tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror

echo "== tests"
cmake --preset release -DBUILD_TESTING=ON >/dev/null
cmake --build --preset release --parallel "$(nproc)"
ctest --preset release --parallel "$workers"

echo "== tests under sanitizers"
cmake --preset sanitize >/dev/null
cmake --build --preset sanitize --parallel "$(nproc)"
ctest --preset sanitize --parallel "$workers"

echo "== installation"
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install build --prefix "$prefix" >/dev/null
sh tests/example/run.sh "$prefix" models/xxz_jprime.yaml
echo "All passed."
