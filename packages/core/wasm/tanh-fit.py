"""Fits tanh(x) = x P(s) / Q(s), s = x², of degrees 9 and 8 on [0, 8], with the smallest largest error: iterated weighted least squares
(Sanathanan, Koerner 1963, for the denominator; Lawson 1961, for the largest error). Prints the coefficients of vector.ts, lowest
power first, the error of the fit, and that of its evaluation in float32."""
import numpy as np

LIMIT, P_COUNT, Q_COUNT = 8.0, 5, 4
x = np.sort(np.cos(np.linspace(0, np.pi / 2, 4000)) * LIMIT)[1:]
s, wanted = (x / LIMIT) ** 2, np.tanh(x)
weight, denominator, best = np.ones_like(x), np.ones_like(x), (np.inf, None, None)
for _ in range(400):
    columns = [x * s**k for k in range(P_COUNT)] + [-wanted * s**k for k in range(1, Q_COUNT + 1)]
    matrix = np.stack(columns, 1) / denominator[:, None] * np.sqrt(weight)[:, None]
    scale = np.linalg.norm(matrix, axis=0)
    solved = np.linalg.lstsq(matrix / scale, wanted / denominator * np.sqrt(weight), rcond=1e-15)[0] / scale
    p, q = solved[:P_COUNT], np.r_[1, solved[P_COUNT:]]
    denominator = np.polyval(q[::-1], s)
    error = np.abs(x * np.polyval(p[::-1], s) / denominator - wanted)
    if error.max() < best[0]:
        best = (error.max(), p, q)
    weight *= (error / error.max() + 1e-3) ** 0.7
    weight /= weight.mean()

largest, p, q = best
p, q = ([float(value / LIMIT ** (2 * k)) for k, value in enumerate(part)] for part in (p, q))
print("P", p)
print("Q", q)
f = np.float32
x = np.linspace(-12, 12, 400_001).astype(f)
v = np.clip(x, f(-LIMIT), f(LIMIT))
square = v * v
top, bottom = np.full_like(v, f(p[-1])), np.full_like(v, f(q[-1]))
for value in p[-2::-1]:
    top = top * square + f(value)
for value in q[-2::-1]:
    bottom = bottom * square + f(value)
got = (v * top) / bottom
error = np.abs(got.astype(float) - np.tanh(x.astype(float))).max()
print(f"largest error {largest:.2e}, in float32 {error:.2e}; largest value {np.abs(got).max():.9f}")
