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
  items: readonly T[];
  /** Chosen when the step is shown. */
  activeItem?: T | undefined;
}

export interface AskStep {
  prompt: string;
  value?: string;
  placeholder?: string;
  /** Why a text cannot be taken; `undefined` when it can. */
  validate?: (text: string) => string | undefined | Promise<string | undefined>;
}

/** A step asks its question and returns the answers with its own added. */
export type Step<Answers> = (answers: Answers, context: StepContext) => Promise<Answers>;

/**
 * Questions one after another, with their number and a button that leads back to the one before.
 * @throws MlflowError CANCELLED when one of them is left without an answer
 */
export async function multiStep<Answers>(
  title: string,
  initial: Answers,
  steps: readonly Step<Answers>[],
): Promise<Answers> {
  const history: Answers[] = [initial];
  for (let index = 0; index < steps.length;) {
    const answers = history[index];
    const step = steps[index];
    if (answers === undefined || step === undefined) break;
    try {
      history[index + 1] = await step(answers, contextOf(title, index, steps.length));
      index += 1;
    } catch (error) {
      if (error !== back || index === 0) throw error;
      index -= 1;
    }
  }
  return history[steps.length] ?? initial;
}

function contextOf(title: string, index: number, totalSteps: number): StepContext {
  const prepare = (input: QuickInput & { buttons: readonly unknown[] }): void => {
    input.title = title;
    input.step = index + 1;
    input.totalSteps = totalSteps;
    input.ignoreFocusOut = true;
    if (index > 0) input.buttons = [QuickInputButtons.Back];
  };
  return {
    pick: <T extends QuickPickItem>(options: PickStep<T>) =>
      new Promise<T>((resolve, reject) => {
        const input = window.createQuickPick<T>();
        prepare(input);
        input.placeholder = options.placeholder;
        input.items = options.items;
        input.matchOnDescription = true;
        if (options.activeItem !== undefined) input.activeItems = [options.activeItem];
        const settle = settler(input, reject);
        input.onDidTriggerButton(() => settle(() => reject(back)));
        input.onDidAccept(() => {
          const [item] = input.selectedItems;
          if (item !== undefined) settle(() => resolve(item));
        });
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
          const problem = await options.validate?.(input.value);
          input.validationMessage = problem;
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
