// Splitting an order: fill in what waits, or nothing.

const rows = [...document.querySelectorAll("#order-split [data-waiting]")];
const fillIn = (value) => rows.forEach((row) => (row.querySelector("input").value = value(row)));
document.getElementById("move-waiting").addEventListener("click", () => fillIn((row) => row.dataset.waiting));
document.getElementById("move-none").addEventListener("click", () => fillIn(() => 0));
