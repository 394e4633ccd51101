import { BrokenCircuitError, type CircuitBreakerPolicy, circuitBreaker, handleWhen, SamplingBreaker } from 'cockatiel';
import { StepFailure } from '#lib/base/failure';

const OPEN_SECONDS = 10;

/** Opens when half of a model's calls fail for reasons of its own over ten seconds; ten later it lets one through. */
export function createBreaker(): CircuitBreakerPolicy {
  return circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: OPEN_SECONDS * 1000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 1 }),
  });
}

export function breakerOpen(error: unknown): StepFailure | null {
  if (!(error instanceof BrokenCircuitError)) return null;
  return new StepFailure('Model.Unavailable', 'the model has failed too often lately and is given a rest', {
    retryAfterSeconds: OPEN_SECONDS,
  });
}

/** A refused request is the caller's mistake and a throttled one is a limit kept: neither says the model is down. */
function isOutage(error: unknown): boolean {
  return error instanceof StepFailure && (error.name === 'Model.Transient' || error.name === 'Step.Timeout');
}
