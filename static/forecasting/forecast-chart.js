// Draws the demand forecast of one product: weekly history as bars, the forecast as a line in its band.
// The page holds the numbers (json_script "forecast-data") and the words (data attributes of the chart's element).

const element = document.getElementById("forecast-chart");
const data = JSON.parse(document.getElementById("forecast-data").textContent);
const words = element.dataset;
const style = getComputedStyle(document.documentElement);
const colour = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
const COLOURS = {
  served: colour("--tblr-primary", "#206bc4"),
  lost: colour("--tblr-red", "#d63939"),
  mean: colour("--tblr-orange", "#f76707"),
  text: colour("--tblr-body-color", "#1d273b"),
  grid: colour("--tblr-border-color", "#dadfe5"),
};
const number = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 1 });

function describe(points) {
  const week = points[0].dataIndex;
  const rows = [[words.served, data.served[week]], [words.lost, data.lost[week]], [words.mean, data.mean[week]]]
    .filter(([, value]) => value !== null);
  if (data.low[week] !== null) {
    rows.push([words.band, `${number.format(data.low[week])} – ${number.format(data.high[week])}`]);
  }
  const lines = rows.map(([name, value]) => `${name}: <b>${typeof value === "number" ? number.format(value) : value}</b>`);
  return [`${words.week} ${data.weeks[week]}`, ...lines].join("<br>");
}

const width = data.low.map((low, week) => (low === null ? null : data.high[week] - low));
const band = { type: "line", stack: "band", symbol: "none", lineStyle: { opacity: 0 }, silent: true, color: COLOURS.mean };
const chart = window.echarts.init(element, null, { renderer: "svg" });
chart.setOption({
  aria: { enabled: true, label: { description: words.summary } },
  animation: false,
  textStyle: { color: COLOURS.text, fontFamily: getComputedStyle(document.body).fontFamily },
  grid: { left: 8, right: 12, top: 72, bottom: 40, containLabel: true },
  legend: {
    type: "scroll",
    top: 0,
    left: 0,
    itemGap: 16,
    data: [words.served, words.lost, words.mean, { name: words.band, icon: "roundRect", itemStyle: { opacity: 0.4 } }],
    textStyle: { color: COLOURS.text },
  },
  tooltip: { trigger: "axis", confine: true, formatter: describe },
  dataZoom: [{ type: "inside" }],
  xAxis: {
    type: "category",
    data: data.weeks,
    name: words.week,
    nameLocation: "middle",
    nameGap: 28,
    axisLabel: { hideOverlap: true },
    axisLine: { lineStyle: { color: COLOURS.grid } },
  },
  yAxis: { type: "value", name: words.unit, nameTextStyle: { align: "left" }, splitLine: { lineStyle: { color: COLOURS.grid } } },
  series: [
    { name: words.served, type: "bar", stack: "demand", data: data.served, color: COLOURS.served, barCategoryGap: "15%" },
    { name: words.lost, type: "bar", stack: "demand", data: data.lost, color: COLOURS.lost },
    { ...band, name: "", data: data.low },
    { ...band, name: words.band, data: width, areaStyle: { opacity: 0.25 } },
    { name: words.mean, type: "line", data: data.mean, symbol: "none", color: COLOURS.mean, lineStyle: { width: 2 } },
  ],
});
new ResizeObserver(() => chart.resize()).observe(element);
