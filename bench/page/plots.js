// Runs in the page: draws the results, which stand in it as JSON, with Chart.js, which stands in it as well.
const { Chart, document } = globalThis;
const run = JSON.parse(document.getElementById("run").textContent);
const [subject] = run.peers;
const COLOURS = [
  "#2563eb",
  "#7c3aed",
  "#64748b",
  "#0891b2",
  "#ca8a04",
  "#db2777",
  "#ea580c",
  "#16a34a",
  "#57534e",
  "#be123c",
];
const colourOf = (peer) => COLOURS[run.peers.indexOf(peer) % COLOURS.length];
const BETTER = "#16a34a";
const WORSE = "#dc2626";

Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;

function addPlot(container, config) {
  const canvas = document.createElement("canvas");
  document.getElementById(container).appendChild(document.createElement("div")).appendChild(canvas);
  return new Chart(canvas, config);
}

function plotRatios({ title, better = "lower", results }) {
  const peers = run.peers.filter((peer) => peer !== subject && results[peer]?.median > 0);
  if (!(results[subject]?.median > 0) || peers.length === 0) return;
  const ratios = peers.map((peer) => results[subject].median / results[peer].median);
  const isBetter = (ratio) => (better === "higher" ? ratio > 1 : ratio < 1);
  addPlot("ratios", {
    type: "bar",
    data: {
      labels: peers,
      datasets: [
        {
          data: ratios.map((ratio) => [1, ratio]),
          backgroundColor: ratios.map((ratio) => (isBetter(ratio) ? BETTER : WORSE)),
        },
      ],
    },
    options: {
      indexAxis: "y",
      scales: { x: { type: "logarithmic", title: { display: true, text: `${subject} / peer, ${better} is better` } } },
      plugins: {
        legend: { display: false },
        title: { display: true, text: title },
        tooltip: { callbacks: { label: ({ dataIndex }) => ratios[dataIndex].toFixed(2) } },
      },
    },
  });
}

function plotScale(series) {
  const rows = run.rows.filter((row) => row.series === series);
  if (rows.length === 0) return;
  const peers = run.peers.filter((peer) => rows[0].results[peer] !== undefined);
  addPlot("scale", {
    type: "line",
    data: {
      datasets: peers.map((peer) => ({
        label: peer,
        data: rows.map(({ n, results }) => ({ x: n, y: results[peer].median })),
        borderColor: colourOf(peer),
        backgroundColor: colourOf(peer),
      })),
    },
    options: {
      scales: {
        x: { type: "linear", title: { display: true, text: "connections" } },
        y: { beginAtZero: true, title: { display: true, text: rows[0].unit } },
      },
      plugins: { title: { display: true, text: { connect: "connecting", deliver: "delivering a broadcast" }[series] } },
    },
  });
}

for (const series of new Set(run.rows.map((row) => row.series).filter(Boolean))) plotScale(series);
for (const row of run.rows) if (row.series === undefined) plotRatios(row);
