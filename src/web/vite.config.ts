import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const daemon = process.env.BACKFILL_DAEMON ?? "http://127.0.0.1:8732";

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
    // each view is fetched when it is first looked at; what they share comes in one file, not in twenty
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /node_modules|src\/(core|words)\/|src\/parts\/(?!Acting|Field|Figure|Help)/ }] } } },
  },
  server: { proxy: { "/v1": daemon } }, // `BACKFILL_DAEMON=http://127.0.0.1:PORT npm run dev`
});
