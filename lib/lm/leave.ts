/**
 * What our own parts need of a signal: an AbortSignal is one, and costs a call ten times what this does. Nobody outside
 * the gateway is given it.
 */
export type Leave = Pick<AbortSignal, 'aborted' | 'reason'> & {
  addEventListener(type: 'abort', heard: () => void, options?: { once: true }): void;
  removeEventListener(type: 'abort', heard: () => void): void;
};

/** A Leave with the hand that gives it; heard once. */
export class Leaving implements Leave {
  aborted = false;
  reason: unknown;
  private heard: (() => void)[] = [];

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const one of this.heard.splice(0)) one();
  }

  addEventListener(_type: 'abort', heard: () => void): void {
    this.heard.push(heard);
  }

  removeEventListener(_type: 'abort', heard: () => void): void {
    const at = this.heard.indexOf(heard);
    if (at >= 0) this.heard.splice(at, 1);
  }
}
