// node activate.cjs BUNDLE: loads the extension over a stand-in for `vscode` and prints the milliseconds until it is active.
const Module = require('node:module');

/** Any value of the API: callable, constructible, and every property of it again such a value. */
function anything() {
  const value = new Proxy(function () {}, {
    get: (target, key) => {
      if (key === Symbol.toPrimitive) return () => '';
      if (key === 'then') return undefined;
      if (key === Symbol.iterator) return [][Symbol.iterator].bind([]);
      return (target[key] ??= anything());
    },
    apply: () => anything(),
    construct: () => anything(),
  });
  return value;
}

const vscode = anything();
const load = Module._load;
Module._load = (request, ...rest) => (request === 'vscode' ? vscode : load(request, ...rest));

const started = performance.now();
const extension = require(process.argv[2]);
const context = {
  subscriptions: [],
  extensionPath: __dirname,
  extensionUri: vscode.Uri,
  globalStorageUri: vscode.Uri,
  workspaceState: vscode.Memento,
  globalState: vscode.Memento,
  secrets: vscode.Secrets,
  asAbsolutePath: (file) => file,
  extension: { packageJSON: {} },
};
Promise.resolve(extension.activate(context)).then(
  () => {
    console.log(performance.now() - started);
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
