import { MlflowError, type WireError } from '../core/errors.js';

/** A pair of pipes: a child process, a worker thread, or a webview. */
export interface Transport {
  post(message: unknown): void;
  /** Called with every message that arrives. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when the other side is gone, with the reason. */
  onClose?(listener: (error: MlflowError) => void): void;
}

/** The requests one side answers: parameters, result, and the events that may come before the result. */
export type Methods = Record<string, { params: unknown; result: unknown; event?: unknown }>;
/** The notifications one side receives. */
export type Notifications = Record<string, unknown>;

export interface HandlerContext<Event> {
  signal: AbortSignal;
  emit(event: Event): void;
}

export type Handlers<M extends Methods> = {
  [K in keyof M]: (
    params: M[K]['params'],
    context: HandlerContext<M[K]['event']>,
  ) => Promise<M[K]['result']> | M[K]['result'];
};

type Envelope =
  | { kind: 'request'; id: number; name: string; body: unknown }
  | { kind: 'cancel'; id: number }
  | { kind: 'event'; id: number; body: unknown }
  | { kind: 'result'; id: number; body: unknown }
  | { kind: 'error'; id: number; body: WireError }
  | { kind: 'notify'; name: string; body: unknown };

interface Pending {
  resolve(value: unknown): void;
  reject(error: MlflowError): void;
  onEvent: ((event: never) => void) | undefined;
}

/**
 * Typed requests with events and cancel, and notifications, in both directions over one transport.
 * `Theirs` is what the other side answers, `Ours` what this side answers. An unknown name is answered with an error,
 * never ignored; a request whose signal is aborted sends a cancel and settles when the other side has settled it.
 */
export class Channel<
  Theirs extends Methods,
  Ours extends Methods,
  TheirNotes extends Notifications = Notifications,
  OurNotes extends Notifications = Notifications,
> {
  private readonly pending = new Map<number, Pending>();
  private readonly running = new Map<number, AbortController>();
  private readonly listeners = new Map<keyof OurNotes, ((body: never) => void)[]>();
  private nextId = 1;
  private closed: MlflowError | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly handlers: Handlers<Ours>,
  ) {
    transport.onMessage((message) => this.receive(message));
    transport.onClose?.((error) => this.close(error));
  }

  request<K extends keyof Theirs & string>(
    name: K,
    params: Theirs[K]['params'],
    options: {
      signal?: AbortSignal | undefined;
      onEvent?: ((event: NonNullable<Theirs[K]['event']>) => void) | undefined;
    } = {},
  ): Promise<Theirs[K]['result']> {
    if (this.closed) return Promise.reject(this.closed);
    if (options.signal?.aborted) return Promise.reject(MlflowError.cancelled());
    const id = this.nextId++;
    const cancel = () => this.transport.post({ kind: 'cancel', id } satisfies Envelope);
    return new Promise<Theirs[K]['result']>((resolve, reject) => {
      this.pending.set(id, {
        resolve: resolve as (value: unknown) => void,
        reject,
        onEvent: options.onEvent as Pending['onEvent'],
      });
      options.signal?.addEventListener('abort', cancel, { once: true });
      this.transport.post({ kind: 'request', id, name, body: params } satisfies Envelope);
    }).finally(() => options.signal?.removeEventListener('abort', cancel));
  }

  notify<K extends keyof TheirNotes & string>(name: K, body: TheirNotes[K]): void {
    if (!this.closed) this.transport.post({ kind: 'notify', name, body } satisfies Envelope);
  }

  on<K extends keyof OurNotes & string>(name: K, listener: (body: OurNotes[K]) => void): void {
    const listeners = this.listeners.get(name) ?? [];
    listeners.push(listener as (body: never) => void);
    this.listeners.set(name, listeners);
  }

  /** Fails everything that is still open. Further requests fail with the same error. */
  close(error: MlflowError): void {
    if (this.closed) return;
    this.closed = error;
    for (const pending of this.pending.values()) pending.reject(error);
    this.pending.clear();
    for (const controller of this.running.values()) controller.abort();
  }

  private receive(message: unknown): void {
    if (!isEnvelope(message)) return;
    switch (message.kind) {
      case 'request':
        void this.answer(message.id, message.name, message.body);
        return;
      case 'cancel':
        this.running.get(message.id)?.abort();
        return;
      case 'event':
        this.pending.get(message.id)?.onEvent?.(message.body as never);
        return;
      case 'notify':
        for (const listener of this.listeners.get(message.name) ?? []) listener(message.body as never);
        return;
      case 'result':
        this.pending.get(message.id)?.resolve(message.body);
        this.pending.delete(message.id);
        return;
      case 'error':
        this.pending.get(message.id)?.reject(MlflowError.fromWire(message.body));
        this.pending.delete(message.id);
    }
  }

  private async answer(id: number, name: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      if (!Object.hasOwn(this.handlers, name)) {
        throw new MlflowError(`There is no request named '${name}'.`, 'ENDPOINT_NOT_FOUND');
      }
      const handler = this.handlers[name] as (params: unknown, context: HandlerContext<unknown>) => unknown;
      const body = await handler(params, {
        signal: controller.signal,
        emit: (event) => this.transport.post({ kind: 'event', id, body: event } satisfies Envelope),
      });
      this.transport.post({ kind: 'result', id, body } satisfies Envelope);
    } catch (error) {
      this.transport.post({ kind: 'error', id, body: MlflowError.toWire(error) } satisfies Envelope);
    } finally {
      this.running.delete(id);
    }
  }
}

function isEnvelope(message: unknown): message is Envelope {
  return typeof message === 'object' && message !== null && typeof (message as { kind?: unknown }).kind === 'string';
}
