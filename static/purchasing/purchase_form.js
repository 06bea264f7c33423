// A purchase order by hand: lines by typing or scanning a product of the chosen supplier; the total follows.

import { Typeahead } from "../js/typeahead.js";

const form = document.getElementById("purchase-form");
const lines = document.getElementById("lines");
const texts = JSON.parse(document.getElementById("purchase-texts").textContent);
const supplier = document.getElementById("id_supplier");
const field = (row, name) => row.querySelector(`[name=${name}]`);
const money = (number) =>
  number.toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

async function find(q) {
  if (!supplier.value) return [];
  try {
    const parameters = new URLSearchParams({ q, supplier: supplier.value });
    const response = await fetch(`${form.dataset.itemsUrl}?${parameters}`, { headers: { Accept: "application/json" } });
    return (await response.json()).results;
  } catch {
    return [];
  }
}

function focus(input) {
  input.focus();
  input.select();
}

function wire(row) {
  const label = field(row, "label");
  const typeahead = new Typeahead(label, {
    emptyText: texts.no_match,
    search: (q) => {
      typeahead.emptyText = supplier.value ? texts.no_match : texts.choose_supplier;
      return find(q);
    },
    picked: (item) => {
      field(row, "product").value = item ? item.id : "";
      if (item) {
        if (!field(row, "quantity").value) field(row, "quantity").value = item.quantity;
        field(row, "unit_cost").value = item.unit_cost;
        const currency = document.getElementById("total-currency");
        currency.textContent = item.currency || currency.dataset.own;
        focus(field(row, "quantity"));
      }
      total();
    },
  });
}

function addLine() {
  lines.append(document.getElementById("line-template").content.cloneNode(true));
  const row = lines.lastElementChild;
  wire(row);
  return row;
}

function total() {
  let sum = 0;
  for (const row of lines.children) {
    const quantity = Number(field(row, "quantity").value);
    const cost = Number(field(row, "unit_cost").value);
    const known = quantity > 0 && cost >= 0 && field(row, "unit_cost").value;
    const amount = known ? Math.floor((quantity * Math.round(cost * 10000) + 50) / 100) / 100 : 0;
    row.querySelector(".purchase-amount").textContent = known ? money(amount) : "";
    sum += amount;
  }
  document.getElementById("total").textContent = money(sum);
}

/** Enter goes on: product → quantity → cost → the next line, a new one after the last; it never sends the form. */
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
  event.preventDefault();
  const row = event.target.closest(".purchase-line");
  if (!row) return;
  if (event.target.name === "label" && event.target.dataset.id) focus(field(row, "quantity"));
  else if (event.target.name === "quantity" && !field(row, "unit_cost").readOnly) focus(field(row, "unit_cost"));
  else if (["quantity", "unit_cost"].includes(event.target.name)) focus(field(row.nextElementSibling || addLine(), "label"));
});
lines.addEventListener("input", total);
lines.addEventListener("click", (event) => {
  const row = event.target.closest(".purchase-remove")?.closest(".purchase-line");
  if (!row) return;
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  focus(field(next || addLine(), "label"));
  total();
});
document.getElementById("add-line").addEventListener("click", () => focus(field(addLine(), "label")));

[...lines.children].forEach(wire);
total();
form.inert = false;
