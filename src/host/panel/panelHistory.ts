import type { HistoryEntry, PinnedEmbedding, Preset, Turn } from '../../protocol/panel.js';
import type { ModelEntry } from './modelCatalog.js';
import type { PanelMemory } from './panelPorts.js';

/** Enough to look back, little enough for VS Code's workspace state. */
const conversationLimit = 100;
const turnLimit = 100;
const keptRawCharacters = 4000;

const indexKey = 'mlflow.panel.conversations';
const lastKey = 'mlflow.panel.last';
const pinsKey = 'mlflow.panel.pins';

/** Conversations, presets and pins in the workspace's memory. What is found there is checked: it may be of another version. */
export class PanelHistory {
  constructor(private readonly memory: PanelMemory) {}

  /** Newest first. */
  list(): HistoryEntry[] {
    const stored = this.memory.get(indexKey);
    return Array.isArray(stored) ? stored.filter(isEntry) : [];
  }

  latest(modelId: string): HistoryEntry | undefined {
    return this.list().find((entry) => entry.modelId === modelId);
  }

  turns(conversationId: string): Turn[] {
    const stored = this.memory.get(turnsKey(conversationId));
    return Array.isArray(stored) ? stored.filter(isTurn).map(settled) : [];
  }

  /** Stores a conversation; one without turns is forgotten. */
  save(entry: Pick<HistoryEntry, 'id' | 'modelId' | 'modelName' | 'timeMs'>, turns: readonly Turn[]): void {
    const others = this.list().filter((other) => other.id !== entry.id);
    if (turns.length === 0) {
      this.memory.update(turnsKey(entry.id), undefined);
      this.memory.update(indexKey, others);
      return;
    }
    this.memory.update(turnsKey(entry.id), turns.slice(-turnLimit).map(slim));
    const stored: HistoryEntry = {
      ...entry,
      title: turns[0]?.input.summary ?? '',
      turnCount: turns.length,
      isKept: turns.some((turn) => turn.isKept),
    };
    const all = [stored, ...others];
    const dropped = all.slice(conversationLimit).filter((other) => !other.isKept);
    for (const other of dropped) this.memory.update(turnsKey(other.id), undefined);
    this.memory.update(
      indexKey,
      all.filter((other) => !dropped.includes(other)),
    );
  }

  remove(conversationId: string): void {
    this.memory.update(turnsKey(conversationId), undefined);
    this.memory.update(
      indexKey,
      this.list().filter((entry) => entry.id !== conversationId),
    );
  }

  /** Deletes everything but the turns that the user kept. */
  clear(): void {
    for (const entry of this.list()) {
      const kept = this.turns(entry.id).filter((turn) => turn.isKept);
      this.save(entry, kept);
    }
  }

  presets(modelId: string): Preset[] {
    const stored = this.memory.get(presetsKey(modelId));
    return Array.isArray(stored) ? stored.filter(isPreset) : [];
  }

  savePresets(modelId: string, presets: readonly Preset[]): void {
    this.memory.update(presetsKey(modelId), presets);
  }

  pins(): PinnedEmbedding[] {
    const stored = this.memory.get(pinsKey);
    return Array.isArray(stored) ? stored.filter(isPin) : [];
  }

  savePins(pins: readonly PinnedEmbedding[]): void {
    this.memory.update(pinsKey, pins);
  }

  last(): ModelEntry | undefined {
    const stored = this.memory.get(lastKey);
    if (!isRecord(stored) || typeof stored['id'] !== 'string' || typeof stored['uri'] !== 'string') return undefined;
    const text = (key: string): string | undefined => (typeof stored[key] === 'string' ? stored[key] : undefined);
    return {
      id: stored['id'],
      uri: stored['uri'],
      name: text('name') ?? stored['uri'],
      storeLabel: text('storeLabel') ?? '',
      note: '',
      storeUri: text('storeUri'),
      location: text('location'),
      summary: undefined,
    };
  }

  saveLast({ id, uri, name, storeLabel, storeUri, location }: ModelEntry): void {
    this.memory.update(lastKey, { id, uri, name, storeLabel, storeUri, location });
  }
}

/** Without what is long and can be asked for again. */
function slim(turn: Turn): Turn {
  const answers = turn.answers.map((answer) =>
    answer.raw !== null && answer.raw.length > keptRawCharacters
      ? { ...answer, raw: `${answer.raw.slice(0, keptRawCharacters)}…`, isRawCut: true }
      : answer,
  );
  return { ...turn, answers };
}

/** An answer that was under way when the window closed did not finish. */
function settled(turn: Turn): Turn {
  const answers = turn.answers.map((answer) =>
    answer.status === 'waiting' || answer.status === 'streaming' ? { ...answer, status: 'stopped' as const } : answer,
  );
  return { ...turn, answers };
}

function turnsKey(conversationId: string): string {
  return `mlflow.panel.conversation.${conversationId}`;
}

function presetsKey(modelId: string): string {
  return `mlflow.panel.presets.${modelId}`;
}

function isEntry(value: unknown): value is HistoryEntry {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    typeof value['modelId'] === 'string' &&
    typeof value['timeMs'] === 'number'
  );
}

function isTurn(value: unknown): value is Turn {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    isRecord(value['input']) &&
    isRecord(value['input']['draft']) &&
    Array.isArray(value['answers']) &&
    value['answers'].every((answer) => isRecord(answer) && typeof answer['text'] === 'string')
  );
}

function isPreset(value: unknown): value is Preset {
  return isRecord(value) && typeof value['name'] === 'string' && isRecord(value['params']);
}

function isPin(value: unknown): value is PinnedEmbedding {
  return isRecord(value) && typeof value['id'] === 'string' && Array.isArray(value['vector']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
