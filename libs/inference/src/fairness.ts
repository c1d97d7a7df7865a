interface Account {
  usedMs: number;
  /** Requests waiting or running. */
  active: number;
}

/**
 * Device time used by each party (owners, or the models of one owner): whoever used least goes next. One who comes
 * back after a pause starts at the level of those who work now, so that a pause earns no credit (start-time fair
 * queueing).
 */
export class Fairness {
  readonly #accounts = new Map<string, Account>();
  #levelMs = 0;

  /** A request of this party begins to wait. */
  enter(party: string): void {
    const account = this.#accounts.get(party) ?? { usedMs: 0, active: 0 };
    if (account.active === 0) account.usedMs = Math.max(account.usedMs, this.#levelMs);
    account.active += 1;
    this.#accounts.set(party, account);
  }

  /** A request of this party is over. */
  leave(party: string): void {
    const account = this.#accounts.get(party);
    if (!account) return;
    account.active -= 1;
    if (account.active > 0) return;
    // An idle party that is ahead of the others must still be ahead when it comes back.
    for (const [name, idle] of this.#accounts)
      if (idle.active === 0 && (idle.usedMs <= this.#levelMs || this.#idle())) this.#accounts.delete(name);
  }

  isActive(party: string): boolean {
    return (this.#accounts.get(party)?.active ?? 0) > 0;
  }

  usedMs(party: string): number {
    return this.#accounts.get(party)?.usedMs ?? this.#levelMs;
  }

  /** Charges time; negative corrects an estimate. */
  charge(party: string, ms: number): void {
    const account = this.#accounts.get(party);
    if (!account) return;
    // The level is where the party that was just served stood before.
    if (ms > 0) this.#levelMs = Math.max(this.#levelMs, account.usedMs);
    account.usedMs += ms;
  }

  #idle(): boolean {
    return [...this.#accounts.values()].every((account) => account.active === 0);
  }
}
