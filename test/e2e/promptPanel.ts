import type { Frame, Locator } from 'playwright-core';
import type { Workbench } from './workbench.js';

/** The panel that prompts a model, in the words of its user. */
export class PromptPanel {
  private frame: Frame | undefined;

  constructor(private readonly workbench: Workbench) {}

  /** Chooses a model by the palette and waits until it is ready, or has failed. */
  async open(model: string | RegExp): Promise<void> {
    await this.workbench.runAndPick('MLflow: Prompt Model', model);
    await this.find();
    await this.locator('.model-name').filter({ hasText: model }).waitFor({ timeout: 30_000 });
    await this.locator('.status-ready, .status-error').first().waitFor({ timeout: 60_000 });
  }

  /** Looks for the panel's frame anew: a reload makes another one. */
  async find(): Promise<void> {
    this.frame = await this.workbench.webview('.page .header');
  }

  locator(selector: string, options: { hasText?: string | RegExp } = {}): Locator {
    if (this.frame === undefined) throw new Error('The panel was not opened.');
    return this.frame.locator(selector, options);
  }

  /** Opens or closes a section by its title. */
  async toggle(title: string, isOpen: boolean): Promise<void> {
    const button = this.locator('.section-toggle', { hasText: title });
    if ((await button.getAttribute('aria-expanded')) !== String(isOpen)) await button.click();
  }

  button(name: string | RegExp): Locator {
    return this.locator('button, vscode-button').filter({ hasText: name }).or(this.byLabel(name)).first();
  }

  private byLabel(name: string | RegExp): Locator {
    return typeof name === 'string' ? this.locator(`[aria-label="${name}"]`) : this.locator('[aria-label]');
  }

  /** The field of the form with this name; the only one without a name. */
  field(name?: string): Locator {
    return name === undefined
      ? this.locator('.composer textarea').first()
      : this.locator(`#field-${name} textarea, #param-${name} input, #param-${name} textarea`).first();
  }

  /** Conversations grow downwards, a form has its newest answer just below it. */
  get newestTurn(): Locator {
    return this.locator('.results .turn:first-child, .conversation .turn:last-child').first();
  }

  /** Sends the only field and waits for the answer's end. */
  async ask(text: string, timeoutMs = 90_000): Promise<Locator> {
    const before = await this.locator('.turn').count();
    await this.field().fill(text);
    await this.field().press('Enter');
    return this.answer(before, timeoutMs);
  }

  /** Runs the form as it stands. */
  async run(timeoutMs = 90_000): Promise<Locator> {
    const before = await this.locator('.turn').count();
    await this.button('Run').click();
    return this.answer(before, timeoutMs);
  }

  private async answer(before: number, timeoutMs: number): Promise<Locator> {
    await this.locator('.turn').nth(before).waitFor({ timeout: timeoutMs });
    await this.newestTurn.locator('.answer-foot').first().waitFor({ timeout: timeoutMs });
    return this.newestTurn;
  }

  /** The newest answer as the scoring protocol gives it. */
  async raw(): Promise<unknown> {
    const toggle = this.newestTurn.locator('[aria-label="Raw"]');
    if ((await toggle.getAttribute('aria-pressed')) !== 'true') await toggle.click();
    const text = await this.newestTurn.locator('.raw pre').textContent();
    return JSON.parse(text ?? 'null') as unknown;
  }
}
