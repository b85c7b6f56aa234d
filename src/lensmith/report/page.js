"use strict";
(() => {
  const table = document.getElementById("candidates");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const headings = Array.from(table.tHead.rows[0].cells);
  const words = document.getElementById("words");
  const toggles = Array.from(document.querySelectorAll("[data-toggle]"));
  const more = document.getElementById("more");
  const PAGE = Number(table.dataset.rowsAtOnce);
  let limit = PAGE;
  let order = rows; // All rows as sorted.
  let matching = rows; // Those of them that the filters let through.
  let contents = null; // Their words, gathered when they are first looked for.

  // Sorting: by data-key, or the text where that is the same; empty cells stay last in both directions; it is stable.
  function sortBy(column, descending) {
    const numeric = headings[column].dataset.kind === "number";
    const collator = new Intl.Collator(undefined, { numeric: true });
    const sign = descending ? -1 : 1;
    const keyed = rows.map((row, place) => {
      const cell = row.cells[column];
      const key = cell.dataset.key ?? cell.textContent;
      return { row, place, missing: key === "", key: numeric ? Number(key) : key };
    });
    keyed.sort((a, b) => {
      if (a.missing || b.missing) return a.missing - b.missing || a.place - b.place;
      const order = numeric ? a.key - b.key : collator.compare(a.key, b.key);
      return sign * order || a.place - b.place;
    });
    order = keyed.map((item) => item.row);
    body.append(...order);
    limit = PAGE;
    filter();
    headings.forEach((heading, i) => {
      if (heading.hasAttribute("aria-sort")) {
        heading.setAttribute("aria-sort", i !== column ? "none" : descending ? "descending" : "ascending");
      }
    });
  }
  headings.forEach((heading, column) => {
    const button = heading.querySelector("button");
    if (button) button.addEventListener("click", () => sortBy(column, heading.getAttribute("aria-sort") === "ascending"));
  });

  // Filters: every word must occur somewhere in the row, and the row's verdict must be switched on.
  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const on = new Set(toggles.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.toggle));
    if (wanted.length) contents ??= new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    matching = order.filter((row) => on.has(row.dataset.verdict) && wanted.every((word) => contents.get(row).includes(word)));
    const shown = new Set(matching.slice(0, limit));
    for (const row of rows) row.hidden = !shown.has(row);
    more.hidden = matching.length <= limit;
    more.textContent = `show ${Math.min(PAGE, matching.length - limit)} more`;
    document.getElementById("count").textContent =
      `${matching.length} of ${rows.length} candidates` + (more.hidden ? "" : `, the first ${limit} shown`);
  }
  function restart() {
    limit = PAGE;
    filter();
  }
  words.addEventListener("input", restart);
  more.addEventListener("click", () => { limit += PAGE; filter(); });
  words.form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of toggles) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      restart();
    });
  }
  filter();

  // The viewer leafs through the candidates that match the filters, as sorted.
  const viewer = document.getElementById("viewer");
  const picture = document.getElementById("viewer-picture");
  const other = document.getElementById("other");
  const reasons = headings.findIndex((heading) => heading.dataset.name === "reasons");
  let current = null;
  let corner = false;
  function view(row) {
    current = row;
    const summary = row.querySelector("a.picture");
    const posterior = row.querySelector('a[href$="corner.png"]');
    const show = corner && posterior ? posterior : summary;
    const name = row.querySelector("th").dataset.key || "";
    document.getElementById("viewer-title").textContent = name;
    document.getElementById("viewer-verdict").textContent = row.dataset.verdict;
    document.getElementById("viewer-reasons").textContent = reasons < 0 ? "" : row.cells[reasons].dataset.key ?? row.cells[reasons].textContent;
    other.textContent = show === posterior ? "summary" : "posterior";
    other.hidden = !posterior;
    picture.src = show.href;
    picture.alt = `${show === posterior ? "Posterior" : "Summary"} of ${name}`;
    if (!viewer.open) viewer.showModal();
  }
  function leaf(step) {
    const shown = matching.filter((row) => row.querySelector("a.picture"));
    const next = shown[shown.indexOf(current) + step];
    if (next) view(next);
  }
  body.addEventListener("click", (event) => {
    const link = event.target.closest("a.picture");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    corner = false;
    view(link.closest("tr"));
  });
  document.getElementById("previous").addEventListener("click", () => leaf(-1));
  document.getElementById("next").addEventListener("click", () => leaf(1));
  document.getElementById("close").addEventListener("click", () => viewer.close());
  other.addEventListener("click", () => { corner = !corner; view(current); });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") leaf(-1);
    if (event.key === "ArrowRight") leaf(1);
  });
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
})();
