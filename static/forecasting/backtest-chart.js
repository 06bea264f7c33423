// Draws a backtest: profit by policy with its band, and what less or more stock would have earned.
// The page holds the numbers (json_script "backtest-data") and the words (data attributes of the charts' elements).

const data = JSON.parse(document.getElementById("backtest-data").textContent);
const language = document.documentElement.lang || "en";
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"]; // Okabe and Ito: safe for colour-blind eyes

function draw(id, options) {
  const element = document.getElementById(id);
  const chart = window.echarts.init(element, null, { renderer: "svg" });
  chart.setOption({
    color: COLOURS,
    animation: false,
    aria: { enabled: true, label: { description: element.dataset.summary } },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    ...options(element.dataset),
  });
  new ResizeObserver(() => chart.resize()).observe(element);
}

function band(params, api) {
  const row = api.value(0);
  const [low, high] = [api.coord([api.value(1), row]), api.coord([api.value(2), row])];
  const style = { stroke: "#000", lineWidth: 1.5, opacity: 0.6 };
  const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
  return { type: "group", children: [line(low[0], low[1], high[0], high[1]), line(low[0], low[1] - 5, low[0], low[1] + 5), line(high[0], high[1] - 5, high[0], high[1] + 5)] };
}

const unitOf = (words) => (words.currency ? ` (${words.currency})` : "");

draw("backtest-policies", (words) => {
  const rows = [...data.policies].reverse();
  return {
    grid: { left: 8, right: 24, top: 8, bottom: 32, containLabel: true },
    tooltip: {
      confine: true,
      formatter: ({ dataIndex }) => `${rows[dataIndex].name}<br>${words.profit}: <b>${whole.format(rows[dataIndex].profit.value)}</b> (${whole.format(rows[dataIndex].profit.low)} – ${whole.format(rows[dataIndex].profit.high)})`,
    },
    xAxis: { type: "value", name: words.profit + unitOf(words), nameLocation: "middle", nameGap: 24, axisLabel: { formatter: (value) => short.format(value), hideOverlap: true } },
    yAxis: { type: "category", data: rows.map((row) => row.name), axisLabel: { width: 110, overflow: "break" } },
    series: [
      { type: "bar", data: rows.map((row) => ({ value: row.profit.value, itemStyle: { opacity: row.code === "tandem" ? 1 : 0.55 } })) },
      { type: "custom", renderItem: band, silent: true, z: 10, data: rows.map((row, at) => [at, row.profit.low, row.profit.high]), encode: { x: [1, 2], y: 0 } },
    ],
  };
});

draw("backtest-curve", (words) => {
  const points = [...data.curve].sort((a, b) => a.stock - b.stock);
  return {
    grid: { left: 8, right: 24, top: 32, bottom: 32, containLabel: true },
    tooltip: {
      trigger: "axis",
      confine: true,
      formatter: ([{ dataIndex }]) => `${words.stock}: ${tenths.format(points[dataIndex].stock)}<br>${words.profit}: <b>${whole.format(points[dataIndex].profit)}</b><br>${words.fill}: ${tenths.format(points[dataIndex].fill)} %`,
    },
    xAxis: { type: "value", name: words.stock, nameLocation: "middle", nameGap: 24 },
    yAxis: { type: "value", name: words.profit + unitOf(words), nameTextStyle: { align: "left" }, axisLabel: { formatter: (value) => short.format(value) } },
    series: [{ type: "line", data: points.map((point) => [point.stock, point.profit]), symbolSize: 6 }],
  };
});
