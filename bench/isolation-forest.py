"""scikit-learn's side of isolation-forest.ts: reads commands, answers each with one line of JSON.

load FILE ROWS COLUMNS    float32, row-major
fit SEED                  CPU seconds of IsolationForest(n_estimators=100, max_samples=256).fit
score                     CPU seconds of score_samples over the loaded rows
write FILE                the scores of the last `score`, as doubles
"""
import json
import os
import resource
import sys
import time

# One thread, as on the other side: BLAS plays no part in trees, but its pool would.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy
import sklearn
from sklearn.ensemble import IsolationForest

forest = rows = scores = None


def timed(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def fit(seed):
    global forest
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=seed).fit(rows)


def score():
    global scores
    scores = forest.score_samples(rows)


def answer(**fields):
    print(json.dumps(fields), flush=True)


answer(version=sklearn.__version__)
for line in sys.stdin:
    command, *arguments = line.split()
    if command == "load":
        rows = numpy.fromfile(arguments[0], dtype=numpy.float32).reshape(int(arguments[1]), int(arguments[2]))
        answer(rows=len(rows))
    if command == "fit":
        seconds = timed(lambda: fit(int(arguments[0])))
        answer(cpuSeconds=seconds, peakKilobytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    if command == "score":
        answer(cpuSeconds=timed(score), peakKilobytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    if command == "write":
        scores.astype(numpy.float64).tofile(arguments[0])
        answer(rows=len(scores))
