import type { ModelReference } from '../tree/modelReference.js';

export type SnippetLanguage = 'python' | 'typescript' | 'commandLine';

/** Lines that load a model and ask it once, ready to be pasted. */
export function loadSnippet(language: SnippetLanguage, model: ModelReference): string {
  const input = exampleInput(model.summary?.task ?? null);
  switch (language) {
    case 'python':
      return lines(
        'import mlflow',
        '',
        model.storeUri === undefined ? undefined : `mlflow.set_tracking_uri(${JSON.stringify(model.storeUri)})`,
        `model = mlflow.pyfunc.load_model(${JSON.stringify(model.uri)})`,
        `print(model.predict(${input}))`,
      );
    case 'typescript':
      return lines(
        "import mlflow from 'mlflow-transformers';",
        '',
        model.storeUri === undefined ? undefined : `mlflow.setTrackingUri(${JSON.stringify(model.storeUri)});`,
        `const model = await mlflow.pyfunc.loadModel(${JSON.stringify(model.uri)});`,
        `console.log(await model.predict(${input}));`,
        'await model.unload();',
      );
    case 'commandLine': {
      const store = model.storeUri === undefined ? '' : `MLFLOW_TRACKING_URI=${quote(model.storeUri)} `;
      return `${store}npx mlflow-transformers predict ${quote(model.uri)} ${quote(input)}\n`;
    }
  }
}

/** An input of the shape the task takes; the same text is valid Python, JavaScript and JSON. */
function exampleInput(task: string | null): string {
  switch (task) {
    case 'question-answering':
      return '{"question": "Who wrote it?", "context": "Ada Lovelace wrote it."}';
    case 'zero-shot-classification':
      return '{"sequences": "I love this film", "candidate_labels": ["praise", "complaint"], "hypothesis_template": "This is {}."}';
    case 'fill-mask':
      return '"The capital of France is [MASK]."';
    case 'text-classification':
      return '"I love it"';
    default:
      return '"Hello"';
  }
}

function lines(...texts: (string | undefined)[]): string {
  return `${texts.filter((text) => text !== undefined).join('\n')}\n`;
}

/** Quoted for a POSIX shell, where it needs to be. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
