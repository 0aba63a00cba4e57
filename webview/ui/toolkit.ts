import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit';

type Registration = Parameters<ReturnType<typeof provideVSCodeDesignSystem>['register']>[number];

/** Registers elements of the toolkit. Each control registers what it draws with, so a bundle holds only what it uses. */
export function registerElements(...registrations: Registration[]): void {
  provideVSCodeDesignSystem().register(...registrations);
}
