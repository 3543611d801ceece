#!/bin/sh
# Installs the Debian packages that are missing and builds into build/.
#
#   sh src/setup.sh          what the program needs
#   sh src/setup.sh tests    also what the tests need
set -eu
cd "$(dirname "$0")/.."

packages="gcc libc6-dev make cmake pkg-config libopenblas-dev liblapacke-dev libhdf5-dev
    libyaml-dev libpopt-dev libfftw3-dev liblbfgs-dev librandom123-dev gnuplot-nox
    fonts-dejavu-core help2man"
[ "${1:-}" != tests ] || packages="$packages check ninja-build hdf5-tools clang-format g++ python3-h5py
    python3-numpy python3-matplotlib python3-pil poppler-utils librsvg2-bin libopenmpi-dev openmpi-bin
    libscalapack-openmpi-dev" # the last: blocks that all ranks of a job diagonalise together

# with_dots LOG COMMAND...: a dot every few seconds while the command writes its log, so that nobody thinks
# that all hangs.
with_dots() {
    written=$1 result=0
    shift
    while sleep 2; do printf .; done &
    dots=$!
    trap 'kill "$dots" 2>/dev/null' EXIT
    trap 'exit 130' INT TERM HUP # which the dots do not hear
    "$@" >"$written" 2>&1 || result=$?
    kill "$dots"
    wait "$dots" 2>/dev/null || true
    trap - EXIT INT TERM HUP
    echo
    return "$result"
}

installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

missing=""
if command -v dpkg-query >/dev/null; then
    for package in $packages; do
        installed "$package" || missing="$missing $package"
    done
else
    echo "No Debian packages here: make sure that the libraries named in the README are installed."
fi

if [ -n "$missing" ]; then
    echo "Installing$missing"
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Run as root first: apt-get install$missing" >&2
            exit 1
        fi
        as_root=sudo
    fi
    log=$(mktemp)
    install_missing() {
        # shellcheck disable=SC2086 # a list of words
        $as_root apt-get update &&
            $as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y --no-install-recommends $missing
    }
    if ! with_dots "$log" install_missing; then
        tail -n 20 "$log" >&2
        echo "The packages could not be installed." >&2
        exit 1
    fi
    rm -f "$log"
fi

build() {
    if [ "${1:-}" = tests ]; then # as tests/run.sh does, so that it finds all built
        cmake --preset release -DBUILD_TESTING=ON
    else
        cmake -S . -B build -DBUILD_TESTING=OFF
    fi && cmake --build build --parallel "$(nproc)"
}

echo "Building build/gibbsflow (a minute or two)"
if ! with_dots build.log build "$@"; then
    tail -n 30 build.log >&2
    exit 1
fi
mv build.log build/build.log
