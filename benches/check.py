#!/usr/bin/env python3
"""What `sanbai check` costs, against named limits from the same run.

    cargo build --release --package sanbai && python3 benches/check.py

Prints (1) the CPU time of `sanbai check` on a JSON file against the CPU time that orjson needs to decode the same lines
(limit: 2), and (2) the memory of `sanbai check` for each open parcel, as the growth of the peak between two files
(limit: 500 bytes). Needs the package orjson.
"""

import os
import subprocess
import sys
import tempfile
import time

import orjson

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SANBAI = os.path.join(ROOT, "target", "release", "sanbai")
RUNS = 5


def generate(folder, parcels):
    path = os.path.join(folder, f"{parcels}.ndjson")
    with open(path, "wb") as out:
        subprocess.run([SANBAI, "generate", "--parcels", str(parcels), "--seed", "7"], stdout=out, check=True)
    return path


def check(path):
    """CPU seconds and peak bytes of one run."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execv(SANBAI, [SANBAI, "check", path])
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"sanbai check failed on {path}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def decode_here(path):
    """Decodes the lines of a file; prints CPU seconds, lines and parcels."""
    with open(path, "rb") as file:
        lines = file.readlines()
    start = time.process_time()
    for line in lines:
        orjson.loads(line)
    seconds = time.process_time() - start
    parcels = {(event["brand"], event["waybill"]) for event in map(orjson.loads, lines)}
    print(seconds, len(lines), len(parcels))


def decode(path):
    """CPU seconds that orjson needs for the lines of a file, lines, parcels.

    In a process of its own: this one stays small, for a child begins with the peak of its parent.
    """
    out = subprocess.run([sys.executable, __file__, path], stdout=subprocess.PIPE, check=True).stdout.split()
    return float(out[0]), int(out[1]), int(out[2])


def main():
    with tempfile.TemporaryDirectory() as folder:
        small, large = generate(folder, 50_000), generate(folder, 150_000)
        ratios = []
        for _ in range(RUNS):
            ours, _ = check(large)
            theirs, lines, many = decode(large)
            ratios.append((ours / theirs, ours / lines * 1e6, theirs / lines * 1e6))
        ratio, ours, theirs = sorted(ratios)[RUNS // 2]
        print(f"CPU of check / CPU of orjson: {ratio:.2f} (limit 2); {ours:.2f} against {theirs:.2f} µs an event")
        (_, low), (_, high) = check(small), check(large)
        each = (high - low) / (many - decode(small)[2])
        print(f"memory of check for each open parcel: {each:.0f} bytes (limit 500)")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        decode_here(sys.argv[1])
    else:
        main()
