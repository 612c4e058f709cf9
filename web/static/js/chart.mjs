// Charts that move or have many points: the server drew an SVG; uPlot takes its place and says the value under the cursor.
import { token, css } from './shell.mjs';

css('uPlot.min.css');
const { default: uPlot } = await import('../vendor/uPlot.esm.js');
const zone = 'Asia/Shanghai', lang = document.documentElement.lang;
const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(lang, { timeZone: zone, month: 'numeric', day: 'numeric' });
const month = new Intl.DateTimeFormat(lang, { timeZone: zone, year: 'numeric', month: 'short' });
const num = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/**
 * @typedef {{from: number, step: number, unit: string, lines: {name: string, style: string, points: (number|null)[]}[], marks?: {at: number, text: string}[]}} Data
 */

/** @param {Data} d the rows that uPlot wants: times, then each line */
const rows = (d) => {
  const n = Math.max(0, ...d.lines.map((l) => l.points.length));
  return [Array.from({ length: n }, (_, i) => d.from + i * d.step), ...d.lines.map((l) => Array.from({ length: n }, (_, i) => l.points[i] ?? null))];
};

/** @param {string} style */
const series = (style) => style === 'past' ? { stroke: token('line2'), width: 1.4 }
  : style === 'forecast' ? { stroke: token('river'), width: 1.4, dash: [2, 4] }
    : { stroke: token('river'), width: 2, fill: token('river') + '14' };

/** @param {number[]} ts */
function stamps(_, ts) {
  const span = ts.length > 1 ? ts[ts.length - 1] - ts[0] : 0;
  const f = span > 400 * 86400 ? month : span > 2 * 86400 ? day : clock;
  // Ticks closer than a day: the date stands at midnight only, the hour at the others.
  const close = f === day && ts[1] - ts[0] < 86400;
  return ts.map((t) => (close && clock.format(t * 1000) !== '00:00' ? clock : f).format(t * 1000));
}

/** Takes a chart over. @param {HTMLElement} box */
function start(box) {
  let u, shape = '';
  const tip = Object.assign(document.createElement('div'), { className: 'chart-tip', hidden: true });
  /** @returns {Data} */
  const read = () => JSON.parse(box.dataset.chart);
  const point = (p) => {
    const i = p.cursor.idx, d = read();
    tip.hidden = i == null || p.cursor.left < 0;
    if (tip.hidden) return;
    const head = document.createElement('b');
    head.textContent = (d.step >= 86400 ? '' : clock.format(p.data[0][i] * 1000) + ' ') + (d.lines[0]?.points.length * d.step > 90000 ? day.format(p.data[0][i] * 1000) : '');
    tip.replaceChildren(head, ...d.lines.flatMap((l, k) => {
      const v = p.data[k + 1][i];
      if (v == null) return [];
      return [Object.assign(document.createElement('div'), { textContent: `${l.name} ${num.format(v)} ${d.unit}` })];
    }));
    const right = p.cursor.left > p.over.clientWidth / 2;
    tip.style.left = right ? '' : p.over.offsetLeft + p.cursor.left + 12 + 'px';
    tip.style.right = right ? box.clientWidth - p.over.offsetLeft - p.cursor.left + 12 + 'px' : '';
    tip.style.top = '6px';
  };
  const draw = () => {
    const d = read();
    u?.destroy();
    u = undefined;
    if (!rows(d).slice(1).flat().some((v) => v != null)) { delete box.dataset.on; return; } // the page says so in words
    shape = d.lines.map((l) => l.style).join();
    const ax = { stroke: token('ink3'), grid: { stroke: token('line'), width: 1 }, ticks: { show: false }, font: '11px "Haihe Latin", "Haihe SC", sans-serif' };
    u = new uPlot({
      width: box.clientWidth, height: box.clientHeight, padding: [8, 6, 0, 0], legend: { show: false },
      cursor: { points: { size: 7 }, y: false, drag: { x: false, y: false } }, scales: { x: { time: true } }, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), zone),
      axes: [{ ...ax, grid: { show: false }, space: 60, size: 24, values: stamps }, { ...ax, size: 46, space: 34, values: (_, v) => v.map((n) => n.toLocaleString('en')) }],
      series: [{}, ...d.lines.map((l) => ({ ...series(l.style), points: { show: l.points.filter((v) => v != null).length === 1 } }))], // a line needs two
      hooks: { setCursor: [point] },
    }, rows(d), box);
    box.append(tip);
    box.dataset.on = '';
  };
  draw();
  new ResizeObserver(() => u?.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
  new MutationObserver(() => { const d = read(); if (u && d.lines.map((l) => l.style).join() === shape) u.setData(rows(d)); else draw(); }).observe(box, { attributes: true, attributeFilter: ['data-chart'] });
  document.addEventListener('themechange', draw);
}

for (const box of document.querySelectorAll('[data-chart]')) start(box);
