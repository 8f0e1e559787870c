"""What PyTorch takes for an epoch: the peer of bench/lstm.ts, which starts it with a JSON object as its only argument.

steps, features, hidden, batch, windows; everyStep: the loss is taken from a quarter of the window on, not on the last step only.
One thread; prints CPU seconds of the epoch alone, the mean loss of its batches, and the process's highest resident memory."""
import json
import os
import resource
import sys
import time

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np
import torch

torch.set_num_threads(1)
torch.manual_seed(1)
case = json.loads(sys.argv[1])
steps, features, hidden, batch = case["steps"], case["features"], case["hidden"], case["batch"]
i = np.arange(case["windows"])[:, None, None]
t = np.arange(steps + 1)[None, :, None]
f = np.arange(features)[None, None, :]
series = torch.tensor((np.sin((i + t) * 0.1 * (f + 1)) + 0.1 * np.sin((i * 7 + t * 13 + f) * 1.7)).astype(np.float32))
first = steps // 4 if case["everyStep"] else steps - 1
lstm, dense = torch.nn.LSTM(features, hidden, batch_first=True), torch.nn.Linear(hidden, features)
adam = torch.optim.Adam([*lstm.parameters(), *dense.parameters()], 1e-3)


def update(at):
    adam.zero_grad(set_to_none=True)
    rows = series[at : at + batch]
    states, _ = lstm(rows[:, :steps])
    loss = ((dense(states[:, first:]) - rows[:, first + 1 :]) ** 2).mean()
    loss.backward()
    adam.step()
    return loss.item()


for _ in range(3):
    update(0)
started = time.process_time()
losses = [update(at) for at in range(0, case["windows"] - batch + 1, batch)]
seconds = time.process_time() - started
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"cpuSeconds": seconds, "loss": float(np.mean(losses)), "bytes": memory, "version": torch.__version__}))
