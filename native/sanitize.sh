#!/bin/sh
# Builds the extension module with sanitizers in a temporary folder and runs tests/native with it.
#
#   native/sanitize.sh           addresses and undefined behaviour
#   native/sanitize.sh wide      the same with the vectors and tiles of AVX-512, made of smaller ones: any processor will do
#   native/sanitize.sh thread    data races
#
# PYTHON names the interpreter (with nanobind, numpy, ml_dtypes and pytest installed); more arguments go to pytest.
set -eu

kind=address
wide=OFF
case "${1:-}" in
  address | thread) kind=$1; shift ;;
  wide) wide=ON; export YEOUL_ISA=avx2; shift ;;
esac
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -S "$root" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DYEOUL_SANITIZE=$kind -DYEOUL_WIDE_VECTORS=$wide \
  -DPython_EXECUTABLE="$(command -v "$python")" \
  ${CMAKE_GENERATOR:+-G "$CMAKE_GENERATOR"} > "$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/build" -j "$(nproc)" > "$work/log" || { cat "$work/log"; exit 1; }

mkdir -p "$work/site/yeoul"
cp "$work"/build/_native*.so "$work/site/yeoul"
touch "$work/site/yeoul/__init__.py"

if [ $kind = address ]; then
  # Python itself never frees everything; enormous sizes in corrupted programs are meant to fail.
  export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
  export UBSAN_OPTIONS=print_stacktrace=1
  preload="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so.6)"
else
  export TSAN_OPTIONS=die_after_fork=0:halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1
  preload=$(gcc -print-file-name=libtsan.so)
fi
cd "$work"
LD_PRELOAD=$preload PYTHONPATH="$work/site" PYTHONDONTWRITEBYTECODE=1 YEOUL_NUM_THREADS=${YEOUL_NUM_THREADS:-4} \
  "$python" -m pytest -q -p no:cacheprovider --rootdir "$root/tests/native" --confcutdir "$root/tests/native" "$root/tests/native" "$@"
