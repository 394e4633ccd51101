import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { bundle, ROOT } from './code/bundle.ts';
import { type StageConfig, type StageInput, stageConfig } from './config.ts';
import { isEmulated, isSet, LAYER, WITHOUT_LAYER } from './emulator.ts';
import { lockKey, madeIn } from './layer/made.ts';
import { ApiStack } from './stacks/api.ts';
import { DataStack } from './stacks/data.ts';
import { EdgeStack } from './stacks/edge.ts';
import { EngineStack } from './stacks/engine.ts';
import { ObservabilityStack } from './stacks/observability.ts';
import type { DspexStack } from './stacks/stack.ts';

/** Where the build puts what is deployed. */
export const BUILD = join(ROOT, '.dspex', 'build');

/**
 * The whole house of one stage.
 *
 *     const app = new App();
 *     new Dspex(app, 'Dspex', { stage: 'prod', defaultModel: 'openai/gpt-5-mini' });
 */
export class Dspex extends Construct {
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly engine: EngineStack;
  readonly api: ApiStack;
  /** Only where they are deployed. */
  readonly edge: EdgeStack | null;
  readonly observability: ObservabilityStack | null;

  constructor(scope: Construct, id: string, input: StageInput) {
    super(scope, id);
    this.config = stageConfig(input);
    const emulated = isEmulated(this);
    const parts = { config: this.config, emulated };
    const { folder } = bundle(join(BUILD, 'functions'));
    // One object for each stack, over the same zip.
    const code = () => Code.fromAsset(folder);
    this.data = new DataStack(this, parts);
    this.engine = new EngineStack(this, { ...parts, code: code(), layer: this.#layer(emulated) });
    this.api = new ApiStack(this, { ...parts, code: code() });
    this.engine.addStackDependency(this.data, 'reads the stream of its table');
    this.api.addStackDependency(this.engine, 'calls its functions');
    this.edge = this.config.edge && !emulated ? new EdgeStack(this, parts) : null;
    this.observability = emulated ? null : new ObservabilityStack(this, parts);
    this.edge?.addStackDependency(this.api, 'stands before it');
    this.observability?.addStackDependency(this.api, 'watches it');
  }

  get stacks(): DspexStack[] {
    const all = [this.data, this.engine, this.api, this.edge, this.observability];
    return all.filter((stack) => stack !== null);
  }

  /** What was built has to have the packages that the stage promises its programs. */
  #sameLock(folder: string): void {
    const { pythonLock } = this.config;
    const wanted = pythonLock === undefined ? undefined : lockKey(pythonLock);
    const { lock } = madeIn(folder);
    if (wanted === lock) return;
    const [found, command] = [
      lock === undefined ? 'without packages of programs' : `with those of the lock ${lock.slice(0, 12)}`,
      pythonLock === undefined ? 'npm run layer' : `npm run layer -- --with ${pythonLock}`,
    ];
    throw new Error(`the Python layer was built ${found}, which is not what the stage says: run \`${command}\``);
  }

  /** The built layer, or null where Python is left out on purpose. */
  #layer(emulated: boolean): string | null {
    if (!this.config.python || isSet(this, WITHOUT_LAYER)) return null;
    const given: unknown = this.node.tryGetContext(LAYER);
    const folder = typeof given === 'string' ? given : join(BUILD, emulated ? 'layer-host' : 'layer-arm64');
    if (existsSync(join(folder, 'python', 'dspy'))) {
      this.#sameLock(folder);
      return folder;
    }
    throw new Error(
      `the Python layer is not built: run \`npm run layer${emulated ? ' -- --host' : ''}\`, set \`python: false\` in the stage, or say -c ${WITHOUT_LAYER}=true to try everything else`,
    );
  }
}
