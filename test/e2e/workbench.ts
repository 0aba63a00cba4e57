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
    const page = await browser.newPage({ viewport: { width: options.width ?? 1500, height: options.height ?? 950 } });
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

  async openMlflowView(): Promise<void> {
    const view = this.page.locator('.sidebar .composite.title', { hasText: /mlflow/i });
    if (!(await view.isVisible())) await this.activityIcon.click();
    await view.waitFor();
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

  /** Runs a command of the palette by its full title. */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input.input').first().waitFor();
    await this.page.keyboard.type(title);
    await this.page
      .locator('.quick-input-widget .monaco-list-row', { hasText: title })
      .first()
      .click({ timeout: 15_000 });
  }

  /** Picks an entry of the open quick pick. */
  async pick(text: string | RegExp): Promise<void> {
    await this.page
      .locator('.quick-input-widget .monaco-list-row', { hasText: text })
      .first()
      .click({ timeout: 15_000 });
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

  async notification(text: string | RegExp): Promise<Locator> {
    const toast = this.page.locator('.notification-list-item-message', { hasText: text }).first();
    await toast.waitFor({ timeout: 30_000 });
    return toast;
  }

  async setTheme(theme: 'light' | 'dark'): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.page.keyboard.type(theme === 'light' ? 'Light Modern' : 'Dark Modern');
    await this.page.locator('.quick-input-widget .monaco-list-row').first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator(theme === 'light' ? '.monaco-workbench.vs' : '.monaco-workbench.vs-dark').waitFor();
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
