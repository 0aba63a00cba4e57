import type { Command } from './command.js';
import { compareCommands } from './compareCommands.js';
import { diagnosticsCommands } from './diagnosticsCommands.js';
import { logCommands } from './logCommands.js';
import { modelCommands } from './modelCommands.js';
import { persistCommands } from './persistCommands.js';
import { registryCommands } from './registryCommands.js';
import { runCommands } from './runCommands.js';
import { saveCommands } from './saveCommands.js';
import { signatureCommands } from './signatureCommands.js';
import { storeCommands } from './storeCommands.js';
import { validateCommands } from './validateCommands.js';
import { viewCommands } from './viewCommands.js';

/** Every command that the host itself answers; those of the panel are registered with it. */
export const commandTable: readonly Command[] = [
  ...viewCommands,
  ...storeCommands,
  ...modelCommands,
  ...saveCommands,
  ...logCommands,
  ...signatureCommands,
  ...validateCommands,
  ...persistCommands,
  ...runCommands,
  ...registryCommands,
  ...compareCommands,
  ...diagnosticsCommands,
];
