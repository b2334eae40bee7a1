# A stand-in for conda's shell function, for tests only: `conda activate` changes nothing.
conda() { echo "$@" >> "$FAKE_CONDA_LOG"; }
