# What the end-to-end tests of the program share. A test is called with the program and the folder of
# models, and sources this file first. It then stands in an empty folder that vanishes at the end.
#
# Two styles: `accept`, `refuse` and `check` for commands and what they print; `expect` and `fail` for
# anything else. A test ends with `finish`: exit status 0 if no check failed.
set -u
export LC_ALL=C
# A sanitizer's report must not pass for an ordinary failure, which exits with 1.
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS-}" UBSAN_OPTIONS="exitcode=99:${UBSAN_OPTIONS-}"
if [ $# -ne 2 ]; then
    echo "usage: sh $0 PROGRAM MODELS" >&2
    exit 2
fi
program=$(realpath "$1") models=$(realpath "$2")
reference=$models/xxz_jprime.yaml
command -v h5dump >/dev/null || { echo "h5dump is missing"; exit 77; }
folder=$(mktemp -d) && cd "$folder" || exit 2
mkdir disk logs # a file system of its own, if that can be had; what the program prints
out=logs/out err=logs/err
mounted=no passed=0 failed=0

clean_up() {
    [ $mounted = no ] || umount "$folder/disk"
    cd / && chmod -R u+w "$folder" && rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 2' INT TERM HUP

# sized FULL SMALL: prints FULL, or SMALL under the sanitizers, where all takes ten times as long.
sized() {
    if [ "${GF_SANITIZED-0}" = 1 ]; then echo "$2"; else echo "$1"; fi
}

# --- checks --------------------------------------------------------------------------------------

fail() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# check LABEL COMMAND...: the command succeeds.
check() {
    label=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        fail "$label"
    fi
}

# expect STATUS TEXT COMMAND...: the exit status, and a text that the error stream must contain
expect() {
    expected=$1 text=$2
    shift 2
    "$@" >out.txt 2>err.txt
    got=$?
    check "exit $got, not $expected: $*: $(cat err.txt)" [ "$got" -eq "$expected" ]
    [ -z "$text" ] || check "'$text' not in '$(cat err.txt)': $*" grep -qF -- "$text" err.txt
}

# The end of a test: it has checked something, and nothing failed.
finish() {
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
    exit $?
}

contains() { # TEXT PART
    case $1 in *"$2"*) true ;; *) false ;; esac
}

lacks() { # TEXT PART
    ! contains "$@"
}

# --- commands and what they leave ----------------------------------------------------------------

# There are a thousand calls of what follows: it starts no processes but the program.

# read_text FILE: its content in $text without the last line's end, the number of lines in $lines.
read_text() {
    text='' lines=0
    while IFS= read -r one_line; do
        text="$text$one_line
" lines=$((lines + 1))
    done <"$1"
    text="$text$one_line"
    text=${text%"
"}
}

# run ARGUMENTS...: the program, with what it says in $out and $err, or $said and $complained.
run() {
    "$program" "$@" >$out 2>$err </dev/null
    status=$?
    read_text $out
    said=$text
    read_text $err
    complained=$text
}

# The names of all files but these in $list.
list_files() {
    list=''
    for file in * .[!.]* disk/* disk/.[!.]*; do
        case $file in logs | old.h5 | old.pdf) ;; *) list="$list $file" ;; esac
    done
}

# The files of the working directory, before and after: no debris, nothing new, the old ones as
# they were.
remember_files() {
    echo "the old file" >old.h5
    echo "the old file" >old.pdf
    list_files
    files=$list
}

check_files() { # LABEL
    list_files
    check "$1: leaves other files than before" [ "$list" = "$files" ]
    for file in old.h5 old.pdf; do
        read_text $file
        check "$1: touches $file" [ "$text" = "the old file" ]
    done
}

# refuse STATUS MESSAGE ARGUMENTS...: it ends with this status, nothing on the standard output, and
# a message that contains MESSAGE: one line, and for wrong usage another that points to --help.
refuse() {
    expected=$1 message=$2
    shift 2
    remember_files
    run "$@"
    title="gibbsflow $*"
    check "$title: exit status $status, not $expected" [ "$status" -eq "$expected" ]
    check "$title: says '$complained', not '$message'" contains "$complained" "$message"
    check "$title: message of other than $expected lines" [ "$lines" -eq "$expected" ]
    check "$title: prints something" [ ! -s $out ]
    check_files "$title"
}

# The same for a command that writes: the file that is there stays as it is, and no other comes.
refuse_to_write() {
    case $3 in figure) ending=pdf ;; *) ending=h5 ;; esac
    refuse "$@" -o "old.$ending"
}

# accept ARGUMENTS...: it ends well; complains of nothing if --quiet.
accept() {
    run "$@"
    check "gibbsflow $*: exit status $status: $complained" [ $status -eq 0 ]
    check "gibbsflow $*: sanitizer" lacks "$complained" "runtime error"
}

# write_model FILE [KEY TEXT]: a small model, one entry a line, with that of KEY replaced by TEXT.
write_model() {
    for entry in name sites boundary parameters hamiltonian lindblad grid; do
        if [ "$entry" = "${2-}" ]; then
            printf '%s\n' "$3"
            continue
        fi
        case $entry in
        name) echo 'name: test' ;;
        sites) echo 'sites: 4' ;;
        boundary) echo 'boundary: periodic' ;;
        parameters) echo 'parameters: {J: 1, gamma: 0.9}' ;;
        hamiltonian) echo 'hamiltonian: ["J*(X[0]*X[1] + Y[0]*Y[1])", "J*Z[0]*Z[1]"]' ;;
        lindblad) echo 'lindblad: [{name: flip, rate: 1-gamma, operator: "X[0]"}]' ;;
        grid) echo 'grid: {lambda1: {from: -1, to: 1, points: 5}, energy: {points: 5}}' ;;
        esac
    done >"$1"
}

# --- interruption --------------------------------------------------------------------------------

# interrupt SIGNAL FILE COMMAND...: starts the command and sends the signal as soon as it has written
# FILE; $status says how it ended. `unfinished`, defined by the test, says whether the signal came in
# time; if not, FILE is put back and all is tried again. Fails if it always came too late.
interrupt() {
    signal=$1 written=$2
    shift 2
    rm -f logs/before
    [ ! -e "$written" ] || cp "$written" logs/before
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        "$@" >$out 2>$err </dev/null &
        process=$!
        while { [ ! -e "$written" ] || cmp -s "$written" logs/before; } &&
            kill -0 $process 2>/dev/null; do
            sleep 0.01
        done
        kill "-$signal" $process 2>/dev/null
        wait $process 2>/dev/null
        status=$?
        rm -f ./*.part # of the process killed
        if unfinished; then
            passed=$((passed + 1))
            return 0
        fi
        rm -f "$written"
        [ ! -e logs/before ] || cp logs/before "$written"
    done
    fail "SIG$signal came too late, $attempt times: $*"
    return 1
}
