# What the end-to-end tests of runs share; sourced by them. Goes to an empty folder that vanishes at
# the end. Exits with 77 (not run) where h5dump is missing.
set -u
export LC_ALL=C
# A sanitizer's report must not pass for an ordinary failure, which exits with 1.
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS-}" UBSAN_OPTIONS="exitcode=99:${UBSAN_OPTIONS-}"
program=$(realpath "$1")
command -v h5dump > /dev/null || { echo "h5dump is missing"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect STATUS TEXT COMMAND...: the exit status, and a text that the error stream must contain
expect() {
    status=$1
    text=$2
    shift 2
    "$@" > out.txt 2> err.txt
    got=$?
    [ "$got" -eq "$status" ] || fail "exit $got, not $status: $*: $(cat err.txt)"
    [ -z "$text" ] || grep -qF -- "$text" err.txt || fail "'$text' not in '$(cat err.txt)': $*"
}

# The end of a test.
finish() {
    [ $failures -eq 0 ] && echo "all passed"
    exit $((failures > 0))
}
