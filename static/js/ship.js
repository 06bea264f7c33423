// Confirming a shipment: the quantities stand as reserved until the first scan, from then on the scanner counts.

const form = document.getElementById("shipment");
const texts = JSON.parse(document.getElementById("ship-texts").textContent);
const scanField = document.getElementById("scan");
const said = document.getElementById("scanned");
const fill = document.getElementById("fill");
const none = document.getElementById("none");

const lines = [...form.querySelectorAll(".pick-line")].map((row) => ({
  row,
  input: row.querySelector("[data-quantity]"),
  sku: row.dataset.sku,
  codes: [row.dataset.sku.toUpperCase(), row.dataset.barcode.toUpperCase()].filter(Boolean),
  reserved: Number(row.dataset.reserved),
  waiting: Number(row.dataset.waiting),
}));
const shippable = lines.filter((line) => line.input);

const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);
const pieces = (line) => Number.parseInt(line.input.value, 10) || 0;
const fitting = (code) => lines.filter((line) => line.codes.includes(code.toUpperCase()));

function words(text, values) {
  return text.replace(/\{(\w+)\}/g, (_match, name) => values[name]);
}

function say(text, values, isGood) {
  said.textContent = words(text, values);
  said.className = `pick-said ${isGood ? "is-good" : "is-wrong"}`;
  if (!isGood) navigator.vibrate?.(200);
}

/** Everything that follows from the quantities: colours, totals, and what the confirmation asks. */
function show() {
  for (const line of shippable) {
    line.row.classList.toggle("is-done", pieces(line) === line.reserved);
    line.row.classList.toggle("is-over", pieces(line) > line.reserved);
  }
  const total = sum(shippable, pieces);
  const rest = sum(shippable, (line) => Math.max(line.reserved - pieces(line), 0));
  document.getElementById("total").textContent = total;
  const question = [words(texts.question, { pieces: total })];
  if (rest) question.push(words(texts.rest, { rest }));
  document.getElementById("send").dataset.confirm = [...question, texts.undo].join("\n");
}

function count(isCounting) {
  document.getElementById("counting").value = isCounting ? "1" : "";
  fill.hidden = !isCounting;
  none.hidden = isCounting;
}

function setAll(quantity) {
  shippable.forEach((line) => { line.input.value = quantity(line); });
  show();
}

function scan(code) {
  const found = fitting(code);
  const open = found.filter((line) => line.input && line.reserved);
  if (!found.length) return say(texts.unknown, { code }, false);
  if (!open.length) return say(texts.none, { sku: found[0].sku, waiting: sum(found, (line) => line.waiting) }, false);
  if (fill.hidden) {
    count(true);
    setAll(() => 0);
  }
  const reserved = sum(open, (line) => line.reserved);
  const line = open.find((candidate) => pieces(candidate) < candidate.reserved);
  if (!line) return say(texts.full, { sku: found[0].sku, reserved }, false);
  line.input.value = pieces(line) + 1;
  say(texts.picked, { sku: line.sku, picked: sum(open, pieces), reserved }, true);
  line.row.scrollIntoView({ block: "nearest" });
  show();
}

scanField.addEventListener("keydown", (event) => {
  const code = scanField.value.trim();
  // Scanners end a code with Enter or with Tab.
  if (event.isComposing || !(event.key === "Enter" || (event.key === "Tab" && code))) return;
  event.preventDefault();
  scanField.value = "";
  if (code) scan(code);
});

for (const line of shippable) {
  line.input.addEventListener("focus", () => {
    line.before = line.input.value;
    line.input.select();
  });
  line.input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    // A scan that landed here is a scan, not a quantity.
    const code = line.input.value.trim();
    if (fitting(code).length) {
      line.input.value = line.before;
      scan(code);
    }
    scanField.focus();
  });
}

form.addEventListener("input", show);
form.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (!step) return;
  const line = shippable.find((candidate) => candidate.row.contains(step));
  line.input.value = Math.min(Math.max(pieces(line) + Number(step.dataset.step), 0), line.reserved);
  show();
});
fill.addEventListener("click", () => { count(false); setAll((line) => line.reserved); scanField.focus(); });
none.addEventListener("click", () => { count(true); setAll(() => 0); scanField.focus(); });
document.getElementById("keyboard").addEventListener("click", () => { scanField.inputMode = "text"; scanField.focus(); });

// Wherever the last tap was, a scan goes to its field.
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, dialog");
  if (!isTyping && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) scanField.focus();
});

count(form.dataset.counting === "yes");
show();
form.inert = false;
scanField.focus();
