import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Browser, type Frame, type Locator, type Page } from 'playwright-core';

export interface BrowserProgram {
  executablePath: string;
  env: Record<string, string>;
}

const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const themes = {
  light: { label: 'Light Modern', selector: 'vs' },
  dark: { label: 'Dark Modern', selector: 'vs-dark' },
  contrast: { label: 'Dark High Contrast', selector: 'hc-black' },
} as const;
export type Theme = keyof typeof themes;

/** The workbench of a VS Code that runs in a browser: what a user does, in the words of the interface. */
export class Workbench {
  private constructor(
    readonly page: Page,
    private readonly browser: Browser,
    private readonly screenshotFolder: string | undefined,
  ) {}

  static async open(
    url: string,
    program: BrowserProgram,
    options: { width?: number; height?: number; screenshotFolder?: string } = {},
  ): Promise<Workbench> {
    const browser = await chromium.launch({
      executablePath: program.executablePath,
      headless: true,
      args: launchArguments,
      env: { ...(process.env as Record<string, string>), ...program.env },
    });
    const viewport = { width: options.width ?? 1500, height: options.height ?? 950 };
    const context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForSelector('.monaco-workbench .activitybar', { timeout: 60_000 });
    const workbench = new Workbench(page, browser, options.screenshotFolder);
    // Nothing belongs to the extension before its icon is there.
    await workbench.activityIcon.waitFor({ timeout: 60_000 });
    return workbench;
  }

  get activityIcon(): Locator {
    return this.page.locator('.activitybar [aria-label^="MLflow"]').first();
  }

  /** Shows the view. While a window is being restored a click may hide what is about to come: then once more. */
  async openMlflowView(): Promise<void> {
    const view = this.page.locator('.sidebar .composite.title', { hasText: /mlflow/i });
    for (let attempt = 1; ; attempt++) {
      if (!(await view.isVisible())) await this.activityIcon.click();
      try {
        return await view.waitFor({ timeout: 5000 });
      } catch (error) {
        if (attempt === 4) throw error;
      }
    }
  }

  /** A row of a tree, found by the text it starts with. */
  treeItem(text: string | RegExp): Locator {
    return this.page.locator('.sidebar .monaco-list-row').filter({ hasText: text }).first();
  }

  /** Expands a tree row if it is closed. */
  async expand(text: string | RegExp): Promise<void> {
    const row = this.treeItem(text);
    await row.waitFor({ timeout: 30_000 });
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
  }

  /** Runs a command of the palette by its full title. A page that is just loading may take the focus away: then once more. */
  async runCommand(title: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.page.keyboard.press('F1');
        await this.page.locator('.quick-input-widget input.input').first().fill(`>${title}`, { timeout: 5000 });
        await this.page
          .locator('.quick-input-widget .monaco-list-row', { hasText: title })
          .first()
          .click({ timeout: 5000 });
        return;
      } catch (error) {
        if (attempt === 4) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Picks an entry of the open quick pick; a string is typed first, as only rows in sight are drawn. */
  async pick(text: string | RegExp): Promise<void> {
    if (typeof text === 'string') await this.page.locator('.quick-input-widget input.input').first().fill(text);
    await this.page
      .locator('.quick-input-widget .monaco-list-row', { hasText: text })
      .first()
      .click({ timeout: 15_000 });
  }

  /** Types over the text of an input box or file dialog, known by its title, and accepts it. */
  async typeAndAccept(text: string, title: string | RegExp): Promise<void> {
    await this.page.locator('.quick-input-title', { hasText: title }).waitFor({ timeout: 15_000 });
    const input = this.page.locator('.quick-input-widget input.input').first();
    await input.waitFor({ timeout: 15_000 });
    await input.fill(text);
    await this.page.waitForTimeout(300);
    await input.press('Enter');
  }

  /** Chooses an entry of the context menu of `target`. */
  async chooseInMenu(target: Locator, label: string): Promise<void> {
    await target.waitFor({ timeout: 15_000 });
    await target.click({ button: 'right' });
    const item = this.page.locator('.monaco-menu .action-menu-item', { hasText: label }).first();
    await item.waitFor({ timeout: 10_000 });
    // A menu that has just opened takes a click for the end of the one that opened it.
    for (let attempt = 0; attempt < 5 && (await item.isVisible()); attempt++) {
      await this.page.waitForTimeout(250);
      await item.click({ timeout: 2000 }).catch(() => undefined);
    }
  }

  /** The clipboard's text, as soon as it is one that `pattern` fits. */
  async clipboard(pattern: RegExp): Promise<string> {
    let text = '';
    for (let attempt = 0; attempt < 50; attempt++) {
      text = await this.page.evaluate(() => navigator.clipboard.readText());
      if (pattern.test(text)) return text;
      await this.page.waitForTimeout(100);
    }
    throw new Error(`The clipboard holds '${text}'.`);
  }

  /** Reloads the window and waits for the extension. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.waitForSelector('.monaco-workbench .activitybar', { timeout: 60_000 });
    await this.activityIcon.waitFor({ timeout: 60_000 });
  }

  /** The frame of a webview that contains `selector`. */
  async webview(selector: string, timeoutMs = 60_000): Promise<Frame> {
    const end = Date.now() + timeoutMs;
    while (Date.now() < end) {
      for (const frame of this.page.frames()) {
        if (!frame.url().includes('fake.html') && frame.name() !== 'active-frame') continue;
        const found = await frame
          .locator(selector)
          .first()
          .isVisible()
          .catch(() => false);
        if (found) return frame;
      }
      await this.page.waitForTimeout(100);
    }
    throw new Error(`No webview shows ${selector}.`);
  }

  /** Waits until a webview's `selector` holds a text. */
  async webviewWithText(selector: string, text: RegExp, timeoutMs = 30_000): Promise<Frame> {
    const end = Date.now() + timeoutMs;
    while (Date.now() < end) {
      for (const frame of this.page.frames()) {
        const element = frame.locator(selector).first();
        const shown = await element.innerText({ timeout: 200 }).catch(() => '');
        if (text.test(shown)) return frame;
      }
      await this.page.waitForTimeout(100);
    }
    throw new Error(`No webview's ${selector} holds ${text}.`);
  }

  async notification(text: string | RegExp): Promise<Locator> {
    const toast = this.page.locator('.notification-list-item-message', { hasText: text }).first();
    await toast.waitFor({ timeout: 30_000 });
    return toast;
  }

  async setTheme(theme: Theme): Promise<void> {
    const { label, selector } = themes[theme];
    await this.runCommand('Preferences: Color Theme');
    await this.page.locator('.quick-input-widget .monaco-list-row').first().waitFor();
    await this.page.keyboard.type(label);
    await this.page.locator('.quick-input-widget .monaco-list-row.focused', { hasText: label }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator(`.monaco-workbench.${selector}`).waitFor();
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Drags the edge of the side bar. */
  async setSideBarWidth(widthPx: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (box) await this.drag(box.x + box.width + 1, box.x + widthPx);
  }

  /** Drags the edge of the secondary side bar. */
  async setPanelWidth(widthPx: number): Promise<void> {
    const box = await this.page.locator('.part.auxiliarybar').boundingBox();
    if (box) await this.drag(box.x - 1, box.x + box.width - widthPx);
  }

  private async drag(fromX: number, toX: number): Promise<void> {
    const { mouse } = this.page;
    const y = (this.page.viewportSize()?.height ?? 800) / 2;
    await mouse.move(fromX, y);
    await mouse.down();
    await mouse.move(toX, y, { steps: 4 });
    await mouse.up();
    await mouse.move(toX + 60, y);
  }

  async screenshot(name: string): Promise<void> {
    if (!this.screenshotFolder) return;
    await mkdir(this.screenshotFolder, { recursive: true });
    await this.page.screenshot({ path: path.join(this.screenshotFolder, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
