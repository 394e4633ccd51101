import { type Aws, openAws } from '../wire-aws.ts';

let opened: Aws | null = null;

/** The house of this process, opened when the first event comes. */
export function aws(): Aws {
  opened ??= openAws();
  return opened;
}
