// The few figures that a row is made of.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and spread of samples. */
export const summarize = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) });
