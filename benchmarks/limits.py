"""What the machine can do at most, measured: multiply-adds a second and bytes a second, on all cores."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

_FMA = r"""
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>
typedef float V __attribute__((vector_size(WIDTH)));
// Every chain starts elsewhere, at values known only when the program runs, so that none can be left out.
static float spin(long n, float seed) {
  V a[12]; V b, c;
  for (int k = 0; k < 12; ++k) for (int l = 0; l < WIDTH / 4; ++l) a[k][l] = seed + k + 0.1f * l;
  b = V{} + 0.999f; c = V{} + 1e-3f;
  for (long i = 0; i < n; ++i) for (auto& x : a) x = x * b + c;
  float sum = 0; for (auto& x : a) for (int l = 0; l < WIDTH / 4; ++l) sum += x[l];
  return sum;
}
int main(int count, char**) {
  int threads = count - 1; const long n = 20000000;
  std::vector<std::thread> all; std::vector<float> kept(threads);
  auto start = std::chrono::steady_clock::now();
  for (int t = 0; t < threads; ++t) all.emplace_back([&, t] { kept[t] = spin(n, t + count); });
  for (auto& t : all) t.join();
  double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  float sum = 0; for (float k : kept) sum += k;
  std::printf("%f %g\n", 2.0 * 12 * (WIDTH / 4) * n * threads / s / 1e9, sum);
}
"""


def fma_peak(threads: int | None = None) -> float:
    """GFLOP/s of independent multiply-adds in registers on all cores, or so many threads, compiled on the spot; of a large product in NumPy if there is no compiler."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        a = np.ones((1024, 1024), np.float32)
        return 2 * 1024**3 / _best(lambda: a @ a) / 1e9
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        flags = ""
    width = 64 if "avx512f" in flags else 32 if "avx2" in flags else 16
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "fma.cpp", Path(folder) / "fma"
        source.write_text(_FMA.replace("WIDTH", str(width)))
        extra = ["-mprefer-vector-width=512"] if width == 64 else []
        subprocess.run(
            [compiler, "-O3", "-march=native", "-std=c++17", "-pthread", *extra, source, "-o", program], check=True
        )
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        runs = [
            subprocess.run([program, *["x"] * (threads or cores)], capture_output=True, text=True, check=True).stdout
            for _ in range(3)
        ]
    return max(float(run.split()[0]) for run in runs)


def memory_bandwidth(threads: int = 1) -> float:
    """GB/s of a copy of 256 MB, read and written, its parts by so many threads."""
    a = np.ones(32 * 1024 * 1024)
    b = np.empty_like(a)
    parts = list(zip(np.array_split(b, threads), np.array_split(a, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:  # NumPy copies without Python's lock
        seconds = _best(lambda: list(pool.map(lambda part: np.copyto(*part), parts)))
    return 2 * a.nbytes / seconds / 1e9


def _best(work: object) -> float:
    import time

    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()  # type: ignore[operator]
        times.append(time.perf_counter() - start)
    return min(times)
