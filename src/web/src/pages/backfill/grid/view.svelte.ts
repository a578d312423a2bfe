/** What the grid shows of a backfill, and where: derived from its matrix and the address, but for what moves all the time. */
import { address } from "../../../core/address.svelte";
import type { Filter } from "../../../core/acts.svelte";
import { Loaded } from "../../../core/loaded.svelte";
import { STATES, type State } from "../../../words/states";
import { KINDS, MOST } from "../matrix.svelte";
import type { Seen } from "../seen.svelte";
import { chronological, columnAt, columnsOf, finer, fitting, UNITS, type Column, type Unit } from "./buckets";
import { counting } from "./counting";
import { columnWidth, firstColumn, type Given } from "./frame";
import { GROUPINGS, rowAt, rowsOf, tasksOf, usual, type Grouping, type Row } from "./rows";
import { boxFrom, boxOf, textOf, within, type Box, type Cell } from "./selection";
import { Whole, type Counted, type Source } from "./source";
import { bad } from "./stack";

export const [LOWEST, USUAL, ROOMY, HIGHEST] = [4, 16, 22, 32];
const HEAD = 30;
/** Milliseconds without another change after which the address says where we are: browsers stop those who say it always. */
const SETTLED = 250;

export class View {
  width = $state(0);
  height = $state(0);
  scrollX = $state(0);
  scrollY = $state(0);
  ratio = $state(devicePixelRatio);
  cursor = $state.raw<Cell | null>(null);
  /** Where a selection began that the cursor extends. */
  #anchor: Cell | null = null;
  #selected = $state.raw<string | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #said = "";

  readonly source: Source | undefined = $derived.by(() => {
    const [matrix, counted] = [this.seen.matrix.data, this.counted.data];
    return this.large ? counted : matrix && new Whole(matrix);
  });
  readonly #columns = $derived.by(() => {
    const dates = this.source?.is.dates ?? [];
    const order = chronological(dates);
    return Object.fromEntries(UNITS.map((unit) => [unit, columnsOf(dates, order, unit)])) as Record<Unit, Column[]>;
  });
  /** Too many instances to have the byte of each. */
  readonly large = $derived.by(() => (this.seen.backfill.data?.instances ?? 0) > MOST);
  readonly counted: Loaded<Counted>;

  readonly labels = $derived(this.width < 600 ? 120 : 206);
  readonly room = $derived(Math.max(1, this.width - this.labels));
  readonly asked = $derived(UNITS.find((unit) => unit === address.query.get("unit")) ?? null);
  readonly fitting = $derived(fitting(this.#columns, this.room));
  /** Before anything is there to be fitted: what ten years would be. */
  readonly wanted = $derived(this.asked ?? (this.source && this.width ? this.fitting : "month"));
  readonly unit = $derived(this.source?.unit ?? this.wanted);
  readonly columns = $derived(this.#columns[this.unit]);
  readonly cells = $derived(this.source?.cells(this.columns));
  readonly columnWidth = $derived(columnWidth(this.columns.length, this.room, this.asked === null));

  readonly grouping: Grouping = $derived(
    GROUPINGS.find((each) => each === address.query.get("group")) ?? usual(this.source?.is.tasks ?? []),
  );
  readonly #shut = $derived(address.query.get("shut") ?? "");
  readonly filter = $derived(address.query.get("rows") ?? "");
  readonly rows = $derived(
    rowsOf(this.source?.is.tasks ?? [], {
      grouping: this.grouping,
      shut: this.#shut === "all" ? "all" : new Set(this.#shut.split(".")),
      filter: this.filter,
    }),
  );
  readonly rowHeight = $derived.by(() => {
    const usual = this.rows.length * ROOMY < this.height ? ROOMY : USUAL;
    return Math.min(HIGHEST, Math.max(LOWEST, Math.round(Number(address.query.get("h") ?? usual)) || usual));
  });
  readonly only: State | null = $derived(STATES.find((state) => state === address.query.get("only")) ?? null);
  readonly selected: Box | null = $derived(this.#selected === null ? null : boxFrom(this.#selected, this.columns, this.rows));

  readonly given: Given = $derived({
    width: this.width,
    height: this.height,
    scrollX: this.scrollX,
    scrollY: this.scrollY,
    labels: this.labels,
    head: HEAD,
    columnWidth: this.columnWidth,
    rowHeight: this.rowHeight,
    columns: this.columns.length,
    rows: this.rows.length,
    ratio: this.ratio,
  });
  /** Of all rows and columns, with names and dates. */
  readonly extent = $derived({
    width: this.labels + Math.floor(this.columns.length * this.columnWidth),
    height: HEAD + this.rows.length * this.rowHeight,
  });
  readonly page = $derived({
    rows: Math.max(1, Math.floor((this.height - HEAD) / this.rowHeight) - 1),
    columns: Math.max(1, Math.floor(this.room / this.columnWidth + 0.001)),
  });
  readonly #cursorAt = $derived(this.cursor && { row: within(this.cursor.row, this.rows.length), column: within(this.cursor.column, this.columns.length) });

  readonly firstColumn = $derived(firstColumn(this.given));
  /** What is selected, in numbers. */
  readonly chosen = $derived.by(() => {
    const box = this.selected;
    if (!box || !this.source) return null;
    void this.source.version;
    const counts = this.#count(box);
    const first = this.columns[box.left]!.first;
    return { instances: counts.reduce((sum, n) => sum + n, 0), failed: bad(counts), first, last: this.columns[box.right]!.last };
  });
  /** The filter of what is selected, else of the cell that is focused: each of its instances, in view or not. */
  readonly wish: Filter | null = $derived.by(() => {
    const box = this.selected ?? (this.at && boxOf(this.at, this.at));
    if (!box || !this.source) return null;
    const [tasks, every] = [tasksOf(this.rows.slice(box.top, box.bottom + 1)), this.source.is.tasks];
    return {
      backfill: { any_: [this.seen.id] },
      business_date: { after_: this.columns[box.left]!.first, before_: this.columns[box.right]!.last },
      ...(tasks.length < every.length && { task: { any_: tasks.map((task) => String(every[task]!.id)) } }),
    };
  });

  constructor(readonly seen: Seen) {
    this.counted = new Loaded((signal) => counting(seen.id, this.wanted === "day" ? "week" : this.wanted, signal));
  }

  /** Have what is shown loaded, in an effect: counts by another unit are asked for anew. */
  need(): void {
    if (!this.large) this.seen.needMatrix();
    else void this.counted.load();
  }

  /** What an act on it is about, in words. */
  get about(): string {
    const box = this.selected;
    return box ? `selected from ${this.columns[box.left]!.first} to ${this.columns[box.right]!.last}` : "of the focused cell";
  }

  /** The cursor among the rows and columns that there are now. */
  get at(): Cell | null {
    return this.rows.length && this.columns.length ? this.#cursorAt : null;
  }

  /** Select what the address says, when other hands than ours have changed it. */
  adopt(): void {
    const said = address.query.get("sel") ?? "";
    if (said === this.#said) return;
    [this.#said, this.#selected] = [said, said || null];
  }

  /** Move the cursor; with `from` all is selected between, and further on from there. */
  move(to: Cell, from?: Cell): void {
    if (from) this.select(boxOf((this.#anchor ??= from), to));
    else this.#anchor = null;
    this.cursor = to;
  }

  /** From where dragging or Shift go on. */
  begin(cell: Cell): void {
    [this.#anchor, this.cursor] = [cell, cell];
  }

  select(box: Box | null): void {
    this.#selected = box && textOf(box, this.columns, this.rows);
    if (!box) this.#anchor = null;
    this.say();
  }

  /** Where the view should begin, in CSS pixels; where the address says nothing, where work goes on. */
  beginning(): { x: number; y: number; cell: Cell | null } {
    const [date, task] = [address.query.get("x"), address.query.get("y")];
    const column = date ? columnAt(this.columns, date) : Math.max(0, this.#front() - Math.floor(this.page.columns * 0.7));
    const row = task && this.source ? rowAt(this.rows, this.source.is.tasks, task) : 0;
    const cell = task && row >= 0 ? { row, column } : null;
    return { x: column * this.columnWidth, y: Math.max(0, row) * this.rowHeight, cell };
  }

  /** Have the address say where we look, once that has settled. */
  say(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const [column, row] = [firstColumn(this.given), Math.floor(this.scrollY / this.rowHeight)];
      this.#said = this.#selected ?? "";
      address.set({ x: column > 0 ? this.columns[column]?.first : null, y: row > 0 ? this.rows[row]?.key : null, sel: this.#selected });
    }, SETTLED);
  }

  stop(): void {
    this.counted.stop();
    clearTimeout(this.#timer);
  }

  /** Show a group's tasks, or no longer; null: all groups. */
  toggle(key: string | null): void {
    const groups = this.rows.filter((row) => row.group);
    const shut = new Set(groups.filter((row) => row.shut).map((row) => row.key));
    if (key === null) return address.set({ shut: shut.size < groups.length ? "all" : null });
    if (!shut.delete(key)) shut.add(key);
    address.set({ shut: [...shut].join(".") });
  }

  /** Look closer at a column; false when it is one date already. */
  zoom(column: number): boolean {
    const unit = finer(this.unit);
    if (!unit || (this.large && unit === "day") || this.columns[column]!.to - this.columns[column]!.from === 1) return false;
    address.set({ unit, x: this.columns[column]!.first }, { push: true });
    return true;
  }

  taller(by: number): void {
    address.set({ h: Math.max(LOWEST, Math.min(HIGHEST, this.rowHeight + by)) });
  }

  /** The cell that holds an instance; null when it is not shown. */
  cellOf(instance: number): Cell | null {
    const matrix = this.seen.matrix.data;
    const place = matrix?.place(instance);
    if (!matrix || place === undefined) return null;
    const date = matrix.dateOf(place);
    const task = matrix.pattern(date).taskOf[place - matrix.offsets[date]!]!;
    const row = this.rows.findIndex((each) => (!each.group || each.shut) && each.tasks.includes(task));
    return row < 0 ? null : { row, column: columnAt(this.columns, matrix.is.dates[date]!) };
  }

  #count({ top, bottom, left, right }: Box): Uint32Array {
    const [sum, counts] = [new Uint32Array(KINDS), new Uint32Array(KINDS)];
    const all = together(tasksOf(this.rows.slice(top, bottom + 1)));
    for (const column of this.columns.slice(left, right + 1)) {
      this.cells!.read(all, column, counts);
      for (let kind = 0; kind < KINDS; kind++) sum[kind]! += counts[kind]!;
    }
    return sum;
  }

  /** The first column in which something is not over. */
  #front(): number {
    const counts = new Uint32Array(KINDS);
    const all = together(tasksOf(this.rows));
    const going = ["waiting", "ready", "running"].map((state) => STATES.indexOf(state as State));
    const found = this.columns.findIndex((column) => this.cells!.read(all, column, counts) && going.some((kind) => counts[kind]));
    return Math.max(0, found);
  }
}

/** Tasks as a row that nobody sees. */
function together(tasks: number[]): Row {
  return { key: "", name: "", tasks, group: true, shut: true };
}
