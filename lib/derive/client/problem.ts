import { DspexError, type Problem } from '#lib/base/errors';
import { isJsonObject, type JsonObject } from '#lib/base/json';

/** What the API refused, as it said it: status, stable code, one problem for each thing wrong with the input. */
export class ApiProblem extends DspexError {
  override name = 'ApiProblem';
  readonly status: number;
  readonly traceId: string | null;

  constructor(status: number, document: JsonObject, retryAfterSeconds: number | undefined) {
    super(textOf(document.code) ?? `http_${status}`, textOf(document.detail) ?? `the API answered ${status}`, {
      problems: problemsOf(document.errors),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      extra: Object.fromEntries(Object.entries(document).filter(([name]) => !STANDARD.has(name))),
    });
    this.status = status;
    this.traceId = textOf(document.traceId);
  }
}

const STANDARD = new Set(['type', 'title', 'status', 'detail', 'instance', 'code', 'traceId', 'errors']);

/** Also of an answer that is no problem document, such as a proxy's page: then the status has to do. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text().catch(() => '');
  return new ApiProblem(response.status, parsed(text), retryAfterSeconds(response));
}

/** `Retry-After` in seconds; a date or nonsense counts as absent. */
export function retryAfterSeconds(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  return value !== null && /^\d{1,9}$/.test(value.trim()) ? Number(value) : undefined;
}

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function problemsOf(errors: unknown): Problem[] {
  if (!Array.isArray(errors)) return [];
  return errors
    .filter(isJsonObject)
    .map(({ pointer, detail }) => ({ pointer: textOf(pointer) ?? '', detail: textOf(detail) ?? '' }));
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
