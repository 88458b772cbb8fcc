// A way to the gateway whose connections can be cut, as a bad network cuts them.
import net from 'node:net';

export async function startProxy(target) {
  const pairs = new Set();
  let refusing = false;
  const server = net.createServer((near) => {
    if (refusing) return near.resetAndDestroy();
    const far = net.connect(Number(target.port), target.hostname);
    const pair = [near, far];
    pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
      from.pipe(to);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Cuts all connections at once, in the middle of whatever they carry. How many there were.
  function cut() {
    const count = pairs.size;
    for (const pair of pairs) for (const end of pair) end.resetAndDestroy();
    return count;
  }
  return {
    // The address of something of the gateway, through here.
    through(url) {
      const changed = new URL(url);
      changed.host = `127.0.0.1:${server.address().port}`;
      return changed.href;
    },
    cut,
    // Whether nobody gets through from now on; who is connected is cut.
    refuse(yes) {
      refusing = yes;
      if (yes) cut();
    },
  };
}
