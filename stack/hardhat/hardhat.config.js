// Hardhat's node only: forge and Ape compile. The compiler is the pinned one, so nothing is downloaded.
import { fileURLToPath } from "node:url";

const build = fileURLToPath(new URL("../../build/hardhat", import.meta.url));

export default {
  paths: { artifacts: `${build}/artifacts`, cache: `${build}/cache` },
  solidity: { version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "cancun" },
  },
};
