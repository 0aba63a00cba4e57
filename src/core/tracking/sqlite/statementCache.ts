/** Statements one connection keeps prepared; the store's own texts are about half as many. */
const capacity = 128;

/** Prepared statements by their text, the least recently used one dropped first. */
export class StatementCache<T> {
  readonly #prepare: (sql: string) => T;
  readonly #dispose: (statement: T) => void;
  readonly #statements = new Map<string, T>();

  constructor(prepare: (sql: string) => T, dispose: (statement: T) => void) {
    this.#prepare = prepare;
    this.#dispose = dispose;
  }

  get(sql: string): T {
    const known = this.#statements.get(sql);
    const statement = known ?? this.#prepare(sql);
    if (known !== undefined) this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > capacity) this.#dropOldest();
    return statement;
  }

  /** Forgets a statement that failed. */
  drop(sql: string): void {
    const statement = this.#statements.get(sql);
    if (statement === undefined) return;
    this.#statements.delete(sql);
    this.#dispose(statement);
  }

  clear(): void {
    for (const statement of this.#statements.values()) this.#dispose(statement);
    this.#statements.clear();
  }

  #dropOldest(): void {
    const [oldest] = this.#statements;
    if (oldest === undefined) return;
    this.#statements.delete(oldest[0]);
    this.#dispose(oldest[1]);
  }
}
