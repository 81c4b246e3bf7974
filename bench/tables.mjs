// The tables of a run, as rows of Markdown: figures, ratios, targets, and where the time goes.

const FEW_DIGITS_FROM = 20;
const NO_DIGITS_FROM = 1_000;

export function formatFigure(value) {
  if (value >= NO_DIGITS_FROM) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(value < FEW_DIGITS_FROM ? 2 : 1);
}

const line = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
const unitOf = ({ unit, better }) => (better === "higher" ? `${unit} (higher is better)` : unit);

/** Median (min–max) of each peer; the peers that a row does not have are left empty. */
export function formatTable({ peers, rows }) {
  return table(
    ["workload", "unit", ...peers],
    rows.map((row) => [
      row.title,
      unitOf(row),
      ...peers.map((peer) => {
        const figure = row.results[peer];
        if (figure === undefined) return "";
        return `${formatFigure(figure.median)} (${formatFigure(figure.min)}–${formatFigure(figure.max)})`;
      }),
    ]),
  );
}

/** The first peer's ratio to each of the others. */
export function formatRatios({ peers: [subject, ...others], rows }) {
  return table(
    ["workload", "better", ...others.map((other) => `${subject} / ${other}`)],
    rows
      .filter(({ results }) => results[subject] !== undefined)
      .map(({ title, better = "lower", results }) => [
        title,
        better,
        ...others.map((other) => ratioText(results[subject].median, results[other]?.median)),
      ]),
  );
}

function ratioText(own, other) {
  if (other === undefined) return "";
  // Nothing against nothing is a tie.
  return own === other ? "1.00" : (own / other).toFixed(2);
}

/** What had to be reached, and whether it was. */
export function formatTargets({ targets }) {
  return table(
    ["workload", "ratio", "must be", "is", ""],
    targets.map(({ title, subject, against, better, target, ratio, reached }) => [
      title,
      `${subject} / ${against}`,
      `${better === "higher" ? ">=" : "<="} ${target}`,
      ratio.toFixed(2),
      reached ? "reached" : "**missed**",
    ]),
  );
}

/** Where the time or memory goes, and how busy the load was. */
export function formatDetails(run) {
  const rows = run.workloads.flatMap(({ title, results }) =>
    Object.entries(results)
      .filter(([, { user, loadBusy }]) => user !== undefined && loadBusy !== undefined)
      .map(([peer, { user, system, wallUs, loadBusy }]) => [
        title,
        peer,
        ...[user, system, wallUs].map(({ median }) => (median < 0.01 ? median.toExponential(1) : median.toFixed(2))),
        `${Math.round(loadBusy.median * 100)} %`,
      ]),
  );
  const times = table(["workload", "peer", "user", "system", "wall", "load busy"], rows);
  const memory = run.workloads.find(({ measure }) => measure === "memory");
  if (memory === undefined) return times;
  const peers = Object.entries(memory.results).map(
    ([peer, { heap, external }]) => `${peer} ${Math.round(heap.median)} + ${Math.round(external.median)}`,
  );
  return `${times}\n\nOf the idle memory, V8 heap + external bytes a connection: ${peers.join(", ")}.`;
}
