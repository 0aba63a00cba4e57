import { MlflowError } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import { draftSummary, type FormDraft } from '../../core/signature/formDraft.js';
import { Channel, type Transport } from '../../protocol/channel.js';
import type { DeviceChoice, PrecisionChoice } from '../../protocol/inference.js';
import type {
  Answer,
  PanelDelta,
  PanelMethods,
  PanelModel,
  PanelNotifications,
  PanelState,
  RunInput,
  RunParams,
  Turn,
} from '../../protocol/panel.js';
import { emptyPanelState, reducePanel } from '../../protocol/panelReducer.js';
import { StateOwner } from '../../protocol/replica.js';
import { runAnswer, waitingAnswer } from './answerRun.js';
import { distinctNames, type ModelEntry } from './modelCatalog.js';
import { ModelSession } from './modelSession.js';
import { panelHandlers } from './panelHandlers.js';
import { untrustedError } from './panelErrors.js';
import { PanelHistory } from './panelHistory.js';
import type { PanelPorts } from './panelPorts.js';
import { adaptedDraft, runInput } from './runInput.js';

type PanelChannel = Channel<Record<never, never>, PanelMethods, PanelNotifications>;

/** Uncut answers that can still be opened in an editor. */
const uncutAnswerLimit = 20;

/**
 * The panel without VS Code: owns its state, runs its prompts, and keeps its history. A view may come and go while an answer
 * is under way; whichever view is attached follows the state.
 */
export class PanelController {
  readonly history: PanelHistory;
  private readonly owner: StateOwner<PanelState, PanelDelta>;
  private channel: PanelChannel | undefined;
  private session: ModelSession | undefined;
  private compareSession: ModelSession | undefined;
  private running: AbortController | undefined;
  private readonly uncut = new Map<string, unknown>();
  private readonly endCatalog: { dispose(): void };

  constructor(readonly ports: PanelPorts) {
    this.history = new PanelHistory(ports.memory);
    const initial: PanelState = {
      ...emptyPanelState,
      ...ports.defaults(),
      devices: ports.devices,
      isTrusted: ports.isTrusted(),
      history: this.history.list(),
      pins: this.history.pins(),
    };
    this.owner = new StateOwner(initial, reducePanel, (delta) => this.channel?.notify('delta', delta));
    this.endCatalog = ports.catalog.onDidChange(() => this.catalogChanged());
    this.catalogChanged();
  }

  get state(): PanelState {
    return this.owner.state;
  }

  /** Connects a view; the one before it is not told any more. */
  attach(transport: Transport): void {
    this.channel = new Channel<Record<never, never>, PanelMethods, PanelNotifications>(
      transport,
      panelHandlers(this, () => this.owner.snapshot()),
    );
  }

  detach(): void {
    this.channel = undefined;
  }

  set(fields: Partial<PanelState>): void {
    this.owner.apply({ type: 'set', fields });
  }

  /** Shows the model of the last time, without loading it. */
  restore(): void {
    const last = this.session ? undefined : this.history.last();
    if (last) void this.selectModel(this.known(last), { isLoading: false });
  }

  /** Makes `entry` the panel's model and goes on with its latest conversation. Resolves when it is loaded, or has failed. */
  async selectModel(entry: ModelEntry, { isLoading }: { isLoading: boolean }): Promise<void> {
    if (this.session?.entry.id === entry.id) {
      if (isLoading && this.state.runningTurnId === null) await this.load();
      return;
    }
    if (this.running) this.saveConversation();
    this.stopAll();
    void this.session?.dispose();
    const session = this.newSession(entry, 'main');
    this.session = session;
    const latest = this.history.latest(entry.id);
    this.history.saveLast(entry);
    this.set({
      model: panelModel(entry),
      form: null,
      conversationId: latest?.id ?? this.ports.newId(),
      turns: latest ? this.history.turns(latest.id) : [],
      presets: this.history.presets(entry.id),
    });
    await this.openSession(session, isLoading);
  }

  async compareWith(entry: ModelEntry): Promise<void> {
    this.stopComparing();
    this.compareSession = this.newSession(entry, 'compare');
    const [, name] = distinctNames(this.session ? [this.session.entry, entry] : []);
    this.set({ compareModel: { ...panelModel(entry), ...(name === undefined ? {} : { name }) } });
    await this.compareSession.open().catch((error: unknown) => this.ports.log.debug(MlflowError.from(error).message));
  }

  stopComparing(): void {
    void this.compareSession?.dispose();
    this.compareSession = undefined;
    this.set({ compareModel: null });
  }

  /** Loads the model, or opens it again where that has failed. */
  async load(): Promise<void> {
    const { session } = this;
    if (!session) return;
    await session.load().catch((error: unknown) => this.ports.log.debug(MlflowError.from(error).message));
    if (this.session === session) this.set({ form: session.form });
  }

  async unload(): Promise<void> {
    await this.session?.release();
    this.set({ status: { kind: 'unloaded', note: null } });
  }

  async setDevice(device: DeviceChoice, precision: PrecisionChoice): Promise<void> {
    const wasReady = this.state.status.kind === 'ready' || this.state.status.kind === 'failed';
    this.set({ device, precision });
    await this.compareSession?.release();
    await this.session?.release();
    if (this.session && wasReady) await this.load();
  }

  trustChanged(): void {
    this.set({ isTrusted: this.ports.isTrusted() });
    const { session } = this;
    if (session && this.state.status.kind === 'failed') void this.openSession(session, false);
  }

  /** Starts a turn. Resolves when it has begun; the answer comes as deltas. @throws MlflowError when it can't begin. */
  async run({ draft, replaceTurnId }: RunParams): Promise<void> {
    const { session } = this;
    if (!this.ports.isTrusted()) throw untrustedError();
    if (!session?.form) throw MlflowError.invalidParameter(l10n.t('Choose a model first.'));
    if (this.running) throw new MlflowError(l10n.t('An answer is under way. Stop it first.'), 'INVALID_STATE');
    const running = new AbortController();
    this.running = running;
    try {
      const index = this.state.turns.findIndex((turn) => turn.id === replaceTurnId);
      const earlier = index < 0 ? this.state.turns : this.state.turns.slice(0, index);
      const sessions = [session, ...(this.compareSession ? [this.compareSession] : [])];
      const names = distinctNames(sessions.map(({ entry }) => entry));
      const inputs = await Promise.all(sessions.map((asked) => this.inputOf(asked, draft, earlier)));
      const turn: Turn = {
        id: index < 0 ? this.ports.newId() : (this.state.turns[index]?.id ?? this.ports.newId()),
        timeMs: this.ports.now(),
        input: { draft, summary: draftSummary(session.form, draft) },
        answers: sessions.map(({ entry }, i) => waitingAnswer(entry.id, names[i] ?? entry.name)),
        isKept: this.state.turns[index]?.isKept ?? false,
      };
      // The turns after one that is asked again were answers to a conversation that no longer exists.
      if (index >= 0 && session.form.kind === 'chat') this.set({ turns: this.state.turns.slice(0, index + 1) });
      this.owner.apply({ type: 'turn', turn });
      this.set({ runningTurnId: turn.id, isStopping: false });
      void this.answer(sessions, turn.id, inputs, running);
    } catch (error) {
      this.running = undefined;
      throw error;
    }
  }

  /** The first call asks politely, the second ends the process. */
  stop(): void {
    if (!this.running) {
      if (this.state.status.kind === 'loading') this.session?.cancelLoading();
    } else if (this.running.signal.aborted) {
      this.session?.kill();
      this.compareSession?.kill();
    } else {
      this.set({ isStopping: true });
      this.running.abort();
    }
  }

  /** Replaces the turns shown: a new conversation, or an earlier one. */
  showConversation(conversationId: string, turns: Turn[]): void {
    if (this.running) throw new MlflowError(l10n.t('An answer is under way. Stop it first.'), 'INVALID_STATE');
    this.set({ conversationId, turns });
  }

  changeTurn(turnId: string, change: (turn: Turn) => Turn | null): void {
    const turn = this.turn(turnId);
    const changed = change(turn);
    this.owner.apply(changed ? { type: 'turn', turn: changed } : { type: 'turnRemoved', turnId });
    this.saveConversation();
  }

  turn(turnId: string): Turn {
    const turn = this.state.turns.find((candidate) => candidate.id === turnId);
    if (!turn) throw MlflowError.doesNotExist('This prompt is not in the conversation any more.');
    return turn;
  }

  answerOf(turnId: string, answerIndex: number): Answer {
    const answer = this.turn(turnId).answers[answerIndex];
    if (!answer) throw MlflowError.doesNotExist('This answer is not in the conversation any more.');
    return answer;
  }

  /** `predictions` uncut where it is still known. */
  uncutAnswer(turnId: string, answerIndex: number): unknown {
    return this.uncut.get(`${turnId}:${answerIndex}`);
  }

  get entry(): ModelEntry | undefined {
    return this.session?.entry;
  }

  async dispose(): Promise<void> {
    this.stopAll();
    this.endCatalog.dispose();
    this.detach();
    await Promise.all([this.session?.dispose(), this.compareSession?.dispose()]);
  }

  private async answer(
    sessions: readonly ModelSession[],
    turnId: string,
    inputs: readonly RunInput[],
    running: AbortController,
  ): Promise<void> {
    const { conversationId } = this.state;
    for (const [answerIndex, session] of sessions.entries()) {
      const input = inputs[answerIndex] ?? { data: null, params: {} };
      const predictions = await runAnswer(session, input, running.signal, {
        text: (text) => this.owner.apply({ type: 'text', turnId, answerIndex, text }),
        fields: (fields) => this.owner.apply({ type: 'answer', turnId, answerIndex, fields }),
      });
      this.keepUncut(`${turnId}:${answerIndex}`, predictions);
    }
    if (this.running === running) {
      this.running = undefined;
      this.set({ runningTurnId: null, isStopping: false });
    }
    if (this.state.conversationId === conversationId) this.saveConversation();
  }

  /** What a session is asked: the draft belongs to the main model's form. */
  private inputOf(session: ModelSession, draft: FormDraft, earlier: readonly Turn[]): Promise<RunInput> {
    const form = session.form ?? this.session?.form;
    if (!form) throw MlflowError.invalidParameter(l10n.t("The model '{0}' could not be read.", session.entry.name));
    return runInput(form, adaptedDraft(draft, this.session?.form ?? form, form), earlier);
  }

  private keepUncut(key: string, predictions: unknown): void {
    this.uncut.delete(key);
    if (predictions !== undefined) this.uncut.set(key, predictions);
    const oldest = this.uncut.keys().next();
    if (this.uncut.size > uncutAnswerLimit && !oldest.done) this.uncut.delete(oldest.value);
  }

  private saveConversation(): void {
    const { model, conversationId, turns } = this.state;
    if (!model) return;
    const entry = { id: conversationId, modelId: model.id, modelName: model.name, timeMs: this.ports.now() };
    this.history.save(entry, turns);
    this.set({ history: this.history.list() });
  }

  private newSession(entry: ModelEntry, role: 'main' | 'compare'): ModelSession {
    const settings = (): { device: DeviceChoice; precision: PrecisionChoice } => ({
      device: this.state.device,
      precision: this.state.precision,
    });
    return new ModelSession(entry, this.ports, settings, (status) => {
      if (role === 'main') this.set({ status });
    });
  }

  private async openSession(session: ModelSession, isLoading: boolean): Promise<void> {
    try {
      const form = await session.open();
      if (this.session !== session) return;
      this.set({ form });
      if (isLoading) await session.load();
    } catch (error) {
      this.ports.log.debug(`${session.entry.uri}: ${MlflowError.from(error).message}`);
      if (this.session === session && session.form) this.set({ form: session.form });
    }
  }

  private stopAll(): void {
    this.running?.abort();
    this.running = undefined;
    if (this.state.runningTurnId !== null) this.set({ runningTurnId: null, isStopping: false });
  }

  private catalogChanged(): void {
    const { catalog } = this.ports;
    this.set({ modelCount: catalog.list().length, isCatalogLoading: catalog.isLoading });
  }

  /** The catalog's own entry where it has one: it knows more than what was remembered. */
  private known(entry: ModelEntry): ModelEntry {
    return this.ports.catalog.list().find((candidate) => candidate.id === entry.id) ?? entry;
  }
}

function panelModel({ id, name, uri, storeLabel, summary }: ModelEntry): PanelModel {
  return {
    id,
    name,
    uri,
    storeLabel,
    task: summary?.inferenceTask ?? summary?.task ?? null,
    isReferenceOnly: summary?.isReferenceOnly ?? false,
  };
}
