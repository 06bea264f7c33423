// Counting a delivery in: by typing, or by a scanner that types a code and Enter. The first scan starts at 0.

const form = document.getElementById("receive-form");
const scan = document.getElementById("scan");
const said = document.getElementById("scan-said");
const send = document.getElementById("receive-send");
const texts = JSON.parse(document.getElementById("receive-texts").textContent);
const rows = [...form.querySelectorAll(".receive-row")];
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const format = (number) => number.toLocaleString(document.documentElement.lang);
const input = (row) => row.querySelector(".receive-quantity");
const pieces = (row) => (/^\d{1,10}$/.test(input(row).value.trim()) ? Number(input(row).value) : 0);
const open = (row) => Number(row.dataset.open);
/** What may come at most: the supplier's tolerance is on top of what is open. */
const most = (row) => Number(row.dataset.most);
let counting = false;

function show() {
  const total = format(rows.reduce((sum, row) => sum + pieces(row), 0));
  document.getElementById("receive-total").textContent = total;
  // Stock that came in cannot be taken back: the question says how much it is. What the server refuses needs none.
  const refused = rows.some((row) => pieces(row) > most(row));
  send.dataset.confirm = refused ? "" : fill(texts.question, { pieces: total });
  for (const row of rows) {
    row.classList.toggle("is-counted", counting && pieces(row) > 0);
    input(row).classList.toggle("is-invalid", pieces(row) > most(row));
  }
}

function say(text, good) {
  said.textContent = text;
  said.className = `col-12 receive-said ${good ? "is-ok" : "is-short"}`;
}

function setAll(value) {
  rows.forEach((row) => (input(row).value = value(row)));
  show();
}

function count(code) {
  const matching = rows.filter((row) => row.querySelector(`[data-code="${CSS.escape(code.toUpperCase())}"]`));
  if (!matching.length) return say(fill(texts.unknown, { code }), false);
  if (!counting) {
    counting = true;
    setAll(() => "0");
  }
  const row =
    matching.find((candidate) => pieces(candidate) < open(candidate)) ??
    matching.find((candidate) => pieces(candidate) < most(candidate));
  if (!row) return say(fill(texts.complete, { code, open: format(open(matching[0])) }), false);
  input(row).value = String(pieces(row) + 1);
  row.scrollIntoView({ block: "nearest" });
  show();
  const isMore = pieces(row) > open(row);
  say(fill(isMore ? texts.more : texts.counted, { code, quantity: format(pieces(row)), open: format(open(row)) }), !isMore);
}

scan.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  if (scan.value.trim()) count(scan.value.trim());
  scan.value = "";
});
form.addEventListener("keydown", (event) => {
  // Enter in a quantity goes back to the scanner's field; it must not receive anything by chance.
  if (event.key !== "Enter" || !event.target.matches(".receive-quantity")) return;
  event.preventDefault();
  scan.focus();
});
form.addEventListener("input", show);
form.addEventListener("focusin", ({ target }) => target.matches(".receive-quantity") && target.select());
document.getElementById("fill-open").addEventListener("click", () => {
  counting = false;
  setAll((row) => String(open(row)));
});
document.getElementById("fill-zero").addEventListener("click", () => {
  counting = true;
  setAll(() => "0");
  say(texts.counting, true);
  scan.focus();
});

show();
form.inert = false;
scan.focus();
