#!/bin/sh
# `gibbsflow info`. Usage: test_info.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

accept spectrum "$reference" --sites 6 -o spectrum.h5
accept forces spectrum.h5 -o forces.h5

test_info() {
    accept info
    check "info: no version" contains "$said" "gibbsflow "
    check "info: no threads" contains "$said" "threads: "
    accept info "$reference" --sites 10 --set gamma=0.8
    for part in "model: xxz-jprime" "sites: 10" "flip (rate 0.2)" \
        "symmetries: translation, reflection, spin flip, complex conjugation"; do
        check "info MODEL: lacks '$part'" contains "$said" "$part"
    done
    check "info MODEL: lists blocks" lacks "$said" copies
    accept info "$reference" --sites 10 --blocks
    check "info --blocks: lists none" contains "$said" copies
    # A job that need not run here: N = 22 on 64 ranks shares its largest blocks, on a square grid.
    accept info "$reference" --sites 22 --ranks 64 --threads 2 --memory 60
    for part in "on 64 ranks with 2 threads and 60 GiB each" "29414" "grid of 8 x 8" "GiB a rank" "of use: up to"; do
        check "info --ranks: lacks '$part'" contains "$said" "$part"
    done
    accept info "$reference" --sites 10 --ranks 2 --threads 1
    check "info --ranks 2: distributes small blocks" lacks "$said" "together"
    refuse 2 "--ranks -1: expected 1 to" info "$reference" --ranks -1
    accept info "$reference" --sites 10 --no-symmetry
    check "info --no-symmetry: no whole sector" contains "$said" " 252 "
    accept info forces.h5
    for part in "forces spectrum.h5 -o forces.h5" "sites: 6" "gamma=0.9" /spectrum /lambda_grid \
        /density_grid /fixed_points; do
        check "info FILE.h5: lacks '$part'" contains "$said" "$part"
    done
}

# says_ranks FILE TASKS ARGUMENTS...: what a job would take.
says_ranks() {
    file=$1 tasks=$2
    shift 2
    accept info "$file" --ranks 4 --threads 1 "$@"
    for part in "on 4 ranks with 1 threads" "$tasks" "GiB a rank" "of use: up to about"; do
        check "info $file --ranks: lacks '$part': $said" contains "$said" "$part"
    done
}

# Run files and results: as many tasks as there are, and no rank of use beyond them.
test_ranks_of_jobs() {
    says_ranks "$models/fig6.yaml" " 60 tasks, realisations" --set realisations=6 --set length=100
    accept info "$models/fig6.yaml" --set realisations=6 --set length=100 --ranks 60 --threads 1 --json
    check "info RUN --json: $said" contains "$said" '"tasks": 60'
    accept langevin "$models/fig6.yaml" --set length=20 --set end=10 --set warm_up=2 -o small.h5
    says_ranks small.h5 " tasks, realisations"
    half=$models/xxz_jprime_half.yaml
    accept trajectories "$reference" --sites 4 --epsilon 0.5 --trajectories 5 --end 4 -o trajectories.h5
    says_ranks trajectories.h5 " 5 tasks, trajectories"
    accept transport "$half" --sites 8 --times 3 -o full.h5
    says_ranks full.h5 " tasks, blocks"
    accept transport "$reference" --sites 8 --method memory --times 3 -o memory.h5
    says_ranks memory.h5 " tasks, blocks"
    { cat "$half" && echo 'typicality: {exact: 3}'; } >few.yaml
    accept transport few.yaml --sites 8 --method typicality --times 3 -o vectors.h5
    says_ranks vectors.h5 " tasks, random vectors"
    accept transport "$half" --method operator-space --strings 8 --times 3 -o strings.h5
    says_ranks strings.h5 " 12 tasks, evolutions"
    says_ranks "$reference" "rounds of sectors: " --sites 20 --method typicality
}

# A file shows the values in force beside the text of its model, and what was set.
test_paper_trail() {
    accept spectrum "$reference" --sites 4 --set gamma=0.6 -o set.h5
    accept forces set.h5 --set gamma=0.7 -o set_again.h5
    accept info set_again.h5
    check "set twice: parameters" contains "$said" "parameters: J=1 Delta=1 Jp=0.01 gamma=0.7"
    check "set twice: settings" contains "$said" "set in place of the text's: gamma=0.7"
    accept info forces.h5
    check "nothing set: settings" contains "$said" "set in place of the text's: nothing"
    accept langevin "$models/fig6.yaml" --set length=20 --set end=10 --set warm_up=2 --set gamma=0.85 -o run.h5
    accept info run.h5
    check "run: settings" contains "$said" "set in place of the text's: length=20 end=10 warm_up=2 gamma=0.84999999999999998"
    check "run: parameters" contains "$said" "parameters: gamma=0.85"
}

# Commands say what a file is, and who takes it; and no result is lost to another kind.
test_kinds() {
    accept fixed-points spectrum.h5 --scan gamma=0.8:0.95:3 -o scan.h5
    cp "$models/fig6.yaml" run.yaml
    write_model model.yaml
    refuse_to_write 1 "model.yaml is a model file; expected FILE.h5" figure model.yaml
    refuse_to_write 1 "run.yaml is a run file; expected MODEL" forces run.yaml
    refuse_to_write 1 "model.yaml is a model file; expected RUN.yaml" langevin model.yaml
    refuse 1 "run.h5 is a Langevin run; expected MODEL" fixed-points run.h5
    refuse 1 "Commands that take it: langevin, instanton, info" operators run.yaml
    refuse 1 "scan.h5 is a scan; expected RUN.h5" walls scan.h5
    refuse_to_write 1 "to carry on with the run in it say --resume" langevin run.h5
    refuse 1 "Commands that take it: langevin, instanton, walls, figure, export, info" operators run.h5
    cp run.h5 run.before
    refuse 1 "-o run.h5: the file holds a Langevin run, which would be lost" forces spectrum.h5 -o run.h5
    refuse 1 "-o forces.h5: the file holds a force table" spectrum spectrum.h5 -o forces.h5
    refuse 1 "-o forces.h5: the file holds a force table" fixed-points spectrum.h5 -o forces.h5
    refuse 1 "-o scan.h5: the file holds a scan" forces spectrum.h5 -o scan.h5
    refuse 1 "-o scan.h5: the file holds a scan" langevin run.yaml -o scan.h5
    refuse 1 "-o scan.h5: the file holds a scan" converge model.yaml --sites 4:8 -o scan.h5
    check "refused, but changed" cmp run.h5 run.before
    accept forces spectrum.h5 -o run.h5 --force
    accept fixed-points spectrum.h5 --scan gamma=0.8:0.95:3 -o spectrum.h5
    write_model unused.yaml parameters 'parameters: {J: 1, gamma: 0.9, Delta: 2}'
    accept operators unused.yaml
    check "unused: no warning: $complained" contains "$complained" "nothing refers to the parameter Delta"
    accept operators model.yaml
    check "all used: a warning: $complained" [ ! -s $err ]
}

# Started by the dynamic loader, the program is not the executable that runs.
test_loader() {
    loader=$(ldd "$program" 2>/dev/null | sed -n 's|^[[:space:]]*\(/[^ ]*ld-[^ ]*\) .*|\1|p')
    [ -n "$loader" ] && [ "${GF_SANITIZED-0}" = 0 ] || return 0
    expect 0 "" env -u OPENBLAS_CORETYPE "$loader" "$program" info "$reference" --sites 4
    check "by the loader: $(cat out.txt)" grep -q "sites: 4" out.txt
}

# Nonsense in the environment asks for no more than the machine has.
test_threads() {
    expect 0 "" env OMP_NUM_THREADS=99999999 "$program" info "$reference" --sites 4
    check "threads: $(cat out.txt)" grep -q "sites: 4" out.txt
    expect 0 "" env OMP_NUM_THREADS=99999999 "$program" fixed-points "$reference" --sites 4
}

test_info
test_ranks_of_jobs
test_paper_trail
test_kinds
test_loader
test_threads
finish
