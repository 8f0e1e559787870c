import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const PLACES = [
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

const onPath = (name) =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync);

/** Path of a Chromium: CHROMIUM_PATH, else a usual name on the PATH, else a usual place; undefined when there is none. */
export const findChromium = () => {
  if (process.env.CHROMIUM_PATH) return existsSync(process.env.CHROMIUM_PATH) ? process.env.CHROMIUM_PATH : undefined;
  return NAMES.map(onPath).find(Boolean) ?? PLACES.find(existsSync);
};

/** Tries apt-get where that can work: as root on Debian and its kin. TIDEWATCH_NO_APT=1 keeps it from trying. */
export const installChromium = (say) => {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !onPath("apt-get") || process.env.TIDEWATCH_NO_APT || process.env.CHROMIUM_PATH) return;
  say("installing Chromium for the browser tests (apt-get) …");
  const apt = (...args) =>
    spawnSync("apt-get", ["-qq", ...args], {
      stdio: ["ignore", "ignore", 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  const install = () => apt("install", "-y", "--no-install-recommends", "chromium");
  if (!install()) apt("update") && install();
};

const python = (code) => spawnSync("python3", ["-c", code], { stdio: "ignore" }).status === 0;

/** Clients of other makers that some tests use when they are there; set-up does not install them. */
export const findOptionalClients = () => [
  {
    name: "aws-cli",
    found: onPath("aws") !== undefined,
    tests: "the Kinesis endpoint's test with aws-cli",
    how: "`pip install awscli` brings it",
  },
  {
    name: "boto3",
    found: python("import boto3"),
    tests: "the Kinesis endpoint's test with boto3",
    how: "`pip install boto3` brings it",
  },
];
