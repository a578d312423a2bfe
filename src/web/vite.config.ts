import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const daemon = process.env.BACKFILL_DAEMON ?? "http://127.0.0.1:8732";

/** Each view is fetched when it is first looked at; what all of them need comes in one file, not in twenty. */
const SHARED = /node_modules|src\/(core|words)\/(?!clipboard|dates)|src\/parts\/(?!Acting|DateField|Dialog|Field|Figure|Help)/;

export default defineConfig({
  plugins: [svelte()],
  base: "./", // the daemon says by a `<base>` where it stands
  build: {
    outDir: "../backfilld/interfaces/web/static",
    emptyOutDir: true,
    target: "es2022",
    license: { fileName: "THIRD-PARTY.md" }, // what the bundle holds of others asks for it
    modulePreload: false,
    assetsInlineLimit: 0, // what is inlined as `data:` the page's policy refuses
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: SHARED }] } } },
  },
  server: { proxy: { "/v1": daemon } }, // `BACKFILL_DAEMON=http://127.0.0.1:PORT npm run dev`
});
