// Changing an order: products for new lines are found while somebody types, and closing a line is asked about.

import { Typeahead } from "./typeahead.js";

const form = document.getElementById("order-change");
const texts = JSON.parse(document.getElementById("change-texts").textContent);
const added = document.getElementById("added");
const total = form.querySelector("[name=add-TOTAL_FORMS]");

async function search(q) {
  try {
    const query = new URLSearchParams({ q, warehouse: form.dataset.warehouse });
    const response = await fetch(`${form.dataset.productsUrl}?${query}`, { headers: { Accept: "application/json" } });
    if (response.redirected || !response.ok) return null;
    return (await response.json()).results.map((product) => ({
      ...product,
      hint: product.available === null ? "" : texts.available.replace("{available}", product.available),
    }));
  } catch {
    return null;
  }
}

function wire(row) {
  const part = (name) => row.querySelector(`[name$="-${name}"]`);
  const input = part("product");
  if (part("product_id").value) input.dataset.id = part("product_id").value;
  new Typeahead(input, {
    emptyText: texts.no_match,
    search,
    missed: () => {},
    picked: (product, moveOn) => {
      part("product_id").value = product?.id ?? "";
      if (!product) return;
      part("unit_price").value = product.price;
      if (moveOn) part("quantity").focus();
    },
  });
}

function addLine() {
  const number = Number(total.value);
  const row = document.getElementById("added-template").content.firstElementChild.cloneNode(true);
  for (const element of row.querySelectorAll("[name], [for], [id]")) {
    for (const name of ["name", "for", "id"]) {
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace("__prefix__", number));
    }
  }
  added.append(row);
  total.value = number + 1;
  wire(row);
  row.querySelector("input").focus();
}

/** The reason belongs to a ticked line; a form that closes lines asks before it is sent. */
function showReasons() {
  const closes = [...form.querySelectorAll("[name^=close-]")];
  closes.forEach((box) => (box.closest(".change-close").querySelector("[data-reason]").hidden = !box.checked));
  if (closes.some((box) => box.checked)) form.dataset.confirm = texts.close;
  else delete form.dataset.confirm;
}

[...added.children].forEach(wire);
document.getElementById("add-line").addEventListener("click", addLine);
form.addEventListener("change", showReasons);
form.addEventListener("keydown", (event) => {
  if (event.isComposing || event.key !== "Enter") return;
  if (event.ctrlKey) form.requestSubmit(document.getElementById("save"));
  // Enter in a field must not send a half-typed change.
  else if (event.target.matches("input")) event.preventDefault();
});
showReasons();
form.inert = false;
