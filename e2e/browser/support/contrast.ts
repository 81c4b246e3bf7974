// contrastFaults(): the visible texts of a page whose colour is too close to what is behind it. WCAG 2.2, 1.4.3: 4.5 to 1.
import type { Page } from "@playwright/test";

export function contrastFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Color = [number, number, number, number];
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (!canvas) throw new Error("no canvas");
    const parse = (css: string): Color => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = css;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top: Color, below: Color): Color => {
      const [r, g, b] = [0, 1, 2].map((i) => (top[i] ?? 0) * top[3] + (below[i] ?? 0) * (1 - top[3]));
      return [r ?? 0, g ?? 0, b ?? 0, 1];
    };
    const ground = (element: Element): Color => {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color[3] === 1) return color;
      const parent = element.parentElement;
      return over(color, parent ? ground(parent) : [255, 255, 255, 1]);
    };
    const luminance = (color: Color): number => {
      const [r = 0, g = 0, b = 0] = color.slice(0, 3).map((channel) => {
        const part = channel / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faults: string[] = [];
    const check = (element: Element, css: string, text: string): void => {
      const behind = ground(element);
      const [a, b] = [luminance(over(parse(css), behind)), luminance(behind)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}: ${text.trim()}`);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const element = node.parentElement;
      if (!element || !node.textContent?.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
      check(element, getComputedStyle(element).color, node.textContent);
    }
    for (const field of document.querySelectorAll<HTMLInputElement>("[placeholder]"))
      if (field.checkVisibility()) check(field, getComputedStyle(field, "::placeholder").color, field.placeholder);
    return faults;
  });
}
