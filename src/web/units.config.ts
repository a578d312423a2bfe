// The unit tests of what the page thinks without a browser, made into something that Node's own runner runs.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const folder = fileURLToPath(new URL("../../tests/web/unit/", import.meta.url));
const tests = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));

export default defineConfig({
  plugins: [svelte()],
  ssr: { noExternal: true },
  build: {
    ssr: true, // runes are plain values there
    target: "node20",
    rolldownOptions: { input: tests.map((name) => folder + name) },
  },
});
