#!/bin/sh
# The order-parameter equation with both noises on 40000 cells, one thread: XMDS2 against gibbsflow,
# side by side. Usage: bench_xmds2.sh PROGRAM [ROUNDS]
#
# XMDS2 (Debian package xmds2, with g++ and libhdf5-dev) runs its stochastic semi-implicit method with
# two iterations, gibbsflow Heun's: each evaluates the force twice per step. Times are those of the
# processor, so that other work on the machine counts less.
set -eu
program=$(realpath "$1")
rounds=${2:-3}
command -v xmds2 > /dev/null || { echo "xmds2 is missing"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > model.xmds << 'END'
<?xml version="1.0" encoding="UTF-8"?>
<simulation xmds-version="2">
  <name>model</name>
  <features>
    <globals><![CDATA[ const double eps = 0.1, gam = 0.875, dx = 0.25; const long N = 40000; ]]></globals>
  </features>
  <driver name="none" />
  <geometry>
    <propagation_dimension>t</propagation_dimension>
    <transverse_dimensions>
      <dimension name="j" type="integer" lattice="40000" domain="(0, 39999)" />
    </transverse_dimensions>
  </geometry>
  <vector name="main" dimensions="j" type="real">
    <components>m</components>
    <initialisation><![CDATA[ m = 0; ]]></initialisation>
  </vector>
  <noise_vector name="noise" kind="wiener" type="real" method="posix" seed="314 159 276" dimensions="j">
    <components>xi eta</components>
  </noise_vector>
  <sequence>
    <integrate algorithm="SI" iterations="2" interval="5" steps="1000">
      <samples>1</samples>
      <operators>
        <integration_vectors>main</integration_vectors>
        <dependencies>noise</dependencies>
        <![CDATA[
          const long left = j > 0 ? j - 1 : N - 1, right = j < N - 1 ? j + 1 : 0;
          dm_dt = (m(j => left) + m(j => right) - 2 * m) / (dx * dx)
            + eps * (gam / 4 * (1 - m * m) - (1 - gam)) * m
            + sqrt(4 * eps * (1 - gam) / dx) * xi + (eta - eta(j => left)) / (dx * sqrt(dx));
        ]]>
      </operators>
    </integrate>
  </sequence>
  <output format="hdf5" filename="model">
    <sampling_group basis="j(0)" initial_sample="no">
      <moments>m2</moments>
      <dependencies>main</dependencies>
      <![CDATA[ m2 = m * m; ]]>
    </sampling_group>
  </output>
</simulation>
END
xmds2 --no-version model.xmds > xmds2.log 2>&1 || true
if [ ! -x model ]; then # its build tool fails with some compilers; the source is there
    data=$(dirname "$(python3 -c 'import xpdeint; print(xpdeint.__file__)' 2> /dev/null ||
        echo /usr/lib/python3/dist-packages/xpdeint/x)")
    # shellcheck disable=SC2046 # words
    g++ -O3 -march=native -ffast-math -funroll-all-loops -DHAVE_HDF5_HL -DHAVE_H5LEXISTS \
        -DHAVE_DEV_URANDOM -I"$data/includes" model.cc -o model \
        $(pkg-config --cflags --libs hdf5) -lhdf5_hl -lfftw3 -lm > g++.log 2>&1 ||
        { tail -5 xmds2.log g++.log; exit 1; }
fi

cat > run.yaml << 'END'
equation: order-parameter
parameters: {epsilon: 0.1, gamma: 0.875, J: 1, D: 1, a: 1}
noise: {drive: 4, thermal: 1}
space: {length: 10000, spacing: 0.25}
time: {step: 0.005, end: 50, sample_every: 5}
integrator: heun
initial: {profile: uniform, amplitude: 0}
END

user_time() { # COMMAND...: seconds of processor time, from `times` of a shell of its own
    sh -c '"$@" > /dev/null 2>&1; times' sh "$@" |
        awk 'NR == 2 { split($1, t, /[ms]/); print 60 * t[1] + t[2] }'
}

for round in $(seq "$rounds"); do
    theirs=$(user_time ./model)
    ours=$(user_time "$program" langevin -q --threads 1 run.yaml -o run.h5)
    awk -v r="$round" -v t="$theirs" -v o="$ours" 'BEGIN {
        x = 40000 * 1000 / t; g = 40000 * 10000 / o
        printf "round %d: XMDS2 %.3g, gibbsflow %.3g site-steps/s per core: ratio %.1f\n", r, x, g, g / x }'
done

# Both must have simulated the same thing: <m^2> of the cells at t = 5.
first_number() { # FILE DATASET
    h5dump -d "$2" "$1" | awk '/^ *\(0/ { sub(/.*: /, ""); sub(/,.*/, ""); print; exit }'
}
theirs=$(first_number model.h5 /1/m2) ours=$(first_number run.h5 /statistics/second_moment)
awk -v t="$theirs" -v o="$ours" \
    'BEGIN { printf "<m^2> at t = 5: XMDS2 %.4f, gibbsflow %.4f\n", t / 40000, o }'
