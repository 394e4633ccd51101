import { observed } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';
import { type SetUp, setUp } from '../aws-house/set-up.ts';
import { HOUSE_VARIABLES } from '../aws-house/variables.ts';

/** Called once by `dspex deploy`: keys of the house, the workspace, the first admin key. */
export const handler = observed('setup', (): Promise<SetUp> => setUp(aws(), process.env[HOUSE_VARIABLES.defaultModel]));
