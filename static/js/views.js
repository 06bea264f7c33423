// Saved views where a list changes its filters without loading anew: what is saved is what the address says.

const bar = document.getElementById("saved-views");
const query = document.querySelector("#view-save [name=query]");

document.body.addEventListener("htmx:pushedIntoHistory", () => {
  query.value = location.search.slice(1);
  const isFiltered = [...new URLSearchParams(location.search).values()].some(Boolean);
  for (const link of bar.querySelectorAll("a")) {
    link.classList.remove("active");
    link.removeAttribute("aria-current");
  }
  // The view that was shown is no longer what is seen.
  bar.querySelector("[data-view-shown]")?.setAttribute("hidden", "");
  bar.querySelector("[data-view-new]").hidden = !isFiltered;
  if (isFiltered) bar.hidden = false;
});
