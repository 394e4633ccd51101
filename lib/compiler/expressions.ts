/**
 * Every JSONata source a definition can hold. They read ids, numbers and booleans that we put there ourselves; nothing a
 * user wrote is among them, and nothing is assembled from anything but numbers. Only what Step Functions and its
 * emulators agree on is used: paths of `$states`, a variable, `=`, `<`, `$sum`.
 */
const FIXED = {
  payload: '$states.result.Payload',
  branch: '$states.result.Payload.branch',
  items: '$states.result.Payload.items',
  error: '$states.errorOutput.Error',
  answeredError: '$states.result.Payload.error',
  closedError: '$states.input.error',
  inputItems: '$states.input.items',
  someFailed: '0 < $sum($states.result)',
  failed: '$states.input.failed',
  itemNumber: '$states.context.Map.Item.Value',
  token: '$states.context.Task.Token',
  drive: '$states.context.Execution.Name',
  workspaceId: '$states.input.workspaceId',
  executionId: '$states.input.executionId',
  principal: '$states.input.principal',
  fine: '0',
  bad: '1',
  run: '$run',
  caught: '$error',
} as const;

export function jsonata(name: keyof typeof FIXED): string {
  return wrapped(FIXED[name]);
}

/** `{% $states.input.branch = 2 %}` */
export function branchIs(number: number): string {
  return wrapped(`$states.input.branch = ${number}`);
}

/** The number of the item of the map at this depth; 1 is the outermost. */
export function itemAt(depth: number): string {
  return wrapped(`$states.input.i${depth}`);
}

const wrapped = (source: string): string => `{% ${source} %}`;

const KNOWN: ReadonlySet<string> = new Set(Object.values(FIXED));

/** Is this a source of ours? */
export function isKnownExpression(source: string): boolean {
  return KNOWN.has(source) || /^\$states\.input\.(?:i\d{1,2}|branch = \d{1,3})$/.test(source);
}
