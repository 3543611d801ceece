#!/bin/sh
# Checks that every relative link and image in every document leads to a file or folder, and every
# link to a heading to a heading; and that README.md has at most 200 lines.
#
#   sh tests/links.sh
set -eu
cd "$(dirname "$0")/.."
failed=0

complain() {
    echo "$*" >&2
    failed=1
}

# One line for every link, "DOCUMENT PATH HEADING" with - for no heading, and one for every heading,
# "DOCUMENT # HEADING": in small letters, blanks as hyphens, without punctuation. Code is left out.
read_documents() { # DOCUMENTS
    awk '
        function normal(path) {
            while (sub(/[^\/]+\/\.\.\//, "", path)) {}
            return path
        }
        FNR == 1 { code = 0 }
        /^ *```/ { code = !code; next }
        code || /^    / { next }
        /^#+ / {
            heading = tolower($0)
            sub(/^#+ /, "", heading)
            gsub(/`|[],:;!?().[]/, "", heading)
            gsub(/'\''|’/, "", heading)
            gsub(/ /, "-", heading)
            print FILENAME, "#", heading
        }
        {
            gsub(/`[^`]*`/, "")
            while (match($0, /\]\([^()]+\)/)) {
                target = substr($0, RSTART + 2, RLENGTH - 3)
                $0 = substr($0, RSTART + RLENGTH)
                if (target ~ /^[a-z]+:/) continue
                folder = FILENAME
                sub(/[^\/]*$/, "", folder)
                split(target, part, "#")
                print FILENAME, part[1] == "" ? FILENAME : normal(folder part[1]), part[2] == "" ? "-" : part[2]
            }
        }' "$@"
}

# shellcheck disable=SC2046 # no blanks in the names of documents
lines=$(read_documents $(find . -name '*.md' -not -path './build*' -not -path './shared/*' | sed 's/^\.\///'))
links=0
while read -r document path heading; do
    [ "$path" != '#' ] || continue
    links=$((links + 1))
    if [ ! -e "$path" ]; then
        complain "$document: $path does not exist"
    elif [ "$heading" != - ]; then
        case "
$lines
" in
        *"
$path # $heading
"*) ;;
        *) complain "$document: $path has no heading $heading" ;;
        esac
    fi
done <<END
$lines
END
[ "$links" -gt 0 ] || complain "no links were found"

length=$(wc -l <README.md)
[ "$length" -le 200 ] || complain "README.md has $length lines; at most 200"
exit $failed
