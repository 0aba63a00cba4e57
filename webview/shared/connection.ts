import { Channel, type Handlers, type Methods, type Notifications } from '../../src/protocol/channel.js';
import { StateReplica, type NumberedDelta, type Reducer, type Snapshot } from '../../src/protocol/replica.js';
import type { HostApi } from './hostApi.js';

/** What every host of a webview with replicated state answers and tells, beside its own requests. */
export type ReplicaMethods<State> = { ready: { params: undefined; result: Snapshot<State> } };
export type ReplicaNotifications<Delta> = { delta: NumberedDelta<Delta> };

/**
 * Connects a webview to its host: says `ready`, receives the whole state, then follows its numbered deltas and asks again after
 * a gap. `onChange` is called with every new state.
 */
export function connectToHost<State, Delta, HostMethods extends Methods & ReplicaMethods<State>>(
  api: HostApi,
  reduce: Reducer<State, Delta>,
  onChange: (state: State) => void,
): Channel<HostMethods, Record<never, never>, Notifications, ReplicaNotifications<Delta>> {
  const channel = new Channel<HostMethods, Record<never, never>, Notifications, ReplicaNotifications<Delta>>(
    api.transport,
    {} as Handlers<Record<never, never>>,
  );
  const ask = (): void => {
    void channel.request('ready', undefined).then((snapshot) => replica.accept(snapshot as Snapshot<State>));
  };
  const replica = new StateReplica<State, Delta>(reduce, onChange, ask);
  channel.on('delta', (delta) => replica.receive(delta));
  ask();
  return channel;
}
