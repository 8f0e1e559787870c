/** What every function runs on. The oldest Lambda runtime that is the Node of the tests. */
export const RUNTIME = "nodejs24.x";

/**
 * One choice for all functions. x86_64, because ONNX Runtime crashed on Lambda's arm64 until 1.30 (microsoft/onnxruntime
 * #10038) and the repair has not been seen there. `arm64` costs a fifth less per millisecond.
 */
export const ARCHITECTURE: "x86_64" | "arm64" = "x86_64";

/** As Node and npm packages call it. */
const CPU = { x86_64: "x64", arm64: "arm64" }[ARCHITECTURE];

const ONNX_RUNTIME = "node_modules/onnxruntime-node";
const ONNX_COMMON = "node_modules/onnxruntime-common";

/**
 * ONNX Runtime is native code, which esbuild cannot bundle. Of its 290 MB for all platforms a function gets the 47 MB of
 * its own, copied from node_modules: no npm runs during a deploy.
 */
export const ONNX_RUNTIME_FILES = [
  `${ONNX_RUNTIME}/package.json`,
  `${ONNX_RUNTIME}/dist`,
  `${ONNX_RUNTIME}/bin/napi-v6/linux/${CPU}`,
  `${ONNX_COMMON}/package.json`,
  `${ONNX_COMMON}/dist/cjs`,
].map((from) => ({ from }));

/**
 * DuckDB likewise: its bindings and the 71 MB of its library, which is linked to glibc, as Lambda's system is. What calls them is
 * JavaScript, and in the bundle.
 */
export const DUCKDB_FILES = ["node-bindings", `node-bindings-linux-${CPU}`].map((name) => ({
  from: `node_modules/@duckdb/${name}`,
}));
