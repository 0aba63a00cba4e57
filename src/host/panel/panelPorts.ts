import type { ModelForm } from '../../core/inspector/modelForm.js';
import type { Log } from '../../core/ports.js';
import type { DeviceChoice, PrecisionChoice } from '../../protocol/inference.js';
import type { InferenceEngine } from '../inference/inferenceEngine.js';
import type { ModelCatalog, ModelEntry } from './modelCatalog.js';

/** Small values that survive a reload: VS Code's workspace state. */
export interface PanelMemory {
  get(key: string): unknown;
  update(key: string, value: unknown): void;
}

/** What the panel does in the editor around it. */
export interface PanelUi {
  pickModel(purpose: 'prompt' | 'compare', currentId: string | undefined): Promise<ModelEntry | undefined>;
  /** A local path. */
  pickFile(kind: 'image' | 'audio' | 'any'): Promise<string | undefined>;
  copyText(text: string): Promise<void>;
  /** Opens an unsaved document. */
  openText(text: string, language: string): Promise<void>;
  /** Asks before it opens an address. */
  openLink(href: string): Promise<void>;
  /** Asks before the history is deleted. */
  confirmClear(count: number): Promise<boolean>;
  showLog(): void;
  persistWeights(model: ModelEntry): Promise<void>;
  manageTrust(): Promise<void>;
  openMlmodel(model: ModelEntry): Promise<void>;
}

export interface PanelPorts {
  catalog: ModelCatalog;
  engine: InferenceEngine;
  memory: PanelMemory;
  ui: PanelUi;
  log: Log;
  isTrusted: () => boolean;
  /** Defaults from the settings. */
  defaults: () => { device: DeviceChoice; precision: PrecisionChoice };
  /** Devices that exist on this platform, best first, `auto` at the front. */
  devices: DeviceChoice[];
  readModelForm: (folder: string) => Promise<ModelForm>;
  now: () => number;
  newId: () => string;
}
