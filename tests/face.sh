#!/bin/sh
# The library's face, include/gibbsflow/:
#
#   - gibbsflow.h includes every other public header;
#   - each compiles on its own as C17 and as C++17, without warnings;
#   - none names complex numbers of C or types of other libraries, which are no part of the interface;
#   - every function in them is marked GF_API, and the shared library exports these and no other.
#
# Usage: face.sh [LIBRARY]: without the library (a static one hides nothing) the last point is left out.
set -eu
library=${1:-}
project=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! command -v "${CXX:-c++}" >/dev/null; then
    echo "no C++ compiler"
    exit 77
fi

complain() {
    echo "$1"
    failed=1
}

# Names of the functions that the headers declare: "marked NAME" or "unmarked NAME".
functions() {
    cat include/gibbsflow/*.h | sed -e :a -e '/\\$/N; s/\\\n//; ta' | sed '/^ *#/d' | tr '\n' ' ' | sed 's|/\*|\n/*|g; s|\*/|*/\n|g' |
        sed '/^\/\*/d' | tr '\n' ' ' | sed 's/[;{}]/;\n/g; s/GF_\(BEGIN\|END\)_DECLARATIONS//g' |
        grep -v '^ *\(typedef\|static inline\|return\)' |
        sed -n -e 's/^ *GF_API .*\b\(gf_[a-z0-9_]*\)(.*;$/marked \1/p' -e t \
            -e 's/^[^=]*[ *]\(gf_[a-z0-9_]*\)(.*;$/unmarked \1/p'
}

compiles() { # HEADER
    printf '#include "%s"\nint nothing;\n' "$1" >"$work/includes.c"
    set -- -Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x
    "${CC:-cc}" -std=c17 "$@" c "$work/includes.c" && "${CXX:-c++}" -std=c++17 "$@" c++ "$work/includes.c"
}

check() ( # FOLDER HEADER...
    cd "$1"
    failed=0
    shift
    for header in "$@"; do
        name=gibbsflow/$(basename "$header")
        compiles "$name" || complain "$name: not C17 and C++17"
        [ "$name" = gibbsflow/gibbsflow.h ] || grep -q "#include \"$name\"" include/gibbsflow/gibbsflow.h ||
            complain "$name: not in gibbsflow.h"
        ! grep -n 'complex\.h\|double complex\|yaml\.h\|hdf5\.h\|hid_t' "$header" ||
            complain "$name: what others need not know"
    done
    functions | sort -u >"$work/functions"
    ! grep '^unmarked' "$work/functions" || complain "not marked GF_API"
    sed -n 's/^marked //p' "$work/functions" >"$work/marked"
    [ "$(wc -l <"$work/marked")" -gt 100 ] || complain "hardly any functions found"
    if [ -n "$library" ]; then
        nm -D --defined-only "$library" | sed -n 's/.* [^ ] \([a-z][^ ]*\)$/\1/p' | sort >"$work/exported"
        diff "$work/marked" "$work/exported" || complain "< marked but not exported, > exported but not marked"
    fi
    exit $failed
)

cd "$project"
check . include/gibbsflow/*.h

# Each rule, broken in a copy of the headers.
must_fail() { # FILE LINE MESSAGE
    rm -rf "$work/include"
    cp -R "$project/include" "$work"
    printf '%s\n' "$2" >>"$work/include/gibbsflow/$1"
    if check "$work" "include/gibbsflow/$1" >"$work/said" 2>&1; then
        echo "'$2' in $1 is not noticed"
        exit 1
    fi
    grep -q "$3" "$work/said" || {
        echo "'$2' in $1: expected '$3', not:"
        cat "$work/said"
        exit 1
    }
}
must_fail attic.h '/* nothing */' 'attic.h: not in gibbsflow.h'
must_fail axis.h 'int gf_attic(void);' 'unmarked gf_attic'
must_fail axis.h 'GF_API int *gf_attic(int a);' '> *gf_attic\|< *gf_attic\|axis.h'
must_fail axis.h '#include <complex.h>' 'axis.h: what others'
must_fail axis.h 'typedef struct gf_attic { int class; } gf_attic;' 'axis.h: not C17 and C++17'
