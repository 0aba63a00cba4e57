import { l10n, type QuickPickItem } from 'vscode';
import { formatBytes, formatCount } from '../../core/format.js';
import { trialData } from '../../core/inspector/trialInput.js';
import { shortDtype } from '../../core/mlmodel/modelSummary.js';
import { readJson } from '../../core/signature/formDraft.js';
import type { DownloadSize } from '../../core/hub/downloadSize.js';
import { llmTaskPrefix, llmTasksOf, supportedTasks } from '../../core/transformers/tasks.js';
import type { SaveOptions } from '../flavorLibrary.js';
import type { HostServices } from '../hostServices.js';
import { saveSettings } from '../settings/settings.js';
import type { Source } from './chooseSource.js';
import type { Step, StepContext } from './multiStep.js';
import { withProgress } from './progress.js';

/** What every way to save a checkpoint asks. */
export interface SaveAnswers {
  task?: string;
  /** A text, or JSON; empty for none. */
  example?: string;
  /** `false`: a reference to the Hub instead of weights. */
  savePretrained?: boolean;
}

/** Which task the model is for: what its files say, first. */
export function taskStep<A extends SaveAnswers>(source: Source): Step<A> {
  return { ask: async (answers, context) => ({ ...answers, task: await askTask(source, context) }) };
}

async function askTask({ task, modelClass }: Source, context: StepContext): Promise<string> {
  const found = task === null ? [] : [task, ...llmTasksOf(task)];
  const others = supportedTasks().filter((name) => !found.includes(name));
  const items = [...found, ...others].map((label) => ({
    label,
    description:
      label === task
        ? l10n.t('found from {0}', modelClass ?? 'README.md')
        : label.startsWith(llmTaskPrefix)
          ? l10n.t('answers in the form of an LLM API')
          : '',
  }));
  const placeholder = task === null ? l10n.t('The files do not tell the task: what does it do?') : l10n.t('Task');
  return (await context.pick({ placeholder, items })).label;
}

/** Whether the weights of a repository are stored with the model. Folders are always stored. */
export function weightsStep<A extends SaveAnswers>({ download }: Source): Step<A> {
  return {
    isNeeded: () => download !== null,
    ask: async (answers, context) => {
      if (download === null) return answers;
      const items = [
        {
          label: `$(database) ${l10n.t('Store the weights')}`,
          description: downloadText(download),
          savePretrained: true,
        },
        {
          label: `$(references) ${l10n.t('Only refer to the Hub')}`,
          description: l10n.t('commit {0}; the weights can be persisted later', download.commit.slice(0, 12)),
          savePretrained: false,
        },
      ];
      const { savePretrained } = await context.pick({ placeholder: l10n.t('Where are the weights kept?'), items });
      return { ...answers, savePretrained };
    },
  };
}

/** `269 MB in 1 weight file, 134.5 M parameters, BF16; all of it is in the local cache`. */
export function downloadText({ sizeBytes, remainingBytes, shardCount, parameterCount, dtype }: DownloadSize): string {
  const parts = [
    shardCount === 1
      ? l10n.t('{0} in 1 weight file', formatBytes(sizeBytes))
      : l10n.t('{0} in {1} weight files', formatBytes(sizeBytes), shardCount),
  ];
  if (parameterCount > 0) parts.push(l10n.t('{0} parameters', formatCount(parameterCount)));
  if (dtype !== null) parts.push(shortDtype(dtype));
  const rest =
    remainingBytes === 0
      ? l10n.t('all of it is in the local cache')
      : l10n.t('{0} to download', formatBytes(remainingBytes));
  return `${parts.join(', ')}; ${rest}`;
}

/** An input example, which may be left out. */
export function exampleStep<A extends SaveAnswers>(): Step<A> {
  return {
    ask: async (answers, context) => ({
      ...answers,
      example: await context.ask({
        prompt: l10n.t('Input example, a text or JSON, stored with the model. Enter goes on without one.'),
        value: answers.example ?? '',
        validate: exampleProblem,
      }),
    }),
  };
}

function exampleProblem(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const read = readJson(text);
  return read.ok || read.problem.kind !== 'notJson' ? undefined : l10n.t('This is not JSON: {0}', read.problem.message);
}

/** The options of a save that the answers come to. */
export function saveOptions({ task, example = '', savePretrained }: SaveAnswers): SaveOptions {
  return {
    ...saveSettings(),
    task,
    ...(example.trim() === '' ? {} : { inputExample: trialData(example) }),
    ...(savePretrained === undefined ? {} : { savePretrained }),
  };
}

/** The last step: to go on, or to look at the MLmodel file first. */
export function confirmStep<A extends SaveAnswers>(
  services: HostServices,
  source: Source,
  labelOf: (answers: A) => string,
): Step<A> {
  return {
    async ask(answers, context) {
      const facts = [source.modelClass, answers.savePretrained === false ? null : formatBytes(source.sizeBytes)];
      const start: QuickPickItem & { isPreview: boolean } = {
        label: `$(check) ${labelOf(answers)}`,
        detail: facts.filter((fact) => fact !== null).join(' · '),
        isPreview: false,
      };
      const preview = { label: `$(preview) ${l10n.t('Preview MLmodel')}`, isPreview: true };
      for (;;) {
        const chosen = await context.pick({ placeholder: source.nameOrPath, items: [start, preview] });
        if (!chosen.isPreview) return answers;
        await previewMlmodel(services, source, saveOptions(answers));
      }
    },
  };
}

/** Shows the MLmodel file that a save would write; no weights are copied and nothing is written beside the checkpoint. */
async function previewMlmodel(services: HostServices, source: Source, options: SaveOptions): Promise<void> {
  const { transformers } = await services.library();
  const { mlmodel } = await withProgress(l10n.t('Preparing the preview'), (progress) =>
    transformers.previewSave(source.nameOrPath, { ...options, ...progress }),
  );
  await services.texts.show('MLmodel (preview).yaml', mlmodel, { preserveFocus: true });
}
