#!/bin/sh
# The force field of Fig. 2, from nothing: installs what is missing, builds, and makes fig2.h5 and
# fig2.pdf in the current folder.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
sh "$here/src/setup.sh"
echo "Diagonalising and tabulating models/xxz_jprime.yaml"
"$here/build/gibbsflow" forces "$here/models/xxz_jprime.yaml" -o fig2.h5
"$here/build/gibbsflow" figure fig2.h5 -o fig2.pdf
echo "Wrote fig2.h5 and fig2.pdf"
