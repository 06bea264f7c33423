// The pick queue: tick orders, all of a page at once, and see how many go on the list.

function ticks() {
  return [...document.querySelectorAll("#pick-queue [name=order]")];
}

function show() {
  const all = document.getElementById("tick-all");
  if (!all) return;
  const ticked = ticks().filter((box) => box.checked).length;
  all.checked = ticked > 0 && ticked === ticks().length;
  all.indeterminate = ticked > 0 && !all.checked;
  document.getElementById("tick-count").textContent = ticked;
  document.getElementById("print-list").disabled = ticked === 0;
}

document.addEventListener("change", (event) => {
  if (event.target.id === "tick-all") ticks().forEach((box) => { box.checked = event.target.checked; });
  show();
});
document.body.addEventListener("htmx:afterSettle", show);
window.addEventListener("pageshow", show);
show();
