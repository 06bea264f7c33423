// A transfer by hand: lines by typing or scanning a product; each shows what is free at the source.

import { Typeahead } from "../js/typeahead.js";

const form = document.getElementById("transfer-form");
const lines = document.getElementById("lines");
const texts = JSON.parse(document.getElementById("transfer-texts").textContent);
const field = (row, name) => row.querySelector(`[name=${name}]`);

function focus(input) {
  input.focus();
  input.select();
}

function wire(row) {
  new Typeahead(field(row, "label"), {
    emptyText: texts.no_match,
    search: async (q) => {
      try {
        const parameters = new URLSearchParams({ q, source: form.elements.source.value });
        const response = await fetch(`${form.dataset.productsUrl}?${parameters}`, { headers: { Accept: "application/json" } });
        return (await response.json()).results;
      } catch {
        return [];
      }
    },
    picked: (item) => {
      field(row, "product").value = item ? item.id : "";
      if (item) focus(field(row, "quantity"));
    },
  });
}

function addLine() {
  lines.append(document.getElementById("line-template").content.cloneNode(true));
  wire(lines.lastElementChild);
  return lines.lastElementChild;
}

/** Enter goes on: product → quantity → the next line; it never sends the form. */
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
  event.preventDefault();
  const row = event.target.closest(".transfer-line");
  if (!row) return;
  if (event.target.name === "label" && event.target.dataset.id) focus(field(row, "quantity"));
  else if (event.target.name === "quantity") focus(field(row.nextElementSibling || addLine(), "label"));
});
lines.addEventListener("click", (event) => {
  const row = event.target.closest(".transfer-remove")?.closest(".transfer-line");
  if (!row) return;
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  focus(field(next || addLine(), "label"));
});
document.getElementById("add-line").addEventListener("click", () => focus(field(addLine(), "label")));

[...lines.children].forEach(wire);
form.inert = false;
