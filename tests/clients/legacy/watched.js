// An answer that knows which of its keys are read. A key that is missing is named, where the old apps would show a blank
// or crash on `undefined`.

// `onRead` hears the place of each key, `shops[].shop_name`, and its value.
export function watched(value, onRead, place = '') {
  if (value === null || typeof value !== 'object') return value;
  return new Proxy(value, {
    get(target, key) {
      // Asked for by `await`, JSON and lists themselves, not by a screen.
      if (typeof key === 'symbol' || ['then', 'toJSON', 'length', 'constructor'].includes(key)) return target[key];
      const inside = Array.isArray(target) ? `${place}[${key}]` : [place, key].filter(Boolean).join('.');
      if (!(key in target)) throw new TypeError(`${inside} is missing`);
      if (!Object.hasOwn(target, key)) return target[key];
      onRead(inside.replace(/\[\d+\]/g, '[]'), target[key]);
      return watched(target[key], onRead, inside);
    },
  });
}
