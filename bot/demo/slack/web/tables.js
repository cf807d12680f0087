// Tables: the plain one, and the data table that sorts, filters and pages.

import { h, icon } from "./dom.js";
import { richText } from "./rich.js";

const kept = new Map(); // message and caption → {column, down, page, filter}: survives when a message is drawn again

const content = (cell) => (cell.type === "rich_text" ? richText(cell) : cell.text ?? String(cell.value ?? ""));
const words = (cell) => (cell.type === "rich_text" ? richText(cell).textContent : String(cell.text ?? cell.value ?? ""));

/** A table block. */
export function table(block) {
  const settings = block.column_settings ?? [];
  const style = (index) => `text-align:${settings[index]?.align ?? "left"}`;
  const row = (cells, tag) => h("tr", {}, cells.map((cell, index) => h(tag, { style: style(index), class: settings[index]?.is_wrapped ? "wrapped" : undefined }, content(cell))));
  return h("div", { class: "table-scroll", "data-testid": "table" }, h("table", { class: "table" },
    h("thead", {}, row(block.rows[0], "th")), h("tbody", {}, block.rows.slice(1).map((cells) => row(cells, "td")))));
}

/** A data_table block. */
export function dataTable(block, place) {
  const host = h("div", { class: "data-table", "data-testid": "data-table" });
  const key = `${place.ts ?? place.view}/${block.caption}`;
  const state = kept.get(key) ?? { column: -1, down: false, page: 0, filter: "" };
  kept.set(key, state);
  const [header, ...body] = block.rows;
  const size = block.page_size ?? 5;
  const numeric = header.map((_, column) => body.every((row) => row[column].type === "raw_number"));
  const compare = (a, b) => {
    const [x, y] = [a[state.column], b[state.column]];
    const order = numeric[state.column] ? x.value - y.value : words(x).localeCompare(words(y), "en", { numeric: true });
    return state.down ? -order : order;
  };
  const search = h("input", { type: "search", placeholder: "Filter", value: state.filter, "aria-label": "Filter rows",
    oninput: () => { state.filter = search.value; state.page = 0; draw(); } });
  const shownPart = h("div", {});
  const draw = () => {
    const wanted = state.filter.toLocaleLowerCase();
    const rows = body.filter((row) => !wanted || row.some((cell) => words(cell).toLocaleLowerCase().includes(wanted)));
    if (state.column >= 0) rows.sort(compare);
    const pages = Math.max(1, Math.ceil(rows.length / size));
    state.page = Math.min(state.page, pages - 1);
    const sort = (column) => {
      state.down = state.column === column ? !state.down : false;
      state.column = column;
      draw();
    };
    const heads = header.map((cell, column) => h("th", { scope: "col", class: numeric[column] ? "number" : undefined,
      "aria-sort": state.column === column ? (state.down ? "descending" : "ascending") : "none" },
      h("button", { onclick: () => sort(column) }, content(cell), h("span", { class: "arrow" }, state.column === column ? (state.down ? "↓" : "↑") : "↕"))));
    const shown = rows.slice(state.page * size, (state.page + 1) * size);
    const first = block.row_header_column_index ?? 0;
    const lines = shown.map((row) => h("tr", {}, row.map((cell, column) => h(column === first ? "th" : "td", { class: numeric[column] ? "number" : undefined, scope: column === first ? "row" : undefined }, content(cell)))));
    const turn = (by, name, enabled) => h("button", { class: "quiet", disabled: !enabled, "aria-label": name, onclick: () => { state.page += by; draw(); } }, icon(by < 0 ? "back" : "right", 16));
    shownPart.replaceChildren(
      h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, lines.length ? lines : h("tr", {}, h("td", { colspan: header.length, class: "muted" }, "Nothing matches"))))),
      pages > 1 ? h("div", { class: "pager" }, `${state.page * size + 1}–${Math.min(rows.length, (state.page + 1) * size)} of ${rows.length}`, turn(-1, "Previous page", state.page > 0), turn(1, "Next page", state.page < pages - 1)) : "",
    );
  };
  draw();
  host.append(h("div", { class: "caption" }, h("strong", {}, block.caption), body.length > size ? search : null), shownPart);
  return host;
}
