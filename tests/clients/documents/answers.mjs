// Whether what a page shows is what was answered.
//
// A page shows a moment: another run has other times and tokens. So any time stands for every time, and `…` for whatever
// is left out: within a text, at the end of a list, as a key of an object.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

// Where the two differ, and how; nothing where they do not.
export function difference(shown, real, path = '') {
  const differs = () => `${path || 'the answer'}: shown ${JSON.stringify(shown)}, answered ${JSON.stringify(real)}`;
  if (typeof shown === 'string') return typeof real === 'string' && isText(shown, real) ? null : differs();
  if (shown === null || typeof shown !== 'object') return shown === real ? null : differs();
  if (real === null || typeof real !== 'object' || Array.isArray(shown) !== Array.isArray(real)) return differs();
  const isPart = Array.isArray(shown) ? shown.at(-1) === '…' : '…' in shown;
  const keys = Object.keys(shown).filter((key) => key !== '…' && !(isPart && shown[key] === '…'));
  if (isPart ? keys.some((key) => !(key in real)) : String(keys.sort()) !== String(Object.keys(real).sort())) return differs();
  for (const key of keys) {
    const found = difference(shown[key], real[key], path ? `${path}.${key}` : key);
    if (found) return found;
  }
  return null;
}

function isText(shown, real) {
  if (TIME.test(shown)) return TIME.test(real);
  const parts = shown.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`).test(real);
}

// Every object in what commands printed, line by line; an event of a stream has its object behind `data:`. A stream in the
// background speaks when it likes, also before the command in front of it has ended its line.
export function objectsIn(output) {
  const texts = output.split(/\n|(?<=\})(?=event:|retry:|id:|:)/).map((line) => line.replace(/^data: ?/, ''));
  return texts.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text));
}
