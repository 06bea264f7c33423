// Draws what cash can earn: expected profit by cash spent, and the plan as a point on (or just under) the curve.

const element = document.getElementById("cash-chart");
const data = JSON.parse(document.getElementById("cash-data").textContent);
const words = element.dataset;
const style = getComputedStyle(document.documentElement);
const colour = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
const number = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 0 });
const text = colour("--tblr-body-color", "#1d273b");
const unit = words.currency ? ` (${words.currency})` : "";
const axis = (name) => ({
  type: "value",
  name,
  nameTextStyle: { color: text },
  axisLabel: { color: text, hideOverlap: true, formatter: (value) => number.format(value) },
  splitLine: { lineStyle: { color: colour("--tblr-border-color", "#dadfe5") } },
});

const chart = window.echarts.init(element, null, { renderer: "svg" });
chart.setOption({
  aria: { enabled: true, label: { description: element.getAttribute("aria-label") } },
  animation: false,
  textStyle: { color: text, fontFamily: getComputedStyle(document.body).fontFamily },
  grid: { left: 8, right: 24, top: 36, bottom: 36, containLabel: true },
  tooltip: {
    trigger: "item",
    confine: true,
    formatter: ({ value }) => `${words.cash}: <b>${number.format(value[0])}</b><br>${words.profit}: <b>${number.format(value[1])}</b>`,
  },
  xAxis: { ...axis(words.cash + unit), nameLocation: "middle", nameGap: 28 },
  yAxis: { ...axis(words.profit + unit), nameTextStyle: { color: text, align: "left" } },
  series: [
    { type: "line", data: data.points, symbolSize: 4, color: colour("--tblr-primary", "#206bc4") },
    { type: "scatter", name: words.plan, data: [data.chosen], symbolSize: 14, color: colour("--tblr-orange", "#f76707") },
  ],
});
new ResizeObserver(() => chart.resize()).observe(element);
