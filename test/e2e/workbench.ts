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

/** Tries an action until it succeeds: the workbench may draw itself anew in the middle of it. */
async function repeat(action: () => Promise<void>, between?: () => Promise<void>, attempts = 4): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === attempts) throw error;
      await between?.();
    }
  }
}

/** Whether the frame's element, and those of the frames around it, are shown: editors in the background are hidden. */
async function isInSight(frame: Frame): Promise<boolean> {
  for (let inner: Frame | null = frame; inner?.parentFrame(); inner = inner.parentFrame()) {
    if (!(await (await inner.frameElement()).isVisible())) return false;
  }
  return true;
}

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
    await repeat(async () => {
      if (!(await view.isVisible())) await this.activityIcon.click();
      await view.waitFor({ timeout: 5000 });
    });
  }

  /** A row of a tree, found by the text it starts with. */
  treeItem(text: string | RegExp): Locator {
    return this.page.locator('.sidebar .monaco-list-row').filter({ hasText: text }).first();
  }

  /**
   * Expands a tree row if it is closed. A tree that is being drawn anew may not hear the click: then once more. One that heard
   * it late may have taken two, and closed again: so it is looked at once more.
   */
  async expand(text: string | RegExp): Promise<void> {
    const isOpen = this.page
      .locator('.sidebar .monaco-list-row[aria-expanded="true"]')
      .filter({ hasText: text })
      .first();
    await repeat(async () => {
      const row = await this.scrollTo(text);
      if ((await row.getAttribute('aria-expanded', { timeout: 5000 })) === 'false') {
        await row.click({ timeout: 5000 });
        await isOpen.waitFor({ timeout: 5000 });
        await this.page.waitForTimeout(500);
      }
      await isOpen.waitFor({ timeout: 1000 });
    });
  }

  /** Runs a command of the palette by its full title. A page that is just loading may take the focus away: then once more. */
  async runCommand(title: string): Promise<void> {
    await repeat(
      async () => {
        await this.page.keyboard.press('F1');
        await this.quickInput.fill(`>${title}`, { timeout: 5000 });
        await this.quickRow(title).click({ timeout: 5000 });
      },
      () => this.page.keyboard.press('Escape'),
    );
  }

  /**
   * Runs a command and picks from the list that it opens. An editor that is still opening, or a message that goes, takes the
   * focus, and with it the list away: then both once more.
   * @param look is called while the list is shown
   */
  async runAndPick(title: string, text: string | RegExp, look?: () => Promise<void>): Promise<void> {
    await repeat(
      async () => {
        await this.runCommand(title);
        if (look !== undefined) {
          await this.quickRow(text).waitFor({ timeout: 10_000 });
          await look();
        }
        await this.pick(text, 10_000);
      },
      () => this.page.keyboard.press('Escape'),
    );
  }

  private get quickInput(): Locator {
    return this.page.locator('.quick-input-widget input.input').first();
  }

  /** The first row of the open quick pick that holds a text. */
  quickRow(text: string | RegExp): Locator {
    return this.page.locator('.quick-input-widget .monaco-list-row', { hasText: text }).first();
  }

  /** Waits for a question, known by its title (`Save model (2/4)`). */
  async question(title: string | RegExp, timeoutMs = 30_000): Promise<void> {
    await this.page.locator('.quick-input-title', { hasText: title }).waitFor({ timeout: timeoutMs });
  }

  /**
   * Picks an entry of the open quick pick; a string is typed first, as only rows in sight are drawn. Playwright clicks a row
   * only when it has come to rest.
   */
  async pick(text: string | RegExp, timeoutMs = 30_000): Promise<void> {
    if (typeof text === 'string') await this.quickInput.fill(text, { timeout: timeoutMs });
    await this.quickRow(text).click({ timeout: timeoutMs });
  }

  /** Types over the text of an input box or file dialog, known by its title, and accepts it. */
  async typeAndAccept(text: string, title: string | RegExp): Promise<void> {
    const dialog = this.page.locator('.quick-input-title', { hasText: title });
    await dialog.waitFor({ timeout: 30_000 });
    let settleMs = 300;
    await repeat(async () => {
      if (!(await dialog.isVisible())) return;
      // A file dialog looks the path up while one types; an Enter before that leads into another folder: typed anew then.
      await this.quickInput.fill(text, { timeout: 5000 });
      await this.page.waitForTimeout(settleMs);
      settleMs *= 3;
      await this.quickInput.press('Enter', { timeout: 5000 });
      await dialog.waitFor({ state: 'hidden', timeout: 3000 });
    });
  }

  /** Accepts what an input box, known by its title, holds already. */
  async accept(title: string | RegExp): Promise<void> {
    const dialog = this.page.locator('.quick-input-title', { hasText: title });
    await dialog.waitFor({ timeout: 30_000 });
    await this.quickInput.press('Enter');
    await dialog.waitFor({ state: 'hidden', timeout: 10_000 });
  }

  /** A row of a tree, scrolled into sight: only rows in sight are drawn. Fails with the rows that are there. */
  async scrollTo(text: string | RegExp): Promise<Locator> {
    const row = this.treeItem(text);
    const tree = this.page.locator('.sidebar .monaco-list').first();
    let seen: string[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      if (await row.isVisible()) return row;
      await tree.hover({ timeout: 5000 });
      await this.page.mouse.wheel(0, -100_000);
      for (let page = 0; page < 5; page++) {
        const found = await row.waitFor({ timeout: 1000 }).then(
          () => true,
          () => false,
        );
        if (found) return row;
        seen = [...seen, ...(await this.page.locator('.sidebar .monaco-list-row').allInnerTexts())];
        await this.page.mouse.wheel(0, 500);
      }
    }
    throw new Error(`No row fits ${text}. There are: ${[...new Set(seen)].join(' | ').replaceAll('\n', ' ')}`);
  }

  /** Chooses an entry of the context menu of a row of the tree. */
  async chooseInMenu(text: string | RegExp, label: string): Promise<void> {
    const target = await this.scrollTo(text);
    const item = this.page.locator('.monaco-menu .action-menu-item', { hasText: label }).first();
    await repeat(
      async () => {
        await target.click({ button: 'right', timeout: 5000 });
        await item.waitFor({ timeout: 5000 });
      },
      () => this.page.keyboard.press('Escape'),
    );
    // A menu that has just opened takes a click for the end of the one that opened it.
    await repeat(
      async () => {
        if (await item.isVisible()) await item.click({ timeout: 2000 });
        await item.waitFor({ state: 'hidden', timeout: 500 });
      },
      undefined,
      8,
    );
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

  /** The frame of a webview in sight that contains `selector`. */
  async webview(selector: string, timeoutMs = 60_000): Promise<Frame> {
    return this.webviewWhere(
      (frame) => frame.locator(selector).first().isVisible(),
      `No webview shows ${selector}.`,
      timeoutMs,
    );
  }

  /** Waits until a webview's `selector` holds a text. */
  async webviewWithText(selector: string, text: RegExp, timeoutMs = 60_000): Promise<Frame> {
    return this.webviewWhere(
      async (frame) => text.test(await frame.locator(selector).first().innerText({ timeout: 200 })),
      `No webview's ${selector} holds ${text}.`,
      timeoutMs,
    );
  }

  private async webviewWhere(
    isIt: (frame: Frame) => Promise<boolean>,
    otherwise: string,
    timeoutMs: number,
  ): Promise<Frame> {
    const end = Date.now() + timeoutMs;
    while (Date.now() < end) {
      for (const frame of this.page.frames()) {
        const isContent = frame.url().includes('fake.html') || frame.name() === 'active-frame';
        const found =
          isContent && (await isIt(frame).catch(() => false)) && (await isInSight(frame).catch(() => false));
        if (found) return frame;
      }
      await this.page.waitForTimeout(100);
    }
    throw new Error(otherwise);
  }

  /** A message in sight, or one that has gone to the list of notifications by itself. */
  async notification(text: string | RegExp, timeoutMs = 60_000): Promise<Locator> {
    const toast = this.page.locator('.notification-list-item', { hasText: text }).first();
    await toast.waitFor({ timeout: timeoutMs });
    return toast;
  }

  /** Takes messages away: they lie over what is in the corner below them. Those that show progress stay. */
  async dismissNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    const finished = '.notification-toast:not(:has(.monaco-progress-container.active))';
    await this.page.locator(finished).first().waitFor({ state: 'hidden' });
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
