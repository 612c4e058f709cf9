// The server drew an SVG map; where WebGL 2 works, MapLibre takes its place. All data comes from this server, all text is drawn
// from the page's fonts.
import { token, css } from './shell.mjs';

/**
 * @typedef {{code: string, class: number, text: string, rows?: [string, string][], href?: string}} Area
 * @typedef {{at: [number, number], kind: string, text: string, href?: string}} Point
 * @typedef {{areas: Area[], points: Point[], plants: boolean, zh: boolean, shapes?: {ring: [number, number][], kind: string, text: string}[], view?: number[], draw?: string}} Data
 */
const views = { city: [[116.66, 38.52], [118.1, 40.27]], core: [[117.05, 39.02], [117.36, 39.24]], binhai: [[117.2, 38.55], [118.1, 39.35]] };
const still = matchMedia('(prefers-reduced-motion: reduce)');
const webgl = () => { try { return !!document.createElement('canvas').getContext('webgl2'); } catch { return false; } };
const fc = (features) => ({ type: 'FeatureCollection', features });
const point = (coordinates, properties) => ({ type: 'Feature', properties, geometry: { type: 'Point', coordinates } });

// The land layer ends at 114.8 E and between 37.4 and 41.2 N; beyond these sides is land, which wide maps show.
const rim = fc([[90, 30, 114.81, 50], [90, 41.19, 130, 50], [90, 30, 122.5, 37.41]].map(([w, s, e, n]) => ({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] } })));

/** A colour by class, sand for the lowest, ground for "no data". @param {string} p "r" for areas, "o" for the words on them */
const ramp = (p) => ['match', ['get', 'class'], 0, token(p + 0), 1, token(p + 1), 2, token(p + 2), 3, token(p + 3), 4, token(p + 4), token(p === 'r' ? 'line' : 'ink2')];

/** @param {Data} d @param {any} base the layers that never change */
function style(d, base) {
  const font = ['Haihe SC'];
  const full = ['format', ['get', 'name_'], { 'font-scale': 1 }, '\n', {}, ['get', 'text'], { 'font-scale': .88 }];
  const label = (id, more, layout) => ({ id, type: 'symbol', source: 'labels', ...more, layout: { 'text-font': font, 'text-line-height': 1.25, 'text-variable-anchor': ['center', 'bottom', 'top', 'left', 'right'], 'text-radial-offset': .55, 'text-padding': 1, 'symbol-sort-key': ['-', 0, ['get', 'km2']], ...layout }, paint: { 'text-color': ramp('o'), 'text-halo-color': ramp('r'), 'text-halo-width': 1 } });
  const geo = (data, more) => ({ type: 'geojson', data, ...more });
  return {
    version: 8,
    sources: {
      land: geo(base.url + 'land.geojson'), rim: geo(rim), water: geo(base.url + 'water.geojson'), plants: geo(base.url + 'power-plants.geojson'), towns: geo(base.towns),
      districts: geo(base.districts, { promoteId: 'adcode' }), labels: geo(fc(base.districts.features.map((f) => point(f.properties.label, f.properties)))),
      shapes: geo(fc((d.shapes ?? []).map((s) => ({ type: 'Feature', properties: { kind: s.kind, text: s.text }, geometry: { type: 'Polygon', coordinates: [s.ring] } })))), sketch: geo(fc([])),
      points: geo(fc(d.points.map((p, i) => point(p.at, { i, kind: p.kind })))),
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': token('sea') } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': token('land') } },
      { id: 'rim', type: 'fill', source: 'rim', paint: { 'fill-color': token('land') } },
      { id: 'd-fill', type: 'fill', source: 'districts', paint: { 'fill-color': ramp('r'), 'fill-opacity': ['case', ['boolean', ['feature-state', 'hover'], false], 1, .92] } },
      { id: 'lake', type: 'fill', source: 'water', filter: ['==', ['get', 'kind'], 'lake'], paint: { 'fill-color': token('sea'), 'fill-opacity': .7 } },
      { id: 'd-line', type: 'line', source: 'districts', paint: { 'line-color': token('surface'), 'line-width': ['interpolate', ['linear'], ['zoom'], 7, .8, 11, 2] } },
      { id: 'river', type: 'line', source: 'water', filter: ['==', ['get', 'kind'], 'river'], paint: { 'line-color': token('river-line'), 'line-width': ['interpolate', ['linear'], ['zoom'], 7, 1, 11, 4], 'line-opacity': .9 } },
      { id: 'd-hover', type: 'line', source: 'districts', paint: { 'line-color': token('ink'), 'line-width': ['case', ['boolean', ['feature-state', 'hover'], false], 1.8, 0] } },
      { id: 'plant', type: 'circle', source: 'plants', filter: ['!=', ['get', 'status'], 'Shutdown'], layout: { visibility: d.plants ? 'visible' : 'none' }, paint: { 'circle-radius': ['interpolate', ['linear'], ['sqrt', ['get', 'mw']], 5, 2.5, 55, 7], 'circle-color': token('surface'), 'circle-stroke-color': token('ink'), 'circle-stroke-width': 1.4 } },
      { id: 'town', type: 'symbol', source: 'towns', minzoom: 9.4, layout: { 'text-field': ['get', 'name_en'], 'text-font': font, 'text-size': 10.5, 'text-padding': 6 }, paint: { 'text-color': token('ink2'), 'text-halo-color': token('surface'), 'text-halo-width': 1, 'text-opacity': .8 } },
      label('d-name', { filter: ['>=', ['get', 'km2'], 100] }, { 'text-field': ['step', ['zoom'], ['case', ['>=', ['get', 'km2'], 900], full, ['get', 'name_']], 9.2, full], 'text-size': ['interpolate', ['linear'], ['zoom'], 7, 10.5, 8.5, 11.5, 11, 15], 'text-max-width': d.zh ? 10 : 7 }),
      label('d-core', { minzoom: 9.2, filter: ['<', ['get', 'km2'], 100] }, { 'text-field': full, 'text-size': ['interpolate', ['linear'], ['zoom'], 9, 10, 12, 15] }),
      { id: 'p-name', type: 'symbol', source: 'plants', minzoom: 8.6, filter: ['>=', ['get', 'mw'], 600], layout: { visibility: d.plants ? 'visible' : 'none', 'text-field': ['get', d.zh ? 'name' : 'name_en'], 'text-font': font, 'text-size': 11, 'text-anchor': 'left', 'text-offset': [.8, 0] }, paint: { 'text-color': token('ink'), 'text-halo-color': token('surface'), 'text-halo-width': 1.4 } },
      { id: 's-fill', type: 'fill', source: 'shapes', filter: ['!=', ['get', 'kind'], 'cordon'], paint: { 'fill-color': ['match', ['get', 'kind'], 'grave', token('behind-f'), 'harm', token('risk-f'), token('river')], 'fill-opacity': .28 } },
      { id: 's-line', type: 'line', source: 'shapes', paint: { 'line-color': ['match', ['get', 'kind'], 'grave', token('behind-f'), 'harm', token('risk-f'), 'own', token('river'), token('ink')], 'line-width': 2, 'line-dasharray': [3, 1] } },
      { id: 'sketch', type: 'line', source: 'sketch', paint: { 'line-color': token('ink'), 'line-width': 2 } },
      { id: 'dot', type: 'circle', source: 'points', filter: ['!', ['in', ['get', 'kind'], ['literal', ['alarm1', 'alarm2', 'alarm3']]]], paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 7, 3, 12, 6], 'circle-color': token('river'), 'circle-stroke-color': token('surface'), 'circle-stroke-width': 1.4 } },
      { id: 'alarm', type: 'symbol', source: 'points', filter: ['in', ['get', 'kind'], ['literal', ['alarm1', 'alarm2', 'alarm3']]], layout: { 'icon-image': ['get', 'kind'], 'icon-allow-overlap': true } },
    ],
  };
}

/** @param {string} fill */
function diamond(fill) {
  const x = Object.assign(document.createElement('canvas'), { width: 36, height: 36 }).getContext('2d');
  x.translate(18, 18); x.rotate(Math.PI / 4); x.fillStyle = fill; x.strokeStyle = token('surface'); x.lineWidth = 4; x.fillRect(-10, -10, 20, 20); x.strokeRect(-10, -10, 20, 20);
  return x.getImageData(0, 0, 36, 36);
}

/** Says what lies under the pointer. @param {HTMLElement} box @param {any} map @param {() => Data} read */
function tips(box, map, read) {
  const tip = Object.assign(document.createElement('div'), { className: 'map-tip', hidden: true });
  box.append(tip);
  let hover = null;
  const set = (id) => {
    if (hover === id) return;
    if (hover !== null) map.setFeatureState({ source: 'districts', id: hover }, { hover: false });
    hover = id;
    if (id !== null) map.setFeatureState({ source: 'districts', id }, { hover: true });
  };
  const row = ([k, v]) => { const s = document.createElement('span'), em = document.createElement('em'); s.textContent = k; em.textContent = v; s.append(em); return s; };
  const show = (e, head, rows) => {
    const b = document.createElement('b');
    b.textContent = head;
    tip.hidden = false;
    tip.style.left = Math.min(e.point.x, box.clientWidth - 170) + 'px';
    tip.style.top = e.point.y + 'px';
    tip.replaceChildren(b, ...rows.map(row));
  };
  const area = (e) => read().areas.find((a) => a.code === String(e.features[0].properties.adcode));
  const mark = (e) => read().points[e.features[0].properties.i];
  const hand = (on) => { map.getCanvas().style.cursor = on ? 'pointer' : ''; };
  map.on('mousemove', 'd-fill', (e) => { const p = e.features[0].properties, a = area(e); set(p.adcode); hand(!!a?.href); show(e, `${p.name_} ${a?.text ?? ''}`, a?.rows ?? []); });
  map.on('mouseleave', 'd-fill', () => { set(null); hand(false); tip.hidden = true; });
  map.on('click', 'd-fill', (e) => { if (!map.queryRenderedFeatures(e.point, { layers: ['dot', 'alarm'] }).length && area(e)?.href) location.href = area(e).href; });
  for (const l of ['dot', 'alarm']) {
    map.on('mousemove', l, (e) => { const p = mark(e); hand(!!p.href); if (p.text) show(e, p.text, []); });
    map.on('mouseleave', l, () => { tip.hidden = true; });
    map.on('click', l, (e) => { if (mark(e).href) location.href = mark(e).href; });
  }
}

/** A click adds a corner to the field that the page names; what the field holds is drawn. @param {any} map @param {string} id */
function sketch(map, id) {
  const field = /** @type {HTMLTextAreaElement} */ (document.getElementById(id));
  if (!field) return;
  const show = () => {
    const at = field.value.split('\n').map((l) => l.split(',').map(Number)).filter((c) => c.length === 2 && c.every(Number.isFinite));
    map.getSource('sketch')?.setData(fc(at.length > 1 ? [{ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: at.length > 2 ? [...at, at[0]] : at } }] : []));
  };
  map.on('click', (e) => { field.value = (field.value.trim() + `\n${e.lngLat.lng.toFixed(5)},${e.lngLat.lat.toFixed(5)}`).trim() + '\n'; show(); });
  map.on('style.load', show);
  field.addEventListener('input', show);
}

/** Takes a map over. @param {HTMLElement} box */
async function start(box) {
  const [credit, zoomIn, zoomOut, title] = JSON.parse(box.dataset.words);
  const url = new URL(box.dataset.geo + '/', document.baseURI).href;
  const get = (n) => fetch(url + n + '.geojson').then((r) => r.json());
  const [gl, districts, towns] = await Promise.all([import('../vendor/maplibre-gl.mjs'), get('districts'), get('towns'), document.fonts.load('12px "Haihe SC"', '天津')]);
  /** @returns {Data} */
  const read = () => JSON.parse(box.dataset.map);
  const fill = () => {
    const d = read(), by = new Map(d.areas.map((a) => [a.code, a]));
    for (const f of districts.features) {
      const p = f.properties, a = by.get(String(p.adcode));
      Object.assign(p, { name_: d.zh ? p.name : p.name_en, class: a?.class ?? -1, text: a?.text ?? '' });
    }
    return style(d, { url, districts, towns });
  };
  const map = new gl.Map({
    container: box, style: fill(), bounds: read().view ? [read().view.slice(0, 2), read().view.slice(2)] : views.city, fitBoundsOptions: { padding: 10 }, minZoom: 6.4, maxZoom: read().view ? 17 : 14, maxBounds: [[108, 35], [119.8, 43]], dragRotate: false, pitchWithRotate: false, attributionControl: false,
    localIdeographFontFamily: '"Haihe SC", "Noto Sans CJK SC", sans-serif', fadeDuration: 0, cooperativeGestures: false, scrollZoom: false,
    locale: { 'NavigationControl.ZoomIn': zoomIn, 'NavigationControl.ZoomOut': zoomOut, 'Map.Title': title },
  });
  const icons = () => { for (const [n, t] of [['alarm1', 'behind-f'], ['alarm2', 'risk-f'], ['alarm3', 'none']]) { if (map.hasImage(n)) map.removeImage(n); map.addImage(n, diamond(token(t)), { pixelRatio: 2 }); } };
  map.on('style.load', icons);
  if (matchMedia('(pointer: coarse)').matches) map.dragPan.disable(); // one finger scrolls the page, two move the map
  map.addControl(new gl.AttributionControl({ compact: false, customAttribution: credit }), 'bottom-right');
  map.addControl(new gl.NavigationControl({ showCompass: false }), 'top-right');
  map.once('idle', () => { box.dataset.on = ''; });
  map.on('error', (e) => console.error('map', e.error?.message));
  tips(box, map, read);
  if (read().draw) sketch(map, read().draw);
  const seg = box.closest('.mapp')?.querySelector('[data-extent]');
  if (seg) {
    seg.hidden = false;
    seg.addEventListener('click', (e) => {
      const b = e.target.closest('button');
      if (!b) return;
      for (const x of seg.querySelectorAll('button')) x.setAttribute('aria-pressed', String(x === b));
      map.fitBounds(views[b.dataset.e], { padding: 14, duration: still.matches ? 0 : 600 });
    });
  }
  const restyle = () => map.setStyle(fill());
  document.addEventListener('themechange', restyle);
  new MutationObserver(restyle).observe(box, { attributes: true, attributeFilter: ['data-map'] });
}

if (webgl()) {
  css('maplibre-gl.css');
  for (const box of document.querySelectorAll('[data-map]')) start(box);
}
