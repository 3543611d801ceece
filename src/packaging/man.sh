#!/bin/sh
# Writes the manual pages gibbsflow.1.gz and gibbsflow-COMMAND.1.gz from what --help prints.
#
#   sh man.sh HELP2MAN PROGRAM FOLDER
set -eu
help2man=$1 program=$2 folder=$3
help=$(mktemp) extra=$(mktemp)
trap 'rm -f "$help" "$extra"' EXIT
version=$("$program" --version | sed 's/.* //')
commands=$("$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')

# What help2man does not find by itself: the name, the examples line by line, the other pages.
extras() { # NAME OTHERS
    printf '[name]\n%s \\- ' "$1"
    sed -n '/^ *\(Usage\|or\):/!{s/\.$//;p;q}' "$help"
    printf '\n[examples]\n.nf\n'
    sed -n '/^Examples:/,/^$/{/^ /{s/\\/\\e/g;p}}' "$help"
    printf '.fi\n\n[see also]\n'
    for other in $2; do
        echo ".BR $other (1)"
    done
}

page() { # COMMAND OTHERS
    name=gibbsflow${1:+-$1}
    # shellcheck disable=SC2086 # an empty word is no command at all
    "$program" $1 --help >"$help"
    extras "$name" "$2" >"$extra"
    "$help2man" --no-info --section=1 --manual="User Commands" --include="$extra" \
        --version-string="$name $version" --output="$folder/$name.1" --help-option="$1 --help |
            sed '/^Examples:/,/^\$/d; s/^\(Exit status\|Commands\):\$/*\1*/'" "$program"
    gzip -9nf "$folder/$name.1"
}

mkdir -p "$folder"
page "" "$(printf 'gibbsflow-%s ' $commands)"
for command in $commands; do
    page "$command" gibbsflow
done
