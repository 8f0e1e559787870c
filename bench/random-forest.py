"""scikit-learn's side of bench/random-forest.ts: fits on the rows of a folder and prints one line of JSON."""
import json
import sys
import time

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

folder, columns, trees, jobs, seed = sys.argv[1], *map(int, sys.argv[2:])


def rows(part):
    labels = np.fromfile(f"{folder}/{part}.labels", np.uint8)
    return np.fromfile(f"{folder}/{part}.rows", np.float32).reshape(-1, columns), labels


def peak_megabytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1000


values, labels = rows("train")
started = time.perf_counter(), time.process_time()
forest = RandomForestClassifier(trees, n_jobs=jobs, random_state=seed).fit(values, labels)
wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
later, truth = rows("test")
print(
    json.dumps(
        {
            "cpuSeconds": cpu,
            "wallSeconds": wall,
            "peakMegabytes": peak_megabytes(),
            "area": roc_auc_score(truth, forest.predict_proba(later)[:, 1]),
            "nodes": sum(tree.tree_.node_count for tree in forest.estimators_),
        }
    )
)
