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

# The targets of [text](target) and ![text](target), outside of code.
targets() { # DOCUMENT
    awk '/^ *```/ { code = !code; next } !code && !/^    / { gsub(/`[^`]*`/, ""); print }' "$1" |
        grep -o '](\([^()]*\(([^()]*)\)*\)*)' | sed 's/^](//; s/)$//' || true
}

# The anchors of the headings: small letters, blanks as hyphens, without punctuation.
anchors() { # DOCUMENT
    awk '/^ *```/ { code = !code; next } !code && /^#+ /' "$1" |
        sed 's/^#* //; s/`//g' | tr '[:upper:]' '[:lower:]' | sed "s/[],:;!?().['’]//g; s/ /-/g"
}

documents=$(find . -name '*.md' -not -path './build*' -not -path './shared/*' | sort)
count=0
for document in $documents; do
    folder=$(dirname "$document")
    for target in $(targets "$document"); do
        count=$((count + 1))
        file=${target%%#*} anchor=
        case $target in
        *://* | mailto:*) continue ;;
        *'#'*) anchor=${target#*#} ;;
        esac
        path=$document
        [ -z "$file" ] || path=$folder/$file
        if [ ! -e "$path" ]; then
            complain "$document: $target does not exist"
        elif [ -n "$anchor" ] && ! anchors "$path" | grep -qxF "$anchor"; then
            complain "$document: $path has no heading $anchor"
        fi
    done
done
[ "$count" -gt 0 ] || complain "no links were found"

lines=$(wc -l <README.md)
[ "$lines" -le 200 ] || complain "README.md has $lines lines; at most 200"
exit $failed
