/** A state as a whole, with the number of the last delta it contains. */
export interface Snapshot<State> {
  revision: number;
  state: State;
}

/** One change of a state. `revision` is one more than that of the state it applies to. */
export interface NumberedDelta<Delta> {
  revision: number;
  delta: Delta;
}

/** A pure function: the state after the change. Both ends of a channel use the same one. */
export type Reducer<State, Delta> = (state: State, delta: Delta) => State;

/**
 * The end that owns a state: every change goes through `apply`, is numbered and published. A view that was hidden asks for
 * `snapshot()` and misses nothing.
 */
export class StateOwner<State, Delta> {
  private current: State;
  private revision = 0;

  constructor(
    initial: State,
    private readonly reduce: Reducer<State, Delta>,
    private readonly publish: (delta: NumberedDelta<Delta>) => void,
  ) {
    this.current = initial;
  }

  get state(): State {
    return this.current;
  }

  snapshot(): Snapshot<State> {
    return { revision: this.revision, state: this.current };
  }

  apply(delta: Delta): void {
    this.current = this.reduce(this.current, delta);
    this.revision += 1;
    this.publish({ revision: this.revision, delta });
  }
}

/**
 * The end that follows. Deltas that come before the first snapshot are dropped (the snapshot contains them), a gap in the
 * numbers asks for a new snapshot.
 */
export class StateReplica<State, Delta> {
  private snapshot: Snapshot<State> | undefined;

  constructor(
    private readonly reduce: Reducer<State, Delta>,
    private readonly onChange: (state: State) => void,
    private readonly askForSnapshot: () => void,
  ) {}

  get state(): State | undefined {
    return this.snapshot?.state;
  }

  accept(snapshot: Snapshot<State>): void {
    if (this.snapshot && snapshot.revision < this.snapshot.revision) return;
    this.snapshot = snapshot;
    this.onChange(snapshot.state);
  }

  receive({ revision, delta }: NumberedDelta<Delta>): void {
    const current = this.snapshot;
    if (!current || revision <= current.revision) return;
    if (revision > current.revision + 1) {
      this.askForSnapshot();
      return;
    }
    this.snapshot = { revision, state: this.reduce(current.state, delta) };
    this.onChange(this.snapshot.state);
  }
}
