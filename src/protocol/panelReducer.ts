import type { Answer, PanelDelta, PanelState, Turn } from './panel.js';

/** The panel's state after a change. Pure; host and panel both use it. Unknown turns are left alone. */
export function reducePanel(state: PanelState, delta: PanelDelta): PanelState {
  switch (delta.type) {
    case 'set':
      return { ...state, ...delta.fields };
    case 'turn':
      return { ...state, turns: withTurn(state.turns, delta.turn) };
    case 'turnRemoved':
      return { ...state, turns: state.turns.filter((turn) => turn.id !== delta.turnId) };
    case 'answer':
      return changeAnswer(state, delta.turnId, delta.answerIndex, (answer) => ({ ...answer, ...delta.fields }));
    case 'text':
      return changeAnswer(state, delta.turnId, delta.answerIndex, (answer) => ({
        ...answer,
        status: 'streaming',
        text: answer.text + delta.text,
      }));
  }
}

/** The state of a panel that has nothing to show yet. */
export const emptyPanelState: PanelState = {
  isTrusted: true,
  isCatalogLoading: true,
  modelCount: 0,
  model: null,
  status: { kind: 'none' },
  form: null,
  compareModel: null,
  device: 'auto',
  precision: 'auto',
  devices: ['auto', 'cpu'],
  conversationId: '',
  turns: [],
  runningTurnId: null,
  isStopping: false,
  history: [],
  presets: [],
  pins: [],
};

function withTurn(turns: readonly Turn[], turn: Turn): Turn[] {
  const index = turns.findIndex((other) => other.id === turn.id);
  return index < 0 ? [...turns, turn] : turns.with(index, turn);
}

function changeAnswer(
  state: PanelState,
  turnId: string,
  answerIndex: number,
  change: (answer: Answer) => Answer,
): PanelState {
  const index = state.turns.findIndex((turn) => turn.id === turnId);
  const turn = state.turns[index];
  const answer = turn?.answers[answerIndex];
  if (!turn || !answer) return state;
  const changed = { ...turn, answers: turn.answers.with(answerIndex, change(answer)) };
  return { ...state, turns: state.turns.with(index, changed) };
}
