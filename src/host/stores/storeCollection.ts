import { StoreConnection } from './storeConnection.js';
import type { StoreLocation } from './storeLocation.js';
import type { StoreOpener } from './storeSession.js';

/** The stores of the tree. Connections outlive a new search of the workspace as long as their store is still found. */
export class StoreCollection {
  private connections: StoreConnection[] = [];
  private settleFirst!: () => void;
  /** The workspace has been searched once: a store that is not here now is not there. */
  readonly firstSearch = new Promise<void>((resolve) => (this.settleFirst = resolve));

  constructor(private readonly opener: StoreOpener) {}

  get all(): readonly StoreConnection[] {
    return this.connections;
  }

  get(uri: string): StoreConnection | undefined {
    return this.connections.find((connection) => connection.uri === uri);
  }

  /** Takes over a new list of stores; connections to stores that are gone are closed. @returns whether anything changed. */
  async replace(locations: readonly StoreLocation[]): Promise<boolean> {
    const previous = this.connections;
    this.connections = locations.map(
      (location) =>
        previous.find((connection) => isSame(connection.location, location)) ??
        new StoreConnection(location, this.opener),
    );
    const gone = previous.filter((connection) => !this.connections.includes(connection));
    await Promise.all(gone.map((connection) => connection.close()));
    this.settle();
    return (
      previous.length !== this.connections.length ||
      previous.some((connection, index) => connection !== this.connections[index])
    );
  }

  /** Ends the wait for the first search, also when it failed. */
  settle(): void {
    this.settleFirst();
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
    this.connections = [];
  }
}

function isSame(left: StoreLocation, right: StoreLocation): boolean {
  return left.uri === right.uri && left.origin === right.origin && left.label === right.label;
}
