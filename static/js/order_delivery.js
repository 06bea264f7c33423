// Where the goods go: the chosen customer's addresses and contacts appear with the customer, the usual ones chosen.

import { byId, form, getRows, texts } from "./order_form.js";

const [part, place, other, contact] = ["delivery", "deliver_to", "other_address", "contact"].map(byId);
let known = null;
let asking = Promise.resolve();

/** Offer what the customer has, with `choice` (as `choiceOfDelivery` gave it) or the usual place chosen. */
export function offerDelivery(choice = null) {
  asking = offer(choice);
}

/** Resolves when what the customer has is there, or nobody answered: an order then goes to the usual place. */
export const deliveryKnown = () => asking;

async function offer(choice) {
  const customer = byId("customer").dataset.id;
  known = null;
  part.hidden = true;
  if (!customer) return;
  const found = await getRows(part.dataset.url.replace("/0/", `/${customer}/`), {});
  if (!found || byId("customer").dataset.id !== customer) return;
  known = found;
  const usual = found.addresses.find((row) => row.is_default);
  const own = found.own || !usual ? [option("own", found.own || "–")] : [];
  place.replaceChildren(...found.addresses.map((row) => option(row.id, `${row.label}: ${row.address}`)), ...own, option("other", texts.other_address));
  contact.replaceChildren(option("", "–"), ...found.contacts.map((row) => option(row.id, row.role ? `${row.name} (${row.role})` : row.name)));
  byId("contact-part").hidden = !found.contacts.length;
  place.value = usual ? String(usual.id) : "own";
  other.value = "";
  placeChosen();
  if (choice) restore(choice);
  part.hidden = false;
}

function option(value, text) {
  return new Option(text, value);
}

/** The person at the place chosen, and a field for a place that is none of the customer's. */
function placeChosen() {
  byId("other-address-part").hidden = place.value !== "other";
  contact.value = String(address()?.contact ?? "");
}

function restore(choice) {
  if ([...place.options].some((row) => row.value === choice.place)) place.value = choice.place;
  other.value = choice.other;
  placeChosen();
  if ([...contact.options].some((row) => row.value === choice.contact)) contact.value = choice.contact;
}

const address = () => known?.addresses.find((row) => String(row.id) === place.value);

/** What is chosen, to be kept with the draft. */
export const choiceOfDelivery = () => (known ? { place: place.value, other: other.value, contact: contact.value } : null);

/** What is chosen, as an order says it; null leaves it to the customer's usual place. */
export function delivery() {
  if (!known) return {};
  const chosen = address();
  const person = contact.value ? Number(contact.value) : null;
  // Nobody chosen where somebody usually is: the address as text brings no contact along.
  if (chosen) return { delivery_address: chosen.contact && !person ? chosen.address : chosen.id, contact: person };
  return { delivery_address: (place.value === "own" ? known.own : other.value.trim()) || null, contact: person };
}

/** Whether another address is wanted and none is typed. */
export const lacksAddress = () => Boolean(known) && place.value === "other" && !other.value.trim();

place.addEventListener("change", () => {
  placeChosen();
  if (place.value === "other") other.focus();
  form.dispatchEvent(new Event("input"));
});
