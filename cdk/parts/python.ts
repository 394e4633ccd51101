import { Duration } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  Alias,
  Architecture,
  Code,
  DockerImageCode,
  DockerImageFunction,
  type IVersion,
  Function as LambdaFunction,
  LayerVersion,
  Runtime,
  SnapStartConf,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { madeIn } from '../layer/made.ts';
import { PYTHON_VERSION } from '../layer/target.ts';
import type { DspexStack } from '../stacks/stack.ts';
import { common } from './functions.ts';
import { functionRole } from './role.ts';

const TIMEOUT_SECONDS = 890;

/**
 * DSPy under the thin function that serves modules (`python-lambda/dspex_host`): its packages as a layer, or, where those
 * of adopted programs make them too large for one, everything as a container image.
 */
export class PythonPart extends Construct {
  constructor(stack: DspexStack, folder: string) {
    super(stack, 'Python');
    const fn = madeIn(folder).as === 'image' ? this.#image(stack, folder) : this.#layered(stack, folder);
    new Alias(this, 'Live', { aliasName: 'live', version: fn.currentVersion as IVersion });
  }

  #layered(stack: DspexStack, folder: string): LambdaFunction {
    // Not made from its name: the CDK then does not know that it takes snapshots.
    const runtime = Runtime.PYTHON_3_13;
    if (runtime.name !== `python${PYTHON_VERSION}`)
      throw new Error(`the layer is for ${PYTHON_VERSION}, not ${runtime.name}`);
    const packages = new LayerVersion(this, 'Packages', {
      layerVersionName: stack.names.function('python'),
      description: 'dspy and what it needs, from python-lambda/requirements.lock',
      code: Code.fromAsset(folder, { exclude: ['made.json'] }),
      compatibleArchitectures: [Architecture.ARM_64],
      compatibleRuntimes: [runtime],
    });
    return new LambdaFunction(this, 'Function', {
      ...this.#props(stack),
      runtime,
      code: Code.fromAsset('python-lambda', { exclude: ['goldens', 'requirements.*', '**/__pycache__', 'build'] }),
      handler: 'dspex_host.lambda_function.handler',
      layers: [packages],
      ...(stack.config.snapStart ? { snapStart: SnapStartConf.ON_PUBLISHED_VERSIONS } : {}),
    });
  }

  #image(stack: DspexStack, folder: string): LambdaFunction {
    if (stack.config.snapStart)
      throw new Error(
        'snapStart: Lambda takes no snapshots of container images, and the packages of this stage are one',
      );
    return new DockerImageFunction(this, 'Function', {
      ...this.#props(stack),
      code: DockerImageCode.fromImageAsset(folder, { platform: Platform.LINUX_ARM64 }),
    });
  }

  #props(stack: DspexStack) {
    return {
      ...common(stack, 'python'),
      description: 'modules in Python, served by DSPy',
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
    };
  }
}
