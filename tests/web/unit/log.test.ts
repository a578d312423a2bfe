import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces, plain, styled } from "../../../src/web/src/pages/backfill/drawer/ansi";
import { Lines, LONGEST, matching, MOST_LINES, shown, whole } from "../../../src/web/src/pages/backfill/drawer/lines";

const ESC = "\u001b";
const texts = (lines: Lines): string[] => lines.kept.map((line) => plain(line.raw));

test("Colours become looks, from one line to the next until they are reset", () => {
  const first = pieces(`plain ${ESC}[1;31mred`);
  assert.deepEqual(first.pieces, [
    { text: "plain ", look: {} },
    { text: "red", look: { bold: true, colour: 1 } },
  ]);
  assert.deepEqual(pieces(`still ${ESC}[0mnot`, first.after).pieces, [
    { text: "still ", look: { bold: true, colour: 1 } },
    { text: "not", look: {} },
  ]);
});

test("Every attribute that can be set can be taken back alone", () => {
  const all = styled({}, "1;2;3;4;35;46");
  assert.deepEqual(all, { bold: true, faint: true, italic: true, underline: true, colour: 5, ground: 6 });
  assert.deepEqual(styled(all, "22;39"), { italic: true, underline: true, ground: 6 });
  assert.deepEqual(styled(all, "23;24;49"), { bold: true, faint: true, colour: 5 });
  assert.deepEqual(styled(all, ""), {});
});

test("Of many colours the nearest of sixteen is taken, and what follows is read on", () => {
  assert.deepEqual(styled({}, "38;5;196;1"), { colour: 9, bold: true });
  assert.deepEqual(styled({}, "48;2;0;128;0;4"), { ground: 2, underline: true });
  assert.deepEqual(styled({}, "38;5;16"), { colour: 0 });
  assert.deepEqual(styled({}, "38;5;255"), { colour: 15 });
  assert.deepEqual(styled({}, "94;103"), { colour: 12, ground: 11 });
});

test("All other sequences and control characters are left out, whole or broken off", () => {
  const said = [
    `${ESC}[2Ka`, `${ESC}]0;a title\u0007b`, `${ESC}]8;;http://x${ESC}\\c`, `${ESC}(Bd`, `${ESC}7e`, "\u0000f\u0008\u007f", `g${ESC}[12;`, `h${ESC}]0;broken off`,
    "\u202ei", `${ESC}`,
  ];
  assert.equal(said.map(plain).join(""), "abcdefghi");
});

test("Text is never markup and tabs stay", () => {
  assert.deepEqual(pieces("<b>\tx</b>").pieces, [{ text: "<b>\tx</b>", look: {} }]);
});

test("Lines are the same however the text is cut into parts", () => {
  const text = `one\ntwo\r\n${ESC}[32mthree\n10 %\r20 %\r100 %\nlast`;
  const whole = new Lines();
  whole.push(text);
  assert.deepEqual(texts(whole), ["one", "two", "three", "100 %", "last"]);
  for (let at = 0; at <= text.length; at++) {
    const cut = new Lines();
    cut.push(text.slice(0, at));
    cut.push(text.slice(at));
    assert.deepEqual(texts(cut), texts(whole), `cut at ${at}`);
    assert.deepEqual(shown(cut.kept.at(-1)!), shown(whole.kept.at(-1)!));
  }
});

test("A text that begins within a line shows none of it", () => {
  const lines = new Lines(true);
  lines.push("half a");
  lines.push(" line\nwhole\n");
  assert.deepEqual(texts(lines), ["whole"]);
});

test("A long line is cut, and it is said by how much, also when it comes in parts", () => {
  const lines = new Lines();
  lines.push("x".repeat(LONGEST - 1));
  lines.push("y".repeat(11));
  lines.push("z".repeat(5));
  assert.equal(lines.kept[0]!.raw.length, LONGEST);
  assert.equal(lines.kept[0]!.cut, 15);
});

test("The last lines are kept, and it is known how many have gone", () => {
  const lines = new Lines();
  lines.push(Array.from({ length: MOST_LINES + 10 }, (_, at) => `line ${at}\n`).join(""));
  assert.equal(lines.kept.length, MOST_LINES);
  assert.equal(lines.dropped, 10);
  assert.equal(lines.kept[0]!.raw, "line 10");
  assert.equal(lines.kept[0]!.number, 10);
});

test("A filter looks at what can be read, in either case", () => {
  const lines = new Lines();
  lines.push(`an ${ESC}[31mERR${ESC}[0mOR\nall is well\n`);
  assert.deepEqual(matching(lines.kept, "error").map((line) => line.number), [0]);
  assert.equal(matching(lines.kept, "31m").length, 0);
  assert.equal(matching(lines.kept, "").length, 2);
});

test("Of a character that has come in part nothing is shown yet", () => {
  const bytes = new TextEncoder().encode("aé€𝄞");
  const wholes = Array.from(bytes, (_, at) => whole(bytes.subarray(0, at + 1)));
  assert.deepEqual(wholes, [1, 1, 3, 3, 3, 6, 6, 6, 6, 10]);
  assert.equal(whole(new Uint8Array([0x80, 0x80, 0x80, 0x80])), 4);
});
