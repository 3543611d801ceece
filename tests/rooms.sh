#!/bin/sh
# The rooms of src/ and their one direction, as the list of rooms in src/CMakeLists.txt has them, lowest
# first, and cli above all. Prints what breaks the rules, and fails if anything does:
#
#   - a file includes headers of its own room and of rooms below it, never of a room above;
#   - no header includes itself through others;
#   - a public header includes public headers only; it belongs to the room of the source of its name, or
#     to the lowest room if there is none (gibbsflow.h, which includes all others, to the highest);
#   - every source stands in a room and is listed in src/CMakeLists.txt.
#
# Usage: rooms.sh [FOLDER OF THE PROJECT]. Without the folder it also shows that each rule can fail.
set -eu

# The tree in lines for awk: "room NAME SOURCE...", "file PATH" and "include PATH:LINE HEADER".
describe() {
    sed 's/#.*//' src/CMakeLists.txt | tr '\n' ' ' | tr ')' '\n' |
        sed -n -e 's/.*[^a-z_]room(/room /p' -e 's|.*add_library( *[a-z]* OBJECT *\([a-z]*\)/|room \1 \1/|p'
    find src include -name '*.[ch]' | sort | sed 's/^/file /'
    find src include -name '*.[ch]' -exec grep -n '^ *# *include *"' {} + |
        sed 's/^\([^:]*:[0-9]*\):[^"]*"\([^"]*\)".*/include \1 \2/'
}

check() (
    cd "$1"
    describe | awk '
        function fail(where, what) { print where ": " what; failed = 1 }
        function folder(path) { sub("/[^/]*$", "", path); return path }
        function noun(path) { sub(".*/", "", path); sub("(_fast)?(_kernel)?[.][ch]$", "", path); return path }
        function public(path) { return path ~ "^include/" }
        function room(path) {
            if (!public(path)) return substr(folder(path), 5)
            return path ~ "/gibbsflow[.]h$" ? highest : noun(path) in home ? home[noun(path)] : lowest
        }
        function visit(one, trail,    k, next_ones, count) {
            state[one] = "open"
            count = split(uses[one], next_ones, " ")
            for (k = 1; k <= count; ++k) {
                if (state[next_ones[k]] == "open")
                    fail(one, "a circle: " trail " " next_ones[k])
                else if (state[next_ones[k]] == "")
                    visit(next_ones[k], trail " " next_ones[k])
            }
            state[one] = "done"
        }
        $1 == "room" {
            if ($2 != "cli" && !($2 in order)) highest = $2
            if (!($2 in order)) order[$2] = ++rooms
            if (rooms == 1) lowest = $2
            for (k = 3; k <= NF; ++k) {
                source = $k ~ /[.]c$/ ? $k : $2 "/" $k ".c"
                listed["src/" source] = 1
                if (!(noun(source) in home)) home[noun(source)] = $2
            }
        }
        $1 == "file" { exists[$2] = 1 }
        $1 == "include" { place[++includes] = $2; header[includes] = $3 }
        END {
            if (rooms < 2 || includes < 2) fail("src/CMakeLists.txt", "no rooms, or no includes")
            for (file in exists) {
                if (!(room(file) in order)) fail(file, "in no room of src/CMakeLists.txt")
                else if (file ~ "[.]c$" && !(file in listed)) fail(file, "not listed in src/CMakeLists.txt")
            }
            for (k = 1; k <= includes; ++k) {
                file = place[k]
                sub(":[0-9]*$", "", file)
                target = (header[k] ~ "^gibbsflow(/|[.]h$)" ? "include/" : "src/") header[k]
                if (!(target in exists))
                    fail(place[k], "\"" header[k] "\" is no header as ROOM/NOUN.h")
                else if (public(file) && !public(target))
                    fail(place[k], "a public header includes the private \"" header[k] "\"")
                else if (order[room(target)] > order[room(file)])
                    fail(place[k], "goes up from " room(file) " to " room(target) ": \"" header[k] "\"")
                uses[file] = uses[file] " " target
            }
            for (one in uses) if (state[one] == "") visit(one, one)
            exit failed
        }'
)

if [ $# -gt 0 ]; then
    check "$1"
    exit
fi
project=$(cd "$(dirname "$0")/.." && pwd)
check "$project"

# Each rule, broken in a copy of the tree.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
must_fail() { # FILE LINE MESSAGE: with the line added to the file, check prints the message and fails
    rm -rf "$copy/src" "$copy/include"
    cp -R "$project/src" "$project/include" "$copy"
    printf '%s\n' "$2" >>"$copy/$1"
    if check "$copy" >"$copy/said"; then
        echo "'$2' in $1 is not noticed"
        exit 1
    fi
    grep -q "$3" "$copy/said" || {
        echo "'$2' in $1: expected '$3', not:"
        cat "$copy/said"
        exit 1
    }
}
must_fail src/input/settings.c '#include "algebra/chain.h"' 'goes up from input to algebra'
must_fail src/langevin/measure/walls.c '#include "gibbsflow/run.h"' \
    'goes up from langevin/measure to langevin/run'
must_fail src/figure/plot.c '#  include "cli/cli.h"' 'goes up from figure to cli'
must_fail include/gibbsflow/axis.h '#include "gibbsflow/grid.h"' 'goes up from base to table'
must_fail src/algebra/operator.h '#include "algebra/chain.h"' 'a circle: '
must_fail include/gibbsflow/grid.h '#include "table/nowhere.h"' 'is no header as ROOM/NOUN.h'
must_fail include/gibbsflow/grid.h '#include "hilbert/basis.h"' 'a public header includes the private'
must_fail src/hilbert/basis.c '#include "basis.h"' 'is no header as ROOM/NOUN.h'
must_fail src/attic.c '' 'src/attic.c: in no room'
must_fail src/gibbs/attic.c '' 'src/gibbs/attic.c: not listed'
