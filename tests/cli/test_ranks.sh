#!/bin/sh
# Jobs of several ranks write and print what one process does, bit by bit. Many commands share a job.
# Usage: test_ranks.sh PROGRAM MODELS, with many_commands beside PROGRAM
here=$(dirname "$(realpath "$0")")
. "$here/expect.sh"
. "$here/ranks.sh"
many=$(dirname "$program")/many_commands
half=$models/xxz_jprime_half.yaml
write_run
{ cat "$half" && echo 'typicality: {exact: 3}'; } >few.yaml # so that there are vectors

# Everything that is shared out; fewer tasks than ranks; what is not.
cat >list <<LIST
langevin ../run.yaml -q -o langevin.h5
spectrum $reference --sites 8 -q -o spectrum.h5
spectrum $reference --sites 10 --method typicality --samples 8 -q -o typicality.h5
forces $reference --sites 6 -q -o forces.h5
trajectories $reference --sites 4 --epsilon 0.5 --trajectories 6 --end 4 -q -o trajectories.h5
fixed-points $reference --sites 4 --scan gamma=0.8:0.95:4 -q -o scan.h5
fixed-points $reference --sites 4 --scan Delta=0.5:1.5:3 --scan gamma=0.8:0.95:3 -q -o phases.h5
converge $reference --sites 4:8 -q -o ladder.h5
transport $half --sites 8 --at 0,0 --at 0.3,-0.2 -q -o transport.h5
transport $half --sites 6 --exact --times 9 -q -o exact.h5
transport ../few.yaml --sites 8 --method typicality --times 9 -q -o sampled.h5
transport $half --method operator-space --strings 8 --times 9 -q -o operators.h5
transport $reference --sites 8 --method memory --at 0.3,0 -q -o memory.h5
rates $reference --sites $(sized 6 4) -q -o rates.h5
rates $reference --sites 4 --epsilon 0.1 -q -o coupled.h5
instanton ../run.yaml -q --tolerance 0.1 -o walls.h5
instanton ../run.yaml -q --tolerance 0.1 --set drive=1 -o more_walls.h5
--version
LIST
[ "${GF_SANITIZED-0}" = 0 ] || sed -i '/coupled\.h5\|walls\.h5\|operators\.h5\|ladder\.h5/d' list # half of the time
mkdir one
(cd one && "$many" ../list) >logs/one 2>logs/one.err || fail "one process: $(cat logs/one.err)"
for count in $(sized "1 2 3 4" 2); do # 1: as if there were no mpirun
    mkdir "$count"
    (cd "$count" && timeout 100 mpirun -n "$count" "$many" ../list) >logs/several 2>logs/several.err </dev/null ||
        fail "$count ranks: $(cat logs/several.err)"
    check "$count ranks print otherwise: $(diff logs/one logs/several)" cmp -s logs/one logs/several
    check "$count ranks complain otherwise: $(diff logs/one.err logs/several.err)" \
        cmp -s logs/one.err logs/several.err
    for file in one/*.h5; do
        same "$count ranks: $file" "$file" "$count/${file#one/}"
    done
    check "$count ranks leave other files" [ "$(ls one)" = "$(ls "$count")" ]
done

# Blocks that all ranks do together: other eigenvectors' rounding, the same levels.
if [ "${GF_SANITIZED-0}" = 0 ]; then
    accept spectrum "$reference" --sites 10 -q -o whole.h5
    ranks 3 spectrum "$reference" --sites 10 --distribute-from 20 -q -o distributed.h5
    check "distributed: $(cat $err)" [ $status -eq 0 ]
    h5diff -d 1e-11 whole.h5 distributed.h5 >logs/diff 2>&1
    check "distributed: other levels: $(cat logs/diff)" lacks "$(cat logs/diff)" "dataset:"
    ranks 2 rates "$reference" --sites 4 --distribute-from 2 -o new.h5
    check "distributed rates: $(cat $err)" grep -qF -- "--distribute-from goes with commands that want levels alone" $err
fi
finish
