import { MlflowError } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import type { Handlers } from '../../protocol/channel.js';
import type { ErrorAction, PanelMethods, PanelState, Turn } from '../../protocol/panel.js';
import type { Snapshot } from '../../protocol/replica.js';
import type { PanelController } from './panelController.js';
import { guarded } from './panelGuards.js';
import { jsonText } from './rawText.js';

const pinLimit = 12;

/** What the panel may ask, each message checked before it is looked at. */
export function panelHandlers(panel: PanelController, snapshot: () => Snapshot<PanelState>): Handlers<PanelMethods> {
  return guarded({
    ready: () => snapshot(),
    chooseModel: ({ purpose }) => chooseModel(panel, purpose),
    stopComparing: () => panel.stopComparing(),
    setDevice: ({ device, precision }) => panel.setDevice(device, precision),
    load: () => panel.load(),
    unload: () => panel.unload(),
    run: (params) => panel.run(params),
    stop: () => panel.stop(),
    regenerate: ({ turnId }) => panel.run({ draft: panel.turn(turnId).input.draft, replaceTurnId: turnId }),
    deleteTurn: ({ turnId }) => deleteTurn(panel, turnId),
    keepTurn: ({ turnId, isKept }) => panel.changeTurn(turnId, (turn) => ({ ...turn, isKept })),
    openLink: ({ href }) => panel.ports.ui.openLink(href),
    chooseFile: async ({ kind }) => (await panel.ports.ui.pickFile(kind)) ?? null,
    act: ({ action, turnId }) => act(panel, action, turnId ?? undefined),
    ...conversationHandlers(panel),
    ...answerHandlers(panel),
    ...presetHandlers(panel),
  });
}

type Part<K extends keyof PanelMethods> = Pick<Handlers<PanelMethods>, K>;

function conversationHandlers(
  panel: PanelController,
): Part<'newConversation' | 'openConversation' | 'deleteConversation' | 'clearHistory'> {
  const { history, ports } = panel;
  return {
    newConversation: () => panel.showConversation(ports.newId(), []),
    async openConversation({ conversationId }) {
      const entry = history.list().find((candidate) => candidate.id === conversationId);
      if (!entry) throw MlflowError.doesNotExist(l10n.t('This conversation is not in the history any more.'));
      if (entry.modelId !== panel.entry?.id) {
        const model = ports.catalog.list().find((candidate) => candidate.id === entry.modelId);
        if (!model) {
          throw MlflowError.doesNotExist(
            l10n.t("The model '{0}' of this conversation is in none of the open stores.", entry.modelName),
          );
        }
        void panel.selectModel(model, { isLoading: false });
      }
      panel.showConversation(conversationId, history.turns(conversationId));
    },
    deleteConversation({ conversationId }) {
      history.remove(conversationId);
      if (panel.state.conversationId === conversationId) panel.showConversation(ports.newId(), []);
      panel.set({ history: history.list() });
    },
    async clearHistory() {
      const count = history.list().length;
      if (count === 0 || !(await ports.ui.confirmClear(count))) return;
      history.clear();
      const { conversationId } = panel.state;
      if (panel.state.runningTurnId === null) panel.showConversation(conversationId, history.turns(conversationId));
      panel.set({ history: history.list() });
    },
  };
}

function answerHandlers(panel: PanelController): Part<'copyAnswer' | 'openRaw' | 'pinEmbedding' | 'unpinEmbedding'> {
  const { ui, newId } = panel.ports;
  const savePins = (pins: PanelState['pins']): void => {
    panel.history.savePins(pins);
    panel.set({ pins });
  };
  return {
    copyAnswer({ turnId, answerIndex }) {
      const answer = panel.answerOf(turnId, answerIndex);
      return ui.copyText(answer.text === '' ? (answer.raw ?? '') : answer.text);
    },
    openRaw({ turnId, answerIndex }) {
      const uncut = panel.uncutAnswer(turnId, answerIndex);
      const text = uncut === undefined ? (panel.answerOf(turnId, answerIndex).raw ?? '') : jsonText(uncut);
      return ui.openText(text, 'json');
    },
    pinEmbedding({ turnId, answerIndex }) {
      const { view, modelName } = panel.answerOf(turnId, answerIndex);
      if (view?.kind !== 'embedding') throw MlflowError.invalidParameter(l10n.t('Only embeddings can be pinned.'));
      const label = panel.turn(turnId).input.summary;
      const others = panel.state.pins.filter((pin) => pin.label !== label || pin.modelName !== modelName);
      savePins([...others, { id: newId(), label, modelName, vector: view.embedding.vector }].slice(-pinLimit));
    },
    unpinEmbedding: ({ id }) => savePins(panel.state.pins.filter((pin) => pin.id !== id)),
  };
}

function presetHandlers(panel: PanelController): Part<'savePreset' | 'deletePreset'> {
  const save = (presets: PanelState['presets']): void => {
    const { model } = panel.state;
    if (!model) throw MlflowError.invalidParameter(l10n.t('Choose a model first.'));
    panel.history.savePresets(model.id, presets);
    panel.set({ presets });
  };
  return {
    savePreset: (preset) =>
      save([
        ...panel.state.presets.filter((other) => other.name !== preset.name),
        { ...preset, name: preset.name.trim() },
      ]),
    deletePreset: ({ name }) => save(panel.state.presets.filter((preset) => preset.name !== name)),
  };
}

async function chooseModel(panel: PanelController, purpose: 'prompt' | 'compare'): Promise<void> {
  const chosen = await panel.ports.ui.pickModel(purpose, panel.entry?.id);
  if (!chosen) return;
  // Not awaited: the panel shows how the model loads, and the request is only about the choice.
  if (purpose === 'compare') void panel.compareWith(chosen);
  else void panel.selectModel(chosen, { isLoading: true });
}

function deleteTurn(panel: PanelController, turnId: string): void {
  if (panel.state.runningTurnId === turnId)
    throw new MlflowError(l10n.t('This prompt is being answered. Stop it first.'), 'INVALID_STATE');
  panel.changeTurn(turnId, (): Turn | null => null);
}

async function act(panel: PanelController, action: ErrorAction, turnId: string | undefined): Promise<void> {
  const { ui } = panel.ports;
  switch (action) {
    case 'retry':
      if (turnId === undefined) return panel.load();
      return panel.run({ draft: panel.turn(turnId).input.draft, replaceTurnId: turnId });
    case 'useCpu':
      return panel.setDevice('cpu', panel.state.precision);
    case 'chooseModel':
      return chooseModel(panel, 'prompt');
    case 'showLog':
      return ui.showLog();
    case 'manageTrust':
      return ui.manageTrust();
    case 'persistWeights':
      return panel.entry && ui.persistWeights(panel.entry);
    case 'openMlmodel':
      return panel.entry && ui.openMlmodel(panel.entry);
  }
}
