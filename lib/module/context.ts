import type { Adapter } from '#lib/adapter/adapter';
import type { Clock } from '#lib/base/clock';
import type { Purse } from '#lib/lm/budget/purse';
import type { Gateway, LanguageModelSettings } from '#lib/lm/spec';
import type { Blobs } from '#lib/ports/blobs';
import type { Values } from '#lib/signature/signature';
import type { SearchCorpus } from './corpus.ts';
import type { Reward } from './spec.ts';
import type { ToolRunners } from './tool/call.ts';

/** Where a module runs: its models, its door to them, and how far it may go. */
export interface ModuleContext {
  workspaceId: string;
  gateway: Gateway;
  /** Pays for every model call; without it nobody asks what they take. */
  purse?: Purse;
  /** The settings behind a model's name; `undefined` asks for the program's default. Throws when there is none. */
  model: (name: string | undefined) => LanguageModelSettings;
  defaultAdapter?: Adapter['name'];
  /** Numbers repeated draws of the same prompt. */
  sample?: number;
  timeoutSeconds?: number;
  signal?: AbortSignal;
  /** Another implementation takes over when this one is too busy: nobody waits long for a place. */
  replaceable?: boolean;
  /** Pieces of an output field as the model writes it; of the predictor that gives the answer. */
  onDelta?: (field: string, text: string) => void;
  /** What `react` can call, by kind of tool. */
  tools?: ToolRunners;
  /** What `retrieve` searches with. */
  search?: SearchCorpus;
  /** How `best_of_n` and `refine` judge. */
  reward?: (reward: Reward, inputs: Values, outputs: Values) => Promise<number>;
  /** Names this run of this step, for what a tool does outside. Default: none. */
  idempotencyKey?: string;
  clock?: Clock;
  /** Every model of the program by its name there: what an adopted program's own `dspy.LM("provider/model")` may mean. */
  models?: Readonly<Record<string, LanguageModelSettings>>;
  /** Where the files of adopted programs are. */
  blobs?: Pick<Blobs, 'get'>;
}
