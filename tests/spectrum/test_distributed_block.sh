#!/bin/sh
# The unit test of distributed blocks on 1 to 4 ranks: grids of 1 x 1, 1 x 2, 1 x 3 and 2 x 2; larger ones
# by hand, as `sh test_distributed_block.sh build/tests/blocks_of_ranks 6`.
# Usage: test_distributed_block.sh PROGRAM [RANKS...]
command -v mpirun >/dev/null || { echo "mpirun is missing"; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1 CK_FORK=no
program=$1
shift
for ranks in ${*:-1 2 3 4}; do
    timeout 120 mpirun -n "$ranks" "$program" || { echo "$ranks ranks: failed"; exit 1; }
done
