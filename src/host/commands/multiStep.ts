import { QuickInputButtons, window, type Disposable, type QuickInput, type QuickPickItem } from 'vscode';
import { MlflowError } from '../../core/errors.js';

/** What a step was left with: a value, or the wish to go back. */
const back = Symbol('back');

/** Asks one question of several. */
export interface StepContext {
  pick<T extends QuickPickItem>(options: PickStep<T>): Promise<T>;
  ask(options: AskStep): Promise<string>;
}

export interface PickStep<T extends QuickPickItem> {
  placeholder: string;
  /** A list that is still being read is shown as busy. */
  items: readonly T[] | Promise<readonly T[]>;
}

export interface AskStep {
  prompt: string;
  value?: string;
  placeholder?: string;
  /** Why a text cannot be taken; `undefined` when it can. */
  validate?: (text: string) => string | undefined | Promise<string | undefined>;
}

/** One question of several. */
export interface Step<Answers> {
  /** Asks the question and returns the answers with its own added. */
  ask(answers: Answers, context: StepContext): Promise<Answers>;
  /** Whether the question has to be asked after these answers; always unless told. */
  isNeeded?(answers: Answers): boolean;
}

/**
 * Questions one after another, with their number and a button that leads back to the one before.
 * @throws MlflowError CANCELLED when one of them is left without an answer
 */
export async function multiStep<Answers>(
  title: string,
  initial: Answers,
  steps: readonly Step<Answers>[],
): Promise<Answers> {
  /** Each question that was asked, with the answers before it. */
  const asked: { index: number; answers: Answers }[] = [];
  let answers = initial;
  let index = 0;
  for (let step = steps[index]; step !== undefined; step = steps[index]) {
    if (step.isNeeded?.(answers) === false) {
      index += 1;
      continue;
    }
    try {
      const left = steps.slice(index).filter(({ isNeeded }) => isNeeded?.(answers) !== false).length;
      const next = await step.ask(answers, contextOf(title, asked.length + 1, asked.length + left));
      asked.push({ index, answers });
      answers = next;
      index += 1;
    } catch (error) {
      const previous = asked.pop();
      if (error !== back || previous === undefined) throw error;
      ({ index, answers } = previous);
    }
  }
  return answers;
}

function contextOf(title: string, step: number, totalSteps: number): StepContext {
  const prepare = (input: QuickInput & { buttons: readonly unknown[] }): void => {
    input.title = title;
    input.step = step;
    input.totalSteps = totalSteps;
    input.ignoreFocusOut = true;
    if (step > 1) input.buttons = [QuickInputButtons.Back];
  };
  return {
    pick: <T extends QuickPickItem>(options: PickStep<T>) =>
      new Promise<T>((resolve, reject) => {
        const input = window.createQuickPick<T>();
        prepare(input);
        input.placeholder = options.placeholder;
        input.matchOnDescription = true;
        input.matchOnDetail = true;
        const settle = settler(input, reject);
        input.onDidTriggerButton(() => settle(() => reject(back)));
        input.onDidAccept(() => {
          const [item] = input.selectedItems;
          if (item !== undefined) settle(() => resolve(item));
        });
        input.busy = true;
        void Promise.resolve(options.items).then(
          (items) => {
            input.items = items;
            input.busy = false;
          },
          (error: unknown) => settle(() => reject(error)),
        );
        input.show();
      }),
    ask: (options: AskStep) =>
      new Promise<string>((resolve, reject) => {
        const input = window.createInputBox();
        prepare(input);
        input.prompt = options.prompt;
        input.value = options.value ?? '';
        input.placeholder = options.placeholder ?? '';
        const settle = settler(input, reject);
        input.onDidTriggerButton(() => settle(() => reject(back)));
        const check = async (): Promise<boolean> => {
          const text = input.value;
          const problem = await options.validate?.(text);
          if (text === input.value) input.validationMessage = problem;
          return problem === undefined;
        };
        input.onDidChangeValue(() => void check());
        input.onDidAccept(async () => {
          if (await check()) settle(() => resolve(input.value.trim()));
        });
        input.show();
      }),
  };
}

/** Ends an input once, by an answer, by going back, or by being hidden. */
function settler(input: QuickInput, reject: (reason: unknown) => void): (finish: () => void) => void {
  let isSettled = false;
  const hidden: Disposable = input.onDidHide(() => settle(() => reject(MlflowError.cancelled())));
  const settle = (finish: () => void): void => {
    if (isSettled) return;
    isSettled = true;
    finish();
    hidden.dispose();
    input.dispose();
  };
  return settle;
}
