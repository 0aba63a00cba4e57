#!/usr/bin/env node
/** `mlflow-transformers`: the library on the command line. JSON on stdout, progress on stderr. */
import { parseArgs } from 'node:util';
import mlflow, { MlflowError } from './node.js';
import { inspectModel } from './library/inspect.js';

const usage = `Usage: mlflow-transformers <command>

  predict <model uri> [--input TEXT | --json JSON] [--params JSON] [--stream] [--device D] [--precision P]
  inspect <model uri>
  search-runs [--experiment NAME] [--filter FILTER] [--order-by CLAUSE] [--max N]

  --tracking-uri URI    the store; default: MLFLOW_TRACKING_URI, or what lies in the working directory
  Without --input and --json, predict reads JSON (or text) from standard input.
  Exit codes: 0 done, 1 failed, 2 wrong arguments.
`;

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      'tracking-uri': { type: 'string' },
      input: { type: 'string' },
      json: { type: 'string' },
      params: { type: 'string' },
      stream: { type: 'boolean' },
      device: { type: 'string' },
      precision: { type: 'string' },
      experiment: { type: 'string' },
      filter: { type: 'string' },
      'order-by': { type: 'string', multiple: true },
      max: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [command, modelUri] = positionals;
  if (values.help || command === undefined) {
    (values.help ? process.stdout : process.stderr).write(usage);
    return values.help ? 0 : 2;
  }
  if (values['tracking-uri'] !== undefined) mlflow.setTrackingUri(values['tracking-uri']);
  switch (command) {
    case 'predict':
      return predict(requireUri(modelUri), values);
    case 'inspect':
      print(await inspectModel(await mlflow.artifacts.downloadArtifacts({ artifactUri: requireUri(modelUri) })));
      return 0;
    case 'search-runs':
      print(
        await mlflow.searchRuns({
          experimentNames: values.experiment === undefined ? undefined : [values.experiment],
          searchAllExperiments: values.experiment === undefined,
          filterString: values.filter,
          orderBy: values['order-by'],
          maxResults: values.max === undefined ? undefined : wholeNumber(values.max),
        }),
      );
      return 0;
    default:
      throw new UsageError(`There is no command '${command}'.`);
  }
}

interface PredictArguments {
  input?: string | undefined;
  json?: string | undefined;
  params?: string | undefined;
  stream?: boolean | undefined;
  device?: string | undefined;
  precision?: string | undefined;
}

async function predict(modelUri: string, values: PredictArguments): Promise<number> {
  const data = values.input ?? parseJson(values.json ?? (await readStandardInput()), values.json !== undefined);
  const params = values.params === undefined ? undefined : (parseJson(values.params, true) as Record<string, never>);
  const model = await mlflow.pyfunc.loadModel(modelUri, {
    device: values.device as 'auto' | undefined,
    precision: values.precision as 'auto' | undefined,
    onEvent: (event) => {
      if (event.type === 'load.progress') process.stderr.write(`${event.message}\n`);
    },
  });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    if (values.stream) {
      for await (const event of model.predictStream(data, { params, signal: stop.signal })) {
        if (event.type === 'token') process.stderr.write(event.text);
        else if (event.type === 'end') {
          process.stderr.write('\n');
          print(event.prediction.predictions);
        }
      }
    } else print(await model.predict(data, { params, signal: stop.signal }));
  } finally {
    await model.unload();
  }
  return 0;
}

class UsageError extends Error {}

function requireUri(modelUri: string | undefined): string {
  if (modelUri === undefined) throw new UsageError('Name a model: a folder, or a URI such as models:/name@alias.');
  return modelUri;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--max takes a whole number, not '${text}'.`);
  return Number(text);
}

/** JSON, or (from standard input) plain text where it is none. */
function parseJson(text: string, isStrict: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (isStrict) throw new UsageError(`This is not JSON: ${text.slice(0, 200)}`);
    return text.replace(/\n$/, '');
  }
}

async function readStandardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `${MlflowError.is(error) ? `${error.errorCode}: ` : ''}${message}\n${isUsage ? `\n${usage}` : ''}`,
    );
    process.exitCode = isUsage ? 2 : 1;
  },
);
