#!/bin/sh
# Random vectors in place of a spectrum. Usage: test_typicality.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

test_typicality() {
    accept spectrum "$reference" --sites 8 --method full -o exact8.h5
    accept spectrum "$reference" --sites 8 --method typicality --samples 2 -o all8.h5 # none is sampled
    accept forces exact8.h5 -o exact.h5
    accept forces all8.h5 -o all.h5
    for name in force noise density; do
        if command -v h5diff >/dev/null; then
            check "typicality: $name of small sectors" h5diff -d 1e-10 exact.h5 all.h5 \
                /lambda_grid/$name
        fi
    done
    sed 's/^sites:/method: typicality\ntypicality: {exact: 10, samples: 4}\nsites:/' "$reference" \
        >sampled.yaml
    accept forces sampled.yaml --sites 8 --seed 5 -o sampled.h5
    check "typicality: no errors of the fixed points" contains "$said" "statistical error"
    check "typicality: no caution" contains "$complained" "warning: 4 samples are too few"
    accept fixed-points sampled.h5
    check "typicality: no caution from a file" contains "$complained" "warning: 4 samples"
    accept fixed-points sampled.h5 --quiet
    check "typicality: --quiet complains: $complained" [ ! -s $err ]
    accept fixed-points sampled.yaml --sites 8 --samples 8
    check "typicality: cautions of 8 samples" [ ! -s $err ]
    accept fixed-points all8.h5 # no vector, no scatter
    check "typicality: cautions without need: $complained" [ "${complained#*warning}" = "$complained" ]
    accept fixed-points sampled.yaml --sites 8 --seed 5
    first=$said
    accept fixed-points sampled.yaml --sites 8 --seed 5 --threads 1
    check "typicality: threads change the result" [ "$first" = "$said" ]
    accept fixed-points sampled.yaml --sites 8 --seed 6
    check "typicality: the seed changes nothing" [ "$first" != "$said" ]
    accept info sampled.h5
    accept fixed-points sampled.h5 --set gamma=0.95
    accept info "$reference" --sites "$(sized 24 20)" --method typicality
    check "info: no random vectors" contains "$said" "random vectors"
    for choice in "--method full" "--samples 4" "--seed 1"; do
        # shellcheck disable=SC2086 # two words
        refuse 2 "already" forces sampled.h5 $choice -o x.h5
    done
    refuse 1 "memory" spectrum "$reference" --sites 32 --method typicality -o x.h5
}

# Some vectors are kept, not all.
unfinished() {
    [ -e killed.h5.blocks ] && [ ! -e killed.h5 ] || {
        rm -f killed.h5
        false
    }
}

# The same bits, whoever went on with it.
test_killed() {
    sed 's/^sites:/method: typicality\ntypicality: {exact: 10, samples: 6, deflate: 4}\nsites:/' "$reference" \
        >sampled.yaml
    sites=$(sized 14 10)
    interrupt KILL killed.h5.blocks "$program" spectrum sampled.yaml --sites "$sites" --checkpoint 0 -o killed.h5
    check "killed vectors: exit status $status" [ $status -eq 137 ]
    cp killed.h5.blocks kept.blocks
    refuse 1 "another method, or of other samples" spectrum sampled.yaml --sites "$sites" --seed 2 -o killed.h5
    refuse 1 "another method, or of other samples" spectrum sampled.yaml --sites "$sites" --method full -o killed.h5
    refuse 1 "another model" spectrum sampled.yaml --sites "$sites" --set Delta=2 -o killed.h5
    check "killed vectors: changes a foreign checkpoint" cmp -s killed.h5.blocks kept.blocks
    accept info killed.h5.blocks
    check "info: vectors under way: $said" contains "$said" "vectors of a spectrum under way"
    accept spectrum sampled.yaml --sites "$sites" --threads 2 -o killed.h5
    check "killed vectors: says '$complained'" contains "$complained" "vectors were taken from killed.h5.blocks"
    check "killed vectors: leaves its checkpoint" [ ! -e killed.h5.blocks ]
    accept spectrum sampled.yaml --sites "$sites" -o direct.h5
    for file in killed direct; do
        { "$program" export $file.h5 /spectrum/energy /spectrum/degeneracy /spectrum/sample &&
            "$program" export $file.h5 /spectrum/force; } >$file.csv || fail "killed vectors: no numbers"
    done
    check "killed vectors: other numbers" cmp -s killed.csv direct.csv
}

test_typicality
test_killed
finish
