/** What `deploy`, `destroy` and `doctor` need of an account; the composition root says how it is done. */
export interface Cloud {
  /** Of the place where the stage is, null where `cdk bootstrap` has not been run. */
  bootstrapVersion(stage: string): Promise<number | null>;
  /** Runs the CDK's command line on a stage, its output going to the terminal. False when it failed. */
  cdk(stage: string, args: readonly string[]): Promise<boolean>;
  /** Builds the Python layer where the stage wants one and it is not there. */
  buildLayer(stage: string): Promise<void>;
  /** Addresses of a stage that has been deployed by this process. */
  addressOf(stage: string): Promise<string>;
  /** Idempotent: the first admin key, when this call made it. */
  setUp(stage: string): Promise<{ workspaceId: string; key: string | null }>;
  /** Is the house well? Throws when it does not say so. */
  smoke(address: string, key: string | null): Promise<void>;
  /** Data outlives this stage. */
  retainsData(stage: string): Promise<boolean>;
  /** State machines made at run time, found by their tags. */
  deleteMachines(stage: string): Promise<string[]>;
  /** Empties the bucket, which nothing deletes otherwise, and deletes the keys of a stage. Only when its data may go. */
  deleteData(stage: string): Promise<{ objects: number; keys: number }>;
  /** What a deployment needs, looked at without changing anything: this clone first, then the account. */
  inspect(stage: string): Promise<CloudCheck[]>;
}

/** `warning`: it works, and somebody should know. `unknown`: it could not be looked at, and `found` says why. */
export interface CloudCheck {
  what: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  found: string;
}

/** The least version of the CDK's own stack that the assets need. */
export const BOOTSTRAP = 6;

/** The stacks of a house as the CDK's command line names them, in the order in which they can be deleted. */
export const STACKS = ['Dspex/observability', 'Dspex/edge', 'Dspex/api', 'Dspex/engine'] as const;
export const DATA_STACK = 'Dspex/data';
