// The managers' charts and the filter that follows every choice. All words come translated from the page.

const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]; // Okabe and Ito: safe for colour-blind eyes
const language = document.documentElement.lang || "en";
const cents = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });

const show = (formatter, unit = "") => (value) => (value == null ? "–" : `${formatter.format(value)}${unit && ` ${unit}`}`);

function frame(data) {
  return {
    color: COLOURS,
    aria: { enabled: true },
    animationDuration: 300,
    grid: { left: 8, right: 8, top: 56, bottom: 8, containLabel: true },
    legend: { top: 0, type: "scroll" },
    tooltip: { trigger: "axis", confine: true },
    xAxis: { type: "category", data: data.buckets, axisLabel: { hideOverlap: true } },
  };
}

function axis(name, formatter, more = {}) {
  const align = more.position === "right" ? "right" : "left";
  return { type: "value", name, nameTextStyle: { align }, nameGap: 10, axisLabel: { formatter }, ...more };
}

function line(data, code, formatter, more = {}) {
  const tooltip = { valueFormatter: formatter };
  const values = data.series[code];
  return { id: code, name: data.labels[code], type: "line", data: values, tooltip, symbolSize: 6, showSymbol: values.length <= 45, ...more };
}

const charts = {
  profit(data) {
    const money = show(cents, data.currency);
    return {
      ...frame(data),
      yAxis: axis(data.currency, (v) => short.format(v)),
      series: [
        { id: "revenue", name: data.labels.revenue, type: "bar", data: data.series.revenue, tooltip: { valueFormatter: money } },
        line(data, "gross_profit", money, { symbol: "diamond" }),
        line(data, "contribution", money, { lineStyle: { type: "dashed" }, symbol: "triangle" }),
      ],
    };
  },
  inventory(data) {
    return {
      ...frame(data),
      yAxis: [
        axis(data.currency, (v) => short.format(v)),
        axis(data.units.times, (v) => short.format(v), { position: "right", splitLine: { show: false } }),
      ],
      series: [
        line(data, "average_inventory", show(cents, data.currency), { areaStyle: { opacity: 0.15 } }),
        line(data, "turnover", show(cents, data.units.times), { yAxisIndex: 1, lineStyle: { type: "dashed" }, symbol: "diamond" }),
      ],
    };
  },
  service(data) {
    const rate = (v) => (v == null ? "–" : percent.format(v));
    const styles = { fill_rate: "solid", on_time_rate: "dashed", stockout_rate: "dotted" };
    const symbols = { fill_rate: "circle", on_time_rate: "diamond", stockout_rate: "triangle" };
    return {
      ...frame(data),
      yAxis: axis(data.units.percent, rate, { min: 0, max: 1 }),
      series: Object.keys(styles).map((code) =>
        line(data, code, rate, { lineStyle: { type: styles[code] }, symbol: symbols[code] })),
    };
  },
  waterfall(data) {
    let level = 0;
    const bars = data.steps.map(({ code, value, total }) => {
      const from = total ? 0 : level;
      level = total ? value : level + value;
      return { name: data.labels[code], value, from, to: level, total };
    });
    const colour = (bar) => (bar.total ? COLOURS[0] : bar.value < 0 ? COLOURS[5] : COLOURS[2]);
    return {
      ...frame(data),
      legend: undefined,
      grid: { left: 8, right: 16, top: 8, bottom: 24, containLabel: true },
      tooltip: { trigger: "item", confine: true, formatter: ({ dataIndex }) => `${bars[dataIndex].name}<br><b>${cents.format(bars[dataIndex].value)} ${data.currency}</b>` },
      xAxis: axis(data.currency, (v) => short.format(v), { nameLocation: "middle", nameTextStyle: { align: "center" }, nameGap: 24, splitNumber: 3 }),
      yAxis: { type: "category", inverse: true, data: bars.map((bar) => bar.name) },
      // A box from one level to the next; unlike a stack on a hidden bar it is right below zero, too.
      series: [{
        type: "custom",
        encode: { x: [1, 2], y: 0 },
        data: bars.map((bar, index) => [index, bar.from, bar.to]),
        renderItem(params, api) {
          const row = api.value(0);
          const a = api.coord([api.value(1), row]);
          const b = api.coord([api.value(2), row]);
          const height = api.size([0, 1])[1] * 0.6;
          const left = Math.min(a[0], b[0]);
          return {
            type: "rect",
            shape: { x: left, y: a[1] - height / 2, width: Math.max(Math.abs(b[0] - a[0]), 1), height },
            style: { fill: colour(bars[row]) },
          };
        },
      }],
    };
  },
  split(data) {
    const money = show(cents, data.currency);
    return {
      ...frame(data),
      legend: undefined,
      grid: { left: 8, right: 8, top: 32, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: data.parts.map((part) => part.name), axisLabel: { interval: 0, rotate: data.parts.length > 6 ? 35 : 0, width: 110, overflow: "truncate" } },
      yAxis: axis(data.currency, (v) => short.format(v)),
      series: [{ id: "contribution", name: data.labels.contribution, type: "bar", data: data.parts.map((part) => part.contribution), barMaxWidth: 48, tooltip: { valueFormatter: money } }],
    };
  },
};

// Where the rows behind a click are: of that bucket, of that part, or of that step.
function rowsAddress(data, kind, { dataIndex, seriesId }) {
  const { url, split } = document.getElementById("dashboard-rows").dataset;
  const query = new URLSearchParams(location.search);
  const measure = kind === "waterfall" ? data.steps[dataIndex].code : seriesId;
  if (kind === "split") {
    if (!data.parts[dataIndex].id) return null;
    query.set(split, data.parts[dataIndex].id);
  } else if (kind !== "waterfall") {
    const [first, last] = data.ranges[dataIndex];
    for (const [name, value] of Object.entries({ period: "custom", first, last })) query.set(name, value);
  }
  return `${url.replace("MEASURE", measure)}?${query}`;
}

function draw() {
  const source = document.getElementById("dashboard-data");
  if (!source || !window.echarts) return;
  const data = JSON.parse(source.textContent);
  for (const place of document.querySelectorAll("[data-chart]")) {
    const chart = window.echarts.init(place, document.documentElement.dataset.bsTheme === "dark" ? "dark" : null, { renderer: "svg" });
    chart.setOption(charts[place.dataset.chart](data));
    chart.on("click", (event) => {
      const address = rowsAddress(data, place.dataset.chart, event);
      if (address) location.assign(address);
    });
    new ResizeObserver(() => chart.resize()).observe(place);
  }
}

function followFilter(form) {
  const period = form.elements.period;
  const days = form.querySelectorAll("[data-custom]");
  const showDays = () => days.forEach((field) => { field.hidden = period.value !== "custom"; });
  showDays();
  form.addEventListener("change", (event) => {
    showDays();
    if (event.target.type !== "date" && period.value !== "custom") form.requestSubmit();
  });
}

// A definition that covers something can be put away with Escape.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll(".kpi-help").forEach((help) => help.classList.add("is-dismissed"));
});
for (const kind of ["blur", "mouseleave"]) {
  document.querySelectorAll(".kpi-help").forEach((help) => help.addEventListener(kind, () => help.classList.remove("is-dismissed")));
}
document.querySelectorAll("[data-filter]").forEach(followFilter);
draw();
