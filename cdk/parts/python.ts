import { Duration } from 'aws-cdk-lib';
import {
  Alias,
  Architecture,
  Code,
  type IVersion,
  Function as LambdaFunction,
  LayerVersion,
  Runtime,
  SnapStartConf,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { PYTHON_VERSION } from '../layer/target.ts';
import type { DspexStack } from '../stacks/stack.ts';
import { common } from './functions.ts';
import { functionRole } from './role.ts';

const TIMEOUT_SECONDS = 890;

/** DSPy: its packages as a layer, and over it the thin function that serves modules (`python-lambda/dspex_host`). */
export class PythonPart extends Construct {
  constructor(stack: DspexStack, layer: string) {
    super(stack, 'Python');
    // Not made from its name: the CDK then does not know that it takes snapshots.
    const runtime = Runtime.PYTHON_3_13;
    if (runtime.name !== `python${PYTHON_VERSION}`)
      throw new Error(`the layer is for ${PYTHON_VERSION}, not ${runtime.name}`);
    const packages = new LayerVersion(this, 'Packages', {
      layerVersionName: stack.names.function('python'),
      description: 'dspy and what it needs, from python-lambda/requirements.lock',
      code: Code.fromAsset(layer),
      compatibleArchitectures: [Architecture.ARM_64],
      compatibleRuntimes: [runtime],
    });
    const fn = new LambdaFunction(this, 'Function', {
      ...common(stack, 'python'),
      description: 'modules in Python, served by DSPy',
      runtime,
      code: Code.fromAsset('python-lambda', { exclude: ['goldens', 'requirements.*', '**/__pycache__', 'build'] }),
      handler: 'dspex_host.lambda_function.handler',
      layers: [packages],
      memorySize: 1769,
      timeout: Duration.seconds(TIMEOUT_SECONDS),
      role: functionRole(stack, 'python', ['call lm']),
      environment: {
        DSPEX_GATEWAY_FUNCTION: stack.names.function('lm'),
        // DSPy's own cache would answer what the gateway never saw; and /tmp is not shared.
        DSPY_CACHEDIR: '/tmp/dspy',
        LITELLM_LOCAL_MODEL_COST_MAP: 'true',
        HOME: '/tmp',
      },
      ...(stack.config.snapStart ? { snapStart: SnapStartConf.ON_PUBLISHED_VERSIONS } : {}),
    });
    new Alias(this, 'Live', { aliasName: 'live', version: fn.currentVersion as IVersion });
  }
}
