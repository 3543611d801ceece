# What the tests of jobs of several ranks share; sourced after expect.sh.
for tool in mpirun h5diff; do
    command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
export ASAN_OPTIONS="detect_leaks=0:$ASAN_OPTIONS" # of MPI's there are many

# ranks N ARGUMENTS...: the program as N ranks.
ranks() {
    count=$1
    shift
    job -n "$count" "$program" "$@"
}

# job ARGUMENTS...: of mpirun
job() {
    timeout 100 mpirun "$@" >$out 2>$err </dev/null
    status=$?
}

# same LABEL FILE FILE: bit by bit, but for the command and the date.
same() {
    h5diff "$2" "$3" >logs/diff 2>&1
    other=$(grep -v -e '^attribute: <\(command\|date\) of </>>' -e 'differences found' logs/diff)
    check "$1: $other" [ -z "$other" ]
    check "$1: holds other things" [ "$(h5ls -r "$2")" = "$(h5ls -r "$3")" ]
}

write_run() {
    cat >run.yaml <<'RUN'
equation: order-parameter
parameters: {epsilon: 0.1, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: 4, thermal: 0}
force: bare
space: {length: 64, spacing: 0.5, boundary: periodic}
time: {step: 0.05, end: 100, warm_up: 10, sample_every: 1}
integrator: leimkuhler-matthews
initial: {profile: [random, domains], amplitude: 1, domain: 20}
realisations: 3
seed: 6
walls: {smoothing: 0, threshold: 0.5}
snapshots: {every: 10, spacing: 4}
histogram: {from: -2, to: 2, bins: 20}
sweep:
  epsilon: [0.1, 0.2]
  stretch: [2, 1]
RUN
}
