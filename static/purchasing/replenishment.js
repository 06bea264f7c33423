// The replenishment desk: what is chosen and typed outlives live updates and filters; totals follow at once.

const form = document.getElementById("desk-form");
const bar = document.getElementById("desk-bar");
const texts = JSON.parse(document.getElementById("desk-texts").textContent);
const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const format = (number, places) =>
  number.toLocaleString(document.documentElement.lang, { minimumFractionDigits: places, maximumFractionDigits: places });

/** Chosen suggestions by id: {quantity (as typed), edited, cost, order}; those that a filter hides stay. */
const chosen = new Map();

const rows = () => [...document.querySelectorAll("#suggestions .desk-row[data-cost]")];
const check = (row) => row.querySelector("[name=chosen]");
const input = (row) => row.querySelector(".desk-quantity");
const pieces = (text) => (/^\d{1,10}$/.test(text.trim()) ? Number(text) : 0);
/** Money of a line, rounded half up to cents; costs have at most four places. */
const amount = (quantity, cost) => Math.floor((quantity * Math.round(Number(cost) * 10000) + 50) / 100) / 100;

/** What a piece costs when so many are ordered: price breaks are "20:2.30 50:2.10", ascending; an agreement that
 * covers the order, "400:2.00", counts unless it is dearer. */
function costOf(row, quantity) {
  const reached = row.dataset.breaks.split(" ").filter((step) => step && quantity >= Number(step.split(":")[0]));
  const cost = reached.length ? reached.at(-1).split(":")[1] : row.dataset.cost;
  const [left, agreed] = row.dataset.agreed.split(":");
  return agreed && quantity <= Number(left) && Number(agreed) <= Number(cost) ? agreed : cost;
}

function problem(row) {
  const quantity = pieces(input(row).value);
  const { moq, size } = row.dataset;
  if (!quantity) return texts.whole;
  if (quantity < Number(moq)) return fill(texts.moq, { moq });
  const below = quantity - (quantity % Number(size));
  if (below === quantity) return "";
  const above = below + Number(size);
  return below >= Number(moq) && below ? fill(texts.packs, { size, below, above }) : fill(texts.pack, { size, above });
}

/** The whole pallets around what is typed; nothing when it is whole pallets, or the supplier's rules are broken. */
function pallets(row) {
  const [pallet, quantity] = [Number(row.dataset.pallet), pieces(input(row).value)];
  if (!pallet || !(quantity % pallet) || problem(row)) return "";
  const below = quantity - (quantity % pallet);
  const words = { below: format(below, 0), above: format(below + pallet, 0) };
  return fill(below && below >= Number(row.dataset.moq) ? texts.pallets : texts.pallet, words);
}

function mark(row) {
  const text = problem(row);
  input(row).classList.toggle("is-invalid", Boolean(text));
  input(row).setAttribute("aria-invalid", String(Boolean(text)));
  const feedback = row.querySelector(".invalid-feedback");
  feedback.textContent = text;
  feedback.style.display = text ? "block" : "none";
  const quantity = pieces(input(row).value);
  row.querySelector(".desk-cost").textContent = format(amount(quantity, costOf(row, quantity)), 2);
  const cost = Number(costOf(row, quantity));
  // As the server writes it: two places, or as many as the cost has.
  row.querySelector(".desk-piece").textContent = format(cost, cost === Number(cost.toFixed(2)) ? 2 : 4);
}

function remember(row) {
  const { id, order } = row.dataset;
  const hint = row.querySelector(".desk-pallets");
  if (hint) hint.textContent = pallets(row);
  row.classList.toggle("is-chosen", check(row).checked);
  const quantity = input(row).value;
  const cost = costOf(row, pieces(quantity));
  if (check(row).checked) chosen.set(id, { quantity, edited: quantity !== input(row).dataset.suggested, cost, order });
  else chosen.delete(id);
}

/** Put what was chosen and typed back into rows that came anew. A quantity that nobody touched follows the suggestion. */
function restore() {
  for (const row of rows()) {
    const known = chosen.get(row.dataset.id);
    check(row).checked = Boolean(known);
    if (known?.edited) input(row).value = known.quantity;
    if (known) mark(row);
    remember(row);
  }
  show();
}

function show() {
  const lines = [...chosen.values()].map((line) => ({ ...line, pieces: pieces(line.quantity) }));
  const shown = rows();
  const here = shown.filter((row) => check(row).checked).length;
  bar.hidden = !lines.length;
  byId("desk-count").textContent = format(lines.length, 0);
  byId("desk-pieces").textContent = format(lines.reduce((sum, line) => sum + line.pieces, 0), 0);
  byId("desk-orders").textContent = format(new Set(lines.map((line) => line.order)).size, 0);
  byId("desk-total").textContent = format(lines.reduce((sum, line) => sum + amount(line.pieces, line.cost), 0), 2);
  byId("desk-hidden").textContent = lines.length > here ? `(${fill(texts.hidden, { count: lines.length - here })})` : "";
  tick(byId("choose-everything"), shown);
  document.querySelectorAll(".choose-group").forEach((box) => tick(box, members(box)));
}

const members = (box) => [...box.closest(".desk-group").querySelectorAll(".desk-row[data-cost]")];

function tick(box, of) {
  if (!box) return;
  const count = of.filter((row) => check(row).checked).length;
  box.checked = count > 0 && count === of.length;
  box.indeterminate = count > 0 && count < of.length;
}

function choose(of, on) {
  for (const row of of) {
    check(row).checked = on;
    remember(row);
  }
  show();
}

if (bar) {
  form.addEventListener("change", ({ target }) => {
    if (target.id === "choose-everything") choose(rows(), target.checked);
    else if (target.matches(".choose-group")) choose(members(target), target.checked);
    else if (target.name === "chosen") {
      remember(target.closest("tr"));
      show();
    }
  });
  form.addEventListener("input", ({ target }) => {
    if (!target.matches(".desk-quantity")) return;
    const row = target.closest("tr");
    check(row).checked = true;
    mark(row);
    remember(row);
    show();
  });
  form.addEventListener("keydown", (event) => {
    // Enter goes to the next quantity; it must not send the form by chance.
    if (event.key !== "Enter" || !event.target.matches(".desk-quantity")) return;
    event.preventDefault();
    const all = [...document.querySelectorAll(".desk-quantity")];
    const next = all[all.indexOf(event.target) + (event.shiftKey ? -1 : 1)];
    next?.focus();
    next?.select();
  });
  form.addEventListener("submit", (event) => {
    const wrong = rows().find((row) => check(row).checked && problem(row));
    if (wrong) {
      event.preventDefault();
      mark(wrong);
      input(wrong).focus();
      delete form.dataset.sent;
      return;
    }
    // What a filter hides is sent as well.
    form.querySelectorAll(".from-memory").forEach((field) => field.remove());
    const shown = new Set(rows().map((row) => row.dataset.id));
    for (const [id, line] of chosen) if (!shown.has(id)) sendAlong({ chosen: id, [`quantity-${id}`]: line.quantity });
  });
  byId("desk-clear").addEventListener("click", () => {
    chosen.clear();
    restore();
  });
  document.body.addEventListener("htmx:afterSwap", restore);
  rows().forEach(remember);
  show();
}

function sendAlong(fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value, className: "from-memory" });
    form.append(field);
  }
}

// ---- dismissing: the dialog comes from the server

const holder = byId("dismiss-dialog");

holder.addEventListener("htmx:afterSettle", () => {
  const dialog = holder.querySelector("dialog");
  if (!dialog) return;
  dialog.showModal();
  dialog.querySelector("[name=reason]").focus();
});
holder.addEventListener("click", (event) => {
  if (event.target.id === "dismiss-close") holder.replaceChildren();
});
