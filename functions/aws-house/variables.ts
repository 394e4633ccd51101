/** What functions are told beyond the settings of the ports (`lib/aws/settings.ts`): names, never values. */
export const HOUSE_VARIABLES = {
  stage: 'DSPEX_STAGE',
  /** Behind every task of a state machine, with its alias. */
  stepFunction: 'DSPEX_STEP_FUNCTION',
  /** Makes state machines; those that start runs may call it. */
  compileFunction: 'DSPEX_COMPILE_FUNCTION',
  /** What state machines may do. */
  machineRole: 'DSPEX_MACHINE_ROLE',
  /** `arn:aws:states:REGION:ACCOUNT:stateMachine:` */
  machineArns: 'DSPEX_MACHINE_ARNS',
  /** Begins the name of every machine made at run time. */
  machinePrefix: 'DSPEX_MACHINE_PREFIX',
  /** `true`: the scripted model answers, and everything says so. For trials of a deployment without a model. */
  simulate: 'DSPEX_SIMULATE',
  /** Hosts that programs may reach although they are not public. */
  allowHosts: 'DSPEX_ALLOW_HOSTS',
  /** Lambda functions that tools may call, by name; the role has to allow it too. */
  allowFunctions: 'DSPEX_ALLOW_FUNCTIONS',
  /** SHA-256 of the lock whose packages Python has beside DSPy's. */
  pythonPackages: 'DSPEX_PYTHON_PACKAGES',
  /** The model that programs use when they name none. */
  defaultModel: 'DSPEX_DEFAULT_MODEL',
  /** `false` keeps outputs out of the state machines' history. */
  previews: 'DSPEX_PREVIEWS',
  /** A header that only the front sends; requests without it are refused. */
  originHeader: 'DSPEX_ORIGIN_HEADER',
} as const;

/** Secrets of the house itself, which no program may name. */
export const HOUSE_SECRETS = {
  cursorKey: 'house.cursor-key',
  tokenKey: 'house.token-key',
  adminKey: 'house.admin-key',
} as const;
export const HOUSE_SECRET = /^(?:ssm|secret):house\./;

export function variable(environment: NodeJS.ProcessEnv, name: keyof typeof HOUSE_VARIABLES): string {
  const value = environment[HOUSE_VARIABLES[name]];
  if (value === undefined || value === '') throw new Error(`the function's environment lacks ${HOUSE_VARIABLES[name]}`);
  return value;
}
