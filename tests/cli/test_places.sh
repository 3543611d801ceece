#!/bin/sh
# Places that cannot be written, full disks and full pipes. Usage: test_places.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

accept spectrum "$reference" --sites 6 -o spectrum.h5
accept forces spectrum.h5 -o forces.h5

test_places() {
    mkdir -p folder.h5 folder.pdf locked
    : >file
    for place in nowhere/new old.h5/new file/new folder /proc/new /dev/full/new; do
        for command in spectrum forces fixed-points; do
            refuse 1 "$place.h5: cannot be written" $command spectrum.h5 -o $place.h5
        done
        refuse 1 "$place.pdf: cannot be written" figure forces.h5 -o $place.pdf
    done
    if [ "$(id -u)" -ne 0 ]; then # root may write anywhere
        cp forces.h5 locked
        chmod 555 locked
        refuse 1 "cannot be written: Permission denied" spectrum spectrum.h5 -o locked/new.h5
        refuse 1 "cannot be written: Permission denied" figure forces.h5 -o locked/new.pdf
        chmod 755 locked
    fi
}

# check_full LABEL FILE: the last run failed for lack of room, said so of FILE, and left nothing.
check_full() {
    check "$1: exit status $status: $complained" [ $status -eq 1 ]
    check "$1: says '$complained', not $2" contains "$complained" "$2"
    check "$1: message of several lines" [ "$(wc -l <$err)" -eq 1 ]
    check_files "$1"
}

test_full_disk() {
    remember_files
    (ulimit -f 40 && exec "$program" forces spectrum.h5 -o new.h5) >$out 2>$err
    status=$? complained=$(cat $err)
    check_full "file size limit" new.h5
    (ulimit -f 40 && exec "$program" forces spectrum.h5 -o old.h5) >$out 2>$err
    status=$? complained=$(cat $err)
    check_full "file size limit, old file" old.h5
    (ulimit -f 40 && exec "$program" fixed-points forces.h5) >$out 2>$err
    status=$? complained=$(cat $err)
    check_full "file size limit, in place" forces.h5
    if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=200k tmpfs disk 2>/dev/null; then
        mounted=yes
        cp spectrum.h5 disk
        remember_files
        run forces spectrum.h5 -o disk/new.h5
        check_full "full disk" disk/new.h5
        cp spectrum.h5 disk/old.h5
        remember_files
        run forces spectrum.h5 -o disk/old.h5
        check_full "full disk, old file" disk/old.h5
        check "full disk: touches the old file" cmp spectrum.h5 disk/old.h5
        head -c 150000 /dev/zero >disk/ballast 2>/dev/null
        cp disk/spectrum.h5 before.h5
        remember_files
        run fixed-points disk/spectrum.h5
        check_full "full disk, in place" disk/spectrum.h5
        check "full disk, in place: touches the file" cmp before.h5 disk/spectrum.h5
        umount disk && mounted=no
    fi
}

test_full_output() {
    [ -w /dev/full ] || return
    for arguments in "info" "info forces.h5" "info $reference" "operators $reference" "info --help" \
        "fixed-points $reference --sites 4" "forces spectrum.h5 -o new.h5" "--help" "--version"; do
        # shellcheck disable=SC2086 # several arguments
        "$program" $arguments >/dev/full 2>$err
        status=$?
        check "$arguments to a full disk: exit status $status" [ $status -eq 1 ]
        check "$arguments to a full disk: message" [ "$(wc -l <$err)" -eq 1 ]
        rm -f new.h5
    done
}

# A link stays one, also to a file that is yet to be made; what was left by processes that were killed
# goes, what others are writing stays.
test_links_and_parts() {
    mkdir -p far
    ln -s far/made.h5 link.h5
    accept spectrum spectrum.h5 -o link.h5
    check "a dangling link is replaced" [ -L link.h5 ]
    check "a dangling link: no file" [ -s far/made.h5 ]
    (exit 0) &
    dead=$!
    wait $dead
    for name in made.h5.$dead.part made.h5.$$.part made.h5.x.part; do
        : >far/$name
        touch -d '2 hours ago' far/$name
    done
    : >far/made.h5.${dead}0000000.part # young, or no process at all
    accept spectrum spectrum.h5 -o link.h5
    check "a stale part remains" [ ! -e far/made.h5.$dead.part ]
    check "a part of a living process is gone" [ -e far/made.h5.$$.part ]
    check "a part of no process is gone" [ -e far/made.h5.x.part ]
    check "a young part is gone" [ -e far/made.h5.${dead}0000000.part ]
    rm -rf far link.h5
}

test_links_and_parts
test_places
test_full_disk
test_full_output
finish
